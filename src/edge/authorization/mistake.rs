//! A request that nobody can be sent back from: what its developer needs to see on the page, and what is written down of it.

use serde_json::json;

use crate::{
    audit::Event,
    edge::{
        clients::copy,
        http::{
            failure::{PageFailure, Problem},
            refusals,
            request::Incoming,
        },
        platform::context::Context,
    },
    oidc::{client::Client, return_address::PageError},
    pages::{Fact, Language, app_name},
    routes::Endpoint,
};

/// The same failure with what is known of its cause. The request is read from the query, where those without a session bring it.
pub async fn explain(failure: PageFailure, request: &Incoming, language: Language, context: &Context) -> PageFailure {
    let PageFailure::Problem(Problem::NoReturn(error, _)) = failure else {
        return failure;
    };
    let params = request.query_params().unwrap_or_default();
    let sent = |name: &str| params.all(name).next().map(str::to_owned);
    let client_id = sent("client_id");
    let client = match (&client_id, error) {
        (Some(client_id), PageError::UnregisteredRedirectUri | PageError::NoRedirectUri) => {
            copy::find(client_id, context).await.ok().flatten()
        }
        _ => None,
    };
    let parameter = match error {
        PageError::NoClient | PageError::UnknownClient => "client_id",
        PageError::NoRedirectUri | PageError::UnregisteredRedirectUri => "redirect_uri",
        PageError::Malformed => "state",
    };
    let came = sent(parameter).filter(|_| parameter != "state");
    let mut written = vec![("reason", error.description())];
    written.extend(
        came.as_deref()
            .filter(|_| parameter == "redirect_uri")
            .map(|came| ("came", came)),
    );
    refusals::note(Event::AuthorizationRefused, client_id.as_deref(), &written, context);
    let mut facts = Vec::new();
    if let Some(client) = &client {
        let name = app_name(&client.client_id, &client.metadata, language);
        facts.push(Fact::App(name.into_owned()));
    }
    if let Some(came) = &came {
        facts.push(Fact::Came(format!("{parameter} = {came}")));
    }
    facts.push(Fact::Expected(expected(error).to_owned()));
    let is_development = !context.config.issuer.is_https();
    if let (true, Some(client), Some(came)) = (is_development, &client, &came) {
        facts.push(Fact::Fix(patch(client, came, context)));
    }
    PageFailure::Problem(Problem::NoReturn(error, facts))
}

fn expected(error: PageError) -> &'static str {
    match error {
        PageError::NoClient => "one client_id",
        PageError::UnknownClient => {
            "the client_id of an app that is registered here: register it at /register, or check for slips"
        }
        PageError::NoRedirectUri => "one redirect_uri",
        PageError::UnregisteredRedirectUri => {
            "one of the redirect_uris that the app registered, letter by letter: register this one too, or send one of those"
        }
        PageError::Malformed => "a state of at most 12000 bytes",
    }
}

/// A command to paste, in development: it registers the address that came.
fn patch(client: &Client, came: &str, context: &Context) -> String {
    let mut uris: Vec<_> = client.metadata.redirect_uris.iter().map(|uri| uri.as_str()).collect();
    uris.push(came);
    let body = json!({ "redirect_uris": uris }).to_string().replace('\'', "'\\''");
    let url = context.config.issuer.url(
        &Endpoint::RegisteredClient
            .path()
            .replace("{client_id}", &client.client_id),
    );
    format!(
        "curl -X PATCH {url} -H \"Authorization: Bearer $ADMIN_TOKEN\" -H 'Content-Type: application/json' -d '{body}'"
    )
}
