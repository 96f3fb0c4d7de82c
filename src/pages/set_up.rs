//! The page on which somebody sets up how they sign in, by a link of the operator's or one that came by mail.

use askama::Template;

use super::{
    account::PasskeyProblem,
    layout::page,
    messages::{Language, SetUpTexts},
    passkey::PasskeyRequest,
    sign_up::NewPasswordProblem,
    text::visible_name,
};
use crate::{account::password::Unfit, routes::Endpoint};

/// Asks for a passkey, or for a password.
#[derive(Template)]
#[template(path = "set_up.html")]
pub struct SetUpPage<'a> {
    /// The language of the page.
    pub language: Language,
    /// Whether the link came by mail, because its person asked for it.
    pub is_recovery: bool,
    /// The name to sign in with.
    pub username: &'a str,
    /// Comes back as `link`.
    pub link: &'a str,
    /// Comes back as `csrf`.
    pub csrf: &'a str,
    /// What the browser is asked to make, where people sign in with passkeys.
    pub request: Option<PasskeyRequest<'a>>,
    /// What the page's policy lets its script be known by.
    pub nonce: &'a str,
    /// Whether people sign in with passwords.
    pub has_passwords: bool,
    /// The fewest characters of a password.
    pub shortest_password: usize,
    /// What was wrong.
    pub problem: Option<SetUpProblem>,
}

/// What was wrong with the form.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SetUpProblem {
    /// The passkey.
    Passkey(PasskeyProblem),
    /// The password.
    Password(NewPasswordProblem),
}

impl SetUpPage<'_> {
    page!(set_up: SetUpTexts);

    fn action(&self) -> &'static str {
        match self.is_recovery {
            true => Endpoint::RecoveryLink.path(),
            false => Endpoint::SetUp.path(),
        }
    }

    fn title(&self) -> String {
        let title = self.heading().to_owned();
        match self.problem {
            Some(_) => self.texts().common.error_title.fill(&title),
            None => title,
        }
    }

    fn heading(&self) -> &'static str {
        match self.is_recovery {
            true => self.set_up().recovery_heading,
            false => self.set_up().heading,
        }
    }

    fn shown_username(&self) -> String {
        visible_name(self.username)
    }

    fn password_rule(&self) -> String {
        self.texts()
            .sign_up
            .password_rule
            .fill(&self.shortest_password.to_string())
    }

    fn problem_text(&self) -> Option<String> {
        self.problem.map(|problem| match problem {
            SetUpProblem::Passkey(problem) => self.texts().passkeys.problem(problem).to_owned(),
            SetUpProblem::Password(NewPasswordProblem::Unfit(Unfit::TooShort)) => self.password_rule(),
            SetUpProblem::Password(problem) => self.texts().password.problem(problem).to_owned(),
        })
    }

    fn is_password_wrong(&self) -> bool {
        matches!(self.problem, Some(SetUpProblem::Password(_)))
    }
}
