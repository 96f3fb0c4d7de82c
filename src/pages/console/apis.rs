//! The list of APIs, and the page of one, which declares it, too.

use askama::Template;

use super::{
    ConsoleFrame, is_about,
    things::{Act, Acts, Thing, Things},
};
use crate::{
    admin::console_form::api::ApiFields,
    pages::{
        messages::{ConsoleApiTexts, ConsoleTexts},
        moment::Moment,
        text::{visible, visible_name},
    },
    routes::Endpoint,
};

/// Shows APIs, some at a time.
#[derive(Template)]
#[template(path = "console/apis.html")]
pub struct ConsoleApisPage<'a> {
    /// What the pages of the console share.
    pub frame: ConsoleFrame<'a>,
    /// What was searched for.
    pub search: &'a str,
    pub apis: Vec<ListedApi>,
    /// Those of the variable.
    pub of_variable: Vec<ListedApi>,
    /// Where the next page is.
    pub next: Option<String>,
    /// Whether the operator may declare one.
    pub may_add: bool,
}

/// An API in a list.
#[derive(Clone, Debug)]
pub struct ListedApi {
    /// Where its page is, if it has one.
    pub href: Option<String>,
    pub name: String,
    pub identifier: String,
    /// Its scopes, or those of them that an app may ask for.
    pub scopes: String,
    /// What of it counts for nothing, in English.
    pub problem: Option<String>,
}

/// Shows an API, or the form that declares one.
#[derive(Template)]
#[template(path = "console/api.html")]
pub struct ConsoleApiPage<'a> {
    /// What the pages of the console share.
    pub frame: ConsoleFrame<'a>,
    /// Where the forms lead.
    pub action: &'a str,
    /// Where the operator confirms who they are, where they have to.
    pub confirm: Option<String>,
    /// What is known of one that there is.
    pub known: Option<KnownApi<'a>>,
    /// Of a new one, as it was typed.
    pub identifier: &'a str,
    pub fields: ApiFields,
    pub algs: Vec<&'static str>,
    pub may_change: bool,
    /// What the page was made of.
    pub version: String,
    /// What it is now.
    pub version_now: String,
    /// What is wrong with what was typed, in English.
    pub problem: Option<&'a str>,
}

/// What is known of an API.
#[derive(Clone, Debug)]
pub struct KnownApi<'a> {
    pub name: &'a str,
    pub identifier: &'a str,
    pub is_in_force: bool,
    /// What of it counts for nothing, in English.
    pub problem: Option<String>,
    pub client_id: String,
    pub secret_made: Option<Moment>,
    pub previous_until: Option<Moment>,
    /// The apps that it names.
    pub apps: Vec<NamedApp>,
}

/// An app that an API names.
#[derive(Clone, Debug)]
pub struct NamedApp {
    /// Where its page is, for those who may see that.
    pub href: Option<String>,
    /// Its name, or its id where there is no such app.
    pub name: String,
    pub client_id: String,
    /// The scopes that it may ask for, where not for all.
    pub scopes: Option<String>,
}

impl ListedApi {
    /// As one of a list of things.
    pub(super) fn thing(&self) -> Thing {
        let thing = Thing::new(&self.name).at(self.href.clone()).code(&self.identifier);
        match self.scopes.as_str() {
            "" => thing,
            scopes => thing.words(scopes),
        }
    }
}

impl ConsoleApisPage<'_> {
    super::shell::console_page!();

    fn title(&self) -> String {
        self.frame.title(self.texts().apis)
    }

    fn texts(&self) -> &'static ConsoleApiTexts {
        &self.frame.all_texts().console_apis
    }

    fn shared(&self) -> &'static ConsoleTexts {
        self.frame.texts()
    }

    fn action(&self) -> &'static str {
        Endpoint::ConsoleApis.path()
    }

    fn add(&self) -> &'static str {
        Endpoint::ConsoleNewApi.path()
    }

    fn text(&self, text: &str) -> String {
        visible(text, 1_000)
    }

    fn shown_of_variable(&self) -> Things<'_> {
        Things {
            frame: self.frame,
            action: self.action(),
            things: self.of_variable.iter().map(ListedApi::thing).collect(),
        }
    }
}

impl ConsoleApiPage<'_> {
    super::shell::console_page!();

    fn heading(&self) -> String {
        match &self.known {
            Some(known) => visible_name(known.name),
            None => self.texts().add.to_owned(),
        }
    }

    fn title(&self) -> String {
        self.frame.title_with(&self.heading(), self.problem)
    }

    fn texts(&self) -> &'static ConsoleApiTexts {
        &self.frame.all_texts().console_apis
    }

    /// Whether the problem begins with the name of that field.
    fn is_about(&self, field: &str) -> bool {
        is_about(self.problem, field)
    }

    /// What the button says, and what comes of it.
    fn button(&self) -> (&'static str, &'static str) {
        let texts = self.texts();
        match self.known {
            Some(_) => (texts.save, texts.save_why),
            None => (texts.add, texts.add_why),
        }
    }

    fn acts(&self, name: &str) -> Acts<'_> {
        let texts = self.texts();
        let act = match name {
            "renew" => Act::named("renew", texts.renew, texts.renew_why),
            _ => Act::delete(texts.delete, texts.delete_why),
        };
        Acts {
            frame: self.frame,
            problem: self.problem,
            action: self.action,
            version: self.version_now.clone(),
            acts: vec![act],
        }
    }

    fn shown_apps(&self, apps: &[NamedApp]) -> Things<'_> {
        let app = |app: &NamedApp| {
            Thing::new(&app.name)
                .at(app.href.clone())
                .code(&app.client_id)
                .words(app.scopes.as_deref().unwrap_or(self.texts().all_scopes))
        };
        Things {
            frame: self.frame,
            action: self.action,
            things: apps.iter().map(app).collect(),
        }
    }
}
