//! How an app looks to people, where it opens, and what operators note about it.

use askama::Template;

use super::{
    ConsoleFrame,
    things::{Act, Acts},
};
use crate::pages::{
    layout::page,
    messages::ConsoleAppTexts,
    moment::Moment,
    text::{LONGEST_NAME, visible},
};

/// Shows it, and changes it.
#[derive(Template)]
#[template(path = "console/app_look.html")]
pub struct AppLookPage<'a> {
    /// What the pages of the console share.
    pub frame: ConsoleFrame<'a>,
    /// Where the forms lead.
    pub action: &'a str,
    /// Where the page of the app is.
    pub back: &'a str,
    /// Where the operator confirms who they are, where they have to.
    pub confirm: Option<String>,
    /// The name of the app.
    pub name: &'a str,
    /// Whether a form changes it.
    pub may_change: bool,
    /// Whether a document describes the app: then notes alone are kept of it.
    pub is_described: bool,
    /// The address of the logo, and when it was stored.
    pub logo: Option<(String, Moment)>,
    /// Where the app says that its logo is.
    pub logo_uri: Option<&'a str>,
    pub notes: &'a str,
    pub accent: &'a str,
    pub launch_uri: &'a str,
    /// What the page was made of.
    pub version: i64,
    /// What is wrong with what was typed, in English.
    pub problem: Option<&'a str>,
}

impl AppLookPage<'_> {
    page!();

    fn title(&self) -> String {
        self.frame.title_with(self.texts().look, self.problem)
    }

    fn texts(&self) -> &'static ConsoleAppTexts {
        self.frame.app_texts()
    }

    fn shown_name(&self) -> String {
        visible(self.name, LONGEST_NAME)
    }

    fn shown(&self, text: &str) -> String {
        visible(text, 2_000)
    }

    /// The notes, a line each.
    fn lines(&self) -> Vec<String> {
        self.notes.lines().map(|line| visible(line, 2_000)).collect()
    }

    /// Whether what is wrong is about the field of that name.
    fn is_about(&self, field: &str) -> bool {
        self.problem.is_some_and(|problem| problem.starts_with(field))
    }

    /// What is done to the logo besides.
    fn acts(&self) -> Acts<'_> {
        let texts = self.texts();
        let fetch = self
            .logo_uri
            .map(|_| Act::named("fetch", texts.fetch_logo, texts.fetch_logo_why));
        let remove = self
            .logo
            .as_ref()
            .map(|_| Act::named("remove", texts.remove_logo, texts.remove_logo_why));
        Acts {
            frame: self.frame,
            action: self.action,
            version: self.version.to_string(),
            acts: fetch.into_iter().chain(remove).collect(),
        }
    }
}
