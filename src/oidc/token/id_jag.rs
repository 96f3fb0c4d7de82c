//! Identity assertions for authorization servers elsewhere, as Limen issues them: ID-JAGs (draft-ietf-oauth-identity-assertion-authz-grant
//! section 4.3). An app that has an ID token gets one for an API of another domain, as far as the operator lets it.

use serde::Serialize;
use serde_json::Value;

use crate::{
    config::{Config, normal_form},
    oidc::{
        binding::Binding,
        client::{Client, id_jag_rule::IdJagRule},
        error::{ErrorCode, OAuthError},
        jose::audience::Audience,
        params::{Params, RESOURCE},
        scope::Scope,
    },
    time::{Lifetime, UnixTime},
};

/// Its type in an exchange.
pub const TOKEN_TYPE: &str = "urn:ietf:params:oauth:token-type:id-jag";

/// "The typ of the JWT indicated in the JWT header MUST be oauth-id-jag+jwt" (section 3.1).
pub const TYPE: &str = "oauth-id-jag+jwt";

/// "token_type: REQUIRED - N_A (because this is not an OAuth access token)".
pub const NOT_APPLICABLE: &str = "N_A";

/// How long one can be handed in.
pub const LIFETIME: Lifetime = Lifetime::minutes(5);

/// The most APIs that a request may name.
const MOST_RESOURCES: usize = 8;

/// What is wanted of whom.
pub struct IdJagRequest {
    audience: String,
    resources: Vec<String>,
    scope: Scope,
}

/// What a client may have of it.
pub struct Grantable<'a> {
    pub rule: &'a IdJagRule,
    pub resource: Option<Audience>,
    pub scope: Scope,
}

/// The claims of an ID-JAG (section 3.1).
#[derive(Serialize)]
pub struct IdJagClaims<'a> {
    pub iss: &'a str,
    /// The person, as the server elsewhere knows them.
    pub sub: String,
    /// "The issuer identifier of the Resource Authorization Server".
    pub aud: &'a str,
    /// "The client identifier of the OAuth 2.0 client at the Resource Authorization Server".
    pub client_id: &'a str,
    pub jti: String,
    pub exp: UnixTime,
    pub iat: UnixTime,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub resource: Option<Audience>,
    #[serde(skip_serializing_if = "Scope::is_empty")]
    pub scope: Scope,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub auth_time: Option<UnixTime>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub acr: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub amr: Option<&'a Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub email: Option<&'a str>,
    /// Only with an address, which is always confirmed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub email_verified: Option<bool>,
    /// "If the DPoP proof is valid, the IdP MUST include a cnf claim in the issued ID-JAG" (section 9.7.1).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cnf: Option<&'a Binding>,
}

impl IdJagRequest {
    /// Reads the request (section 4.3).
    ///
    /// # Errors
    /// `invalid_request`, `invalid_target`, `invalid_scope`.
    pub fn parse(params: &Params) -> Result<Self, OAuthError> {
        let resources: Vec<_> = params.all(RESOURCE).map(str::to_owned).collect();
        if resources.len() > MOST_RESOURCES {
            return Err(invalid_target("resource is given more than 8 times"));
        }
        Ok(Self {
            audience: params.required("audience")?.to_owned(),
            resources,
            scope: Scope::parse(params.single("scope")?.unwrap_or_default())?,
        })
    }

    /// What `client` may have of it: "The granted scopes MAY be a subset of the requested scopes based on policy". An API that is not its to
    /// name is refused, for an ID-JAG without it would be good for others; and where no scope is named, it is for those that the client may
    /// have, for without any the server there gives its own.
    ///
    /// # Errors
    /// `invalid_target` where the operator did not let it ask there, `invalid_scope` where none of the scopes is left.
    pub fn grantable<'a>(&self, client: &'a Client, config: &Config) -> Result<Grantable<'a>, OAuthError> {
        let mut rules = client.metadata.rules.id_jag.iter();
        // "the IdP MUST NOT issue access tokens in response to an ID-JAG it issued itself" (section 9.3).
        let is_here = |rule: &IdJagRule| rule.is_for(config.issuer.as_str());
        let rule = rules
            .find(|rule| rule.is_for(&self.audience) && !is_here(rule))
            .ok_or_else(|| {
                invalid_target("the operator does not let this client ask for an ID-JAG for that audience")
            })?;
        let scope = match self.scope.is_empty() {
            true => rule.scope.clone(),
            false => self.scope.intersection(&rule.scope),
        };
        if scope.is_empty() && !self.scope.is_empty() {
            return Err(OAuthError::new(
                ErrorCode::InvalidScope,
                "the client may have none of the scopes there",
            ));
        }
        let resources = match (self.resources.as_slice(), rule.resources.as_slice()) {
            ([], [] | [_]) => rule.resources.clone(),
            ([], _) => return Err(invalid_target("resource must name the API that the ID-JAG is for")),
            (named, allowed) => named.iter().map(|one| find(allowed, one)).collect::<Result<_, _>>()?,
        };
        Ok(Grantable {
            rule,
            resource: Audience::of(resources),
            scope,
        })
    }
}

/// The error for a person whom the client is not for by which the server elsewhere signs people in, and for such a client that is gone.
pub fn not_theirs() -> OAuthError {
    invalid_target("the person may not use what that audience is for")
}

/// The API of `allowed` that `named` is, as the operator wrote it.
fn find(allowed: &[String], named: &str) -> Result<String, OAuthError> {
    let normal = normal_form(named);
    let same = |one: &&String| *one == named || normal.is_some() && normal_form(one) == normal;
    let found = allowed.iter().find(same).cloned();
    found.ok_or_else(|| invalid_target("the operator does not let this client ask for that API there"))
}

fn invalid_target(description: &'static str) -> OAuthError {
    OAuthError::new(ErrorCode::InvalidTarget, description)
}
