//! Client metadata as clients send it and as it is stored. Every field stands in [`full`].

mod fapi;
mod fields;
mod rules;

use serde_json::{Map, Value, json};

use super::{values::*, *};
use crate::{
    config::{PkceRequirement, PrivateHttp},
    web::fetch_url::LoopbackFetches,
};

/// Every feature there is to register.
pub(super) const EVERYTHING: Supported = Supported {
    grant_types: &[
        GrantType::AuthorizationCode,
        GrantType::Implicit,
        GrantType::RefreshToken,
        GrantType::ClientCredentials,
    ],
    response_types: &[
        ResponseType::Code,
        ResponseType::IdToken,
        ResponseType::IdTokenToken,
        ResponseType::CodeIdToken,
        ResponseType::CodeToken,
        ResponseType::CodeIdTokenToken,
    ],
    auth_methods: &AuthMethod::ALL,
    auth_signing_algs: CLIENT_ALGS,
    subject_types: &[SubjectType::Public, SubjectType::Pairwise],
    id_token_signing_algs: &IdTokenAlg::ALL,
    userinfo_signing_algs: &SigningAlg::ALL,
    authorization_signing_algs: &SigningAlg::ALL,
    introspection_signing_algs: &SigningAlg::ALL,
    request_object_signing_algs: CLIENT_ALGS,
    id_token_encryption: true,
    userinfo_encryption: true,
    authorization_encryption: true,
    introspection_encryption: true,
    request_object_encryption: true,
    request_uris: true,
    pushed_authorization_requests: true,
    delivery_modes: &DeliveryMode::ALL,
    backchannel_request_algs: &ClientSigningAlg::ASYMMETRIC,
    sign_up: true,
    dpop: true,
    certificate_bound_access_tokens: true,
    certificate_san: true,
    pkce_requirement: PkceRequirement::Public,
    loopback_fetches: LoopbackFetches::Refused,
    private_http: PrivateHttp::Refused,
};

const CLIENT_ALGS: &[ClientSigningAlg] = &[
    ClientSigningAlg::InsecureNone,
    ClientSigningAlg::HS256,
    ClientSigningAlg::HS384,
    ClientSigningAlg::HS512,
    ClientSigningAlg::RS256,
    ClientSigningAlg::PS256,
    ClientSigningAlg::ES256,
    ClientSigningAlg::EdDSA,
];

/// The members that exclude one of [`full`].
const ALTERNATIVES: [(&str, &str, &str); 5] = [
    ("jwks", "jwks_uri", "https://app.acme.org/jwks.json"),
    ("tls_client_auth_subject_dn", "tls_client_auth_san_dns", "app.acme.org"),
    (
        "tls_client_auth_subject_dn",
        "tls_client_auth_san_uri",
        "spiffe://acme.org/app",
    ),
    ("tls_client_auth_subject_dn", "tls_client_auth_san_ip", "2001:db8::1"),
    (
        "tls_client_auth_subject_dn",
        "tls_client_auth_san_email",
        "app@acme.org",
    ),
];

