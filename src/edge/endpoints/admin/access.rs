//! `/admin/api/users/{user_id}/sessions`, `/grants`, `/require_new_password` and `/unlock`: where a person is signed in, what they
//! allowed, and how their way in is mended, for operators.

use serde_json::json;

use crate::{
    account::user::User,
    db::{Batch, grants, sessions, users},
    edge::{
        http::{failure::MachineFailure, request::Incoming},
        people::{described, operations::access},
        platform::context::Context,
    },
    reply::{Body, Reply},
};

/// `GET /admin/api/users/{user_id}/sessions`: those that live, the last seen first.
pub async fn sessions(request: &mut Incoming, context: &Context) -> Result<Reply, MachineFailure> {
    let user_id = request.segment(0);
    let list = sessions::list_of(user_id, &context.config.lifetimes, context.now);
    let mut batch = Batch::default();
    let (user, live) = (batch.add(users::find(user_id)), batch.add(list));
    let rows = context.db.run(batch).await?;
    require_somebody(rows.read(user)?.as_ref())?;
    let described: Vec<_> = rows.read(live)?.iter().map(described::session).collect();
    Ok(Reply::json(200, &json!({ "sessions": described })))
}

/// `DELETE /admin/api/users/{user_id}/sessions`: signs somebody out everywhere. Every code and token goes along.
pub async fn end_sessions(request: &mut Incoming, context: &Context) -> Result<Reply, MachineFailure> {
    done(access::end_sessions(request.segment(0), context).await?, "user")
}

/// `DELETE /admin/api/users/{user_id}/sessions/{session_id}`: signs somebody out in one browser.
pub async fn end_session(request: &mut Incoming, context: &Context) -> Result<Reply, MachineFailure> {
    let ended = access::end_session(request.segment(0), request.segment(1), context).await?;
    done(ended, "session")
}

/// `POST /admin/api/users/{user_id}/require_new_password`: they choose another when they next sign in with theirs.
pub async fn require_new_password(request: &mut Incoming, context: &Context) -> Result<Reply, MachineFailure> {
    let required = access::require_new_password(request.segment(0), context).await?;
    done(required, "user with a password")
}

/// `POST /admin/api/users/{user_id}/unlock`: guesses at their password, and codes that were tried, count no more.
pub async fn unlock(request: &mut Incoming, context: &Context) -> Result<Reply, MachineFailure> {
    done(access::forget_guesses(request.segment(0), context).await?, "user")
}

fn done(done: bool, what: &str) -> Result<Reply, MachineFailure> {
    match done {
        true => Ok(Reply::new(204, Body::Empty)),
        false => Err(MachineFailure::no_such(what)),
    }
}

/// `GET /admin/api/users/{user_id}/grants`: what they allowed, the last used first.
pub async fn grants(request: &mut Incoming, context: &Context) -> Result<Reply, MachineFailure> {
    let user_id = request.segment(0);
    let mut batch = Batch::default();
    let user = batch.add(users::find(user_id));
    let allowed = batch.add(grants::list_of(user_id));
    let rows = context.db.run(batch).await?;
    require_somebody(rows.read(user)?.as_ref())?;
    let described: Vec<_> = rows.read(allowed)?.iter().map(described::grant).collect();
    Ok(Reply::json(200, &json!({ "grants": described })))
}

fn require_somebody(user: Option<&User>) -> Result<(), MachineFailure> {
    match user {
        Some(_) => Ok(()),
        None => Err(MachineFailure::no_such("user")),
    }
}
