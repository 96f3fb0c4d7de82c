//! The page of what apps ask a person without their browser.

use askama::Template;

use super::Frame;
use crate::pages::{asker::Asker, consent::AskingApp, messages::BackchannelTexts};

/// Shows what waits for the person, to be denied or looked at.
#[derive(Template)]
#[template(path = "account/requests.html")]
pub struct RequestsPage<'a> {
    /// What the pages of the account share.
    pub frame: Frame<'a>,
    /// What waits, the newest first.
    pub requests: Vec<ShownRequest>,
}

/// A request that waits.
pub struct ShownRequest {
    /// Comes back as `id`.
    pub id: String,
    /// What the app is called.
    pub client_name: String,
    /// Its home page. Anything but a web address is not shown.
    pub client_uri: Option<String>,
    /// What is told of it.
    pub asking: AskingApp,
}

impl RequestsPage<'_> {
    super::shell::account_page!();

    fn title(&self) -> String {
        self.frame.title(false)
    }

    fn texts(&self) -> &'static BackchannelTexts {
        &self.frame.texts().backchannel
    }

    fn asker(&self, request: &ShownRequest) -> Asker {
        Asker::new(&request.client_name, request.client_uri.as_deref(), self.frame.language)
    }
}
