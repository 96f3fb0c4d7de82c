//! The pages around signing out (OIDC RP-Initiated Logout 1.0 section 6, Front-Channel Logout 1.0 section 4).

use askama::Template;

use super::{
    layout::page,
    link::{WebLink, way_on},
    messages::{Language, LogoutTexts},
    text::visible_name,
};
use crate::routes::Endpoint;

/// Asks whether the person wants to be signed out: anybody can have sent them here.
#[derive(Template)]
#[template(path = "logout.html")]
pub struct LogoutPage<'a> {
    /// The language of the page.
    pub language: Language,
    /// The name of the app that asks, if one does.
    pub client_name: Option<&'a str>,
    /// Who is signed in.
    pub account: &'a str,
    /// Whether the app means somebody else, or an earlier sign-in.
    pub meant_another: bool,
    /// Whether more accounts are signed in in this browser.
    pub has_others: bool,
    /// What comes back as it is: names and values.
    pub fields: &'a [(&'a str, &'a str)],
}

impl LogoutPage<'_> {
    page!(logout: LogoutTexts);

    fn action(&self) -> &'static str {
        Endpoint::LogoutConfirm.path()
    }

    fn asker(&self) -> Option<String> {
        let name = visible_name(self.client_name?);
        let nameless = || self.texts().common.nameless_app.to_owned();
        Some(if name.is_empty() { nameless() } else { name })
    }

    fn shown_account(&self) -> String {
        visible_name(self.account)
    }
}

/// Says how it ended, tells apps in hidden frames, and leads on.
#[derive(Template)]
#[template(path = "signed_out.html")]
pub struct SignedOutPage<'a> {
    /// The language of the page.
    pub language: Language,
    /// How it ended.
    pub outcome: SignOut,
    /// The app to go back to: its name, and a URL that it registered.
    pub next: Option<(&'a str, &'a str)>,
    /// The logout pages of apps, to load in frames.
    pub frames: Vec<String>,
    /// The nonce of the script that goes on to `next` once the frames have loaded. Without it the person does.
    pub nonce: Option<&'a str>,
}

/// How a sign-out ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SignOut {
    /// The person is signed out.
    Done,
    /// Nobody was signed in.
    Nobody,
    /// They wanted to stay.
    Declined,
}

/// How long frames may take before the page goes on without a script, in seconds.
const PATIENCE: u32 = 5;

impl SignedOutPage<'_> {
    page!(logout: LogoutTexts);

    fn heading(&self) -> &'static str {
        match self.outcome {
            SignOut::Done if self.nonce.is_some() => self.logout().leaving,
            SignOut::Done | SignOut::Nobody => self.logout().signed_out,
            SignOut::Declined => self.logout().still_signed_in,
        }
    }

    fn detail(&self) -> &'static str {
        match self.outcome {
            SignOut::Done if self.nonce.is_some() => self.logout().leaving_detail,
            SignOut::Done => self.logout().signed_out_detail,
            SignOut::Nobody => self.logout().nobody_detail,
            SignOut::Declined => self.logout().still_signed_in_detail,
        }
    }

    fn next_name(&self) -> String {
        let name = self.next.map(|(name, _)| visible_name(name)).unwrap_or_default();
        if name.is_empty() {
            self.texts().common.nameless_app.to_owned()
        } else {
            name
        }
    }

    fn next_url(&self) -> Option<&str> {
        self.next.and_then(|(_, url)| way_on(url))
    }

    fn account(&self) -> &'static str {
        Endpoint::Account.path()
    }

    fn account_text(&self) -> &'static str {
        match self.outcome {
            SignOut::Done | SignOut::Nobody => self.logout().again,
            SignOut::Declined => self.texts().account.title,
        }
    }

    fn patience(&self) -> u32 {
        PATIENCE
    }

    fn shown_frames(&self) -> impl Iterator<Item = WebLink> {
        self.frames.iter().filter_map(|url| WebLink::parse(url))
    }
}
