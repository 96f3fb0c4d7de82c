//! `throttles`: counters of failed sign-ins, and of whatever else has a limit.

use serde::Deserialize;

use super::{Query, Statement, clients};
use crate::{
    account::throttle::{Counter, WINDOW},
    time::{Lifetime, UnixTime},
};

/// How often something was counted; nothing where it does not count.
pub struct Count(Option<Row>);

#[derive(Deserialize)]
struct Row {
    failures: i64,
    expires_at: i64,
}

impl Count {
    /// How long no further attempt may be made.
    pub fn wait(&self, counter: &Counter, now: UnixTime) -> Option<Lifetime> {
        let over = self.0.as_ref().filter(|row| row.failures > counter.limit);
        over.map(|row| UnixTime(row.expires_at).since(now))
    }

    /// Whether this was the first attempt over the limit.
    pub fn is_first_over(&self, counter: &Counter) -> bool {
        self.0.as_ref().is_some_and(|row| row.failures == counter.limit + 1)
    }
}

/// A guess at the password of the person whom a name names.
pub struct Guess<'a> {
    /// The name, as [`fold_login`](crate::account::user::fold_login) makes it.
    pub folded: &'a str,
    /// Of the name.
    pub account: &'a Counter,
    pub address: &'a Counter,
    /// The people who have signed in with this browser before, by their ids, with counters of their own.
    pub known: &'a [(String, Counter)],
}

/// Counts a guess from an address, unless it is made where its person has signed in before.
pub fn count_address_of(guess: &Guess<'_>, now: UnixTime) -> Query<Count> {
    let key = Statement::new("SELECT ? AS key WHERE NOT EXISTS (")
        .bind(&guess.address.key)
        .append(guess.own())
        .append(Statement::new(")"));
    count(key, now)
}

/// Counts a guess as a failure before it is made, so that parallel guesses count too. An address that is over its limit counts
/// against nobody else. Goes after [`count_address_of`].
pub fn count_account_of(guess: &Guess<'_>, now: UnixTime) -> Query<Count> {
    count_account_where(Statement::always(), guess, now)
}

/// The same, where `condition` holds.
pub fn count_account_where(condition: Statement, guess: &Guess<'_>, now: UnixTime) -> Query<Count> {
    let key = Statement::new("SELECT COALESCE(own, ?) AS key FROM (SELECT (")
        .bind(&guess.account.key)
        .append(guess.own())
        .append(Statement::new(
            " LIMIT 1) AS own)
             WHERE (own IS NOT NULL OR EXISTS (SELECT 1 FROM throttles WHERE key = ? AND failures <= ?))",
        ))
        .bind(&guess.address.key)
        .bind(guess.address.limit)
        .and(condition);
    count_for(guess.account.window, key, now)
}

impl Guess<'_> {
    /// The query for the key of the own counter, if the name is of one of the people who are known.
    fn own(&self) -> Statement {
        let known: serde_json::Map<_, _> = self
            .known
            .iter()
            .map(|(user_id, own)| (user_id.clone(), own.key.as_str().into()))
            .collect();
        Statement::new(
            "SELECT j.value FROM json_each(?) j JOIN users u ON u.id = j.key
             WHERE u.username_folded = ? OR u.email_folded = ?",
        )
        .bind(&serde_json::Value::Object(known).to_string())
        .bind(self.folded)
        .bind(self.folded)
    }
}

/// Counts an attempt before it is made, likewise.
pub fn count_address(counter: &Counter, now: UnixTime) -> Query<Count> {
    count_for(
        counter.window,
        Statement::new("SELECT ? AS key").bind(&counter.key),
        now,
    )
}

/// Counts an attempt, if `other`, which was counted before in the batch, is within its limit.
pub fn count_within(counter: &Counter, other: &Counter, now: UnixTime) -> Query<Count> {
    count_where(within(other), counter, now)
}

/// Counts an attempt, if `condition` holds.
pub fn count_where(condition: Statement, counter: &Counter, now: UnixTime) -> Query<Count> {
    let key = Statement::new("SELECT ? AS key WHERE ")
        .bind(&counter.key)
        .append(condition);
    count_for(counter.window, key, now)
}

