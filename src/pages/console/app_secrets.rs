//! The secrets of an app.

use askama::Template;

use super::{
    Part,
    things::{Act, Thing, Things},
};
use crate::pages::{messages::ConsoleAppTexts, moment::Moment};

/// Shows what is known of each secret, and adds another.
#[derive(Template)]
#[template(path = "console/app_secrets.html")]
pub struct AppSecretsPage<'a> {
    /// What is around it.
    pub part: Part<'a>,
    pub secrets: Vec<ShownSecret>,
    /// What the page was made of: a form that is sent twice adds one secret.
    pub version: i64,
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
    /// The page as HTML.
    pub fn to_html(&self) -> String {
        self.part.around(self.texts().secrets, self.part.problem, self)
    }

    fn texts(&self) -> &'static ConsoleAppTexts {
        self.part.frame.app_texts()
    }

    fn days_label(&self) -> &'static str {
        self.part.frame.all_texts().console_system.days_valid
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
                .date(self.part.frame.all_texts().console_system.expires, secret.ends.as_ref());
            let thing = match &secret.last_used {
                Some(_) => thing.when(self.part.frame.all_texts().apps.last_used, secret.last_used.as_ref()),
                None => thing.words(texts.never_used),
            };
            thing.act((self.part.may_change && !is_only(secret)).then(remove))
        };
        Things {
            frame: self.part.frame,
            action: self.part.action,
            things: self.secrets.iter().map(shown).collect(),
        }
    }
}
