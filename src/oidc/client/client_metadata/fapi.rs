//! What FAPI 2.0 demands of a client's registration (Security Profile sections 5.3 and 5.4, Message Signing section 5). What it
//! leaves out is filled in, what contradicts it is refused, so that whatever acts on the registration needs to ask no more.

use serde_json::{Map, Value, json};

use super::{
    ClientMetadata,
    refusal::refusal,
    values::{AuthMethod, ClientSigningAlg, DeliveryMode, GrantType, IdTokenAlg, ResponseType},
};
use crate::{
    config::FapiProfile,
    oidc::{
        client::redirect_uri::{ApplicationType, RedirectUri},
        error::OAuthError,
        jose::jwt::SigningAlg,
    },
};

/// [`ClientMetadata::fapi_profile`].
pub(in crate::oidc::client) const FAPI_PROFILE: &str = "fapi_profile";

/// "shall use mTLS ... or private_key_jwt".
pub(super) const METHODS: &[AuthMethod] = &[
    AuthMethod::TlsClientAuth,
    AuthMethod::SelfSignedTlsClientAuth,
    AuthMethod::PrivateKeyJwt,
];

/// "shall use PS256, ES256, or EdDSA (using the Ed25519 variant) algorithms", by Limen and by clients. The default stands first.
pub(super) const SIGNING_ALGS: &[SigningAlg] = &[SigningAlg::ES256, SigningAlg::PS256, SigningAlg::EdDSA];
pub(super) const ID_TOKEN_ALGS: &[IdTokenAlg] = &[
    IdTokenAlg::Signed(SigningAlg::ES256),
    IdTokenAlg::Signed(SigningAlg::PS256),
    IdTokenAlg::Signed(SigningAlg::EdDSA),
];
pub(super) const CLIENT_ALGS: &[ClientSigningAlg] = &[
    ClientSigningAlg::ES256,
    ClientSigningAlg::PS256,
    ClientSigningAlg::EdDSA,
];

/// "shall not support CIBA push mode" (FAPI-CIBA section 5.2.2).
pub(super) const DELIVERY_MODES: &[DeliveryMode] = &[DeliveryMode::Poll, DeliveryMode::Ping];

/// Members that name an algorithm, and the lists of which one may be chosen.
const ALG_MEMBERS: [(&str, &str); 3] = [
    ("id_token_signed_response_alg", "id_token_signing_alg_values_supported"),
    (
        "authorization_signed_response_alg",
        "authorization_signing_alg_values_supported",
    ),
    (
        "introspection_signed_response_alg",
        "introspection_signing_alg_values_supported",
    ),
];

const MTLS_BOUND: &str = "tls_client_certificate_bound_access_tokens";
const DPOP_BOUND: &str = "dpop_bound_access_tokens";

impl ClientMetadata {
    /// Whether it keeps to FAPI 2.0.
    pub fn is_fapi(&self) -> bool {
        self.fapi_profile.is_some()
    }

    /// Whether it keeps to FAPI 2.0 Message Signing, too: then every answer comes in a JWT.
    pub fn signs_messages(&self) -> bool {
        self.fapi_profile == Some(FapiProfile::Fapi2MessageSigning)
    }

    /// Whether its tokens are bound to a key of its own, by a certificate or by DPoP.
    pub fn binds_tokens(&self) -> bool {
        self.tls_client_certificate_bound_access_tokens || self.dpop_bound_access_tokens
    }

    /// Whether what is made for it may be signed by `alg`: "shall use PS256, ES256, or EdDSA" (section 5.4.1).
    pub fn may_be_signed_for_with(&self, alg: SigningAlg) -> bool {
        !self.is_fapi() || SIGNING_ALGS.contains(&alg)
    }

    /// Whether it may sign assertions, requests and DPoP proofs by `alg`.
    pub fn may_sign_with(&self, alg: ClientSigningAlg) -> bool {
        !self.is_fapi() || CLIENT_ALGS.contains(&alg)
    }
}

/// Fills in what `members`, a registration for `profile`, leave out, where there is `dpop` or not.
pub(in crate::oidc::client) fn fill(members: &mut Map<String, Value>, profile: FapiProfile, dpop: bool) {
    let method = match says(members, "tls_client_auth_subject_dn") {
        true => AuthMethod::TlsClientAuth,
        false => AuthMethod::PrivateKeyJwt,
    };
    let list = "token_endpoint_auth_methods_supported";
    put(members, ("token_endpoint_auth_method", list), json!(method));
    for names in ALG_MEMBERS {
        put(members, names, json!(SigningAlg::ES256));
    }
    put(members, ("require_pushed_authorization_requests", ""), json!(true));
    if profile == FapiProfile::Fapi2MessageSigning {
        put(members, ("require_signed_request_object", ""), json!(true));
    }
    // "shall require Backchannel Authentication Endpoint requests to be signed" (FAPI-CIBA section 5.2.2).
    let grants = members.get("grant_types").and_then(Value::as_array);
    if grants.is_some_and(|grants| grants.contains(&json!(GrantType::Ciba))) {
        let names = ("backchannel_authentication_request_signing_alg", "");
        put(members, names, json!(SigningAlg::ES256));
    }
    if !says(members, MTLS_BOUND) && !says(members, DPOP_BOUND) {
        // A client that shows certificates anyway binds its tokens to them.
        let method = members.get("token_endpoint_auth_method").and_then(Value::as_str);
        let bound = match dpop && !method.is_some_and(|method| method.contains("tls")) {
            true => DPOP_BOUND,
            false => MTLS_BOUND,
        };
        members.insert(bound.to_owned(), json!(true));
    }
}

