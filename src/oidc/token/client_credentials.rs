//! Tokens that a client gets for itself (RFC 6749 section 4.4).

use crate::{
    config::Config,
    oidc::{
        client::Client,
        error::{ErrorCode, OAuthError},
        params::Params,
        resource_indicator::{self, Targets},
        scope::Scope,
    },
};

/// A request with `grant_type=client_credentials`.
pub struct ClientCredentialsRequest {
    /// `scope`; empty where the client wants all that it registered.
    pub scope: Scope,
    /// `resource`: the APIs that are asked for.
    pub resources: Targets,
}

impl ClientCredentialsRequest {
    /// Reads the request.
    ///
    /// # Errors
    /// `invalid_scope`, `invalid_target`.
    pub fn parse(params: &Params, config: &Config) -> Result<Self, OAuthError> {
        Ok(Self {
            scope: Scope::parse(params.single("scope")?.unwrap_or_default())?,
            resources: Targets::parse(params, config)?,
        })
    }

    /// What `client` gets: of the scopes that it registered, or that an API names it with, those that it asks for, or all; without what
    /// belongs to other APIs than those that the token is for.
    ///
    /// # Errors
    /// `invalid_scope` for a scope that it did not register, or one that only a person can give, and where all that it asks for belongs to
    /// other APIs; `unauthorized_client` for a client that cannot authenticate.
    pub fn scope_for(&self, client: &Client, config: &Config) -> Result<Scope, OAuthError> {
        if !client.is_confidential() {
            return Err(OAuthError::new(
                ErrorCode::UnauthorizedClient,
                "public clients have no client_credentials",
            ));
        }
        let registered = client
            .metadata
            .scope
            .clone()
            .unwrap_or_default()
            .difference(&Scope::about_people(config))
            .union(&self.resources.given_scopes(config));
        let registered = self.resources.without_withheld(&registered, config);
        if self.scope.is_empty() {
            return Ok(self.resources.scope_of_token(registered, config));
        }
        if !self.scope.is_subset(&registered) {
            return Err(OAuthError::new(
                ErrorCode::InvalidScope,
                "the client is not registered for one of the scopes",
            ));
        }
        match self.resources.scope_of_token(self.scope.clone(), config) {
            left if left.is_empty() => Err(resource_indicator::none_left()),
            left => Ok(left),
        }
    }
}
