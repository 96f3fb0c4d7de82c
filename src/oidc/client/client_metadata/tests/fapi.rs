//! What FAPI 2.0 demands of a registration: it is filled in where it is left out, and refused where something else is said.

use serde_json::{Value, json};

use super::*;
use crate::{
    config::{Config, FapiProfile},
    oidc::client::{
        Client,
        self_service::{Before, RegisteredBy},
        terms::Terms,
    },
    time::UnixTime,
};

const MTLS: (&str, &str) = ("MTLS_ORIGIN", "https://mtls.acme.org");

fn config(extra: &[(&str, &str)]) -> Config {
    let root = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8";
    let vars = [("ISSUER", "https://id.acme.org"), ("KEK_1", root), MTLS];
    let var = |name: &str| {
        let all = vars.iter().chain(extra);
        all.rev().find(|(n, _)| *n == name).map(|(_, text)| (*text).to_owned())
    };
    Config::parse(var).unwrap()
}

fn members(more: Value) -> Map<String, Value> {
    let mut members = object(json!({
        "redirect_uris": ["https://app.acme.org/cb"],
        "grant_types": ["authorization_code", "refresh_token"],
        "jwks_uri": "https://app.acme.org/jwks",
        "fapi_profile": "fapi2",
    }));
    members.extend(object(more));
    members
}

fn registered(by: RegisteredBy, vars: &[(&str, &str)], more: Value) -> Result<ClientMetadata, OAuthError> {
    Terms::of(&config(vars), by, None).take(members(more))
}

fn operators(more: Value) -> Result<ClientMetadata, OAuthError> {
    registered(RegisteredBy::Operator, &[], more)
}

#[test]
fn what_is_left_out_is_as_the_profile_demands() {
    let told = operators(json!({})).unwrap().to_public_json();
    for (field, value) in [
        ("fapi_profile", json!("fapi2")),
        ("token_endpoint_auth_method", json!("private_key_jwt")),
        ("require_pushed_authorization_requests", json!(true)),
        ("id_token_signed_response_alg", json!("ES256")),
        ("authorization_signed_response_alg", json!("ES256")),
        ("introspection_signed_response_alg", json!("ES256")),
    ] {
        assert_eq!(told[field], value, "{field}");
    }
    let metadata = operators(json!({})).unwrap();
    assert!(metadata.binds_tokens());
    let stored = serde_json::to_value(&metadata).unwrap();
    assert_eq!(serde_json::from_value::<ClientMetadata>(stored).unwrap(), metadata);
    assert!(!told.contains_key("require_signed_request_object"));
    let signing = operators(json!({ "fapi_profile": "fapi2_message_signing" })).unwrap();
    assert!(signing.require_signed_request_object && signing.signs_messages());
    let by_certificate = operators(json!({ "tls_client_auth_subject_dn": "CN=app" })).unwrap();
    assert_eq!(by_certificate.token_endpoint_auth_method, AuthMethod::TlsClientAuth);
    assert!(by_certificate.tls_client_certificate_bound_access_tokens);
}

#[test]
fn what_contradicts_the_profile_is_refused_with_what_came_and_what_is_expected() {
    for (field, came, expected, more) in [
        (
            "token_endpoint_auth_method",
            "client_secret_basic",
            "private_key_jwt",
            json!("client_secret_basic"),
        ),
        ("token_endpoint_auth_method", "none", "private_key_jwt", json!("none")),
        (
            "token_endpoint_auth_method",
            "client_secret_jwt",
            "private_key_jwt",
            json!("client_secret_jwt"),
        ),
        ("token_endpoint_auth_signing_alg", "RS256", "ES256", json!("RS256")),
        ("id_token_signed_response_alg", "RS256", "ES256", json!("RS256")),
        ("id_token_signed_response_alg", "none", "ES256", json!("none")),
        ("userinfo_signed_response_alg", "RS256", "ES256", json!("RS256")),
        ("authorization_signed_response_alg", "RS256", "ES256", json!("RS256")),
        ("introspection_signed_response_alg", "RS256", "ES256", json!("RS256")),
        ("request_object_signing_alg", "none", "ES256", json!("none")),
        ("require_pushed_authorization_requests", "false", "true", json!(false)),
        (
            "tls_client_certificate_bound_access_tokens",
            "false",
            "true",
            json!(false),
        ),
    ] {
        let refused = operators(json!({ field: more })).unwrap_err();
        let told = &refused.description;
        assert!(
            told.contains(&format!("{field} is {came}, expected")) && told.contains(expected),
            "{field}: {told}"
        );
        assert!(told.contains("fapi2"), "{told}");
    }
    let front =
        json!({ "grant_types": ["authorization_code", "implicit"], "response_types": ["code", "code id_token"] });
    let refused = registered(RegisteredBy::Operator, &[("FRONT_CHANNEL_TOKENS", "on")], front).unwrap_err();
    assert!(
        refused
            .description
            .contains("response_types is [code,code id_token], expected code alone")
    );
    for uri in ["http://192.168.2.50/cb", "http://nas.local/cb"] {
        let private = [("INSECURE_HTTP_REDIRECTS", "private")];
        let refused = registered(RegisteredBy::Operator, &private, json!({ "redirect_uris": [uri] })).unwrap_err();
        let told = format!("redirect_uris is [{uri}], expected https");
        assert!(refused.description.contains(&told), "{}", refused.description);
        assert_eq!(refused.code, ErrorCode::InvalidRedirectUri);
    }
    let unsigned = json!({ "fapi_profile": "fapi2_message_signing", "require_signed_request_object": false });
    let refused = operators(unsigned).unwrap_err();
    assert!(
        refused
            .description
            .contains("require_signed_request_object is false, expected true")
    );
}

