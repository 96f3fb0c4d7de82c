//! `sessions`.

use serde::Deserialize;

use super::{Rows, Statement, from_json, users};
use crate::{
    account::user::User,
    config::Lifetimes,
    edge::fault::Fault,
    oidc::authentication::Authentication,
    secret::Hash,
    time::{Lifetime, UnixTime},
};

/// How old "last seen" may grow before it is written again.
const LAST_SEEN_STEP: Lifetime = Lifetime::minutes(1);

/// The most characters of a browser's name that are kept.
const LONGEST_USER_AGENT: usize = 200;

#[derive(Deserialize)]
struct Row {
    session_id: String,
    auth_time: i64,
    acr: String,
    amr: String,
    #[serde(flatten)]
    user: users::Row,
}

/// A live session and its person.
pub struct Session {
    pub authentication: Authentication,
    pub user: User,
}

/// A session that begins.
pub struct NewSession<'a> {
    pub hash: &'a Hash,
    pub authentication: &'a Authentication,
    pub user_agent: &'a str,
}

/// The session of a cookie, if it lives and its person is not disabled.
pub fn find(hash: Option<&Hash>, lifetimes: &Lifetimes, now: UnixTime) -> Statement {
    Statement::new(format!(
        "SELECT s.id AS session_id, s.auth_time, s.acr, s.amr, {}
         FROM sessions s JOIN users u ON u.id = s.user_id AND u.disabled_at IS NULL
         WHERE s.hash = ? AND s.expires_at > ? AND s.last_seen_at > ?",
        users::COLUMNS
    ))
    .bind(hash)
    .bind(now)
    .bind(now - lifetimes.session_idle)
}

pub fn read(rows: &Rows) -> Result<Option<Session>, Fault> {
    let Some(row) = rows.first::<Row>()? else {
        return Ok(None);
    };
    let user = row.user.into_user()?;
    let authentication = Authentication {
        session_id: row.session_id,
        user_id: user.id.clone(),
        auth_time: UnixTime(row.auth_time),
        acr: row.acr,
        amr: from_json(&row.amr)?,
    };
    Ok(Some(Session { authentication, user }))
}

/// Notes that a live session is in use.
pub fn touch(hash: Option<&Hash>, lifetimes: &Lifetimes, now: UnixTime) -> Statement {
    Statement::new(
        "UPDATE sessions SET last_seen_at = ? WHERE hash = ? AND last_seen_at BETWEEN ? AND ? AND expires_at > ?",
    )
    .bind(now)
    .bind(hash)
    .bind(now - lifetimes.session_idle + Lifetime(1))
    .bind(now - LAST_SEEN_STEP)
    .bind(now)
}

pub fn insert(session: &NewSession<'_>, lifetimes: &Lifetimes) -> Statement {
    let authentication = session.authentication;
    let user_agent: String = session.user_agent.chars().take(LONGEST_USER_AGENT).collect();
    Statement::new(
        "INSERT INTO sessions (hash, id, user_id, auth_time, acr, amr, user_agent, created_at, last_seen_at, expires_at)
         SELECT ?, ?, id, ?, ?, ?, ?, ?, ?, ? FROM users WHERE id = ? AND disabled_at IS NULL
         RETURNING id",
    )
    .bind(session.hash)
    .bind(&authentication.session_id)
    .bind(authentication.auth_time)
    .bind(&authentication.acr)
    .bind(&serde_json::to_string(&authentication.amr).unwrap_or_default())
    .bind(&user_agent)
    .bind(authentication.auth_time)
    .bind(authentication.auth_time)
    .bind(authentication.auth_time + lifetimes.session)
    .bind(&authentication.user_id)
}

pub fn delete(hash: Option<&Hash>) -> Statement {
    Statement::new("DELETE FROM sessions WHERE hash = ?").bind(hash)
}
