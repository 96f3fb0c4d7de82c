//! What the pages about one part of a thing share: how an app looks, its secrets, its roles, or what is kept of a person or a group. The
//! part is a template of its own, so that the code of what is around it is there once.

use askama::Template;

use super::{ConsoleFrame, is_about};
use crate::pages::{layout, text::visible_name};

/// What such a page has besides its part.
pub struct Part<'a> {
    /// What the pages of the console share.
    pub frame: ConsoleFrame<'a>,
    /// Where the forms lead.
    pub action: &'a str,
    /// Where the page of the thing is, and what the thing is called.
    pub back: &'a str,
    /// The name.
    pub name: &'a str,
    /// Where the operator confirms who they are, where they have to.
    pub confirm: Option<String>,
    /// Whether a form changes it.
    pub may_change: bool,
    /// What is wrong with what was typed, in English.
    pub problem: Option<&'a str>,
}

/// The page around a part.
#[derive(Template)]
#[template(path = "console/part.html")]
struct PartPage<'a> {
    frame: ConsoleFrame<'a>,
    part: &'a Part<'a>,
    heading: &'static str,
    /// What is wrong, which the title says first.
    error: Option<&'a str>,
    body: String,
}

impl Part<'_> {
    /// The page around `body`.
    pub(super) fn around(&self, heading: &'static str, error: Option<&str>, body: &impl Template) -> String {
        let page = PartPage {
            frame: self.frame,
            part: self,
            heading,
            error,
            body: layout::html(body),
        };
        page.to_html()
    }

    fn shown_name(&self) -> String {
        visible_name(self.name)
    }

    /// Whether what is wrong is about the field of that name.
    pub(super) fn is_about(&self, field: &str) -> bool {
        is_about(self.problem, field)
    }
}

impl PartPage<'_> {
    super::shell::console_page!();

    fn title(&self) -> String {
        self.frame.title_with(self.heading, self.error)
    }
}
