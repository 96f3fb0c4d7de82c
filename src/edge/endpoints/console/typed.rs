//! What was typed into a form that was refused, and why: a page shows both again.

use crate::oidc::params::Params;

/// A form that was refused, and what is wrong with it, in English; or none.
#[derive(Clone, Copy, Default)]
pub struct Typed<'a>(Option<(&'a Params, &'a str)>);

impl<'a> Typed<'a> {
    pub fn refused(form: &'a Params, problem: &'a str) -> Self {
        Self(Some((form, problem)))
    }

    pub fn form(self) -> Option<&'a Params> {
        self.0.map(|(form, _)| form)
    }

    /// The form, where it is the one for `action`: a page has several.
    pub fn of(self, action: &str) -> Option<&'a Params> {
        self.form().filter(|form| form.text("do") == action)
    }

    /// What stood in a field; nothing where no form was refused.
    pub fn text(self, name: &str) -> &'a str {
        self.form().map_or("", |form| form.text(name))
    }

    pub fn problem(self) -> Option<&'a str> {
        self.0.map(|(_, problem)| problem)
    }

    /// The status of the page.
    pub fn status(self) -> u16 {
        if self.0.is_some() { 400 } else { 200 }
    }
}
