//! The secrets of an app.

use askama::Template;

use super::{
    ConsoleFrame,
    things::{Act, Thing, Things},
};
use crate::pages::{
    layout::page,
    messages::ConsoleAppTexts,
    moment::Moment,
    text::{LONGEST_NAME, visible},
};

/// Shows what is known of each secret, and adds another.
#[derive(Template)]
#[template(path = "console/app_secrets.html")]
pub struct AppSecretsPage<'a> {
    /// What the pages of the console share.
    pub frame: ConsoleFrame<'a>,
    /// Where the forms lead.
    pub action: &'a str,
    /// Where the page of the app is.
    pub back: &'a str,
    /// Where the operator confirms who they are, where they have to.
    pub confirm: Option<String>,
    /// The name of the app.
    pub name: &'a str,
    /// Whether a form changes them.
    pub may_change: bool,
    pub secrets: Vec<ShownSecret>,
    /// What the page was made of: a form that is sent twice adds one secret.
    pub version: i64,
    /// What is wrong with what was typed, in English.
    pub problem: Option<&'a str>,
    /// What was typed: a name and days.
    pub typed: (&'a str, &'a str),
}

/// What is known of a secret.
#[derive(Clone, Debug)]
pub struct ShownSecret {
    /// Comes back.
    pub id: String,
    pub name: Option<String>,
    /// Whether it is the one that the app registered.
    pub is_main: bool,
    pub made: Option<Moment>,
    pub ends: Option<Moment>,
    pub last_used: Option<Moment>,
}

impl AppSecretsPage<'_> {
    page!();

    fn title(&self) -> String {
        self.frame.title_with(self.texts().secrets, self.problem)
    }

    fn texts(&self) -> &'static ConsoleAppTexts {
        self.frame.app_texts()
    }

    fn shown_name(&self) -> String {
        visible(self.name, LONGEST_NAME)
    }

    /// Whether what is wrong is about the field of that name.
    fn is_about(&self, field: &str) -> bool {
        self.problem.is_some_and(|problem| problem.starts_with(field))
    }

    fn days_label(&self) -> &'static str {
        self.frame.all_texts().console_system.days_valid
    }

    fn shown_secrets(&self) -> Things<'_> {
        let texts = self.texts();
        let is_only = |secret: &ShownSecret| {
            let lasting = self.secrets.iter().filter(|other| other.ends.is_none());
            secret.ends.is_none() && lasting.count() == 1
        };
        let shown = |secret: &ShownSecret| {
            let usual = match secret.is_main {
                true => texts.main_secret,
                false => texts.previous_secret,
            };
            let remove = || Act::of("remove", &secret.id, texts.remove_secret, texts.remove_secret_why);
            let thing = Thing::new(secret.name.as_deref().unwrap_or(usual));
            let thing = match secret.is_main && secret.name.is_some() {
                true => thing.words(texts.main_secret),
                false => thing,
            };
            let thing = thing
                .date(texts.made_secret, secret.made.as_ref())
                .date(self.frame.all_texts().console_system.expires, secret.ends.as_ref());
            let thing = match &secret.last_used {
                Some(_) => thing.when(self.frame.all_texts().apps.last_used, secret.last_used.as_ref()),
                None => thing.words(texts.never_used),
            };
            thing.act((self.may_change && !is_only(secret)).then(remove))
        };
        Things {
            frame: self.frame,
            action: self.action,
            things: self.secrets.iter().map(shown).collect(),
        }
    }
}
