//! `throttles`: counters of failed sign-ins, and of whatever else has a limit.

use serde::Deserialize;

use super::{Rows, Statement, clients};
use crate::{
    account::throttle::{Counter, WINDOW},
    fault::Fault,
    time::{Lifetime, UnixTime},
};

#[derive(Deserialize)]
struct Row {
    failures: i64,
    expires_at: i64,
}

/// Counts an attempt at the account that `login` names as a failure before it is made, so that parallel guesses count too.
/// All names of an account have one counter; a name that nobody has, one of its own. An address that is over its limit counts
/// against nobody else.
pub fn count_account(login: &str, account: &Counter, address: &Counter, now: UnixTime) -> Statement {
    let key = "SELECT COALESCE((SELECT id FROM users WHERE username = ? OR email = ?), ?) AS key
        WHERE EXISTS (SELECT 1 FROM throttles WHERE key = ? AND failures <= ?)";
    let statement = Statement::new(count(key))
        .bind(now + WINDOW)
        .bind(login)
        .bind(login)
        .bind(&account.key);
    statement.bind(&address.key).bind(address.limit).bind(now).bind(now)
}

/// Counts an attempt from an address, likewise.
pub fn count_address(counter: &Counter, now: UnixTime) -> Statement {
    Statement::new(count("SELECT ? AS key"))
        .bind(now + WINDOW)
        .bind(&counter.key)
        .bind(now)
        .bind(now)
}

/// Counts a request of `client_id` from an address, if anybody can be that client. No row where only those can who have its
/// secret, which the operator gave out.
pub fn count_stranger(client_id: &str, counter: &Counter, now: UnixTime) -> Statement {
    let key = format!("SELECT ? AS key FROM clients WHERE id = ? AND {}", clients::ANYBODY);
    Statement::new(count(&key))
        .bind(now + WINDOW)
        .bind(&counter.key)
        .bind(client_id)
        .bind(now)
        .bind(now)
}

/// Holds where [`count_stranger`], before in the batch, has not gone over the limit.
pub(super) fn within_limit() -> String {
    format!(
        "NOT EXISTS (
            SELECT 1 FROM throttles t JOIN clients c ON c.id = ? AND {}
            WHERE t.key = ? AND t.failures > ? AND t.expires_at > ?)",
        clients::ANYBODY
    )
}

/// [`within_limit`] with its values.
pub fn within_limit_now(client_id: &str, counter: &Counter, now: UnixTime) -> Statement {
    bind_within_limit(Statement::new(within_limit()), client_id, counter, now)
}

/// Binds the values of [`within_limit`].
pub(super) fn bind_within_limit(statement: Statement, client_id: &str, counter: &Counter, now: UnixTime) -> Statement {
    let statement = statement.bind(client_id).bind(&counter.key);
    statement.bind(counter.limit).bind(now)
}

/// The statement that counts under the key that the query `key` gives.
fn count(key: &str) -> String {
    let (before, after) = FRAME;
    format!("{before}{key}{after}")
}

/// What stands around the query.
const FRAME: (&str, &str) = (
    "INSERT INTO throttles (key, failures, expires_at) SELECT key, 1, ? FROM (",
    ") WHERE TRUE
     ON CONFLICT (key) DO UPDATE SET
        failures = CASE WHEN throttles.expires_at <= ? THEN 1 ELSE throttles.failures + 1 END,
        expires_at = CASE WHEN throttles.expires_at <= ? THEN excluded.expires_at ELSE throttles.expires_at END
     RETURNING failures, expires_at",
);

/// The same where the query has values.
pub(super) fn count_of(key: Statement, now: UnixTime) -> Statement {
    let (before, after) = FRAME;
    Statement::new(before)
        .bind(now + WINDOW)
        .append(key)
        .append(Statement::new(after).bind(now).bind(now))
}

/// How long no further attempt may be made.
pub fn read_wait(rows: &Rows, counter: &Counter, now: UnixTime) -> Result<Option<Lifetime>, Fault> {
    let row = rows.first::<Row>()?;
    Ok(row
        .filter(|row| row.failures > counter.limit)
        .map(|row| UnixTime(row.expires_at).since(now)))
}

/// Whether this was the first attempt over the limit.
pub fn reached(rows: &Rows, counter: &Counter) -> Result<bool, Fault> {
    let row = rows.first::<Row>()?;
    Ok(row.is_some_and(|row| row.failures == counter.limit + 1))
}

/// Takes back the failure that [`count_address`] noted for an attempt that succeeded.
pub fn forgive(counter: &Counter) -> Statement {
    Statement::new("UPDATE throttles SET failures = failures - 1 WHERE key = ? AND failures > 0").bind(&counter.key)
}

/// Forgets all failures at an account: the person has shown who they are.
pub fn reset_account(user_id: &str) -> Statement {
    Statement::new("DELETE FROM throttles WHERE key = ?").bind(user_id)
}
