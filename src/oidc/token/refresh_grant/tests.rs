//! Which refresh tokens are Limen's, and what is told of those that do not work.

use std::collections::BTreeMap;

use super::*;

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

fn told(name: &str) -> Option<ErrorCode> {
    let standing: Standing = serde_json::from_value(serde_json::Value::from(name)).unwrap();
    standing.refusal().map(|error| error.code)
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
    let parts: Vec<_> = text.split('.').collect();
    let [version, payload, mac] = parts[..] else {
        panic!("{text}")
    };
    for json in [
        r#"{"family":"g","generation":7}"#,
        r#"{"family":"f","generation":8}"#,
        r#"{"family":"f","generation":07}"#,
    ] {
        let other = URL_SAFE_NO_PAD.encode(json);
        assert_ne!(other, payload);
        assert_eq!(
            RefreshToken::parse(&format!("{version}.{other}.{mac}"), &roots),
            None,
            "{json}"
        );
    }
    for text in [
        "",
        "1",
        &format!("1.{payload}"),
        &format!("1.{payload}."),
        &format!("1.{payload}.AAAA"),
        &format!("1..{payload}.{mac}"),
        &format!("1.f.7.{mac}"),
        &format!("{text}."),
    ] {
        assert_eq!(RefreshToken::parse(text, &roots), None, "{text}");
    }
}

#[test]
fn a_token_has_the_outline_of_a_jwt_whose_payload_is_json() {
    let text = token(7).render(&roots(&[1], 1, ""));
    let payload = URL_SAFE_NO_PAD.decode(text.split('.').nth(1).unwrap()).unwrap();
    let json: serde_json::Value = serde_json::from_slice(&payload).unwrap();
    assert_eq!(json, serde_json::json!({"family": "f", "generation": 7}));
    assert_eq!(text.split('.').count(), 3);
}

#[test]
fn a_token_of_the_form_before_is_read_too() {
    let roots = roots(&[1], 1, "");
    let mac = roots.current(Purpose::RefreshToken).mac(&[b"f", b"7"]);
    let text = |generation: &str| format!("1.f.{generation}.{}", URL_SAFE_NO_PAD.encode(mac));
    assert_eq!(RefreshToken::parse(&text("7"), &roots), Some(token(7)));
    for other in ["8", "07", "7.7"] {
        assert_eq!(RefreshToken::parse(&text(other), &roots), None, "{other}");
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

#[test]
fn each_reason_has_its_error_and_the_rest_goes_on() {
    for name in ["foreign", "reused", "ended", "closed"] {
        assert_eq!(told(name), Some(ErrorCode::InvalidGrant), "{name}");
    }
    assert_eq!(told("scope"), Some(ErrorCode::InvalidScope));
    for name in ["target", "no_target"] {
        assert_eq!(told(name), Some(ErrorCode::InvalidTarget), "{name}");
    }
    for name in ["not_ready", "unreadable", "current", "retried"] {
        assert_eq!(told(name), None, "{name}");
    }
}

#[test]
fn a_successor_is_of_the_same_family_and_the_next_generation() {
    assert_eq!(token(5).successor(), token(6));
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

#[test]
fn how_long_a_token_works_is_bounded_by_its_family_as_in_the_example_of_the_draft() {
    let vars = [
        ("ISSUER", "https://id.acme.org"),
        ("KEK_1", "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8"),
        ("REFRESH_TOKEN_IDLE", "604800"),
    ];
    let var = |name: &str| {
        vars.iter()
            .find(|(n, _)| *n == name)
            .map(|(_, text)| (*text).to_owned())
    };
    let lifetimes = Config::parse(var).unwrap().lifetimes;
    let day = |days: i64| UnixTime(1_800_000_000) + Lifetime::days(days);
    for (turned_at, now, unused, in_all) in [
        (day(0), day(0), 604_800, 864_000),
        (day(2), day(2), 604_800, 691_200),
        (day(7), day(7), 259_200, 259_200),
        (day(0), day(2), 432_000, 691_200),
    ] {
        let told = serde_json::to_value(Remaining::new(turned_at, day(10), &lifetimes, now)).unwrap();
        let wanted = serde_json::json!({ "refresh_token_timeout": unused, "authorization_expires_in": in_all });
        assert_eq!(told, wanted);
    }
}
