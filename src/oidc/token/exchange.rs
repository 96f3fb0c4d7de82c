//! Token exchange (RFC 8693): an API that was sent an access token gets one for the next API, on behalf of the same person, as far as
//! the operator lets it.

use serde_json::{Map, Value, json};

use super::access_token::{self, AccessTokenClaims};
use crate::{
    config::{Config, normal_form},
    oidc::{
        authorization::Reach,
        client::{Client, exchange_rule::ExchangeRule},
        error::{ErrorCode, OAuthError},
        params::Params,
        resource_indicator::Targets,
        scope::Scope,
    },
};

/// "Indicates that the token is an OAuth 2.0 access token issued by the given authorization server" (section 3).
pub const ACCESS_TOKEN: &str = "urn:ietf:params:oauth:token-type:access_token";

/// "Indicates that the token is a JWT", which Limen's access tokens are.
const JWT: &str = "urn:ietf:params:oauth:token-type:jwt";

/// How often a token can be handed on: each time adds an actor.
const MOST_ACTORS: usize = 5;

/// A request with this grant.
pub struct ExchangeRequest {
    /// `subject_token`: the person, and what the client was sent or given.
    pub subject: SentToken,
    /// `actor_token`: who acts for them. Without it nobody is named beside the client.
    pub actor: Option<SentToken>,
    resources: Targets,
    scope: Scope,
}

/// An access token as it was sent, not to be believed yet.
pub struct SentToken {
    pub text: String,
    pub claims: AccessTokenClaims,
    /// All its members.
    members: Map<String, Value>,
}

impl SentToken {
    fn read(params: &Params, name: &str) -> Result<Self, OAuthError> {
        let type_name = format!("{name}_type");
        if ![ACCESS_TOKEN, JWT].contains(&params.required(&type_name)?) {
            return Err(OAuthError::invalid_request(format!(
                "{type_name} must be {ACCESS_TOKEN}"
            )));
        }
        let text = params.required(name)?;
        let (token, claims) = access_token::parse(text)
            .map_err(|_| OAuthError::invalid_request(format!("{name} is no access token of this server")))?;
        Ok(Self {
            members: token.claims_unverified().unwrap_or_default(),
            text: text.to_owned(),
            claims,
        })
    }
}

impl ExchangeRequest {
    /// Reads the request (section 2.1).
    ///
    /// # Errors
    /// `invalid_request` for tokens of another kind, `invalid_target`, `invalid_scope`.
    pub fn parse(params: &Params, config: &Config) -> Result<Self, OAuthError> {
        if let Some(wanted) = params.single("requested_token_type")?
            && ![ACCESS_TOKEN, JWT].contains(&wanted)
        {
            return Err(OAuthError::invalid_request(format!(
                "requested_token_type must be {ACCESS_TOKEN}"
            )));
        }
        let has_actor = params.single("actor_token")?.is_some();
        if !has_actor && params.single("actor_token_type")?.is_some() {
            return Err(OAuthError::invalid_request(
                "actor_token_type comes without an actor_token",
            ));
        }
        Ok(Self {
            subject: SentToken::read(params, "subject_token")?,
            actor: has_actor.then(|| SentToken::read(params, "actor_token")).transpose()?,
            resources: Targets::named(params, &["resource", "audience"], config)?,
            scope: Scope::parse(params.single("scope")?.unwrap_or_default())?,
        })
    }

    /// What `client` gets a token for.
    ///
    /// # Errors
    /// `invalid_request` for a token that the client may not exchange, `invalid_target`, `invalid_scope`.
    pub fn reach_for(&self, client: &Client, config: &Config) -> Result<Reach, OAuthError> {
        let rule = &client.metadata.rules.token_exchange;
        let sent = &self.subject.claims;
        // What came of an exchange is not: two of them would give what one must not.
        let is_its_own = sent.client_id == client.client_id && sent.family_client.is_none();
        if !is_its_own && !sent.aud.iter().any(|api| names(&rule.from, api)) {
            return Err(OAuthError::invalid_request(
                "the subject_token is for none of the APIs whose tokens this client may exchange",
            ));
        }
        if self
            .actor
            .as_ref()
            .is_some_and(|actor| actor.claims.client_id != client.client_id || actor.claims.family.is_some())
        {
            return Err(OAuthError::invalid_request(
                "the actor_token must be one that the client got for itself",
            ));
        }
        let targets = self.targets(rule)?;
        let aud = targets.audience(&targets, config)?;
        let of_targets = targets.scopes(config);
        let registered = client.metadata.scope.clone().unwrap_or_default();
        let mut may = registered.intersection(&of_targets);
        let known: Vec<_> = sent.aud.iter().map(str::to_owned).collect();
        if aud.iter().any(|api| names(&known, api)) {
            // For an API that the token is for already, it gives no more than it did.
            may = may.intersection(&sent.scope);
        }
        match &self.scope {
            all if all.is_empty() => Ok(Reach { aud, scope: may }),
            scope if scope.is_subset(&may) => Ok(Reach {
                aud,
                scope: scope.clone(),
            }),
            _ => Err(OAuthError::new(
                ErrorCode::InvalidScope,
                "the client may not have one of the scopes at this API by exchange",
            )),
        }
    }

    /// The APIs that are asked for, or the only one that there can be.
    fn targets(&self, rule: &ExchangeRule) -> Result<Targets, OAuthError> {
        let refused = |why| Err(OAuthError::new(ErrorCode::InvalidTarget, why));
        if self.resources.is_empty() {
            return match rule.to.as_slice() {
                [only] => Ok([only.clone()].into_iter().collect()),
                _ => refused("resource must name the API that the token is for"),
            };
        }
        match self.resources.iter().all(|api| names(&rule.to, api)) {
            true => Ok(self.resources.clone()),
            false => refused("the operator does not let this client have tokens for that API by exchange"),
        }
    }

    /// `act`: "the actor ... to whom authority has been delegated", with those before it (section 4.1).
    ///
    /// # Errors
    /// `invalid_request` where too many have acted.
    pub fn act(&self) -> Result<Option<Value>, OAuthError> {
        let before = self.subject.members.get("act").filter(|act| act.is_object());
        let Some(actor) = &self.actor else {
            return Ok(before.cloned());
        };
        if depth(before) >= MOST_ACTORS {
            return Err(OAuthError::invalid_request("too many have acted with this token"));
        }
        let mut act = json!({ "sub": actor.claims.sub, "client_id": actor.claims.client_id });
        if let (Some(before), Some(members)) = (before, act.as_object_mut()) {
            members.insert("act".to_owned(), before.clone());
        }
        Ok(Some(act))
    }
}

/// The error for a token that is not valid: "if either the subject_token or actor_token are invalid for any reason, or are
/// unacceptable based on policy ... the value of the error parameter MUST be the invalid_request error code" (section 2.2.2).
pub fn not_valid(which: &str) -> OAuthError {
    OAuthError::invalid_request(format!("the {which} is not valid, or not any more"))
}

/// Whether the operator's list has `api`, in whichever way either is written.
fn names(list: &[String], api: &str) -> bool {
    let normal = normal_form(api);
    list.iter()
        .any(|one| one == api || normal.is_some() && normal_form(one) == normal)
}

fn depth(act: Option<&Value>) -> usize {
    std::iter::successors(act, |act| act.get("act")).count()
}
