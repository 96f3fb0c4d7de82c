//! Leads back to an app, by itself or by a link, where a redirect would not arrive (see `oidc::hand_over`).

use askama::Template;

use super::{
    asker::ReturnTo,
    layout::page,
    link::way_on,
    messages::{HandOverTexts, Language, Phrase},
};
use crate::web::landing::{Landing, landing};

/// Sends the person on to an address that the app registered.
#[derive(Template)]
#[template(path = "hand_over.html")]
pub struct HandOverPage<'a> {
    /// The language of the page.
    pub language: Language,
    /// Where to.
    pub url: &'a str,
}

impl HandOverPage<'_> {
    page!(hand_over: HandOverTexts);

    fn is_app(&self) -> bool {
        matches!(landing(self.url), Landing::App(_))
    }

    fn sentence(&self) -> &'static Phrase {
        match self.is_app() {
            true => &self.hand_over().destination_app,
            false => &self.hand_over().destination,
        }
    }

    fn label(&self) -> &'static str {
        match self.is_app() {
            true => self.hand_over().open,
            false => self.texts().form_post.submit,
        }
    }

    fn shown_destination(&self) -> String {
        ReturnTo::new(&landing(self.url)).map(|to| to.shown).unwrap_or_default()
    }

    fn target(&self) -> Option<&str> {
        way_on(self.url)
    }
}
