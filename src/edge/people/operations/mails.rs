//! Mails that were not sent are tried again, or forgotten.

use serde_json::json;

use crate::{
    audit::{Actor, Entry, Event},
    config::MailSettings,
    db::{Batch, Query, audit, mail_outbox},
    edge::{http::failure::MachineFailure, mail::outbox, platform::context::Context},
    oidc::error::OAuthError,
};

/// Tries a mail again that waits or was given up.
///
/// # Errors
/// 404, and 409 where that is too late, or no mails are sent.
pub async fn retry(id: &str, context: &Context) -> Result<(), MachineFailure> {
    settings(context)?;
    let retried = mail_outbox::retry(id, context.now);
    change(Event::MailRetried, retried, id, context).await?;
    outbox::send_one(id, context).await?;
    Ok(())
}

/// Forgets a mail that waits or was given up.
///
/// # Errors
/// 404, and 409 where that is too late.
pub async fn delete(id: &str, context: &Context) -> Result<(), MachineFailure> {
    change(Event::MailDeleted, mail_outbox::delete(id), id, context).await
}

/// # Errors
/// 409 where no mails are sent.
pub fn settings(context: &Context) -> Result<&MailSettings, MachineFailure> {
    let off = || MachineFailure::status(409, OAuthError::invalid_request("MAIL is off: see docs/people.md"));
    context.config.mail.as_ref().ok_or_else(off)
}

/// Changes a mail that was not sent, and writes that down: 404, or 409 where that is too late.
async fn change(event: Event, change: Query<bool>, id: &str, context: &Context) -> Result<(), MachineFailure> {
    let entry = Entry::new(event, Actor::Operator).detail(json!({ "mail": id }));
    let mut batch = Batch::default();
    let changed = batch.add(change);
    batch.push(audit::record_if_changed(&entry, context));
    let found = batch.add(mail_outbox::find(id));
    let rows = context.db.run(batch).await?;
    match (rows.read(changed)?, rows.read(found)?) {
        (true, _) => Ok(()),
        (false, None) => Err(MachineFailure::no_such("mail")),
        (false, Some(_)) => Err(MachineFailure::status(
            409,
            OAuthError::invalid_request("the mail was sent, or is of no use any more"),
        )),
    }
}
