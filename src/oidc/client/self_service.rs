//! What a client may register and change without the operator (RFC 7591 section 3, RFC 7592 section 2.2): by open
//! registration, or by its registration access token. It gains nothing by it: "the authorization server MAY ... reject or
//! replace any of the client's requested metadata values".
//!
//! A client that anybody can register keeps within what anybody can register. One that the operator registered keeps what
//! the operator asked of it. For either it is settled who people are to it: else a client that has a refresh token could
//! read their `sub` in a sector that it was never part of.

use serde_json::Value;
use url::Url;

use super::{
    client_metadata::{AuthMethod, ClientMetadata, ClientSigningAlg, DeliveryMode, GrantType, IdTokenAlg, SubjectType},
    own_lifetimes::OwnLifetimes,
    redirect_uri::{ApplicationType, RedirectUri},
    sector_identifier::sector,
};
use crate::{
    config::SelfRegistered,
    oidc::{
        error::{ErrorCode, OAuthError},
        scope::Scope,
    },
};

/// The most bytes of metadata, as they are stored, that anybody may bring about.
const LONGEST: usize = 16 * 1_024;

/// Who registers or changes a client.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RegisteredBy {
    /// The operator, or a client of theirs.
    Operator,
    /// The client itself, or anybody where registration is open.
    Anybody,
}

/// A client that wants to change itself.
#[derive(Clone, Debug)]
pub struct Before<'a> {
    /// Its `client_id`.
    pub client_id: &'a str,
    /// As it is.
    pub metadata: &'a ClientMetadata,
    /// Whether anybody could have registered it so, and the operator has had no hand in it.
    pub registered_openly: bool,
    /// The scopes that anybody may ask people for.
    pub askable: Scope,
}

/// Whether a client may register itself so. Scopes and grants beyond what anybody gets were left out before
/// ([`super::terms::Terms`]).
///
/// # Errors
/// `invalid_client_metadata` or `invalid_redirect_uri`, naming the field.
pub fn check_registration(wanted: &ClientMetadata) -> Result<(), OAuthError> {
    check_size(wanted, None)?;
    check_private_http(wanted, None)?;
    check_names_of_responses(wanted, None)?;
    check_told_within_sector(wanted)
}

/// Whether a client may change itself so.
///
/// # Errors
/// `invalid_client_metadata`, naming the field.
pub fn check_change(wanted: &ClientMetadata, before: &Before<'_>) -> Result<(), OAuthError> {
    check_size(wanted, Some(before.metadata))?;
    if sector(before.client_id, before.metadata) != sector(before.client_id, wanted) {
        return Err(refusal(
            "subject_type",
            "and the sector, which sector_identifier_uri or else the host of redirect_uris names, only the operator can change",
        ));
    }
    check_private_http(wanted, Some(before.metadata))?;
    check_names_of_responses(wanted, Some(before.metadata))?;
    if before.registered_openly {
        check_open(wanted, before)
    } else {
        check_operators(wanted, before)
    }
}

/// A change by the client itself leaves as it was whether it may ask for every scope of an API, which one by the operator ends, and
/// whether its scopes of the admin API count.
pub fn keep_scopes_of_apis(wanted: &mut ClientMetadata, before: Option<&Before<'_>>) {
    if let Some(before) = before {
        wanted.any_api_scope = before.metadata.any_api_scope;
        wanted.may_administer = before.metadata.may_administer;
    }
}

/// How long an old refresh token is no theft, who may use an app, how it is told of groups and roles and which types of authorization details
/// it may ask for is not for a client to say: that stays as the operator left it.
pub fn keep_operators_choice(wanted: &mut ClientMetadata, before: Option<&Before<'_>>) {
    wanted.refresh_grace = before.and_then(|before| before.metadata.refresh_grace);
    wanted.rules = before.map(|before| before.metadata.rules.clone()).unwrap_or_default();
    let types = before.map(|before| before.metadata.authorization_details_types.clone());
    wanted.authorization_details_types = types.unwrap_or_default();
}

/// What the operator decides about every app that registers itself.
pub fn give_defaults(wanted: &mut ClientMetadata, given: &SelfRegistered) {
    let defaults = &given.defaults;
    wanted.rules.allowed_groups.clone_from(&defaults.allowed_groups);
    wanted.rules.lifetimes = OwnLifetimes {
        access_token: defaults.access_token_lifetime,
        id_token: defaults.id_token_lifetime,
        refresh_token: defaults.refresh_token_lifetime,
    };
    wanted.rules.disabled = given.approval;
    wanted.waits = given.approval;
}

