//! The pages of a person's second factors: what they have, and a new app.

use askama::Template;

use super::Frame;
use crate::{
    pages::{
        messages::{PasskeyTexts, SecondTexts},
        moment::Moment,
        second_factor::{SecondProblem, ShownSecret},
        text::visible,
    },
    routes::{self, Endpoint},
};

/// The most characters of a name that are shown.
const LONGEST_NAME: usize = 60;

/// Shows the second factors of a person, and what hangs on them.
#[derive(Template)]
#[template(path = "account/second_factors.html")]
pub struct SecondFactorsPage<'a> {
    /// What the pages of the account share.
    pub frame: Frame<'a>,
    /// The apps: the oldest first.
    pub apps: Vec<ShownCodeApp>,
    /// How many recovery codes are left, where there are some.
    pub recovery_codes: Option<i64>,
    /// The browsers that are trusted.
    pub browsers: Vec<ShownTrustedBrowser>,
    /// Whether the person has just shown well enough that it is them.
    pub may_change: bool,
    /// Whether what the person wanted to remove is the last that they have where one must be.
    pub is_last: bool,
}

/// Shows a secret, and asks for the first code.
#[derive(Template)]
#[template(path = "account/new_code_app.html")]
pub struct NewCodeAppPage<'a> {
    /// What the pages of the account share.
    pub frame: Frame<'a>,
    /// What the app is given.
    pub secret: ShownSecret,
    /// The name that was typed.
    pub name: &'a str,
    /// What was wrong with the attempt before.
    pub problem: Option<SecondProblem>,
}

/// An app of a person.
#[derive(Clone, Debug)]
pub struct ShownCodeApp {
    /// Comes back as `rename` or `remove`.
    pub id: String,
    /// What the person calls it.
    pub name: Option<String>,
    /// When it was set up.
    pub added: Moment,
    /// When it was last used.
    pub last_used: Option<Moment>,
}

/// A browser that a person trusts.
#[derive(Clone, Debug)]
pub struct ShownTrustedBrowser {
    /// Comes back as `untrust`.
    pub id: String,
    /// What it is called.
    pub browser: Option<&'static str>,
    /// The system that it runs on.
    pub system: Option<&'static str>,
    /// When it was last used.
    pub last_used: Moment,
}

impl SecondFactorsPage<'_> {
    super::shell::account_page!();

    fn title(&self) -> String {
        self.frame.title(self.is_last)
    }

    fn texts(&self) -> &'static SecondTexts {
        &self.frame.texts().second
    }

    fn shared(&self) -> &'static PasskeyTexts {
        &self.frame.texts().passkeys
    }

    fn name(&self, shown: &ShownCodeApp) -> String {
        let own = shown.name.as_deref().map(|name| visible(name, LONGEST_NAME));
        own.filter(|name| !name.is_empty())
            .unwrap_or_else(|| self.texts().nameless.to_owned())
    }

    fn own_name<'a>(&self, shown: &'a ShownCodeApp) -> &'a str {
        shown.name.as_deref().unwrap_or_default()
    }

    fn browser_name(&self, shown: &ShownTrustedBrowser) -> String {
        self.frame.texts().browsers.name(shown.browser, shown.system)
    }

    fn add(&self) -> &'static str {
        Endpoint::AccountNewCodeApp.path()
    }

    /// Where the person confirms that it is them, and comes back from.
    fn confirm(&self) -> String {
        let name = routes::account_page_name(self.frame.page);
        format!("{}?page={name}", Endpoint::Login.path())
    }
}

impl NewCodeAppPage<'_> {
    super::shell::account_page!();

    fn title(&self) -> String {
        self.frame.title(self.problem.is_some())
    }

    fn texts(&self) -> &'static SecondTexts {
        &self.frame.texts().second
    }

    fn problem_text(&self) -> Option<String> {
        self.problem.map(|problem| self.frame.texts().second_problem(problem))
    }

    fn action(&self) -> &'static str {
        Endpoint::AccountNewCodeApp.path()
    }

    fn is_code_wrong(&self) -> bool {
        matches!(
            self.problem,
            Some(SecondProblem::WrongCode | SecondProblem::Missing | SecondProblem::Expired)
        )
    }
}
