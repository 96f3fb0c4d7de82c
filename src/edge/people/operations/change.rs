//! A person is changed: what is known of them, their password, and whether they are locked.

use serde_json::json;

use crate::{
    account::{address_change::is_same, user::User},
    admin::user::{UserChanges, WantedPassword, event_of_change},
    audit::{Actor, Entry, Event},
    config::Notices,
    db::{
        Batch, Statement, audit, credential_owner::Owner, credentials, email_undo, mail_outbox, passwords,
        session_endings::Ending, users,
    },
    edge::{
        http::failure::StepFailure,
        mail::outbox::{self, Notice},
        people::{folding, new_password},
        platform::{context::Context, random},
        sessions::ending,
    },
    fault::Fault,
    mail::{Facts, Kind, NewMail},
    oidc::error::OAuthError,
    pages::Language,
};

/// What became of a change.
pub enum Changed {
    /// The person as they are now.
    Done(Box<User>),
    Nobody,
    /// The name or address is somebody else's, or another request has changed the account.
    Taken,
}

/// Changes a person as an operator wants it. Who is disabled, or gets another password, is signed out everywhere.
pub async fn person(user_id: &str, wanted: &UserChanges, context: &Context) -> Result<Changed, StepFailure> {
    wanted.check_attributes(&context.config.attributes)?;
    folding::all(context).await?;
    let Some(read) = context.db.read(users::find(user_id)).await? else {
        return Ok(Changed::Nobody);
    };
    let user = wanted.apply(&read, context.now)?;
    let signs_out = wanted.signs_out(&user);
    let set_password = password_statement(&user, wanted.password.as_ref(), context).await?;
    if context.db.read(users::find_rival(&user, &read)).await? {
        return Ok(Changed::Taken);
    }
    // Which members changed, not how: they are personal data.
    let changed = done_to(&user.id, event_of_change(&read, &user)).detail(json!({ "changed": wanted.names }));
    let mut batch = Batch::default();
    let stored = batch.add(users::update(&user, &read));
    batch.push(audit::record_if_changed(&changed, context));
    // Addresses that merely look alike are of different people.
    let has_another = user.claims.text("email") != read.claims.text("email");
    if has_another {
        batch.push(email_undo::end_all(&user));
    }
    let event = match has_another {
        true => Event::EmailChanged,
        false => Event::UserChanged,
    };
    batch.extend(word_to_address_before(event, &read, &user, context)?);
    if let Some(set_password) = set_password {
        batch.push(set_password);
        let password_changed = done_to(&user.id, Event::PasswordChanged);
        batch.push(audit::record_if_changed(&password_changed, context));
        let written = outbox::by_operator(Event::PasswordChanged);
        let notice = Notice::of_operator(Notices::Password, &written, &user.id);
        batch.extend(notice.write(credentials::came(&user.id, "password", context.now), context)?);
        // The notice goes to the address that they have now, if to any.
        if outbox::tells_of(Notices::Password, context) {
            batch.extend(word_to_address_before(Event::PasswordChanged, &read, &user, context)?);
        }
    }
    if signs_out {
        let everything = Ending::EverythingOf(&user);
        let ended = Entry::new(Event::SessionEnded, Actor::Operator);
        batch.push(audit::record_ending(&ended, &everything, context));
        ending::end_sessions(&everything, &mut batch, context);
    }
    if !context.db.run(batch).await?.read(stored)? {
        return Ok(Changed::Taken);
    }
    if signs_out {
        ending::announce(context);
    }
    outbox::send_later(context);
    Ok(Changed::Done(Box::new(user)))
}

/// Tells the address before of an event, where a person had confirmed it, and has another now or none that is confirmed: nothing else of
/// their account goes there any more. An operator can undo it; the person asks them.
fn word_to_address_before(
    event: Event,
    read: &User,
    user: &User,
    context: &Context,
) -> Result<Option<Statement>, Fault> {
    let is_kept = |before: &str| user.confirmed_email().is_some_and(|email| is_same(email, before));
    if read.confirmed_email().is_none_or(is_kept) {
        return Ok(None);
    }
    let (id, written) = (random::id()?, outbox::by_operator(event));
    let language = read.claims.text("locale").map(Language::of_tag).unwrap_or_default();
    let Some((mail, daily_limit)) = outbox::to_person(Kind::AccountChanged, &id, read, language, context) else {
        return Ok(None);
    };
    let facts = Facts {
        detail: Some(written),
        ..mail.facts.clone()
    };
    let mail = NewMail { facts, ..mail };
    let is_changed = users::is_as_given(user);
    Ok(Some(mail_outbox::write_where(
        is_changed,
        &mail,
        daily_limit,
        context.now,
    )))
}

/// What an operator does to a person, for the audit.
fn done_to(user_id: &str, event: Event) -> Entry<'_> {
    Entry::new(event, Actor::Operator).user(user_id)
}

/// The statement that sets the password of somebody.
///
/// # Errors
/// Why it is no good password.
pub async fn password_statement(
    user: &User,
    password: Option<&WantedPassword>,
    context: &Context,
) -> Result<Option<Statement>, StepFailure> {
    let Some(password) = password else {
        return Ok(None);
    };
    let hash = match password {
        WantedPassword::Hash(hash) => hash.clone(),
        WantedPassword::Typed(typed) => {
            let password = new_password::read(typed, user, context)
                .await
                .map_err(|unfit| OAuthError::invalid_request(format!("password {}", unfit.describe())))?;
            new_password::hash(&password)?
        }
    };
    let set = passwords::set(&Owner::Is(user), &random::id()?, &hash, context.now);
    Ok(Some(set.into()))
}
