//! Refresh tokens (RFC 6749 section 6, RFC 9700 section 4.14.2).
//!
//! A refresh token is no row but a MAC over its family and generation. To refresh rotates the family to the next generation;
//! the token of the generation before is a retry for a short while, and after that a theft.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::{Deserialize, Serialize};

use crate::{
    config::{Config, Lifetimes},
    oidc::{
        authorization::{Authorization, Reach},
        authorization_details::{self, AuthorizationDetails},
        client::Client,
        error::{ErrorCode, OAuthError},
        params::Params,
        resource_indicator::{self, Targets},
        scope::Scope,
    },
    secret::{KekVersion, Purpose, RootKeys},
    time::{Lifetime, UnixTime},
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
    /// `authorization_details`: which of those that were granted, where not all.
    pub details: AuthorizationDetails,
}

/// How long a refresh token works from now on, in seconds (draft-ietf-oauth-refresh-token-expiration-03 section 6.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Remaining {
    /// Unused: "This value SHALL NOT exceed the value in authorization_expires_in".
    refresh_token_timeout: Lifetime,
    /// However often it is used.
    authorization_expires_in: Lifetime,
}

impl Remaining {
    /// That of a token which has not been used since `turned_at`, of a family that ends at `expires_at`.
    pub fn new(turned_at: UnixTime, expires_at: UnixTime, lifetimes: &Lifetimes, now: UnixTime) -> Self {
        let authorization_expires_in = expires_at.since(now);
        let unused = (turned_at + lifetimes.refresh_token_idle).since(now);
        Self {
            refresh_token_timeout: unused.min(authorization_expires_in),
            authorization_expires_in,
        }
    }
}

impl RefreshToken {
    /// The token's text: `<root version>.<payload>.<mac>`, where the payload is JSON in base64url. Some libraries decode every
    /// token as if it were a JWT, refresh tokens too (keycloak-js).
    pub fn render(&self, roots: &RootKeys) -> String {
        let version = roots.current_version();
        let payload = URL_SAFE_NO_PAD.encode(format!(
            "{{\"family\":\"{}\",\"generation\":{}}}",
            self.family_id, self.generation
        ));
        let mac = roots.current(Purpose::RefreshToken).mac(&[payload.as_bytes()]);
        format!("{version}.{payload}.{}", URL_SAFE_NO_PAD.encode(mac))
    }

    /// Reads a token. `None` when it is not one of this deployment and epoch.
    pub fn parse(text: &str, roots: &RootKeys) -> Option<Self> {
        let (version, rest) = text.split_once('.')?;
        let (payload, mac) = rest.rsplit_once('.')?;
        let number: KekVersion = version
            .parse()
            .ok()
            .filter(|number: &KekVersion| number.to_string() == version)?;
        let key = roots.derive(number, Purpose::RefreshToken)?;
        let mac = URL_SAFE_NO_PAD.decode(mac).ok()?;
        match payload.split_once('.') {
            None => key
                .verify(&[payload.as_bytes()], &mac)
                .then(|| Self::of_payload(payload))?,
            // As it was before: `<root version>.<family>.<generation>.<mac>`.
            Some((family_id, generation)) => key
                .verify(&[family_id.as_bytes(), generation.as_bytes()], &mac)
                .then(|| Self::of_parts(family_id, generation))?,
        }
    }

    fn of_payload(payload: &str) -> Option<Self> {
        let json = String::from_utf8(URL_SAFE_NO_PAD.decode(payload).ok()?).ok()?;
        let (family_id, generation) = json
            .strip_prefix("{\"family\":\"")?
            .strip_suffix('}')?
            .rsplit_once("\",\"generation\":")?;
        Self::of_parts(family_id, generation)
    }

    fn of_parts(family_id: &str, generation: &str) -> Option<Self> {
        Some(Self {
            family_id: family_id.to_owned(),
            generation: generation.parse().ok()?,
        })
    }

    /// The token of the generation after.
    pub fn successor(&self) -> Self {
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
            details: AuthorizationDetails::parse(params, &config.detail_types)?,
        })
    }

    /// Whether it asks for scopes of which nothing may be left, as `client` stands. What is about people is no API's, and stays.
    pub fn may_come_to_nothing(&self, client: &Client, config: &Config) -> bool {
        let stays = |asked| {
            client
                .still_permitted(asked, config)
                .intersection(&Scope::about_people(config))
        };
        self.asked().is_some_and(|asked| stays(asked).is_empty())
    }

    /// What `client` gets a token for, of what was authorized.
    ///
    /// # Errors
    /// `invalid_target`; `invalid_scope` for what was not granted, and where nothing is left of what is asked for: who asks for nothing
    /// gets what there is.
    pub fn reach(&self, authorization: &Authorization, client: &Client, config: &Config) -> Result<Reach, OAuthError> {
        let scope = narrowed(&authorization.scope, self.scope.as_ref())?;
        let scope = client.still_permitted(&scope, config);
        let reach = Reach::within(authorization, &self.resources, scope, config)?;
        match reach.scope.is_empty() && self.asked().is_some() {
            true => Err(resource_indicator::none_left()),
            false => Ok(reach),
        }
    }

    fn asked(&self) -> Option<&Scope> {
        self.scope.as_ref().filter(|asked| !asked.is_empty())
    }
}

/// How a family stands to a request: what the statement that rotates it finds, first things first. Unless it is `Current` or
/// `Reused`, the family stays as it was.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    /// It is another client's, or the token of a generation to come.
    Foreign,
    /// It is bound to a key that was not shown (RFC 9449 section 5).
    Binding,
    /// An older token was presented than a retry can bring: "the authorization server will revoke the active refresh token".
    Reused,
    /// It is over, or never had refresh tokens.
    Ended,
    /// A scope goes beyond what was granted.
    Scope,
    /// A token is wanted for an API that was not granted.
    Target,
    /// Details are wanted that were not granted.
    Details,
    /// None of the APIs that it is for is known any more.
    NoTarget,
    /// The operator says that the client is not for the person.
    Closed,
    /// The client or the signing key is another than was looked at before: to be tried again.
    NotReady,
    /// The client cannot read its ID token.
    Unreadable,
    /// The token is the one of the present generation.
    Current,
    /// The token is the one before, and comes as a retry: it gets the same successor.
    Retried,
}

impl Standing {
    /// What the client is told, where that is all there is to it.
    pub fn refusal(self) -> Option<OAuthError> {
        match self {
            Self::Foreign | Self::Reused | Self::Ended => Some(invalid()),
            Self::Binding => Some(OAuthError::invalid_grant(
                "the refresh token is bound to another key than that of the DPoP proof",
            )),
            Self::Closed => Some(OAuthError::invalid_grant("the person may not use this client")),
            Self::Scope => Some(beyond_grant()),
            Self::Target => Some(resource_indicator::not_granted()),
            Self::Details => Some(authorization_details::beyond_grant()),
            Self::NoTarget => Some(resource_indicator::not_known()),
            Self::NotReady | Self::Unreadable | Self::Current | Self::Retried => None,
        }
    }

    /// Whether the client gets the next refresh token.
    pub fn gives_successor(self) -> bool {
        matches!(self, Self::Current | Self::Retried)
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
        Some(_) => Err(beyond_grant()),
    }
}

fn beyond_grant() -> OAuthError {
    OAuthError::new(ErrorCode::InvalidScope, "a scope goes beyond what was granted")
}

/// The error for every refresh token that does not work, whatever the reason.
pub fn invalid() -> OAuthError {
    OAuthError::invalid_grant("the refresh token is not valid")
}

#[cfg(test)]
mod tests;
