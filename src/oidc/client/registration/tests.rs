//! Registration messages: made, replaced, patched, refused.

use super::*;
use crate::{
    config::Config,
    oidc::{
        client::{
            client_metadata::{AuthMethod, GrantType},
            self_service::RegisteredBy,
        },
        scope::Scope,
    },
    secret::RootKeys,
};

const MINIMAL: &str = r#"{"redirect_uris":["https://app.acme.org/cb"]}"#;

fn terms() -> Terms {
    let config = Config::parse(|name| match name {
        "ISSUER" => Some("https://id.acme.org".to_owned()),
        "KEK_1" => Some("AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8".to_owned()),
        _ => None,
    });
    Terms::of(&config.unwrap(), RegisteredBy::Operator, None)
}

fn parse(body: &[u8]) -> Result<ClientMetadata, OAuthError> {
    super::parse(body, &terms())
}

fn update(body: Value) -> Result<UpdateRequest, OAuthError> {
    let mut whole = json!({"redirect_uris": ["https://app.acme.org/cb"]});
    merge(whole.as_object_mut().unwrap(), body.as_object().unwrap().clone());
    // The client sends nulls too, which a merge would drop.
    whole.as_object_mut().unwrap().extend(body.as_object().unwrap().clone());
    UpdateRequest::parse(
        whole.to_string().as_bytes(),
        ("c1", &parse(MINIMAL.as_bytes()).unwrap()),
        &terms(),
    )
}

fn patched(patch: Value) -> Result<ClientMetadata, OAuthError> {
    let current = json!({
        "redirect_uris": ["https://app.acme.org/cb"], "client_name": "App", "client_name#fr": "Appli",
        "scope": "openid", "grant_types": ["authorization_code", "refresh_token"], "jwks": {"keys": [{"kty": "EC"}]},
    });
    let current = parse(current.to_string().as_bytes()).unwrap();
    merge_patch(&current, patch.to_string().as_bytes(), &terms())
}

fn roots() -> RootKeys {
    RootKeys::new([(1, [7; 32])].into(), 1, "1".to_owned()).unwrap()
}

fn token(byte: u8) -> OpaqueToken {
    OpaqueToken::new(&roots(), [byte; 32])
}

fn secret() -> ClientSecret {
    ClientSecret::new(&roots(), [1; 48])
}

#[track_caller]
fn assert_refused<T: std::fmt::Debug>(result: Result<T, OAuthError>, named: &str) {
    let error = result.unwrap_err();
    assert_eq!(error.code, ErrorCode::InvalidClientMetadata);
    assert!(error.description.contains(named), "{error:?}");
}

#[test]
fn the_body_is_one_json_object() {
    assert!(parse(MINIMAL.as_bytes()).is_ok());
    assert!(parse(format!(" \r\n{MINIMAL}\t").as_bytes()).is_ok());
    let deep = format!("{{\"x\":{}{}}}", "[".repeat(10_000), "]".repeat(10_000));
    let long = format!("{MINIMAL}{}", " ".repeat(LONGEST));
    for body in [
        "",
        "null",
        "[]",
        "\"{}\"",
        "{",
        "{}{}",
        "redirect_uris=x",
        "{'a':1}",
        "{\"a\":NaN}",
        "{\"a\":\"\\ud800\"}",
        "\u{feff}{}",
        deep.as_str(),
        long.as_str(),
    ] {
        assert_refused(parse(body.as_bytes()), "the body");
    }
    for body in [
        &b"{\"client_name\":\"\xff\"}"[..],
        b"{\"client_name\":\"\xc0\xaf\"}",
        b"\0",
    ] {
        assert_refused(parse(body), "the body");
    }
}

#[test]
fn every_truncation_of_a_body_is_refused() {
    for end in 0..MINIMAL.len() {
        assert_refused(parse(&MINIMAL.as_bytes()[..end]), "the body");
    }
}

#[test]
fn a_member_that_stands_twice_is_refused() {
    for twice in [
        r#"{"redirect_uris": ["https://app.acme.org/cb"], "redirect_uris": ["https://evil.org/cb"]}"#,
        r#"{"redirect_uris": ["https://app.acme.org/cb"], "jwks": {"keys": [{"kty": "EC", "kty": "oct"}]}}"#,
        r#"{"redirect_uris": ["https://app.acme.org/cb"], "x": [{"a": 1, "a": 1}]}"#,
    ] {
        assert_refused(parse(twice.as_bytes()), "the body");
    }
}

