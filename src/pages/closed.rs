//! The page in place of consent where the operator lets only certain people use an app, and not the one who is signed in; or nobody.

use askama::Template;

use super::{
    asker::Asker,
    layout::page,
    messages::{ClosedTexts, Language, Phrase},
    text::visible_name,
};
use crate::routes::Endpoint;

/// Says whom to ask, and leads back to the app or to another account.
#[derive(Template)]
#[template(path = "closed.html")]
pub struct ClosedPage<'a> {
    /// The language of the page.
    pub language: Language,
    /// Whether the operator has switched the app off: it is for nobody.
    pub is_off: bool,
    /// The name of the app.
    pub client_name: &'a str,
    /// Its home page.
    pub client_uri: Option<&'a str>,
    /// Who is signed in.
    pub account: &'a str,
    /// Who can let them in: an address, and what is shown of it.
    pub contact: Option<(&'a str, &'a str)>,
    /// Which authorization request this belongs to; comes back as `interaction`.
    pub interaction: &'a str,
    /// Comes back as `csrf`.
    pub csrf: &'a str,
    /// Comes back as `shown`.
    pub asked_for: &'a str,
}

impl ClosedPage<'_> {
    page!(closed: ClosedTexts);

    fn action(&self) -> &'static str {
        Endpoint::Consent.path()
    }

    fn asker(&self) -> Asker {
        Asker::new(self.client_name, self.client_uri, self.language)
    }

    fn title(&self) -> String {
        self.heading().fill(&self.asker().name)
    }

    fn heading(&self) -> Phrase {
        match self.is_off {
            true => self.closed().heading_off,
            false => self.closed().heading,
        }
    }

    /// Why, who can be asked at an address, and who where none is known.
    fn words(&self) -> [&'static str; 3] {
        let texts = self.closed();
        match self.is_off {
            true => [texts.about_off, texts.contact_off, texts.ask_off],
            false => [texts.about, texts.contact, texts.ask],
        }
    }

    fn shown_account(&self) -> String {
        visible_name(self.account)
    }
}
