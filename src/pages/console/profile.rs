//! The username, name and address of a person, as a form.

use askama::Template;

use super::Part;
use crate::pages::{messages::ConsoleMoreTexts, text::visible_name};

/// Shows how a person is called and where their mails go, and changes it.
#[derive(Template)]
#[template(path = "console/profile.html")]
pub struct ConsoleProfilePage<'a> {
    /// What is around it.
    pub part: Part<'a>,
    /// What the form is made of.
    pub shown: &'a str,
    pub username: &'a str,
    pub name: &'a str,
    pub email: &'a str,
    /// Whether the address is confirmed.
    pub is_confirmed: bool,
}

impl ConsoleProfilePage<'_> {
    /// The page as HTML.
    pub fn to_html(&self) -> String {
        self.part.around(self.texts().profile, self.part.problem, self)
    }

    fn texts(&self) -> &'static ConsoleMoreTexts {
        &self.part.frame.all_texts().console_more
    }

    fn fields(&self) -> [(&'static str, &'static str, &str); 3] {
        self.part.frame.person_fields([self.username, self.name, self.email])
    }

    /// The same for those who may only see them.
    fn known(&self) -> [(&'static str, String); 3] {
        let [username, name, (_, label, email)] = self.fields();
        let confirmed = self.is_confirmed || email.is_empty();
        [
            (username.1, visible_name(username.2)),
            (name.1, visible_name(name.2)),
            (label, self.part.frame.shown_email(email, confirmed)),
        ]
    }
}
