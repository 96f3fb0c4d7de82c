//! `replay`: what counts once.

use serde::Deserialize;

use super::{Query, Rows, Statement, throttles};
use crate::{account::throttle::Counter, fault::Fault, oidc::single_use::SingleUse, time::UnixTime};

/// What counts once in the proof of a client.
pub struct OneUse {
    pub of: SingleUse,
    /// Of what clients that anybody can be use up from the same network.
    pub counter: Counter,
}

/// Why something cannot be used.
#[derive(Debug, PartialEq, Eq)]
pub enum OneUseRefusal {
    /// It was used before.
    Used,
    /// Too much was used up from there, and until when nothing more can be.
    TooMany { until: UnixTime },
}

impl OneUse {
    /// Looks for what hinders the use.
    pub fn find_refusal(&self, client_id: &str, now: UnixTime) -> Query<Option<OneUseRefusal>> {
        Statement::new("SELECT EXISTS (SELECT 1 FROM replay WHERE key = ?) AS used, (SELECT t.expires_at ")
            .bind(&self.of.key)
            .append(throttles::full(client_id, &self.counter, now))
            .append(Statement::new(") AS full_until"))
            .read_by(read_refusal)
    }

    /// Holds where [`OneUse::find_refusal`] finds none.
    pub fn condition(&self, client_id: &str, now: UnixTime) -> Statement {
        Statement::new("NOT EXISTS (SELECT 1 FROM replay WHERE replay.key = ?) AND NOT EXISTS (SELECT 1 ")
            .bind(&self.of.key)
            .append(throttles::full(client_id, &self.counter, now))
            .append(Statement::new(")"))
    }

    /// Uses the thing up, where `success` holds: that its request has succeeded. The query says whether it did. Both come last in a batch whose acting statements
    /// have [`OneUse::condition`]. An older version tells requests apart by `claim`; none of its own is empty.
    pub fn use_up(&self, client_id: &str, success: Statement, now: UnixTime) -> (Query<bool>, Statement) {
        let store = Statement::new("INSERT INTO replay (key, claim, expires_at) SELECT ?, '', ? WHERE ")
            .bind(&self.of.key)
            .bind(self.of.expires_at)
            .append(success)
            .append(Statement::new(" ON CONFLICT (key) DO NOTHING"));
        (
            store.read_by(|rows| Ok(rows.changes() > 0)),
            throttles::count_stranger_if_changed(client_id, &self.counter, now).into(),
        )
    }

    /// Takes back what [`OneUse::use_up`] stored.
    pub fn give_back(&self) -> Statement {
        Statement::new("DELETE FROM replay WHERE key = ?").bind(&self.of.key)
    }
}

/// Whether a thing was used.
pub fn find(once: &SingleUse) -> Query<bool> {
    Statement::new("SELECT 1 FROM replay WHERE key = ?")
        .bind(&once.key)
        .any()
}

/// Uses a thing up for what goes by `claim`, where `success` holds and it was not used before, and says whether it did.
pub(super) fn claim(once: &SingleUse, claim: &str, success: Statement) -> Query<bool> {
    Statement::new("INSERT INTO replay (key, claim, expires_at) SELECT ?, ?, ? WHERE ")
        .bind(&once.key)
        .bind(claim)
        .bind(once.expires_at)
        .append(success)
        .append(Statement::new(" ON CONFLICT (key) DO NOTHING"))
        .read_by(|rows| Ok(rows.changes() > 0))
}

/// Holds where [`claim`], before in the batch, did.
pub(super) fn is_claimed(once: &SingleUse, claim: &str) -> Statement {
    Statement::new("EXISTS (SELECT 1 FROM replay WHERE key = ? AND claim = ?)")
        .bind(&once.key)
        .bind(claim)
}

fn read_refusal(rows: &Rows) -> Result<Option<OneUseRefusal>, Fault> {
    #[derive(Deserialize)]
    struct Row {
        used: i64,
        full_until: Option<i64>,
    }
    Ok(match rows.first::<Row>()? {
        Some(Row { used: 1.., .. }) => Some(OneUseRefusal::Used),
        Some(row) => row
            .full_until
            .map(|until| OneUseRefusal::TooMany { until: UnixTime(until) }),
        None => None,
    })
}
