//! `/admin/apps/{client_id}/preview`: what the tokens of an app would say.

use serde_json::Value;

use crate::{
    account::token_preview::TokenPreview,
    db::{Batch, clients, users},
    edge::{
        clients::apis,
        http::{
            failure::{PageFailure, Problem},
            request::Incoming,
        },
        people::console_access::Console,
        platform::context::Context,
    },
    oidc::{authorization::Mint, params::RESOURCE, resource_indicator::Targets, scope::Scope},
    pages::{app_name, console::TokenPreviewPage},
    reply::Reply,
    routes::{self, Endpoint, Method},
};

/// What is asked for where nothing is typed.
const USUAL_SCOPE: &str = "openid profile email groups";

/// `GET /admin/apps/{client_id}/preview?person=&scope=`: what tokens would say. None is made.
pub async fn show(request: &mut Incoming, context: &Context) -> Result<Reply, PageFailure> {
    let console = Console::open(
        request,
        &[
            (Endpoint::AdminClients, Method::Get),
            (Endpoint::AdminUser, Method::Get),
        ],
        context,
    )
    .await?;
    let asked = request.asked(&["person", "scope", "api"])?;
    let person = asked.text("person").trim();
    let scope = asked.filled("scope").unwrap_or(USUAL_SCOPE);
    let api = asked.text("api").trim();
    let client_id = request.segment(0);
    apis::know_all([api].into_iter(), client_id, context).await?;
    let mut batch = Batch::default();
    let record = batch.add(clients::find(client_id));
    let found = batch.add(users::find_at(person, client_id, context.config.mail.is_some()));
    let rows = context.db.run(batch).await?;
    let client = rows.read(record)?.ok_or(Problem::NotFound)?.client;
    let user = rows.read(found)?;
    let mint = Mint {
        config: &context.config,
        now: context.now,
        binding: None,
    };
    let named = super::params_of((!api.is_empty()).then_some((RESOURCE, api)))?;
    let told = Scope::parse(scope).and_then(|scope| {
        let targets = Targets::parse(&named, &context.config)?;
        let of = |user| TokenPreview::of(user, &client, (&scope, &targets), &mint);
        user.as_ref().map(of).transpose()
    });
    let (told, problem) = match told {
        Ok(told) => (told, None),
        Err(error) => (None, Some(error.description)),
    };
    let written = |document: &Value| serde_json::to_string_pretty(document).unwrap_or_default();
    let documents = told.map(|told| {
        let id_token = told.id_token.as_ref().map(|document| ("id_token", written(document)));
        let rest = [
            ("access_token", written(&told.access_token)),
            ("userinfo", written(&told.userinfo)),
            ("introspection", written(&told.introspection)),
        ];
        id_token.into_iter().chain(rest).collect()
    });
    let html = TokenPreviewPage {
        frame: console.frame(Endpoint::ConsoleApps),
        action: &request.path,
        back: &routes::with_segment(Endpoint::ConsoleApp, client_id),
        name: &app_name(client_id, &client.metadata, console.signed_in.language),
        person,
        scope,
        api,
        problem: problem.as_deref(),
        found: user.as_ref().map(|user| (user.username.as_str(), user.id.as_str())),
        is_nobody: user.is_none() && !person.is_empty(),
        is_closed: user.as_ref().is_some_and(|user| !user.may_use(&client)),
        documents,
    }
    .to_html();
    Ok(console.page(if problem.is_some() { 400 } else { 200 }, html))
}