/// Metadata in which nothing is at its default.
pub(in crate::oidc) fn full() -> Map<String, Value> {
    // A literal: so long an object is beyond the recursion limit of json!.
    serde_json::from_str(
        r#"{
        "redirect_uris": ["http://127.0.0.1/cb", "org.acme.app:/cb", "https://app.acme.org/cb"],
        "response_types": ["code", "code id_token token"],
        "grant_types": ["authorization_code", "implicit", "refresh_token"],
        "application_type": "native",
        "contacts": ["ops@acme.org"],
        "client_name": "App",
        "client_name#fr": "Appli",
        "client_name#ja-Jpan-JP": "\u30AF\u30E9\u30A4\u30A2\u30F3\u30C8\u540D",
        "logo_uri": "https://acme.org/logo.png",
        "logo_uri#fr": "https://acme.org/fr/logo.png",
        "client_uri": "http://acme.org/",
        "policy_uri#fr": "https://acme.org/fr/policy#top",
        "tos_uri": "https://acme.org/tos?v=2",
        "jwks": {"keys": [{"kty": "OKP", "crv": "Ed25519", "x": "AA", "key_ops": ["verify"], "ext": true}]},
        "scope": "email openid",
        "software_id": "4NRB1-0XZABZI9E6-5SM3R",
        "software_version": "2.1",
        "token_endpoint_auth_method": "tls_client_auth",
        "token_endpoint_auth_signing_alg": "ES256",
        "tls_client_auth_subject_dn": "CN=app,O=Acme",
        "tls_client_certificate_bound_access_tokens": true,
        "dpop_bound_access_tokens": true,
        "sector_identifier_uri": "https://acme.org/sector.json",
        "subject_type": "pairwise",
        "id_token_signed_response_alg": "ES256",
        "id_token_encrypted_response_alg": "RSA-OAEP",
        "id_token_encrypted_response_enc": "A256GCM",
        "userinfo_signed_response_alg": "EdDSA",
        "userinfo_encrypted_response_alg": "RSA-OAEP-256",
        "userinfo_encrypted_response_enc": "A128GCM",
        "authorization_signed_response_alg": "PS256",
        "authorization_encrypted_response_alg": "ECDH-ES",
        "authorization_encrypted_response_enc": "A256CBC-HS512",
        "introspection_signed_response_alg": "RS256",
        "introspection_encrypted_response_alg": "ECDH-ES+A128KW",
        "introspection_encrypted_response_enc": "A256GCM",
        "request_object_signing_alg": "PS256",
        "request_object_encryption_alg": "ECDH-ES+A256KW",
        "request_object_encryption_enc": "A256CBC-HS512",
        "require_signed_request_object": true,
        "require_pushed_authorization_requests": true,
        "request_uris": ["https://app.acme.org/rf.txt#qpXaRLh_n93TTR9F252ValdatUQvQiJi5BDub2BeznA"],
        "default_max_age": 3600,
        "require_auth_time": true,
        "default_acr_values": ["urn:mace:incommon:iap:silver"],
        "initiate_login_uri": "https://app.acme.org/login?x=1",
        "post_logout_redirect_uris": ["org.acme.app:/bye"],
        "backchannel_logout_uri": "https://app.acme.org/back?x=1",
        "backchannel_logout_session_required": true,
        "frontchannel_logout_uri": "http://127.0.0.1/front",
        "frontchannel_logout_session_required": true,
        "id_token_claims": true,
        "refresh_grace": 600
    }"#,
    )
    .unwrap()
}

pub(super) fn object(value: Value) -> Map<String, Value> {
    value.as_object().unwrap().clone()
}

/// [`full`] and its alternatives.
pub(super) fn all_forms() -> Vec<Map<String, Value>> {
    let alternatives = ALTERNATIVES.map(|(member, other, value)| {
        let mut form = full();
        form.remove(member).unwrap();
        form.insert(other.to_owned(), json!(value));
        form
    });
    [full()].into_iter().chain(alternatives).collect()
}

pub(super) fn everything(json: impl Into<Value>) -> Result<ClientMetadata, OAuthError> {
    checked(ClientMetadata::parse(&json.into(), &EVERYTHING))
}

pub(super) fn current(json: impl Into<Value>) -> Result<ClientMetadata, OAuthError> {
    checked(ClientMetadata::parse(&json.into(), &Supported::CURRENT))
}

/// "Values for the error_description parameter MUST NOT include characters outside the set %x20-21 / %x23-5B /
/// %x5D-7E."
fn checked(result: Result<ClientMetadata, OAuthError>) -> Result<ClientMetadata, OAuthError> {
    if let Err(error) = &result {
        let description = error.description.as_bytes();
        assert!(
            description
                .iter()
                .all(|byte| matches!(byte, 0x20..=0x21 | 0x23..=0x5B | 0x5D..=0x7E)),
            "{error:?}"
        );
        assert!(!error.description.contains("CANARY"), "{error:?}");
    }
    result
}

#[track_caller]
pub(super) fn assert_refused(result: Result<ClientMetadata, OAuthError>, field: &str) {
    let error = result.expect_err(field);
    let code = if field == "redirect_uris" {
        ErrorCode::InvalidRedirectUri
    } else {
        ErrorCode::InvalidClientMetadata
    };
    assert_eq!(error.code, code, "{error:?}");
    assert!(
        error.description.starts_with(&format!("{field} ")),
        "{error:?} for {field}"
    );
}

#[test]
fn every_field_round_trips_through_storage() {
    for form in all_forms() {
        let client = everything(form.clone()).unwrap();
        assert_eq!(client.to_json(), form);
        let stored = serde_json::to_string(&client).unwrap();
        assert_eq!(serde_json::from_str::<ClientMetadata>(&stored).unwrap(), client);
    }
}

