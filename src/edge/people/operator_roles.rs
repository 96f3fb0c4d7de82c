//! Who is an operator, and may do what: how people get roles and lose them.

use serde_json::json;

use super::operator;
use crate::{
    admin::{
        operator::{Operator, OperatorPerson},
        operator_role::OperatorRoles,
    },
    audit::{Actor, Entry, Event},
    db::{Batch, audit, operators, users},
    edge::platform::context::Context,
    fault::Fault,
    oidc::error::OAuthError,
};

/// What became of a change of roles.
pub enum RolesOutcome {
    /// They are as they should be.
    Done,
    /// There is no such person, or, where roles are taken, they are no operator.
    Nobody,
    /// The roles, or those that the person has, go beyond what the operator may do.
    Beyond(OAuthError),
    /// Another request changed them, or there are too many operators.
    Conflict,
}

/// Gives somebody these roles in place of those that they have; only of those that were shown, where such are given.
pub async fn set(
    user_id: &str,
    (roles, shown): (&OperatorRoles, Option<&OperatorRoles>),
    by: &Operator,
    context: &Context,
) -> Result<RolesOutcome, Fault> {
    let mut batch = Batch::default();
    let user = batch.add(users::find(user_id));
    let before = batch.add(operators::find(user_id));
    let rows = context.db.run(batch).await?;
    let (user, before) = (rows.read(user)?, rows.read(before)?);
    if user.is_none() {
        return Ok(RolesOutcome::Nobody);
    }
    if let Err(error) = covers(by, before.as_ref()).and_then(|()| by.covers(roles)) {
        operator::record_beyond(user_id, context);
        return Ok(RolesOutcome::Beyond(error));
    }
    let had = before.as_ref().map(|before| before.roles.clone()).unwrap_or_default();
    if shown.is_some_and(|shown| *shown != had) {
        return Ok(RolesOutcome::Conflict);
    }
    let entry = entry(user_id, roles, before.as_ref());
    let mut batch = Batch::default();
    let done = batch.add(operators::set(
        user_id,
        roles,
        before.as_ref(),
        by.person(),
        context.now,
    ));
    batch.push(audit::record_if_changed(&entry, context));
    batch.push(operators::end_set_up_link(user_id, context.now));
    Ok(match context.db.run(batch).await?.read(done)? {
        true => RolesOutcome::Done,
        false => RolesOutcome::Conflict,
    })
}

/// Takes all roles from somebody, likewise.
pub async fn remove(
    user_id: &str,
    by: &Operator,
    shown: Option<&OperatorRoles>,
    context: &Context,
) -> Result<RolesOutcome, Fault> {
    let Some(before) = context.db.read(operators::find(user_id)).await? else {
        return Ok(RolesOutcome::Nobody);
    };
    if let Err(error) = by.covers(&before.roles) {
        operator::record_beyond(user_id, context);
        return Ok(RolesOutcome::Beyond(error));
    }
    if shown.is_some_and(|shown| *shown != before.roles) {
        return Ok(RolesOutcome::Conflict);
    }
    let entry = entry(user_id, &OperatorRoles::default(), Some(&before));
    let mut batch = Batch::default();
    let done = batch.add(operators::remove(&before, by.person()));
    batch.push(audit::record_if_changed(&entry, context));
    Ok(match context.db.run(batch).await?.read(done)? {
        true => RolesOutcome::Done,
        false => RolesOutcome::Conflict,
    })
}

fn covers(by: &Operator, before: Option<&OperatorPerson>) -> Result<(), OAuthError> {
    before.map_or(Ok(()), |before| by.covers(&before.roles))
}

fn entry<'a>(user_id: &'a str, roles: &OperatorRoles, before: Option<&OperatorPerson>) -> Entry<'a> {
    let before = before.map(|before| before.roles.names()).unwrap_or_default();
    Entry::new(Event::OperatorRolesChanged, Actor::Operator)
        .user(user_id)
        .detail(json!({ "roles": roles.names(), "before": before }))
}
