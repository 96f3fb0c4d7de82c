//! How an app looks to people, where it opens, and what operators note about it.

use askama::Template;

use super::{
    Part,
    things::{Act, Acts},
};
use crate::pages::{messages::ConsoleAppTexts, moment::Moment, text::visible};

/// Shows it, and changes it.
#[derive(Template)]
#[template(path = "console/app_look.html")]
pub struct AppLookPage<'a> {
    /// What is around it.
    pub part: Part<'a>,
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
}

impl AppLookPage<'_> {
    /// The page as HTML.
    pub fn to_html(&self) -> String {
        self.part.around(self.texts().look, self.part.problem, self)
    }

    fn texts(&self) -> &'static ConsoleAppTexts {
        self.part.frame.app_texts()
    }

    fn shown(&self, text: &str) -> String {
        visible(text, 2_000)
    }

    /// The notes, a line each.
    fn lines(&self) -> Vec<String> {
        self.notes.lines().map(|line| visible(line, 2_000)).collect()
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
            frame: self.part.frame,
            problem: None,
            action: self.part.action,
            version: self.version.to_string(),
            acts: fetch.into_iter().chain(remove).collect(),
        }
    }
}
