//! Writes the text of a mail of the outbox. Its secret link is made here, so the outbox holds no secret.

use crate::{
    account::{
        invitation::{self, InvitationId},
        set_up,
    },
    config::MailSettings,
    edge::platform::context::Context,
    mail::{Kind, Waiting, link_secret},
    pages::{Language, Letter},
    routes::Endpoint,
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
    let link = match kind {
        Kind::Test | Kind::PasswordChanged => None,
        Kind::Recovery => {
            let secret = link_secret(&mail.id, mail.root, &context.config.roots)?;
            let link = set_up::write(mail.user_id.as_deref()?, &secret);
            Some(issuer.url(&format!("{}?link={link}", Endpoint::RecoveryLink.path())))
        }
        Kind::SignUp => {
            let secret = link_secret(&mail.id, mail.root, &context.config.roots)?;
            let id = InvitationId {
                expires_at: mail.expires_at,
                random: mail.id.clone(),
            };
            let link = invitation::write(&id, &secret);
            Some(issuer.url(&format!("{}?invitation={link}", Endpoint::SignUp.path())))
        }
    };
    let letter = Letter {
        kind,
        language: Language::of_tag(&mail.language),
        deployment: settings.deployment(issuer),
        site: issuer.host(),
        account: match kind {
            Kind::Test => issuer.host(),
            _ => &mail.facts.account,
        },
        code: None,
        link: link.as_deref(),
        detail: mail.facts.detail.as_deref(),
    };
    Some(Written {
        subject: letter.subject(),
        text: letter.text(),
        html: letter.html(),
    })
}
