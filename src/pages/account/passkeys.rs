//! The page of a person's passkeys.

use askama::Template;

use super::Frame;
use crate::{
    pages::{messages::PasskeyTexts, moment::Moment, passkey::PasskeyRequest, text::visible},
    routes::{self, Endpoint},
};

/// The most characters of a name that are shown.
const LONGEST_NAME: usize = 60;

/// Shows the passkeys of a person, adds and removes some.
#[derive(Template)]
#[template(path = "account/passkeys.html")]
pub struct PasskeysPage<'a> {
    /// What the pages of the account share.
    pub frame: Frame<'a>,
    /// The passkeys: the oldest first.
    pub passkeys: Vec<ShownPasskey>,
    /// What the browser is asked to make. Without it the person has to confirm first that it is them.
    pub request: Option<PasskeyRequest<'a>>,
    /// What was wrong with what the person did.
    pub problem: Option<PasskeyProblem>,
}

/// A passkey.
#[derive(Clone, Debug)]
pub struct ShownPasskey {
    /// Comes back as `remove` or `rename`.
    pub id: String,
    /// What its person calls it.
    pub name: Option<String>,
    /// What made it.
    pub provider: Option<&'static str>,
    /// When it was added.
    pub added: Moment,
    /// When it was last used.
    pub last_used: Option<Moment>,
    /// Whether it is on more than one device.
    pub synced: bool,
    /// Whether there is no other way to sign in.
    pub only_way: bool,
}

/// What was wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PasskeyProblem {
    /// The browser's answer does not count.
    Refused,
    /// Somebody has it already, or the page was answered before.
    Known,
    /// There are as many as there may be.
    TooMany,
    /// The page stood open for too long.
    Expired,
    /// It is the only way to sign in.
    OnlyWay,
}

impl PasskeyTexts {
    /// What to do about it.
    pub fn problem(&self, problem: PasskeyProblem) -> &'static str {
        match problem {
            PasskeyProblem::Refused => self.refused,
            PasskeyProblem::Known => self.known,
            PasskeyProblem::TooMany => self.too_many,
            PasskeyProblem::Expired => self.expired,
            PasskeyProblem::OnlyWay => self.only_way,
        }
    }
}

impl PasskeysPage<'_> {
    super::shell::account_page!();

    fn title(&self) -> String {
        self.frame.title(self.problem.is_some())
    }

    fn texts(&self) -> &'static PasskeyTexts {
        &self.frame.texts().passkeys
    }

    fn problem_text(&self) -> Option<&'static str> {
        self.problem.map(|problem| self.texts().problem(problem))
    }

    fn name(&self, shown: &ShownPasskey) -> String {
        let own = shown.name.as_deref().map(|name| visible(name, LONGEST_NAME));
        let own = own.filter(|name| !name.is_empty());
        own.unwrap_or_else(|| shown.provider.unwrap_or(self.texts().nameless).to_owned())
    }

    fn own_name<'a>(&self, shown: &'a ShownPasskey) -> &'a str {
        shown.name.as_deref().unwrap_or_default()
    }

    /// Where the person confirms that it is them, and comes back from.
    fn confirm(&self) -> String {
        let name = routes::account_page_name(self.frame.page);
        format!("{}?page={name}", Endpoint::Login.path())
    }
}
