//! The token endpoint: what is asked, what is answered (RFC 6749 sections 4.1.3, 4.4.2, 5.1 and 6, OIDC Core section
//! 3.1.3).

pub mod access_token;
pub mod client_credentials;
pub mod code_grant;
pub mod exchange;
pub mod id_jag;
pub mod id_token;
pub mod id_token_hint;
pub mod introspection;
pub mod jwt_bearer;
pub mod logout_token;
pub mod refresh_grant;

use serde::Serialize;
use serde_json::Value;

use super::{
    binding::Binding,
    client::{Client, client_metadata::GrantType},
    error::{ErrorCode, OAuthError},
    params::Params,
    scope::Scope,
};
use crate::time::Lifetime;

use self::{access_token::AccessTokenClaims, refresh_grant::Remaining};

/// The grant that a token request uses.
///
/// # Errors
/// `invalid_request` for a parameter that is repeated or missing, `unsupported_grant_type`.
pub fn grant_type(params: &Params) -> Result<GrantType, OAuthError> {
    params.refuse_repeated()?;
    GrantType::parse(params.required("grant_type")?).ok_or_else(unsupported_grant_type)
}

/// The error for a grant that the token endpoint does not know.
pub fn unsupported_grant_type() -> OAuthError {
    OAuthError::new(ErrorCode::UnsupportedGrantType, "grant_type is not supported")
}

/// Whether `client` may make requests of a `grant_type`.
///
/// # Errors
/// `unauthorized_client`.
pub fn check_grant_type(client: &Client, grant_type: GrantType) -> Result<(), OAuthError> {
    if client.may_use(grant_type) {
        Ok(())
    } else {
        Err(OAuthError::new(
            ErrorCode::UnauthorizedClient,
            "the client is not registered for this grant_type",
        ))
    }
}

/// "Access Token Response" (RFC 6749 section 5.1).
#[derive(Debug, Serialize)]
pub struct TokenResponse {
    /// The access token.
    pub access_token: String,
    /// `Bearer` or `DPoP`; `N_A` for what is no access token.
    pub token_type: &'static str,
    /// What it is, where it came of an exchange: "REQUIRED" there (RFC 8693 section 2.2.1).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub issued_token_type: Option<&'static str>,
    /// Its lifetime in seconds.
    pub expires_in: Lifetime,
    /// To get the next one with.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub refresh_token: Option<String>,
    /// How long that works: "If finite, the authorization server MUST return these values whenever the token endpoint response contains
    /// the refresh_token field" (draft-ietf-oauth-refresh-token-expiration-03 section 6.1).
    #[serde(flatten)]
    pub remaining: Option<Remaining>,
    /// Who the person is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id_token: Option<String>,
    /// What the access token is good for: "OPTIONAL, if identical to the scope requested by the client; otherwise, REQUIRED". An empty text
    /// tells who may have asked for some that there are none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scope: Option<Scope>,
    /// What it is good for in more words: "the AS MUST also return the authorization_details" (RFC 9396 section 7).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub authorization_details: Option<Vec<Value>>,
}

impl TokenResponse {
    /// An access token of these `claims`, and nothing beside it.
    pub fn of_access_token(access_token: String, claims: &AccessTokenClaims) -> Self {
        Self {
            access_token,
            token_type: Binding::token_type(claims.cnf.as_ref()),
            issued_token_type: None,
            expires_in: claims.exp.since(claims.iat),
            refresh_token: None,
            remaining: None,
            id_token: None,
            scope: claims.scope.clone().if_any(),
            authorization_details: None,
        }
    }
}

#[cfg(test)]
mod kinds;
