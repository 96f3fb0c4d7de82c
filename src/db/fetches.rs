//! `fetches`: how often addresses that clients named are asked, and what they answered last.

use serde::{Deserialize, de::DeserializeOwned};

use super::{
    Query, Rows, Statement, clients, from_json,
    throttles::{self, Count},
};
use crate::{
    account::throttle::Counter,
    fault::Fault,
    time::{Lifetime, UnixTime},
};

/// The time in which a target is asked twice at most.
pub const SPAN: Lifetime = Lifetime::minutes(1);

/// After this a request that has not told its answer is taken for dead: longer than a fetch may take.
const LONGEST_FLIGHT: Lifetime = Lifetime(7);

/// The most expired rows that one fetch deletes.
const MOST_SWEPT: i64 = 10;

/// A wish to ask a target.
pub struct Asking<'a> {
    /// A keyed hash of the URL.
    pub target: &'a str,
    pub claim: &'a str,
    pub now: UnixTime,
}

/// What a fetch counts against.
pub struct Charge {
    /// Of the network that asks, and of the host that is asked.
    pub counters: [Counter; 2],
    /// Where there is one, only if anybody can be that client.
    pub client_id: Option<String>,
    /// A client whose own document or keys are fetched. While people use it, that does not count against the host: whoever makes
    /// Limen ask a host that many share does not stop anybody else's from being read.
    pub owner: Option<String>,
}

impl Asking<'_> {
    /// Counts the fetch that [`Asking::claim`] is about to allow against each counter. What an earlier one refuses does not count
    /// against a later one.
    pub fn count<'a>(&self, charge: &'a Charge) -> [(Query<Count>, &'a Counter); 2] {
        let [network, host] = &charge.counters;
        [
            (self.count_one(charge, network, &[]), network),
            (self.count_one(charge, host, std::slice::from_ref(network)), host),
        ]
    }

    fn count_one(&self, charge: &Charge, counter: &Counter, before: &[Counter]) -> Query<Count> {
        let mut key = Statement::new("SELECT ? AS key WHERE ")
            .bind(&counter.key)
            .append(self.may_ask());
        if let Some(client_id) = &charge.client_id {
            key = key.and(is_anybody(client_id));
        }
        let is_of_host = !before.is_empty();
        if let (true, Some(owner)) = (is_of_host, &charge.owner) {
            key = key.and(is_out_of_use(owner));
        }
        throttles::count(self.within(before, charge, key), self.now)
    }

    /// Takes the right to ask the target now, and says whether that was given.
    pub fn claim(&self, charge: Option<&Charge>) -> Query<bool> {
        let mut statement = Statement::new(
            "INSERT INTO fetches (target, claim, asked_at, asked_before_at, expires_at) SELECT ?, ?, ?, 0, ? WHERE ",
        )
        .bind(self.target)
        .bind(self.claim)
        .bind(self.now)
        .bind(self.now + SPAN)
        .append(self.may_ask());
        if let Some(charge) = charge {
            statement = self.within(&charge.counters, charge, statement);
        }
        statement
            .append(Statement::new(
                " ON CONFLICT (target) DO UPDATE SET
                claim = excluded.claim, asked_before_at = fetches.asked_at, asked_at = excluded.asked_at,
                answer = NULL, expires_at = excluded.expires_at
             RETURNING claim",
            ))
            .any()
    }

    /// Holds where nobody is asking the target, and it was not asked twice already.
    fn may_ask(&self) -> Statement {
        // What a clock that went back since has left ahead of now does not count.
        let ahead = self.now + SPAN;
        Statement::new(
            "NOT EXISTS (
                SELECT 1 FROM fetches
                WHERE target = ? AND (asked_before_at BETWEEN ? AND ? OR answer IS NULL AND asked_at BETWEEN ? AND ?))",
        )
        .bind(self.target)
        .bind(self.now - SPAN + Lifetime(1))
        .bind(ahead)
        .bind(self.now - LONGEST_FLIGHT)
        .bind(ahead)
    }

    /// Adds to `statement` the condition that none of `counters` is over its limit.
    fn within(&self, counters: &[Counter], charge: &Charge, mut statement: Statement) -> Statement {
        for (n, counter) in counters.iter().enumerate() {
            statement = statement
                .append(Statement::new(
                    " AND NOT EXISTS (
                        SELECT 1 FROM throttles t WHERE t.key = ? AND t.failures > ? AND t.expires_at > ?",
                ))
                .bind(&counter.key)
                .bind(counter.limit)
                .bind(self.now);
            if let Some(client_id) = &charge.client_id {
                statement = statement.and(is_anybody(client_id));
            }
            if let (1.., Some(owner)) = (n, &charge.owner) {
                statement = statement.and(is_out_of_use(owner));
            }
            statement = statement.append(Statement::new(")"));
        }
        statement
    }

    /// What the target answered last, as it was told; `None` while that is awaited.
    pub fn latest<T: DeserializeOwned>(target: &str) -> Query<Option<T>> {
        Statement::new("SELECT answer FROM fetches WHERE target = ?")
            .bind(target)
            .read_by(read_latest)
    }

    /// Tells what the target has answered to the request that claimed it.
    pub fn tell(target: &str, claim: &str, answer: &str) -> Statement {
        Statement::new("UPDATE fetches SET answer = ? WHERE target = ? AND claim = ?")
            .bind(answer)
            .bind(target)
            .bind(claim)
    }
}

/// Deletes some of what no longer counts. Answers are large, so they go where they come from, and not a day later.
pub fn sweep(now: UnixTime) -> Statement {
    Statement::new("DELETE FROM fetches WHERE rowid IN (SELECT rowid FROM fetches WHERE expires_at < ? LIMIT ?)")
        .bind(now)
        .bind(MOST_SWEPT)
}

/// Holds where anybody can be the client of that id.
fn is_anybody(client_id: &str) -> Statement {
    let sql = format!("EXISTS (SELECT 1 FROM clients WHERE id = ? AND {})", clients::ANYBODY);
    Statement::new(sql).bind(client_id)
}

/// Holds where nobody allows the client of that id anything, and the operator has not changed it; also where there is none.
fn is_out_of_use(client_id: &str) -> Statement {
    Statement::new("NOT EXISTS (SELECT 1 FROM clients WHERE id = ? AND unused_since IS NULL)").bind(client_id)
}

fn read_latest<T: DeserializeOwned>(rows: &Rows) -> Result<Option<T>, Fault> {
    #[derive(Deserialize)]
    struct Row {
        answer: Option<String>,
    }
    let told = rows.first::<Row>()?.and_then(|row| row.answer);
    told.map(|told| from_json(&told)).transpose()
}
