//! The periodic run: sends notices of logouts, makes keys that are due, moves them to the current root, republishes the JWKS, deletes what has expired.
//! Nothing depends on it: state changes with time, this only tidies. Run twice, or twice at once, it does no harm.

use super::{
    context::Context,
    db::{audit, housekeeping},
    fault::Fault,
    jwks, keys, logout_notices,
    platform::log,
};
use crate::{oidc::jose::provider_key::KeyAlg, time::Lifetime};

const LEASE: &str = "cron";

/// After this the lease of a run that died is taken over.
const LEASE_SPAN: Lifetime = Lifetime::minutes(10);

/// The trigger of the runs that only do what cannot wait: send what is due of back-channel logout, and keep the copy of the JWKS
/// young. Every other trigger does all there is to do.
const URGENT_ONLY: &str = "*/5 * * * *";

/// The most rounds of notices in a run.
const MOST_ROUNDS_OF_NOTICES: usize = 10;

/// Runs what `trigger` is for.
pub async fn run(trigger: &str, context: &Context) -> Result<(), Fault> {
    let sent = send_notices(context).await;
    let done = match trigger {
        URGENT_ONLY => jwks::publish(context).await.map(|_| ()),
        _ => tidy_up(context).await,
    };
    sent.and(done)
}

/// Each notice has a lease of its own, so runs at once do no harm.
async fn send_notices(context: &Context) -> Result<(), Fault> {
    for _ in 0..MOST_ROUNDS_OF_NOTICES {
        if !logout_notices::send_due(context).await? {
            break;
        }
    }
    Ok(())
}

/// Does the chores once, unless another run is under way.
async fn tidy_up(context: &Context) -> Result<(), Fault> {
    let lease = context
        .db
        .run(housekeeping::take_lease(LEASE, context.now, LEASE_SPAN))
        .await?;
    if !housekeeping::read_lease(&lease)? {
        log::cron(&context.request_id, "another run is under way");
        return Ok(());
    }
    let outcome = chores(context).await;
    context.db.run(housekeeping::release_lease(LEASE)).await?;
    outcome?;
    log::cron(&context.request_id, "done");
    Ok(())
}

async fn chores(context: &Context) -> Result<(), Fault> {
    for alg in KeyAlg::ALL {
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
