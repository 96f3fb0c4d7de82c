//! The page for the e-mail address.

use askama::Template;

use super::{Frame, PasswordCheck};
use crate::pages::{layout::page, messages::EmailTexts, text::visible};

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
    /// Whether the person may change it.
    pub editable: bool,
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
    /// The account was changed while the page stood open.
    ChangedElsewhere,
}

impl EmailPage<'_> {
    page!();

    fn title(&self) -> String {
        self.frame.title(self.problem.is_some())
    }

    fn email(&self) -> &'static EmailTexts {
        &self.frame.texts().email
    }

    fn shown_current(&self) -> Option<String> {
        self.current.map(|email| visible(email, 254))
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
        let changed = self.problem? == EmailProblem::ChangedElsewhere;
        changed.then_some(self.frame.texts().account.saved_elsewhere)
    }
}
