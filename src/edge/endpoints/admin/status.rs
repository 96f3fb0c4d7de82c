//! `/admin/api/status`: what an operator should know of the deployment.

use serde_json::json;

use crate::{
    db::mail_outbox,
    edge::{
        http::{failure::MachineFailure, request::Incoming},
        people::operator,
        platform::{context::Context, deployment},
    },
    reply::Reply,
};

/// `GET /admin/api/status`.
pub async fn show(request: &mut Incoming, context: &Context) -> Result<Reply, MachineFailure> {
    operator::require(request, context)?;
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
