//! The second step on the way in: a code, a passkey or a recovery code; an app that is set up first; recovery codes to keep.

use askama::Template;

use super::{
    asker::Asker,
    layout::page,
    login::LoginPurpose,
    messages::{Language, SecondTexts, Texts},
    passkey::PasskeyRequest,
    qr::Qr,
    text::visible_name,
};
use crate::{account::sign_in::Has, routes::Endpoint};

/// Asks for a second factor.
#[derive(Template)]
#[template(path = "second_factor.html")]
pub struct SecondFactorPage<'a> {
    /// The language of the page.
    pub language: Language,
    /// What the person signs in for.
    pub purpose: LoginPurpose<'a>,
    /// The id of the person, and the name that they sign in with.
    pub user: (&'a str, &'a str),
    /// Comes back as `csrf`.
    pub csrf: &'a str,
    /// What the form brings back beside.
    pub carried: Carried<'a>,
    /// What the person can show.
    pub has: Has,
    /// What the browser is asked for, and the `csrf` of that form, where the person has a passkey.
    pub passkey: Option<(PasskeyRequest<'a>, &'a str)>,
    /// Whether the app can do without.
    pub may_decline: bool,
    /// Whether the browser can be trusted from now on.
    pub can_trust: bool,
    /// Whether they have shown their password.
    pub after_password: bool,
    /// Where the person starts again.
    pub start_again: &'a str,
    /// The page about trouble with signing in.
    pub trouble: &'a str,
    /// What was wrong with the attempt before.
    pub problem: Option<SecondProblem>,
}

/// Has somebody set up an app before they go on.
#[derive(Template)]
#[template(path = "set_up_code_app.html")]
pub struct SetUpCodeAppPage<'a> {
    /// The language of the page.
    pub language: Language,
    /// What the person signs in for.
    pub purpose: LoginPurpose<'a>,
    /// Comes back as `csrf`.
    pub csrf: &'a str,
    /// What the form brings back beside.
    pub carried: Carried<'a>,
    /// What the app is given.
    pub secret: ShownSecret,
    /// Where the person starts again.
    pub start_again: &'a str,
    /// What was wrong with the attempt before.
    pub problem: Option<SecondProblem>,
}

/// Shows recovery codes, once.
#[derive(Template)]
#[template(path = "recovery_codes.html")]
pub struct RecoveryCodesPage<'a> {
    /// The language of the page.
    pub language: Language,
    /// The codes.
    pub codes: Vec<String>,
    /// Where to go on.
    pub go_on: &'a str,
}

/// What a form of the second step brings back.
#[derive(Clone, Copy, Debug, Default)]
pub struct Carried<'a> {
    /// That the person has shown their password.
    pub first: Option<&'a str>,
    /// Whether the browser can have a passkey.
    pub can_have_passkey: bool,
}

/// The secret that an app is given.
pub struct ShownSecret {
    /// For a link, and for the QR code.
    pub uri: String,
    /// To be typed.
    pub text: String,
    /// Comes back as `secret`.
    pub sealed: String,
}

/// What was wrong with an attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SecondProblem {
    /// There was no code.
    Missing,
    /// The code of an app.
    WrongCode,
    /// The recovery code.
    WrongRecoveryCode,
    /// Too many attempts for this person or from this network.
    TooManyAttempts {
        /// Until the next attempt can work, rounded up.
        minutes: i64,
    },
    /// The page to set up an app stood open for too long.
    Expired,
    /// The person has as many apps as there may be.
    TooManyApps,
}

impl Texts {
    /// What to do about a problem of the second step.
    pub(super) fn second_problem(&self, problem: SecondProblem) -> String {
        match problem {
            SecondProblem::Missing => self.second.missing.to_owned(),
            SecondProblem::WrongCode => self.second.wrong_code.to_owned(),
            SecondProblem::WrongRecoveryCode => self.second.wrong_recovery.to_owned(),
            SecondProblem::TooManyAttempts { minutes } if minutes > 1 => {
                self.login.wait_minutes.fill(&minutes.to_string())
            }
            SecondProblem::TooManyAttempts { .. } => self.login.wait_a_minute.to_owned(),
            SecondProblem::Expired => self.second.set_up_expired.to_owned(),
            SecondProblem::TooManyApps => self.second.too_many.to_owned(),
        }
    }

    fn title(&self, heading: &str, has_problem: bool) -> String {
        match has_problem {
            true => self.common.error_title.fill(heading),
            false => heading.to_owned(),
        }
    }
}

impl ShownSecret {
    pub(super) fn qr(&self) -> Option<Qr> {
        Qr::of(&self.uri)
    }

    /// The key in groups of four, which are easier to type.
    pub(super) fn groups(&self) -> Vec<String> {
        let letters: Vec<_> = self.text.chars().collect();
        letters.chunks(4).map(|group| group.iter().collect()).collect()
    }
}

impl SecondFactorPage<'_> {
    page!(second: SecondTexts);

    fn title(&self) -> String {
        self.texts().title(self.second().heading, self.problem.is_some())
    }

    fn action(&self) -> &'static str {
        Endpoint::SecondFactor.path()
    }

    fn login(&self) -> &'static str {
        Endpoint::Login.path()
    }

    /// The app that asks.
    fn asker(&self) -> Option<Asker> {
        self.purpose.asker(self.language)
    }

    fn shown_username(&self) -> String {
        visible_name(self.user.1)
    }

    fn problem_text(&self) -> Option<String> {
        self.problem.map(|problem| self.texts().second_problem(problem))
    }

    fn is_recovery_wrong(&self) -> bool {
        self.problem == Some(SecondProblem::WrongRecoveryCode)
    }

    fn is_code_wrong(&self) -> bool {
        matches!(self.problem, Some(SecondProblem::WrongCode | SecondProblem::Missing))
    }
}

impl SetUpCodeAppPage<'_> {
    page!(second: SecondTexts);

    /// The app that asks.
    fn asker(&self) -> Option<Asker> {
        self.purpose.asker(self.language)
    }

    fn title(&self) -> String {
        self.texts().title(self.second().set_up_heading, self.problem.is_some())
    }

    fn action(&self) -> &'static str {
        Endpoint::SecondFactor.path()
    }

    fn problem_text(&self) -> Option<String> {
        self.problem.map(|problem| self.texts().second_problem(problem))
    }
}

impl RecoveryCodesPage<'_> {
    page!();

    fn second(&self) -> &'static SecondTexts {
        &self.language.texts().second
    }
}
