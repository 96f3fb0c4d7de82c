//! An app of another deployment comes in, with its secrets where they are worth something here.

use serde_json::Value;

use super::moved_line::MovedLine;
use crate::{
    admin::{access_token, moving::MovedApp, operator::Operator},
    audit::{Actor, Entry, Event},
    db::{
        client_looks,
        clients::{self, ClientRecord},
        moved_rows,
    },
    edge::{
        clients::{logo, outbound::NoClient, secret, sector_identifier},
        keys::signer,
        platform::{context::Context, random},
    },
    fault::Fault,
    oidc::{
        client::{Client, SecretAtRest, StoredSecret, self_service::RegisteredBy, stored_secret::AboutSecret},
        protected_resource,
    },
    secret::ClientSecret,
    time::UnixTime,
};

/// The statements of an app, or why it cannot be taken.
///
/// # Errors
/// A fault.
pub(super) async fn add<'a>(
    app: &'a MovedApp,
    by: &Operator,
    context: &Context,
) -> Result<Result<MovedLine<'a>, String>, Fault> {
    let mut metadata = app.metadata.clone();
    let logo = match app.logo.clone().map(|bytes| logo::of_bytes(bytes, false)).transpose() {
        Ok(logo) => logo,
        Err(why) => return Ok(Err(format!("logo {why}"))),
    };
    metadata.look.logo = logo.as_ref().map(|logo| logo.digest.clone());
    if app.wants_to_administer && protected_resource::takes_admin_tokens(&context.config) {
        if let Err(error) = by.may_give(&access_token::named(&metadata)) {
            return Ok(Err(error.description.into_owned()));
        }
        metadata.may_administer = true;
    }
    match sector_identifier::check(&metadata, None, RegisteredBy::Operator, context).await {
        Ok(()) => {}
        Err(NoClient::Document(error)) => return Ok(Err(error.description.into_owned())),
        Err(NoClient::TooMany(_) | NoClient::TooSoon(_)) => {
            return Ok(Err(
                "sector_identifier_uri could not be read; try again later".to_owned()
            ));
        }
        Err(NoClient::Fault(fault)) => return Err(fault),
    }
    let client = Client {
        client_id: app.client_id.clone(),
        version: 1,
        issued_at: app.issued_at,
        metadata,
        // It is read when it is asked for.
        document_fresh_until: app.is_document.then_some(UnixTime(0)),
    };
    let (stored, needs_secret) = match stored_secret(app, &client, context).await? {
        Ok(stored) => stored,
        Err(why) => return Ok(Err(why)),
    };
    for alg in client.needed_keys() {
        signer::ensure_published(alg, context).await?;
    }
    let is_anybodys = app.registered_openly || app.is_document;
    let metadata = Value::Object(client.metadata.to_json()).to_string();
    let compared = match app.plain_secret {
        Some(_) => stored.as_ref().map(|stored| stored.current.hash.clone()),
        None => app.current.as_ref().map(|secret| secret.hash.clone()),
    };
    let record = ClientRecord {
        secret: stored,
        registration_token_hash: app.registration_token_hash.clone(),
        registered_openly: app.registered_openly,
        unused_since: is_anybodys.then_some(context.now),
        last_used_at: None,
        client,
    };
    Ok(Ok(MovedLine {
        add: clients::insert_moved(&record, app.notes.as_ref(), context.now),
        entry: Entry::new(Event::ClientRegistered, Actor::Operator).client(&app.client_id),
        then: logo.map(|logo| client_looks::bring_logo(&app.client_id, &logo, context.now)),
        standing: moved_rows::app(&app.client_id, &metadata, (compared.as_ref(), app.notes.as_ref())),
        needs_secret,
        is_off: false,
    }))
}

/// What is stored of the secret of an app, and whether it needs another one: then what is stored is nobody's, so that an operator can
/// renew it.
///
/// # Errors
/// A fault, or what is wrong with one: the app would fail whenever it is needed.
async fn stored_secret(
    app: &MovedApp,
    client: &Client,
    context: &Context,
) -> Result<Result<(Option<StoredSecret>, bool), String>, Fault> {
    if !client.metadata.token_endpoint_auth_method.uses_secret() {
        return Ok(Ok((None, false)));
    }
    let is_of_use = |secret: &SecretAtRest| !client.needs_secret_itself() || secret.wrapped.is_some();
    let fitting = |secret: &SecretAtRest| SecretAtRest {
        wrapped: secret.wrapped.clone().filter(|_| client.needs_secret_itself()),
        ..secret.clone()
    };
    let new = || {
        Ok(AboutSecret {
            id: random::id()?,
            name: None,
            made_at: Some(context.now),
            ends_at: None,
            used_at: None,
        })
    };
    let known = match (&app.plain_secret, &app.current) {
        (Some(plain), _) => Some(secret::at_rest(plain, new()?, client, context).await?),
        (None, current) => current.as_ref().filter(|secret| is_of_use(secret)).map(fitting),
    };
    let more: Vec<_> = app
        .more
        .iter()
        .filter(|secret| is_of_use(secret))
        .map(fitting)
        .collect();
    let needs_secret = known.is_none() && more.is_empty();
    let previous = app.previous.as_ref().filter(|(secret, _)| is_of_use(secret));
    let previous = previous.map(|(secret, until)| (fitting(secret), *until));
    let by_names = [
        ("wrapped_secret", known.iter().collect::<Vec<_>>()),
        (
            "previous_wrapped_secret",
            previous.iter().map(|(secret, _)| secret).collect(),
        ),
        ("secret_details", more.iter().collect()),
    ];
    for (name, secrets) in by_names {
        for secret in secrets {
            if !secret::opens(secret, &client.client_id, context).await {
                let why = "does not open for this app: it must be as it was exported, with the same id and root key";
                return Ok(Err(format!("{name} {why}")));
            }
        }
    }
    let current = match known {
        Some(known) => known,
        None => {
            let nobodys = ClientSecret::new(&context.config.roots, random::bytes()?);
            secret::at_rest(&nobodys, new()?, client, context).await?
        }
    };
    let stored = StoredSecret {
        current,
        previous,
        more,
    };
    Ok(Ok((Some(stored), needs_secret)))
}
