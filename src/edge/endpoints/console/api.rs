//! `/admin/apis/{api_id}`: one API, and what an operator decides about it.

use super::apis::{SECTION, algs};
use super::typed::Typed;
use crate::{
    admin::{
        api as wire,
        console_form::{
            self,
            api::{ApiAction, ApiFields, OVERLAP},
        },
    },
    db::apis::{self, StoredApi},
    edge::{
        http::{
            failure::{MachineFailure, PageFailure, Problem},
            request::Incoming,
        },
        people::{console_access::Console, operations},
        platform::{apart::apart, context::Context},
    },
    oidc::{
        api_credentials, client::client_metadata::ClientMetadata, declared_api::ApiSettings, error::OAuthError,
        params::Params,
    },
    pages::{
        app_name,
        console::{ConsoleApiPage, ConsoleNotice, KnownApi, NamedApp, OnceHeading, OncePage},
    },
    reply::Reply,
    routes::{self, Endpoint, Method},
};

/// `GET /admin/apis/{api_id}`.
pub async fn show(request: &mut Incoming, context: &Context) -> Result<Reply, PageFailure> {
    let console = Console::open(request, &[(Endpoint::AdminApi, Method::Get)], context).await?;
    let stored = context.db.read(apis::find(request.segment(0))).await?;
    let stored = stored.ok_or(Problem::NotFound)?;
    apart(page(&console, &stored, Typed::default(), context)).await
}

/// `POST /admin/apis/{api_id}`: one thing that [`ApiAction`] knows.
pub async fn submit(request: &mut Incoming, context: &Context) -> Result<Reply, PageFailure> {
    let (console, form) = Console::submit(request, context).await?;
    let action = ApiAction::parse(&form).map_err(Problem::BadRequest)?;
    console.require(action.call(), context)?;
    let stored = context.db.read(apis::find(request.segment(0))).await?;
    let stored = stored.ok_or(Problem::NotFound)?;
    let failure = match apart(act(&console, action, &stored, &form, context)).await {
        Ok(reply) => return Ok(reply),
        Err(failure) => failure,
    };
    // The API as it is, with what was typed.
    let problem = super::explain(failure)?;
    apart(page(&console, &stored, Typed::refused(&form, &problem), context)).await
}

async fn act(
    console: &Console,
    action: ApiAction,
    stored: &StoredApi,
    form: &Params,
    context: &Context,
) -> Result<Reply, MachineFailure> {
    // A form that is sent twice does it once: a second new secret would end the one that the API still uses.
    if form.single("version")? != Some(version_of(stored).as_str()) {
        return Err(console_form::changed().into());
    }
    match action {
        ApiAction::Save => {
            let members = ApiFields::of_form(form)
                .members()
                .map_err(OAuthError::invalid_request)?;
            let settings = ApiSettings::read(&members).map_err(OAuthError::invalid_request)?;
            settings
                .check(context.config.settings())
                .map_err(OAuthError::invalid_request)?;
            operations::apis::change(stored.clone(), settings, context).await?;
            Ok(console.done(ConsoleNotice::Saved, context))
        }
        ApiAction::RenewSecret => {
            let new = operations::apis::renew_secret(&stored.id, Some(OVERLAP), context).await?;
            Ok(console.once(&OncePage {
                client: Some((context.config.issuer.as_str(), &new.client_id)),
                ..OncePage::new(
                    console.frame(SECTION),
                    OnceHeading::NewSecret,
                    (
                        &stored.api.settings.name,
                        &routes::with_segment(Endpoint::ConsoleApi, &stored.id),
                    ),
                    Some(&new.secret),
                )
            }))
        }
        ApiAction::Delete => {
            console_form::require_sure(form)?;
            operations::apis::delete(&stored.id, context).await?;
            let name = ConsoleNotice::Deleted.as_str();
            Ok(console.signed_in.done_at(SECTION.path(), name, context))
        }
    }
}

/// What a form was made of: a new secret counts, too.
fn version_of(stored: &StoredApi) -> String {
    let made = stored.secret_made_at.map_or(0, |at| at.seconds());
    format!("{}-{made}", stored.version)
}

/// The page, as far as the operator may see it; with the form that was sent, and what is wrong with it.
async fn page(
    console: &Console,
    stored: &StoredApi,
    typed: Typed<'_>,
    context: &Context,
) -> Result<Reply, PageFailure> {
    let settings = &stored.api.settings;
    let ids: Vec<_> = settings.apps.keys().collect();
    let names = match ids.as_slice() {
        [] => Vec::new(),
        ids => {
            let ids = serde_json::to_string(ids).unwrap_or_default();
            context.db.read(apis::names_of_apps(&ids)).await?
        }
    };
    let language = console.signed_in.language;
    let moment = |at| console.moment(at);
    let sees_apps = console.may((Endpoint::AdminClients, Method::Get));
    let named = |client_id: &String| names.iter().find(|(id, _): &&(String, ClientMetadata)| id == client_id);
    let apps = settings.apps.iter().map(|(client_id, scopes)| NamedApp {
        href: named(client_id)
            .filter(|_| sees_apps)
            .map(|_| routes::with_segment(Endpoint::ConsoleApp, client_id)),
        name: named(client_id).filter(|_| sees_apps).map_or_else(
            || client_id.clone(),
            |(_, metadata)| app_name(client_id, metadata, language).into_owned(),
        ),
        client_id: client_id.clone(),
        scopes: scopes
            .as_ref()
            .map(|scopes| scopes.iter().map(String::as_str).collect::<Vec<_>>().join(" ")),
    });
    // What was typed, where it was to be saved.
    let form = typed.of("save");
    let changes = console.may(ApiAction::Save.call());
    let version_now = version_of(stored);
    let html = ConsoleApiPage {
        frame: console.frame(SECTION),
        action: &routes::with_segment(Endpoint::ConsoleApi, &stored.id),
        confirm: console.confirm_for(&[ApiAction::Save.call()]),
        known: Some(KnownApi {
            name: &settings.name,
            identifier: &stored.api.identifier,
            is_in_force: context
                .config
                .settings()
                .resources
                .find(&stored.api.identifier)
                .is_none(),
            problem: wire::problem(&stored.api, stored.problem.as_deref(), context.config.settings()),
            client_id: api_credentials::client_id(&stored.id),
            secret_made: stored.secret_made_at.map(moment),
            previous_until: stored
                .previous_secret_until
                .filter(|until| *until > context.now)
                .map(moment),
            apps: apps.collect(),
        }),
        identifier: "",
        fields: form.map_or_else(|| ApiFields::of_settings(settings), ApiFields::of_form),
        algs: algs(),
        may_change: changes && console.signed_in_just_now,
        version: form.map_or_else(|| version_now.clone(), |form| form.text("version").to_owned()),
        version_now,
        problem: typed.problem(),
    }
    .to_html();
    Ok(console.page(typed.status(), html))
}
