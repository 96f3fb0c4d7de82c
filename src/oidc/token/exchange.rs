//! Token exchange (RFC 8693): an API that was sent an access token, or an app that has an ID token, gets an access token for another API,
//! on behalf of the same person, as far as the operator lets it.

use serde::Deserialize;
use serde_json::{Map, Value};

use super::{
    access_token::{self, AccessTokenClaims},
    id_jag::{self, IdJagRequest},
    id_token_hint,
};
use crate::{
    config::{Config, normal_form},
    oidc::{
        authorization::Reach,
        client::{
            Client,
            app_rules::{MAY_ACT, party_of},
            exchange_rule::ExchangeRule,
        },
        error::{ErrorCode, OAuthError},
        jose::{audience::Audience, jwt::Unverified},
        params::Params,
        resource_indicator::Targets,
        scope::Scope,
    },
    time::UnixTime,
};

/// "Indicates that the token is an OAuth 2.0 access token issued by the given authorization server" (section 3).
pub const ACCESS_TOKEN: &str = "urn:ietf:params:oauth:token-type:access_token";

/// "Indicates that the token is an ID Token as defined in Section 2 of OpenID.Core".
const ID_TOKEN: &str = "urn:ietf:params:oauth:token-type:id_token";

/// "Indicates that the token is a JWT", which Limen's access tokens are.
const JWT: &str = "urn:ietf:params:oauth:token-type:jwt";

/// How often a token can be handed on: each time adds an actor.
const MOST_ACTORS: usize = 5;

/// The claim of an ID token that names the row that it lives and dies with, as in access tokens. Those alone have it that can be exchanged.
pub const FAMILY: &str = "family";

/// A request with this grant.
pub struct ExchangeRequest<'a> {
    /// `subject_token`: the person, and what the client was sent or given.
    pub subject: SentToken<'a>,
    /// `actor_token`: who acts for them.
    pub actor: Option<SentToken<'a>>,
    /// `requested_token_type`, with what belongs to it.
    pub wanted: Wanted,
}

/// What the client wants for the token.
pub enum Wanted {
    AccessToken(AccessTokenRequest),
    IdJag(IdJagRequest),
}

/// Where an access token is wanted, and for what.
pub struct AccessTokenRequest {
    resources: Targets,
    scope: Scope,
}

/// What the person let the app have that the token began with.
pub struct Granted {
    pub scope: Scope,
    pub resources: Targets,
}

/// A token as it was sent, not to be believed yet.
pub struct SentToken<'a> {
    pub token: Unverified<'a>,
    /// Those of an ID token are read as if it were an access token for no API.
    pub claims: AccessTokenClaims,
    /// All its members.
    pub members: Map<String, Value>,
    is_id_token: bool,
}

/// The claims of an ID token that can be exchanged.
#[derive(Deserialize)]
struct IdTokenMembers {
    iss: String,
    sub: String,
    aud: String,
    exp: UnixTime,
    iat: UnixTime,
    auth_time: UnixTime,
    acr: Option<String>,
    family: String,
}

impl<'a> SentToken<'a> {
    fn subject(params: &'a Params) -> Result<Self, OAuthError> {
        match params.required("subject_token_type")? {
            ID_TOKEN => Self::of_id_token(params.required("subject_token")?),
            _ => Self::access_token(params, "subject_token", &[ACCESS_TOKEN, JWT, ID_TOKEN]),
        }
    }

    fn access_token(params: &'a Params, name: &str, types: &[&str]) -> Result<Self, OAuthError> {
        let type_name = format!("{name}_type");
        if !types.contains(&params.required(&type_name)?) {
            return Err(OAuthError::invalid_request(format!(
                "{type_name} must be {ACCESS_TOKEN}{}",
                if types.contains(&ID_TOKEN) {
                    ", or that of an ID token"
                } else {
                    ""
                }
            )));
        }
        let (token, claims) = access_token::parse(params.required(name)?)
            .map_err(|_| OAuthError::invalid_request(format!("{name} is no access token of this server")))?;
        Ok(Self {
            members: token.claims_unverified().unwrap_or_default(),
            token,
            claims,
            is_id_token: false,
        })
    }

    fn of_id_token(text: &'a str) -> Result<Self, OAuthError> {
        let refused =
            || OAuthError::invalid_request("subject_token is no ID token of this server that can be exchanged");
        let token = Unverified::parse(text)
            .filter(|token| token.has_type(id_token_hint::TYPE) && token.alg().is_some() && token.kid().is_some())
            .ok_or_else(refused)?;
        let claims: IdTokenMembers = token.claims_unverified().ok_or_else(refused)?;
        Ok(Self {
            members: token.claims_unverified().unwrap_or_default(),
            token,
            claims: AccessTokenClaims {
                iss: claims.iss,
                sub: claims.sub,
                aud: Audience::One(claims.aud.clone()),
                client_id: claims.aud,
                exp: claims.exp,
                iat: claims.iat,
                jti: String::new(),
                scope: Scope::default(),
                auth_time: Some(claims.auth_time),
                acr: claims.acr,
                cnf: None,
                family: Some(claims.family),
                family_client: None,
                told: Map::new(),
            },
            is_id_token: true,
        })
    }

    /// The key that it says it is signed with.
    pub fn kid(&self) -> &str {
        self.token.kid().unwrap_or_default()
    }

    /// Whether it was issued to `client` itself. What came of an exchange was not: two of them would give what one must not.
    fn is_own(&self, client: &Client) -> bool {
        self.claims.client_id == client.client_id && self.claims.family_client.is_none()
    }
}