/// What an operator looks at when they approve an app: what people are shown of it, where it leads them, and what it asks for.
const APPROVED: [&str; 11] = [
    "client_name",
    "client_uri",
    "logo_uri",
    "policy_uri",
    "tos_uri",
    "redirect_uris",
    "post_logout_redirect_uris",
    "initiate_login_uri",
    "frontchannel_logout_uri",
    "grant_types",
    "scope",
];

/// An app that was approved waits once more where it changes what an operator saw: else approval would be worth nothing.
pub fn await_approval_again(wanted: &mut ClientMetadata, before: &ClientMetadata) {
    let names = wanted.names_unlike(before);
    // A text in a language is called `client_name#de`.
    let is_approved = |name: &String| APPROVED.contains(&name.split('#').next().unwrap_or_default());
    if names.iter().any(is_approved) {
        wanted.waits = true;
        wanted.rules.disabled = true;
    }
}

/// Takes the home page from a client that it cannot be known to be of: pages show its host beside the name. That of every
/// redirect URI is the client's, and what the operator allowed while people return to no other host than then.
pub fn claim_only_its_own_home(wanted: &mut ClientMetadata, before: Option<&Before<'_>>) {
    let hosts: Vec<_> = wanted.redirect_uris.iter().map(https_host).collect();
    let is_own = |text: &str| {
        let host = Url::parse(text).ok().and_then(|url| url.host_str().map(str::to_owned));
        host.is_some() && !hosts.is_empty() && hosts.iter().all(|other| *other == host)
    };
    let operators = before.filter(|before| !before.registered_openly);
    let allowed = operators.filter(|before| {
        let known: Vec<_> = before.metadata.redirect_uris.iter().map(https_host).collect();
        hosts.iter().all(|host| known.contains(host))
    });
    let was_allowed = |text: &str| allowed.is_some_and(|before| before.metadata.client_uri.has(text));
    wanted.client_uri.retain(|text| is_own(text) || was_allowed(text));
}

/// Anybody gets what people and APIs can give, and the grants that a person takes part in; what else the operator gave, stays.
fn check_open(wanted: &ClientMetadata, before: &Before<'_>) -> Result<(), OAuthError> {
    let given = before.metadata.scope.clone().unwrap_or_default();
    if !scope_of(wanted).is_subset(&before.askable.union(&given)) {
        return Err(refusal("scope", "has one that only the operator can give"));
    }
    let given = |grant: &GrantType| !grant.is_operators_to_give() || before.metadata.grant_types.contains(grant);
    if !wanted.grant_types.iter().all(given) {
        return Err(refusal("grant_types", "has one that only the operator can give"));
    }
    check_told_within_sector(wanted)
}

/// What is stored of whoever need not ask has a limit, and grows no further where the operator registered more.
fn check_size(wanted: &ClientMetadata, before: Option<&ClientMetadata>) -> Result<(), OAuthError> {
    let size_of = |metadata: &ClientMetadata| Value::Object(metadata.to_json()).to_string().len();
    let size = size_of(wanted);
    if size > LONGEST && before.is_none_or(|before| size > size_of(before)) {
        return Err(refusal("the metadata", "is longer than 16384 bytes"));
    }
    Ok(())
}

/// Codes over http on a private network are the operator's to allow, for each address; that people may come to one after they
/// have signed out does not say that codes may.
fn check_private_http(wanted: &ClientMetadata, before: Option<&ClientMetadata>) -> Result<(), OAuthError> {
    let adds_one = |uris: fn(&ClientMetadata) -> &Vec<RedirectUri>| {
        let known = |uri| before.is_some_and(|before| uris(before).contains(uri));
        uris(wanted).iter().any(|uri| uri.is_private_http() && !known(uri))
    };
    if adds_one(|client| &client.redirect_uris) || adds_one(|client| &client.post_logout_redirect_uris) {
        return Err(OAuthError::new(
            ErrorCode::InvalidRedirectUri,
            "redirect_uris may use http on a private network only where the operator registers them",
        ));
    }
    Ok(())
}

/// "Request and response parameters MUST NOT be included more than once" (RFC 6749 section 3.1): of two the app might read the one of whoever
/// wrote the address.
fn check_names_of_responses(wanted: &ClientMetadata, before: Option<&ClientMetadata>) -> Result<(), OAuthError> {
    let known = |uri: &RedirectUri| before.is_some_and(|before| before.redirect_uris.contains(uri));
    let is_bad = |uri: &RedirectUri| uri.has_name_of_response() && !known(uri);
    match wanted.redirect_uris.iter().any(is_bad) {
        true => Err(OAuthError::new(
            ErrorCode::InvalidRedirectUri,
            "redirect_uris must not have code, state, iss, error or response in the query: the answer brings these",
        )),
        false => Ok(()),
    }
}

