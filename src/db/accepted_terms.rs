//! `accepted_terms`: which terms people have accepted, and when.

use serde::{Deserialize, Serialize};

use super::{Query, Rows, Statement, conditions::behind};
use crate::{secret::Hash, time::UnixTime};

/// Terms that somebody has accepted.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct Accepted {
    pub version: String,
    pub accepted_at: i64,
}

/// A new person accepts a version, if the statement before changed a row. Then so does this one.
pub fn accept_if_changed(user_id: &str, version: &str, now: UnixTime) -> Statement {
    accept_by("id FROM users WHERE id = ? AND changes() > 0", version, now).bind(user_id)
}

/// The person behind a session, as it is stored, accepts a version, if they have not accepted it before.
pub fn accept_behind(session_hash: &Hash, version: &str, now: UnixTime) -> Statement {
    accept_by("user_id FROM sessions WHERE hash = ?", version, now).bind(session_hash)
}

fn accept_by(whose: &str, version: &str, now: UnixTime) -> Statement {
    Statement::new(format!(
        "INSERT OR IGNORE INTO accepted_terms (version, accepted_at, user_id) SELECT ?, ?, {whose}"
    ))
    .bind(version)
    .bind(now)
}

/// Those of a person, the latest first.
pub fn list_of(user_id: &str) -> Query<Vec<Accepted>> {
    list("?").bind(user_id).read_by(Rows::all)
}

/// Those of the person behind a session.
pub fn list_own(session_hash: &Hash) -> Query<Vec<Accepted>> {
    list(behind!()).bind(session_hash).read_by(Rows::all)
}

fn list(user_id: &str) -> Statement {
    Statement::new(format!(
        "SELECT version, accepted_at FROM accepted_terms WHERE user_id = {user_id} ORDER BY accepted_at DESC"
    ))
}
