//! What the operator alone decides about an app: who may use it, and how it is told of groups and roles. Members of Limen's own in
//! the client metadata.

use serde_json::{Map, Value, json};

use super::claim_path::ClaimPath;
use super::exchange_rule::ExchangeRule;
use super::id_jag_rule::IdJagRule;
use super::own_claim::OwnClaim;
use super::own_lifetimes::OwnLifetimes;
use crate::{
    config::AcrNames,
    named::named,
    oidc::{
        claims::GROUPS,
        error::{ErrorCode, OAuthError},
        proven::Strength,
    },
};

/// What the operator decides about an app.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AppRules {
    /// `disabled`: it is for nobody, gets no tokens, and those that are out count for nothing here.
    pub disabled: bool,
    /// `consent`: whether people are asked what it may have.
    pub consent: ConsentRule,
    /// `required_acr`: how strongly people have to sign in, whatever the app asks for.
    pub required_acr: Strength,
    /// `allowed_origins`: the origins whose pages may call for it. Empty: those of every origin may.
    pub allowed_origins: Vec<String>,
    /// `access_token_lifetime`, `id_token_lifetime`, `refresh_token_lifetime`: how long its tokens live, where that is shorter than
    /// elsewhere.
    pub lifetimes: OwnLifetimes,
    /// `allowed_groups`: the ids of the groups whose people may use it. Empty: everybody may.
    pub allowed_groups: Vec<String>,
    /// `groups_claim`: where groups are told, `groups` if it does not say.
    pub groups_claim: Option<ClaimPath>,
    /// `groups_format`.
    pub groups_format: GroupsFormat,
    /// `roles_claim`: where roles are told. Without it they are not.
    pub roles_claim: Option<ClaimPath>,
    /// `roles_format`.
    pub roles_format: RolesFormat,
    /// `access_token_claims`: whether access tokens, and so introspection, tell groups and roles, too.
    pub access_token_claims: bool,
    /// `own_claims`: claims of its own, fixed or computed of what is kept of a person.
    pub own_claims: Vec<OwnClaim>,
    /// `token_exchange`: which tokens it may exchange for which.
    pub token_exchange: ExchangeRule,
    /// `may_act`: the one client that may act with the tokens that people gave the app.
    pub may_act: Option<String>,
    /// `id_jag`: for which authorization servers elsewhere it may get identity assertions.
    pub id_jag: Vec<IdJagRule>,
}

/// "The may_act claim makes a statement that one party is authorized to become the actor and act on behalf of another party" (RFC 8693
/// section 4.4).
pub const MAY_ACT: &str = "may_act";

/// How `act` and `may_act` name a client. The `sub` of its own tokens is its id.
pub fn party_of(client_id: &str) -> Value {
    json!({ "sub": client_id, "client_id": client_id })
}

named! {
    /// Whether people are asked what an app may have.
    #[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
    pub enum ConsentRule {
        /// Once, and again for what is new.
        #[default]
        Ask = "ask",
        /// Each time.
        Always = "always",
        /// It is the operator's own: whoever uses it has allowed it what it asks for.
        Never = "never",
    }
}

named! {
    /// What stands for a group.
    #[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
    pub enum GroupsFormat {
        #[default]
        Names = "names",
        Ids = "ids",
    }
}

named! {
    /// How roles are told.
    #[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
    pub enum RolesFormat {
        #[default]
        List = "list",
        /// One text, in which blanks separate them, so none has a blank: for apps that take a single role.
        Text = "text",
    }
}

impl AppRules {
    /// The groups whose people may use it, as JSON, where not everybody may. An empty list lets nobody in.
    pub fn allowed_groups_json(&self) -> Option<String> {
        if self.disabled {
            return Some("[]".to_owned());
        }
        let groups = Some(&self.allowed_groups).filter(|groups| !groups.is_empty())?;
        serde_json::to_string(groups).ok()
    }

    /// Judges a request that a page of `origin` sends for the app, as its browser says (Fetch standard section 3.2). Programs that are no pages
    /// have none.
    ///
    /// # Errors
    /// `unauthorized_client`.
    pub fn check_origin(&self, origin: Option<&str>) -> Result<(), OAuthError> {
        match origin {
            Some(origin)
                if !self.allowed_origins.is_empty() && !self.allowed_origins.iter().any(|own| own == origin) =>
            {
                Err(OAuthError::new(
                    ErrorCode::UnauthorizedClient,
                    "pages of this origin may not call for the client: its allowed_origins name others",
                ))
            }
            _ => Ok(()),
        }
    }

    /// Judges the sign-in behind a token that the app exchanges, by its `acr`.
    ///
    /// # Errors
    /// `invalid_request`, as RFC 8693 section 2.2.2 has it for a token that is not good enough.
    pub fn check_exchanged(&self, acr: Option<&str>, names: &AcrNames) -> Result<(), OAuthError> {
        let shown = acr.and_then(|acr| Strength::named(acr, names)).unwrap_or_default();
        match shown >= self.required_acr {
            true => Ok(()),
            false => Err(OAuthError::invalid_request(
                "the subject_token is of a weaker sign-in than the operator demands for the client (required_acr)",
            )),
        }
    }

