//! The `claims` parameter (OIDC Core section 5.5) and `claims_locales`.

use serde_json::json;

use super::*;
use crate::{oidc::error::ErrorCode, time::UnixTime};

fn parse(claims: &str, locales: &str) -> Result<ClaimsRequest, OAuthError> {
    let mut query = url::form_urlencoded::Serializer::new(String::new());
    query
        .append_pair("claims", claims)
        .append_pair("claims_locales", locales);
    ClaimsRequest::parse(&Params::parse(&query.finish()).unwrap())
}

fn known() -> Map<String, Value> {
    let known = json!({
        "name": "Jane", "name#fr": "Jeanne", "name#de-CH": "Johanna", "email": "j@acme.org", "email_verified": true,
        "gender": "f", "locale": "en",
    });
    known.as_object().unwrap().clone()
}

fn released(request: &ClaimsRequest, scope: &str, target: Target) -> Value {
    Value::Object(request.released(&known(), &Scope::parse(scope).unwrap(), target))
}

#[test]
fn the_example_of_core_section_5_5_is_read() {
    let request = parse(
        r##"{
            "userinfo": {
                "given_name": {"essential": true},
                "nickname": null,
                "email": {"essential": true},
                "email_verified": {"essential": true},
                "picture": null,
                "http://example.info/claims/groups": null
            },
            "id_token": {
                "auth_time": {"essential": true},
                "acr": {"values": ["urn:mace:incommon:iap:silver"]}
            }
        }"##,
        "",
    )
    .unwrap();
    let beyond = request.beyond(&Scope::parse("openid email").unwrap());
    assert_eq!(beyond, BTreeSet::from(["given_name", "nickname", "picture"]));
    assert_eq!(request.essential_acr_values(), None, "a voluntary claim");
    assert_eq!(
        released(&request, "openid", Target::Userinfo),
        json!({"email": "j@acme.org", "email_verified": true})
    );
    assert_eq!(released(&request, "openid", Target::IdToken), json!({}));
}

#[test]
fn what_is_read_can_be_stored_and_read_again() {
    let nested = |depth| {
        format!(
            r#"{{"id_token": {{"name": {{"value": {}{}}}}}}}"#,
            "[".repeat(depth),
            "]".repeat(depth)
        )
    };
    assert!(parse(&nested(DEEPEST), "").is_ok());
    for depth in [DEEPEST + 2, 60, 124] {
        assert_eq!(parse(&nested(depth), "").unwrap_err().code, ErrorCode::InvalidRequest);
    }
    let address = r#"{"userinfo": {"address": {"value": {"locality": "Arles"}}}}"#;
    let request = parse(address, "fr").unwrap();
    let stored = serde_json::to_string(&request).unwrap();
    assert_eq!(serde_json::from_str::<ClaimsRequest>(&stored).unwrap(), request);
}

#[test]
fn a_client_of_few_scopes_asks_for_few_claims() {
    let request = parse(
        r#"{"id_token": {"email": null, "acr": {"essential": true, "value": "1"}}, "userinfo": {"name": null}}"#,
        "",
    )
    .unwrap()
    .within(&Scope::parse("openid email").unwrap());
    assert_eq!(request.beyond(&Scope::default()), BTreeSet::from(["email"]));
    assert_eq!(request.essential_acr_values(), Some(vec!["1"]));
}

#[test]
fn each_scope_releases_its_own_claims() {
    let request = ClaimsRequest::default();
    assert_eq!(released(&request, "openid", Target::Userinfo), json!({}));
    assert_eq!(
        released(&request, "openid profile", Target::Userinfo),
        json!({"name": "Jane", "gender": "f", "locale": "en"})
    );
    assert_eq!(
        released(&request, "email phone address", Target::Userinfo),
        json!({"email": "j@acme.org", "email_verified": true})
    );
}

#[test]
fn a_claim_of_another_value_than_the_one_asked_for_is_not_told() {
    let request = parse(
        r#"{"id_token": {"locale": {"value": "fr"}, "gender": {"values": ["m", "f"]}, "email_verified": {"value": true}}}"#,
        "",
    )
    .unwrap();
    assert_eq!(
        released(&request, "openid", Target::IdToken),
        json!({"gender": "f", "email_verified": true})
    );
}

