//! Operators: who holds `ADMIN_TOKEN`, or a key of the admin API, people with a role, and apps that may act as operators.

use super::{
    api_key::{self, ApiKey, Area, KeyScope},
    operator_role::OperatorRoles,
};
use crate::{oidc::error::OAuthError, time::UnixTime};

/// Who calls.
pub enum Operator {
    /// Whoever holds `ADMIN_TOKEN` may do everything.
    Token,
    Key(ApiKey),
    /// Somebody at the console.
    Person(OperatorPerson),
    App(AppOperator),
}

/// An app with an access token for the admin API.
pub struct AppOperator {
    pub client_id: String,
    /// What it may do: with a person no more than the person may.
    pub scopes: Vec<KeyScope>,
    /// The person for whom it acts; none where it acts for itself.
    pub person: Option<OperatorPerson>,
}

/// A person who is an operator.
#[derive(Clone, Debug)]
pub struct OperatorPerson {
    pub user_id: String,
    pub username: String,
    pub roles: OperatorRoles,
    pub granted_at: UnixTime,
    /// The roles as they are stored.
    pub stored: String,
}

impl Operator {
    /// The person, where it is one.
    pub fn person(&self) -> Option<&OperatorPerson> {
        match self {
            Self::Person(person) => Some(person),
            Self::App(app) => app.person.as_ref(),
            Self::Token | Self::Key(_) => None,
        }
    }

    /// Whether they may do what is `needed`.
    ///
    /// # Errors
    /// `insufficient_scope`, naming what they lack.
    pub fn may(&self, needed: Option<KeyScope>) -> Result<(), OAuthError> {
        match self.scopes() {
            None => Ok(()),
            Some(scopes) => api_key::judge(&scopes, needed),
        }
    }

    /// Whether they may do all that somebody with these roles may do.
    ///
    /// # Errors
    /// `insufficient_scope`, naming what they lack.
    pub fn covers(&self, roles: &OperatorRoles) -> Result<(), OAuthError> {
        match self.scopes() {
            None => Ok(()),
            Some(scopes) => roles.check_within(&scopes),
        }
    }

    /// Whether they may change the account of an operator with these roles. Anyone who changes how an operator signs in could sign in as them:
    /// so nobody changes the account of one who may do more, and no app that of any, for whom it acts included: what it made there, such as a
    /// set-up link, would outlive its token.
    ///
    /// # Errors
    /// Why not.
    pub fn may_change_account(&self, roles: &OperatorRoles) -> Result<(), &'static str> {
        match self {
            Self::App(_) => Err("the person is an operator, whose account no app changes"),
            _ => self
                .covers(roles)
                .map_err(|_| "the person is an operator who may do more"),
        }
    }

    /// What they may do; `None` for everything.
    fn scopes(&self) -> Option<Vec<KeyScope>> {
        match self {
            Self::Token => None,
            Self::Key(key) => Some(key.scopes.clone()),
            Self::Person(person) => Some(person.roles.scopes()),
            Self::App(app) => Some(app.scopes.clone()),
        }
    }

    /// Whether they may make, change or delete a client that may do this at the admin API, or give it a secret. It is as if they made a
    /// key, which no app may: what an app makes would outlive its token.
    ///
    /// # Errors
    /// `insufficient_scope`, naming what they lack.
    pub fn may_give(&self, scopes: &[KeyScope]) -> Result<(), OAuthError> {
        let makes_keys = KeyScope {
            area: Area::ApiKeys,
            writes: true,
        };
        let all = scopes.iter().chain(scopes.first().map(|_| &makes_keys));
        all.copied().try_for_each(|scope| self.may(Some(scope)))
    }
}
