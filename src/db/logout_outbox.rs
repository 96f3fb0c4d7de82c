//! `logout_outbox`: what back-channel logout still has to tell clients (OIDC Back-Channel Logout 1.0).

use serde::Deserialize;

use super::{Rows, Statement, from_json, sessions::Ending};
use crate::{
    fault::Fault,
    oidc::{client::Client, subject::SubjectSalt},
    time::{Lifetime, UnixTime},
};

/// How long a notice is tried before it is given up.
pub const KEPT: Lifetime = Lifetime::days(7);

/// The shortest wait for the next attempt, and so the lease of the run that makes this one: far longer than a run takes.
const FIRST_WAIT: Lifetime = Lifetime::minutes(1);

/// The longest wait.
const LONGEST_WAIT: Lifetime = Lifetime::hours(6);

/// Writes a notice for every client that knows one of the sessions that end and has a `backchannel_logout_uri`. Goes into the
/// batch that ends them, before it does.
pub fn write(which: &Ending<'_>, now: UnixTime) -> Statement {
    let sql = format!(
        "INSERT INTO logout_outbox (id, client_id, user_id, subject_salt, session_id, attempts, due_at, created_at)
         SELECT lower(hex(randomblob(16))), c.id, s.user_id,
                (SELECT subject_salt FROM users WHERE users.id = s.user_id), sc.known_as, 0, ?, ?
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
    /// This one counted.
    pub attempts: i64,
    pub created_at: UnixTime,
}

/// Takes at most `limit` notices that are due, for the run `lease` alone. Should it die, they are due again after the same
/// wait as when an attempt fails: that doubles with each. People take turns: who signed out of a thousand apps that do not answer
/// keeps nobody else's waiting.
pub fn take(lease: &str, limit: i64, now: UnixTime) -> Statement {
    Statement::new(
        "UPDATE logout_outbox
         SET lease = ?, attempts = attempts + 1, due_at = ? + MIN(?, ? << MIN(attempts, 20))
         WHERE id IN (
            SELECT id FROM (
                SELECT id, due_at, ROW_NUMBER() OVER (PARTITION BY user_id ORDER BY due_at) AS turn
                FROM logout_outbox WHERE due_at <= ?)
            ORDER BY turn, due_at LIMIT ?)",
    )
    .bind(lease)
    .bind(now)
    .bind(LONGEST_WAIT.seconds())
    .bind(FIRST_WAIT.seconds())
    .bind(now)
    .bind(limit)
}

/// The notices that [`take`] took.
pub fn taken(lease: &str) -> Statement {
    Statement::new(
        "SELECT o.id, o.client_id, c.version, c.issued_at, c.metadata, o.user_id, o.subject_salt, o.session_id, o.attempts, o.created_at
         FROM logout_outbox o JOIN clients c ON c.id = o.client_id WHERE o.lease = ?",
    )
    .bind(lease)
}

pub fn read(rows: &Rows) -> Result<Vec<Notice>, Fault> {
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
