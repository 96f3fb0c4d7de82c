//! What has expired is deleted.

use super::lease::Lease;
use crate::{
    db::{Batch, Query, audit, ended_sessions, housekeeping},
    edge::platform::{context::Context, random},
    fault::Fault,
    time::Lifetime,
};

/// Held from one tidying to the next: about once an hour, whatever the triggers are.
const LEASE: Lease = Lease::new("tidy", Lifetime::minutes(55));

/// Deletes what has expired, where that is due. Where there is more to delete than a run may, or it fails, it is due again at the
/// next run.
pub async fn run(context: &Context) -> Result<(), Fault> {
    if !LEASE.take(context).await? {
        return Ok(());
    }
    let is_tidy = delete_expired(context).await;
    if !matches!(is_tidy, Ok(true)) {
        LEASE.give_back(context).await?;
    }
    is_tidy.map(|_| ())
}

/// Whether nothing is left to delete.
async fn delete_expired(context: &Context) -> Result<bool, Fault> {
    let oldest = context.now - context.config.lifetimes.audit;
    for _ in 0..housekeeping::MOST_ROUNDS {
        let has_more = delete(housekeeping::tidy(&random::id()?, context.now), context).await?;
        let [audit, more_audit] = audit::tidy(oldest);
        let has_more_events = delete([audit, more_audit, ended_sessions::tidy(context.now)], context).await?;
        if !has_more && !has_more_events {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Runs deletions, each of which says whether it left anything. Whether one did.
async fn delete(deletions: impl IntoIterator<Item = Query<bool>>, context: &Context) -> Result<bool, Fault> {
    let mut batch = Batch::default();
    let deletions: Vec<_> = deletions.into_iter().map(|deletion| batch.add(deletion)).collect();
    let rows = context.db.run(batch).await?;
    let mut has_more = false;
    for deletion in deletions {
        has_more |= rows.read(deletion)?;
    }
    Ok(has_more)
}
