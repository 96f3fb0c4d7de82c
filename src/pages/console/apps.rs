//! The list of apps, and the assistant that sets one up.

use askama::Template;

use super::{ConsoleFrame, is_about};
use crate::{
    admin::{client_filter::Provenance, console_form::app::AppKind},
    pages::{
        messages::{ConsoleAppTexts, ConsoleTexts},
        text::visible_name,
    },
    routes::Endpoint,
};

/// Shows apps, some at a time.
#[derive(Template)]
#[template(path = "console/apps.html")]
pub struct ConsoleAppsPage<'a> {
    /// What the pages of the console share.
    pub frame: ConsoleFrame<'a>,
    /// What was searched for.
    pub search: &'a str,
    /// What was found.
    pub apps: Vec<ListedApp>,
    /// Where the next page is.
    pub next: Option<String>,
    /// Whether the operator may set one up.
    pub may_add: bool,
    /// Whether any can have registered itself.
    pub has_self_registered: bool,
}

/// An app in a list.
#[derive(Clone, Debug)]
pub struct ListedApp {
    /// Where its page is.
    pub href: String,
    pub name: String,
    pub client_id: String,
    pub registered_by: Provenance,
    pub is_off: bool,
}

/// Asks what a new app is like.
#[derive(Template)]
#[template(path = "console/new_app.html")]
pub struct NewAppPage<'a> {
    /// What the pages of the console share.
    pub frame: ConsoleFrame<'a>,
    /// Where the operator confirms who they are, where they have to.
    pub confirm: Option<String>,
    pub kind: AppKind,
    /// What was typed.
    pub name: &'a str,
    pub redirect_uris: &'a str,
    /// What is wrong with it, in English.
    pub problem: Option<&'a str>,
}

impl ConsoleFrame<'_> {
    pub(super) fn app_texts(&self) -> &'static ConsoleAppTexts {
        &self.all_texts().console_apps
    }

    pub(super) fn provenance(&self, by: &Provenance) -> &'static str {
        let texts = self.app_texts();
        match by {
            Provenance::Operator => texts.by_operator,
            Provenance::Itself => texts.by_itself,
            Provenance::Document => texts.by_document,
        }
    }
}

impl ConsoleAppsPage<'_> {
    super::shell::console_page!();

    fn title(&self) -> String {
        self.frame.title(self.shared().apps)
    }

    fn shared(&self) -> &'static ConsoleTexts {
        self.frame.texts()
    }

    fn texts(&self) -> &'static ConsoleAppTexts {
        self.frame.app_texts()
    }

    fn action(&self) -> &'static str {
        Endpoint::ConsoleApps.path()
    }

    fn self_registered(&self) -> &'static str {
        Endpoint::ConsoleSelfRegistered.path()
    }

    fn add(&self) -> &'static str {
        Endpoint::ConsoleNewApp.path()
    }

    fn text(&self, text: &str) -> String {
        visible_name(text)
    }
}

impl NewAppPage<'_> {
    super::shell::console_page!();

    /// Whether what is wrong is about the field of that name.
    fn is_about(&self, field: &str) -> bool {
        is_about(self.problem, field)
    }

    fn title(&self) -> String {
        self.frame.title_with(self.texts().add, self.problem)
    }

    fn texts(&self) -> &'static ConsoleAppTexts {
        self.frame.app_texts()
    }

    fn action(&self) -> &'static str {
        Endpoint::ConsoleNewApp.path()
    }

    fn kinds(&self) -> Vec<(&'static str, &'static str, bool)> {
        let texts = self.texts();
        let label = |kind| match kind {
            AppKind::Web => texts.web,
            AppKind::SinglePage => texts.single_page,
            AppKind::Native => texts.native,
            AppKind::Service => texts.service,
        };
        let shown = |kind: AppKind| (kind.as_str(), label(kind), kind == self.kind);
        AppKind::ALL.map(shown).into()
    }
}
