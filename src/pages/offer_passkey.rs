//! The page that offers a passkey to somebody who has just signed in with a password.

use askama::Template;

use super::{
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
    /// Comes back as `csrf`.
    pub csrf: &'a str,
    /// What the browser is asked to make.
    pub request: PasskeyRequest<'a>,
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
        let title = self.offer().heading.to_owned();
        match self.problem {
            Some(_) => self.texts().common.error_title.fill(&title),
            None => title,
        }
    }

    fn problem_text(&self) -> Option<&'static str> {
        self.problem.map(|problem| self.texts().passkeys.problem(problem))
    }
}
