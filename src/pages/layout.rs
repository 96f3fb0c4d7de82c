//! What every page shares: the frame in `html/layout.html`.

use askama::Template;

use super::style::{STYLESHEET_VERSION, stylesheet_href};

/// Where pages find the stylesheet, as they are made.
pub(super) fn stylesheet() -> String {
    stylesheet_href(STYLESHEET_VERSION)
}

/// What every page has: the page as HTML, and where it has a section of texts, that section.
macro_rules! page {
    () => {
        /// The page as HTML.
        pub fn to_html(&self) -> String {
            $crate::pages::layout::html(self)
        }
    };
    ($name:ident: $texts:ty) => {
        $crate::pages::layout::page!($name: $texts = $name);
    };
    ($name:ident: $texts:ty = $section:ident) => {
        $crate::pages::layout::page!();

        fn texts(&self) -> &'static $crate::pages::messages::Texts {
            self.language.texts()
        }

        fn $name(&self) -> &'static $texts {
            &self.texts().$section
        }
    };
}
pub(super) use page;

/// The page as text.
pub(super) fn html(page: &impl Template) -> String {
    // Fails only when a `Display` fails or the writer does: all values are texts, and the writer is a `String`.
    page.render().unwrap_or_default()
}
