//! The page for people who cannot sign in: they can ask for a mail with a link, or see whom to ask.

use askama::Template;

use super::{
    layout::page,
    messages::{Language, RecoverTexts},
    text::visible,
};
use crate::routes::Endpoint;

/// Asks for a name, and tells that a mail is on its way if anybody has it.
#[derive(Template)]
#[template(path = "recover.html")]
pub struct RecoverPage<'a> {
    /// The language of the page.
    pub language: Language,
    /// What the sign-in is for, as a hidden field: its name and value.
    pub purpose: (&'static str, &'a str),
    /// Where to sign in.
    pub sign_in: &'a str,
    /// Comes back as `csrf`.
    pub csrf: &'a str,
    /// What the person typed.
    pub name: &'a str,
    /// Where mails are sent: whether one can bring something back.
    pub sends_mails: Option<bool>,
    /// Whether people have second factors, which no mail brings back.
    pub second_factor: bool,
    /// Whether people have passkeys.
    pub has_passkeys: bool,
    /// Where people find help: an address, and what is shown of it.
    pub contact: Option<(&'a str, &'a str)>,
    /// Where in it the person is.
    pub state: RecoverState,
}

/// Where a person is on their way back in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RecoverState {
    /// They are asked for their name.
    Asked,
    /// They gave none.
    Missing,
    /// They asked too often.
    TooMany {
        /// Until they may ask again, rounded up.
        minutes: i64,
    },
    /// A mail is on its way, if anybody has the name.
    Sent,
}

/// The most characters of what somebody typed.
const LONGEST_TYPED: usize = 254;

impl RecoverPage<'_> {
    page!(recover: RecoverTexts);

    fn action(&self) -> &'static str {
        Endpoint::Recover.path()
    }

    fn is_sent(&self) -> bool {
        self.state == RecoverState::Sent
    }

    fn heading(&self) -> &'static str {
        match self.is_sent() {
            true => self.recover().sent_heading,
            false => self.recover().heading,
        }
    }

    fn title(&self) -> String {
        match self.problem_text() {
            Some(_) => self.texts().common.error_title.fill(self.heading()),
            None => self.heading().to_owned(),
        }
    }

    fn problem_text(&self) -> Option<String> {
        match self.state {
            RecoverState::Asked | RecoverState::Sent => None,
            RecoverState::Missing => Some(self.recover().missing.to_owned()),
            RecoverState::TooMany { minutes } if minutes > 1 => {
                Some(self.texts().login.wait_minutes.fill(&minutes.to_string()))
            }
            RecoverState::TooMany { .. } => Some(self.texts().login.wait_a_minute.to_owned()),
        }
    }

    fn shown_name(&self) -> String {
        visible(self.name, LONGEST_TYPED)
    }
}
