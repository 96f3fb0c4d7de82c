//! `/admin/api/api_keys`: keys with which programs call the admin API, for operators.

use serde_json::Value;

use crate::{
    admin::{
        api_key::{ApiKey, WantedKey},
        paging::Page,
    },
    db::api_keys,
    edge::{
        http::{failure::MachineFailure, request::Incoming},
        people::operations,
        platform::context::Context,
    },
    reply::{Body, Reply},
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
    let (key, text) = operations::api_keys::make(wanted, request.caller()?, context).await?;
    let mut described = key.describe();
    if let Value::Object(members) = &mut described {
        members.insert("key".to_owned(), text.into());
    }
    Ok(Reply::json(201, &described))
}

/// `DELETE /admin/api/api_keys/{key_id}`: it works no more, and neither do those that it made.
pub async fn revoke(request: &mut Incoming, context: &Context) -> Result<Reply, MachineFailure> {
    match operations::api_keys::revoke(request.segment(0), context).await? {
        true => Ok(Reply::new(204, Body::Empty)),
        false => Err(MachineFailure::no_such("API key")),
    }
}
