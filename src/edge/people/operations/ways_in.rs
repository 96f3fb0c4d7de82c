//! How a person signs in: factors that operators remove, and links with which the person sets others up.

use crate::{
    account::set_up,
    audit::{Actor, Entry, Event},
    config::Notices,
    db::{Batch, Statement, audit, credentials, mail_outbox, second_factors, set_up_links},
    edge::{
        mail::outbox::{self, Notice},
        platform::context::Context,
    },
    fault::Fault,
    mail::NewMail,
    routes::Endpoint,
    secret::Purpose,
    time::{Lifetime, UnixTime},
};

/// A link that is shown once.
pub struct NewLink {
    pub url: String,
    pub expires_at: UnixTime,
    /// Whether a mail takes it to its person.
    pub is_mailed: bool,
}

/// Removes a passkey, also where it is the last way in: the operator can make another. Says whether the person had it.
pub async fn remove_passkey(user_id: &str, row_id: &str, context: &Context) -> Result<bool, Fault> {
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
    Ok(removed)
}

/// Removes an app with one-time codes, or recovery codes, also where it is the last one: it may be lost. Says whether the person had it.
pub async fn remove_second_factor(user_id: &str, row_id: &str, context: &Context) -> Result<bool, Fault> {
    let event = match second_factors::is_recovery_row(row_id) {
        true => Event::RecoveryCodesRemoved,
        false => Event::CodeAppRemoved,
    };
    let entry = Entry::new(event, Actor::Operator).user(user_id);
    let written = outbox::by_operator(event);
    let notice = Notice::of_operator(Notices::Factors, &written, user_id);
    let is_theirs = credentials::is_theirs(user_id, row_id, r#"["totp","recovery_codes"]"#);
    let mut batch = Batch::default();
    batch.extend(notice.write(is_theirs, context)?);
    let removed = batch.add(second_factors::remove(user_id, row_id));
    batch.push(audit::record_if_changed(&entry, context));
    batch.push(second_factors::remove_idle_recovery_codes(user_id));
    let removed = context.db.run(batch).await?.read(removed)?;
    outbox::send_later(context);
    Ok(removed)
}

/// A link with which somebody sets up how they sign in. One that was made before works no more. `None` where there is no such person.
/// With `mail` they are sent it, if there is no limit that this goes over; using it then confirms the address.
pub async fn make_set_up_link(
    user_id: &str,
    lifetime: Lifetime,
    mail: Option<(NewMail<'_>, i64)>,
    context: &Context,
) -> Result<Option<NewLink>, Fault> {
    let expires_at = context.now + lifetime;
    let (secret, hash) = match &mail {
        Some((mail, _)) => outbox::secret_of_link(mail.id, context)?,
        None => context.new_token(Purpose::SetUpLink)?,
    };
    let entry = Entry::new(Event::SetUpLinkMade, Actor::Operator).user(user_id);
    let written = outbox::by_operator(Event::SetUpLinkMade);
    let notice = Notice::of_operator(Notices::Recovery, &written, user_id);
    let mail_id = mail.as_ref().map(|(mail, _)| mail.id);
    let mut batch = Batch::default();
    let mailed = batch.add_if(
        mail.as_ref()
            .map(|(mail, limit)| mail_outbox::write(mail, *limit, context.now)),
    );
    let made = batch.add(set_up_links::make(user_id, &hash, mail_id, expires_at));
    batch.push(audit::record_if_changed(&entry, context));
    if mailed.is_none() {
        batch.extend(notice.write(Statement::always(), context)?);
    }
    let rows = context.db.run(batch).await?;
    if !rows.read(made)? {
        return Ok(None);
    }
    let is_mailed = rows.read_if(mailed)?.unwrap_or_default();
    outbox::send_later(context);
    let path = format!("{}?link={}", Endpoint::SetUp.path(), set_up::write(user_id, &secret));
    Ok(Some(NewLink {
        url: context.config.issuer.url(&path),
        expires_at,
        is_mailed,
    }))
}

/// Takes the set-up link of somebody back, and says whether there was one.
pub async fn revoke_set_up_link(user_id: &str, context: &Context) -> Result<bool, Fault> {
    let entry = Entry::new(Event::SetUpLinkRevoked, Actor::Operator).user(user_id);
    let mut batch = Batch::default();
    let revoked = batch.add(set_up_links::revoke(user_id, context.now));
    batch.push(audit::record_if_changed(&entry, context));
    context.db.run(batch).await?.read(revoked)
}
