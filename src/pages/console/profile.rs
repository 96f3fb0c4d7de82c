//! The username, name and address of a person, as a form.

use askama::Template;

use super::Part;
use crate::pages::{
    messages::{ConsoleMoreTexts, ConsoleTexts},
    text::{visible_address, visible_name},
};

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

    fn shared(&self) -> &'static ConsoleTexts {
        self.part.frame.texts()
    }

    /// The fields: their names, what they are called, and what stands in them.
    fn fields(&self) -> [(&'static str, &'static str, &str); 3] {
        [
            ("username", self.shared().username, self.username),
            ("name", self.part.frame.app_texts().name, self.name),
            ("email", self.shared().email, self.email),
        ]
    }

    /// The same for those who may only see them.
    fn known(&self) -> [(&'static str, String); 3] {
        let [username, name, email] = self.fields();
        [
            (username.1, visible_name(username.2)),
            (name.1, visible_name(name.2)),
            (
                email.1,
                match self.is_confirmed || email.2.is_empty() {
                    true => visible_address(email.2),
                    false => self.shared().email_unconfirmed.fill(&visible_address(email.2)),
                },
            ),
        ]
    }
}
