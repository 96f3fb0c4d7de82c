//! `idempotency_keys`: what was made by requests that may be sent again.

use serde::Deserialize;

use super::{Query, Statement};
use crate::time::{Lifetime, UnixTime};

/// For how long a key counts.
pub const KEPT: Lifetime = Lifetime::days(1);

/// What is known of a key.
#[derive(Clone, Debug)]
pub struct KnownKey {
    /// Keyed hash of the body that came with it.
    pub body: String,
    /// What was made. `None` while it is being made, and where nobody knows.
    pub made: Option<String>,
}

/// Takes a key for this request, unless one has it that came within [`KEPT`].
pub fn claim(hash: &str, body: &str, now: UnixTime) -> Query<bool> {
    Statement::new(
        "INSERT INTO idempotency_keys (hash, body, expires_at) VALUES (?, ?, ?)
         ON CONFLICT (hash) DO UPDATE SET body = excluded.body, made = NULL, expires_at = excluded.expires_at
         WHERE expires_at <= ? RETURNING hash",
    )
    .bind(hash)
    .bind(body)
    .bind(now + KEPT)
    .bind(now)
    .any()
}

/// What is known of a key.
pub fn find(hash: &str) -> Query<Option<KnownKey>> {
    #[derive(Deserialize)]
    struct Row {
        body: String,
        made: Option<String>,
    }
    Statement::new("SELECT body, made FROM idempotency_keys WHERE hash = ?")
        .bind(hash)
        .read_by(|rows| {
            Ok(rows.first::<Row>()?.map(|row| KnownKey {
                body: row.body,
                made: row.made,
            }))
        })
}

/// Notes what was made.
pub fn note(hash: &str, made: &str) -> Statement {
    Statement::new("UPDATE idempotency_keys SET made = ? WHERE hash = ?")
        .bind(made)
        .bind(hash)
}

/// Gives a key back of which nothing was made.
pub fn give_back(hash: &str) -> Statement {
    Statement::new("DELETE FROM idempotency_keys WHERE hash = ? AND made IS NULL").bind(hash)
}