#[test]
fn put_refuses_what_only_limen_sets() {
    for field in [
        "registration_access_token",
        "registration_client_uri",
        "client_secret_expires_at",
        "client_id_issued_at",
    ] {
        assert_refused(update(json!({field: "x"})), field);
        assert_refused(update(json!({field: 0})), field);
        assert!(update(json!({field: null})).is_ok());
    }
    for field in ["registration_renew_secret_uri", "previous_secret_expires_at"] {
        assert!(
            update(json!({field: "x"})).is_ok(),
            "it was told this, and cannot know that it is no metadata"
        );
    }
}

#[test]
fn put_may_name_its_own_client_only() {
    assert!(update(json!({"client_id": "c1"})).is_ok());
    assert!(update(json!({})).is_ok());
    for id in [json!("c2"), json!(""), json!(1), json!(["c1"])] {
        assert_refused(update(json!({"client_id": id})), "client_id");
    }
}

#[test]
fn put_hands_on_the_client_secret_to_be_checked() {
    let secret = secret();
    let request = update(json!({"client_secret": secret.expose()})).unwrap();
    assert_eq!(request.client_secret.unwrap().expose(), secret.expose());
    assert!(update(json!({})).unwrap().client_secret.is_none());
    for secret in [json!(1), json!({}), json!([secret.expose()])] {
        assert_refused(update(json!({"client_secret": secret})), "client_secret");
    }
}

#[test]
fn put_resets_what_it_leaves_out() {
    assert_eq!(update(json!({})).unwrap().metadata, parse(MINIMAL.as_bytes()).unwrap());
}

#[test]
fn patch_keeps_what_it_leaves_out() {
    let client = patched(json!({"client_name": "New", "token_endpoint_auth_method": "none"})).unwrap();
    assert_eq!(client.client_name.default_text(), Some("New"));
    assert_eq!(client.client_name.best_for(&["fr"]), Some("Appli"));
    assert_eq!(client.token_endpoint_auth_method, AuthMethod::None);
    assert_eq!(
        client.grant_types,
        [GrantType::AuthorizationCode, GrantType::RefreshToken]
    );
    assert_eq!(patched(json!({})), patched(json!({"unknown": {"a": 1}})));
}

#[test]
fn patch_clears_by_null() {
    let client = patched(json!({"client_name": null, "scope": null, "grant_types": null})).unwrap();
    assert_eq!(client.client_name.default_text(), Some("Appli"));
    assert_eq!(client.scope, None);
    assert_eq!(client.grant_types, [GrantType::AuthorizationCode]);
    assert_eq!(
        patched(json!({"redirect_uris": null})).unwrap_err().code,
        ErrorCode::InvalidRedirectUri
    );
}

#[test]
fn patch_keeps_the_rules() {
    assert_refused(patched(json!({"jwks_uri": "https://app.acme.org/jwks"})), "jwks");
    assert!(patched(json!({"jwks_uri": "https://app.acme.org/jwks", "jwks": null})).is_ok());
    let service = patched(json!({"grant_types": ["client_credentials"]})).unwrap();
    assert!(
        service.response_types.is_empty(),
        "what has no grant any more goes with it"
    );
    assert_refused(patched(json!({"grant_types": ["password"]})), "grant_types");
    assert_refused(patched(json!({"jwks": {"keys": [{"kty": "oct", "k": "AA"}]}})), "jwks");
}

#[test]
fn patch_refuses_what_is_not_metadata() {
    for field in ISSUED.iter().chain(&["client_id", "client_secret"]) {
        assert_refused(patched(json!({*field: "x"})), field);
    }
    for patch in [json!([]), json!(null), json!("x")] {
        assert_refused(patched(patch), "the body");
    }
}

#[test]
fn patches_do_not_add_up_to_more_than_one_request_may_hold() {
    let page = |tag: usize| {
        (
            format!("tos_uri#x-{tag}"),
            json!(format!("https://acme.org/{}", "x".repeat(1_900))),
        )
    };
    let mut client = patched(Value::Object((0..30).map(page).collect())).unwrap();
    let more: Map<_, _> = (30..40).map(page).collect();
    let more = serde_json::to_vec(&more).unwrap();
    assert_refused(merge_patch(&client, &more, &terms()), "64 KB");
    client.tos_uri = Default::default();
    assert!(merge_patch(&client, &more, &terms()).is_ok());
}

