//! The lease of the periodic run, and what it deletes. Expiry is a predicate wherever a row is read; deleting only tidies.

use super::{Query, Rows, Statement, mail_outbox};
use crate::{
    mail::UNDO_LIFETIME,
    time::{Lifetime, UnixTime},
};

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

/// Of clients: those of which an operator has decided nothing beside them, neither in notes, nor by roles there, a webhook of theirs or what
/// they may ask an API for.
pub(super) const UNTOUCHED: &str = "notes IS NULL
    AND json_extract(metadata, '$.limen_may_administer') IS NOT 1
    AND NOT EXISTS (SELECT 1 FROM app_roles r WHERE r.client_id = clients.id)
    AND NOT EXISTS (SELECT 1 FROM webhooks w WHERE w.client_id = clients.id)
    AND clients.id NOT IN (SELECT named.key FROM apis, json_each(apis.settings, '$.apps') named)";

/// How long a client that its document describes is kept where nobody allows it anything: it comes back when it is asked for.
const UNUSED_DOCUMENT_KEPT: Lifetime = Lifetime::days(7);

/// How long a key for programs that has expired is still listed.
const API_KEY_KEPT: Lifetime = Lifetime::days(30);

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

/// Under this name, when a periodic run last ended well.
const LAST_RUN: &str = "last run";

/// Notes that a periodic run ended well.
pub fn note_run(now: UnixTime) -> Statement {
    Statement::new(
        "INSERT INTO leases (name, expires_at) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET expires_at = excluded.expires_at",
    )
    .bind(LAST_RUN)
    .bind(now)
}

/// When that was.
pub fn find_last_run() -> Query<Option<UnixTime>> {
    Statement::new("SELECT expires_at AS at FROM leases WHERE name = ?")
        .bind(LAST_RUN)
        .read_by(super::read_time)
}

/// The query that says whether a deletion of at most [`BATCH`] rows deleted as many, so that there is probably more.
pub(super) fn is_full(deletion: Statement) -> Query<bool> {
    deletion.read_by(|rows: &Rows| Ok(rows.changes() >= BATCH))
}

/// How many of the [`BATCH`] rows that a walk meets are deleted where there is probably more to delete.
const MANY: usize = BATCH / 10;

/// Deletes what has expired of a table without an index for it: of the rows from a random `start` on along their keys, which are
/// random themselves, and from the first on where the table is small. A few runs meet all of a large table; where a tenth of
/// what is met has expired, the walk goes on.
fn walk(table: &str, key: &str, start: &str, before: UnixTime) -> Query<bool> {
    let met = |from: &str| format!("SELECT * FROM (SELECT {key} FROM {table} WHERE {from} ORDER BY {key} LIMIT ?)");
    Statement::new(format!(
        "DELETE FROM {table} WHERE expires_at < ? AND {key} IN ({} UNION ALL {})",
        met(&format!("{key} >= ?")),
        met(&format!("{key} < ?")),
    ))
    .bind(before)
    .bind(start)
    .bind(BATCH as i64 / 2)
    .bind(start)
    .bind(BATCH as i64 / 2)
    .read_by(|rows: &Rows| Ok(rows.changes() >= MANY))
}

/// Deletes links to undo a change of address that are over, among those from `start` on: their ids are random behind two words.
fn email_undos(start: &str, now: UnixTime) -> Query<bool> {
    Statement::new(
        "DELETE FROM credentials WHERE kind = 'email_undo' AND created_at < ? AND id IN (
            SELECT * FROM (SELECT id FROM credentials WHERE id >= 'email undo ' || ? AND id < 'email undo!' ORDER BY id LIMIT ?)
            UNION ALL
            SELECT * FROM (SELECT id FROM credentials WHERE id >= 'email undo ' AND id < 'email undo ' || ? ORDER BY id LIMIT ?))",
    )
    .bind(now - UNDO_LIFETIME - KEPT)
    .bind(start)
    .bind(BATCH as i64 / 2)
    .bind(start)
    .bind(BATCH as i64 / 2)
    .read_by(|rows: &Rows| Ok(rows.changes() >= MANY))
}

