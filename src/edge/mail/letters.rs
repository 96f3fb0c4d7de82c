//! Writes the text of a mail of the outbox. Its secret link is made here, so the outbox holds no secret.

use crate::{
    account::{invitation, set_up},
    edge::platform::context::Context,
    mail::{CodeKind, Kind, Waiting, code as code_of, link_secret},
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
pub fn write(mail: &Waiting, context: &Context) -> Option<Written> {
    let issuer = &context.config.issuer;
    let (kind, roots) = (mail.kind?, &context.config.roots);
    let code = match kind {
        Kind::ConfirmAddress => Some(CodeKind::Address.digits()),
        Kind::SignInCode | Kind::SignInCodeHere => Some(CodeKind::SignIn.digits()),
        _ => None,
    };
    let code = match code {
        Some(digits) => Some(code_of(&mail.id, digits, mail.root, roots)?),
        None => None,
    };
    let linked = |page: Endpoint| {
        let secret = link_secret(&mail.id, mail.root, roots)?;
        let link = set_up::write(mail.user_id.as_deref()?, &secret);
        Some(issuer.url(&format!("{}?link={link}", page.path())))
    };
    let link = match kind {
        Kind::Test | Kind::PasswordChanged | Kind::AddressInUse => None,
        Kind::Invitation if mail.user_id.is_some() => Some(linked(Endpoint::SetUp)?),
        // Nobody has an account yet: what stands for its name is the id of the invitation.
        Kind::Invitation => {
            let secret = link_secret(&mail.id, mail.root, roots)?;
            Some(issuer.url(&invitation::path(&set_up::write(&mail.facts.account, &secret))))
        }
        Kind::NewBrowser | Kind::NewCountry | Kind::AccountChanged => {
            Some(issuer.url(Endpoint::AccountActivity.path()))
        }
        Kind::AppAsks => Some(issuer.url(Endpoint::AccountRequests.path())),
        Kind::DeviceConnected => Some(issuer.url(Endpoint::AccountApps.path())),
        Kind::Recovery | Kind::RecoveryHere => Some(linked(Endpoint::RecoveryLink)?),
        Kind::AddressChanged if mail.facts.detail.is_some() => None,
        Kind::AddressChanged => Some(linked(Endpoint::UndoEmail)?),
        // It leads to the form with the code filled in, and does nothing in any other browser.
        Kind::ConfirmAddress => code
            .as_ref()
            .filter(|_| mail.user_id.is_some())
            .map(|code| issuer.url(&format!("{}?code={code}", Endpoint::AccountEmail.path()))),
        Kind::SignInCode | Kind::SignInCodeHere => code
            .as_ref()
            .map(|code| issuer.url(&format!("{}?code={code}", Endpoint::MailCode.path()))),
    };
    let letter = Letter {
        kind,
        language: Language::of_tag(&mail.language),
        deployment: context.config.name(),
        accent: context.config.brand.accent,
        site: issuer.host(),
        account: match kind {
            Kind::Test | Kind::Invitation | Kind::ConfirmAddress | Kind::AddressInUse => issuer.host(),
            _ => &mail.facts.account,
        },
        code: code.as_deref(),
        link: link.as_deref(),
        detail: mail.facts.detail.as_deref().filter(|detail| !detail.is_empty()),
    };
    Some(Written {
        subject: letter.subject(),
        text: letter.text(),
        html: letter.html(),
    })
}
