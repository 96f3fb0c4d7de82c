//! Secrets at rest, their roots and their epochs.

use super::*;

fn roots(epoch: &str) -> RootKeys {
    RootKeys::new(BTreeMap::from([(1, [7; 32]), (2, [9; 32])]), 1, epoch.to_owned()).unwrap()
}

#[test]
fn no_two_purposes_share_a_key() {
    let purposes = [
        Purpose::Code,
        Purpose::Session,
        Purpose::Csrf,
        Purpose::RefreshToken,
        Purpose::ClientSecret,
    ];
    for a in purposes {
        for b in purposes {
            assert_eq!(a == b, roots("1").current(a).0 == roots("1").current(b).0);
        }
    }
}

#[test]
fn a_key_that_was_derived_before_comes_again_and_for_no_other_root_or_purpose() {
    let asked = roots("1");
    let keys = || {
        [1, 2].map(|version| [Purpose::Code, Purpose::Csrf].map(|purpose| asked.derive(version, purpose).unwrap().0))
    };
    let first = keys();
    assert_eq!(first, keys());
    for (n, key) in first.iter().flatten().enumerate() {
        assert!(first.iter().flatten().skip(n + 1).all(|other| other != key));
        let (version, purpose) = (1 + n as KekVersion / 2, [Purpose::Code, Purpose::Csrf][n % 2]);
        assert_eq!(roots("1").derive(version, purpose).unwrap().0, *key);
    }
    assert_eq!(asked.current(Purpose::Code).0, first[0][0]);
}

#[test]
fn raising_the_epoch_kills_tokens_and_spares_clients() {
    let (old, new) = (roots("1"), roots("2"));
    assert_ne!(old.current(Purpose::Session).0, new.current(Purpose::Session).0);
    assert_ne!(
        old.current(Purpose::RefreshToken).0,
        new.current(Purpose::RefreshToken).0
    );
    assert_eq!(
        old.current(Purpose::ClientSecret).0,
        new.current(Purpose::ClientSecret).0
    );
    assert_eq!(
        old.current(Purpose::WrapSigningKey).0,
        new.current(Purpose::WrapSigningKey).0
    );
}

#[test]
fn every_truncation_and_flip_of_a_token_is_refused_or_another_token() {
    let roots = roots("1");
    let token = OpaqueToken::new(&roots, [42; 32]);
    let stored = token.hash(&roots, Purpose::Code).unwrap();
    for end in 0..token.expose().len() {
        assert!(OpaqueToken::parse(&token.expose()[..end]).is_none());
    }
    for at in 0..token.expose().len() {
        let mut bytes = token.expose().as_bytes().to_vec();
        bytes[at] ^= 1;
        let hash = OpaqueToken::parse(&String::from_utf8(bytes).unwrap()).and_then(|t| t.hash(&roots, Purpose::Code));
        assert_ne!(hash, Some(stored.clone()));
    }
}

#[test]
fn parts_are_delimited_in_a_mac() {
    let key = roots("1").current(Purpose::Csrf);
    assert_ne!(key.mac(&[b"ab", b"c"]), key.mac(&[b"a", b"bc"]));
    assert!(key.verify(&[b"ab", b"c"], &key.mac(&[b"ab", b"c"])));
}

#[test]
fn debug_output_holds_no_secret() {
    let token = OpaqueToken::new(&roots("1"), [42; 32]);
    let shown = format!("{token:?} {:?} {:?}", roots("1"), roots("1").current(Purpose::Code));
    assert_eq!(shown, "OpaqueToken(..) RootKeys(current: 1, ..) Key(..)");
}

#[test]
fn an_identifier_is_known_by_its_form() {
    assert!(is_random_id(&random_text([255; 16])) && is_random_id(&random_text([0; 16])));
    for other in [
        "",
        "abc",
        "aaaaaaaaaaaaaaaaaaaaa",
        "aaaaaaaaaaaaaaaaaaaaaaa",
        "aaaaaaaaaaaaaaaaaaaaa=",
    ] {
        assert!(!is_random_id(other), "{other}");
    }
}
