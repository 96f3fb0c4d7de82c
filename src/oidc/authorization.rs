//! What a person authorized, as codes and token families carry it from the authorization endpoint to tokens.

use serde_json::{Map, Value};

use super::{
    authentication::{SignedInPerson, sid},
    authorization_details::AuthorizationDetails,
    authorize::AuthRequest,
    binding::Binding,
    claims_request::ClaimsRequest,
    client::Client,
    declared_api::DeclaredApi,
    error::OAuthError,
    jose::audience::Audience,
    proven::Proven,
    resource_indicator::Targets,
    scope::Scope,
    token::{
        access_token::AccessTokenClaims,
        id_token::{IdTokenClaims, half_hash},
    },
};
use crate::{config::Config, time::UnixTime};

/// A person's authorization of a client.
#[derive(Clone, Debug)]
pub struct Authorization {
    /// The row that every token of it lives and dies with.
    pub family_id: String,
    /// The person, as the client knows them.
    pub sub: String,
    /// The sign-on session in which it was given.
    pub session_id: String,
    /// What was authorized.
    pub scope: Scope,
    /// What was authorized beside it.
    pub claims: ClaimsRequest,
    /// The APIs that it is for.
    pub resources: Targets,
    /// Those of them that operators declared, as they are now.
    pub apis: Vec<DeclaredApi>,
    /// What was authorized in more words.
    pub details: AuthorizationDetails,
    /// `nonce` of the authorization request.
    pub nonce: Option<String>,
    /// What the person has shown.
    pub proven: Proven,
    /// Whether a refresh token comes of it.
    pub refreshable: bool,
}

/// What an ID token is issued with.
pub struct IssuedWith<'a> {
    /// `access_token`, bound by `at_hash`.
    pub access_token: Option<&'a str>,
    /// `code`, bound by `c_hash`.
    pub code: Option<&'a str>,
    /// What the client learns of the person by the ID token itself.
    pub claims: Map<String, Value>,
}

impl Authorization {
    /// What the person of `present` authorized by `request`, for tokens of the authorization endpoint.
    pub fn given(request: &AuthRequest, present: &SignedInPerson<'_>, family_id: String) -> Self {
        let authentication = present.authentication;
        Self {
            family_id,
            sub: present.sub.clone(),
            session_id: authentication.session_id.clone(),
            scope: request.scope.clone(),
            claims: request.claims.clone(),
            resources: request.resources.clone(),
            apis: Vec::new(),
            details: request.details.clone(),
            nonce: request.nonce.clone(),
            proven: authentication.proven.clone(),
            refreshable: false,
        }
    }

    /// The claims of an access token that is good for `within`, a part of what was authorized.
    pub fn access_token(&self, client: &Client, within: Reach, jti: String, mint: &Mint<'_>) -> AccessTokenClaims {
        AccessTokenClaims {
            sub: self.sub.clone(),
            auth_time: Some(self.proven.at),
            acr: Some(self.claims.acr_told_of(&self.proven, &mint.config.acr_names).to_owned()),
            family: Some(self.family_id.clone()),
            ..mint.access_token(client, within, jti)
        }
    }

    /// The claims of an ID token. `None` without the scope `openid`.
    pub fn id_token(&self, client: &Client, with: IssuedWith<'_>, mint: &Mint<'_>) -> Option<Value> {
        if !self.scope.contains("openid") {
            return None;
        }
        let alg = client.metadata.id_token_signed_response_alg.signed();
        let half_hash = |token| alg.map(|alg| half_hash(alg, token));
        let claims = IdTokenClaims {
            iss: mint.config.issuer.as_str(),
            sub: &self.sub,
            aud: &client.client_id,
            exp: mint.now + client.metadata.rules.lifetimes.of_id_token(&mint.config.lifetimes),
            iat: mint.now,
            auth_time: self.proven.at,
            nonce: self.nonce.as_deref(),
            acr: self.claims.acr_told_of(&self.proven, &mint.config.acr_names),
            amr: &self.proven.amr,
            sid: client.is_told_sid().then(|| sid(&self.session_id, &client.client_id)),
            at_hash: with.access_token.and_then(half_hash),
            c_hash: with.code.and_then(half_hash),
        };
        let Ok(Value::Object(claims)) = serde_json::to_value(claims) else {
            return None;
        };
        // What Limen says of itself comes last: no claim of the person's takes its place.
        Some(with.claims.into_iter().chain(claims).collect())
    }
}

impl Reach {
    /// The part of `authorization` that a token for `wanted` is good for, with what of `scope` belongs there.
    ///
    /// # Errors
    /// `invalid_target`.
    pub fn within(
        authorization: &Authorization,
        wanted: &Targets,
        scope: Scope,
        config: &Config,
    ) -> Result<Self, OAuthError> {
        let chosen = if wanted.is_empty() {
            &authorization.resources
        } else {
            wanted
        };
        let scope = match authorization.resources.foreign().is_empty() {
            // Who was asked before an API was named was told nothing of what operators declared there.
            true => scope.difference(&wanted.declared(config).scopes(config)),
            false => scope,
        };
        Ok(Self {
            aud: authorization.resources.audience(wanted, config)?,
            scope: chosen.scope_of_token(scope, config),
        })
    }
}

/// What an access token is good for.
pub struct Reach {
    /// The APIs.
    pub aud: Audience,
    /// What it may do there.
    pub scope: Scope,
}

/// Where and when tokens are made.
pub struct Mint<'a> {
    /// The issuer and its lifetimes.
    pub config: &'a Config,
    /// The time of issue.
    pub now: UnixTime,
    /// What the client has shown that its tokens are bound to.
    pub binding: Option<Binding>,
}

impl Mint<'_> {
    /// The claims of an access token of the client itself (RFC 9068 section 2.2: "sub" is then the client).
    pub fn access_token(&self, client: &Client, within: Reach, jti: String) -> AccessTokenClaims {
        let longest = client.metadata.rules.lifetimes.of_access_token(&self.config.lifetimes);
        let rules = self.config.resources.token_rules(within.aud.iter());
        AccessTokenClaims {
            iss: self.config.issuer.as_str().to_owned(),
            sub: client.client_id.clone(),
            aud: within.aud,
            client_id: client.client_id.clone(),
            exp: self.now + rules.lifetime.map_or(longest, |lifetime| lifetime.min(longest)),
            iat: self.now,
            jti,
            scope: within.scope,
            auth_time: None,
            acr: None,
            cnf: self.binding.clone(),
            family: None,
            family_client: None,
            told: Map::new(),
        }
    }
}
