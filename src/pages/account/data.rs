//! The page for a copy of one's data, and the way out.

use askama::Template;

use super::Frame;
use crate::{
    pages::{messages::DataTexts, moment::Moment},
    routes::Endpoint,
};

/// Leads to the copy and to the deletion.
#[derive(Template)]
#[template(path = "account/data.html")]
pub struct DataPage<'a> {
    /// What the pages of the account share.
    pub frame: Frame<'a>,
    /// The versions of the terms that the person has accepted, and when; the latest first.
    pub accepted_terms: Vec<(String, Moment)>,
}

impl DataPage<'_> {
    super::shell::account_page!();

    fn title(&self) -> String {
        self.frame.title(false)
    }

    fn texts(&self) -> &'static DataTexts {
        &self.frame.texts().data
    }

    fn download(&self) -> &'static str {
        Endpoint::AccountDownload.path()
    }

    fn deletion(&self) -> &'static str {
        Endpoint::AccountDeletion.path()
    }
}
