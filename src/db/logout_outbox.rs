//! `logout_outbox`: what back-channel logout still has to tell clients (OIDC Back-Channel Logout 1.0).

use serde::Deserialize;

use super::{Query, Rows, Statement, from_json, session_endings::Ending};
use crate::{
    fault::Fault,
    oidc::{client::Client, subject::SubjectSalt},
    time::{Lifetime, UnixTime},
    web::retry,
};

/// How long a run has a notice and its target for itself: longer than telling one target of all that it took.
const LEASE: Lifetime = Lifetime::minutes(2);

/// Writes a notice for every client that knows one of the sessions that end and has a `backchannel_logout_uri`. Goes into the
/// batch that ends them, before it does. Where the target has failed others of the client, the new one waits with them.
pub fn write(which: &Ending<'_>, now: UnixTime) -> Statement {
    let sql = format!(
        "INSERT INTO logout_outbox
             (id, client_id, user_id, subject_salt, session_id, target, attempts, due_at, created_at)
         SELECT lower(hex(randomblob(16))), c.id, s.user_id,
                (SELECT subject_salt FROM users WHERE users.id = s.user_id), sc.known_as,
                json_extract(c.metadata, '$.backchannel_logout_uri'),
                COALESCE((SELECT MAX(attempts) FROM logout_outbox
                          WHERE target = json_extract(c.metadata, '$.backchannel_logout_uri')
                              AND logout_outbox.client_id = c.id), 0),
                MAX(?, COALESCE((SELECT MAX(due_at) FROM logout_outbox
                          WHERE target = json_extract(c.metadata, '$.backchannel_logout_uri')
                              AND logout_outbox.client_id = c.id AND attempts > 0), 0)),
                ?
         FROM sessions s
         JOIN session_clients sc ON sc.session_id = s.id
         JOIN clients c ON c.id = sc.client_id
         WHERE {} AND json_extract(c.metadata, '$.backchannel_logout_uri') IS NOT NULL",
        which.condition()
    );
    which.bind(Statement::new(sql).bind(now).bind(now))
}

/// A notice that this run sends.
pub struct Notice {
    pub id: String,
    pub client: Client,
    pub user_id: String,
    pub subject_salt: SubjectSalt,
    pub session_id: String,
    /// Where its client wanted to be told when it was written.
    pub target: Option<String>,
    /// How often in a row the target has failed its client.
    pub attempts: i64,
    pub created_at: UnixTime,
}

/// Takes at most `limit` notices that are due, for the run `lease` alone, along with their targets: no other run tells these of
/// anything until this one is done with them or the lease is over. People take turns: a person who signed out of a thousand apps
/// does not keep the notices of others waiting.
pub fn take(lease: &str, limit: i64, now: UnixTime) -> Statement {
    Statement::new(
        "UPDATE logout_outbox SET lease = ?, due_at = ?
         WHERE id IN (
            SELECT id FROM (
                SELECT id, due_at, ROW_NUMBER() OVER (PARTITION BY user_id ORDER BY due_at) AS turn
                FROM logout_outbox
                WHERE due_at <= ? AND (target IS NULL OR target NOT IN (
                    SELECT target FROM logout_outbox
                    WHERE lease IS NOT NULL AND due_at > ? AND target IS NOT NULL)))
            ORDER BY turn, due_at LIMIT ?)",
    )
    .bind(lease)
    .bind(now + LEASE)
    .bind(now)
    .bind(now)
    .bind(limit)
}

/// The notices that [`take`] took.
pub fn taken(lease: &str) -> Query<Vec<Notice>> {
    Statement::new(
        "SELECT o.id, o.client_id, c.version, c.issued_at, c.metadata, o.user_id, o.subject_salt, o.session_id, o.target, o.attempts,
                o.created_at
         FROM logout_outbox o JOIN clients c ON c.id = o.client_id WHERE o.lease = ?",
    )
    .bind(lease)
    .read_by(read)
}

