//! How the deployment is.

use crate::{
    admin::health::{Health, Stored},
    db::{Batch, housekeeping, mail_outbox, signing_keys, webhooks},
    edge::platform::{context::Context, log},
    fault::Fault,
};

/// How the parts are, also where D1 does not answer.
pub async fn health(context: &Context) -> Health {
    let stored = match stored(context).await {
        Ok(stored) => Some(stored),
        Err(fault) => {
            log::fault(&context.request_id, &fault);
            None
        }
    };
    let kv = context.kv.is_well().await;
    Health::at(context.now, stored.as_ref(), kv)
}

async fn stored(context: &Context) -> Result<Stored, Fault> {
    let mut batch = Batch::default();
    let keys = batch.add(signing_keys::all());
    let last_run = batch.add(housekeeping::find_last_run());
    let oldest_mail = batch.add_if(context.config.mail.as_ref().map(|_| mail_outbox::find_oldest_waiting()));
    let failing_webhooks = batch.add(webhooks::find_failing(context.now));
    let rows = context.db.run(batch).await?;
    Ok(Stored {
        keys: rows.read(keys)?,
        last_run_at: rows.read(last_run)?,
        oldest_mail_at: rows.read_if(oldest_mail)?.flatten(),
        failing_webhooks: rows.read(failing_webhooks)?,
    })
}
