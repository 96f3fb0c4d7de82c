//! Sessions that wait for their person to accept the terms, or to choose another password.
//!
//! Such a session is stored under another hash than that of its token. So no statement that looks for the session of a cookie finds it,
//! also none of an older Worker; only those of this file do.

use serde::Deserialize;

use super::{Query, Rows, Statement};
use crate::{
    config::Lifetimes,
    fault::Fault,
    secret::Hash,
    time::{Lifetime, UnixTime},
};

/// How long a session waits at most.
pub(super) const LONGEST_WAIT: Lifetime = Lifetime::hours(1);

/// The hash under which a session waits.
pub fn while_waiting(hash: &Hash) -> Hash {
    Hash::stored(stored(hash))
}

fn stored(hash: &Hash) -> String {
    format!("waiting:{}", hash.as_str())
}

/// The hashes under which the sessions of a browser are stored, whether they wait or not, as JSON.
pub fn json_of_either<'a>(hashes: impl Iterator<Item = &'a Hash>) -> String {
    let either: Vec<_> = hashes
        .flat_map(|hash| [hash.as_str().to_owned(), stored(hash)])
        .collect();
    serde_json::to_string(&either).unwrap_or_default()
}

/// What a new session waits for: nothing, for its person to accept the terms, to choose another password, or both.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WaitsFor {
    pub terms: bool,
    pub password: bool,
}

impl WaitsFor {
    pub(super) fn stored(bits: i64) -> Self {
        Self {
            terms: bits & 1 != 0,
            password: bits & 2 != 0,
        }
    }

    /// Whether there is anything.
    pub fn is_something(self) -> bool {
        self.terms || self.password
    }

    pub(super) fn read(rows: &Rows) -> Result<Option<Self>, Fault> {
        #[derive(Deserialize)]
        struct Begun {
            waits_for: i64,
        }
        Ok(rows.first::<Begun>()?.map(|begun| Self::stored(begun.waits_for)))
    }
}

/// Deletes sessions that wait: `hashes` is a JSON array of [`while_waiting`]. Nobody is told of it, as if they had waited too long.
pub fn forget(hashes: &str) -> Statement {
    Statement::new("DELETE FROM sessions WHERE hash IN (SELECT value FROM json_each(?))").bind(hashes)
}

/// Holds where a user `u` has a password that they have to change.
const MUST_CHANGE: &str =
    "EXISTS (SELECT 1 FROM credentials d WHERE d.user_id = u.id AND d.kind = 'password' AND d.must_change)";

/// Holds where a user `u` has accepted that version of the terms.
fn has_accepted(version: &str) -> Statement {
    Statement::new("EXISTS (SELECT 1 FROM accepted_terms a WHERE a.user_id = u.id AND a.version = ?)").bind(version)
}

/// Gives what a session of a user `u` waits for who has shown a password, or not, and must have accepted that version of the terms.
pub(super) fn waits_for(by_password: bool, terms: Option<&str>) -> Statement {
    let password = match by_password {
        true => Statement::new(format!("2 * {MUST_CHANGE}")),
        false => Statement::new("0"),
    };
    match terms {
        Some(version) => password
            .append(Statement::new(" + (NOT "))
            .append(has_accepted(version))
            .append(Statement::new(")")),
        None => password,
    }
}

/// Holds for a session `s` that waits for another password, and the password `c` of its person, while that is the one that they have shown
/// and still have to change. Whoever changed it elsewhere, by a link for example, may not have been the one who waits here.
pub(super) const STILL_TO_CHANGE: &str = "c.must_change AND c.created_at <= s.created_at";

/// Lets the session that is stored as `waiting` count, under the cookie of `new`, if its person has done all that it waited for: accepted
/// that version of the terms, and chosen the password of that hash. Says whether it does.
pub fn release(
    waiting: &Hash,
    new: &Hash,
    (terms, password_hash): (Option<&str>, Option<&str>),
    lifetimes: &Lifetimes,
    now: UnixTime,
) -> Query<bool> {
    let accepted = terms.map_or_else(|| Statement::new("TRUE"), has_accepted);
    Statement::new(
        "UPDATE sessions SET hash = ?, expires_at = auth_time + ?, last_seen_at = ?, waits_for = 0 WHERE hash = ?
           AND EXISTS (SELECT 1 FROM users u WHERE u.id = sessions.user_id AND u.disabled_at IS NULL
                         AND (sessions.waits_for & 1 = 0 OR ",
    )
    .bind(new)
    .bind(lifetimes.session.0)
    .bind(now)
    .bind(waiting)
    .append(accepted)
    .append(Statement::new(
        ") AND (sessions.waits_for & 2 = 0 OR EXISTS (SELECT 1 FROM credentials d WHERE d.user_id = u.id AND d.kind = 'password'
                                                        AND d.secret = ? AND NOT d.must_change))) RETURNING id",
    ))
    .bind(password_hash)
    .any()
}
