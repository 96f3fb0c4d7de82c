//! The error page, for errors that must not or cannot be sent to a client (RFC 6749 section 4.1.2.1).

use askama::Template;

use super::{
    layout::page,
    messages::{ErrorText, Language, Texts},
    text::visible,
};

use crate::routes::Endpoint;

/// What the developer of an app is shown of a mistake.
#[derive(Clone, Debug)]
pub enum Fact {
    /// The app, by its name.
    App(String),
    /// What it sent.
    Came(String),
    /// What it should have sent.
    Expected(String),
    /// A command that fixes it.
    Fix(String),
}

/// The most characters of a text for developers.
const LONGEST_FACT: usize = 4_000;

/// Says what happened and what to do about it.
#[derive(Template)]
#[template(path = "error.html")]
pub struct ErrorPage<'a> {
    /// The language of the page and of the texts below.
    pub language: Language,
    /// The heading.
    pub title: &'a str,
    /// What happened, in a sentence.
    pub what_happened: &'a str,
    /// What the person can do, in a sentence.
    pub what_to_do: &'a str,
    /// The OAuth error code, and what more there is to say, for the developer of the app.
    pub code: Option<&'a str>,
    /// More for that developer.
    pub facts: &'a [Fact],
    /// Finds the request in the log.
    pub request_id: Option<&'a str>,
    /// A page of Limen's to go on to, and what to call it.
    pub way_on: Option<(Endpoint, &'a str)>,
}

impl<'a> ErrorPage<'a> {
    /// A page with one of the ready texts.
    pub fn new(
        pick: impl FnOnce(&'static super::messages::ErrorTexts) -> &'static ErrorText,
        language: Language,
    ) -> Self {
        let text = pick(&language.texts().errors);
        Self {
            language,
            title: text.title,
            what_happened: text.what_happened,
            what_to_do: text.what_to_do,
            code: None,
            facts: &[],
            request_id: None,
            way_on: None,
        }
    }

    /// Shows the way to the page on which people sign out by themselves.
    pub fn offer_logout(&mut self) {
        self.way_on = Some((Endpoint::Logout, self.language.texts().logout.anyway));
    }

    /// Shows the way to the page on which people ask for a way back in.
    pub fn offer_recovery(&mut self) {
        self.way_on = Some((Endpoint::Recover, self.language.texts().recover.again));
    }

    /// Shows the way to where the console or the account begins.
    pub fn offer_start(&mut self, start: Endpoint) {
        let texts = &self.language.texts().console;
        let label = match start {
            Endpoint::Console => texts.title,
            _ => texts.account,
        };
        self.way_on = Some((start, label));
    }

    page!();

    fn texts(&self) -> &'static Texts {
        self.language.texts()
    }

    fn shown_code(&self) -> Option<String> {
        self.code.map(|code| visible(code, 200))
    }

    fn shown_facts(&self) -> Vec<(&'static str, String)> {
        let labels = &self.texts().error_page;
        let shown = |fact: &Fact| {
            let (label, text) = match fact {
                Fact::App(text) => (labels.app, text),
                Fact::Came(text) => (labels.came, text),
                Fact::Expected(text) => (labels.expected, text),
                Fact::Fix(text) => (labels.fix, text),
            };
            (label, visible(text, LONGEST_FACT))
        };
        self.facts.iter().map(shown).collect()
    }

    fn shown_request_id(&self) -> Option<String> {
        self.request_id.map(|id| visible(id, 80))
    }
}
