//! `backchannel_outbox`: what apps that asked a person are still to be told (CIBA sections 10.2, 10.3 and 12).

use serde::Deserialize;

use super::{Query, Rows, Statement};
use crate::{
    secret::Hash,
    time::{Lifetime, UnixTime},
};

/// How long a run has what it took for itself: longer than telling all of it takes, and another wait than any after a failure.
const LEASE: Lifetime = Lifetime::minutes(2);

/// What came of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    Answered,
    TurnedDown,
}

/// Writes down that a request was answered, where its app is to be told. It goes between what stores the code of that hash and
/// [`pushed_requests::take_answered`](super::pushed_requests::take_answered).
pub fn write_answered(hash: &Hash, now: UnixTime) -> Statement {
    write(
        "answered",
        "EXISTS (SELECT 1 FROM codes k WHERE k.hash = p.hash)",
        hash,
        now,
    )
}

/// Writes down that a request was turned down, where its app is to be told. It goes behind
/// [`pushed_requests::take_turned_down`](super::pushed_requests::take_turned_down), and does nothing the second time.
pub fn write_turned_down(hash: &Hash, now: UnixTime) -> [Statement; 2] {
    [
        write("turned_down", "p.turned_down_at IS NOT NULL", hash, now),
        Statement::new("UPDATE pushed_requests SET notify = NULL WHERE hash = ? AND turned_down_at IS NOT NULL")
            .bind(hash),
    ]
}

fn write(outcome: &str, condition: &str, hash: &Hash, now: UnixTime) -> Statement {
    Statement::new(format!(
        "INSERT OR IGNORE INTO backchannel_outbox (hash, client_id, notify, outcome, due_at, expires_at)
         SELECT p.hash, p.client_id, p.notify, '{outcome}', ?, p.expires_at FROM pushed_requests p
         WHERE p.hash = ? AND p.notify IS NOT NULL AND {condition}"
    ))
    .bind(now)
    .bind(hash)
}

/// What an app is to be told.
#[derive(Deserialize)]
pub struct Waiting {
    hash: String,
    pub client_id: String,
    pub notify: String,
    pub outcome: Outcome,
    /// This one included.
    pub attempts: i64,
    /// Until when it is this run's.
    due_at: i64,
    expires_at: i64,
    fetched: i64,
}

impl Waiting {
    pub fn hash(&self) -> Hash {
        Hash::stored(self.hash.clone())
    }

    /// By which this run shows that it still has it.
    pub fn lease(&self) -> UnixTime {
        UnixTime(self.due_at)
    }

    pub fn expires_at(&self) -> UnixTime {
        UnixTime(self.expires_at)
    }

    /// Whether there are tokens for it by now: in ping mode the app has fetched them.
    pub fn is_fetched(&self) -> bool {
        self.fetched != 0
    }
}

/// Takes at most `limit` that are due, and of each client at most `of_client`, for this run alone: nobody else tells of them before the
/// lease is over. The attempt counts from now on, whatever becomes of the run. The plus keeps SQLite from walking through the index of all
/// clients.
pub fn take(limit: i64, of_client: i64, now: UnixTime) -> Query<Vec<Waiting>> {
    Statement::new(
        "UPDATE backchannel_outbox SET due_at = ?, attempts = attempts + 1
         WHERE hash IN (
            SELECT hash FROM (
                SELECT hash, due_at, ROW_NUMBER() OVER (PARTITION BY +client_id ORDER BY due_at) AS place
                FROM backchannel_outbox WHERE due_at <= ?)
            WHERE place <= ? ORDER BY due_at LIMIT ?)
         RETURNING hash, client_id, notify, outcome, attempts, due_at, expires_at,
            EXISTS (SELECT 1 FROM codes k WHERE k.hash = backchannel_outbox.hash AND k.family_id IS NOT NULL) AS fetched",
    )
    .bind(now + LEASE)
    .bind(now)
    .bind(of_client)
    .bind(limit)
    .read_by(Rows::all)
}

/// The app was told, or never will be.
pub fn done(hash: &Hash, lease: UnixTime) -> Statement {
    Statement::new("DELETE FROM backchannel_outbox WHERE hash = ? AND due_at = ?")
        .bind(hash)
        .bind(lease)
}

/// It was not told, and is asked again at `due_at`.
pub fn postpone(hash: &Hash, lease: UnixTime, due_at: UnixTime) -> Statement {
    Statement::new("UPDATE backchannel_outbox SET due_at = ? WHERE hash = ? AND due_at = ?")
        .bind(due_at)
        .bind(hash)
        .bind(lease)
}

/// Ends the tokens that an app in push mode never got. It goes before [`done`].
pub fn end_undelivered(hash: &Hash, lease: UnixTime) -> Statement {
    Statement::new(
        "DELETE FROM token_families WHERE id = (
            SELECT k.family_id FROM codes k JOIN backchannel_outbox o ON o.hash = k.hash
            WHERE k.hash = ? AND o.due_at = ?) AND generation = 0",
    )
    .bind(hash)
    .bind(lease)
}