impl<'a> ExchangeRequest<'a> {
    /// Reads the request (section 2.1).
    ///
    /// # Errors
    /// `invalid_request` for tokens of another kind, `invalid_target`, `invalid_scope`.
    pub fn parse(params: &'a Params, config: &Config) -> Result<Self, OAuthError> {
        let has_actor = params.single("actor_token")?.is_some();
        if !has_actor && params.single("actor_token_type")?.is_some() {
            return Err(OAuthError::invalid_request(
                "actor_token_type comes without an actor_token",
            ));
        }
        let subject = SentToken::subject(params)?;
        let wanted = match params.single("requested_token_type")? {
            None | Some(ACCESS_TOKEN | JWT) => Wanted::AccessToken(AccessTokenRequest {
                resources: Targets::named(params, &["resource", "audience"], config)?,
                scope: Scope::parse(params.single("scope")?.unwrap_or_default())?,
            }),
            Some(id_jag::TOKEN_TYPE) if !subject.is_id_token => {
                return Err(OAuthError::invalid_request(format!(
                    "subject_token_type must be {ID_TOKEN} for an ID-JAG"
                )));
            }
            Some(id_jag::TOKEN_TYPE) if has_actor => {
                return Err(OAuthError::invalid_request("no ID-JAG is given for an actor_token"));
            }
            Some(id_jag::TOKEN_TYPE) => Wanted::IdJag(IdJagRequest::parse(params)?),
            Some(_) => {
                return Err(OAuthError::invalid_request(format!(
                    "requested_token_type must be {ACCESS_TOKEN} or {}",
                    id_jag::TOKEN_TYPE
                )));
            }
        };
        let actor = || SentToken::access_token(params, "actor_token", &[ACCESS_TOKEN, JWT]);
        Ok(Self {
            subject,
            actor: has_actor.then(actor).transpose()?,
            wanted,
        })
    }

    /// Whether `client` may hand in these tokens.
    ///
    /// # Errors
    /// `invalid_request`.
    pub fn check_parties(&self, client: &Client) -> Result<(), OAuthError> {
        let from = &client.metadata.rules.token_exchange.from;
        let is_own = self.subject.is_own(client);
        // "ID Tokens are only intended to be processed by the Relying Party ... or the Issuer" (ID-JAG section 3).
        if self.subject.is_id_token && !is_own {
            return Err(OAuthError::invalid_request(
                "the subject_token is an ID token of another client",
            ));
        }
        if !is_own && !self.subject.claims.aud.iter().any(|api| names(from, api)) {
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
        let acts = !is_own || self.actor.is_some();
        // An ID token does not say it: it is the client's own, and so is the rule.
        let of_id_token = client.metadata.rules.may_act().filter(|_| self.subject.is_id_token);
        let told = self.subject.members.get(MAY_ACT);
        let named = told.or(of_id_token.as_ref().map(|(_, party)| party));
        match named {
            Some(party) if acts && *party != party_of(&client.client_id) => Err(OAuthError::invalid_request(
                "the may_act of the subject_token names another than this client",
            )),
            _ => Ok(()),
        }
    }

    /// `act`: "the actor ... to whom authority has been delegated", with those before it (section 4.1). Where somebody has acted
    /// already, whoever asks next is the current actor, with an `actor_token` or without: "The outermost act claim represents the current
    /// actor".
    ///
    /// # Errors
    /// `invalid_request` where too many have acted.
    pub fn act(&self, client_id: &str) -> Result<Option<Value>, OAuthError> {
        let before = self.subject.members.get("act").filter(|act| act.is_object());
        let is_current = before.is_some_and(|act| act.get("client_id").is_some_and(|id| id == client_id));
        if is_current || (before.is_none() && self.actor.is_none()) {
            return Ok(before.cloned());
        }
        if depth(before) >= MOST_ACTORS {
            return Err(OAuthError::invalid_request("too many have acted with this token"));
        }
        let mut act = party_of(client_id);
        if let (Some(before), Some(members)) = (before, act.as_object_mut()) {
            members.insert("act".to_owned(), before.clone());
        }
        Ok(Some(act))
    }
}

impl AccessTokenRequest {
    /// The APIs that it may be about, as they are named.
    pub fn named<'a>(&'a self, client: &'a Client) -> impl Iterator<Item = &'a str> {
        let to = client.metadata.rules.token_exchange.to.iter().map(String::as_str);
        self.resources.iter().chain(to.filter(|_| self.resources.is_empty()))
    }

    /// What `client` gets a token for, in exchange for `subject`, of somebody who has allowed what was `granted`.
    ///
    /// # Errors
    /// `invalid_target`, `invalid_scope`.
    pub fn reach_for(
        &self,
        subject: &SentToken<'_>,
        granted: &Granted,
        client: &Client,
        config: &Config,
    ) -> Result<Reach, OAuthError> {
        let rule = &client.metadata.rules.token_exchange;
        let targets = self.targets(rule)?;
        if targets.apis(config).any(|api| !api.is_open) {
            let why = "tokens for the admin API are not got by exchange: its person would not know";
            return Err(OAuthError::new(ErrorCode::InvalidTarget, why));
        }
        let aud = targets.audience(&targets, config)?;
        let of_targets = targets.scopes(config);
        let registered = client.metadata.scope.clone().unwrap_or_default();
        let given = targets.given_scopes(config);
        let mut may = targets.without_withheld(&registered.union(&given).intersection(&of_targets), config);
        let known: Vec<_> = subject.claims.aud.iter().map(str::to_owned).collect();
        if aud.iter().any(|api| names(&known, api)) {
            // For an API that the token is for already, it gives no more than it did.
            may = may.intersection(&subject.claims.scope);
        }
        if subject.is_own(client) {
            // Nor more than the person allowed this very app, where they were asked for the API.
            let asked = granted.resources.scopes(config);
            may = may.difference(&asked.difference(&granted.scope));
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
