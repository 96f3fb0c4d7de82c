//! `/admin/api/users/{user_id}/sessions`, `/grants`, `/require_new_password` and `/unlock`: where a person is signed in, what they
//! allowed, and how their way in is mended, for operators.

use serde_json::json;

use crate::{
    account::{email, throttle, user::User},
    audit::{Actor, Entry, Event},
    db::{Batch, audit, grants, passwords, session_endings::Ending, sessions, throttles, users},
    edge::{
        http::{failure::MachineFailure, request::Incoming},
        people::described,
        platform::context::Context,
        sessions::ending,
    },
    reply::{Body, Reply},
    secret::Purpose,
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

/// `DELETE /admin/api/users/{user_id}/sessions/{session_id}`: signs somebody out in one browser.
pub async fn end_session(request: &mut Incoming, context: &Context) -> Result<Reply, MachineFailure> {
    let (user_id, session_id) = (request.segment(0), request.segment(1));
    let one = Ending::OneOf { user_id, session_id };
    let entry = Entry::new(Event::SessionEnded, Actor::Operator);
    let mut batch = Batch::default();
    batch.push(audit::record_ending(&entry, &one, context));
    let ended = ending::end_sessions(&one, &mut batch, context);
    if !context.db.run(batch).await?.read(ended)? {
        return Err(MachineFailure::no_such("session"));
    }
    ending::announce(context);
    Ok(Reply::new(204, Body::Empty))
}

/// `POST /admin/api/users/{user_id}/require_new_password`: they choose another when they next sign in with theirs.
pub async fn require_new_password(request: &mut Incoming, context: &Context) -> Result<Reply, MachineFailure> {
    let user_id = request.segment(0);
    let entry = Entry::new(Event::NewPasswordRequired, Actor::Operator).user(user_id);
    let mut batch = Batch::default();
    let required = batch.add(passwords::require_another(user_id));
    batch.push(audit::record_if_changed(&entry, context));
    match context.db.run(batch).await?.read(required)? {
        true => Ok(Reply::new(204, Body::Empty)),
        false => Err(MachineFailure::no_such("user with a password")),
    }
}

/// `POST /admin/api/users/{user_id}/unlock`: guesses at their password, and codes that were tried, count no more. Those in browsers
/// in which they have signed in before count there alone, and are over within 15 minutes.
pub async fn unlock(request: &mut Incoming, context: &Context) -> Result<Reply, MachineFailure> {
    let user_id = request.segment(0);
    let user = context.db.read(users::find(user_id)).await?;
    let user = user.ok_or_else(|| MachineFailure::no_such("user"))?;
    let key = context.config.roots.current(Purpose::Throttle);
    let names = [Some(user.username.folded()), user.email_folded()];
    let by_name = names.iter().flatten();
    let mut counters: Vec<_> = by_name
        .flat_map(|name| {
            [
                throttle::of_account(&key, name),
                throttle::of_mails_for(&key, name),
                throttle::of_mails_for(&key, &email::fold_for_limits(name)),
                throttle::of_codes_a_day(&key, name),
            ]
        })
        .collect();
    counters.extend([
        throttle::of_second_factor(&key, user_id),
        throttle::of_codes_a_day(&key, user_id),
        throttle::of_passkeys(&key, user_id),
    ]);
    let entry = Entry::new(Event::Unlocked, Actor::Operator).user(user_id);
    let mut batch = Batch::default();
    batch.extend(counters.iter().map(throttles::reset));
    batch.push(audit::record(&entry, context));
    context.db.run(batch).await?;
    Ok(Reply::new(204, Body::Empty))
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
