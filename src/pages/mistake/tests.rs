//! What a developer is shown of each mistake.

use super::*;
use crate::{
    oidc::{
        client::client_metadata::{ClientMetadata, Supported},
        jose::jwt::{SigningAlg, SigningInput},
    },
    time::UnixTime,
};

const APP: &str = "https://app.acme.org/cb";

fn client(members: Value) -> Client {
    let mut metadata = json!({ "client_name": "Acme Notes", "redirect_uris": [APP] });
    if let (Some(metadata), Some(members)) = (metadata.as_object_mut(), members.as_object()) {
        metadata.extend(members.clone());
    }
    Client {
        client_id: "the-id".to_owned(),
        version: 1,
        issued_at: UnixTime(0),
        document_fresh_until: None,
        metadata: ClientMetadata::parse(&metadata, &Supported::CURRENT).unwrap(),
    }
}

/// The facts, a line each: what kind, and the text.
fn facts(
    issuer: &str,
    client: Option<&Client>,
    pairs: &[(&str, &str)],
    of: impl Fn(&Mistake<'_>) -> Vec<Fact>,
) -> Vec<(char, String)> {
    let query = url::form_urlencoded::Serializer::new(String::new())
        .extend_pairs(pairs)
        .finish();
    let mistake = Mistake {
        params: &Params::parse(&query).unwrap(),
        client,
        issuer: &Issuer::parse(issuer).unwrap(),
        language: Language::En,
    };
    let line = |fact| match fact {
        Fact::App(text) => ('a', text),
        Fact::Came(text) => ('c', text),
        Fact::Expected(text) => ('e', text),
        Fact::Fix(text) => ('f', text),
    };
    of(&mistake).into_iter().map(line).collect()
}

const LIVE: &str = "https://id.acme.org";
const DEVELOPMENT: &str = "http://localhost:8787";

fn text_of(facts: &[(char, String)], kind: char) -> Option<&str> {
    facts
        .iter()
        .find(|(known, _)| *known == kind)
        .map(|(_, text)| text.as_str())
}

fn unregistered(issuer: &str, client: &Client, came: &str) -> Vec<(char, String)> {
    let pairs = [("client_id", "the-id"), ("redirect_uri", came)];
    facts(issuer, Some(client), &pairs, |mistake| {
        mistake.of_authorization(PageError::UnregisteredRedirectUri)
    })
}

#[test]
fn an_unregistered_address_is_shown_with_the_app_and_in_development_with_a_fix() {
    let client = client(json!({}));
    let live = unregistered(LIVE, &client, "https://app.acme.org/other");
    assert_eq!(text_of(&live, 'a'), Some("Acme Notes"));
    assert_eq!(text_of(&live, 'c'), Some("redirect_uri = https://app.acme.org/other"));
    assert!(text_of(&live, 'e').unwrap().contains("letter by letter"));
    assert_eq!(text_of(&live, 'f'), None);
    let development = unregistered(DEVELOPMENT, &client, "https://app.acme.org/other");
    let fix = text_of(&development, 'f').unwrap();
    assert!(
        fix.starts_with("curl -X PATCH http://localhost:8787/register/the-id "),
        "{fix}"
    );
    assert!(
        fix.ends_with(r#"-d '{"redirect_uris":["https://app.acme.org/cb","https://app.acme.org/other"]}'"#),
        "{fix}"
    );
}

#[test]
fn a_fix_makes_a_native_app_where_only_one_may_have_the_address_and_there_is_none_where_nobody_may() {
    let client = client(json!({}));
    let fix = |came| text_of(&unregistered(DEVELOPMENT, &client, came), 'f').map(str::to_owned);
    assert!(
        fix("http://localhost:3000/cb")
            .unwrap()
            .contains(r#""application_type":"native""#)
    );
    for came in [
        "javascript:alert(1)",
        "https://app.acme.org/cb#x",
        "http://app.acme.org/cb",
        "x",
    ] {
        assert_eq!(fix(came), None, "{came}");
    }
    assert!(
        fix("https://app.acme.org/it's").unwrap().contains(r"it'\''s"),
        "one argument of a shell"
    );
}

#[test]
fn the_app_of_a_document_is_changed_there() {
    let described = Client {
        client_id: "https://assistant.acme.org/client.json".to_owned(),
        document_fresh_until: Some(UnixTime(1)),
        ..client(json!({}))
    };
    let told = unregistered(DEVELOPMENT, &described, "https://app.acme.org/other");
    assert!(
        text_of(&told, 'e')
            .unwrap()
            .contains("in https://assistant.acme.org/client.json")
    );
    assert_eq!(text_of(&told, 'f'), None);
}

#[test]
fn an_unknown_app_is_registered_with_the_address_that_came() {
    let unknown = |client_id, redirect_uri| {
        let pairs = [("client_id", client_id), ("redirect_uri", redirect_uri)];
        facts(DEVELOPMENT, None, &pairs, |mistake| {
            mistake.of_authorization(PageError::UnknownClient)
        })
    };
    let told = unknown("nobody", APP);
    assert_eq!(text_of(&told, 'c'), Some("client_id = nobody"));
    let fix = text_of(&told, 'f').unwrap();
    assert!(fix.starts_with("curl -X POST http://localhost:8787/register ") && fix.contains(APP));
    assert_eq!(text_of(&unknown("nobody", "data:x"), 'f'), None);
    assert_eq!(
        text_of(&unknown("https://assistant.acme.org/client.json", APP), 'f'),
        None
    );
}

#[test]
fn a_long_value_is_cut_and_its_length_is_told() {
    let long = format!("https://app.acme.org/{}", "x".repeat(3_000));
    let told = unregistered(LIVE, &client(json!({})), &long);
    let came = text_of(&told, 'c').unwrap();
    assert!(
        came.ends_with("\u{2026} (3021 characters)") && came.chars().count() < 500,
        "{came}"
    );
    let state = "x".repeat(13_000);
    let told = facts(LIVE, None, &[("state", &state)], |mistake| {
        mistake.of_authorization(PageError::Malformed)
    });
    assert_eq!(text_of(&told, 'c'), Some("state, of 13000 bytes"));
}

#[test]
fn a_sign_out_that_cannot_be_followed_says_why() {
    let client = client(json!({ "post_logout_redirect_uris": ["https://app.acme.org/bye"] }));
    let of = |refusal, pairs: &[(&str, &str)]| {
        facts(DEVELOPMENT, Some(&client), pairs, |mistake| mistake.of_logout(refusal))
    };
    let told = of(
        LogoutRefusal::UnregisteredUri,
        &[("post_logout_redirect_uri", "https://app.acme.org/")],
    );
    assert_eq!(text_of(&told, 'a'), Some("Acme Notes"));
    assert_eq!(
        text_of(&told, 'c'),
        Some("post_logout_redirect_uri = https://app.acme.org/")
    );
    assert!(
        text_of(&told, 'f')
            .unwrap()
            .contains(r#"{"post_logout_redirect_uris":["https://app.acme.org/bye","https://app.acme.org/"]}"#)
    );
    let told = of(LogoutRefusal::Malformed, &[("state", "a"), ("state", "b")]);
    assert_eq!(text_of(&told, 'c'), Some("state, 2 times"));
    let told = of(LogoutRefusal::NoClient, &[("post_logout_redirect_uri", APP)]);
    assert!(text_of(&told, 'e').unwrap().contains("id_token_hint"));
}

#[test]
fn a_hint_is_told_by_whose_and_whom_it_is_for_and_not_by_its_person() {
    let claims = json!({ "iss": "https://other.org", "sub": "somebody", "aud": "another", "exp": 1, "iat": 1 });
    let hint = SigningInput::new(SigningAlg::RS256, "k", "JWT", claims)
        .unwrap()
        .with_signature(&[1]);
    let pairs = [("id_token_hint", hint.as_str()), ("client_id", "the-id")];
    let told = facts(LIVE, None, &pairs, |mistake| mistake.of_logout(LogoutRefusal::BadHint));
    let came = text_of(&told, 'c').unwrap();
    assert!(
        came.ends_with("with iss = https://other.org, aud = another; client_id = the-id"),
        "{came}"
    );
    assert!(!came.contains(&hint) && !came.contains("somebody"));
    assert!(text_of(&told, 'e').unwrap().contains(LIVE));
}
