//! `session_clients`: which client knows a session.
#![allow(dead_code)]

use serde::Deserialize;

use super::{Rows, Statement, sessions::Ending};
use crate::{edge::fault::Fault, secret::Hash, time::UnixTime};

/// Notes that the client of a code knows the session of it, if the code was stored: goes into the batch that stores it.
pub fn note(code_hash: &Hash, now: UnixTime) -> Statement {
    Statement::new(
        "INSERT INTO session_clients (session_id, client_id, known_as, first_at, last_at)
         SELECT session_id, client_id, session_id, ?, ? FROM codes WHERE hash = ?
         ON CONFLICT (session_id, client_id, known_as) DO UPDATE SET last_at = excluded.last_at",
    )
    .bind(now)
    .bind(now)
    .bind(code_hash)
}

/// Lets a new session of a person take over the clients that know those of `hashes`, the person's others in that browser.
pub fn inherit(session_id: &str, user_id: &str, hashes: &str) -> Statement {
    Statement::new(
        "UPDATE OR REPLACE session_clients SET session_id = ?
         WHERE EXISTS (SELECT 1 FROM sessions WHERE id = ?)
           AND session_id IN (SELECT id FROM sessions WHERE user_id = ? AND id <> ?
                                AND hash IN (SELECT value FROM json_each(?)))",
    )
    .bind(session_id)
    .bind(session_id)
    .bind(user_id)
    .bind(session_id)
    .bind(hashes)
}

/// A client that is told in the person's own browser.
#[derive(Deserialize)]
pub struct FrontChannelClient {
    pub client_id: String,
    pub known_as: String,
    pub uri: String,
    session_required: i64,
}

impl FrontChannelClient {
    /// `frontchannel_logout_session_required`.
    pub fn session_required(&self) -> bool {
        self.session_required != 0
    }
}

/// The clients of sessions that end, as far as they have a `frontchannel_logout_uri`, those last used first. Goes before
/// what ends the sessions.
pub fn with_front_channel(which: &Ending<'_>) -> Statement {
    let sql = format!(
        "SELECT c.id AS client_id, sc.known_as, json_extract(c.metadata, '$.frontchannel_logout_uri') AS uri,
                COALESCE(json_extract(c.metadata, '$.frontchannel_logout_session_required'), 0) AS session_required
         FROM sessions s
         JOIN session_clients sc ON sc.session_id = s.id
         JOIN clients c ON c.id = sc.client_id
         WHERE {} AND uri IS NOT NULL
         ORDER BY sc.last_at DESC LIMIT 50",
        which.condition()
    );
    which.bind(Statement::new(sql))
}

pub fn read_front_channel(rows: &Rows) -> Result<Vec<FrontChannelClient>, Fault> {
    rows.all()
}