fn read(rows: &Rows) -> Result<Vec<Notice>, Fault> {
    #[derive(Deserialize)]
    struct Row {
        id: String,
        client_id: String,
        version: i64,
        issued_at: i64,
        metadata: String,
        user_id: String,
        subject_salt: SubjectSalt,
        session_id: String,
        target: Option<String>,
        attempts: i64,
        created_at: i64,
    }
    let rows = rows.all::<Row>()?.into_iter();
    rows.map(|row| {
        Ok(Notice {
            id: row.id,
            client: Client {
                client_id: row.client_id,
                version: row.version,
                issued_at: UnixTime(row.issued_at),
                metadata: from_json(&row.metadata)?,
                document_fresh_until: None,
            },
            user_id: row.user_id,
            subject_salt: row.subject_salt,
            session_id: row.session_id,
            target: row.target,
            attempts: row.attempts,
            created_at: UnixTime(row.created_at),
        })
    })
    .collect()
}

/// Notices that are done with, as a JSON array of their ids: the clients have heard of them, or never will.
pub fn delete(ids: &str) -> Statement {
    Statement::new("DELETE FROM logout_outbox WHERE id IN (SELECT value FROM json_each(?))").bind(ids)
}

/// What the client of `notice` should hear there waits until `due_at`, since it was answered wrongly `failures` times in a row.
/// That says nothing of others who name the same target.
pub fn postpone(notice: &Notice, failures: i64, due_at: UnixTime) -> Statement {
    Statement::new(
        "UPDATE logout_outbox SET lease = NULL, attempts = ?, due_at = ?
         WHERE id = ? OR (target = ? AND client_id = ?)",
    )
    .bind(failures)
    .bind(due_at)
    .bind(&notice.id)
    .bind(notice.target.as_ref())
    .bind(&notice.client.client_id)
}

/// All that is due at the target of `notice` waits, since nobody answers there: for each client as long as its own failures in a
/// row say ([`retry::wait`]). Of the clients in `heard`, a JSON array, this is the first.
pub fn postpone_all(notice: &Notice, heard: &str, now: UnixTime) -> Statement {
    let (first, longest) = (retry::FIRST_WAIT.seconds(), retry::LONGEST_WAIT.seconds());
    let failures_before = "IIF(client_id IN (SELECT value FROM json_each(?)), 0, attempts)";
    Statement::new(format!(
        "UPDATE logout_outbox SET lease = NULL, attempts = {failures_before} + 1,
             due_at = ? + MIN({longest}, {first} << (2 * MIN({failures_before}, 10)))
         WHERE id = ? OR (target = ? AND (lease IS NOT NULL OR due_at <= ?))"
    ))
    .bind(heard)
    .bind(now)
    .bind(heard)
    .bind(&notice.id)
    .bind(notice.target.as_ref())
    .bind(now)
}

/// The client of `notice` has answered again: what it should hear there is due.
pub fn release(notice: &Notice, now: UnixTime) -> Statement {
    Statement::new(
        "UPDATE logout_outbox SET attempts = 0, due_at = ? WHERE target = ? AND client_id = ? AND lease IS NULL",
    )
    .bind(now)
    .bind(notice.target.as_ref())
    .bind(&notice.client.client_id)
}

/// The client of `notice` wants to be told at `target` by now. It is due there at once, unless others of the client
/// wait for that.
pub fn redirect(notice: &Notice, target: &str, now: UnixTime) -> Statement {
    Statement::new(
        "UPDATE logout_outbox SET lease = NULL, target = ?,
             attempts = COALESCE((SELECT MAX(attempts) FROM logout_outbox WHERE target = ? AND client_id = ?), 0),
             due_at = MAX(?, COALESCE((SELECT MAX(due_at) FROM logout_outbox
                                       WHERE target = ? AND client_id = ? AND attempts > 0), 0))
         WHERE id = ?",
    )
    .bind(target)
    .bind(target)
    .bind(&notice.client.client_id)
    .bind(now)
    .bind(target)
    .bind(&notice.client.client_id)
    .bind(&notice.id)
}
