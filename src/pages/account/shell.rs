//! What is around every page of the account, as [`crate::pages::console`] has it.

use askama::Template;

use super::Frame;
use crate::pages::layout::{self, page};

/// The page around `body`.
#[derive(Template)]
#[template(path = "account/shell.html")]
struct Shell<'a> {
    frame: Frame<'a>,
    title: String,
    body: String,
}

impl Shell<'_> {
    page!();

    fn title(&self) -> &str {
        &self.title
    }
}

impl Frame<'_> {
    /// The page of that title around `page`, as HTML.
    pub(super) fn around(&self, title: String, page: &impl Template) -> String {
        self.around_html(title, layout::html(page))
    }

    fn around_html(&self, title: String, body: String) -> String {
        Shell {
            frame: *self,
            title,
            body,
        }
        .to_html()
    }
}

/// What every page of the account has: the page as HTML.
macro_rules! account_page {
    () => {
        /// The page as HTML.
        pub fn to_html(&self) -> String {
            self.frame.around(self.title(), self)
        }
    };
}
pub(super) use account_page;
