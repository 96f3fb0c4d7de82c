//! `/admin/api/users/{user_id}/passkeys` and `/setup_link`: how a person signs in, for operators.

use serde_json::json;

use crate::{
    account::set_up,
    admin::invitation::lifetime_of_link,
    audit::{Actor, Entry, Event},
    config::Notices,
    db::{
        Batch, Statement, audit,
        credentials::{self, OwnPasskey},
        set_up_links, users,
    },
    edge::{
        http::{failure::MachineFailure, request::Incoming},
        mail::outbox::{self, Notice},
        platform::context::Context,
    },
    reply::{Body, Reply},
    routes::Endpoint,
    secret::Purpose,
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
    let (user_id, row_id) = (request.segment(0), request.segment(1));
    let entry = Entry::new(Event::PasskeyRemoved, Actor::Operator).user(user_id);
    let written = outbox::by_operator(Event::PasskeyRemoved);
    let notice = Notice::of_operator(Notices::Factors, &written, user_id);
    let is_theirs = credentials::is_theirs(user_id, row_id, r#"["passkey"]"#);
    let mut batch = Batch::default();
    batch.extend(notice.write(is_theirs, context)?);
    let removed = batch.add(credentials::remove(user_id, row_id));
    batch.push(audit::record_if_changed(&entry, context));
    let removed = context.db.run(batch).await?.read(removed)?;
    outbox::send_later(context);
    match removed {
        true => Ok(Reply::new(204, Body::Empty)),
        false => Err(MachineFailure::no_such("passkey")),
    }
}

/// `POST /admin/api/users/{user_id}/setup_link`, perhaps with `expires_in`. One that was made before works no more.
pub async fn make_set_up_link(request: &mut Incoming, context: &Context) -> Result<Reply, MachineFailure> {
    let lifetime = lifetime_of_link(&request.optional_json().await?)?;
    let user_id = request.segment(0);
    let expires_at = context.now + lifetime;
    let (secret, hash) = context.new_token(Purpose::SetUpLink)?;
    let entry = Entry::new(Event::SetUpLinkMade, Actor::Operator).user(user_id);
    let written = outbox::by_operator(Event::SetUpLinkMade);
    let notice = Notice::of_operator(Notices::Recovery, &written, user_id);
    let mut batch = Batch::default();
    let made = batch.add(set_up_links::make(user_id, &hash, expires_at));
    batch.push(audit::record_if_changed(&entry, context));
    batch.extend(notice.write(Statement::always(), context)?);
    if !context.db.run(batch).await?.read(made)? {
        return Err(MachineFailure::no_such("user"));
    }
    outbox::send_later(context);
    let path = format!("{}?link={}", Endpoint::SetUp.path(), set_up::write(user_id, &secret));
    let link = json!({
        "url": context.config.issuer.url(&path),
        "expires_at": expires_at,
    });
    Ok(Reply::json(201, &link))
}

/// `DELETE /admin/api/users/{user_id}/setup_link`: the link works no more.
pub async fn revoke_set_up_link(request: &mut Incoming, context: &Context) -> Result<Reply, MachineFailure> {
    let user_id = request.segment(0);
    let entry = Entry::new(Event::SetUpLinkRevoked, Actor::Operator).user(user_id);
    let mut batch = Batch::default();
    let revoked = batch.add(set_up_links::revoke(user_id, context.now));
    batch.push(audit::record_if_changed(&entry, context));
    match context.db.run(batch).await?.read(revoked)? {
        true => Ok(Reply::new(204, Body::Empty)),
        false => Err(MachineFailure::no_such("set-up link")),
    }
}