#[test]
fn language_tagged_claims_are_told_by_their_tag_or_by_claims_locales() {
    let tagged = parse(r#"{"userinfo": {"name#FR": null}}"#, "").unwrap();
    assert_eq!(
        released(&tagged, "openid", Target::Userinfo),
        json!({"name#fr": "Jeanne"})
    );
    assert_eq!(
        tagged.beyond(&Scope::parse("openid").unwrap()),
        BTreeSet::from(["name"])
    );
    let locales = parse("{}", "it de-CH-1996 fr not_a_tag").unwrap();
    assert_eq!(
        released(&locales, "openid profile", Target::Userinfo),
        json!({"name": "Jane", "name#de-CH": "Johanna", "gender": "f", "locale": "en"})
    );
    assert_eq!(released(&locales, "openid", Target::Userinfo), json!({}));
    let both = parse(r#"{"userinfo": {"name": null}}"#, "fr").unwrap();
    assert_eq!(
        released(&both, "openid", Target::Userinfo),
        json!({"name": "Jane", "name#fr": "Jeanne"})
    );
}

#[test]
fn sub_with_a_value_is_for_that_person_alone() {
    for member in ["id_token", "userinfo"] {
        let request = parse(
            &format!(r#"{{"{member}": {{"sub": {{"value": "248289761001"}}}}}}"#),
            "",
        )
        .unwrap();
        assert!(request.accepts_subject("248289761001") && !request.accepts_subject("another"));
    }
    assert!(
        parse(r#"{"id_token": {"sub": null}}"#, "")
            .unwrap()
            .accepts_subject("anybody")
    );
}

#[test]
fn the_acr_that_is_told_is_one_that_was_asked_for() {
    let proven = Proven::password(UnixTime(0));
    for (asked, told) in [
        (r#"{}"#, "1"),
        (r#"{"id_token":{"acr":null}}"#, "1"),
        (r#"{"id_token":{"acr":{"value":"9"}}}"#, "1"),
        (r#"{"id_token":{"acr":{"essential":true,"values":["9","1"]}}}"#, "1"),
    ] {
        assert_eq!(
            parse(asked, "").unwrap().acr_told_of(&proven, &AcrNames::default()),
            told,
            "{asked}"
        );
    }
    // A level that a newer Worker wrote.
    let newer = Proven {
        acr: "9".to_owned(),
        ..proven
    };
    assert_eq!(
        parse(r#"{"id_token":{"acr":{"values":["1"]}}}"#, "")
            .unwrap()
            .acr_told_of(&newer, &AcrNames::default()),
        "1"
    );
    assert_eq!(parse("{}", "").unwrap().acr_told_of(&newer, &AcrNames::default()), "9");
}

#[test]
fn acr_values_are_voluntary_and_what_claims_says_counts_more() {
    let with = |claims: &str, values: &[&str]| {
        let request = parse(claims, "").unwrap().with_acr_values(values.iter().copied());
        let texts = |values: Vec<&str>| values.into_iter().map(str::to_owned).collect::<Vec<_>>();
        (
            request.essential_acr_values().map(texts),
            texts(request.voluntary_acr_values()),
        )
    };
    let texts = |values: &[&str]| values.iter().map(|value| (*value).to_owned()).collect::<Vec<_>>();
    for (claims, values, essential, voluntary) in [
        ("{}", &[][..], None, &[][..]),
        ("{}", &["phr", "mfa"], None, &["phr", "mfa"]),
        (r#"{"id_token":{"acr":null}}"#, &["mfa"], None, &["mfa"]),
        (r#"{"id_token":{"acr":{"essential":true}}}"#, &["mfa"], None, &["mfa"]),
        (r#"{"id_token":{"acr":{"value":"1"}}}"#, &["mfa"], None, &["1"]),
        (
            r#"{"id_token":{"acr":{"essential":true,"value":"phr"}}}"#,
            &["mfa"],
            Some(&["phr"][..]),
            &[],
        ),
    ] {
        let expected = (essential.map(texts), texts(voluntary));
        assert_eq!(with(claims, values), expected, "{claims} {values:?}");
    }
    // The best that holds is told, under the name by which it was asked for.
    let names = AcrNames::parse("gold=phr silver=mfa").unwrap();
    let asked = parse("{}", "").unwrap().with_acr_values(["gold", "silver"].into_iter());
    let two = Proven::password(UnixTime(0)).and_code();
    assert_eq!(asked.acr_told_of(&two, &names), "silver");
    assert_eq!(asked.acr_told_of(&Proven::passkey(true, UnixTime(0)), &names), "gold");
    assert_eq!(asked.acr_told_of(&Proven::password(UnixTime(0)), &names), "1");
    assert_eq!(
        asked.acr_told_of(&two, &AcrNames::default()),
        "mfa",
        "the name is not known any more"
    );
}

#[test]
fn essential_acr_values_bind() {
    let acr = |demand: &str| {
        let request = parse(&format!(r#"{{"id_token": {{"acr": {demand}}}}}"#), "").unwrap();
        request
            .essential_acr_values()
            .map(|values| values.into_iter().map(str::to_owned).collect::<Vec<_>>())
    };
    assert_eq!(
        acr(r#"{"essential": true, "values": ["2", "1"]}"#),
        Some(vec!["2".to_owned(), "1".to_owned()])
    );
    assert_eq!(acr(r#"{"essential": true, "value": "2"}"#), Some(vec!["2".to_owned()]));
    assert_eq!(acr(r#"{"essential": true}"#), None);
    assert_eq!(acr(r#"{"values": ["2"]}"#), None);
}

#[test]
fn what_is_not_of_the_form_is_refused_and_what_is_unknown_is_not() {
    for text in [
        "x",
        "[]",
        "null",
        "\"{}\"",
        r#"{"id_token": []}"#,
        r#"{"userinfo": true}"#,
        r#"{"userinfo": {"name": true}}"#,
        r#"{"userinfo": {"name": {"essential": "yes"}}}"#,
        r#"{"userinfo": {"name": {"values": "x"}}}"#,
        &format!(r#"{{"x": "{}"}}"#, "x".repeat(LONGEST)),
        &"[".repeat(1_000),
    ] {
        assert_eq!(parse(text, "").unwrap_err().code, ErrorCode::InvalidRequest, "{text}");
    }
    for text in [
        "{}",
        r#"{"x": [1]}"#,
        r#"{"id_token": null, "userinfo": {"role": {"essential": true}, "name#_": null, "other": 7, "picture#_": 7}}"#,
    ] {
        assert_eq!(parse(text, "").unwrap(), ClaimsRequest::default(), "{text}");
    }
}

#[test]
fn a_request_survives_storage() {
    let request = parse(
        r#"{"id_token": {"acr": {"essential": true, "values": ["1"]}, "email": null}, "userinfo": {"name#fr": null}}"#,
        "fr de",
    )
    .unwrap();
    let stored = serde_json::to_string(&request).unwrap();
    assert_eq!(serde_json::from_str::<ClaimsRequest>(&stored).unwrap(), request);
    assert_eq!(serde_json::to_string(&ClaimsRequest::default()).unwrap(), "{}");
    assert_eq!(
        serde_json::from_str::<ClaimsRequest>("{}").unwrap(),
        ClaimsRequest::default()
    );
}

#[test]
fn what_is_stored_is_as_limited_as_what_is_sent() {
    let names = |n: usize| format!(r#"{{"id_token": {{"name": {{"values": ["{}"]}}}}}}"#, "a".repeat(n));
    assert!(parse(&names(1_900), "").is_ok());
    assert_eq!(parse(&names(2_049), "").unwrap_err().code, ErrorCode::InvalidRequest);
    let numbers = vec!["1e15"; 300].join(",");
    let grown = format!(r#"{{"id_token": {{"name": {{"values": [{numbers}]}}}}}}"#);
    assert!(grown.len() < LONGEST);
    assert_eq!(parse(&grown, "").unwrap_err().code, ErrorCode::InvalidRequest);
}
