//! `trusted_browsers`: where a person is not asked for a second factor again.

use serde::Deserialize;
use serde_json::{Value, json};

use super::{Query, Rows, Statement};
use crate::{
    account::trusted_browser::{LIFETIME, MOST, Trust},
    secret::{Hash, RootKeys},
    time::UnixTime,
};

/// The most characters of a browser's name that are kept.
const LONGEST_USER_AGENT: usize = 200;

/// A browser that a person trusts, as they see it.
#[derive(Deserialize)]
pub struct TrustedBrowser {
    pub id: String,
    pub user_agent: String,
    pub created_at: i64,
    pub last_used_at: i64,
    pub expires_at: i64,
}

impl TrustedBrowser {
    /// As the admin API and the copy of an account have it.
    pub fn describe(&self) -> Value {
        json!({
            "id": self.id,
            "user_agent": self.user_agent,
            "trusted_at": self.created_at,
            "last_used_at": self.last_used_at,
            "expires_at": self.expires_at,
        })
    }
}

/// Which of the people of a browser's cookie trust it, by their ids.
pub fn find_shown(shown: &[Trust], roots: &RootKeys, now: UnixTime) -> Query<Vec<String>> {
    let shown: Vec<_> = shown
        .iter()
        .filter_map(|trust| {
            Some([
                trust.user_id.clone(),
                trust.id.clone(),
                trust.hash(roots)?.as_str().to_owned(),
            ])
        })
        .collect();
    Statement::new(
        "SELECT t.user_id FROM json_each(?) j
         JOIN trusted_browsers t ON t.user_id = json_extract(j.value, '$[0]') AND t.id = json_extract(j.value, '$[1]')
         WHERE t.hash = json_extract(j.value, '$[2]') AND t.expires_at > ?",
    )
    .bind(&serde_json::to_string(&shown).unwrap_or_default())
    .bind(now)
    .read_by(|rows| {
        #[derive(Deserialize)]
        struct Row {
            user_id: String,
        }
        Ok(rows.all::<Row>()?.into_iter().map(|row| row.user_id).collect())
    })
}

/// Trusts a browser in which the person's new session `session_id` began. Their expired and their oldest ones go.
pub fn insert(trust: &Trust, hash: &Hash, session_id: &str, now: UnixTime) -> [Statement; 2] {
    let insert = Statement::new(
        "INSERT INTO trusted_browsers (user_id, id, hash, user_agent, created_at, last_used_at, expires_at)
         SELECT s.user_id, ?, ?, substr(s.user_agent, 1, ?), ?, ?, ? FROM sessions s WHERE s.id = ? AND s.user_id = ?",
    )
    .bind(&trust.id)
    .bind(hash)
    .bind(LONGEST_USER_AGENT as i64)
    .bind(now)
    .bind(now)
    .bind(now + LIFETIME)
    .bind(session_id)
    .bind(&trust.user_id);
    let tidy = Statement::new(
        "DELETE FROM trusted_browsers WHERE user_id = ? AND (expires_at <= ? OR id IN (
            SELECT o.id FROM trusted_browsers o WHERE o.user_id = ? ORDER BY o.created_at DESC, o.id LIMIT -1 OFFSET ?))",
    )
    .bind(&trust.user_id)
    .bind(now)
    .bind(&trust.user_id)
    .bind(MOST);
    [insert, tidy]
}

/// Notes that a browser was trusted, as the new session `session_id` begins.
pub fn touch(trust: &Trust, session_id: &str, now: UnixTime) -> Statement {
    Statement::new(
        "UPDATE trusted_browsers SET last_used_at = ?
         WHERE user_id = ? AND id = ? AND EXISTS (SELECT 1 FROM sessions s WHERE s.id = ? AND s.user_id = ?)",
    )
    .bind(now)
    .bind(&trust.user_id)
    .bind(&trust.id)
    .bind(session_id)
    .bind(&trust.user_id)
}

const LIST: &str = "SELECT id, user_agent, created_at, last_used_at, expires_at FROM trusted_browsers WHERE user_id = ";

/// The browsers that the person behind a session trusts, the latest first.
pub fn list_own(session_hash: &Hash, now: UnixTime) -> Query<Vec<TrustedBrowser>> {
    Statement::new(format!(
        "{LIST}(SELECT user_id FROM sessions WHERE hash = ?) AND expires_at > ? ORDER BY last_used_at DESC"
    ))
    .bind(session_hash)
    .bind(now)
    .read_by(Rows::all)
}

/// Those that a person trusts.
pub fn list_of(user_id: &str, now: UnixTime) -> Query<Vec<TrustedBrowser>> {
    Statement::new(format!("{LIST}? AND expires_at > ? ORDER BY last_used_at DESC"))
        .bind(user_id)
        .bind(now)
        .read_by(Rows::all)
}

/// Ends the trust of the person behind a session in a browser.
pub fn remove_own(session_hash: &Hash, id: &str) -> Query<bool> {
    Statement::new("DELETE FROM trusted_browsers WHERE user_id = (SELECT user_id FROM sessions WHERE hash = ?) AND id = ? RETURNING id")
        .bind(session_hash)
        .bind(id)
        .any()
}
