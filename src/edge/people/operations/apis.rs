//! APIs are declared, changed and deleted.

use serde_json::{Value, json};

use crate::{
    admin::api,
    audit::{Actor, Entry, Event},
    db::{
        Batch,
        apis::{self, StoredApi},
        audit,
    },
    edge::{
        clients::apis as known_apis,
        http::failure::MachineFailure,
        keys::signer,
        platform::{context::Context, random},
    },
    fault::Fault,
    oidc::{
        api_credentials,
        declared_api::{ApiSettings, DeclaredApi},
        error::OAuthError,
    },
    secret::Purpose,
    time::{Lifetime, UnixTime},
};

/// Declares an API.
///
/// # Errors
/// 409 where there is one of its identifier, or there are as many as there may be.
pub async fn create(new: DeclaredApi, context: &Context) -> Result<StoredApi, MachineFailure> {
    publish_key(&new.settings, context).await?;
    let stored = StoredApi {
        id: random::id()?,
        version: 1,
        api: new,
        problem: None,
        secret_made_at: None,
        previous_secret_until: None,
        created_at: context.now,
        updated_at: context.now,
    };
    let mut batch = Batch::default();
    let is_full = batch.add(apis::is_full());
    let created = batch.add(apis::insert(&stored, None));
    let detail = api::summary(&stored.api.settings);
    batch.push(audit::record_if_changed(
        &done_to(&stored, Event::ApiCreated, Some(detail)),
        context,
    ));
    let rows = context.db.run(batch).await?;
    known_apis::forget();
    match (rows.read(created)?, rows.read(is_full)?) {
        (true, _) => Ok(stored),
        (false, true) => Err(conflict("there are 500 APIs, and no more can be declared")),
        (false, false) => Err(conflict(
            "there is an API of that identifier, which a slash at its end does not tell apart",
        )),
    }
}

/// Changes an API, as it was read before, from the next token on.
///
/// # Errors
/// 409 where another request was faster.
pub async fn change(before: StoredApi, settings: ApiSettings, context: &Context) -> Result<StoredApi, MachineFailure> {
    publish_key(&settings, context).await?;
    let mut batch = Batch::default();
    let done = batch.add(apis::change(&before.id, &settings, before.version, context.now));
    let detail = api::changes(&before.api.settings, &settings);
    batch.push(audit::record_if_changed(
        &done_to(&before, Event::ApiChanged, Some(detail)),
        context,
    ));
    let is_done = context.db.run(batch).await?.read(done)?;
    known_apis::forget();
    match is_done {
        true => Ok(StoredApi {
            version: before.version + 1,
            updated_at: context.now,
            api: DeclaredApi { settings, ..before.api },
            problem: None,
            ..before
        }),
        false => Err(conflict("another request has changed or deleted it; read it again")),
    }
}

/// Deletes an API. Tokens for it live until their time; none are made any more.
///
/// # Errors
/// 404.
pub async fn delete(api_id: &str, context: &Context) -> Result<(), MachineFailure> {
    let stored = find(api_id, context).await?;
    let mut batch = Batch::default();
    batch.push(apis::delete(&stored.id));
    batch.push(audit::record_if_changed(
        &done_to(&stored, Event::ApiDeleted, None),
        context,
    ));
    context.db.run(batch).await?;
    known_apis::forget();
    Ok(())
}

/// What an API that asks about tokens is told once.
pub struct NewSecret {
    pub client_id: String,
    pub secret: String,
    /// Until when the secret before works.
    pub before_until: Option<UnixTime>,
}

/// Gives an API a secret with which it asks about tokens, in place of the one before, which works for as long as `overlap` says.
///
/// # Errors
/// 404, and 409 where another request was faster.
pub async fn renew_secret(
    api_id: &str,
    overlap: Option<Lifetime>,
    context: &Context,
) -> Result<NewSecret, MachineFailure> {
    let stored = find(api_id, context).await?;
    let (token, hash) = context.new_token(Purpose::ApiSecret)?;
    let before_until = overlap
        .filter(|_| stored.secret_made_at.is_some())
        .map(|overlap| context.now + overlap);
    let mut batch = Batch::default();
    let renewed = batch.add(apis::renew_secret(&stored, &hash, before_until, context.now));
    let detail = json!({ "previous_secret_until": before_until });
    let entry = done_to(&stored, Event::ApiSecretRenewed, Some(detail));
    batch.push(audit::record_if_changed(&entry, context));
    match context.db.run(batch).await?.read(renewed)? {
        true => Ok(NewSecret {
            client_id: api_credentials::client_id(&stored.id),
            secret: api_credentials::secret(&token),
            before_until,
        }),
        false => Err(conflict("another request has changed or deleted it; read it again")),
    }
}

/// The API of that id.
///
/// # Errors
/// 404; 409 for the identifier of one that is in the variable.
pub async fn find(api_id: &str, context: &Context) -> Result<StoredApi, MachineFailure> {
    if let Some(stored) = context.db.read(apis::find(api_id)).await? {
        return Ok(stored);
    }
    match context.config.settings().resources.find(api_id) {
        Some(_) => Err(conflict("that API is in the variable RESOURCES: it is changed there")),
        None => Err(MachineFailure::no_such("API")),
    }
}

/// Its key is published before a token is signed by it.
pub(super) async fn publish_key(settings: &ApiSettings, context: &Context) -> Result<(), Fault> {
    match settings.alg {
        Some(alg) => signer::ensure_published(alg.into(), context).await,
        None => Ok(()),
    }
}

/// What an operator does to an API, for the audit.
pub(super) fn done_to(stored: &StoredApi, event: Event, more: Option<Value>) -> Entry<'static> {
    let mut detail = json!({ "api": stored.id, "identifier": stored.api.identifier, "name": stored.api.settings.name });
    if let (Some(Value::Object(more)), Value::Object(members)) = (more, &mut detail) {
        members.extend(more);
    }
    Entry::new(event, Actor::Operator).detail(detail)
}

fn conflict(why: &'static str) -> MachineFailure {
    MachineFailure::status(409, OAuthError::invalid_request(why))
}
