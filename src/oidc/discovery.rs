//! Provider metadata (OIDC Discovery 1.0 section 3, RFC 8414 section 2). What it says is read from what Limen does: the
//! route table and [`Supported`].

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use super::{
    claims::{self, GROUPS},
    client::client_metadata::{ClientSigningAlg, ContentEncryption, KeyManagementAlg, Supported},
    dpop, protected_resource,
    proven::Strength,
    scope::Scope,
    token::{id_jag, jwt_bearer},
};
use crate::{
    config::{ClientIdDocuments, Config, FapiProfile, Issuer, Registration},
    routes::Endpoint,
};

/// The document for both well-known paths.
pub fn document(config: &Config, supported: &Supported, ui_locales: &[&str]) -> Value {
    let parts = [
        endpoints(config),
        about_people(config),
        authorization_requests(config, supported, ui_locales),
        client_authentication(supported),
        backchannel_authentication(config, supported),
        signed_messages(config, supported),
        encrypted_messages(supported),
        logout(),
        extensions(config),
    ];
    parts.into_iter().flatten().collect::<Map<_, _>>().into()
}

type Members = Vec<(String, Value)>;

/// Members of the document, of which those are left out that are null: they do not hold for this deployment.
fn members(stated: Vec<(&str, Value)>) -> Members {
    let stated = stated.into_iter().filter(|(_, value)| !value.is_null());
    stated.map(|(name, value)| (name.to_owned(), value)).collect()
}

/// Where to send what.
fn endpoints(config: &Config) -> Members {
    #[rustfmt::skip]
    let endpoints = [
        ("authorization_endpoint", Endpoint::Authorize, true),
        ("token_endpoint", Endpoint::Token, true),
        ("userinfo_endpoint", Endpoint::Userinfo, true),
        ("jwks_uri", Endpoint::Jwks, true),
        ("introspection_endpoint", Endpoint::Introspect, true),
        ("revocation_endpoint", Endpoint::Revoke, true),
        ("pushed_authorization_request_endpoint", Endpoint::PushedAuthorizationRequest, true),
        ("end_session_endpoint", Endpoint::Logout, true),
        ("check_session_iframe", Endpoint::CheckSession, config.session_management),
        ("registration_endpoint", Endpoint::Register, config.registration != Registration::Off),
        ("device_authorization_endpoint", Endpoint::DeviceAuthorization, config.device_authorization),
        ("backchannel_authentication_endpoint", Endpoint::BackchannelAuthentication, config.backchannel_authentication),
    ];
    let at =
        |origin: &Issuer, name: &str, endpoint: Endpoint| (name.to_owned(), Value::from(origin.url(endpoint.path())));
    let switched_on = || endpoints.iter().filter(|(_, _, is_on)| *is_on);
    let mut members: Members = switched_on()
        .map(|(name, endpoint, _)| at(&config.issuer, name, *endpoint))
        .collect();
    members.push(("issuer".to_owned(), config.issuer.as_str().into()));
    // "a JSON object containing alternative authorization server endpoints that ... an OAuth client intending to do mutual TLS
    // will use" (RFC 8705 section 5).
    if let Some(origin) = config.mtls_origin.as_ref().filter(|origin| **origin != config.issuer) {
        let aliases: Map<_, _> = switched_on()
            .filter(|(_, endpoint, _)| TAKES_CERTIFICATES.contains(endpoint))
            .map(|(name, endpoint, _)| at(origin, name, *endpoint))
            .collect();
        members.push(("mtls_endpoint_aliases".to_owned(), aliases.into()));
    }
    members
}

/// Where a client may show its certificate.
const TAKES_CERTIFICATES: [Endpoint; 7] = [
    Endpoint::Token,
    Endpoint::PushedAuthorizationRequest,
    Endpoint::Introspect,
    Endpoint::Revoke,
    Endpoint::Userinfo,
    Endpoint::DeviceAuthorization,
    Endpoint::BackchannelAuthentication,
];

/// What apps can come to know about people, and by which scopes.
fn about_people(config: &Config) -> Members {
    let people = Scope::about_people(config);
    let is_told = |name: &&str| *name != GROUPS || people.contains(GROUPS);
    let own = config.attributes.iter().filter(|(_, own)| own.scope.is_some());
    let own_scopes: BTreeSet<_> = config.attributes.scopes().collect();
    let scopes: Vec<_> = Scope::ABOUT_PEOPLE
        .into_iter()
        .filter(is_told)
        .chain(own_scopes)
        .collect();
    let mut claims: Vec<&str> = ["iss", "sub", "auth_time", "acr", "amr", "sid"]
        .into_iter()
        .chain(claims::names().filter(is_told))
        .collect();
    claims.extend(own.map(|(name, _)| name));
    members(vec![
        ("scopes_supported", json!(scopes)),
        ("claim_types_supported", json!(["normal"])),
        ("claims_supported", json!(claims)),
        ("claims_parameter_supported", true.into()),
    ])
}

