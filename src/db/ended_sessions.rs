//! `ended_sessions`: by which names apps knew sessions that have ended, for the webhooks of these apps.

use super::{
    Query, Statement,
    housekeeping::{BATCH, is_full},
    session_endings::Ending,
};
use crate::{
    time::{Lifetime, UnixTime},
    web::retry,
};

/// How long after the longest wait of an event a row is kept.
const SPARE: Lifetime = Lifetime::days(1);

/// How far back among the events of a person the end of a session is looked for: more than a person has sessions.
const NEAR: i64 = 50;

/// Notes by which names the apps with webhooks know the sessions that end. Goes into the batch that ends them, before it does, and behind
/// [`super::audit::record_ending`]: of an end that is not written down nobody is told, so nothing is kept for it either.
pub fn write(which: &Ending<'_>, now: UnixTime) -> Statement {
    // Where no app has a webhook, no session is looked for.
    let sql = format!(
        "INSERT OR IGNORE INTO ended_sessions (client_id, session_id, known_as, ended_at)
         SELECT sc.client_id, s.id, sc.known_as, ?
         FROM (SELECT DISTINCT client_id FROM webhooks WHERE client_id IS NOT NULL) w
         CROSS JOIN sessions s
         CROSS JOIN session_clients sc ON sc.session_id = s.id AND sc.client_id = w.client_id
         WHERE {}
             AND EXISTS (
                SELECT 1 FROM (SELECT session_id, event FROM audit WHERE user_id = s.user_id ORDER BY id DESC LIMIT {NEAR}) a
                WHERE a.session_id = s.id AND a.event IN ('sign_out', 'session_ended'))",
        which.condition()
    );
    which.bind(Statement::new(sql).bind(now))
}

/// Deletes what no webhook waits for any more, a bounded number of rows, and says whether there is probably more.
pub fn tidy(now: UnixTime) -> Query<bool> {
    is_full(
        Statement::new(
            "DELETE FROM ended_sessions WHERE (client_id, session_id, known_as) IN (
                SELECT client_id, session_id, known_as FROM ended_sessions WHERE ended_at < ? LIMIT ?)",
        )
        .bind(now - retry::KEPT - SPARE)
        .bind(BATCH as i64),
    )
}