/// Whether there is a value. Null and empty texts count as absent.
fn says(members: &Map<String, Value>, name: &str) -> bool {
    members.get(name).is_some_and(|value| !value.is_null() && *value != "")
}

/// Sets a member where neither it nor the list of what may be chosen is there.
fn put(members: &mut Map<String, Value>, (name, list): (&str, &str), value: Value) {
    if !says(members, name) && !says(members, list) {
        members.insert(name.to_owned(), value);
    }
}

/// Refuses what contradicts the client's profile, and says of all of it what came and what is expected.
pub(super) fn check(client: &ClientMetadata) -> Result<(), OAuthError> {
    let Some(profile) = client.fapi_profile else {
        return Ok(());
    };
    // "shall not allow redirect URIs that use the http scheme except for native clients that use loopback interface redirection".
    let native = client.application_type == ApplicationType::Native;
    let http = |uri: &RedirectUri| uri.as_str().starts_with("http://") && (!native || uri.is_private_http());
    let http = client.redirect_uris.iter().any(http);
    let algs = "PS256, ES256 or EdDSA";
    let asks = client.grant_types.contains(&GrantType::Ciba);
    let response_alg = |alg: Option<SigningAlg>| alg.is_some_and(|alg| SIGNING_ALGS.contains(&alg));
    #[rustfmt::skip]
    let demands = [
        ("grant_types", !client.grant_types.contains(&GrantType::Implicit), "no implicit"),
        ("grant_types", !client.grant_types.contains(&GrantType::DeviceCode), "no device_code"),
        ("response_types", client.response_types.iter().all(|one| *one == ResponseType::Code), "code alone"),
        ("token_endpoint_auth_method", METHODS.contains(&client.token_endpoint_auth_method),
            "private_key_jwt, tls_client_auth or self_signed_tls_client_auth"),
        ("token_endpoint_auth_signing_alg",
            client.token_endpoint_auth_signing_alg.is_none_or(|alg| CLIENT_ALGS.contains(&alg)), algs),
        ("request_object_signing_alg", client.request_object_signing_alg.is_none_or(|alg| CLIENT_ALGS.contains(&alg)), algs),
        ("backchannel_token_delivery_mode", client.backchannel_token_delivery_mode != Some(DeliveryMode::Push), "poll or ping"),
        ("backchannel_authentication_request_signing_alg",
            client.backchannel_authentication_request_signing_alg.map_or(!asks, |alg| CLIENT_ALGS.contains(&alg)), algs),
        ("id_token_signed_response_alg", ID_TOKEN_ALGS.contains(&client.id_token_signed_response_alg), algs),
        ("userinfo_signed_response_alg",
            client.userinfo_signed_response_alg.is_none() || response_alg(client.userinfo_signed_response_alg), algs),
        ("authorization_signed_response_alg", response_alg(client.authorization_signed_response_alg), algs),
        ("introspection_signed_response_alg", response_alg(client.introspection_signed_response_alg), algs),
        (MTLS_BOUND, client.binds_tokens(), "true, or dpop_bound_access_tokens true"),
        ("require_pushed_authorization_requests", client.require_pushed_authorization_requests, "true"),
        ("require_signed_request_object", client.require_signed_request_object || !client.signs_messages(), "true"),
        ("redirect_uris", !http, "https, or a native client for http on loopback"),
    ];
    let wire = client.to_json();
    let mut broken = demands.iter().filter(|(_, met, _)| !met).peekable();
    let Some((first, ..)) = broken.peek() else {
        return Ok(());
    };
    let first = *first;
    let told: Vec<_> = broken
        .map(|(field, _, expected)| {
            let came = match wire.get(*field) {
                Some(Value::String(text)) => text.clone(),
                Some(other) => other.to_string().replace('"', ""),
                None if field.ends_with("_alg") => "RS256".to_owned(),
                None => "false".to_owned(),
            };
            format!("{field} is {came}, expected {expected}")
        })
        .collect();
    Err(refusal(
        first,
        &format!("contradicts {}: {}", profile.as_str(), told.join("; ")),
    ))
}
