//! What the operator keeps of a person or a group, as a form.

use askama::Template;

use super::Part;
use crate::pages::{
    account::OwnField,
    messages::{ConsoleMoreTexts, ProfileTexts},
};

/// Shows the attributes of a person or a group, and changes them.
#[derive(Template)]
#[template(path = "console/attributes.html")]
pub struct ConsoleAttributesPage<'a> {
    /// What is around it.
    pub part: Part<'a>,
    pub is_group: bool,
    /// What the form is made of.
    pub shown: &'a str,
    pub fields: Vec<OwnField>,
}

impl ConsoleAttributesPage<'_> {
    /// The page as HTML.
    pub fn to_html(&self) -> String {
        let error = self.part.problem.or(self.is_wrong().then_some(""));
        self.part.around(self.texts().attributes, error, self)
    }

    fn texts(&self) -> &'static ConsoleMoreTexts {
        &self.part.frame.all_texts().console_more
    }

    fn profile(&self) -> &'static ProfileTexts {
        &self.part.frame.all_texts().profile
    }

    fn check_fields(&self) -> &'static str {
        self.part.frame.all_texts().account.check_fields
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
