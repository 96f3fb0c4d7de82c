//! The lease of the periodic run, and what it deletes. Expiry is a predicate wherever a row is read; deleting only tidies.

use super::{Rows, Statement};
use crate::{
    fault::Fault,
    time::{Lifetime, UnixTime},
};

/// The most rows of a table that one statement deletes.
pub(super) const BATCH: usize = 5_000;

/// How often one run deletes so many.
pub const MOST_ROUNDS: usize = 5;

/// How long rows outlive their expiry, so that a clock that jumps ahead for a moment loses nothing.
const KEPT: Lifetime = Lifetime::days(1);

/// How long a client that anybody registered may stay unused.
const UNUSED_CLIENT_KEPT: Lifetime = Lifetime::days(30);

/// The most clients that anybody registered and nobody uses, and the most that their documents describe, that are kept: beyond
/// them the oldest go, but none of the last day.
const MOST_UNUSED: i64 = 10_000;
const UNUSED_KEPT_AT_LEAST: Lifetime = Lifetime::days(1);

/// How long a client that its document describes may stay unused: it comes back when it is asked for.
const UNUSED_DOCUMENT_KEPT: Lifetime = Lifetime::days(7);

/// How long a signing key outlives its removal from the JWKS, for the record.
const KEY_KEPT: Lifetime = Lifetime::days(90);

/// Takes the lease for `span`, if nobody has it.
pub fn take_lease(name: &str, now: UnixTime, span: Lifetime) -> Statement {
    Statement::new(
        "INSERT INTO leases (name, expires_at) VALUES (?, ?)
         ON CONFLICT (name) DO UPDATE SET expires_at = excluded.expires_at WHERE leases.expires_at <= ?
         RETURNING name",
    )
    .bind(name)
    .bind(now + span)
    .bind(now)
}

pub fn read_lease(rows: &Rows) -> Result<bool, Fault> {
    rows.any()
}

/// Gives the lease back.
pub fn release_lease(name: &str) -> Statement {
    Statement::new("DELETE FROM leases WHERE name = ?").bind(name)
}

/// Whether a statement of [`tidy`] deleted all that it may, so that there is probably more.
pub fn is_full(rows: &Rows) -> bool {
    rows.changes() >= BATCH
}

/// Deletes what has expired, a bounded number of rows a table.
pub fn tidy(now: UnixTime) -> [Statement; 12] {
    let expired = |table: &str| {
        Statement::new(format!(
            "DELETE FROM {table} WHERE rowid IN (SELECT rowid FROM {table} WHERE expires_at < ? LIMIT ?)"
        ))
        .bind(now - KEPT)
        .bind(BATCH as i64)
    };
    let surplus = |which: &str, age: &str| {
        Statement::new(format!(
            "DELETE FROM clients WHERE rowid IN (
                SELECT c.rowid FROM clients c
                WHERE {which} AND c.{age} < ?
                  AND NOT EXISTS (SELECT 1 FROM grants g WHERE g.client_id = c.id)
                ORDER BY c.{age} DESC LIMIT ? OFFSET ?)"
        ))
        .bind(now - UNUSED_KEPT_AT_LEAST)
        .bind(BATCH as i64)
        .bind(MOST_UNUSED)
    };
    [
        expired("codes"),
        expired("sessions"),
        expired("token_families"),
        expired("revoked_tokens"),
        expired("pushed_requests"),
        expired("replay"),
        expired("throttles"),
        Statement::new(
            "DELETE FROM clients WHERE rowid IN (
                SELECT c.rowid FROM clients c
                WHERE c.registered_openly = 1 AND c.issued_at < ?
                  AND NOT EXISTS (SELECT 1 FROM grants g WHERE g.client_id = c.id) LIMIT ?)",
        )
        .bind(now - UNUSED_CLIENT_KEPT)
        .bind(BATCH as i64),
        Statement::new(
            "DELETE FROM clients WHERE rowid IN (
                SELECT c.rowid FROM clients c
                WHERE c.document_fresh_until < ?
                  AND NOT EXISTS (SELECT 1 FROM grants g WHERE g.client_id = c.id) LIMIT ?)",
        )
        .bind(now - UNUSED_DOCUMENT_KEPT)
        .bind(BATCH as i64),
        surplus("c.registered_openly = 1", "issued_at"),
        surplus("c.document_fresh_until IS NOT NULL", "document_fresh_until"),
        Statement::new("DELETE FROM signing_keys WHERE remove_at < ? OR revoked_at < ?")
            .bind(now - KEY_KEPT)
            .bind(now - KEY_KEPT),
    ]
}
