//! The page that offers a passkey to somebody who has just signed in with a password.

use askama::Template;

use super::{
    asker::Asker,
    layout::page,
    login::LoginPurpose,
    messages::{Language, OfferTexts},
    passkey::PasskeyRequest,
};
use crate::{pages::account::PasskeyProblem, routes::Endpoint};

/// Offers a passkey, and goes on without.
#[derive(Template)]
#[template(path = "offer_passkey.html")]
pub struct OfferPasskeyPage<'a> {
    /// The language of the page.
    pub language: Language,
    /// What the person signed in for.
    pub purpose: LoginPurpose<'a>,
    /// Where to go on without one.
    pub go_on: &'a str,
    /// Whether it does not go on without one.
    pub is_needed: bool,
    /// Comes back as `csrf`.
    pub csrf: &'a str,
    /// What the browser is asked to make.
    pub request: PasskeyRequest<'a>,
    /// What the browser is asked to make without asking the person, where it does that.
    pub silently: Option<&'a str>,
    /// What was wrong with the answer.
    pub problem: Option<PasskeyProblem>,
}

impl OfferPasskeyPage<'_> {
    page!(offer: OfferTexts);

    fn action(&self) -> &'static str {
        Endpoint::OfferPasskey.path()
    }

    fn purpose_field(&self) -> (&'static str, &str) {
        self.purpose.field()
    }

    fn title(&self) -> String {
        match self.problem {
            Some(_) => self.texts().common.error_title.fill(self.heading()),
            None => self.heading().to_owned(),
        }
    }

    fn heading(&self) -> &'static str {
        match self.is_needed {
            true => self.offer().needed_heading,
            false => self.offer().heading,
        }
    }

    /// The app that asks for one.
    fn asker(&self) -> Option<Asker> {
        let asker = self.purpose.asker(self.language);
        asker.filter(|_| self.is_needed)
    }

    fn problem_text(&self) -> Option<&'static str> {
        self.problem.map(|problem| self.texts().passkeys.problem(problem))
    }
}
