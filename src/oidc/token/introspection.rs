//! Token introspection (RFC 7662), also in a JWT (RFC 9701).

use serde::Serialize;
use serde_json::{Map, Value, json};

use super::{access_token::AccessTokenClaims, refresh_grant::Remaining};
use crate::{
    config::{Config, Issuer},
    oidc::{binding::Binding, client::Client, error::OAuthError, jose::audience::Audience, scope::Scope},
    time::UnixTime,
};

/// `typ` of an answer in a JWT (RFC 9701 section 5).
pub const TYPE: &str = "token-introspection+jwt";

/// The media type that asks for such an answer, and that it has (RFC 9701 sections 4 and 5).
pub const MEDIA_TYPE: &str = "application/token-introspection+jwt";

/// The claims of an answer in a JWT (RFC 9701 section 5). It has no `sub` and no `exp` of its own, "to prevent misuse of the JWT as
/// an access token".
pub fn jwt_claims(told: &Introspection, aud: &str, issuer: &Issuer, now: UnixTime) -> Value {
    json!({ "iss": issuer.as_str(), "aud": aud, "iat": now, "token_introspection": told })
}

/// Whether a client that is no API may be told of a token: of one for an API that has credentials of its own to ask with, only the client whose
/// it is. "the protected resource is not allowed to introspect this particular token" (section 2.2). Others ask as clients: those of
/// `RESOURCES`, and whoever takes tokens for the issuer.
pub fn may_see(client: &Client, claims: &AccessTokenClaims, config: &Config) -> bool {
    let is_anybodys = |api: &str| api == config.issuer.as_str() || config.resources.find(api).is_some();
    claims.client_id == client.client_id || claims.aud.iter().all(is_anybodys)
}

/// "Introspection Response" (section 2.2).
#[derive(Debug, Default, Serialize)]
pub struct Introspection {
    active: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    scope: Option<Scope>,
    #[serde(skip_serializing_if = "Option::is_none")]
    client_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    username: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    token_type: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    exp: Option<UnixTime>,
    /// Of a refresh token (draft-ietf-oauth-refresh-token-expiration-03 section 7).
    #[serde(flatten)]
    remaining: Option<Remaining>,
    #[serde(skip_serializing_if = "Option::is_none")]
    iat: Option<UnixTime>,
    #[serde(skip_serializing_if = "Option::is_none")]
    sub: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    aud: Option<Audience>,
    #[serde(skip_serializing_if = "Option::is_none")]
    iss: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    jti: Option<String>,
    /// How strongly the person signed in (RFC 9470 section 6.2).
    #[serde(skip_serializing_if = "Option::is_none")]
    acr: Option<String>,
    /// When.
    #[serde(skip_serializing_if = "Option::is_none")]
    auth_time: Option<UnixTime>,
    /// For the resource server to check (RFC 8705 section 3.2, RFC 9449 section 6.2).
    #[serde(skip_serializing_if = "Option::is_none")]
    cnf: Option<Binding>,
    /// Groups and roles, where the token has them.
    #[serde(flatten)]
    told: Map<String, Value>,
}

/// Lets a client ask that may be the resource server a token was presented to: "the endpoint MUST also require some form of
/// authorization" (section 2.1).
///
/// # Errors
/// `invalid_client` for a public client, which anybody can claim to be; `unauthorized_client` for one that does not keep to the
/// deployment's profile.
pub fn check_caller(caller: &Client, config: &Config) -> Result<(), OAuthError> {
    caller.check_profile(config)?;
    if caller.is_confidential() {
        Ok(())
    } else {
        Err(OAuthError::invalid_client("public clients cannot introspect"))
    }
}

/// What the `members` of a token say beside its `claims`.
fn told(claims: &AccessTokenClaims, mut members: Map<String, Value>) -> Map<String, Value> {
    if let Ok(Value::Object(known)) = serde_json::to_value(claims) {
        members.retain(|name, _| !known.contains_key(name));
    }
    members
}

impl Introspection {
    /// "If the introspection call is properly authorized but the token is not active, does not exist on this server, or the
    /// protected resource is not allowed to introspect this particular token": nothing more is said.
    pub fn inactive() -> Self {
        Self::default()
    }

    /// A live access token, which has these `members`. The name that its person signs in with goes to those who may know their profile.
    pub fn of_access_token(claims: AccessTokenClaims, username: Option<&str>, members: Map<String, Value>) -> Self {
        let told = told(&claims, members);
        let username = username.filter(|_| claims.scope.contains("profile"));
        Self {
            active: true,
            scope: Some(claims.scope),
            client_id: Some(claims.client_id),
            username: username.map(str::to_owned),
            token_type: Some(Binding::token_type(claims.cnf.as_ref())),
            exp: Some(claims.exp),
            remaining: None,
            iat: Some(claims.iat),
            sub: Some(claims.sub),
            aud: Some(claims.aud),
            iss: Some(claims.iss),
            jti: Some(claims.jti),
            acr: claims.acr,
            auth_time: claims.auth_time,
            cnf: claims.cnf,
            told,
        }
    }

    /// A live refresh token, whose client alone may ask. It has no `token_type`: no resource takes it.
    pub fn of_refresh_token(
        client: &Client,
        sub: String,
        scope: Scope,
        issuer: &Issuer,
        (exp, remaining): (UnixTime, Remaining),
    ) -> Self {
        Self {
            active: true,
            scope: Some(scope),
            client_id: Some(client.client_id.clone()),
            exp: Some(exp),
            remaining: Some(remaining),
            sub: Some(sub),
            iss: Some(issuer.as_str().to_owned()),
            ..Self::default()
        }
    }
}
