//! The token endpoint: what is asked, what is answered (RFC 6749 sections 4.1.3, 4.4.2, 5.1 and 6, OIDC Core section
//! 3.1.3).

pub mod access_token;
pub mod code_grant;
pub mod id_token;
pub mod id_token_hint;
pub mod introspection;
pub mod logout_token;
pub mod refresh_grant;

use serde::Serialize;

use self::{code_grant::CodeRequest, refresh_grant::RefreshRequest};
use super::{
    client::{Client, client_metadata::GrantType},
    error::{ErrorCode, OAuthError},
    params::Params,
    resource_indicator::Targets,
    scope::Scope,
};
use crate::{config::Config, time::Lifetime};

/// A token request, by its `grant_type`.
pub enum TokenRequest {
    /// `authorization_code`.
    Code(CodeRequest),
    /// `refresh_token`.
    Refresh(RefreshRequest),
    /// `client_credentials`.
    ClientCredentials {
        /// The scope that is asked for.
        scope: Scope,
        /// The APIs that are asked for.
        resources: Targets,
    },
}

impl TokenRequest {
    /// Reads the request.
    ///
    /// # Errors
    /// `unsupported_grant_type`, `invalid_request` for a missing parameter, `invalid_grant` for a code or token that this
    /// deployment cannot have issued, `invalid_scope`, `invalid_target`.
    pub fn parse(params: &Params, config: &Config) -> Result<Self, OAuthError> {
        params.refuse_repeated()?;
        match GrantType::parse(params.required("grant_type")?) {
            Some(GrantType::AuthorizationCode) => CodeRequest::parse(params, config).map(Self::Code),
            Some(GrantType::RefreshToken) => RefreshRequest::parse(params, config).map(Self::Refresh),
            Some(GrantType::ClientCredentials) => Ok(Self::ClientCredentials {
                scope: Scope::parse(params.single("scope")?.unwrap_or_default())?,
                resources: Targets::parse(params, config)?,
            }),
            _ => Err(OAuthError::new(
                ErrorCode::UnsupportedGrantType,
                "grant_type is not supported",
            )),
        }
    }
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

/// What a client gets for itself (RFC 6749 section 4.4): of the scopes that it registered, those that it asks for, or all.
///
/// # Errors
/// `invalid_scope` for a scope that it did not register, or one that only a person can give; `unauthorized_client` for a
/// client that cannot authenticate.
pub fn client_credentials_scope(client: &Client, requested: &Scope) -> Result<Scope, OAuthError> {
    if !client.is_confidential() {
        return Err(OAuthError::new(
            ErrorCode::UnauthorizedClient,
            "public clients have no client_credentials",
        ));
    }
    let of_people: Scope = Scope::STANDARD.into_iter().collect();
    let registered = client.metadata.scope.clone().unwrap_or_default().difference(&of_people);
    if requested.is_empty() {
        return Ok(registered);
    }
    if requested.is_subset(&registered) {
        Ok(requested.clone())
    } else {
        Err(OAuthError::new(
            ErrorCode::InvalidScope,
            "the client is not registered for one of the scopes",
        ))
    }
}

/// "Access Token Response" (RFC 6749 section 5.1).
#[derive(Debug, Serialize)]
pub struct TokenResponse {
    /// The access token.
    pub access_token: String,
    /// Always `Bearer`.
    pub token_type: &'static str,
    /// Its lifetime in seconds.
    pub expires_in: Lifetime,
    /// To get the next one with.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub refresh_token: Option<String>,
    /// Who the person is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id_token: Option<String>,
    /// What the access token is good for.
    #[serde(skip_serializing_if = "Scope::is_empty")]
    pub scope: Scope,
}

#[cfg(test)]
mod kinds;
