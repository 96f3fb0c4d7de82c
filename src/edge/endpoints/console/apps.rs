//! `/admin/apps` and `/admin/apps/new`: apps, some at a time, and the assistant that sets one up.

use crate::{
    admin::{
        app_lines::NewApp,
        client_filter::ClientFilter,
        console_form::app::{self, AppKind},
    },
    config::Registration,
    db::client_list::Listed,
    edge::{
        clients::registration,
        http::{
            failure::{MachineFailure, PageFailure, Problem},
            request::Incoming,
        },
        people::{console_access::Console, operations},
        platform::{apart::apart, context::Context, random},
    },
    oidc::{
        client::{Client, registration as messages, self_service::RegisteredBy, terms::Terms},
        params::Params,
    },
    pages::{
        Language, app_name,
        console::{ConsoleAppsPage, ListedApp, NewAppPage, OnceHeading, OncePage},
    },
    reply::Reply,
    routes::{self, Call, Endpoint, Method},
    secret::random_text,
};

const SECTION: Endpoint = Endpoint::ConsoleApps;

/// The call of the API that sets an app up.
const REGISTER: Call = (Endpoint::Register, Method::Post);

/// `GET /admin/apps?search=&after=`.
pub async fn show(request: &mut Incoming, context: &Context) -> Result<Reply, PageFailure> {
    let console = Console::open(request, &[(Endpoint::AdminClients, Method::Get)], context).await?;
    let asked = request.asked(&super::SEARCH)?;
    let (search, params) = super::page_of(&asked, |search| match search {
        "" => None,
        part => Some(("search", part)),
    })?;
    let (filter, page) = ClientFilter::parse(&params).map_err(Problem::BadRequest)?;
    let (clients, next) = operations::clients::page(&filter, &page, context).await?;
    let language = console.signed_in.language;
    let html = ConsoleAppsPage {
        frame: console.frame(SECTION),
        search,
        apps: clients.iter().map(|listed| listed_app(listed, language)).collect(),
        next: super::next_page(SECTION, search, next)?,
        may_add: console.may(REGISTER),
        has_self_registered: context.config.registration == Registration::Open,
    }
    .to_html();
    Ok(console.page(200, html))
}

fn listed_app(listed: &Listed, language: Language) -> ListedApp {
    ListedApp {
        href: routes::with_segment(Endpoint::ConsoleApp, &listed.client_id),
        name: app_name(&listed.client_id, &listed.metadata, language).into_owned(),
        client_id: listed.client_id.clone(),
        registered_by: listed.registered_by,
        is_off: listed.metadata.rules.disabled,
    }
}

/// `GET /admin/apps/new`.
pub async fn show_new(request: &mut Incoming, context: &Context) -> Result<Reply, PageFailure> {
    let console = Console::open(request, &[REGISTER], context).await?;
    Ok(new_page(&console, 200, ("", "", AppKind::Web), None))
}

/// `POST /admin/apps/new`: registers an app, and shows what it needs, the secret for this once.
pub async fn submit_new(request: &mut Incoming, context: &Context) -> Result<Reply, PageFailure> {
    let (console, form) = Console::submit(request, context).await?;
    console.require(REGISTER, context)?;
    let kind = AppKind::parse(form.text("kind")).unwrap_or(AppKind::Web);
    let typed = (form.text("client_name"), form.text("redirect_uris"), kind);
    match apart(register(&console, kind, &form, context)).await {
        Ok(reply) => Ok(reply),
        Err(failure) => {
            let problem = super::explain(failure)?;
            Ok(new_page(&console, 400, typed, Some(&problem)))
        }
    }
}

async fn register(console: &Console, kind: AppKind, form: &Params, context: &Context) -> Result<Reply, MachineFailure> {
    let terms = Terms::of(&context.config, RegisteredBy::Operator, None);
    let metadata = messages::parse(&app::registration(kind, form)?, &terms)?;
    let (record, issued) = registration::register(metadata, console.registering_party(), context).await?;
    let client = &record.client;
    let addresses = &client.metadata.redirect_uris;
    let redirect_uri = addresses.first().map(|address| address.as_str());
    let new = NewApp {
        kind,
        issuer: context.config.issuer.as_str(),
        client_id: &client.client_id,
        secret: issued.secret(),
        redirect_uri,
    };
    Ok(console.once(&OncePage {
        client: Some((new.issuer, new.client_id)),
        lines: new.lines(),
        test: match redirect_uri {
            Some(address) => Some(trial(client, address)?),
            None => None,
        },
        ..OncePage::new(
            console.frame(SECTION),
            OnceHeading::NewApp,
            (
                &app_name(&client.client_id, &client.metadata, console.signed_in.language),
                &routes::with_segment(Endpoint::ConsoleApp, &client.client_id),
            ),
            new.secret,
        )
    }))
}

/// A sign-in whose code nobody can redeem: the challenge is of no verifier that is known.
fn trial(client: &Client, redirect_uri: &str) -> Result<String, MachineFailure> {
    let challenge = random_text(random::bytes::<32>()?);
    let state = random::id()?;
    let pairs = [
        ("client_id", client.client_id.as_str()),
        ("redirect_uri", redirect_uri),
        ("response_type", "code"),
        ("scope", "openid profile email"),
        ("state", &state),
        ("code_challenge", &challenge),
        ("code_challenge_method", "S256"),
    ];
    let params = Params::of_texts(pairs)?;
    Ok(format!("{}?{}", Endpoint::Authorize.path(), params.to_query()))
}

fn new_page(
    console: &Console,
    status: u16,
    (name, redirect_uris, kind): (&str, &str, AppKind),
    problem: Option<&str>,
) -> Reply {
    let html = NewAppPage {
        frame: console.frame(SECTION),
        confirm: (!console.signed_in_just_now).then(|| console.confirm()),
        kind,
        name,
        redirect_uris,
        problem,
    }
    .to_html();
    console.page(status, html)
}
