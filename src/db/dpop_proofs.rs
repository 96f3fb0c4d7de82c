//! `dpop_proofs`: proofs that were used (RFC 9449 section 11.1).

use super::{Query, Statement};
use crate::{
    oidc::{dpop, single_use::SingleUse},
    time::UnixTime,
};

/// Whether a proof was used before.
pub fn find(proof: &SingleUse, now: UnixTime) -> Query<bool> {
    Statement::new("SELECT 1 ").append(rows_of(proof, now)).any()
}

/// Holds while the proof was not used.
pub(super) fn is_unused(proof: &SingleUse, now: UnixTime) -> Statement {
    Statement::new("NOT EXISTS (SELECT 1 ")
        .append(rows_of(proof, now))
        .append(Statement::new(")"))
}

/// Uses the proof up, where `success` holds and it was not used before, and says whether it did.
pub fn use_up(proof: &SingleUse, success: Statement, now: UnixTime) -> Query<bool> {
    Statement::new("INSERT INTO dpop_proofs (expires_at, key) SELECT ?, ? WHERE ")
        .bind(proof.expires_at)
        .bind(&proof.key)
        .append(is_unused(proof, now))
        .and(success)
        .read_by(|rows| Ok(rows.changes() > 0))
}

/// Holds where [`use_up`], right before in the batch, used the proof up.
pub fn succeeded() -> Statement {
    Statement::new("changes() > 0")
}

/// Uses the proof up of which all else is known to be good, likewise.
pub fn use_up_now(proof: &SingleUse, now: UnixTime) -> Query<bool> {
    use_up(proof, Statement::new("TRUE"), now)
}

/// The same `jti` may come with another time: the row is looked for in every minute in which there can be one.
fn rows_of(proof: &SingleUse, now: UnixTime) -> Statement {
    let found = Statement::new("FROM dpop_proofs WHERE key = ? AND expires_at IN (?, ?, ?, ?)").bind(&proof.key);
    dpop::buckets(now).into_iter().fold(found, Statement::bind)
}
