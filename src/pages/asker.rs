//! The app on whose behalf a page asks.

use super::{
    link::WebLink,
    messages::Language,
    text::{LONGEST_NAME, monogram, visible},
};

/// What a page shows of an app. There is no logo: Limen fetches none, and pages load nothing from other hosts.
pub(super) struct Asker {
    /// Its name, fit to be read.
    pub(super) name: String,
    /// The letter that stands for it.
    pub(super) monogram: String,
    /// Its home page.
    pub(super) home: Option<WebLink>,
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
            name,
        }
    }
}
