//! The sign-in page.

use std::borrow::Cow;

use askama::Template;

use super::{
    asker::{Asker, Marks},
    layout::page,
    link::WebLink,
    messages::{Language, LoginTexts},
    passkey::PasskeyRequest,
};
use crate::{routes::Endpoint, web::landing::Landing};

/// Asks for a username and a password.
#[derive(Template)]
#[template(path = "login.html")]
pub struct LoginPage<'a> {
    /// The language of the page.
    pub language: Language,
    /// What the person signs in for.
    pub purpose: LoginPurpose<'a>,
    /// Where to make an account, if anybody may.
    pub sign_up: Option<String>,
    /// The address of the page for people who cannot sign in.
    pub recover: &'a str,
    /// Comes back as `csrf`.
    pub csrf: &'a str,
    /// What to fill in as username: what the person typed before, or a `login_hint`.
    pub username: &'a str,
    /// What was wrong with the attempt before.
    pub problem: Option<LoginProblem>,
    /// What the page's policy lets its script be known by.
    pub nonce: &'a str,
    /// What the browser is asked for, where people sign in with passkeys.
    pub passkey: Option<PasskeyRequest<'a>>,
    /// Whether passkeys come first.
    pub passkey_first: bool,
    /// Whether people sign in with passwords.
    pub has_passwords: bool,
    /// Whether a password alone will not be enough, and no code beside it: the app wants a passkey.
    pub asks_for_passkey: bool,
    /// Where they sign in with codes by mail: whether these come before passwords.
    pub mail_code: Option<bool>,
    /// Where to use another account, if somebody is signed in already and has to show again that it is them (`prompt=login`, `max_age`).
    pub another: Option<String>,
    /// The operator's own heading, and what is below it.
    pub own: (Option<&'a str>, Option<&'a str>),
}

/// What a person signs in for.
#[derive(Clone, Debug)]
pub enum LoginPurpose<'a> {
    /// An app that asks for it.
    App {
        /// The name of the app.
        client_name: Cow<'a, str>,
        /// Its home page. Anything but a web address is not shown.
        client_uri: Option<&'a str>,
        /// Its privacy policy.
        policy_uri: Option<&'a str>,
        /// Its terms of service.
        tos_uri: Option<&'a str>,
        /// Its logo and its color.
        marks: Marks,
        /// Where the person is sent afterwards.
        return_to: Landing,
        /// Which authorization request this belongs to; comes back as `interaction`.
        interaction: &'a str,
    },
    /// Their own account.
    Account {
        /// The page of it that is wanted; comes back as `page`.
        page: &'a str,
    },
}

impl LoginPurpose<'_> {
    /// The app, where it is one.
    pub(super) fn asker(&self, language: Language) -> Option<Asker> {
        match self {
            Self::App {
                client_name,
                client_uri,
                marks,
                return_to,
                ..
            } => Some(
                Asker::new(client_name, *client_uri, language)
                    .marked(marks.logo.as_ref())
                    .returning_to(return_to),
            ),
            Self::Account { .. } => None,
        }
    }

    fn accent(&self) -> Option<&str> {
        match self {
            Self::App { marks, .. } => marks.accent.as_deref(),
            Self::Account { .. } => None,
        }
    }

    fn policy(&self) -> Option<WebLink> {
        match self {
            Self::App { policy_uri, .. } => policy_uri.and_then(WebLink::parse),
            Self::Account { .. } => None,
        }
    }

    fn tos(&self) -> Option<WebLink> {
        match self {
            Self::App { tos_uri, .. } => tos_uri.and_then(WebLink::parse),
            Self::Account { .. } => None,
        }
    }

    /// The hidden field that says what a form is for.
    pub fn field(&self) -> (&'static str, &str) {
        match self {
            Self::App { interaction, .. } => ("interaction", interaction),
            Self::Account { page } => ("page", page),
        }
    }
}

