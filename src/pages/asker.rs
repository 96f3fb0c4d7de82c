//! The app on whose behalf a page asks.

use super::{
    link::WebLink,
    messages::Language,
    text::{LONGEST_HOST, LONGEST_NAME, monogram, visible},
};

/// What a page shows of an app. There is no logo: Limen fetches none, and pages load nothing from other hosts.
pub(super) struct Asker {
    /// Its name, fit to be read.
    pub(super) name: String,
    /// The letter that stands for it.
    pub(super) monogram: String,
    /// Its home page.
    pub(super) home: Option<WebLink>,
    /// Where the person is sent afterwards, where they are: anybody can call an app anything, but not move this.
    pub(super) return_to: Option<String>,
}

impl Asker {
    /// From what the app registered.
    pub(super) fn new(client_name: &str, client_uri: Option<&str>, language: Language) -> Self {
        let mut name = visible(client_name, LONGEST_NAME);
        if name.is_empty() {
            name = language.texts().common.nameless_app.to_owned();
        }
        Self {
            monogram: monogram(&name),
            home: client_uri.and_then(WebLink::parse),
            return_to: None,
            name,
        }
    }

    /// The same before a page from which the person is sent to `destination`.
    pub(super) fn returning_to(self, destination: &str) -> Self {
        Self {
            return_to: Some(visible(destination, LONGEST_HOST)),
            ..self
        }
    }
}
