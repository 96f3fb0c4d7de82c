//! What an authorization rests on, as a condition in SQL: codes and tokens are stored only where all of it stands.

use super::{Statement, scope_to_json, to_json};
use crate::{
    oidc::{authorize::AuthRequest, client::Client},
    secret::Hash,
    time::{Lifetime, UnixTime},
};

/// A live session of a person who is not disabled, their consent to all that is asked for, and a client that is as it was
/// read.
pub struct Basis<'a> {
    pub session_hash: &'a Hash,
    pub client: &'a Client,
    pub request: &'a AuthRequest,
    pub session_idle: Lifetime,
    pub now: UnixTime,
}

impl Basis<'_> {
    /// The rows that a statement selects from: session `s`, person `u`, client `c`, consent `g`.
    pub const FROM: &'static str = "FROM sessions s
         JOIN users u ON u.id = s.user_id AND u.disabled_at IS NULL
         JOIN clients c ON c.id = ? AND c.version = ?
         JOIN grants g ON g.user_id = u.id AND g.client_id = c.id
         WHERE s.hash = ? AND s.expires_at > ? AND s.last_seen_at > ?
           AND NOT EXISTS (SELECT value FROM json_each(?) EXCEPT SELECT value FROM json_each(g.scope))
           AND NOT EXISTS (SELECT value FROM json_each(?) EXCEPT SELECT value FROM json_each(g.claims))
           AND NOT EXISTS (SELECT value FROM json_each(?) EXCEPT SELECT value FROM json_each(g.resources))";

    /// Binds the values of [`Basis::FROM`].
    pub fn bind(&self, statement: Statement) -> Statement {
        statement
            .bind(&self.client.client_id)
            .bind(self.client.version)
            .bind(self.session_hash)
            .bind(self.now)
            .bind(self.now - self.session_idle)
            .bind(&scope_to_json(&self.request.scope))
            .bind(&to_json(&self.request.claims.beyond(&self.request.scope)))
            .bind(&to_json(&self.request.resources.foreign()))
    }

    /// Gives a row where all of it stands.
    pub fn check(&self) -> Statement {
        self.bind(Statement::new(format!("SELECT s.id {}", Self::FROM)))
    }
}
