//! `/admin/api/api_keys`: keys with which programs call the admin API, for operators.

use serde_json::{Value, json};

use crate::{
    admin::{
        api_key::{self, ApiKey, WantedKey},
        paging::Page,
    },
    audit::{Actor, Entry, Event},
    db::{Batch, api_keys, audit},
    edge::{
        http::{failure::MachineFailure, request::Incoming},
        people::operator::{self, Operator},
        platform::{context::Context, random},
    },
    oidc::error::{ErrorCode, OAuthError},
    reply::{Body, Reply},
    secret::Purpose,
};

/// `GET /admin/api/api_keys?after=&limit=`. What their holders present is told to nobody again.
pub async fn list(request: &mut Incoming, context: &Context) -> Result<Reply, MachineFailure> {
    let params = request.query_params()?;
    let page = Page::parse(&params, &[])?;
    let keys = context.db.read(api_keys::list(page.after_text()?, page.limit)).await?;
    let listed = page.describe("api_keys", &keys, ApiKey::describe, |key| key.id.clone());
    Ok(Reply::json(200, &listed))
}

/// `POST /admin/api/api_keys`: a key with a name of its own. One that another key makes can do no more, and lives no longer.
pub async fn make(request: &mut Incoming, context: &Context) -> Result<Reply, MachineFailure> {
    let wanted = WantedKey::parse(&request.json().await?)?;
    let maker = match operator::find(request, context).await? {
        Some(Operator::Key(key)) => Some(key),
        _ => None,
    };
    let expires_at = wanted
        .ends(maker.as_ref(), context.now)
        .map_err(|error| match error.code {
            ErrorCode::InsufficientScope => MachineFailure::Bearer(Some(error)),
            _ => error.into(),
        })?;
    let (secret, hash) = context.new_token(Purpose::ApiKey)?;
    let key = ApiKey {
        id: random::id()?,
        name: wanted.name,
        scopes: wanted.scopes,
        made_by: maker.map(|maker| maker.id),
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
    let mut described = key.describe();
    if let Value::Object(members) = &mut described {
        let text = format!("{}{}", operator::PREFIX, secret.expose());
        members.insert("key".to_owned(), text.into());
    }
    Ok(Reply::json(201, &described))
}

/// `DELETE /admin/api/api_keys/{key_id}`: it works no more, and neither do those that it made.
pub async fn revoke(request: &mut Incoming, context: &Context) -> Result<Reply, MachineFailure> {
    let id = request.segment(0);
    let ended = context.db.read(api_keys::find_with_made(id)).await?;
    let Some((key, made)) = ended.split_first() else {
        return Err(MachineFailure::no_such("API key"));
    };
    let made: Vec<_> = made.iter().map(|key| key.name.as_str()).collect();
    let detail = json!({ "api_key": key.id, "name": key.name.as_str(), "and_those_it_made": made });
    let revoked = Entry::new(Event::ApiKeyRevoked, Actor::Operator).detail(detail);
    let mut batch = Batch::default();
    batch.push(api_keys::delete(id));
    batch.push(audit::record_if_changed(&revoked, context));
    context.db.run(batch).await?;
    Ok(Reply::new(204, Body::Empty))
}
