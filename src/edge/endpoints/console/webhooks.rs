//! `/admin/webhooks`: where events of the audit are sent, and a form that makes one more.

use super::typed::Typed;
use crate::{
    admin::{
        console_form::webhook as webhook_form,
        webhook::{self, Format, Webhook},
    },
    db::{Batch, webhooks},
    edge::{
        http::{failure::PageFailure, request::Incoming},
        people::{console_access::Console, operations::webhooks as operation},
        platform::{apart::apart, context::Context},
    },
    pages::console::{ConsoleNotice, ConsoleWebhooksPage, OnceHeading, OncePage, ShownWebhook},
    reply::Reply,
    routes::{self, Call, Endpoint, Method},
};

pub(super) const SECTION: Endpoint = Endpoint::ConsoleWebhooks;

pub(super) const MAKE: Call = (Endpoint::AdminWebhooks, Method::Post);
const READS_AUDIT: Call = (Endpoint::AdminAudit, Method::Get);

/// `GET /admin/webhooks`.
pub async fn list(request: &mut Incoming, context: &Context) -> Result<Reply, PageFailure> {
    let console = Console::open(request, &[(Endpoint::AdminWebhooks, Method::Get)], context).await?;
    list_page(&console, Typed::default(), context).await
}

/// `POST /admin/webhooks`: makes one, and shows its secret.
pub async fn submit_new(request: &mut Incoming, context: &Context) -> Result<Reply, PageFailure> {
    let (console, form) = Console::submit(request, context).await?;
    console.require(MAKE, context)?;
    let made = match webhook_form::webhook(&form, context.config.loopback_fetches) {
        Ok(wanted) => apart(operation::make(wanted, &console.operator, context)).await,
        Err(error) => Err(error.into()),
    };
    match made {
        Ok((webhook, None)) => {
            let name = ConsoleNotice::Added.as_str();
            Ok(console.signed_in.done_at(
                &routes::with_segment(Endpoint::ConsoleWebhook, &webhook.id),
                name,
                context,
            ))
        }
        Ok(made) => Ok(once(&console, &made)),
        Err(failure) => {
            let problem = super::explain(failure)?;
            list_page(&console, Typed::refused(&form, &problem), context).await
        }
    }
}

async fn list_page(console: &Console, typed: Typed<'_>, context: &Context) -> Result<Reply, PageFailure> {
    let mut batch = Batch::default();
    let webhooks = batch.add(webhooks::list("", webhook::MOST));
    let apps = batch.add_if(super::apps_to_choose(console).filter(|_| may_change(console)));
    let rows = context.db.run(batch).await?;
    let (webhooks, apps) = (rows.read(webhooks)?, rows.read_if(apps)?);
    let text = |name| typed.text(name);
    let html = ConsoleWebhooksPage {
        frame: console.frame(SECTION),
        confirm: console.confirm_for(&[MAKE]),
        webhooks: webhooks.iter().map(|webhook| shown(webhook, console)).collect(),
        may_add: may_change(console),
        typed: ["name", "url", "events"].map(text),
        of_tokens: (text("format") == Format::Set.as_str(), text("client_id")),
        apps: super::offered(apps),
        problem: typed.problem(),
    }
    .to_html();
    Ok(console.page(typed.status(), html))
}

/// Whether forms change webhooks.
pub(super) fn may_change(console: &Console) -> bool {
    console.signed_in_just_now && console.may(MAKE) && console.may(READS_AUDIT)
}

pub(super) fn shown(webhook: &Webhook, console: &Console) -> ShownWebhook {
    let moment = |at| console.moment(at);
    ShownWebhook {
        href: routes::with_segment(Endpoint::ConsoleWebhook, &webhook.id),
        name: webhook.name.as_str().to_owned(),
        url: webhook.url.clone(),
        of_tokens: webhook.format == Format::Set,
        client_id: webhook.client_id.clone(),
        events: webhook.events.clone().unwrap_or_default(),
        state: webhook.state(),
        refuses_tests: false,
        taken: webhook.delivered_at.map(moment),
        failing_since: webhook.failing_since.map(moment),
        problem: webhook.problem.clone(),
        next_attempt: webhook.next_attempt_at().map(moment),
        passed_over: webhook.passed_over,
    }
}

/// The page that shows the secret of a webhook, once.
pub(super) fn once(console: &Console, (webhook, secret): &(Webhook, Option<String>)) -> Reply {
    let back = routes::with_segment(Endpoint::ConsoleWebhook, &webhook.id);
    console.once(&OncePage::new(
        console.frame(SECTION),
        OnceHeading::WebhookSecret,
        (webhook.name.as_str(), &back),
        secret.as_deref(),
    ))
}
