//! `/admin/webhooks/{webhook_id}`: a webhook, how it is taken, and what is done to it.

use super::webhooks::{MAKE, SECTION, may_change, once, shown};
use crate::{
    admin::{
        console_form::{
            self,
            webhook::{self as webhook_form, WebhookAction},
        },
        webhook::{self, WantedWebhook},
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
    pages::console::{ConsoleNotice, ConsoleWebhookPage, ShownWebhook},
    reply::Reply,
    routes::{Endpoint, Method},
    time::Lifetime,
};

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
            console_form::require_sure(form).map_err(MachineFailure::from)?;
            let deleted = operation::delete(id, operator, context).await;
            let notice = super::notice_of(deleted, ConsoleNotice::Deleted).map_err(NotDone::Page)?;
            Ok(console.signed_in.done_at(SECTION.path(), notice.as_str(), context))
        }
    }
}
