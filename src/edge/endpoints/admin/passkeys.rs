//! `/admin/api/users/{user_id}/passkeys` and `/setup_link`: how a person signs in, for operators.

use serde_json::json;

use crate::{
    admin::invitation::lifetime_of_link,
    db::{
        Batch,
        credentials::{self, OwnPasskey},
        users,
    },
    edge::{
        http::{failure::MachineFailure, request::Incoming},
        people::operations::ways_in,
        platform::context::Context,
    },
    reply::{Body, Reply},
};

/// `GET /admin/api/users/{user_id}/passkeys`: the oldest first.
pub async fn list(request: &mut Incoming, context: &Context) -> Result<Reply, MachineFailure> {
    let user_id = request.segment(0);
    let mut batch = Batch::default();
    let user = batch.add(users::find(user_id));
    let ways = batch.add(credentials::list_of(user_id));
    let rows = context.db.run(batch).await?;
    if rows.read(user)?.is_none() {
        return Err(MachineFailure::no_such("user"));
    }
    let ways = rows.read(ways)?;
    let described: Vec<_> = ways.passkeys.iter().map(OwnPasskey::describe).collect();
    Ok(Reply::json(200, &json!({ "passkeys": described })))
}

/// `DELETE /admin/api/users/{user_id}/passkeys/{passkey_id}`, also where it is the last way in: the operator can make another.
pub async fn remove(request: &mut Incoming, context: &Context) -> Result<Reply, MachineFailure> {
    match ways_in::remove_passkey(request.segment(0), request.segment(1), context).await? {
        true => Ok(Reply::new(204, Body::Empty)),
        false => Err(MachineFailure::no_such("passkey")),
    }
}

/// `POST /admin/api/users/{user_id}/setup_link`, perhaps with `expires_in`. One that was made before works no more.
pub async fn make_set_up_link(request: &mut Incoming, context: &Context) -> Result<Reply, MachineFailure> {
    let lifetime = lifetime_of_link(&request.optional_json().await?)?;
    match ways_in::make_set_up_link(request.segment(0), lifetime, None, context).await? {
        Some(link) => Ok(Reply::json(
            201,
            &json!({ "url": link.url, "expires_at": link.expires_at }),
        )),
        None => Err(MachineFailure::no_such("user")),
    }
}

/// `DELETE /admin/api/users/{user_id}/setup_link`: the link works no more.
pub async fn revoke_set_up_link(request: &mut Incoming, context: &Context) -> Result<Reply, MachineFailure> {
    match ways_in::revoke_set_up_link(request.segment(0), context).await? {
        true => Ok(Reply::new(204, Body::Empty)),
        false => Err(MachineFailure::no_such("set-up link")),
    }
}
