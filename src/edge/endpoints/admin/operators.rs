//! `/admin/api/operators`: people who are operators, for operators.

use serde_json::{Value, json};

use crate::{
    admin::{operator::OperatorPerson, operator_role::OperatorRoles, paging::Page},
    db::operators,
    edge::{
        http::{failure::MachineFailure, request::Incoming},
        people::operator_roles::{self, RolesOutcome},
        platform::context::Context,
    },
    oidc::error::OAuthError,
    reply::{Body, Reply},
};

/// `GET /admin/api/operators?after=&limit=`.
pub async fn list(request: &mut Incoming, context: &Context) -> Result<Reply, MachineFailure> {
    let params = request.query_params()?;
    let page = Page::parse(&params, &[])?;
    let list = operators::list(page.after_text()?, page.limit);
    let found = context.db.read(list).await?;
    let listed = page.describe("operators", &found, describe, |operator| operator.user_id.clone());
    Ok(Reply::json(200, &listed))
}

/// `PUT /admin/api/operators/{user_id}`: the roles that the person has from now on.
pub async fn set(request: &mut Incoming, context: &Context) -> Result<Reply, MachineFailure> {
    let roles = OperatorRoles::parse(&request.json().await?)?;
    let by = request.caller()?;
    let outcome = operator_roles::set(request.segment(0), (&roles, None), by, context).await?;
    finish(outcome, "user")
}

/// `DELETE /admin/api/operators/{user_id}`: the person is no operator any more.
pub async fn remove(request: &mut Incoming, context: &Context) -> Result<Reply, MachineFailure> {
    let by = request.caller()?;
    let outcome = operator_roles::remove(request.segment(0), by, None, context).await?;
    finish(outcome, "operator")
}

fn finish(outcome: RolesOutcome, what: &str) -> Result<Reply, MachineFailure> {
    match outcome {
        RolesOutcome::Done => Ok(Reply::new(204, Body::Empty)),
        RolesOutcome::Nobody => Err(MachineFailure::no_such(what)),
        RolesOutcome::Beyond(error) => Err(MachineFailure::Bearer(Some(error))),
        RolesOutcome::Conflict => {
            let why = "another request has changed the roles, or there are 200 operators";
            Err(MachineFailure::status(409, OAuthError::invalid_request(why)))
        }
    }
}

fn describe(operator: &OperatorPerson) -> Value {
    json!({
        "user_id": operator.user_id,
        "username": operator.username,
        "roles": operator.roles.names(),
        "granted_at": operator.granted_at,
    })
}
