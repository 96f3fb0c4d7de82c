//! The list of people.

use askama::Template;

use super::ConsoleFrame;
use crate::{
    pages::{
        messages::{ConsolePeopleTexts, ConsoleTexts},
        text::{visible_address, visible_name},
    },
    routes::Endpoint,
};

/// Shows people, some at a time.
#[derive(Template)]
#[template(path = "console/people.html")]
pub struct PeoplePage<'a> {
    /// What the pages of the console share.
    pub frame: ConsoleFrame<'a>,
    /// What was searched for.
    pub search: &'a str,
    /// Where somebody is added, and where invitations are, for those who may.
    pub add: Option<&'static str>,
    pub invitations: Option<&'static str>,
    /// Who was found.
    pub people: Vec<ShownPerson>,
    /// Where the next page is.
    pub next: Option<String>,
}

/// A person in a list.
#[derive(Clone, Debug)]
pub struct ShownPerson {
    /// Where their page is.
    pub href: String,
    /// What they are called.
    pub name: String,
    /// Their username and address.
    pub logins: Vec<String>,
    /// Whether their account is locked.
    pub is_locked: bool,
}

impl PeoplePage<'_> {
    super::shell::console_page!();

    fn title(&self) -> String {
        self.frame.title(self.frame.texts().people)
    }

    fn texts(&self) -> &'static ConsoleTexts {
        self.frame.texts()
    }

    fn more(&self) -> &'static ConsolePeopleTexts {
        self.frame.people_texts()
    }

    fn action(&self) -> &'static str {
        Endpoint::ConsolePeople.path()
    }

    fn name(&self, person: &ShownPerson) -> String {
        visible_name(&person.name)
    }

    fn login(&self, login: &str) -> String {
        visible_address(login)
    }
}
