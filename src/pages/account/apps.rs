//! The page of the apps that have access to an account.

use askama::Template;

use super::Frame;
use crate::pages::{asker::Asker, consent::ConsentItem, link::WebLink, messages::AppTexts, moment::Moment};

/// Shows what apps were allowed, opens them, and takes it back.
#[derive(Template)]
#[template(path = "account/apps.html")]
pub struct AppsPage<'a> {
    /// What the pages of the account share.
    pub frame: Frame<'a>,
    /// The apps: the one last used first.
    pub apps: Vec<ShownApp>,
}

/// An app with access.
pub struct ShownApp {
    /// Comes back as `client_id`.
    pub client_id: String,
    /// What it is called.
    pub client_name: String,
    /// Its home page. Anything but a web address is not shown.
    pub client_uri: Option<String>,
    /// Where its logo is.
    pub logo: Option<String>,
    /// What it was allowed.
    pub items: Vec<ConsentItem>,
    /// Whether the person was asked.
    pub asked: bool,
    /// Since when.
    pub since: Moment,
    /// When it last used that.
    pub last_used: Option<Moment>,
    /// Where it opens: where the operator says, or where a sign-in at the app begins (OIDC Core section 4).
    pub open: Option<String>,
}

impl AppsPage<'_> {
    super::shell::account_page!();

    fn title(&self) -> String {
        self.frame.title(false)
    }

    fn texts(&self) -> &'static AppTexts {
        &self.frame.texts().apps
    }

    fn asker(&self, app: &ShownApp) -> Asker {
        Asker::new(&app.client_name, app.client_uri.as_deref(), self.frame.language).marked(app.logo.as_ref())
    }

    fn open(&self, app: &ShownApp) -> Option<WebLink> {
        app.open.as_deref().and_then(WebLink::parse)
    }
}
