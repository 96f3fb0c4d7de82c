//! The page that asks for a code that came by mail.

use askama::Template;

use super::{
    asker::Asker,
    layout::page,
    login::LoginPurpose,
    messages::{Language, MailCodeTexts},
    text::visible_address,
};
use crate::routes::Endpoint;

/// Asks for the code.
#[derive(Template)]
#[template(path = "mail_code.html")]
pub struct MailCodePage<'a> {
    /// The language of the page.
    pub language: Language,
    /// What the person signs in for.
    pub purpose: LoginPurpose<'a>,
    /// Comes back as `csrf`.
    pub csrf: &'a str,
    /// What the person typed as their name. It comes back.
    pub username: &'a str,
    /// What to fill in: the code of a link.
    pub code: &'a str,
    /// Whether the browser said that it can have a passkey.
    pub can_have_passkey: bool,
    /// Where to start again.
    pub start_again: &'a str,
    /// What was wrong.
    pub problem: Option<MailCodeProblem>,
}

/// What was wrong with a code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MailCodeProblem {
    /// There is none.
    Missing,
    /// It does not count.
    Wrong,
    /// There were too many attempts, or too many mails.
    TooMany {
        /// Until the next attempt can work, rounded up.
        minutes: i64,
    },
}

impl MailCodePage<'_> {
    page!(mail_code: MailCodeTexts);

    fn action(&self) -> &'static str {
        Endpoint::MailCode.path()
    }

    fn asker(&self) -> Option<Asker> {
        self.purpose.asker(self.language)
    }

    fn heading(&self) -> String {
        match self.code.is_empty() {
            true => self.texts().recover.sent_heading.to_owned(),
            false => self.mail_code().confirm.fill(&self.shown_name()),
        }
    }

    fn title(&self) -> String {
        match self.problem {
            Some(_) => self.texts().common.error_title.fill(&self.heading()),
            None => self.heading(),
        }
    }

    fn shown_name(&self) -> String {
        visible_address(self.username)
    }

    fn problem_text(&self) -> Option<String> {
        let (texts, login) = (self.mail_code(), &self.texts().login);
        self.problem.map(|problem| match problem {
            MailCodeProblem::Missing => texts.missing.to_owned(),
            MailCodeProblem::Wrong => texts.wrong.to_owned(),
            MailCodeProblem::TooMany { minutes } if minutes > 1 => login.wait_minutes.fill(&minutes.to_string()),
            MailCodeProblem::TooMany { .. } => login.wait_a_minute.to_owned(),
        })
    }
}
