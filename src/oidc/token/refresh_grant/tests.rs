//! Which refresh tokens are Limen's, whose they are, and what comes of those that were used before.

use std::collections::BTreeMap;

use super::*;
use crate::oidc::claims_request::ClaimsRequest;

const NOW: UnixTime = UnixTime(1_800_000_000);

fn roots(versions: &[KekVersion], current: KekVersion, epoch: &str) -> RootKeys {
    let roots = versions.iter().map(|version| (*version, [*version as u8; 32]));
    RootKeys::new(BTreeMap::from_iter(roots), current, epoch.to_owned()).unwrap()
}

fn token(generation: i64) -> RefreshToken {
    RefreshToken {
        family_id: "f".to_owned(),
        generation,
    }
}

/// A family in its generation 5.
fn family() -> StoredFamily {
    StoredFamily {
        client_id: "c1".to_owned(),
        authorization: Authorization {
            family_id: "f".to_owned(),
            sub: "u".to_owned(),
            session_id: "s".to_owned(),
            scope: Scope::parse("openid").unwrap(),
            claims: ClaimsRequest::default(),
            resources: Targets::default(),
            nonce: None,
            auth_time: NOW,
            acr: "1".to_owned(),
            amr: vec![],
            refreshable: true,
        },
        generation: 5,
        turned_at: NOW,
        alive: true,
    }
}

/// What `c1` gets for the token of `generation`, where the statement turned the family or did not.
fn outcome(family: &StoredFamily, generation: i64, turned: bool) -> Result<Outcome, ErrorCode> {
    family
        .outcome("c1", &token(generation), turned, NOW)
        .map_err(|error| error.code)
}

#[test]
fn a_token_reads_as_it_was_rendered_for_as_long_as_its_root_is_configured() {
    let text = token(7).render(&roots(&[1], 1, ""));
    assert_eq!(RefreshToken::parse(&text, &roots(&[1], 1, "")), Some(token(7)));
    assert_eq!(RefreshToken::parse(&text, &roots(&[1, 2], 2, "")), Some(token(7)));
    assert_eq!(RefreshToken::parse(&text, &roots(&[2], 2, "")), None);
    assert_eq!(RefreshToken::parse(&text, &roots(&[1], 1, "another")), None);
}

/// RFC 6749 section 10.4: tokens "cannot be generated, modified, or guessed".
#[test]
fn a_token_that_was_modified_is_none() {
    let roots = roots(&[1], 1, "");
    let text = token(7).render(&roots);
    for (from, to) in [("1.f.7.", "1.g.7."), ("1.f.7.", "1.f.8."), ("1.f.7.", "1.f.07.")] {
        assert_eq!(RefreshToken::parse(&text.replacen(from, to, 1), &roots), None, "{to}");
    }
    for text in ["", "1.f.7", "1.f.7.", "1.f.7.AAAA", &format!("{text}.")] {
        assert_eq!(RefreshToken::parse(text, &roots), None, "{text}");
    }
}

#[test]
fn a_token_has_one_text_alone() {
    let roots = roots(&[1], 1, "");
    let text = token(7).render(&roots);
    for version in ["01", "+1", " 1"] {
        let other = text.replacen('1', version, 1);
        assert_eq!(RefreshToken::parse(&other, &roots), None, "{version}");
    }
}

/// RFC 6749 section 6: "ensure that the refresh token was issued to the authenticated client".
#[test]
fn a_token_of_another_client_is_not_valid_and_ends_nothing() {
    assert_eq!(family().check_owner("c1"), Ok(()));
    assert_eq!(family().check_owner("c2"), Err(invalid()));
    for generation in [3, 4, 5] {
        assert_eq!(
            family().outcome("c2", &token(generation), true, NOW),
            Err(invalid()),
            "{generation}"
        );
    }
}

#[test]
fn the_token_of_the_present_generation_turns_the_family_once() {
    assert_eq!(outcome(&family(), 5, true), Ok(Outcome::Successor(token(6))));
    assert_eq!(outcome(&family(), 5, false), Err(ErrorCode::InvalidGrant));
}

/// RFC 9700 section 4.14.2.
#[test]
fn an_older_token_is_a_retry_within_the_grace_and_then_a_theft() {
    let mut family = family();
    assert_eq!(
        outcome(&family, 4, false),
        Ok(Outcome::Successor(token(5))),
        "the grace began in the second of the turn"
    );
    assert_eq!(outcome(&family, 3, false), Ok(Outcome::Reused), "two behind");
    family.turned_at = UnixTime(NOW.0 - 1);
    assert_eq!(outcome(&family, 4, false), Ok(Outcome::Reused));
}

#[test]
fn a_token_of_a_generation_to_come_is_not_valid() {
    assert_eq!(outcome(&family(), 6, true), Err(ErrorCode::InvalidGrant));
}

#[test]
fn a_family_that_ended_or_never_refreshed_gives_nothing() {
    let (mut ended, mut never) = (family(), family());
    ended.alive = false;
    never.authorization.refreshable = false;
    for generation in [3, 4, 5] {
        assert_eq!(outcome(&ended, generation, true), Err(ErrorCode::InvalidGrant));
        assert_eq!(outcome(&never, generation, true), Err(ErrorCode::InvalidGrant));
    }
}

/// RFC 6749 section 6.
#[test]
fn a_scope_is_narrowed_and_never_widened() {
    let scope = |text| Scope::parse(text).unwrap();
    let granted = scope("openid email");
    assert_eq!(narrowed(&granted, None), Ok(granted.clone()));
    assert_eq!(narrowed(&granted, Some(&scope("email"))), Ok(scope("email")));
    let wider = narrowed(&granted, Some(&scope("openid phone")));
    assert_eq!(wider.unwrap_err().code, ErrorCode::InvalidScope);
}
