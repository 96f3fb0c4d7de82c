//! Conditions that statements about several tables share, each in one place: which sessions live, which people may sign in.

use super::Statement;
use crate::{
    config::SecondFactor,
    time::{Lifetime, UnixTime},
};

/// The person behind a session, by its hash. Nobody where the session is gone.
macro_rules! behind {
    () => {
        "(SELECT user_id FROM sessions WHERE hash = ?)"
    };
}
pub(super) use behind;

/// Holds where the person of that id is not disabled.
macro_rules! enabled {
    ($user_id:literal) => {
        concat!(
            "EXISTS (SELECT 1 FROM users WHERE users.id = ",
            $user_id,
            " AND users.disabled_at IS NULL)"
        )
    };
}
pub(super) use enabled;

/// Fails, and with it the batch that it is in, where something is found.
pub(super) fn fail_where(found: Statement) -> Statement {
    Statement::new("SELECT json(IIF(EXISTS (")
        .append(found)
        .append(Statement::new("), 'changed', '1'))"))
}

/// Holds for the person of that id who is in one of the groups of a JSON array.
pub(super) fn is_in_one_of(user_id: &str, groups: &str) -> Statement {
    Statement::new(format!(
        "EXISTS (SELECT 1 FROM json_each(?) allowed JOIN group_members m ON m.user_id = {user_id} AND m.group_id = allowed.value)"
    ))
    .bind(groups)
}

/// Holds for the person of that id who is in a group whose people must show a second factor.
pub(super) fn group_requires_second_factor(user_id: &str) -> String {
    format!(
        "EXISTS (SELECT 1 FROM group_members m JOIN groups q ON q.id = m.group_id AND q.second_factor_required = 1
                 WHERE m.user_id = {user_id})"
    )
}

/// Holds for the person of that id of whom neither the deployment nor a group requires a second factor.
pub(super) fn needs_no_second_factor(policy: SecondFactor, user_id: &str) -> Statement {
    Statement::new(match policy {
        SecondFactor::Off => "TRUE".to_owned(),
        SecondFactor::Optional => format!("NOT {}", group_requires_second_factor(user_id)),
        SecondFactor::Required => "FALSE".to_owned(),
    })
}

/// Holds where the client of that id is disabled.
macro_rules! disabled_client {
    ($client_id:literal) => {
        concat!(
            "EXISTS (SELECT 1 FROM clients d WHERE d.id = ",
            $client_id,
            " AND json_extract(d.metadata, '$.disabled') = 1)"
        )
    };
}
pub(super) use disabled_client;

/// Holds where the client of that id is disabled, or is for certain groups, and the person of that id is in none of them.
pub(super) fn is_closed(client_id: &str, user_id: &str) -> String {
    format!(
        "EXISTS (SELECT 1 FROM clients c WHERE c.id = {client_id} AND (json_extract(c.metadata, '$.disabled') = 1
             OR json_type(c.metadata, '$.allowed_groups') = 'array'
             AND NOT EXISTS (SELECT 1 FROM json_each(c.metadata, '$.allowed_groups') a
                             JOIN group_members m ON m.user_id = {user_id} AND m.group_id = a.value)))"
    )
}

/// Holds for the session that the statement calls `session`, if it lives: it has neither expired nor been idle for too long, and waits
/// for nothing.
pub(super) fn lives(session: &str, idle: Lifetime, now: UnixTime) -> Statement {
    Statement::new(format!(
        "{session}.expires_at > ? AND {session}.last_seen_at > ? AND {session}.waits_for = 0"
    ))
    .bind(now)
    .bind(now - idle)
}

/// Holds for a pushed request `p` that can be answered while it is there. One whose answer is fetched stays there when it was
/// turned down, and has to be answered in its time: nobody waits for it afterwards.
pub(super) fn waits(now: UnixTime) -> Statement {
    Statement::new("((p.user_code IS NULL AND p.user_id IS NULL) OR (p.turned_down_at IS NULL AND p.expires_at > ?))")
        .bind(now)
}