/// What was wrong with an attempt to sign in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LoginProblem {
    /// No such user, or a wrong password; which of them is not told.
    WrongCredentials,
    /// The passkey that the browser gave does not count; why, is not told.
    Passkey,
    /// A field was empty.
    Missing,
    /// So was the name, for a code by mail.
    MissingName,
    /// Too many attempts for this account or from this address.
    TooManyAttempts {
        /// Until the next attempt can work, rounded up.
        minutes: i64,
    },
    /// The passkey is of another account than the one that is signing in.
    OtherPerson,
    /// Somebody was sent to make an account, which nobody can here.
    NoSignUp,
    /// The page stood open for too long. Signing in on this one works.
    Expired,
}

impl LoginPage<'_> {
    page!(login: LoginTexts);

    fn action(&self) -> &'static str {
        Endpoint::Login.path()
    }

    fn asker(&self) -> Option<Asker> {
        self.purpose.asker(self.language)
    }

    fn purpose_field(&self) -> (&'static str, &str) {
        self.purpose.field()
    }

    fn heading(&self) -> &str {
        match (&self.another, self.own.0) {
            (Some(_), _) => self.login().confirm,
            (None, Some(heading)) => heading,
            (None, None) => self.login().sign_in,
        }
    }

    /// An error comes first in the title: it is what a screen reader says first.
    fn title(&self) -> String {
        let purpose = match self.asker() {
            Some(asker) => asker.name,
            None => self.login().your_account.to_owned(),
        };
        let title = format!("{} \u{2013} {purpose}", self.heading());
        if self.problem.is_some() {
            self.texts().common.error_title.fill(&title)
        } else {
            title
        }
    }

    fn problem_text(&self) -> Option<String> {
        let texts = self.login();
        self.problem.map(|problem| match problem {
            LoginProblem::WrongCredentials => texts.wrong_credentials.to_owned(),
            LoginProblem::Passkey => texts.passkey_refused.to_owned(),
            LoginProblem::Missing => texts.missing.to_owned(),
            LoginProblem::MissingName => self.texts().recover.missing.to_owned(),
            LoginProblem::TooManyAttempts { minutes } if minutes > 1 => texts.wait_minutes.fill(&minutes.to_string()),
            LoginProblem::TooManyAttempts { .. } => texts.wait_a_minute.to_owned(),
            LoginProblem::OtherPerson => texts.other_person.to_owned(),
            LoginProblem::NoSignUp => texts.no_sign_up.to_owned(),
            LoginProblem::Expired => texts.expired.to_owned(),
        })
    }

    /// Whether there is a form that asks for a name.
    fn has_form(&self) -> bool {
        self.has_passwords || self.mail_code.is_some()
    }

    fn mail_code_action(&self) -> &'static str {
        Endpoint::MailCode.path()
    }

    /// Whether the button for a code by mail is the first.
    fn is_mail_code_first(&self) -> bool {
        self.mail_code == Some(true)
    }

    /// The form for passkeys, where it comes before that for passwords.
    fn first_passkey(&self) -> Option<PasskeyRequest<'_>> {
        self.passkey.filter(|_| self.passkey_first || !self.has_form())
    }

    /// The same, where it comes after.
    fn second_passkey(&self) -> Option<PasskeyRequest<'_>> {
        self.passkey.filter(|_| self.has_form() && !self.passkey_first)
    }

    /// How far a form for passkeys stands apart.
    fn passkey_place(&self) -> &'static str {
        match (self.has_form(), self.passkey_first) {
            (false, _) => "only-way",
            (true, true) => "first-way",
            (true, false) => "other-way",
        }
    }

    fn username_invalid(&self) -> bool {
        match self.problem {
            Some(LoginProblem::WrongCredentials) => true,
            Some(LoginProblem::MissingName) => true,
            Some(LoginProblem::Missing) => self.username.trim().is_empty(),
            _ => false,
        }
    }

    fn password_invalid(&self) -> bool {
        matches!(
            self.problem,
            Some(LoginProblem::WrongCredentials | LoginProblem::Missing)
        )
    }
}
