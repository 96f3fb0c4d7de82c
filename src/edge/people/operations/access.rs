//! Where a person is signed in, what they allowed, and locks that guesses brought about.

use serde_json::json;

use crate::{
    account::{email, throttle},
    audit::{Actor, Entry, Event},
    db::{Batch, audit, grants, passwords, session_endings::Ending, throttles, users},
    edge::{platform::context::Context, sessions::ending},
    fault::Fault,
    secret::Purpose,
};

/// Signs somebody out everywhere. Every code and token goes along. Says whether there is such a person.
pub async fn end_sessions(user_id: &str, context: &Context) -> Result<bool, Fault> {
    end_all(user_id, Batch::default(), context).await
}

/// The same for somebody whom a program means, which is written down also where nobody is signed in: tokens end, too.
pub async fn end_everything(user_id: &str, context: &Context) -> Result<bool, Fault> {
    let entry = Entry::new(Event::SessionEnded, Actor::Operator).user(user_id);
    let mut batch = Batch::default();
    batch.push(audit::record(&entry.detail(json!({ "everything": true })), context));
    end_all(user_id, batch, context).await
}

async fn end_all(user_id: &str, mut batch: Batch, context: &Context) -> Result<bool, Fault> {
    let everything = Ending::Everything { user_id };
    let ended = Entry::new(Event::SessionEnded, Actor::Operator);
    let user = batch.add(users::find(user_id));
    batch.push(audit::record_ending(&ended, &everything, context));
    ending::end_sessions(&everything, &mut batch, context);
    let is_there = context.db.run(batch).await?.read(user)?.is_some();
    ending::announce(context);
    Ok(is_there)
}

/// Signs somebody out in one browser, and says whether they were signed in there.
pub async fn end_session(user_id: &str, session_id: &str, context: &Context) -> Result<bool, Fault> {
    let one = Ending::OneOf { user_id, session_id };
    let entry = Entry::new(Event::SessionEnded, Actor::Operator);
    let mut batch = Batch::default();
    batch.push(audit::record_ending(&entry, &one, context));
    let ended = ending::end_sessions(&one, &mut batch, context);
    let ended = context.db.run(batch).await?.read(ended)?;
    ending::announce(context);
    Ok(ended)
}

/// Has somebody choose another password when they next sign in with theirs, and says whether they have one.
pub async fn require_new_password(user_id: &str, context: &Context) -> Result<bool, Fault> {
    let entry = Entry::new(Event::NewPasswordRequired, Actor::Operator).user(user_id);
    let mut batch = Batch::default();
    let required = batch.add(passwords::require_another(user_id));
    batch.push(audit::record_if_changed(&entry, context));
    context.db.run(batch).await?.read(required)
}

/// Lets guesses at somebody's password, and codes that were tried, count no more. Those in browsers in which they have signed in
/// before count there alone, and are over within 15 minutes. Says whether there is such a person.
pub async fn forget_guesses(user_id: &str, context: &Context) -> Result<bool, Fault> {
    let Some(user) = context.db.read(users::find(user_id)).await? else {
        return Ok(false);
    };
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
    Ok(true)
}

/// Takes back what a person allowed a client, and says whether there was such a thing.
pub async fn revoke_grant(user_id: &str, client_id: &str, context: &Context) -> Result<bool, Fault> {
    let removed = Entry::new(Event::ConsentRemoved, Actor::Operator)
        .user(user_id)
        .client(client_id);
    let mut batch = Batch::default();
    let revoked = batch.add(grants::revoke(user_id, client_id));
    batch.push(audit::record_if_changed(&removed, context));
    context.db.run(batch).await?.read(revoked)
}
