//! Tokens that come of an assertion of another issuer about a person (RFC 7523): who that is here, and what keeps the tokens alive.

use super::{
    Query, Statement, conditions::is_closed, replay, scope_to_json, to_json, token_families, users, users::CONFIRMED,
};
use crate::{
    account::user::User,
    oidc::{resource_indicator::Targets, single_use::SingleUse, token::access_token::AccessTokenClaims},
    time::UnixTime,
};

/// An assertion that was found good, and what comes of it.
pub struct Asserted<'a> {
    /// What counts once in it.
    pub once: &'a SingleUse,
    pub user_id: &'a str,
    /// The address by which the person was found, as it is compared.
    pub folded: &'a str,
    pub client_id: &'a str,
    /// Of the consent, if there is none yet.
    pub grant_id: &'a str,
    pub family_id: &'a str,
    /// In place of a session: nobody signed in here.
    pub session_id: &'a str,
    pub claims: &'a AccessTokenClaims,
    pub now: UnixTime,
}

/// The person who has confirmed an address, if they are not disabled and the client is for them.
pub fn find_person(folded: &str, client_id: &str) -> Query<Option<User>> {
    Statement::new(format!("SELECT {}", users::COLUMNS))
        .append(person(folded, client_id))
        .read_by(users::read)
}

fn person(folded: &str, client_id: &str) -> Statement {
    Statement::new(format!(
        " FROM users u WHERE u.email_folded = ? AND {CONFIRMED} AND u.disabled_at IS NULL AND NOT {}",
        is_closed("?", "u.id")
    ))
    .bind(folded)
    .bind(client_id)
}

impl Asserted<'_> {
    /// Uses the assertion up, if `proof` holds, it was not used before, and the person is still the one whom it means. Of any number of
    /// parallel requests one does. Comes first in its batch: the others act where it did.
    pub fn use_up(&self, proof: Statement) -> Query<bool> {
        let still = Statement::new("EXISTS (SELECT 1")
            .append(person(self.folded, self.client_id))
            .append(Statement::new(" AND u.id = ?)"))
            .bind(self.user_id);
        replay::claim(self.once, self.family_id, proof.and(still))
    }

    /// Adds the app to those that the person uses, if it is not there yet. The row allows nothing and says that they were not asked, so it
    /// is no consent where they are.
    pub fn allow(&self) -> Statement {
        Statement::new(
            "INSERT INTO grants (id, user_id, client_id, scope, claims, resources, asked, created_at, updated_at)
             SELECT ?, ?, ?, '[]', '[]', '[]', 0, ?, ? WHERE ",
        )
        .bind(self.grant_id)
        .bind(self.user_id)
        .bind(self.client_id)
        .bind(self.now)
        .bind(self.now)
        .append(replay::is_claimed(self.once, self.family_id))
        .append(Statement::new(" ON CONFLICT (user_id, client_id) DO NOTHING"))
    }

    /// Begins the family of the token, which has no refresh token.
    pub fn begin_family(&self) -> Statement {
        let resources: Targets = self.claims.aud.iter().map(str::to_owned).collect();
        Statement::new(format!(
            "{} SELECT ?, client_id, user_id, id, ?, ?, '{{}}', ?, '[]', 0, 0, ?, ?, '0', '[]', ?, ?, ? FROM grants
             WHERE user_id = ? AND client_id = ? AND ",
            token_families::INSERT
        ))
        .bind(self.family_id)
        .bind(self.session_id)
        .bind(&scope_to_json(&self.claims.scope))
        .bind(&to_json(&resources))
        .bind(self.now)
        .bind(self.now)
        .bind(self.now)
        .bind(self.claims.exp)
        .bind(self.claims.cnf.as_ref().map(to_json).as_ref())
        .bind(self.user_id)
        .bind(self.client_id)
        .append(replay::is_claimed(self.once, self.family_id))
    }

    /// Holds where [`Asserted::begin_family`], before in the batch, did.
    pub fn succeeded(&self) -> Statement {
        Statement::new("EXISTS (SELECT 1 FROM token_families WHERE id = ?)").bind(self.family_id)
    }
}
