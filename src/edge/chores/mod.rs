//! The periodic run: sends notices of logouts, makes keys that are due, moves them to the current root, republishes the JWKS,
//! deletes what has expired. D1 says what of it is due; which trigger started the run does not matter. Nothing depends on it:
//! state changes with time, this only tidies. Run twice, or twice at once, it does no harm.

use super::{
    keys::{jwks, signer},
    people::folding,
    platform::{context::Context, log},
    sessions::notices,
};
use crate::{
    db::{Batch, Query, audit, housekeeping},
    fault::Fault,
    oidc::jose::provider_key::KeyAlg,
    time::Lifetime,
};

const LEASE: &str = "cron";

/// After this the lease of a run that died is taken over.
const LEASE_SPAN: Lifetime = Lifetime::minutes(10);

/// Held from one tidying to the next.
const TIDY_LEASE: &str = "tidy";

/// How often expired rows are deleted: about once an hour, whatever the triggers are.
const TIDY_EVERY: Lifetime = Lifetime::minutes(55);

/// Does what is due.
pub async fn run(context: &Context) -> Result<(), Fault> {
    let sent = notices::send_due(context).await;
    let done = do_chores(context).await;
    sent.and(done)
}

/// Does the chores once, unless another run is under way.
async fn do_chores(context: &Context) -> Result<(), Fault> {
    if !take_lease(LEASE, LEASE_SPAN, context).await? {
        log::cron(&context.request_id, "another run is under way");
        return Ok(());
    }
    let outcome = chores(context).await;
    let release = housekeeping::release_lease(LEASE, context.now, LEASE_SPAN);
    context.db.execute([release]).await?;
    outcome?;
    log::cron(&context.request_id, "done");
    Ok(())
}

async fn take_lease(name: &str, span: Lifetime, context: &Context) -> Result<bool, Fault> {
    let lease = housekeeping::take_lease(name, context.now, span);
    context.db.read(lease).await
}

async fn chores(context: &Context) -> Result<(), Fault> {
    for alg in KeyAlg::ALL {
        signer::ensure(alg, context).await?;
    }
    jwks::publish(context).await?;
    tidy(context).await?;
    signer::rewrap(context).await?;
    // Comes last: it fails where it has to go on in the next run.
    folding::all(context).await
}

/// Deletes what has expired, where that is due. Where there is more to delete than a run may, or it fails, it is due again at the
/// next run.
async fn tidy(context: &Context) -> Result<(), Fault> {
    if !take_lease(TIDY_LEASE, TIDY_EVERY, context).await? {
        return Ok(());
    }
    let is_tidy = delete_expired(context).await;
    if !matches!(is_tidy, Ok(true)) {
        let release = housekeeping::release_lease(TIDY_LEASE, context.now, TIDY_EVERY);
        context.db.execute([release]).await?;
    }
    is_tidy.map(|_| ())
}

/// Whether nothing is left to delete.
async fn delete_expired(context: &Context) -> Result<bool, Fault> {
    let oldest = context.now - context.config.lifetimes.audit;
    for _ in 0..housekeeping::MOST_ROUNDS {
        let has_more = delete(housekeeping::tidy(context.now), context).await?;
        let has_more_events = delete(audit::tidy(oldest), context).await?;
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
