//! What is around every page of the console. A template that extends another has all of its code once more, so a page is a template of its
//! own, and this is around it.

use askama::Template;

use super::ConsoleFrame;
use crate::pages::layout::{self, page};

/// The page around `body`.
#[derive(Template)]
#[template(path = "console/shell.html")]
struct Shell<'a> {
    frame: ConsoleFrame<'a>,
    title: String,
    body: String,
    has_script: bool,
}

impl Shell<'_> {
    page!();

    fn title(&self) -> &str {
        &self.title
    }
}

impl ConsoleFrame<'_> {
    /// The page of that title around `page`, as HTML.
    pub(super) fn around(&self, title: String, page: &impl Template, has_script: bool) -> String {
        self.around_html(title, layout::html(page), has_script)
    }

    fn around_html(&self, title: String, body: String, has_script: bool) -> String {
        Shell {
            frame: *self,
            title,
            body,
            has_script,
        }
        .to_html()
    }
}

/// What every page of the console has: the page as HTML.
macro_rules! console_page {
    () => {
        /// The page as HTML.
        pub fn to_html(&self) -> String {
            self.frame.around(self.title(), self, false)
        }
    };
}
pub(super) use console_page;
