//! `/admin/apis` and `/admin/apis/new`: APIs, some at a time, and the form that declares one.

use serde_json::Value;

use crate::{
    admin::{api as wire, console_form::api::ApiFields, paging::Page},
    config::Api,
    db::apis::{self, StoredApi},
    edge::{
        http::{
            failure::{MachineFailure, PageFailure, Problem},
            request::Incoming,
        },
        people::{console_access::Console, operations},
        platform::{apart::apart, context::Context},
    },
    oidc::{error::OAuthError, jose::jwt::SigningAlg, params::Params},
    pages::console::{ConsoleApiPage, ConsoleApisPage, ConsoleNotice, ListedApi},
    reply::Reply,
    routes::{self, Call, Endpoint, Method},
};

pub(super) const SECTION: Endpoint = Endpoint::ConsoleApis;

const CREATE: Call = (Endpoint::AdminApis, Method::Post);

/// `GET /admin/apis?search=&after=`.
pub async fn show(request: &mut Incoming, context: &Context) -> Result<Reply, PageFailure> {
    let console = Console::open(request, &[(Endpoint::AdminApis, Method::Get)], context).await?;
    let asked = request.asked(&super::SEARCH)?;
    let (search, params) = super::page_of(&asked, |_| None)?;
    let page = Page::parse(&params, &[]).map_err(Problem::BadRequest)?;
    let after = page.after_text().map_err(Problem::BadRequest)?;
    let list = apis::list(&search.to_ascii_lowercase(), after, page.limit);
    let found = context.db.read(list).await?;
    let next = page.next(&found).map(|last| last.api.identifier.clone());
    let of_variable = context.config.settings().resources.iter();
    let of_variable = of_variable.filter(|(_, api)| api.is_open && after.is_empty() && search.is_empty());
    let html = ConsoleApisPage {
        frame: console.frame(SECTION),
        search,
        apis: found.iter().map(|stored| listed(stored, context)).collect(),
        of_variable: of_variable.map(|(_, api)| listed_of_variable(api)).collect(),
        next: super::next_page(SECTION, search, next)?,
        may_add: console.may(CREATE),
    }
    .to_html();
    Ok(console.page(200, html))
}

fn listed(stored: &StoredApi, context: &Context) -> ListedApi {
    let settings = &stored.api.settings;
    ListedApi {
        href: Some(routes::with_segment(Endpoint::ConsoleApi, &stored.id)),
        name: settings.name.clone(),
        identifier: stored.api.identifier.clone(),
        scopes: settings.scopes.keys().map(String::as_str).collect::<Vec<_>>().join(" "),
        problem: wire::problem(&stored.api, stored.problem.as_deref(), context.config.settings()),
    }
}

fn listed_of_variable(api: &Api) -> ListedApi {
    ListedApi {
        href: None,
        name: api.name.clone(),
        identifier: api.identifier.clone(),
        scopes: api.scopes().collect::<Vec<_>>().join(" "),
        problem: None,
    }
}

/// The algorithms to choose from.
pub(super) fn algs() -> Vec<&'static str> {
    SigningAlg::ALL.map(SigningAlg::as_str).into()
}

/// `GET /admin/apis/new`.
pub async fn show_new(request: &mut Incoming, context: &Context) -> Result<Reply, PageFailure> {
    let console = Console::open(request, &[CREATE], context).await?;
    Ok(new_page(&console, 200, ("", ApiFields::default()), None))
}

/// `POST /admin/apis/new`: declares an API, and leads to it.
pub async fn submit_new(request: &mut Incoming, context: &Context) -> Result<Reply, PageFailure> {
    let (console, form) = Console::submit(request, context).await?;
    console.require(CREATE, context)?;
    match apart(declare(&form, context)).await {
        Ok(stored) => {
            let name = ConsoleNotice::Added.as_str();
            Ok(console
                .signed_in
                .done_at(&routes::with_segment(Endpoint::ConsoleApi, &stored.id), name, context))
        }
        Err(failure) => {
            let problem = super::explain(failure)?;
            let typed = (form.text("identifier"), ApiFields::of_form(&form));
            Ok(new_page(&console, 400, typed, Some(&problem)))
        }
    }
}

async fn declare(form: &Params, context: &Context) -> Result<StoredApi, MachineFailure> {
    let mut members = ApiFields::of_form(form)
        .members()
        .map_err(OAuthError::invalid_request)?;
    members.insert("identifier".to_owned(), Value::from(form.text("identifier").trim()));
    let new = wire::read_new(&members, context.config.settings()).map_err(OAuthError::invalid_request)?;
    operations::apis::create(new, context).await
}

fn new_page(console: &Console, status: u16, (identifier, fields): (&str, ApiFields), problem: Option<&str>) -> Reply {
    let html = ConsoleApiPage {
        frame: console.frame(SECTION),
        action: Endpoint::ConsoleNewApi.path(),
        confirm: console.confirm_for(&[CREATE]),
        known: None,
        identifier,
        fields,
        algs: algs(),
        may_change: console.signed_in_just_now,
        version: String::new(),
        version_now: String::new(),
        problem,
    }
    .to_html();
    console.page(status, html)
}
