//! What every page shares: the frame in `html/layout.html`.

use askama::Template;

pub(super) use super::style::stylesheet_href;

/// The page as text.
pub(super) fn html(page: &impl Template) -> String {
    // Fails only when a `Display` fails or the writer does: all values are texts, and the writer is a `String`.
    page.render().unwrap_or_default()
}
