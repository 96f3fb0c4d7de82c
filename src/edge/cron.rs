//! The periodic run: makes keys that are due, moves them to the current root, republishes the JWKS, deletes what has expired.
//! Nothing depends on it: state changes with time, this only tidies. Run twice, or twice at once, it does no harm.

use super::{
    context::Context,
    db::{audit, housekeeping},
    fault::Fault,
    jwks, keys, log,
};
use crate::{oidc::jwt::SigningAlg, time::Lifetime};

const LEASE: &str = "cron";

/// After this the lease of a run that died is taken over.
const LEASE_SPAN: Lifetime = Lifetime::minutes(10);

/// Runs once, unless another run is under way.
pub async fn run(context: &Context) -> Result<(), Fault> {
    let lease = context
        .db
        .run(housekeeping::take_lease(LEASE, context.now, LEASE_SPAN))
        .await?;
    if !housekeeping::read_lease(&lease)? {
        log::cron("another run is under way");
        return Ok(());
    }
    let outcome = chores(context).await;
    context.db.run(housekeeping::release_lease(LEASE)).await?;
    outcome?;
    log::cron("done");
    Ok(())
}

async fn chores(context: &Context) -> Result<(), Fault> {
    for alg in SigningAlg::ALL {
        keys::ensure(alg, context).await?;
    }
    jwks::publish(context).await?;
    tidy(context).await?;
    keys::rewrap(context).await
}

async fn tidy(context: &Context) -> Result<(), Fault> {
    for _ in 0..housekeeping::MOST_ROUNDS {
        let deleted = context.db.batch(housekeeping::tidy(context.now)).await?;
        if !deleted.iter().any(housekeeping::is_full) {
            break;
        }
    }
    for _ in 0..housekeeping::MOST_ROUNDS {
        let oldest = context.now - context.config.lifetimes.audit;
        if !context
            .db
            .batch(audit::tidy(oldest))
            .await?
            .iter()
            .any(housekeeping::is_full)
        {
            break;
        }
    }
    Ok(())
}
