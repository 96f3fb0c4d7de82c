//! `/admin/api/webhooks`: addresses that events of the audit are sent to, for operators.

use serde_json::{Value, json};

use crate::{
    admin::{
        paging::Page,
        webhook::{self, WantedWebhook, Webhook},
    },
    db::webhooks,
    edge::{
        http::{failure::MachineFailure, request::Incoming},
        people::operations::webhooks as operation,
        platform::context::Context,
    },
    reply::{Body, Reply},
};

/// `GET /admin/api/webhooks?after=&limit=`. Their secrets are told to nobody again.
pub async fn list(request: &mut Incoming, context: &Context) -> Result<Reply, MachineFailure> {
    let params = request.query_params()?;
    let page = Page::parse(&params, &[])?;
    let found = context.db.read(webhooks::list(page.after_text()?, page.limit)).await?;
    let describe = |webhook: &Webhook| webhook.describe(context.now);
    let listed = page.describe("webhooks", &found, describe, |webhook| webhook.id.clone());
    Ok(Reply::json(200, &listed))
}

/// `POST /admin/api/webhooks`.
pub async fn make(request: &mut Incoming, context: &Context) -> Result<Reply, MachineFailure> {
    let wanted = WantedWebhook::parse_new(&request.json().await?, context.config.loopback_fetches)?;
    let made = operation::make(wanted, request.caller()?, context).await?;
    Ok(with_secret(201, made, context))
}

/// `GET /admin/api/webhooks/{webhook_id}`.
pub async fn show(request: &mut Incoming, context: &Context) -> Result<Reply, MachineFailure> {
    let webhook = operation::find(request.segment(0), context).await?;
    Ok(Reply::json(200, &webhook.describe(context.now)))
}

/// `PATCH /admin/api/webhooks/{webhook_id}`. One that was given up, or was off, goes on where it was.
pub async fn change(request: &mut Incoming, context: &Context) -> Result<Reply, MachineFailure> {
    let wanted = WantedWebhook::parse(&request.json().await?, context.config.loopback_fetches)?;
    let webhook = operation::change(request.segment(0), wanted, request.caller()?, context).await?;
    Ok(Reply::json(200, &webhook.describe(context.now)))
}

/// `DELETE /admin/api/webhooks/{webhook_id}`.
pub async fn delete(request: &mut Incoming, context: &Context) -> Result<Reply, MachineFailure> {
    operation::delete(request.segment(0), request.caller()?, context).await?;
    Ok(Reply::new(204, Body::Empty))
}

/// `POST /admin/api/webhooks/{webhook_id}/renew_secret`: the secret before signs, too, for as long as the operator asks.
pub async fn renew_secret(request: &mut Incoming, context: &Context) -> Result<Reply, MachineFailure> {
    let overlap = webhook::overlap(&request.optional_json().await?)?;
    let instead = "with overlap_seconds of 0, which ends the others at once";
    let renewed = operation::renew_secret(request.segment(0), overlap, instead, request.caller()?, context).await?;
    Ok(with_secret(200, renewed, context))
}

/// `POST /admin/api/webhooks/{webhook_id}/test`: sends it a message now, and says what came of it.
pub async fn test(request: &mut Incoming, context: &Context) -> Result<Reply, MachineFailure> {
    let (_, outcome) = operation::test(request.segment(0), request.caller()?, context).await?;
    let problem = outcome.as_ref().err().map(|not_taken| &not_taken.why);
    Ok(Reply::json(200, &json!({ "ok": outcome.is_ok(), "problem": problem })))
}

fn with_secret(status: u16, (webhook, secret): (Webhook, Option<String>), context: &Context) -> Reply {
    let mut described = webhook.describe(context.now);
    if let Value::Object(members) = &mut described {
        members.insert("secret".to_owned(), secret.into());
    }
    Reply::json(status, &described)
}
