//! Refresh tokens (RFC 6749 section 6, RFC 9700 section 4.14.2).
//!
//! A refresh token is no row but a MAC over its family and generation. To refresh turns the family to the next generation;
//! the token of the generation before is a retry for a short while, and after that a theft.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};

use crate::{
    config::Config,
    oidc::{
        authorization::Authorization,
        error::{ErrorCode, OAuthError},
        params::Params,
        resource_indicator::Targets,
        scope::Scope,
    },
    secret::{KekVersion, Purpose, RootKeys},
    time::UnixTime,
};

/// A refresh token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RefreshToken {
    /// The family that it refreshes.
    pub family_id: String,
    /// Its place in the line of the family, from 0.
    pub generation: i64,
}

/// A refresh request.
pub struct RefreshRequest {
    /// `refresh_token`, whose MAC holds.
    pub token: RefreshToken,
    /// `scope`, where the client wants less than it has.
    pub scope: Option<Scope>,
    /// `resource`: for which of the APIs that were granted, where not for all.
    pub resources: Targets,
}

impl RefreshToken {
    /// The token's text: `<root version>.<family>.<generation>.<mac>`.
    pub fn render(&self, roots: &RootKeys) -> String {
        let version = roots.current_version();
        let generation = self.generation.to_string();
        let mac = roots
            .current(Purpose::RefreshToken)
            .mac(&[self.family_id.as_bytes(), generation.as_bytes()]);
        format!(
            "{version}.{}.{generation}.{}",
            self.family_id,
            URL_SAFE_NO_PAD.encode(mac)
        )
    }

    /// Reads a token. `None` when it is not one of this deployment and epoch.
    pub fn parse(text: &str, roots: &RootKeys) -> Option<Self> {
        let parts: Vec<_> = text.split('.').collect();
        let [version, family_id, generation, mac] = parts.as_slice() else {
            return None;
        };
        let number: KekVersion = version
            .parse()
            .ok()
            .filter(|number: &KekVersion| number.to_string() == *version)?;
        let key = roots.derive(number, Purpose::RefreshToken)?;
        let mac = URL_SAFE_NO_PAD.decode(mac).ok()?;
        if !key.verify(&[family_id.as_bytes(), generation.as_bytes()], &mac) {
            return None;
        }
        Some(Self {
            family_id: (*family_id).to_owned(),
            generation: generation.parse().ok()?,
        })
    }

    fn next(&self) -> Self {
        Self {
            family_id: self.family_id.clone(),
            generation: self.generation + 1,
        }
    }
}

impl RefreshRequest {
    /// Reads the request.
    ///
    /// # Errors
    /// `invalid_request` without a token, `invalid_grant` for one that is not Limen's, `invalid_scope`, `invalid_target`.
    pub fn parse(params: &Params, config: &Config) -> Result<Self, OAuthError> {
        let text = params.required("refresh_token")?;
        let scope = params.single("scope")?.map(Scope::parse).transpose()?;
        Ok(Self {
            token: RefreshToken::parse(text, &config.roots).ok_or_else(invalid)?,
            scope,
            resources: Targets::parse(params, config)?,
        })
    }
}

/// A family as it stood before the request.
#[derive(Debug)]
pub struct StoredFamily {
    /// Whom it belongs to.
    pub client_id: String,
    /// What was authorized.
    pub authorization: Authorization,
    /// The generation whose token is valid.
    pub generation: i64,
    /// Since when.
    pub turned_at: UnixTime,
    /// Whether it is neither expired nor idle for too long, and its person not disabled.
    pub alive: bool,
}

/// What came of a refresh request.
#[derive(Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The client gets this token.
    Successor(RefreshToken),
    /// An older token was presented: "the authorization server will revoke the active refresh token".
    Reused,
}

impl StoredFamily {
    /// Whether the token is of this client: nobody else learns what was granted.
    ///
    /// # Errors
    /// `invalid_grant`.
    pub fn check_owner(&self, client_id: &str) -> Result<(), OAuthError> {
        if self.client_id == client_id {
            Ok(())
        } else {
            Err(invalid())
        }
    }

    /// Decides what `client_id` gets for `token`. `turned` tells whether the statement that turns the family did so.
    ///
    /// # Errors
    /// `invalid_grant`.
    pub fn outcome(
        &self,
        client_id: &str,
        token: &RefreshToken,
        turned: bool,
        grace_began: UnixTime,
    ) -> Result<Outcome, OAuthError> {
        self.check_owner(client_id)?;
        if !self.alive || !self.authorization.refreshable {
            return Err(invalid());
        }
        let behind = self.generation - token.generation;
        match behind {
            0 if turned => Ok(Outcome::Successor(token.next())),
            1 if self.turned_at >= grace_began => Ok(Outcome::Successor(token.next())),
            1.. => Ok(Outcome::Reused),
            _ => Err(invalid()),
        }
    }
}

/// The part of `authorized` that a refreshed access token gets: "The requested scope MUST NOT include any scope not
/// originally granted by the resource owner, and if omitted is treated as equal to the scope originally granted".
///
/// # Errors
/// `invalid_scope`.
pub fn narrowed(authorized: &Scope, requested: Option<&Scope>) -> Result<Scope, OAuthError> {
    match requested {
        None => Ok(authorized.clone()),
        Some(requested) if requested.is_subset(authorized) => Ok(requested.clone()),
        Some(_) => Err(OAuthError::new(
            ErrorCode::InvalidScope,
            "a scope goes beyond what was granted",
        )),
    }
}

/// The error for every refresh token that does not work, whatever the reason.
pub fn invalid() -> OAuthError {
    OAuthError::invalid_grant("the refresh token is not valid")
}

#[cfg(test)]
mod tests;
