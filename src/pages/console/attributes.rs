//! What the operator keeps of a person or a group, as a form.

use askama::Template;

use super::ConsoleFrame;
use crate::pages::{
    account::OwnField,
    layout::page,
    messages::{ConsoleMoreTexts, ProfileTexts},
    text::{LONGEST_NAME, visible},
};

/// Shows the attributes of a person or a group, and changes them.
#[derive(Template)]
#[template(path = "console/attributes.html")]
pub struct ConsoleAttributesPage<'a> {
    /// What the pages of the console share.
    pub frame: ConsoleFrame<'a>,
    /// Where the form leads.
    pub action: &'a str,
    /// Where the page of the person or group is, and what they are called.
    pub back: &'a str,
    pub name: &'a str,
    /// Where the operator confirms who they are, where they have to.
    pub confirm: Option<String>,
    pub may_change: bool,
    pub is_group: bool,
    /// What the form is made of.
    pub shown: &'a str,
    pub fields: Vec<OwnField>,
    /// What is wrong, in English.
    pub problem: Option<&'a str>,
}

impl ConsoleAttributesPage<'_> {
    page!();

    fn title(&self) -> String {
        let problem = self.problem.or(self.is_wrong().then_some(""));
        self.frame.title_with(self.texts().attributes, problem)
    }

    fn texts(&self) -> &'static ConsoleMoreTexts {
        &self.frame.all_texts().console_more
    }

    fn profile(&self) -> &'static ProfileTexts {
        &self.frame.all_texts().profile
    }

    fn check_fields(&self) -> &'static str {
        self.frame.all_texts().account.check_fields
    }

    fn shown_name(&self) -> String {
        visible(self.name, LONGEST_NAME)
    }

    fn is_wrong(&self) -> bool {
        self.fields.iter().any(|field| field.wrong)
    }

    fn why(&self) -> &'static str {
        match self.is_group {
            true => self.texts().of_group_why,
            false => self.texts().of_person_why,
        }
    }
}
