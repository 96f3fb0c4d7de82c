//! `session_clients`: which client knows a session.

use serde::Deserialize;

use super::{Query, Rows, Statement, preconditions::Preconditions, session_endings::Ending};
use crate::{fault::Fault, secret::Hash, time::UnixTime};

/// Notes that a client knows the session behind what it gets, if the preconditions of that hold.
pub fn note(preconditions: &Preconditions<'_>) -> Statement {
    Statement::new(
        "INSERT INTO session_clients (session_id, client_id, known_as, first_at, last_at)
         SELECT s.id, c.id, s.id, ?, ?",
    )
    .bind(preconditions.now)
    .bind(preconditions.now)
    .append(preconditions.from())
    .append(Statement::new(
        " ON CONFLICT (session_id, client_id, known_as) DO UPDATE SET last_at = excluded.last_at",
    ))
}

/// The same for a code that was stored before in the batch.
pub fn note_of_code(code: &Hash, now: UnixTime) -> Statement {
    Statement::new(
        "INSERT INTO session_clients (session_id, client_id, known_as, first_at, last_at)
         SELECT session_id, client_id, session_id, ?, ? FROM codes WHERE hash = ?
         ON CONFLICT (session_id, client_id, known_as) DO UPDATE SET last_at = excluded.last_at",
    )
    .bind(now)
    .bind(now)
    .bind(code)
}

/// Lets a new session of a person take over the clients that know those of `hashes`, the person's others in that browser.
pub fn inherit(session_id: &str, user_id: &str, hashes: &str) -> Statement {
    Statement::new(
        "UPDATE OR REPLACE session_clients SET session_id = ?
         WHERE EXISTS (SELECT 1 FROM sessions WHERE user_id = ? AND id = ?)
           AND session_id IN (SELECT id FROM sessions WHERE user_id = ? AND id <> ?
                                AND hash IN (SELECT value FROM json_each(?)))",
    )
    .bind(session_id)
    .bind(user_id)
    .bind(session_id)
    .bind(user_id)
    .bind(session_id)
    .bind(hashes)
}

/// How many sign-ins in a row a client is told of when the last one ends.
const MOST_KEPT: i64 = 10;

/// Forgets, for each client of a session of a person, what lies more than ten sign-ins back: an app that asks for the password all
/// the time would be told of thousands. Tokens of then that would end with the session end now.
pub fn forget_oldest(session_id: &str, user_id: &str) -> [Statement; 2] {
    let oldest = |columns: &str| {
        format!(
            "SELECT {columns} FROM (
                SELECT client_id, known_as, ROW_NUMBER() OVER (PARTITION BY client_id ORDER BY first_at DESC, known_as) AS place
                FROM session_clients WHERE session_id = ?)
             WHERE place > ?"
        )
    };
    let tokens = Statement::new(format!(
        "DELETE FROM token_families WHERE grant_id IN (SELECT g.id FROM grants g WHERE g.user_id = ?)
           AND session_id IN ({})
           AND NOT EXISTS (SELECT 1 FROM json_each(scope) WHERE value = 'offline_access')",
        oldest("known_as")
    ));
    let rows = Statement::new(format!(
        "DELETE FROM session_clients WHERE session_id = ? AND (client_id, known_as) IN ({})",
        oldest("client_id, known_as")
    ));
    [tokens.bind(user_id), rows.bind(session_id)].map(|statement| statement.bind(session_id).bind(MOST_KEPT))
}

/// What a client knows the sessions of a browser as: each by its id, with the ids of those that it replaced.
pub fn names_at(hashes: &str, client_id: &str) -> Query<Vec<(String, String)>> {
    Statement::new(
        "SELECT sc.session_id, sc.known_as FROM session_clients sc JOIN sessions s ON s.id = sc.session_id
         WHERE s.hash IN (SELECT value FROM json_each(?)) AND sc.client_id = ?",
    )
    .bind(hashes)
    .bind(client_id)
    .read_by(read_names)
}

fn read_names(rows: &Rows) -> Result<Vec<(String, String)>, Fault> {
    #[derive(Deserialize)]
    struct Row {
        session_id: String,
        known_as: String,
    }
    let rows = rows.all::<Row>()?.into_iter();
    Ok(rows.map(|row| (row.session_id, row.known_as)).collect())
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
pub fn with_front_channel(which: &Ending<'_>) -> Query<Vec<FrontChannelClient>> {
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
    which.bind(Statement::new(sql)).read_by(Rows::all)
}
