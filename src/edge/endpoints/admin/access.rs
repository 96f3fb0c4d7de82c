//! `/admin/api/users/{user_id}/sessions`, `/grants`, `/require_new_password` and `/unlock`, and `/admin/api/global_token_revocation`: where a
//! person is signed in, what they allowed, and how they get in again, for operators.

use serde_json::json;

use crate::{
    account::{email, user::User},
    admin::subject_id::SubjectId,
    db::{Batch, grants, sessions, users},
    edge::{
        http::{failure::MachineFailure, request::Incoming},
        people::{described, operations::access, operator},
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

/// `POST /admin/api/global_token_revocation`: the same as the end of all sessions, for programs that know a person by a subject identifier
/// (draft-parecki-oauth-global-token-revocation). "MUST revoke all active refresh tokens", and no new ones come without a sign-in.
pub async fn revoke_everything(request: &mut Incoming, context: &Context) -> Result<Reply, MachineFailure> {
    let meant = SubjectId::parse(&request.json().await?, &context.config.issuer)?;
    let found = match &meant {
        SubjectId::Id(id) => users::find(id),
        SubjectId::Email(address) => users::find_confirmed(&email::fold(address)),
    };
    // What is folded alike may be written otherwise: that is another mailbox.
    let is_meant = |user: &User| match &meant {
        SubjectId::Id(_) => true,
        SubjectId::Email(address) => user
            .confirmed_email()
            .is_some_and(|own| own.eq_ignore_ascii_case(address)),
    };
    let user = context.db.read(found).await?.filter(is_meant);
    let user = user.ok_or_else(|| MachineFailure::no_such("user"))?;
    operator::require_may_change(&user.id, request, context).await?;
    done(access::end_everything(&user.id, context).await?, "user")
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
    let allowed = batch.add(grants::list_of(user_id, context.now));
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
