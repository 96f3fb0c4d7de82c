//! `/admin/webhooks` and `/admin/webhooks/{webhook_id}`: where events of the audit are sent.

use super::typed::Typed;
use crate::{
    admin::{
        console_form::webhook::{self as webhook_form, WebhookAction},
        webhook::{self, Format, WantedWebhook, Webhook},
    },
    db::webhooks,
    edge::{
        http::{
            failure::{MachineFailure, PageFailure, Problem},
            request::Incoming,
        },
        people::{console_access::Console, operations::webhooks as operation},
        platform::{apart::apart, context::Context},
    },
    oidc::{error::OAuthError, params::Params},
    pages::console::{ConsoleNotice, ConsoleWebhookPage, ConsoleWebhooksPage, OnceHeading, OncePage, ShownWebhook},
    reply::Reply,
    routes::{self, Call, Endpoint, Method},
    time::Lifetime,
};

const SECTION: Endpoint = Endpoint::ConsoleWebhooks;

const MAKE: Call = (Endpoint::AdminWebhooks, Method::Post);
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
    let webhooks = context.db.read(webhooks::list("", webhook::MOST)).await?;
    let text = |name| typed.text(name);
    let html = ConsoleWebhooksPage {
        frame: console.frame(SECTION),
        confirm: console.confirm_for(&[MAKE]),
        webhooks: webhooks.iter().map(|webhook| shown(webhook, console)).collect(),
        may_add: may_change(console),
        typed: ["name", "url", "events"].map(text),
        of_tokens: (text("format") == Format::Set.as_str(), text("client_id")),
        problem: typed.problem(),
    }
    .to_html();
    Ok(console.page(typed.status(), html))
}

/// Whether forms change webhooks.
fn may_change(console: &Console) -> bool {
    console.signed_in_just_now && console.may(MAKE) && console.may(READS_AUDIT)
}

fn shown(webhook: &Webhook, console: &Console) -> ShownWebhook {
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

/// `GET /admin/webhooks/{webhook_id}`.
pub async fn show(request: &mut Incoming, context: &Context) -> Result<Reply, PageFailure> {
    let console = Console::open(request, &[(Endpoint::AdminWebhook, Method::Get)], context).await?;
    page(&console, request.segment(0), Told::Nothing, context).await
}

/// What the page tells beside how the webhook is.
enum Told<'a> {
    Nothing,
    /// What is wrong with a form.
    Wrong(&'a Params, &'a str),
    /// Why a test was not taken.
    NotTaken(&'a str),
}

async fn page(console: &Console, id: &str, told: Told<'_>, context: &Context) -> Result<Reply, PageFailure> {
    let webhook = context.db.read(webhooks::find(id)).await?.ok_or(Problem::NotFound)?;
    let kept = webhook.updated_at.seconds().to_string();
    let names = webhook
        .events
        .as_ref()
        .map(|names| names.join("\n"))
        .unwrap_or_default();
    let was_tested = matches!(told, Told::NotTaken(_));
    let (form, problem) = match told {
        Told::Nothing => (None, None),
        Told::Wrong(form, problem) => (Some(form), Some(problem)),
        Told::NotTaken(why) => (None, Some(why)),
    };
    // Of another form than that of the settings nothing was typed.
    let typed = form.filter(|form| form.text("do") == "save");
    let html = ConsoleWebhookPage {
        frame: console.frame(SECTION),
        confirm: console.confirm_for(&[MAKE]),
        webhook: ShownWebhook {
            refuses_tests: was_tested,
            ..shown(&webhook, console)
        },
        shown: typed.map_or(&kept, |form| form.text("shown")),
        may_change: may_change(console),
        typed: match typed {
            Some(form) => ["name", "url", "events"].map(|name| form.text(name)),
            None => [webhook.name.as_str(), &webhook.url, &names],
        },
        problem,
        was_tested,
    }
    .to_html();
    Ok(console.page(if form.is_some() { 400 } else { 200 }, html))
}

/// `POST /admin/webhooks/{webhook_id}`: one thing that [`WebhookAction`] knows.
pub async fn submit(request: &mut Incoming, context: &Context) -> Result<Reply, PageFailure> {
    let (console, form) = Console::submit(request, context).await?;
    let action = WebhookAction::parse(&form).map_err(Problem::BadRequest)?;
    console.require(action.call(), context)?;
    let id = request.segment(0);
    match apart(act(action, id, &form, &console, context)).await {
        Ok(reply) => Ok(reply),
        Err(NotDone::Page(failure)) => Err(failure),
        Err(NotDone::NotTaken(why)) => page(&console, id, Told::NotTaken(&why), context).await,
        Err(NotDone::Machine(failure)) => {
            let problem = super::explain(failure)?;
            page(&console, id, Told::Wrong(&form, &problem), context).await
        }
    }
}

enum NotDone {
    Page(PageFailure),
    Machine(MachineFailure),
    NotTaken(String),
}

impl From<MachineFailure> for NotDone {
    fn from(failure: MachineFailure) -> Self {
        Self::Machine(failure)
    }
}

async fn act(
    action: WebhookAction,
    id: &str,
    form: &Params,
    console: &Console,
    context: &Context,
) -> Result<Reply, NotDone> {
    let operator = &console.operator;
    let saved = || Ok(console.done(ConsoleNotice::Saved, context));
    match action {
        WebhookAction::Save => {
            let wanted = webhook_form::webhook(form, context.config.loopback_fetches);
            let wanted = wanted.map_err(MachineFailure::from)?;
            operation::change(id, wanted, operator, context).await?;
            saved()
        }
        WebhookAction::Switch(enabled) => {
            let wanted = WantedWebhook {
                enabled: Some(enabled),
                ..WantedWebhook::default()
            };
            operation::change(id, wanted, operator, context).await?;
            saved()
        }
        WebhookAction::Test => match operation::test(id, operator, context).await {
            Ok((_, Ok(()))) => Ok(console.done(ConsoleNotice::WebhookTested, context)),
            Ok((_, Err(not_taken))) => Err(NotDone::NotTaken(not_taken.why)),
            Err(MachineFailure::Reply(_)) => {
                let why = "the webhook was tested a few seconds ago; wait a moment";
                Err(MachineFailure::from(OAuthError::invalid_request(why)).into())
            }
            Err(failure) => Err(failure.into()),
        },
        WebhookAction::RenewSecret { at_once } => {
            let overlap = match at_once {
                true => Lifetime(0),
                false => webhook::overlap(b"").map_err(MachineFailure::from)?,
            };
            let instead = "replace it at once by the button for that below, which ends the others";
            let renewed = operation::renew_secret(id, overlap, instead, operator, context).await?;
            Ok(once(console, &renewed))
        }
        WebhookAction::Delete => {
            let deleted = operation::delete(id, operator, context).await;
            let notice = super::notice_of(deleted, ConsoleNotice::Deleted).map_err(NotDone::Page)?;
            Ok(console.signed_in.done_at(SECTION.path(), notice.as_str(), context))
        }
    }
}

fn once(console: &Console, (webhook, secret): &(Webhook, Option<String>)) -> Reply {
    let back = routes::with_segment(Endpoint::ConsoleWebhook, &webhook.id);
    console.once(&OncePage::new(
        console.frame(SECTION),
        OnceHeading::WebhookSecret,
        (webhook.name.as_str(), &back),
        secret.as_deref(),
    ))
}