#[test]
fn all_contradictions_are_told_at_once() {
    let refused = operators(json!({ "token_endpoint_auth_method": "none", "id_token_signed_response_alg": "RS256" }));
    let told = refused.unwrap_err().description;
    assert!(
        told.contains("token_endpoint_auth_method is") && told.contains("id_token_signed_response_alg is"),
        "{told}"
    );
}

#[test]
fn of_what_a_client_can_choose_from_the_profile_takes_what_it_allows() {
    let algs = json!({ "id_token_signing_alg_values_supported": ["RS256", "PS256"] });
    let chosen = operators(algs).unwrap().id_token_signed_response_alg;
    assert_eq!(chosen, IdTokenAlg::Signed(SigningAlg::PS256));
    let methods = json!({ "token_endpoint_auth_methods_supported": ["client_secret_basic", "private_key_jwt"] });
    let chosen = operators(methods).unwrap().token_endpoint_auth_method;
    assert_eq!(chosen, AuthMethod::PrivateKeyJwt);
}

#[test]
fn native_apps_may_have_http_on_loopback() {
    let native = json!({ "application_type": "native", "redirect_uris": ["http://127.0.0.1/cb"] });
    assert!(operators(native).is_ok());
}

#[test]
fn the_profile_is_the_operators_to_set() {
    let by_itself = registered(RegisteredBy::Anybody, &[], json!({})).unwrap();
    assert_eq!(by_itself.fapi_profile, None);
    let config = config(&[]);
    let before = Before {
        client_id: "c",
        metadata: &operators(json!({})).unwrap(),
        registered_openly: false,
        askable: Scope::of_anybody(&config),
    };
    for wanted in [json!(null), json!("fapi2_message_signing")] {
        let changed =
            Terms::of(&config, RegisteredBy::Anybody, Some(&before)).take(members(json!({ "fapi_profile": wanted })));
        assert_eq!(changed.unwrap().fapi_profile, Some(FapiProfile::Fapi2));
    }
    let weaker = members(json!({ "fapi_profile": null, "token_endpoint_auth_method": "client_secret_basic" }));
    assert!(
        Terms::of(&config, RegisteredBy::Anybody, Some(&before))
            .take(weaker)
            .is_err()
    );
    let off = Terms::of(&config, RegisteredBy::Operator, Some(&before)).take(members(json!({ "fapi_profile": null })));
    assert_eq!(off.unwrap().fapi_profile, None);
    assert!(
        operators(json!({ "fapi_profile": "fapi3" }))
            .unwrap_err()
            .description
            .starts_with("fapi_profile is none")
    );
}

#[test]
fn every_client_of_a_deployment_with_a_profile_has_it() {
    let signing = [("PROFILE", "fapi2_message_signing")];
    for by in [RegisteredBy::Operator, RegisteredBy::Anybody] {
        let silent = registered(by, &signing, json!({ "fapi_profile": null })).unwrap();
        assert_eq!(silent.fapi_profile, Some(FapiProfile::Fapi2MessageSigning));
        assert!(registered(by, &signing, json!({ "token_endpoint_auth_method": "none" })).is_err());
    }
    let less = registered(RegisteredBy::Operator, &signing, json!({})).unwrap_err();
    assert!(less.description.starts_with("fapi_profile is less than the PROFILE"));
}

#[test]
fn a_client_that_was_registered_without_the_profile_of_the_deployment_is_refused() {
    let client = |profile: Value| Client {
        client_id: "c".to_owned(),
        version: 1,
        issued_at: UnixTime(0),
        metadata: serde_json::from_value(json!({ "fapi_profile": profile })).unwrap(),
        document_fresh_until: None,
    };
    let deployment = config(&[("PROFILE", "fapi2")]);
    let refused = client(json!(null)).check_profile(&deployment).unwrap_err();
    assert_eq!(refused.code, ErrorCode::UnauthorizedClient);
    for profile in ["fapi2", "fapi2_message_signing"] {
        assert!(client(json!(profile)).check_profile(&deployment).is_ok());
    }
    assert!(client(json!(null)).check_profile(&config(&[])).is_ok());
}
