//! `replay`: what counts once.

use super::Statement;
use crate::oidc::client::client_assertion::SingleUse;

/// A request's claim to the single use of something, on behalf of a client that must not have changed since it was read.
pub struct Claim<'a> {
    pub of: &'a SingleUse,
    /// What tells this request from another with the same thing.
    pub id: &'a str,
    pub client_id: &'a str,
    pub version: i64,
}

impl Claim<'_> {
    /// Takes the thing, if nobody has, and the client is as it was: then it returns a row. Statements that must happen once
    /// come after it and ask whether the row is this request's.
    pub fn take(&self) -> Statement {
        Statement::new(
            "INSERT INTO replay (key, claim, expires_at)
             SELECT ?, ?, ? FROM clients WHERE id = ? AND version = ?
             ON CONFLICT (key) DO NOTHING RETURNING key",
        )
        .bind(&self.of.key)
        .bind(self.id)
        .bind(self.of.expires_at)
        .bind(self.client_id)
        .bind(self.version)
    }
}
