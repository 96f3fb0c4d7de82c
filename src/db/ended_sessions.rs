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

/// Notes by which names the apps with webhooks know the sessions that end. Goes into the batch that ends them, before it does.
pub fn write(which: &Ending<'_>, now: UnixTime) -> Statement {
    // Where no app has a webhook, no session is looked for.
    let sql = format!(
        "INSERT OR IGNORE INTO ended_sessions (session_id, client_id, known_as, ended_at)
         SELECT s.id, sc.client_id, sc.known_as, ?
         FROM (SELECT DISTINCT client_id FROM webhooks WHERE client_id IS NOT NULL) w
         CROSS JOIN sessions s
         CROSS JOIN session_clients sc ON sc.session_id = s.id AND sc.client_id = w.client_id
         WHERE {}",
        which.condition()
    );
    which.bind(Statement::new(sql).bind(now))
}

/// Deletes what no webhook waits for any more, a bounded number of rows, and says whether there is probably more.
pub fn tidy(now: UnixTime) -> Query<bool> {
    is_full(
        Statement::new(
            "DELETE FROM ended_sessions WHERE (session_id, client_id, known_as) IN (
                SELECT session_id, client_id, known_as FROM ended_sessions WHERE ended_at < ? LIMIT ?)",
        )
        .bind(now - retry::KEPT - SPARE)
        .bind(BATCH as i64),
    )
}
