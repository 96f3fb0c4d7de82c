//! `/admin/api/export` and `/admin/api/import`: a deployment moves to another one.

use serde_json::json;

use crate::{
    admin::{
        moving::{Import, Place},
        operator_role::OperatorRoles,
    },
    audit::Actor,
    edge::{
        http::{failure::MachineFailure, request::Incoming},
        people::{operations::moving, operator},
        platform::context::Context,
    },
    reply::{Body, Reply},
};

/// `GET /admin/api/export?after=&limit=`: lines of JSON. It has the hashes of passwords, so it takes everything that an operator can be
/// allowed: the admin token, the role `owner`, or a key with every scope.
pub async fn export(request: &mut Incoming, context: &Context) -> Result<Reply, MachineFailure> {
    let params = request.query_params()?;
    let (place, limit) = Place::parse(&params)?;
    if let Err(error) = request.caller()?.covers(&OperatorRoles::owner()) {
        operator::record(Actor::Operator, None, context);
        return Err(MachineFailure::Bearer(Some(error)));
    }
    let lines = moving::export(place, limit, context).await?;
    Ok(Reply::new(200, Body::JsonLines(lines)))
}

/// `POST /admin/api/import`: lines of an export, of which each is judged by itself.
pub async fn import(request: &mut Incoming, context: &Context) -> Result<Reply, MachineFailure> {
    let import = Import::parse(&request.json().await?)?;
    let results = moving::import(&import, request.caller()?, context).await?;
    Ok(Reply::json(200, &json!({ "results": results })))
}
