//! The page that deletes an account, and the one that says that it is gone.

use askama::Template;

use super::{Frame, PasswordCheck};
use crate::{
    pages::{
        layout::page,
        messages::{DeletionTexts, Language},
    },
    routes::Endpoint,
};

/// Asks whether the person is sure, and for the password.
#[derive(Template)]
#[template(path = "account/deletion.html")]
pub struct DeletionPage<'a> {
    /// What the pages of the account share.
    pub frame: Frame<'a>,
    /// The name to sign in with, for the browser's store of passwords.
    pub username: &'a str,
    /// Whether the person has not said that they are sure.
    pub unconfirmed: bool,
    /// What is wrong with the password.
    pub password: Option<PasswordCheck>,
}

impl DeletionPage<'_> {
    super::shell::account_page!();

    fn title(&self) -> String {
        self.frame.title(self.unconfirmed || self.password.is_some())
    }

    fn texts(&self) -> &'static DeletionTexts {
        &self.frame.texts().deletion
    }

    fn password_problem(&self) -> Option<String> {
        self.password.map(|check| self.frame.password_problem(check))
    }

    fn back(&self) -> &'static str {
        Endpoint::AccountData.path()
    }
}

/// Says that the account is gone.
#[derive(Template)]
#[template(path = "account/deleted.html")]
pub struct DeletedPage {
    /// The language of the page.
    pub language: Language,
}

impl DeletedPage {
    page!();

    fn texts(&self) -> &'static DeletionTexts {
        &self.language.texts().deletion
    }
}
