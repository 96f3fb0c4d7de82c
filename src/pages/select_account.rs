//! The page on which a person chooses one of the accounts that are signed in in their browser (OIDC Core section 3.1.2.1,
//! `prompt=select_account`).

use askama::Template;

use super::{
    asker::{Asker, Marks},
    layout::page,
    messages::{Language, SelectAccountTexts},
    text::visible_name,
};
use crate::{routes::Endpoint, web::landing::Landing};

/// Asks with which account to go on to an app.
#[derive(Template)]
#[template(path = "select_account.html")]
pub struct SelectAccountPage<'a> {
    /// The language of the page.
    pub language: Language,
    /// The name of the app that asks.
    pub client_name: &'a str,
    /// Its home page. Anything but a web address is not shown.
    pub client_uri: Option<&'a str>,
    /// Its logo and its color.
    pub marks: Marks,
    /// Where the person is sent afterwards.
    pub return_to: Landing,
    /// Which authorization request this belongs to; comes back as `interaction`.
    pub interaction: &'a str,
    /// Comes back as `csrf`.
    pub csrf: &'a str,
    /// Who is signed in.
    pub accounts: Vec<AccountChoice<'a>>,
}

/// One account to choose.
pub struct AccountChoice<'a> {
    /// Comes back as `account`.
    pub session_id: &'a str,
    /// What to call the person.
    pub name: &'a str,
    /// What they sign in with.
    pub username: &'a str,
}

impl AccountChoice<'_> {
    fn shown_name(&self) -> String {
        visible_name(self.name)
    }

    /// The username, where it says more than the name.
    fn shown_username(&self) -> Option<String> {
        (self.username != self.name).then(|| visible_name(self.username))
    }
}

impl SelectAccountPage<'_> {
    page!(select: SelectAccountTexts = select_account);

    fn action(&self) -> &'static str {
        Endpoint::SelectAccount.path()
    }

    fn asker(&self) -> Asker {
        Asker::new(self.client_name, self.client_uri, self.language)
            .marked(self.marks.logo.as_ref())
            .returning_to(&self.return_to)
    }

    fn title(&self) -> String {
        format!("{} \u{2013} {}", self.select().heading, self.asker().name)
    }
}
