//! The page for what is still to be done before somebody is signed in: accept the terms, choose another password.

use askama::Template;

use super::{
    layout::page,
    login::LoginPurpose,
    messages::{FinishTexts, Language},
    sign_up::NewPasswordProblem,
    text::visible_name,
};
use crate::{account::password::Unfit, routes::Endpoint};

/// Asks for it.
#[derive(Template)]
#[template(path = "finish_sign_in.html")]
pub struct FinishSignInPage<'a> {
    /// The language of the page.
    pub language: Language,
    /// What the person signs in for.
    pub purpose: LoginPurpose<'a>,
    /// The name to sign in with.
    pub username: &'a str,
    /// Comes back as `csrf`.
    pub csrf: &'a str,
    /// Where the terms are, if they are to be accepted, and their version, which comes back as `terms_version`.
    pub terms: Option<(&'a str, &'a str)>,
    /// The fewest characters of a new password, if one is to be chosen.
    pub password: Option<usize>,
    /// What the page's policy lets its script be known by.
    pub nonce: &'a str,
    /// Where another account signs in.
    pub another: &'a str,
    /// What was wrong with the form.
    pub problem: Option<FinishProblem>,
}

/// What was wrong with the form.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FinishProblem {
    /// The terms are not accepted.
    Terms,
    /// It is no good password.
    Password(NewPasswordProblem),
    /// Too many attempts.
    TooManyAttempts {
        /// Until the next attempt can work, rounded up.
        minutes: i64,
    },
}

impl FinishSignInPage<'_> {
    page!(finish: FinishTexts);

    fn action(&self) -> &'static str {
        Endpoint::FinishSignIn.path()
    }

    fn purpose_field(&self) -> (&'static str, &str) {
        self.purpose.field()
    }

    fn title(&self) -> String {
        match self.problem {
            Some(_) => self.texts().common.error_title.fill(self.finish().heading),
            None => self.finish().heading.to_owned(),
        }
    }

    fn shown_username(&self) -> String {
        visible_name(self.username)
    }

    fn password_rule(&self) -> Option<String> {
        let rule = self.texts().sign_up.password_rule;
        self.password.map(|shortest| rule.fill(&shortest.to_string()))
    }

    fn problem_text(&self) -> Option<String> {
        self.problem.map(|problem| match problem {
            FinishProblem::Terms => self.finish().terms_missing.to_owned(),
            FinishProblem::Password(NewPasswordProblem::Unfit(Unfit::TooShort)) => {
                self.password_rule().unwrap_or_default()
            }
            FinishProblem::Password(problem) => self.texts().password.problem(problem).to_owned(),
            FinishProblem::TooManyAttempts { minutes } if minutes > 1 => {
                self.texts().login.wait_minutes.fill(&minutes.to_string())
            }
            FinishProblem::TooManyAttempts { .. } => self.texts().login.wait_a_minute.to_owned(),
        })
    }

    fn are_terms_wrong(&self) -> bool {
        self.problem == Some(FinishProblem::Terms)
    }

    fn is_password_wrong(&self) -> bool {
        matches!(self.problem, Some(FinishProblem::Password(_)))
    }
}
