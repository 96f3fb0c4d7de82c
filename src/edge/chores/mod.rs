//! The periodic run, one file a chore. D1 says what is due; which trigger started the run does not matter. Nothing depends on it:
//! state changes with time, this only tidies. Run twice, or twice at once, it does no harm.

mod keys;
mod lease;
mod tidying;

use self::lease::Lease;
use super::{
    keys::signer,
    mail::outbox,
    people::folding,
    platform::{context::Context, log},
    sessions::{notices, webhooks},
    tokens::backchannel,
};
use crate::{db::housekeeping, fault::Fault, time::Lifetime};

pub use super::sessions::webhooks::after_answer as send_to_webhooks;

/// After this the lease of a run that died is taken over.
const LEASE: Lease = Lease::new("cron", Lifetime::minutes(10));

/// Does what is due.
pub async fn run(context: &Context) -> Result<(), Fault> {
    let sent = notices::send_due(context).await;
    let mailed = outbox::send_due(context).await;
    let told = backchannel::send_due(context).await;
    let done = run_once(context).await;
    // Comes last: what the run itself wrote down goes along.
    let woken = webhooks::send_due(context).await;
    sent.and(mailed).and(told).and(done).and(woken)
}

/// Does the chores, unless another run is under way.
async fn run_once(context: &Context) -> Result<(), Fault> {
    if !LEASE.take(context).await? {
        log::cron(&context.request_id, "another run is under way");
        return Ok(());
    }
    let outcome = run_all(context).await;
    LEASE.give_back(context).await?;
    outcome?;
    context.db.execute([housekeeping::note_run(context.now)]).await?;
    log::cron(&context.request_id, "done");
    Ok(())
}

/// The chores in their order.
async fn run_all(context: &Context) -> Result<(), Fault> {
    keys::run(context).await?;
    tidying::run(context).await?;
    signer::rewrap(context).await?;
    // Comes last: it fails where it has to go on in the next run.
    folding::all(context).await
}