/// What an authorization request may ask for, and how.
fn authorization_requests(config: &Config, supported: &Supported, ui_locales: &[&str]) -> Members {
    let named = config.acr_names.all().map(|(name, _)| name);
    let acr_values: Vec<_> = Strength::ALL
        .iter()
        .map(|strength| strength.acr())
        .chain(named)
        .filter(|acr| Strength::named(acr, &config.acr_names) <= Some(Strength::strongest(config)))
        .collect();
    let mut prompt_values = vec!["none", "login", "consent", "select_account"];
    if supported.sign_up {
        prompt_values.push("create");
    }
    let signed_modes = ["jwt", "query.jwt", "fragment.jwt", "form_post.jwt"];
    let plain_modes: &[_] = match signs_messages(config) {
        true => &[],
        false => &["query", "fragment", "form_post"],
    };
    let modes: Vec<_> = plain_modes.iter().chain(&signed_modes).collect();
    let detail_types: Vec<_> = config.detail_types.names().collect();
    members(vec![
        ("response_types_supported", json!(supported.response_types)),
        ("response_modes_supported", json!(modes)),
        ("grant_types_supported", json!(supported.grant_types)),
        ("acr_values_supported", json!(acr_values)),
        ("subject_types_supported", json!(supported.subject_types)),
        ("code_challenge_methods_supported", json!(["S256"])),
        ("prompt_values_supported", json!(prompt_values)),
        ("display_values_supported", json!(["page"])),
        ("ui_locales_supported", json!(ui_locales)),
        ("require_pushed_authorization_requests", config.profile.is_some().into()),
        ("request_parameter_supported", true.into()),
        ("request_uri_parameter_supported", true.into()),
        ("require_request_uri_registration", true.into()),
        (
            "require_signed_request_object",
            signs_messages(config).then_some(true).into(),
        ),
        ("authorization_response_iss_parameter_supported", true.into()),
        (
            "authorization_details_types_supported",
            (!detail_types.is_empty()).then(|| json!(detail_types)).into(),
        ),
    ])
}

/// How clients show who they are.
fn client_authentication(supported: &Supported) -> Members {
    let methods = json!(supported.auth_methods);
    let confidential: Vec<_> = supported
        .auth_methods
        .iter()
        .filter(|method| method.is_confidential())
        .collect();
    let algs = json!(ClientSigningAlg::names(supported.auth_signing_algs));
    members(vec![
        ("token_endpoint_auth_methods_supported", methods.clone()),
        ("token_endpoint_auth_signing_alg_values_supported", algs.clone()),
        ("revocation_endpoint_auth_methods_supported", methods),
        ("revocation_endpoint_auth_signing_alg_values_supported", algs.clone()),
        ("introspection_endpoint_auth_methods_supported", json!(confidential)),
        ("introspection_endpoint_auth_signing_alg_values_supported", algs),
    ])
}

/// CIBA Core 1.0 section 4.
fn backchannel_authentication(config: &Config, supported: &Supported) -> Members {
    if !config.backchannel_authentication {
        return Vec::new();
    }
    members(vec![
        (
            "backchannel_token_delivery_modes_supported",
            json!(supported.delivery_modes),
        ),
        (
            "backchannel_authentication_request_signing_alg_values_supported",
            json!(ClientSigningAlg::names(supported.backchannel_request_algs)),
        ),
        ("backchannel_user_code_parameter_supported", false.into()),
    ])
}

/// What is signed, and by which algorithms.
fn signed_messages(config: &Config, supported: &Supported) -> Members {
    // A profile allows proofs the same as assertions.
    let proofs = match config.profile {
        Some(_) => ClientSigningAlg::names(supported.auth_signing_algs),
        None => dpop::algs(),
    };
    members(vec![
        (
            "id_token_signing_alg_values_supported",
            json!(supported.id_token_signing_algs),
        ),
        (
            "userinfo_signing_alg_values_supported",
            json!(supported.userinfo_signing_algs),
        ),
        (
            "authorization_signing_alg_values_supported",
            json!(supported.authorization_signing_algs),
        ),
        (
            "introspection_signing_alg_values_supported",
            json!(supported.introspection_signing_algs),
        ),
        (
            "request_object_signing_alg_values_supported",
            json!(ClientSigningAlg::names(supported.request_object_signing_algs)),
        ),
        ("dpop_signing_alg_values_supported", json!(proofs)),
    ])
}

/// What can be encrypted, and how.
fn encrypted_messages(supported: &Supported) -> Members {
    let messages = [
        ("id_token", supported.id_token_encryption),
        ("userinfo", supported.userinfo_encryption),
        ("authorization", supported.authorization_encryption),
        ("introspection", supported.introspection_encryption),
        ("request_object", supported.request_object_encryption),
    ];
    let encrypted = messages.into_iter().filter(|(_, is_supported)| *is_supported);
    let values = encrypted.flat_map(|(what, _)| {
        let member = |kind, values| (format!("{what}_encryption_{kind}_values_supported"), values);
        [
            member("alg", json!(KeyManagementAlg::ALL)),
            member("enc", json!(ContentEncryption::ALL)),
        ]
    });
    values.collect()
}

/// How apps are told of sign-outs.
fn logout() -> Members {
    members(vec![
        ("backchannel_logout_supported", true.into()),
        ("backchannel_logout_session_supported", true.into()),
        ("frontchannel_logout_supported", true.into()),
        ("frontchannel_logout_session_supported", true.into()),
    ])
}

/// What extensions of OAuth this deployment takes.
fn extensions(config: &Config) -> Members {
    let documents = config.client_id_documents != ClientIdDocuments::Off;
    let profiles = (!config.trusted_issuers.is_empty()).then(|| json!([jwt_bearer::PROFILE]));
    members(vec![
        ("client_id_metadata_document_supported", documents.into()),
        (
            "identity_chaining_requested_token_types_supported",
            json!([id_jag::TOKEN_TYPE]),
        ),
        ("authorization_grant_profiles_supported", profiles.into()),
        ("protected_resources", protected_resource::listed(config).into()),
        (
            "tls_client_certificate_bound_access_tokens",
            config.mtls_origin.as_ref().map(|_| true).into(),
        ),
    ])
}

fn signs_messages(config: &Config) -> bool {
    config.profile == Some(FapiProfile::Fapi2MessageSigning)
}