/// A logout token and an ID token that is pushed tell the `sub` of the client's sector, so they go to a host of that sector alone. A
/// client without such a host is a sector of its own.
fn check_told_within_sector(wanted: &ClientMetadata) -> Result<(), OAuthError> {
    let pushed = wanted.backchannel_token_delivery_mode == Some(DeliveryMode::Push);
    let endpoint = wanted.backchannel_client_notification_endpoint.as_deref();
    let told = [
        ("backchannel_logout_uri", wanted.backchannel_logout_uri.as_deref()),
        ("backchannel_client_notification_endpoint", endpoint.filter(|_| pushed)),
    ];
    let hosts: Vec<_> = wanted.redirect_uris.iter().filter_map(https_host).collect();
    if wanted.subject_type != SubjectType::Pairwise || hosts.is_empty() {
        return Ok(());
    }
    let is_outside = |uri: &str| {
        let url = Url::parse(uri).ok();
        let host = url.as_ref().and_then(Url::host_str);
        hosts.iter().all(|one| Some(one.as_str()) != host)
    };
    match told.iter().find(|(_, uri)| uri.is_some_and(is_outside)) {
        Some((field, _)) => Err(refusal(
            field,
            "of a client with pairwise subjects must have the host of a redirect URI",
        )),
        None => Ok(()),
    }
}

/// Where tokens are pushed to, up to the path, which is the client's own.
fn origin(endpoint: Option<&str>) -> Option<String> {
    let url = Url::parse(endpoint?).ok()?;
    Some(url.origin().ascii_serialization())
}

