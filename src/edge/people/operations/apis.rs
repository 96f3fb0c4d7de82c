//! APIs are declared, changed and deleted.

use serde_json::{Map, Value, json};

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
        declared_api::{ApiSettings, DeclaredApi},
        error::OAuthError,
    },
};

/// Declares an API.
///
/// # Errors
/// 409 where there is one of its identifier, or there are as many as there may be.
pub async fn create(api: DeclaredApi, context: &Context) -> Result<StoredApi, MachineFailure> {
    publish_key(&api.settings, context).await?;
    let stored = StoredApi {
        id: random::id()?,
        version: 1,
        api,
        created_at: context.now,
        updated_at: context.now,
    };
    let mut batch = Batch::default();
    let is_full = batch.add(apis::is_full());
    let created = batch.add(apis::insert(&stored, None));
    let detail = Value::Object(stored.api.settings.members());
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

/// Changes an API by a merge patch, from the next token on; `version` is the one that was shown to whoever changes it, if one was.
///
/// # Errors
/// 404, and 409 where another request was faster.
pub async fn change(
    api_id: &str,
    patch: Map<String, Value>,
    version: Option<i64>,
    context: &Context,
) -> Result<StoredApi, MachineFailure> {
    let before = find(api_id, context).await?;
    let changed = || conflict("another request has changed or deleted the API: read it again");
    if version.is_some_and(|version| version != before.version) {
        return Err(changed());
    }
    let settings = api::patched(&before.api, patch, context.config.settings())?;
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
            ..before
        }),
        false => Err(changed()),
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
