//! What the fields of client metadata demand of each other (OIDC Registration section 2, RFC 7591 section 2.1).

use url::{Host, Url};

use super::{
    ClientMetadata,
    keys::{self, ClientKeys},
    refusal::refusal,
    values::{AuthMethod, ClientSigningAlg, DeliveryMode, GrantType, IdTokenAlg, ResponseType, SubjectType},
};
use crate::config::LONGEST_REFRESH_GRACE;
use crate::oidc::{
    client::redirect_uri::{ApplicationType, RedirectUri},
    error::OAuthError,
};

/// Refuses metadata that contradicts itself, naming the field to change.
pub(super) fn check(client: &ClientMetadata) -> Result<(), OAuthError> {
    let grant = |grant| client.grant_types.contains(&grant);
    let redirected = client.grant_types.iter().any(|grant| grant.begins_with_redirect());
    let code = client.response_types.iter().any(|response| response.has_code());
    let front_channel = client
        .response_types
        .iter()
        .any(|response| *response != ResponseType::Code);
    let method = client.token_endpoint_auth_method;
    let method_alg = client.token_endpoint_auth_signing_alg;
    let mode = client.backchannel_token_delivery_mode;
    let request_alg = client.request_object_signing_alg;

    // Whether each rule is broken, the field to change, and how.
    let rules = [
        // "clients using flows with redirection MUST register their redirection URI values" (RFC 7591 section 2).
        (
            redirected && client.redirect_uris.is_empty(),
            "redirect_uris",
            "is required for the authorization_code and implicit grants",
        ),
        // The tables of OIDC Registration section 2 and RFC 7591 section 2.1.
        (
            code != grant(GrantType::AuthorizationCode),
            "response_types",
            "must include code exactly when grant_types includes authorization_code",
        ),
        (
            front_channel != grant(GrantType::Implicit),
            "response_types",
            "must include id_token or token exactly when grant_types includes implicit",
        ),
        // "none MUST NOT be used unless the Response Type used returns no ID Token from the Authorization Endpoint" (OIDC
        // Core section 2).
        (
            client.id_token_signed_response_alg == IdTokenAlg::InsecureNone
                && client.response_types.iter().any(|response| response.has_id_token()),
            "id_token_signed_response_alg",
            "must not be none with a response type that has an ID token",
        ),
        // "they MUST NOT use localhost as the hostname" (OIDC Registration section 2, application_type).
        (
            grant(GrantType::Implicit)
                && client.application_type == ApplicationType::Web
                && client.redirect_uris.iter().any(is_localhost),
            "redirect_uris",
            "must not use localhost for a web client with the implicit grant",
        ),
        // Nothing but a secret keeps who reads a code on the way from redeeming it.
        (
            !method.is_confidential() && client.redirect_uris.iter().any(RedirectUri::is_private_http),
            "redirect_uris",
            "may use http on a private network for confidential clients only",
        ),
        // "the Client MUST be authenticated" (CIBA section 7.1).
        (
            grant(GrantType::Ciba) && !method.is_confidential(),
            "token_endpoint_auth_method",
            "must not be none for the CIBA grant",
        ),
        // "backchannel_token_delivery_mode: REQUIRED" (CIBA section 4).
        (
            grant(GrantType::Ciba) && client.backchannel_token_delivery_mode.is_none(),
            "backchannel_token_delivery_mode",
            "is required for the CIBA grant",
        ),
        // "REQUIRED if the token delivery mode is set to ping or push".
        (
            mode.is_some_and(DeliveryMode::notifies) && client.backchannel_client_notification_endpoint.is_none(),
            "backchannel_client_notification_endpoint",
            "is required for the modes ping and push",
        ),
        // Tokens that are pushed are bound to nothing: nobody shows a key or a certificate for them.
        (
            mode == Some(DeliveryMode::Push) && client.binds_tokens(),
            "backchannel_token_delivery_mode",
            "must not be push with tokens that are bound to a key or a certificate",
        ),
        // "the ID Token ... MUST ... at_hash ... urn:openid:params:jwt:claim:auth_req_id" (section 10.3.1): what is pushed is known by it.
        (
            mode == Some(DeliveryMode::Push) && client.id_token_signed_response_alg == IdTokenAlg::InsecureNone,
            "id_token_signed_response_alg",
            "must not be none in push mode",
        ),
        // "The client credentials grant type MUST only be used by confidential clients" (RFC 6749 section 4.4).
        (
            grant(GrantType::ClientCredentials) && !method.is_confidential(),
            "token_endpoint_auth_method",
            "must not be none for the client_credentials grant",
        ),
        // Who exchanges a token acts with it: "the authorization server ... should perform client authentication" (RFC 8693 section 5).
        (
            grant(GrantType::TokenExchange) && !method.is_confidential(),
            "token_endpoint_auth_method",
            "must not be none for the token exchange grant",
        ),
        // "This specification SHOULD only be supported for confidential clients" (ID-JAG section 9.1).
        (
            grant(GrantType::JwtBearer) && !method.is_confidential(),
            "token_endpoint_auth_method",
            "must not be none for the jwt-bearer grant",
        ),
        (
            method == AuthMethod::TlsClientAuth && client.tls_subject.is_none(),
            "token_endpoint_auth_method",
            "tls_client_auth needs one of the tls_client_auth fields",
        ),
        // "the client ... registers ... certificates, using the jwks" and x5c (RFC 8705 section 2.2.2).
        (
            method == AuthMethod::SelfSignedTlsClientAuth && has_no_certificate(client),
            "jwks",
            "must have a key with x5c or x5t#S256 for self_signed_tls_client_auth",
        ),
        // Nothing would bind the refresh tokens of a public client.
        (
            client.tls_client_certificate_bound_access_tokens && !method.is_confidential(),
            "tls_client_certificate_bound_access_tokens",
            "is for confidential clients",
        ),
        // "The value none MUST NOT be used."
        (
            method_alg == Some(ClientSigningAlg::InsecureNone)
                || method == AuthMethod::PrivateKeyJwt && method_alg.is_some_and(|alg| !alg.is_asymmetric())
                || method == AuthMethod::ClientSecretJwt && method_alg.is_some_and(|alg| !alg.is_hmac()),
            "token_endpoint_auth_signing_alg",
            "does not fit token_endpoint_auth_method",
        ),
        (
            client.keys.is_none()
                && (method.uses_keys()
                    || encrypts(client)
                    || request_alg.is_some_and(|alg| alg.is_asymmetric())
                    || client.backchannel_authentication_request_signing_alg.is_some()),
            "jwks",
            "or jwks_uri is required by the authentication method, encryption or request_object_signing_alg",
        ),
        (
            request_alg.is_some_and(|alg| alg.is_hmac()) && !method.uses_secret(),
            "request_object_signing_alg",
            "needs a client secret",
        ),
        // Request objects of such a client are rejected when their alg is none (RFC 9101 section 10.5).
        (
            client.require_signed_request_object && request_alg == Some(ClientSigningAlg::InsecureNone),
            "request_object_signing_alg",
            "must not be none with require_signed_request_object",
        ),
        (
            client.rules.lifetimes.are_too_short(),
            "access_token_lifetime",
            "and the other lifetimes must be at least 60 seconds",
        ),
        (
            client.refresh_grace.is_some_and(|grace| grace > LONGEST_REFRESH_GRACE),
            "refresh_grace",
            "must be at most 3600 seconds",
        ),
        // "If there are multiple hostnames in the registered redirect_uris, the Client MUST register a
        // sector_identifier_uri" (OIDC Core section 8.1).
        (
            client.subject_type == SubjectType::Pairwise
                && client.sector_identifier_uri.is_none()
                && hosts_differ(&client.redirect_uris),
            "sector_identifier_uri",
            "is required for pairwise subjects when redirect_uris have several hosts",
        ),
        // "The domain, port, and scheme of this URL MUST be the same as that of a registered Redirection URI value"
        // (OIDC Front-Channel Logout section 2).
        (
            client
                .frontchannel_logout_uri
                .as_ref()
                .is_some_and(|uri| !has_origin_of(&client.redirect_uris, uri)),
            "frontchannel_logout_uri",
            "must have the scheme, host and port of a redirect URI",
        ),
    ];
    match rules.iter().find(|(broken, ..)| *broken) {
        Some((_, field, why)) => Err(refusal(field, why)),
        None => Ok(()),
    }
}

