//! The page where somebody tells the address that a link to make an account is sent to (`SIGNUP` is `domains`).

use askama::Template;

use super::{
    layout::page,
    messages::{Language, SignUpTexts},
    text::visible,
};
use crate::routes::Endpoint;

/// Asks for an address, and tells that a mail is on its way.
#[derive(Template)]
#[template(path = "sign_up_address.html")]
pub struct SignUpAddressPage<'a> {
    /// The language of the page.
    pub language: Language,
    /// What the account is for, as a hidden field: its name and value.
    pub purpose: (&'static str, &'a str),
    /// Where to sign in instead.
    pub sign_in: &'a str,
    /// Comes back as `csrf`.
    pub csrf: &'a str,
    /// What the person typed.
    pub email: &'a str,
    /// Of which domains addresses may be.
    pub domains: &'a [String],
    /// Where in it the person is.
    pub state: AddressState,
}

/// Where a person is on their way to an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AddressState {
    /// They are asked for their address.
    Asked,
    /// It is none.
    Wrong,
    /// It is of another domain.
    Elsewhere,
    /// They asked too often.
    TooMany {
        /// Until they may ask again, rounded up.
        minutes: i64,
    },
    /// A mail is on its way.
    Sent,
}

impl SignUpAddressPage<'_> {
    page!(sign_up: SignUpTexts);

    fn action(&self) -> &'static str {
        Endpoint::SignUp.path()
    }

    fn is_sent(&self) -> bool {
        self.state == AddressState::Sent
    }

    fn heading(&self) -> &'static str {
        match self.is_sent() {
            true => self.texts().recover.sent_heading,
            false => self.sign_up().heading,
        }
    }

    fn title(&self) -> String {
        match self.problem_text() {
            Some(_) => self.texts().common.error_title.fill(self.heading()),
            None => self.heading().to_owned(),
        }
    }

    fn about(&self) -> String {
        self.sign_up().address_about.fill(&self.shown_domains())
    }

    fn shown_domains(&self) -> String {
        self.domains.join(", ")
    }

    fn problem_text(&self) -> Option<String> {
        let login = &self.texts().login;
        match self.state {
            AddressState::Asked | AddressState::Sent => None,
            AddressState::Wrong => Some(self.sign_up().bad_email.to_owned()),
            AddressState::Elsewhere => Some(self.sign_up().address_elsewhere.fill(&self.shown_domains())),
            AddressState::TooMany { minutes } if minutes > 1 => Some(login.wait_minutes.fill(&minutes.to_string())),
            AddressState::TooMany { .. } => Some(login.wait_a_minute.to_owned()),
        }
    }

    fn shown_email(&self) -> String {
        visible(self.email, 254)
    }
}
