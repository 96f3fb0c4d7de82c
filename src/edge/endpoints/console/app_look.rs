//! `/admin/apps/{client_id}/look`: the logo, the color and the launch address of an app, and what operators note about it.

use super::typed::Typed;
use crate::{
    admin::{client_changes::ClientChanges, console_form::app::LookAction},
    db::{
        Batch, client_looks,
        clients::{self, ClientRecord},
    },
    edge::{
        clients::{logo, looks, registration},
        http::{
            failure::{MachineFailure, PageFailure, Problem},
            request::Incoming,
        },
        people::console_access::Console,
        platform::{apart::apart, context::Context},
    },
    oidc::{error::OAuthError, params::Params},
    pages::{
        app_name,
        console::{AppLookPage, ConsoleNotice, Part},
    },
    reply::Reply,
    routes::{self, Endpoint, Method},
};

const SECTION: Endpoint = Endpoint::ConsoleApps;

/// The fields of the form with the picture.
const FIELDS: [&str; 3] = ["csrf", "version", "do"];

/// `GET /admin/apps/{client_id}/look`.
pub async fn show(request: &mut Incoming, context: &Context) -> Result<Reply, PageFailure> {
    let console = Console::open(request, &[(Endpoint::AdminClient, Method::Get)], context).await?;
    apart(page(&console, request.segment(0), Typed::default(), context)).await
}

/// `POST /admin/apps/{client_id}/look`: one thing that [`LookAction`] knows.
pub async fn submit(request: &mut Incoming, context: &Context) -> Result<Reply, PageFailure> {
    let picture = match request.has_form() {
        true => None,
        false => apart(request.form_with_file(&FIELDS, "logo")).await?,
    };
    let (console, form) = Console::submit(request, context).await?;
    let action = LookAction::parse(&form).map_err(Problem::BadRequest)?;
    console.require(action.call(), context)?;
    let client_id = request.segment(0);
    let record = context.db.read(clients::find(client_id)).await?;
    let record = record.ok_or(Problem::NotFound)?;
    match apart(act(&console, action, record, (&form, picture), context)).await {
        Ok(()) => Ok(console.done(ConsoleNotice::Saved, context)),
        Err(failure) => {
            let problem = super::explain(failure)?;
            apart(page(&console, client_id, Typed::refused(&form, &problem), context)).await
        }
    }
}

async fn act(
    console: &Console,
    action: LookAction,
    record: ClientRecord,
    (form, picture): (&Params, Option<Vec<u8>>),
    context: &Context,
) -> Result<(), MachineFailure> {
    registration::check_shown(&record, form.single("version")?.unwrap_or_default())?;
    let party = console.registering_party();
    match action {
        LookAction::Save => looks::change(record, &ClientChanges::of_form(form)?, party, context).await,
        LookAction::Upload => {
            let picture = picture.ok_or_else(|| OAuthError::invalid_request("logo: choose a file first"))?;
            looks::set_logo(record, Some(picture), party, context).await
        }
        LookAction::Fetch => {
            let picture = logo::fetch_for_operator(&record, party, context).await?;
            looks::set_logo(record, Some(picture), party, context).await
        }
        LookAction::Remove => looks::set_logo(record, None, party, context).await,
    }
}

async fn page(console: &Console, client_id: &str, typed: Typed<'_>, context: &Context) -> Result<Reply, PageFailure> {
    let mut batch = Batch::default();
    let record = batch.add(clients::find(client_id));
    let papers = batch.add(client_looks::find_papers(client_id));
    let rows = context.db.run(batch).await?;
    let found = rows.read(record)?.zip(rows.read(papers)?);
    let (record, papers) = found.ok_or(Problem::NotFound)?;
    let metadata = &record.client.metadata;
    let form = typed.of("save");
    let accent = metadata.look.accent.map(|accent| accent.to_string());
    let own = |name: &str, kept: Option<&str>| form.map_or(kept.unwrap_or_default(), |form| form.text(name)).to_owned();
    let logo = papers.logo.as_ref().zip(metadata.look.logo_path());
    let is_described = record.client.is_described_by_document();
    let call = LookAction::Save.call();
    let html = AppLookPage {
        part: Part {
            frame: console.frame(SECTION),
            action: &routes::with_segment(Endpoint::ConsoleAppLook, client_id),
            back: &routes::with_segment(Endpoint::ConsoleApp, client_id),
            name: &app_name(client_id, metadata, console.signed_in.language),
            confirm: console.confirm_for(&[call]),
            may_change: console.signed_in_just_now && console.may(call),
            problem: typed.problem(),
        },
        is_described,
        logo: logo.map(|(logo, path)| (path, console.moment(logo.stored_at))),
        logo_uri: metadata.logo_uri.default_text(),
        notes: &own("notes", papers.notes.as_deref()),
        accent: &own("accent_color", accent.as_deref()),
        launch_uri: &own("launch_uri", metadata.look.launch_uri.as_deref()),
        version: record.client.version,
    }
    .to_html();
    Ok(console.page(typed.status(), html))
}
