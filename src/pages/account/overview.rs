//! The first page of the account.

use askama::Template;

use super::Frame;
use crate::pages::{layout, text::visible};

/// Says who is signed in.
#[derive(Template)]
#[template(path = "account/overview.html")]
pub struct OverviewPage<'a> {
    /// What the pages of the account share.
    pub frame: Frame<'a>,
    /// The name to sign in with.
    pub username: &'a str,
    /// The e-mail address.
    pub email: Option<&'a str>,
}

impl OverviewPage<'_> {
    /// The page as HTML.
    pub fn to_html(&self) -> String {
        layout::html(self)
    }

    fn shown_email(&self) -> Option<String> {
        self.email.map(|email| visible(email, 254))
    }
}