    /// The claim that says who may act, where the operator says it.
    pub fn may_act(&self) -> Option<(String, Value)> {
        let party = party_of(self.may_act.as_ref()?);
        Some((MAY_ACT.to_owned(), party))
    }

    /// The members that are given.
    pub(super) fn to_json(&self) -> impl Iterator<Item = (&'static str, Value)> {
        let path = |path: &Option<ClaimPath>| path.as_ref().map(ClaimPath::to_json);
        let members = [
            ("own_claims", OwnClaim::to_json(&self.own_claims)),
            ("token_exchange", self.token_exchange.to_json()),
            ("may_act", self.may_act.as_ref().map(|client_id| json!(client_id))),
            ("id_jag", IdJagRule::to_json(&self.id_jag)),
            (
                "access_token_lifetime",
                self.lifetimes.access_token.map(|own| json!(own)),
            ),
            ("id_token_lifetime", self.lifetimes.id_token.map(|own| json!(own))),
            (
                "refresh_token_lifetime",
                self.lifetimes.refresh_token.map(|own| json!(own)),
            ),
            ("disabled", self.disabled.then_some(Value::Bool(true))),
            (
                "consent",
                (self.consent != ConsentRule::default()).then(|| self.consent.as_str().into()),
            ),
            (
                "required_acr",
                (self.required_acr != Strength::default()).then(|| self.required_acr.acr().into()),
            ),
            (
                "allowed_origins",
                (!self.allowed_origins.is_empty()).then(|| json!(self.allowed_origins)),
            ),
            (
                "allowed_groups",
                (!self.allowed_groups.is_empty()).then(|| json!(self.allowed_groups)),
            ),
            ("groups_claim", path(&self.groups_claim)),
            (
                "groups_format",
                (self.groups_format != GroupsFormat::default()).then(|| self.groups_format.as_str().into()),
            ),
            ("roles_claim", path(&self.roles_claim)),
            (
                "roles_format",
                (self.roles_format != RolesFormat::default()).then(|| self.roles_format.as_str().into()),
            ),
            (
                "access_token_claims",
                self.access_token_claims.then_some(Value::Bool(true)),
            ),
        ];
        members.into_iter().filter_map(|(name, value)| Some((name, value?)))
    }
}

/// The most groups and roles that a token tells, and the most bytes of them. UserInfo tells all.
const MOST_IN_TOKEN: usize = 200;
const LONGEST_IN_TOKEN: usize = 8_192;

/// The groups and roles of a person, as far as they were read for an app.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Memberships {
    /// Id and name of each group.
    pub groups: Option<Vec<(String, String)>>,
    pub roles: Option<Vec<String>>,
    /// The attributes of each group that has any, in the order of their names.
    pub attributes: Vec<Map<String, Value>>,
}

/// What of it is told, and where.
#[derive(Clone, Copy, Debug)]
pub struct Telling {
    pub groups: bool,
    pub roles: bool,
    /// Whether it is told in a token, which has to stay small.
    pub in_token: bool,
}

impl Memberships {
    /// The groups as `rules` want them.
    pub fn groups_as(&self, rules: &AppRules) -> Option<Value> {
        let groups = self.groups.as_ref()?.iter();
        Some(
            groups
                .map(|(id, name)| match rules.groups_format {
                    GroupsFormat::Names => name.as_str(),
                    GroupsFormat::Ids => id.as_str(),
                })
                .collect(),
        )
    }

    /// Adds what is told to `told`. A list that is too long for a token is left out of it as a whole: half of it would be wrong.
    /// Where both are told at one place, roles are.
    pub fn tell(&self, rules: &AppRules, telling: Telling, told: &mut Map<String, Value>) {
        let groups = self.groups_as(rules).filter(|_| telling.groups);
        let roles = self.roles.as_ref().filter(|_| telling.roles);
        let roles = roles.map(|roles| match rules.roles_format {
            RolesFormat::List => json!(roles),
            // Of "Grafana Admin" an app would make two.
            RolesFormat::Text => json!(
                roles
                    .iter()
                    .filter(|role| !role.contains(' '))
                    .map(String::as_str)
                    .collect::<Vec<_>>()
                    .join(" ")
            ),
        });
        let usual = ClaimPath::of(GROUPS);
        let at_groups = rules.groups_claim.as_ref().unwrap_or(&usual);
        for (path, value) in [(Some(at_groups), groups), (rules.roles_claim.as_ref(), roles)] {
            if let (Some(path), Some(value)) = (path, value)
                && !(telling.in_token && is_too_long(&value))
            {
                path.place(value, told);
            }
        }
    }
}

/// Whether a value would make a token too long.
fn is_too_long(value: &Value) -> bool {
    value.as_array().is_some_and(|list| list.len() > MOST_IN_TOKEN) || value.to_string().len() > LONGEST_IN_TOKEN
}

#[cfg(test)]
mod tests;
