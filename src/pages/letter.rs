//! Mails, as people read them: a subject, a text, and the same as HTML. A mail is a few sentences of `messages/`, and perhaps a code or
//! a link: no image, no asset, nothing that tells whether it was opened.

use askama::Template;

use super::{
    layout,
    messages::{Language, MailText, MailTexts},
    text::{visible, visible_name},
};
use crate::{
    config::Accent,
    mail::{BY_OPERATOR, Kind},
    web::color::Color,
};

/// A mail.
#[derive(Clone, Copy, Debug)]
pub struct Letter<'a> {
    /// What it is about.
    pub kind: Kind,
    /// Its language.
    pub language: Language,
    /// The name of the deployment.
    pub deployment: &'a str,
    /// The color of the deployment, where it has one.
    pub accent: Option<Accent>,
    /// The host of the issuer.
    pub site: &'a str,
    /// The name that its person signs in with.
    pub account: &'a str,
    /// The code in it.
    pub code: Option<&'a str>,
    /// The link in it.
    pub link: Option<&'a str>,
    /// What else it tells: an address, a browser.
    pub detail: Option<&'a str>,
}

/// What a mail has behind it by night.
const NIGHT: Color = Color([0x11, 0x15, 0x14]);

#[derive(Template)]
#[template(path = "mail/letter.html")]
struct Html<'a> {
    letter: &'a Letter<'a>,
    subject: String,
    about: String,
}

impl Letter<'_> {
    /// The subject: one line, whatever the names in it are.
    pub fn subject(&self) -> String {
        let deployment = visible_name(self.deployment);
        visible(&self.words().subject.fill(&deployment), 200)
    }

    /// The text. Lines are not broken: mail programs do that.
    pub fn text(&self) -> String {
        let detail = self.shown_detail();
        let code = self.code.map(str::to_owned);
        let link = self.link.map(|link| format!("{}:\n{link}", self.link_label()));
        let parts = [
            Some(self.about()),
            detail,
            code,
            link,
            Some(self.words().otherwise.to_owned()),
        ];
        let mut text: Vec<_> = parts.into_iter().flatten().filter(|part| !part.is_empty()).collect();
        text.push(format!("--\n{}", self.footer()));
        text.join("\n\n") + "\n"
    }

    /// The HTML.
    pub fn html(&self) -> String {
        layout::html(&Html {
            letter: self,
            subject: self.subject(),
            about: self.about(),
        })
    }

    /// The color of links, by day and by night: that of the deployment, or the nearest that can be read as a text.
    pub(super) fn link_colors(&self) -> [Color; 2] {
        const READABLE: f64 = 4.5;
        match self.accent {
            Some(Accent { light, dark }) => [
                light.apart_from(&[Color::WHITE], READABLE, Color::BLACK),
                dark.apart_from(&[NIGHT], READABLE, Color::WHITE),
            ],
            None => [Color([0x7a, 0x4b, 0x00]), Color([0xf0, 0xb0, 0x4f])],
        }
    }

    fn texts(&self) -> &'static MailTexts {
        &self.language.texts().mails
    }

    fn words(&self) -> &'static MailText {
        let texts = self.texts();
        match self.kind {
            Kind::Test => &texts.test,
            Kind::Invitation => &texts.invitation,
            Kind::Recovery | Kind::RecoveryHere => &texts.recovery,
            Kind::ConfirmAddress => &texts.confirm_address,
            Kind::SignInCode | Kind::SignInCodeHere => &texts.sign_in_code,
            Kind::AddressInUse => &texts.address_in_use,
            Kind::AddressChanged if self.link.is_none() => &texts.address_left,
            Kind::AddressChanged => &texts.address_changed,
            Kind::PasswordChanged => &texts.password_changed,
            Kind::NewBrowser => &texts.new_browser,
            Kind::NewCountry => &texts.new_country,
            Kind::AccountChanged => &texts.account_changed,
            Kind::DeviceConnected => &texts.device_connected,
            Kind::AppAsks => &texts.app_asks,
        }
    }

    pub(super) fn about(&self) -> String {
        self.words().text.fill(&visible_name(self.account))
    }

    fn shown_detail(&self) -> Option<String> {
        self.detail.map(|detail| match self.kind {
            Kind::AccountChanged => {
                let texts = self.language.texts();
                match detail.strip_suffix(BY_OPERATOR) {
                    Some(event) => format!("{}. {}.", texts.events.of(event), texts.activity.by_operator),
                    None => texts.events.of(detail).to_owned(),
                }
            }
            _ => visible(detail, 300),
        })
    }

    fn link_label(&self) -> &'static str {
        self.words().link
    }

    pub(super) fn otherwise(&self) -> &'static str {
        self.words().otherwise
    }

    pub(super) fn footer(&self) -> String {
        self.texts().footer.fill(self.site)
    }
}
