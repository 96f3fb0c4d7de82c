//! The page on which the operator of a fresh deployment shows that it is theirs, to make the first account.

use askama::Template;

use super::{
    layout::page,
    messages::{FirstTexts, Language},
};
use crate::routes::Endpoint;

/// Asks for `ADMIN_TOKEN`.
#[derive(Template)]
#[template(path = "first_person.html")]
pub struct FirstPersonPage<'a> {
    /// The language of the page.
    pub language: Language,
    /// Comes back as `csrf`.
    pub csrf: &'a str,
    /// What was wrong.
    pub problem: Option<FirstPersonProblem>,
}

/// What was wrong with the form.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FirstPersonProblem {
    /// It is another token.
    WrongToken,
    /// Too many attempts.
    TooMany {
        /// Until the next attempt can work, rounded up.
        minutes: i64,
    },
}

impl FirstPersonPage<'_> {
    page!(first: FirstTexts);

    fn action(&self) -> &'static str {
        Endpoint::FirstPerson.path()
    }

    fn title(&self) -> String {
        match self.problem {
            Some(_) => self.texts().common.error_title.fill(self.first().heading),
            None => self.first().heading.to_owned(),
        }
    }

    fn problem_text(&self) -> Option<String> {
        let login = &self.texts().login;
        self.problem.map(|problem| match problem {
            FirstPersonProblem::WrongToken => self.first().wrong.to_owned(),
            FirstPersonProblem::TooMany { minutes } if minutes > 1 => login.wait_minutes.fill(&minutes.to_string()),
            FirstPersonProblem::TooMany { .. } => login.wait_a_minute.to_owned(),
        })
    }
}
