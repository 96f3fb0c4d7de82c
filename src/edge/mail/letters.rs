//! A mail of the outbox, as it is read: what is secret in it is made here.

use crate::{
    config::MailSettings,
    edge::platform::context::Context,
    mail::{Kind, Waiting},
    pages::{Language, Letter},
    secret::Purpose,
};

/// A mail as it is sent.
pub struct Written {
    pub subject: String,
    pub text: String,
    pub html: String,
}

/// Writes a mail. `None` where only a newer Worker knows its kind, or the root of its secrets is gone.
pub fn write(mail: &Waiting, settings: &MailSettings, context: &Context) -> Option<Written> {
    let issuer = &context.config.issuer;
    let kind = mail.kind?;
    context.config.roots.derive(mail.root, Purpose::MailSecret)?;
    let letter = Letter {
        kind,
        language: Language::of_tag(&mail.language),
        deployment: settings.deployment(issuer),
        site: issuer.host(),
        account: match kind {
            Kind::Test => issuer.host(),
        },
        code: None,
        link: None,
        detail: mail.facts.detail.as_deref(),
    };
    Some(Written {
        subject: letter.subject(),
        text: letter.text(),
        html: letter.html(),
    })
}
