//! The lease of the periodic run, and what it deletes. Expiry is a predicate wherever a row is read; deleting only tidies.

use super::{Query, Rows, Statement};
use crate::time::{Lifetime, UnixTime};

/// The most rows of a table that one statement deletes.
pub(super) const BATCH: usize = 5_000;

/// How often one run deletes so many.
pub const MOST_ROUNDS: usize = 5;

/// How long rows outlive their expiry, so that a clock that jumps ahead for a moment loses nothing.
const KEPT: Lifetime = Lifetime::days(1);

/// How long a client that anybody registered is kept where nobody allows it anything: if it was never used, and since it was used
/// last. One that the operator changed is kept for good: see migrations/0045_disused_clients.sql.
const UNUSED_CLIENT_KEPT: Lifetime = Lifetime::days(30);
const DISUSED_CLIENT_KEPT: Lifetime = Lifetime::days(180);

/// The most clients that nobody allows anything that are kept, of each kind: those that anybody registered and nobody has used,
/// those that were used, and those that their documents describe. Beyond them the oldest go, but none of the last day.
const MOST_UNUSED: i64 = 10_000;
const UNUSED_KEPT_AT_LEAST: Lifetime = Lifetime::days(1);

/// How long a client that its document describes is kept where nobody allows it anything: it comes back when it is asked for.
const UNUSED_DOCUMENT_KEPT: Lifetime = Lifetime::days(7);

/// How long a signing key outlives its removal from the JWKS, for the record.
const KEY_KEPT: Lifetime = Lifetime::days(90);

/// Takes the lease for `span`, if nobody has it, and says whether it did. One that lasts longer than `span` from now was taken by a clock that has gone
/// back since, and does not count.
pub fn take_lease(name: &str, now: UnixTime, span: Lifetime) -> Query<bool> {
    Statement::new(
        "INSERT INTO leases (name, expires_at) VALUES (?, ?)
         ON CONFLICT (name) DO UPDATE SET expires_at = excluded.expires_at
         WHERE leases.expires_at <= ? OR leases.expires_at > excluded.expires_at
         RETURNING name",
    )
    .bind(name)
    .bind(now + span)
    .bind(now)
    .any()
}

/// Gives back the lease that [`take_lease`] took at that time for that `span`. Whoever took it over since has another end of it.
pub fn release_lease(name: &str, taken_at: UnixTime, span: Lifetime) -> Statement {
    Statement::new("DELETE FROM leases WHERE name = ? AND expires_at = ?")
        .bind(name)
        .bind(taken_at + span)
}

/// The query that says whether a deletion of at most [`BATCH`] rows deleted as many, so that there is probably more.
pub(super) fn is_full(deletion: Statement) -> Query<bool> {
    deletion.read_by(|rows: &Rows| Ok(rows.changes() >= BATCH))
}

/// Deletes what has expired, a bounded number of rows a table. Each says whether there is probably more.
pub fn tidy(now: UnixTime) -> [Query<bool>; 14] {
    let expired_before = |before: UnixTime, table: &str, key: &str| {
        Statement::new(format!(
            "DELETE FROM {table} WHERE {key} IN (SELECT {key} FROM {table} WHERE expires_at < ? LIMIT ?)"
        ))
        .bind(before)
        .bind(BATCH as i64)
    };
    let expired = |table, key| expired_before(now - KEPT, table, key);
    let surplus = |which: &str| {
        Statement::new(format!(
            "DELETE FROM clients WHERE rowid IN (
                SELECT rowid FROM clients WHERE unused_since < ? AND {which}
                ORDER BY unused_since DESC LIMIT ? OFFSET ?)"
        ))
        .bind(now - UNUSED_KEPT_AT_LEAST)
        .bind(BATCH as i64)
        .bind(MOST_UNUSED)
    };
    [
        expired("codes", "hash"),
        expired("sessions", "rowid"),
        expired("token_families", "id"),
        expired("revoked_tokens", "rowid"),
        expired("pushed_requests", "rowid"),
        expired("replay", "rowid"),
        expired("throttles", "key"),
        Statement::new(
            "DELETE FROM challenges WHERE (expires_at, id) IN (
                SELECT expires_at, id FROM challenges WHERE expires_at < ? LIMIT ?)",
        )
        .bind(now - KEPT)
        .bind(BATCH as i64),
        // Nothing is lost with these: what is missing is fetched again.
        expired_before(now, "fetches", "rowid"),
        Statement::new(
            "DELETE FROM clients WHERE rowid IN (
                SELECT rowid FROM clients
                WHERE unused_since < ?
                  AND (document_fresh_until IS NOT NULL OR unused_since < IIF(last_used_at IS NULL, ?, ?)) LIMIT ?)",
        )
        .bind(now - UNUSED_DOCUMENT_KEPT)
        .bind(now - UNUSED_CLIENT_KEPT)
        .bind(now - DISUSED_CLIENT_KEPT)
        .bind(BATCH as i64),
        surplus("document_fresh_until IS NULL AND last_used_at IS NULL"),
        surplus("document_fresh_until IS NULL AND last_used_at IS NOT NULL"),
        surplus("document_fresh_until IS NOT NULL"),
        Statement::new("DELETE FROM signing_keys WHERE remove_at < ? OR revoked_at < ?")
            .bind(now - KEY_KEPT)
            .bind(now - KEY_KEPT),
    ]
    .map(is_full)
}
