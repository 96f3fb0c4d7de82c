//! Provider metadata (OIDC Discovery 1.0 section 3, RFC 8414 section 2). What it says is read from what Limen does: the
//! route table and [`Supported`].

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::{
    claims::{self, GROUPS},
    client::client_metadata::{ClientSigningAlg, ContentEncryption, KeyManagementAlg, Supported},
    dpop, protected_resource,
    proven::Strength,
    scope::Scope,
    token::{id_jag, jwt_bearer},
};
use crate::{
    config::{ClientIdDocuments, Config, FapiProfile, Registration},
    routes::Endpoint,
};

/// The document for both well-known paths.
pub fn document(config: &Config, supported: &Supported, ui_locales: &[&str]) -> Value {
    let url = |endpoint: Endpoint| config.issuer.url(endpoint.path());
    let confidential: Vec<_> = supported
        .auth_methods
        .iter()
        .filter(|method| method.is_confidential())
        .collect();
    let people = Scope::about_people(config);
    let is_told = |name: &&str| *name != GROUPS || people.contains(GROUPS);
    let scopes: Vec<_> = Scope::ABOUT_PEOPLE.into_iter().filter(is_told).collect();
    let own_scopes: BTreeSet<_> = config
        .attributes
        .iter()
        .filter_map(|(_, own)| own.scope.as_deref())
        .collect();
    let scopes: Vec<_> = scopes.into_iter().chain(own_scopes).collect();
    let own = config
        .attributes
        .iter()
        .filter(|(_, own)| own.scope.is_some())
        .map(|(name, _)| name);
    let mut claims: Vec<&str> = ["iss", "sub", "auth_time", "acr", "amr", "sid"]
        .into_iter()
        .chain(claims::names().filter(is_told))
        .collect();
    claims.extend(own);
    let own = Strength::ALL.iter().map(|strength| strength.acr());
    let acr_values: Vec<_> = own
        .chain(config.acr_names.all().map(|(name, _)| name))
        .filter(|acr| Strength::named(acr, &config.acr_names) <= Some(Strength::strongest(config)))
        .collect();
    let mut prompt_values = vec!["none", "login", "consent", "select_account"];
    if supported.sign_up {
        prompt_values.push("create");
    }
    let auth_algs = ClientSigningAlg::names(supported.auth_signing_algs);
    let modes: &[_] = &[
        "query",
        "fragment",
        "form_post",
        "jwt",
        "query.jwt",
        "fragment.jwt",
        "form_post.jwt",
    ];
    let signs_messages = config.profile == Some(FapiProfile::Fapi2MessageSigning);
    let mut document = json!({
        "issuer": config.issuer.as_str(),
        "authorization_endpoint": url(Endpoint::Authorize),
        "token_endpoint": url(Endpoint::Token),
        "userinfo_endpoint": url(Endpoint::Userinfo),
        "jwks_uri": url(Endpoint::Jwks),
        "introspection_endpoint": url(Endpoint::Introspect),
        "revocation_endpoint": url(Endpoint::Revoke),
        "pushed_authorization_request_endpoint": url(Endpoint::PushedAuthorizationRequest),
        "require_pushed_authorization_requests": config.profile.is_some(),
        "end_session_endpoint": url(Endpoint::Logout),
        "scopes_supported": scopes,
        "response_types_supported": supported.response_types,
        "response_modes_supported": if signs_messages { modes.split_at(3).1 } else { modes },
        "authorization_signing_alg_values_supported": supported.authorization_signing_algs,
        "grant_types_supported": supported.grant_types,
        "acr_values_supported": acr_values,
        "subject_types_supported": supported.subject_types,
        "id_token_signing_alg_values_supported": supported.id_token_signing_algs,
        "userinfo_signing_alg_values_supported": supported.userinfo_signing_algs,
        "token_endpoint_auth_methods_supported": supported.auth_methods,
        "token_endpoint_auth_signing_alg_values_supported": auth_algs,
        "introspection_endpoint_auth_methods_supported": confidential,
        "introspection_endpoint_auth_signing_alg_values_supported": auth_algs,
        "revocation_endpoint_auth_methods_supported": supported.auth_methods,
        "revocation_endpoint_auth_signing_alg_values_supported": auth_algs,
        "code_challenge_methods_supported": ["S256"],
        "prompt_values_supported": prompt_values,
        "display_values_supported": ["page"],
        "ui_locales_supported": ui_locales,
        "claim_types_supported": ["normal"],
        "claims_supported": claims,
        "claims_parameter_supported": true,
        "request_parameter_supported": true,
        "request_uri_parameter_supported": true,
        "require_request_uri_registration": true,
        "request_object_signing_alg_values_supported": ClientSigningAlg::names(supported.request_object_signing_algs),
        "authorization_response_iss_parameter_supported": true,
        "backchannel_logout_supported": true,
        "backchannel_logout_session_supported": true,
        "frontchannel_logout_supported": true,
        "frontchannel_logout_session_supported": true,
    });
    if config.session_management
        && let Some(members) = document.as_object_mut()
    {
        members.insert("check_session_iframe".to_owned(), url(Endpoint::CheckSession).into());
    }
    if let Some(members) = document.as_object_mut() {
        let documents = config.client_id_documents != ClientIdDocuments::Off;
        // A profile allows proofs the same as assertions.
        let algs = config.profile.map_or_else(dpop::algs, |_| auth_algs.clone());
        members.insert("dpop_signing_alg_values_supported".to_owned(), json!(algs));
        members.insert("client_id_metadata_document_supported".to_owned(), documents.into());
        members.insert(
            "identity_chaining_requested_token_types_supported".to_owned(),
            json!([id_jag::TOKEN_TYPE]),
        );
        if !config.detail_types.is_empty() {
            let names: Vec<_> = config.detail_types.names().collect();
            members.insert("authorization_details_types_supported".to_owned(), json!(names));
        }
        if !config.trusted_issuers.is_empty() {
            let profiles = json!([jwt_bearer::PROFILE]);
            members.insert("authorization_grant_profiles_supported".to_owned(), profiles);
        }
        if signs_messages {
            members.insert("require_signed_request_object".to_owned(), true.into());
        }
        members.insert(
            "introspection_signing_alg_values_supported".to_owned(),
            json!(supported.introspection_signing_algs),
        );
        members.insert(
            "protected_resources".to_owned(),
            protected_resource::listed(config).into(),
        );
    }
    if config.registration != Registration::Off
        && let Some(members) = document.as_object_mut()
    {
        members.insert("registration_endpoint".to_owned(), url(Endpoint::Register).into());
    }
    if config.device_authorization
        && let Some(members) = document.as_object_mut()
    {
        let endpoint = url(Endpoint::DeviceAuthorization);
        members.insert("device_authorization_endpoint".to_owned(), endpoint.into());
    }
    if config.backchannel_authentication
        && let Some(members) = document.as_object_mut()
    {
        let endpoint = url(Endpoint::BackchannelAuthentication);
        members.insert("backchannel_authentication_endpoint".to_owned(), endpoint.into());
        let modes = json!(supported.delivery_modes);
        members.insert("backchannel_token_delivery_modes_supported".to_owned(), modes);
        let algs = json!(ClientSigningAlg::names(supported.backchannel_request_algs));
        members.insert(
            "backchannel_authentication_request_signing_alg_values_supported".to_owned(),
            algs,
        );
        members.insert("backchannel_user_code_parameter_supported".to_owned(), false.into());
    }
    // "a JSON object containing alternative authorization server endpoints that ... an OAuth client intending to do mutual TLS
    // will use" (RFC 8705 section 5).
    if let Some(origin) = &config.mtls_origin
        && let Some(members) = document.as_object_mut()
    {
        members.insert("tls_client_certificate_bound_access_tokens".to_owned(), true.into());
        if *origin != config.issuer {
            let mut aliases = json!({
                    "token_endpoint": origin.url(Endpoint::Token.path()),
                    "pushed_authorization_request_endpoint": origin.url(Endpoint::PushedAuthorizationRequest.path()),
                    "introspection_endpoint": origin.url(Endpoint::Introspect.path()),
                    "revocation_endpoint": origin.url(Endpoint::Revoke.path()),
                    "userinfo_endpoint": origin.url(Endpoint::Userinfo.path()),
            });
            if config.device_authorization
                && let Some(aliases) = aliases.as_object_mut()
            {
                let endpoint = origin.url(Endpoint::DeviceAuthorization.path());
                aliases.insert("device_authorization_endpoint".to_owned(), endpoint.into());
            }
            if config.backchannel_authentication
                && let Some(aliases) = aliases.as_object_mut()
            {
                let endpoint = origin.url(Endpoint::BackchannelAuthentication.path());
                aliases.insert("backchannel_authentication_endpoint".to_owned(), endpoint.into());
            }
            members.insert("mtls_endpoint_aliases".to_owned(), aliases);
        }
    }
    let encrypted = [
        ("id_token", supported.id_token_encryption),
        ("userinfo", supported.userinfo_encryption),
        ("authorization", supported.authorization_encryption),
        ("introspection", supported.introspection_encryption),
        ("request_object", supported.request_object_encryption),
    ];
    if let Some(members) = document.as_object_mut() {
        for (what, _) in encrypted.iter().filter(|(_, supported)| *supported) {
            let mut insert =
                |kind, values| members.insert(format!("{what}_encryption_{kind}_values_supported"), values);
            insert("alg", json!(KeyManagementAlg::ALL));
            insert("enc", json!(ContentEncryption::ALL));
        }
    }
    document
}
