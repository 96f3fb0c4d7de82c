//! The page to change the password.

use askama::Template;

use super::{Frame, PasswordCheck};
use crate::pages::{NewPasswordProblem, messages::PasswordTexts};

/// Asks for the old password and a new one.
#[derive(Template)]
#[template(path = "account/password.html")]
pub struct PasswordPage<'a> {
    /// What the pages of the account share.
    pub frame: Frame<'a>,
    /// The name to sign in with, for the browser's store of passwords.
    pub username: &'a str,
    /// What was wrong with the form.
    pub problem: Option<PasswordProblem>,
}

/// What was wrong with the form.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PasswordProblem {
    /// The old one.
    Current(PasswordCheck),
    /// The new one.
    New(NewPasswordProblem),
    /// The new one was typed in two ways.
    NotTheSame,
}

impl PasswordPage<'_> {
    super::shell::account_page!();

    fn title(&self) -> String {
        self.frame.title(self.problem.is_some())
    }

    fn password(&self) -> &'static PasswordTexts {
        &self.frame.texts().password
    }

    fn current_problem(&self) -> Option<String> {
        match self.problem? {
            PasswordProblem::Current(check) => Some(self.frame.password_problem(check)),
            _ => None,
        }
    }

    fn new_problem(&self) -> Option<&'static str> {
        match self.problem? {
            PasswordProblem::New(problem) => Some(self.password().problem(problem)),
            _ => None,
        }
    }

    fn repeat_problem(&self) -> Option<&'static str> {
        (self.problem? == PasswordProblem::NotTheSame).then_some(self.password().not_the_same)
    }
}
