//! Apps that registered themselves: those that wait for an operator, and those that nobody uses.

use askama::Template;

use super::ConsoleFrame;
use crate::pages::{
    messages::ConsoleAppTexts,
    moment::Moment,
    text::{visible, visible_name},
};

/// Approves and refuses those that wait, and cleans up.
#[derive(Template)]
#[template(path = "console/self_registered.html")]
pub struct SelfRegisteredPage<'a> {
    /// What the pages of the console share.
    pub frame: ConsoleFrame<'a>,
    /// Where the forms lead.
    pub action: &'a str,
    /// Where the operator confirms who they are, where they have to.
    pub confirm: Option<String>,
    /// Whether a form changes them.
    pub may_change: bool,
    /// Those that wait, some of them.
    pub waiting: Vec<WaitingApp>,
    /// Whether there are more.
    pub has_more: bool,
    /// Whether those that were never used are counted.
    pub never: bool,
    /// For how many days.
    pub days: &'a str,
    /// How many there are, once they were counted.
    pub counted: Option<i64>,
    /// What is wrong with what was typed, in English.
    pub problem: Option<&'a str>,
}

/// An app that waits.
#[derive(Clone, Debug)]
pub struct WaitingApp {
    /// Where its page is.
    pub href: String,
    /// Comes back as `client`.
    pub name_in_form: String,
    pub name: String,
    /// Where people would be sent.
    pub addresses: Vec<String>,
    pub registered: Moment,
}

impl SelfRegisteredPage<'_> {
    super::shell::console_page!();

    fn title(&self) -> String {
        self.frame.title_with(self.texts().registered_themselves, self.problem)
    }

    fn texts(&self) -> &'static ConsoleAppTexts {
        self.frame.app_texts()
    }

    fn name(&self, text: &str) -> String {
        visible_name(text)
    }

    fn text(&self, text: &str) -> String {
        visible(text, 2_000)
    }

    fn may_clean_up(&self) -> bool {
        self.may_change && self.counted.is_some_and(|count| count > 0)
    }

    fn counted_text(&self) -> Option<String> {
        self.counted.map(|count| self.texts().counted.fill(count))
    }
}
