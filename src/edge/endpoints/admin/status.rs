//! `/admin/api/status`, `/health` and `/settings`: what an operator should know of the deployment.

use serde_json::json;

use crate::{
    admin::health::{self, Stored},
    db::{Batch, housekeeping, mail_outbox, signing_keys},
    edge::{
        http::failure::MachineFailure,
        platform::{context::Context, deployment, log},
    },
    fault::Fault,
    reply::Reply,
};

/// `GET /admin/api/status`.
pub async fn show(context: &Context) -> Result<Reply, MachineFailure> {
    let mail = match &context.config.mail {
        Some(settings) => {
            let counts = context
                .db
                .read(mail_outbox::count(context.now))
                .await?
                .unwrap_or_default();
            json!({
                "transport": settings.transport.as_str(),
                "waiting": counts.waiting,
                "failed": counts.failed,
                "sent": counts.sent,
                "daily_limit": settings.daily_limit,
            })
        }
        None => json!({ "transport": "off" }),
    };
    let body = json!({
        "issuer": context.config.issuer.as_str(),
        "warnings": deployment::warnings(),
        "mail": mail,
    });
    Ok(Reply::json(200, &body))
}

/// `GET /admin/api/health`: also where D1 does not answer, so that it can say so.
pub async fn health(context: &Context) -> Result<Reply, MachineFailure> {
    let stored = match stored(context).await {
        Ok(stored) => Some(stored),
        Err(fault) => {
            log::fault(&context.request_id, &fault);
            None
        }
    };
    let kv = context.kv.is_well().await;
    Ok(Reply::json(200, &health::describe(stored.as_ref(), kv, context.now)))
}

/// `GET /admin/api/settings`: as they are in force, and where each comes from.
pub async fn settings(context: &Context) -> Result<Reply, MachineFailure> {
    Ok(Reply::json(200, &json!({ "settings": context.settings() })))
}

async fn stored(context: &Context) -> Result<Stored, Fault> {
    let mut batch = Batch::default();
    let keys = batch.add(signing_keys::all());
    let last_run = batch.add(housekeeping::find_last_run());
    let oldest_mail = batch.add_if(context.config.mail.as_ref().map(|_| mail_outbox::find_oldest_waiting()));
    let rows = context.db.run(batch).await?;
    Ok(Stored {
        keys: rows.read(keys)?,
        last_run_at: rows.read(last_run)?,
        oldest_mail_at: rows.read_if(oldest_mail)?.flatten(),
    })
}
