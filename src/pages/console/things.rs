//! The one shape of lists at the console: things, each with what is known of it and what can be done to it. A page holds such a list as a
//! template of its own, so that the code of the shape is there once.

use askama::Template;

use super::ConsoleFrame;
use crate::{
    admin::console_form::UNSURE,
    pages::{
        messages::{ConsoleTexts, Phrase},
        moment::Moment,
        text::{visible, visible_name},
    },
};

/// A list of things.
#[derive(Template)]
#[template(path = "console/things.html")]
pub(super) struct Things<'a> {
    pub frame: ConsoleFrame<'a>,
    /// Where the forms lead.
    pub action: &'a str,
    pub things: Vec<Thing>,
}

/// What can be done to the one thing that a page is about.
#[derive(Template)]
#[template(path = "console/acts.html")]
pub(super) struct Acts<'a> {
    pub frame: ConsoleFrame<'a>,
    /// Where the forms lead.
    pub action: &'a str,
    /// What the page was made of, where nothing is done to what somebody else has changed since.
    pub version: String,
    pub acts: Vec<Act>,
    /// What is wrong with the form that was sent, in English.
    pub problem: Option<&'a str>,
}

/// Something in a list.
pub(super) struct Thing {
    /// Where its own page is.
    href: Option<String>,
    /// What it is called, without what is not seen.
    title: String,
    lines: Vec<Line>,
    acts: Vec<Act>,
}

/// Something that is known of a thing.
enum Line {
    Words(String),
    Code(String),
    /// What is said before a point in time and after it.
    When(&'static str, Moment, &'static str),
    /// What is called something, which may have a page, between other words.
    Named(&'static str, String, Option<String>, &'static str),
}

/// Something that a form does, after the operator has read what will happen.
pub(super) struct Act {
    name: &'static str,
    value: String,
    label: &'static str,
    why: &'static str,
    /// Whether it takes a tick of who is sure.
    is_final: bool,
}

impl Thing {
    pub fn new(title: &str) -> Self {
        Self {
            href: None,
            title: visible_name(title),
            lines: Vec::new(),
            acts: Vec::new(),
        }
    }

    pub fn at(self, href: Option<String>) -> Self {
        Self { href, ..self }
    }

    pub fn words(mut self, text: &str) -> Self {
        self.lines.push(Line::Words(visible(text, 2_000)));
        self
    }

    pub fn code(mut self, text: &str) -> Self {
        self.lines.push(Line::Code(visible(text, 2_000)));
        self
    }

    pub fn when(mut self, phrase: Phrase, moment: Option<&Moment>) -> Self {
        let line = moment.map(|moment| Line::When(phrase.before(), moment.clone(), phrase.after()));
        self.lines.extend(line);
        self
    }

    /// Something by its name, with where its page is.
    pub fn linked(mut self, phrase: Phrase, named: Option<&(String, Option<String>)>) -> Self {
        let line = named.map(|(name, href)| {
            let name = visible_name(name);
            Line::Named(phrase.before(), name, href.clone(), phrase.after())
        });
        self.lines.extend(line);
        self
    }

    /// A point in time that may be to come.
    pub fn date(self, label: &str, moment: Option<&Moment>) -> Self {
        match moment {
            Some(moment) => self.words(&format!("{label}: {}", moment.exact())),
            None => self,
        }
    }

    pub fn act(mut self, act: Option<Act>) -> Self {
        self.acts.extend(act);
        self
    }
}

impl Act {
    /// Sends `value` under `name`.
    pub fn of(name: &'static str, value: &str, label: &'static str, why: &'static str) -> Self {
        Self {
            name,
            value: value.to_owned(),
            label,
            why,
            is_final: false,
        }
    }

    /// Deletes what the page is about: the operator ticks that they are sure.
    pub fn delete(label: &'static str, why: &'static str) -> Self {
        Self {
            is_final: true,
            ..Self::named("delete", label, why)
        }
    }

    /// Sends `do` with the name of what is done.
    pub fn named(name: &'static str, label: &'static str, why: &'static str) -> Self {
        Self::of("do", name, label, why)
    }
}

impl Acts<'_> {
    /// What is ticked before it is done; nothing for what needs no tick.
    fn sure(&self, act: &Act) -> &'static str {
        match act.is_final {
            true => self.frame.texts().sure,
            false => "",
        }
    }

    /// Whether it was to be done without the tick.
    fn is_refused(&self, act: &Act) -> bool {
        act.is_final && self.problem == Some(UNSURE)
    }
}

impl Things<'_> {
    fn texts(&self) -> &'static ConsoleTexts {
        self.frame.texts()
    }
}
