//! `/admin/api/keys`: the signing keys, rotated by hand, and what to do when one has leaked.

use serde_json::json;

use crate::{
    db::signing_keys,
    edge::{
        http::{failure::MachineFailure, request::Incoming},
        keys::signer,
        platform::context::Context,
    },
    oidc::{error::OAuthError, jose::provider_key::ProviderKey},
    reply::Reply,
};

/// `GET /admin/api/keys`. After a rotation it lists the new next key, too: it is made where it is due.
pub async fn list(context: &Context) -> Result<Reply, MachineFailure> {
    signer::ensure_successors(context).await?;
    all(context).await
}

/// `POST /admin/api/keys/{kid}/revoke`: the next key signs from now on, this one's tokens verify no more.
pub async fn revoke(request: &mut Incoming, context: &Context) -> Result<Reply, MachineFailure> {
    if signer::revoke(request.segment(0), context).await? {
        return all(context).await;
    }
    let error = OAuthError::invalid_request("there is no such key, or it was revoked before");
    Err(MachineFailure::status(404, error))
}

/// `POST /admin/api/keys/{kid}/retire`: the next key signs as soon as apps can know it, this one's tokens verify until they
/// expire. The dates in the answer tell when.
pub async fn retire(request: &mut Incoming, context: &Context) -> Result<Reply, MachineFailure> {
    if signer::retire(request.segment(0), context).await? {
        return all(context).await;
    }
    let why = "there is no such key, or it does not sign now";
    Err(MachineFailure::status(409, OAuthError::invalid_request(why)))
}

async fn all(context: &Context) -> Result<Reply, MachineFailure> {
    let keys = context.db.read(signing_keys::all()).await?;
    let keys: Vec<_> = keys.iter().map(|key| describe(key, context)).collect();
    Ok(Reply::json(200, &json!({ "keys": keys })))
}

fn describe(key: &ProviderKey, context: &Context) -> serde_json::Value {
    json!({
        "kid": key.kid,
        "alg": key.alg,
        "use": key.alg.key_use(),
        "state": key.schedule.state(context.now),
        "publish_at": key.schedule.publish_at,
        "activate_at": key.schedule.activate_at,
        "retire_at": key.schedule.retire_at,
        "remove_at": key.schedule.remove_at,
        "revoked_at": key.schedule.revoked_at,
    })
}
