//! `/admin/api/users/{user_id}/sessions` and `/grants`: where a person is signed in and what they allowed, for operators.

use serde_json::{Value, json};

use crate::{
    account::user::User,
    audit::{Actor, Entry, Event},
    db::{
        Batch, audit,
        grants::{self, OwnGrant},
        sessions::{self, Ending, OwnSession},
        users,
    },
    edge::{
        http::{failure::MachineFailure, request::Incoming},
        people::operator,
        platform::context::Context,
        sessions::ending,
    },
    fault::Fault,
    oidc::error::OAuthError,
    pages::{Language, app_name},
    reply::{Body, Reply},
};

/// `GET /admin/api/users/{user_id}/sessions`: those that live, the last seen first.
pub async fn sessions(request: &mut Incoming, context: &Context) -> Result<Reply, MachineFailure> {
    operator::require(request, context)?;
    let user_id = request.segment(0);
    let list = sessions::list_of(user_id, &context.config.lifetimes, context.now);
    let mut batch = Batch::default();
    let (user, live) = (batch.add(users::find(user_id)), batch.add(list));
    let rows = context.db.run(batch).await?;
    require_somebody(rows.read(user)?.as_ref())?;
    let live = rows.read(live)?;
    let described = live.iter().map(describe_session).collect::<Result<Vec<_>, _>>()?;
    Ok(Reply::json(200, &json!({ "sessions": described })))
}

/// `DELETE /admin/api/users/{user_id}/sessions`: signs somebody out everywhere. Every code and token goes along.
pub async fn end_sessions(request: &mut Incoming, context: &Context) -> Result<Reply, MachineFailure> {
    operator::require(request, context)?;
    let user_id = request.segment(0);
    let everything = Ending::Everything { user_id };
    let ended = Entry::new(Event::SessionEnded, Actor::Operator);
    let mut batch = Batch::default();
    let user = batch.add(users::find(user_id));
    batch.push(audit::record_ending(&ended, &everything, context));
    ending::end_sessions(&everything, &mut batch, context);
    let rows = context.db.run(batch).await?;
    require_somebody(rows.read(user)?.as_ref())?;
    ending::announce(context);
    Ok(Reply::new(204, Body::Empty))
}

/// `GET /admin/api/users/{user_id}/grants`: what they allowed, the last used first.
pub async fn grants(request: &mut Incoming, context: &Context) -> Result<Reply, MachineFailure> {
    operator::require(request, context)?;
    let user_id = request.segment(0);
    let mut batch = Batch::default();
    let user = batch.add(users::find(user_id));
    let allowed = batch.add(grants::list_of(user_id));
    let rows = context.db.run(batch).await?;
    require_somebody(rows.read(user)?.as_ref())?;
    let described: Vec<_> = rows.read(allowed)?.iter().map(describe_grant).collect();
    Ok(Reply::json(200, &json!({ "grants": described })))
}

fn require_somebody(user: Option<&User>) -> Result<(), MachineFailure> {
    match user {
        Some(_) => Ok(()),
        None => Err(MachineFailure::status(
            404,
            OAuthError::invalid_request("there is no such user"),
        )),
    }
}

fn describe_session(session: &OwnSession) -> Result<Value, Fault> {
    Ok(json!({
        "id": session.id,
        "user_agent": session.user_agent,
        "auth_time": session.auth_time,
        "acr": session.acr,
        "amr": session.amr(),
        "created_at": session.created_at,
        "last_seen_at": session.last_seen_at,
        "expires_at": session.expires_at,
    }))
}

fn describe_grant(grant: &OwnGrant) -> Value {
    json!({
        "client_id": grant.client_id,
        "client_name": app_name(&grant.client_id, &grant.metadata, Language::En),
        "scope": grant.scope,
        "claims": grant.claims,
        "resources": grant.resources,
        "created_at": grant.created_at,
        "updated_at": grant.updated_at,
        "last_used_at": grant.last_used_at,
    })
}
