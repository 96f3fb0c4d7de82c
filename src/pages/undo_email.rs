//! The page behind the link in the mail that tells of a change of address: it gives the address back.

use askama::Template;

use super::{
    layout::page,
    messages::{Language, UndoTexts},
    text::{visible_address, visible_name},
};
use crate::routes::Endpoint;

/// Asks whether to undo the change.
#[derive(Template)]
#[template(path = "undo_email.html")]
pub struct UndoEmailPage<'a> {
    /// The language of the page.
    pub language: Language,
    /// The name of the account.
    pub username: &'a str,
    /// The address that it had before.
    pub address: &'a str,
    /// Comes back as `link`.
    pub link: &'a str,
    /// Comes back as `csrf`.
    pub csrf: &'a str,
    /// Whether another account has the address by now.
    pub taken: bool,
}

impl UndoEmailPage<'_> {
    page!(undo: UndoTexts);

    fn action(&self) -> &'static str {
        Endpoint::UndoEmail.path()
    }

    fn title(&self) -> String {
        match self.taken {
            true => self.texts().common.error_title.fill(self.undo().heading),
            false => self.undo().heading.to_owned(),
        }
    }

    fn shown_username(&self) -> String {
        visible_name(self.username)
    }

    fn shown_address(&self) -> String {
        visible_address(self.address)
    }
}
