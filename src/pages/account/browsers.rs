//! The page of the browsers in which a person is signed in.

use askama::Template;

use super::Frame;
use crate::pages::{
    messages::{BrowserTexts, Language},
    moment::Moment,
};

/// Shows where the person is signed in, and ends it.
#[derive(Template)]
#[template(path = "account/browsers.html")]
pub struct BrowsersPage<'a> {
    /// What the pages of the account share.
    pub frame: Frame<'a>,
    /// The browsers: this one first.
    pub browsers: Vec<ShownBrowser>,
}

/// A signed-in browser.
#[derive(Clone, Debug)]
pub struct ShownBrowser {
    /// Comes back as `session`.
    pub session_id: String,
    /// What it is called.
    pub browser: Option<&'static str>,
    /// The system that it runs on.
    pub system: Option<&'static str>,
    /// When the person signed in.
    pub signed_in: Moment,
    /// When it was last used.
    pub last_seen: Moment,
    /// Whether it is the one that the page is shown in.
    pub current: bool,
}

impl BrowserTexts {
    /// What a browser is called.
    pub fn name(&self, browser: Option<&str>, system: Option<&str>) -> String {
        match (browser, system) {
            (Some(browser), Some(system)) => format!("{} {system}", self.on_system.fill(browser)),
            (Some(name), None) | (None, Some(name)) => name.to_owned(),
            (None, None) => self.unknown.to_owned(),
        }
    }
}

impl Language {
    /// What a browser is called, and the network that it is in, for a mail.
    pub fn describe_browser(self, browser: Option<&str>, system: Option<&str>, network: Option<&str>) -> String {
        let texts = self.texts();
        let name = texts.browsers.name(browser, system);
        match network {
            Some(network) => format!("{name}. {}", texts.activity.from_network.fill(network)),
            None => name,
        }
    }
}

impl BrowsersPage<'_> {
    super::shell::account_page!();

    fn title(&self) -> String {
        self.frame.title(false)
    }

    fn texts(&self) -> &'static BrowserTexts {
        &self.frame.texts().browsers
    }

    fn name(&self, shown: &ShownBrowser) -> String {
        self.texts().name(shown.browser, shown.system)
    }

    fn has_others(&self) -> bool {
        self.browsers.iter().any(|browser| !browser.current)
    }
}
