//! `/admin/api/status`, `/health` and `/settings`: what an operator should know of the deployment.

use serde_json::json;

use crate::{
    admin::health,
    db::mail_outbox,
    edge::{
        http::failure::MachineFailure,
        people::operations::status,
        platform::{context::Context, deployment},
    },
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
    Ok(Reply::json(200, &health::describe(&status::health(context).await)))
}

/// `GET /admin/api/settings`: as they are in force, and where each comes from.
pub async fn settings(context: &Context) -> Result<Reply, MachineFailure> {
    Ok(Reply::json(200, &json!({ "settings": context.settings() })))
}
