//! The pages of a person's own account.

mod overview;

pub use overview::OverviewPage;

use super::{
    messages::{Language, Texts},
    text::{LONGEST_NAME, visible},
};
use crate::routes::Endpoint;

/// What every page of the account shows besides its own.
#[derive(Clone, Copy)]
pub struct Frame<'a> {
    /// The language of the page.
    pub language: Language,
    /// Which page it is.
    pub page: Endpoint,
    /// What the person is called.
    pub person: &'a str,
}

impl Frame<'_> {
    fn texts(&self) -> &'static Texts {
        self.language.texts()
    }

    fn shown_person(&self) -> String {
        visible(self.person, LONGEST_NAME)
    }
}