/// Every field of an operator's client is decided on here; a new one does not compile until it is.
fn check_operators(wanted: &ClientMetadata, before: &Before<'_>) -> Result<(), OAuthError> {
    let ClientMetadata {
        // Where an app lives, what it is called and how to reach it, is its own to say; so are its keys, which it must be able
        // to change at once, and what it merely likes to be told or asked with.
        redirect_uris: _,
        contacts: _,
        client_name: _,
        logo_uri: _,
        policy_uri: _,
        tos_uri: _,
        keys: _,
        software_id: _,
        software_version: _,
        request_object_encryption: _,
        request_uris: _,
        default_max_age: _,
        require_auth_time: _,
        default_acr_values: _,
        initiate_login_uri: _,
        post_logout_redirect_uris: _,
        backchannel_logout_uri: _,
        backchannel_logout_session_required: _,
        frontchannel_logout_uri: _,
        frontchannel_logout_session_required: _,
        // The same as from UserInfo.
        id_token_claims: _,
        // See keep_operators_choice.
        refresh_grace: _,
        rules: _,
        // See AppLook, and `registration::change`.
        look: _,
        came_openly: _,
        waits: _,
        authorization_details_types: _,
        // See Terms.
        fapi_profile: _,
        // See claim_only_its_own_home.
        client_uri: _,
        // See the sector, above.
        sector_identifier_uri: _,
        subject_type: _,

        response_types,
        grant_types,
        application_type,
        scope,
        // See keep_scopes_of_apis.
        any_api_scope: _,
        may_administer: _,
        // A secret is as good in the header as in the body.
        any_secret_method: _,
        token_endpoint_auth_method,
        token_endpoint_auth_signing_alg,
        tls_subject,
        tls_client_certificate_bound_access_tokens,
        dpop_bound_access_tokens,
        id_token_signed_response_alg,
        id_token_encryption,
        userinfo_signed_response_alg,
        userinfo_encryption,
        authorization_signed_response_alg,
        authorization_encryption,
        introspection_signed_response_alg,
        introspection_encryption,
        request_object_signing_alg,
        backchannel_authentication_request_signing_alg,
        // Tokens are sent there: whoever stole the registration access token must not say where.
        backchannel_token_delivery_mode,
        backchannel_client_notification_endpoint,
        require_signed_request_object,
        require_pushed_authorization_requests,
    } = before.metadata;
    #[rustfmt::skip]
    let kept = [
        ("scope", match (&wanted.scope, scope) {
            (_, None) => scope_of(wanted).is_subset(&before.askable.union(&Scope::of_people())),
            (Some(wanted), Some(scope)) => wanted.is_subset(scope),
            // Who registered none may also ask for those of any API.
            (None, Some(_)) => false,
        }),
        ("response_types", wanted.response_types.iter().all(|one| response_types.contains(one))),
        ("grant_types", wanted.grant_types.iter().all(|one| grant_types.contains(one))),
        // Native apps may have redirect URIs that other programs can claim.
        ("application_type",
            *application_type == ApplicationType::Native || wanted.application_type == ApplicationType::Web),
        ("token_endpoint_auth_method",
            strength(wanted.token_endpoint_auth_method) >= strength(*token_endpoint_auth_method)),
        ("token_endpoint_auth_signing_alg",
            rank(wanted.token_endpoint_auth_signing_alg) >= rank(*token_endpoint_auth_signing_alg)),
        ("tls_client_auth_subject_dn", tls_subject.is_none() || wanted.tls_subject == *tls_subject),
        ("tls_client_certificate_bound_access_tokens",
            wanted.tls_client_certificate_bound_access_tokens || !tls_client_certificate_bound_access_tokens),
        ("dpop_bound_access_tokens", wanted.dpop_bound_access_tokens || !dpop_bound_access_tokens),
        ("id_token_signed_response_alg",
            wanted.id_token_signed_response_alg != IdTokenAlg::InsecureNone
                || *id_token_signed_response_alg == IdTokenAlg::InsecureNone),
        ("id_token_encrypted_response_alg", wanted.id_token_encryption.is_some() || id_token_encryption.is_none()),
        ("userinfo_signed_response_alg",
            wanted.userinfo_signed_response_alg.is_some() || userinfo_signed_response_alg.is_none()),
        ("userinfo_encrypted_response_alg", wanted.userinfo_encryption.is_some() || userinfo_encryption.is_none()),
        ("authorization_signed_response_alg",
            wanted.authorization_signed_response_alg.is_some() || authorization_signed_response_alg.is_none()),
        ("authorization_encrypted_response_alg",
            wanted.authorization_encryption.is_some() || authorization_encryption.is_none()),
        ("introspection_signed_response_alg",
            wanted.introspection_signed_response_alg.is_some() || introspection_signed_response_alg.is_none()),
        ("introspection_encrypted_response_alg",
            wanted.introspection_encryption.is_some() || introspection_encryption.is_none()),
        ("request_object_signing_alg",
            rank(wanted.request_object_signing_alg) >= rank(*request_object_signing_alg)),
        ("backchannel_authentication_request_signing_alg",
            rank(wanted.backchannel_authentication_request_signing_alg)
                >= rank(*backchannel_authentication_request_signing_alg)),
        ("backchannel_token_delivery_mode", wanted.backchannel_token_delivery_mode == *backchannel_token_delivery_mode),
        ("backchannel_client_notification_endpoint",
            wanted.backchannel_client_notification_endpoint.is_none()
                || origin(wanted.backchannel_client_notification_endpoint.as_deref())
                    == origin(backchannel_client_notification_endpoint.as_deref())),
        ("require_signed_request_object", wanted.require_signed_request_object || !require_signed_request_object),
        ("require_pushed_authorization_requests",
            wanted.require_pushed_authorization_requests || !require_pushed_authorization_requests),
    ];
    match kept.iter().find(|(_, kept)| !kept) {
        Some((field, _)) => Err(refusal(
            field,
            "would be wider or weaker than the operator registered it, which only the operator can change",
        )),
        None => Ok(()),
    }
}

/// What a client may ask for.
fn scope_of(client: &ClientMetadata) -> Scope {
    client.scope.clone().unwrap_or_else(standard)
}

fn standard() -> Scope {
    Scope::STANDARD.into_iter().collect()
}

/// How well a method shows who the client is. A certificate whose name the operator chose stands above keys that the client
/// chooses.
fn strength(method: AuthMethod) -> u8 {
    match method {
        AuthMethod::None => 0,
        AuthMethod::ClientSecretBasic | AuthMethod::ClientSecretPost => 1,
        AuthMethod::ClientSecretJwt => 2,
        AuthMethod::PrivateKeyJwt | AuthMethod::SelfSignedTlsClientAuth => 3,
        AuthMethod::TlsClientAuth => 4,
    }
}

/// Without an algorithm any will do.
fn rank(alg: Option<ClientSigningAlg>) -> u8 {
    match alg {
        None | Some(ClientSigningAlg::InsecureNone) => 0,
        Some(ClientSigningAlg::HS256 | ClientSigningAlg::HS384 | ClientSigningAlg::HS512) => 1,
        Some(_) => 2,
    }
}

/// The host of an https redirect URI.
fn https_host(uri: &RedirectUri) -> Option<String> {
    let url = Url::parse(uri.as_str()).ok()?;
    url.host_str().filter(|_| url.scheme() == "https").map(str::to_owned)
}

fn refusal(field: &str, why: &str) -> OAuthError {
    OAuthError::new(ErrorCode::InvalidClientMetadata, format!("{field} {why}"))
}

#[cfg(test)]
mod tests;