/// Whether the client registered keys, none of which comes with a certificate. What a `jwks_uri` leads to is seen later.
fn has_no_certificate(client: &ClientMetadata) -> bool {
    match &client.keys {
        Some(ClientKeys::Registered(jwks)) => !jwks.keys.iter().any(|key| keys::certificate_digest(key).is_some()),
        _ => false,
    }
}

/// Whether something is to be encrypted to the client.
fn encrypts(client: &ClientMetadata) -> bool {
    let encrypted = [
        client.id_token_encryption,
        client.userinfo_encryption,
        client.authorization_encryption,
        client.introspection_encryption,
    ];
    encrypted.iter().any(Option::is_some)
}

fn is_localhost(uri: &RedirectUri) -> bool {
    Url::parse(uri.as_str()).is_ok_and(|url| url.host() == Some(Host::Domain("localhost")))
}

/// Whether `uris` lead to several hosts. Only https proves whose a host is: an app may claim `any-scheme://its.choice`.
fn hosts_differ(uris: &[RedirectUri]) -> bool {
    let host = |uri: &RedirectUri| {
        let url = Url::parse(uri.as_str()).ok()?;
        url.host_str().filter(|_| url.scheme() == "https").map(str::to_owned)
    };
    let mut hosts = uris.iter().map(host);
    let first = hosts.next();
    hosts.any(|host| Some(host) != first)
}

/// Whether `uri` has the origin of one of `uris`. Private-use schemes have none.
fn has_origin_of(uris: &[RedirectUri], uri: &str) -> bool {
    let origin = |uri: &str| Url::parse(uri).map(|url| url.origin()).ok();
    uris.iter().any(|other| origin(other.as_str()) == origin(uri))
}