/// Deletes what has expired, a bounded number of rows a table; `start` is random. Each says whether there is probably more.
pub fn tidy(start: &str, now: UnixTime) -> [Query<bool>; 22] {
    let expired = |table, key| walk(table, key, start, now - KEPT);
    // Whose keys begin with the expiry.
    let by_expiry = |table| {
        is_full(
            Statement::new(format!(
                "DELETE FROM {table} WHERE (expires_at, id) IN (
                SELECT expires_at, id FROM {table} WHERE expires_at < ? LIMIT ?)"
            ))
            .bind(now - KEPT)
            .bind(BATCH as i64),
        )
    };
    let surplus = |which: &str| {
        is_full(
            Statement::new(format!(
                "DELETE FROM clients WHERE rowid IN (
                SELECT rowid FROM clients WHERE unused_since < ? AND {which} AND {UNTOUCHED}
                ORDER BY unused_since DESC LIMIT ? OFFSET ?)"
            ))
            .bind(now - UNUSED_KEPT_AT_LEAST)
            .bind(BATCH as i64)
            .bind(MOST_UNUSED),
        )
    };
    [
        expired("codes", "hash"),
        expired("sessions", "hash"),
        expired("token_families", "id"),
        expired("revoked_tokens", "jti"),
        expired("pushed_requests", "hash"),
        expired("backchannel_outbox", "hash"),
        expired("replay", "key"),
        expired("throttles", "key"),
        expired("mail_codes", "browser"),
        expired("idempotency_keys", "hash"),
        by_expiry("challenges"),
        by_expiry("invitations"),
        is_full(
            Statement::new(
                "DELETE FROM dpop_proofs WHERE (expires_at, key) IN (
                SELECT expires_at, key FROM dpop_proofs WHERE expires_at < ? LIMIT ?)",
            )
            .bind(now - KEPT)
            .bind(BATCH as i64),
        ),
        is_full(
            Statement::new(
                "DELETE FROM mail_outbox WHERE id IN (
                SELECT id FROM mail_outbox WHERE created_at < ? AND (sent_at IS NOT NULL OR created_at < ?) LIMIT ?)",
            )
            .bind(now - mail_outbox::DAY)
            .bind(now - mail_outbox::GIVEN_UP_KEPT)
            .bind(BATCH as i64),
        ),
        email_undos(start, now),
        // Nothing is lost with these: what is missing is fetched again.
        is_full(
            Statement::new(
                "DELETE FROM fetches WHERE rowid IN (SELECT rowid FROM fetches WHERE expires_at < ? LIMIT ?)",
            )
            .bind(now)
            .bind(BATCH as i64),
        ),
        is_full(
            Statement::new(format!(
                "DELETE FROM clients WHERE rowid IN (
                SELECT rowid FROM clients
                WHERE unused_since < ?
                  AND (document_fresh_until IS NOT NULL OR unused_since < IIF(last_used_at IS NULL, ?, ?))
                  AND {UNTOUCHED} LIMIT ?)"
            ))
            .bind(now - UNUSED_DOCUMENT_KEPT)
            .bind(now - UNUSED_CLIENT_KEPT)
            .bind(now - DISUSED_CLIENT_KEPT)
            .bind(BATCH as i64),
        ),
        surplus("document_fresh_until IS NULL AND last_used_at IS NULL"),
        surplus("document_fresh_until IS NULL AND last_used_at IS NOT NULL"),
        surplus("document_fresh_until IS NOT NULL"),
        is_full(
            Statement::new("DELETE FROM signing_keys WHERE remove_at < ? OR revoked_at < ?")
                .bind(now - KEY_KEPT)
                .bind(now - KEY_KEPT),
        ),
        is_full(Statement::new("DELETE FROM api_keys WHERE expires_at < ?").bind(now - API_KEY_KEPT)),
    ]
}