#[test]
fn what_is_stored_is_what_is_measured() {
    let keys = |numbers: usize| {
        let key = format!(r#"{{"kty":"EC","x":[{}]}}"#, vec!["1e15"; numbers].join(","));
        format!(r#"{{"redirect_uris":["https://app.acme.org/cb"],"jwks":{{"keys":[{key}]}}}}"#)
    };
    let long = keys(12_000);
    assert!(long.len() < LONGEST);
    assert_refused(parse(long.as_bytes()), "64 KB");
    let client = parse(keys(3_000).as_bytes()).unwrap();
    let stored = client.to_json();
    assert!(Value::Object(stored).to_string().len() <= LONGEST);
    assert!(merge_patch(&client, b"{}", &terms()).is_ok());
}

#[test]
fn blanks_are_no_scope_and_a_client_without_any_stays_so() {
    for blank in [" ", "  "] {
        let body = json!({"redirect_uris": ["https://app.acme.org/cb"], "scope": blank});
        assert_refused(parse(body.to_string().as_bytes()), "scope");
    }
    let mut client = parse(MINIMAL.as_bytes()).unwrap();
    client.scope = Some(Scope::default());
    let renamed = merge_patch(&client, br#"{"client_name": "New"}"#, &terms()).unwrap();
    assert_eq!(renamed.scope, Some(Scope::default()));
    let cleared = merge_patch(&client, br#"{"scope": null}"#, &terms()).unwrap();
    assert_eq!(cleared.scope, None);
}

/// RFC 7396 appendix A, those about objects.
#[test]
fn the_examples_of_rfc_7396_merge() {
    for (original, patch, result) in [
        (json!({"a": "b"}), json!({"a": "c"}), json!({"a": "c"})),
        (json!({"a": "b"}), json!({"b": "c"}), json!({"a": "b", "b": "c"})),
        (json!({"a": "b"}), json!({"a": null}), json!({})),
        (json!({"a": "b", "b": "c"}), json!({"a": null}), json!({"b": "c"})),
        (json!({"a": ["b"]}), json!({"a": "c"}), json!({"a": "c"})),
        (json!({"a": "c"}), json!({"a": ["b"]}), json!({"a": ["b"]})),
        (
            json!({"a": {"b": "c"}}),
            json!({"a": {"b": "d", "c": null}}),
            json!({"a": {"b": "d"}}),
        ),
        (json!({"a": [{"b": "c"}]}), json!({"a": [1]}), json!({"a": [1]})),
        (json!({"e": null}), json!({"a": 1}), json!({"e": null, "a": 1})),
        (json!({}), json!({"a": {"bb": {"ccc": null}}}), json!({"a": {"bb": {}}})),
    ] {
        let mut merged = original.as_object().unwrap().clone();
        merge(&mut merged, patch.as_object().unwrap().clone());
        assert_eq!(Value::Object(merged), result);
    }
}

fn client() -> Client {
    let metadata = parse(br#"{"redirect_uris":["https://app.acme.org/cb"],"client_name#fr":"Appli"}"#).unwrap();
    Client {
        client_id: "c1".to_owned(),
        version: 3,
        issued_at: UnixTime(1_700_000_000),
        document_fresh_until: None,
        metadata,
    }
}

#[test]
fn a_new_client_is_told_its_secrets_once() {
    let (client, secret, access) = (client(), secret(), token(2));
    let information = ClientInformation {
        client: &client,
        secret: Some((&secret, None)),
        previous_secret_expires_at: Some(UnixTime(1_700_000_060)),
        registration_access_token: Some(&access),
        registration_client_uri: "https://id.acme.org/register/c1",
        registration_renew_secret_uri: Some("https://id.acme.org/register/c1/renew_secret"),
    };
    let expected = json!({
        "redirect_uris": ["https://app.acme.org/cb"],
        "response_types": ["code"],
        "grant_types": ["authorization_code"],
        "application_type": "web",
        "token_endpoint_auth_method": "client_secret_basic",
        "subject_type": "public",
        "id_token_signed_response_alg": "RS256",
        "id_token_claims": true,
        "client_name#fr": "Appli",
        "client_id": "c1",
        "client_id_issued_at": 1_700_000_000,
        "client_secret": secret.expose(),
        "client_secret_expires_at": 0,
        "previous_secret_expires_at": 1_700_000_060,
        "registration_access_token": access.expose(),
        "registration_client_uri": "https://id.acme.org/register/c1",
        "registration_renew_secret_uri": "https://id.acme.org/register/c1/renew_secret",
    });
    assert_eq!(information.to_json(), expected);
    assert!(!format!("{information:?}").contains(secret.expose()));
}

#[test]
fn a_read_client_shows_neither_secret_nor_token() {
    let information = ClientInformation {
        client: &client(),
        secret: None,
        previous_secret_expires_at: None,
        registration_access_token: None,
        registration_client_uri: "https://id.acme.org/register/c1",
        registration_renew_secret_uri: None,
    };
    let json = information.to_json();
    for field in [
        "client_secret",
        "client_secret_expires_at",
        "previous_secret_expires_at",
        "registration_access_token",
        "registration_renew_secret_uri",
    ] {
        assert!(json.get(field).is_none(), "{field}");
    }
}

#[test]
fn a_secret_may_overlap_with_the_next_for_seven_days() {
    let overlap = |body: &str| {
        let members = json::parse(body).unwrap();
        RenewalRequest::read(&members).map(|request| request.overlap)
    };
    for none in ["{}", r#"{"overlap_seconds": 0}"#, r#"{"overlap_seconds": null}"#] {
        assert_eq!(overlap(none), Ok(None), "{none}");
    }
    assert_eq!(overlap(r#"{"overlap_seconds": 604800}"#), Ok(Some(Lifetime::days(7))));
    for wrong in ["604801", "-1", "1.5", "\"60\"", "[]", "true", "1e99"] {
        assert!(
            overlap(&format!(r#"{{"overlap_seconds": {wrong}}}"#)).is_err(),
            "{wrong}"
        );
    }
}

/// RFC 7591 section 2: "If unspecified or omitted, the default is client_secret_basic". Who names nothing may send the secret either
/// way, until they say otherwise; to send back what was told says nothing new.
#[test]
fn a_method_that_nobody_named_is_either_way_to_send_a_secret() {
    let unnamed = parse(MINIMAL.as_bytes()).unwrap();
    let takes = |client: &ClientMetadata| {
        [
            AuthMethod::ClientSecretBasic,
            AuthMethod::ClientSecretPost,
            AuthMethod::ClientSecretJwt,
            AuthMethod::None,
        ]
        .map(|method| client.takes(method))
    };
    assert_eq!(takes(&unnamed), [true, true, false, false]);
    assert_eq!(
        unnamed.to_public_json()["token_endpoint_auth_method"],
        "client_secret_basic"
    );
    assert!(!unnamed.to_public_json().keys().any(|name| name.starts_with("limen")));
    for (method, expected) in [
        ("client_secret_basic", [true, false, false, false]),
        ("client_secret_post", [false, true, false, false]),
        ("client_secret_jwt", [false, false, true, false]),
        ("none", [false, false, false, true]),
    ] {
        let named = json!({"redirect_uris": ["https://app.acme.org/cb"], "token_endpoint_auth_method": method});
        assert_eq!(
            takes(&parse(named.to_string().as_bytes()).unwrap()),
            expected,
            "{method}"
        );
        let patch = json!({"token_endpoint_auth_method": method}).to_string();
        let patched = merge_patch(&unnamed, patch.as_bytes(), &terms()).unwrap();
        assert_eq!(takes(&patched), expected, "{method}");
    }
    let renamed = merge_patch(&unnamed, br#"{"client_name": "New"}"#, &terms()).unwrap();
    assert_eq!(takes(&renamed), takes(&unnamed));
    let told = Value::Object(unnamed.to_public_json()).to_string();
    let put = |current| {
        UpdateRequest::parse(told.as_bytes(), ("c1", current), &terms())
            .unwrap()
            .metadata
    };
    assert_eq!(takes(&put(&unnamed)), takes(&unnamed));
    let named = merge_patch(
        &unnamed,
        br#"{"token_endpoint_auth_method": "client_secret_basic"}"#,
        &terms(),
    );
    assert_eq!(takes(&put(&named.unwrap())), [true, false, false, false]);
}
