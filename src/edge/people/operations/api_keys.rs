//! Keys of the admin API are made and revoked.

use serde_json::json;

use crate::{
    admin::{
        api_key::{self, ApiKey, WantedKey},
        operator::Operator,
    },
    audit::{Actor, Entry, Event},
    db::{Batch, api_keys, audit},
    edge::{
        http::failure::MachineFailure,
        people::operator,
        platform::{context::Context, random},
    },
    fault::Fault,
    oidc::error::{ErrorCode, OAuthError},
    secret::Purpose,
};

/// Makes a key with a name of its own, and gives what its holder presents. One that another key makes can do no more, and lives no
/// longer; one that a person makes can do no more than they may.
///
/// # Errors
/// `insufficient_scope`, `invalid_request`, and 409 where the name is taken.
pub async fn make(wanted: WantedKey, maker: &Operator, context: &Context) -> Result<(ApiKey, String), MachineFailure> {
    let refused = |error: OAuthError| match error.code {
        ErrorCode::InsufficientScope => MachineFailure::Bearer(Some(error)),
        _ => error.into(),
    };
    let by_key = match maker {
        Operator::Key(key) => Some(key),
        Operator::Token | Operator::Person(_) | Operator::App(_) => None,
    };
    let (by_person, by_app) = match maker {
        Operator::Token | Operator::Key(_) => (None, None),
        Operator::Person(person) => (Some(person.user_id.clone()), None),
        Operator::App(app) => {
            let person = app.person.as_ref().map(|person| person.user_id.clone());
            (person, Some(app.client_id.clone()))
        }
    };
    let scopes = wanted.scopes.iter();
    let within = scopes.copied().try_for_each(|scope| maker.may(Some(scope)));
    within.map_err(refused)?;
    let expires_at = wanted.ends(by_key, context.now).map_err(refused)?;
    let (secret, hash) = context.new_token(Purpose::ApiKey)?;
    let key = ApiKey {
        id: random::id()?,
        name: wanted.name,
        scopes: wanted.scopes,
        made_by: by_key.map(|maker| maker.id.clone()),
        made_by_user: by_person,
        made_by_client: by_app,
        maker: None,
        created_at: context.now,
        expires_at,
        last_used_at: None,
    };
    let made = Entry::new(Event::ApiKeyMade, Actor::Operator).detail(json!({
        "api_key": key.id, "name": key.name.as_str(), "scopes": api_key::names(&key.scopes),
    }));
    let mut batch = Batch::default();
    let inserted = batch.add(api_keys::insert(&key, &hash));
    batch.push(audit::record_if_changed(&made, context));
    if !context.db.run(batch).await?.read(inserted)? {
        let why =
            "the name is taken, or looks like one that is, or there are 200 keys, or the key that makes it is gone";
        return Err(MachineFailure::status(409, OAuthError::invalid_request(why)));
    }
    Ok((key, format!("{}{}", operator::PREFIX, secret.expose())))
}

/// Revokes a key: it works no more, and neither do those that it made. Says whether there was one.
///
/// # Errors
/// A fault.
pub async fn revoke(id: &str, context: &Context) -> Result<bool, Fault> {
    let ended = context.db.read(api_keys::find_with_made(id)).await?;
    let Some((key, made)) = ended.split_first() else {
        return Ok(false);
    };
    let made: Vec<_> = made.iter().map(|key| key.name.as_str()).collect();
    let detail = json!({ "api_key": key.id, "name": key.name.as_str(), "and_those_it_made": made });
    let revoked = Entry::new(Event::ApiKeyRevoked, Actor::Operator).detail(detail);
    let mut batch = Batch::default();
    batch.push(api_keys::delete(id));
    batch.push(audit::record_if_changed(&revoked, context));
    context.db.run(batch).await?;
    Ok(true)
}
