//! `/admin/apps/{client_id}/secrets`: the secrets of an app.

use super::typed::Typed;
use crate::{
    admin::client_secret::{SecretAction, WantedSecret},
    edge::{
        clients::more_secrets::{self, Added},
        http::{
            failure::{MachineFailure, PageFailure, Problem},
            request::Incoming,
        },
        people::console_access::Console,
        platform::{apart::apart, context::Context},
    },
    oidc::{client::stored_secret::AboutSecret, params::Params},
    pages::{
        app_name,
        console::{AppSecretsPage, ConsoleNotice, OnceHeading, OncePage, Part, ShownSecret},
    },
    reply::Reply,
    routes::{self, Endpoint, Method},
};

const SECTION: Endpoint = Endpoint::ConsoleApps;

/// `GET /admin/apps/{client_id}/secrets`.
pub async fn show(request: &mut Incoming, context: &Context) -> Result<Reply, PageFailure> {
    let console = Console::open(request, &[(Endpoint::AdminClientSecrets, Method::Get)], context).await?;
    apart(page(&console, request, Typed::default(), context)).await
}

/// `POST /admin/apps/{client_id}/secrets`: one thing that [`SecretAction`] knows.
pub async fn submit(request: &mut Incoming, context: &Context) -> Result<Reply, PageFailure> {
    let (console, form) = Console::submit(request, context).await?;
    let action = SecretAction::parse(&form).map_err(Problem::BadRequest)?;
    console.require(action.call(), context)?;
    let done = apart(act(&console, action, request.segment(0), &form, context)).await;
    match done {
        Ok(reply) => Ok(reply),
        Err(failure) => {
            let problem = super::explain(failure)?;
            apart(page(&console, request, Typed::refused(&form, &problem), context)).await
        }
    }
}

async fn act(
    console: &Console,
    action: SecretAction<'_>,
    client_id: &str,
    form: &Params,
    context: &Context,
) -> Result<Reply, MachineFailure> {
    let party = console.registering_party();
    match action {
        SecretAction::Add => {
            let wanted = WantedSecret::of_form(form)?;
            let shown = form.single("version")?.unwrap_or_default();
            let added = more_secrets::add(client_id, wanted, Some(shown), party, context).await?;
            Ok(told_once(console, &added, context))
        }
        SecretAction::Remove(id) => {
            more_secrets::remove(client_id, id, party, context).await?;
            Ok(console.done(ConsoleNotice::Removed, context))
        }
    }
}

/// The page with a new secret, which is told this once.
fn told_once(console: &Console, added: &Added, context: &Context) -> Reply {
    let client = &added.record.client;
    let moment = |at| console.moment(at);
    console.once(&OncePage {
        until: added.about.ends_at.map(moment),
        client: Some((context.config.issuer.as_str(), &client.client_id)),
        ..OncePage::new(
            console.frame(SECTION),
            OnceHeading::NewSecret,
            (
                &app_name(&client.client_id, &client.metadata, console.signed_in.language),
                &routes::with_segment(Endpoint::ConsoleAppSecrets, &client.client_id),
            ),
            Some(&added.text),
        )
    })
}

async fn page(
    console: &Console,
    request: &Incoming,
    typed: Typed<'_>,
    context: &Context,
) -> Result<Reply, PageFailure> {
    let client_id = request.segment(0);
    let (record, stored) = match more_secrets::find(client_id, context).await {
        Ok(found) => found,
        Err(MachineFailure::Fault(fault)) => return Err(fault.into()),
        Err(_) => return Err(Problem::NotFound.into()),
    };
    let moment = |at| console.moment(at);
    let shown = |about: AboutSecret| ShownSecret {
        is_main: about.id == stored.current.about.id,
        id: about.id,
        name: about.name,
        made: about.made_at.map(moment),
        ends: about.ends_at.map(moment),
        last_used: about.used_at.map(moment),
    };
    let text = |name| typed.text(name);
    let html = AppSecretsPage {
        part: Part {
            frame: console.frame(SECTION),
            action: &routes::with_segment(Endpoint::ConsoleAppSecrets, client_id),
            back: &routes::with_segment(Endpoint::ConsoleApp, client_id),
            name: &app_name(client_id, &record.client.metadata, console.signed_in.language),
            confirm: console.confirm_for(&[SecretAction::Add.call()]),
            may_change: console.signed_in_just_now && console.may(SecretAction::Add.call()),
            problem: typed.problem(),
        },
        secrets: stored.about(context.now).into_iter().map(shown).collect(),
        version: record.client.version,
        typed: (text("name"), text("days")),
    }
    .to_html();
    Ok(console.page(typed.status(), html))
}
