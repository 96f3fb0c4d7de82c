//! The page of development that shows mails. It is for developers, and in English alone.

use askama::Template;

use super::layout::page;

/// Shows the mails of the last day, the newest first.
#[derive(Template)]
#[template(path = "development_mails.html")]
pub struct DevelopmentMailsPage {
    /// The mails.
    pub mails: Vec<DevelopmentMail>,
}

/// A mail.
pub struct DevelopmentMail {
    /// Finds it.
    pub id: String,
    /// Where it would go.
    pub to: String,
    /// Its subject.
    pub subject: String,
    /// Its text.
    pub text: String,
}

impl DevelopmentMailsPage {
    page!();
}