#[test]
fn minimal_clients_round_trip_through_storage() {
    for json in [
        json!({"redirect_uris": ["https://app.acme.org/cb"]}),
        json!({"redirect_uris": ["http://localhost/cb"], "token_endpoint_auth_method": "none"}),
        json!({"grant_types": ["client_credentials"]}),
    ] {
        let client = current(json).unwrap();
        let stored = serde_json::to_value(&client).unwrap();
        assert_eq!(
            serde_json::from_value::<ClientMetadata>(stored.clone()).unwrap(),
            client
        );
        let named = ClientMetadata {
            any_secret_method: false,
            ..client
        };
        assert_eq!(current(stored).unwrap(), named);
    }
}

#[test]
fn what_is_stored_is_not_judged_anew() {
    let mut form = full();
    form.insert("redirect_uris".to_owned(), json!(["javascript:alert(1)"]));
    form.insert("logo_uri".to_owned(), json!("ftp://acme.org"));
    let client: ClientMetadata = serde_json::from_value(form.clone().into()).unwrap();
    assert_eq!(client.to_json(), form);
}

#[test]
fn defaults_are_those_of_the_specifications() {
    let client = current(json!({"redirect_uris": ["https://app.acme.org/cb"]})).unwrap();
    let expected = json!({
        "redirect_uris": ["https://app.acme.org/cb"],
        "response_types": ["code"],
        "grant_types": ["authorization_code"],
        "application_type": "web",
        "token_endpoint_auth_method": "client_secret_basic",
        "subject_type": "public",
        "id_token_signed_response_alg": "RS256",
        "id_token_claims": false,
    });
    assert_eq!(Value::Object(client.to_public_json()), expected);
}

#[test]
fn the_example_of_rfc_7591_section_3_1_registers() {
    let client = current(json!({
        "redirect_uris": ["https://client.example.org/callback", "https://client.example.org/callback2"],
        "client_name": "My Example Client",
        "client_name#ja-Jpan-JP": "\u{30AF}\u{30E9}\u{30A4}\u{30A2}\u{30F3}\u{30C8}\u{540D}",
        "token_endpoint_auth_method": "client_secret_basic",
        "logo_uri": "https://client.example.org/logo.png",
        "jwks_uri": "https://client.example.org/my_public_keys.jwks",
        "example_extension_parameter": "example_value",
    }))
    .unwrap();
    assert_eq!(client.client_name.default_text(), Some("My Example Client"));
    assert_eq!(
        client.client_name.best_for(&["ja-Jpan-JP"]),
        Some("\u{30AF}\u{30E9}\u{30A4}\u{30A2}\u{30F3}\u{30C8}\u{540D}")
    );
    assert_eq!(
        client.keys,
        Some(ClientKeys::At(
            "https://client.example.org/my_public_keys.jwks".to_owned()
        ))
    );
    assert!(!client.to_json().contains_key("example_extension_parameter"));
}

#[test]
fn the_example_of_oidc_registration_section_3_1_registers_where_its_features_are_supported() {
    let example = json!({
        "application_type": "web",
        "redirect_uris": ["https://client.example.org/callback", "https://client.example.org/callback2"],
        "client_name": "My Example",
        "client_name#ja-Jpan-JP": "\u{30AF}\u{30E9}\u{30A4}\u{30A2}\u{30F3}\u{30C8}\u{540D}",
        "logo_uri": "https://client.example.org/logo.png",
        "subject_type": "pairwise",
        "sector_identifier_uri": "https://other.example.net/file_of_redirect_uris.json",
        "token_endpoint_auth_method": "client_secret_basic",
        "jwks_uri": "https://client.example.org/my_public_keys.jwks",
        "userinfo_encrypted_response_alg": "RSA-OAEP-256",
        "userinfo_encrypted_response_enc": "A128CBC-HS256",
        "contacts": ["ve7jtb@example.org", "mary@example.org"],
        "request_uris": ["https://client.example.org/rf.txt#qpXaRLh_n93TTR9F252ValdatUQvQiJi5BDub2BeznA"],
    });
    let client = everything(example.clone()).unwrap();
    for (field, value) in object(example) {
        assert_eq!(client.to_json().get(&field), Some(&value), "{field}");
    }
}