/// Holds where a counter leaves one more to count.
pub fn has_room(counter: &Counter, now: UnixTime) -> Statement {
    Statement::new("NOT EXISTS (SELECT 1 FROM throttles t WHERE t.key = ? AND t.failures >= ? AND t.expires_at > ?)")
        .bind(&counter.key)
        .bind(counter.limit)
        .bind(now)
}

/// Holds where a counter, which was counted before in the batch, is within its limit.
pub fn within(counter: &Counter) -> Statement {
    Statement::new("EXISTS (SELECT 1 FROM throttles t WHERE t.key = ? AND t.failures <= ?)")
        .bind(&counter.key)
        .bind(counter.limit)
}

/// Counts a request of `client_id` from an address, if anybody can be that client, and not where only those can who have its
/// secret, which the operator gave out.
pub fn count_stranger(client_id: &str, counter: &Counter, now: UnixTime) -> Query<Count> {
    count_stranger_where("TRUE", client_id, counter, now)
}

/// As [`count_stranger`], if the statement before it in the batch changed a row.
pub(super) fn count_stranger_if_changed(client_id: &str, counter: &Counter, now: UnixTime) -> Query<Count> {
    count_stranger_where("changes() > 0", client_id, counter, now)
}

fn count_stranger_where(condition: &str, client_id: &str, counter: &Counter, now: UnixTime) -> Query<Count> {
    let anybody = clients::ANYBODY;
    let key = Statement::new(format!(
        "SELECT ? AS key FROM clients WHERE id = ? AND {anybody} AND {condition}"
    ));
    count(key.bind(&counter.key).bind(client_id), now)
}

/// Holds where [`count_stranger`], before in the batch, has not gone over the limit.
pub fn within_limit_now(client_id: &str, counter: &Counter, now: UnixTime) -> Statement {
    let limit = counter.limit + 1;
    Statement::new("NOT EXISTS (SELECT 1 ")
        .append(at_least(limit, client_id, &counter.key, now))
        .append(Statement::new(")"))
}

/// The rest of a query for the row of `counter`, as `t`, where it leaves a client that anybody can be nothing more to count.
pub(super) fn full(client_id: &str, counter: &Counter, now: UnixTime) -> Statement {
    at_least(counter.limit, client_id, &counter.key, now)
}

fn at_least(failures: i64, client_id: &str, key: &str, now: UnixTime) -> Statement {
    Statement::new(format!(
        "FROM throttles t JOIN clients c ON c.id = ? AND {} WHERE t.key = ? AND t.failures >= ? AND t.expires_at > ?",
        clients::ANYBODY
    ))
    .bind(client_id)
    .bind(key)
    .bind(failures)
    .bind(now)
}

/// Counts under the key that the query `key` gives, where it gives one.
pub(super) fn count(key: Statement, now: UnixTime) -> Query<Count> {
    count_for(WINDOW, key, now)
}

fn count_for(window: Lifetime, key: Statement, now: UnixTime) -> Query<Count> {
    Statement::new("INSERT INTO throttles (key, failures, expires_at) SELECT key, 1, ? FROM (")
        .bind(now + window)
        .append(key)
        .append(Statement::new(
            ") WHERE TRUE
             ON CONFLICT (key) DO UPDATE SET
                failures = CASE WHEN throttles.expires_at <= ? THEN 1 ELSE throttles.failures + 1 END,
                expires_at = CASE WHEN throttles.expires_at <= ? THEN excluded.expires_at ELSE throttles.expires_at END
             RETURNING failures, expires_at",
        ))
        .bind(now)
        .bind(now)
        .read_by(|rows| Ok(Count(rows.first()?)))
}

/// Takes back the failure that was noted for an attempt that succeeded.
pub fn forgive(counter: &Counter) -> Statement {
    Statement::new("UPDATE throttles SET failures = failures - 1 WHERE key = ? AND failures > 0").bind(&counter.key)
}

/// Forgets all failures: the person has shown who they are.
pub fn reset(counter: &Counter) -> Statement {
    Statement::new("DELETE FROM throttles WHERE key = ?").bind(&counter.key)
}
