//! The page for the e-mail address.

use askama::Template;

use super::{Frame, PasswordCheck};
use crate::pages::{
    messages::{EmailTexts, MailCodeTexts, Phrase},
    text::visible_address,
};

/// Asks for another e-mail address, and for the password.
#[derive(Template)]
#[template(path = "account/email.html")]
pub struct EmailPage<'a> {
    /// What the pages of the account share.
    pub frame: Frame<'a>,
    /// The name to sign in with, for the browser's store of passwords.
    pub username: &'a str,
    /// The address that is known.
    pub current: Option<&'a str>,
    /// Whether nobody has confirmed it yet, where mails are sent.
    pub unconfirmed: bool,
    /// Whether the person may change it.
    pub editable: bool,
    /// Whether a change takes a code that goes to the new address.
    pub sends_mails: bool,
    /// The address that a code was sent to.
    pub waiting: Option<&'a str>,
    /// What to fill in as code: that of a link.
    pub code: &'a str,
    /// What was entered before.
    pub entered: &'a str,
    /// What was wrong with it.
    pub problem: Option<EmailProblem>,
}

/// What was wrong with the form.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EmailProblem {
    /// It is no address.
    NotAnAddress,
    /// Somebody has it.
    Taken,
    /// The password.
    Password(PasswordCheck),
    /// No code was entered.
    NoCode,
    /// The code does not count.
    WrongCode,
    /// There were too many changes, or too many mails.
    Later,
    /// The account was changed while the page stood open.
    ChangedElsewhere,
}

impl EmailPage<'_> {
    super::shell::account_page!();

    fn title(&self) -> String {
        self.frame.title(self.problem.is_some())
    }

    fn email(&self) -> &'static EmailTexts {
        &self.frame.texts().email
    }

    fn mail_code(&self) -> &'static MailCodeTexts {
        &self.frame.texts().mail_code
    }

    fn about(&self) -> &'static str {
        match self.sends_mails {
            true => self.email().about_confirmed,
            false => self.email().about,
        }
    }

    fn sent(&self) -> Option<(Phrase, String)> {
        self.waiting
            .map(|address| (self.mail_code().sent, visible_address(address)))
    }

    fn code_problem(&self) -> Option<&'static str> {
        match self.problem? {
            EmailProblem::NoCode => Some(self.mail_code().missing),
            EmailProblem::WrongCode => Some(self.mail_code().wrong),
            _ => None,
        }
    }

    fn shown_current(&self) -> Option<String> {
        self.current.map(visible_address)
    }

    fn email_problem(&self) -> Option<&'static str> {
        match self.problem? {
            EmailProblem::NotAnAddress => Some(self.email().not_an_address),
            EmailProblem::Taken => Some(self.email().taken),
            _ => None,
        }
    }

    fn password_problem(&self) -> Option<String> {
        match self.problem? {
            EmailProblem::Password(check) => Some(self.frame.password_problem(check)),
            _ => None,
        }
    }

    fn form_problem(&self) -> Option<&'static str> {
        match self.problem? {
            EmailProblem::ChangedElsewhere => Some(self.frame.texts().account.saved_elsewhere),
            EmailProblem::Later => Some(self.email().later),
            _ => None,
        }
    }
}
