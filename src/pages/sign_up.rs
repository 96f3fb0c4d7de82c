//! The page on which a person makes an account (Initiating User Registration via OpenID Connect 1.0, `prompt=create`).

use askama::Template;

use super::{
    account::PasskeyProblem,
    asker::Asker,
    fields::{self, FieldState, ShownField},
    layout::page,
    login::LoginPurpose,
    messages::{Language, PasswordTexts, Phrase, SignUpTexts},
    passkey::PasskeyRequest,
    text::visible_address,
};
use crate::{account::password::Unfit, config::WantedField, routes::Endpoint};

/// What is wrong with a new password.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NewPasswordProblem {
    /// It can be nobody's, or not this person's.
    Unfit(Unfit),
    /// It is the one that they have to change.
    Same,
}

impl PasswordTexts {
    /// What to do about it.
    pub fn problem(&self, problem: NewPasswordProblem) -> &'static str {
        match problem {
            NewPasswordProblem::Unfit(Unfit::TooShort) => self.too_short,
            NewPasswordProblem::Unfit(Unfit::TooLong) => self.too_long,
            NewPasswordProblem::Unfit(Unfit::HasControls) => self.has_controls,
            NewPasswordProblem::Unfit(Unfit::Common) => self.common,
            NewPasswordProblem::Unfit(Unfit::Personal) => self.personal,
            NewPasswordProblem::Unfit(Unfit::Leaked) => self.leaked,
            NewPasswordProblem::Same => self.same,
        }
    }
}

/// Asks for what an account is made of.
#[derive(Template)]
#[template(path = "sign_up.html")]
pub struct SignUpPage<'a> {
    /// The language of the page.
    pub language: Language,
    /// What the person signs up for.
    pub purpose: LoginPurpose<'a>,
    /// Where to sign in instead.
    pub sign_in: &'a str,
    /// Comes back as `csrf`.
    pub csrf: &'a str,
    /// What the person typed before.
    pub typed: Typed<'a>,
    /// What is asked beside.
    pub fields: Vec<(WantedField, FieldState)>,
    /// The link that brought them here, where one did. It comes back as `invitation`.
    pub invitation: Option<&'a str>,
    /// Whether that says which address the account has.
    pub is_email_fixed: bool,
    /// Of which domains it must be, if not of any.
    pub domains: Option<&'a [String]>,
    /// Where the terms are that are to be accepted, and their version, which comes back as `terms_version`.
    pub terms: Option<(&'a str, &'a str)>,
    /// Whether they were accepted on the page before.
    pub are_terms_accepted: bool,
    /// What the page's policy lets its script be known by.
    pub nonce: &'a str,
    /// The fewest characters of a password.
    pub shortest_password: usize,
    /// Whether people sign in with passwords.
    pub has_password: bool,
    /// Whether they can do without a password and a passkey: they sign in with codes by mail.
    pub by_mail: bool,
    /// What the browser is asked to make in place of a password, and the id of the account that it is for; that comes back as
    /// `account`.
    pub passkey: Option<(PasskeyRequest<'a>, &'a str)>,
    /// What was wrong with it.
    pub problem: Option<SignUpProblem>,
}

/// What a person typed, less the password.
#[derive(Clone, Copy, Debug, Default)]
#[allow(missing_docs)] // The names say it.
pub struct Typed<'a> {
    pub email: &'a str,
    pub username: &'a str,
    /// Where the address is confirmed before there is an account: whether a code was sent to it.
    pub code_sent: Option<bool>,
    /// The id of the account that a passkey was made for already. Another one for it takes its place in the authenticator.
    pub account: Option<&'a str>,
}

/// What was wrong with an attempt to make an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SignUpProblem {
    /// Fields of the profile, which say what.
    Fields,
    /// It is no e-mail address.
    Email,
    /// It is one of other domains than those that may have an account.
    Elsewhere,
    /// It is no username.
    Username,
    /// It is no good password.
    Password(NewPasswordProblem),
    /// The terms are not accepted.
    Terms,
    /// The passkey does not count.
    Passkey(PasskeyProblem),
    /// No code was entered.
    NoCode,
    /// The code does not count.
    WrongCode,
    /// Somebody else has the username or the e-mail address. Which of them is not told.
    Taken,
    /// Too many attempts from this address.
    TooManyAttempts {
        /// Until the next attempt can work, rounded up.
        minutes: i64,
    },
}

impl SignUpPage<'_> {
    page!(sign_up: SignUpTexts);

    fn action(&self) -> &'static str {
        Endpoint::SignUp.path()
    }

    fn asker(&self) -> Option<Asker> {
        self.purpose.asker(self.language)
    }

    fn purpose_field(&self) -> (&'static str, &str) {
        self.purpose.field()
    }

    /// An error comes first in the title: it is what a screen reader says first.
    fn title(&self) -> String {
        let heading = self.sign_up().heading;
        let title = match self.asker() {
            Some(asker) => format!("{heading} \u{2013} {}", asker.name),
            None => heading.to_owned(),
        };
        if self.problem.is_some() {
            self.texts().common.error_title.fill(&title)
        } else {
            title
        }
    }

    fn shown_fields(&self) -> Vec<ShownField<'_>> {
        let shown = self
            .fields
            .iter()
            .map(|(wanted, state)| fields::shown(wanted.field, state, Some(wanted.required), self.language));
        shown.collect()
    }

    /// Whether the form asks how the person will sign in: not before a code was sent to their address.
    fn is_whole(&self) -> bool {
        self.typed.code_sent != Some(false)
    }

    /// What to ask a passkey for.
    fn passkey_now(&self) -> Option<(PasskeyRequest<'_>, &str)> {
        self.passkey.filter(|_| self.is_whole())
    }

    fn sent(&self) -> Option<(Phrase, String)> {
        let is_sent = self.typed.code_sent == Some(true);
        is_sent.then(|| (self.texts().mail_code.sent, visible_address(self.typed.email)))
    }

    fn is_code_wrong(&self) -> bool {
        matches!(self.problem, Some(SignUpProblem::NoCode | SignUpProblem::WrongCode))
    }

    fn submit(&self) -> &'static str {
        match self.is_whole() {
            true => self.sign_up().submit,
            false => self.sign_up().next,
        }
    }

    fn password_rule(&self) -> String {
        self.sign_up().password_rule.fill(&self.shortest_password.to_string())
    }

    fn problem_text(&self) -> Option<String> {
        let (texts, login) = (self.sign_up(), &self.texts().login);
        self.problem.map(|problem| match problem {
            SignUpProblem::Fields => self.texts().account.check_fields.to_owned(),
            SignUpProblem::Email => texts.bad_email.to_owned(),
            SignUpProblem::Elsewhere => texts.address_elsewhere.fill(&self.shown_domains()),
            SignUpProblem::Username => texts.bad_username.to_owned(),
            SignUpProblem::Password(NewPasswordProblem::Unfit(Unfit::TooShort)) => self.password_rule(),
            SignUpProblem::Password(problem) => self.texts().password.problem(problem).to_owned(),
            SignUpProblem::Passkey(problem) => self.texts().passkeys.problem(problem).to_owned(),
            SignUpProblem::NoCode => self.texts().mail_code.missing.to_owned(),
            SignUpProblem::WrongCode => self.texts().mail_code.wrong.to_owned(),
            SignUpProblem::Terms => self.texts().finish.terms_missing.to_owned(),
            SignUpProblem::Taken => texts.taken.to_owned(),
            SignUpProblem::TooManyAttempts { minutes } if minutes > 1 => login.wait_minutes.fill(&minutes.to_string()),
            SignUpProblem::TooManyAttempts { .. } => login.wait_a_minute.to_owned(),
        })
    }

    fn shown_domains(&self) -> String {
        self.domains.unwrap_or_default().join(", ")
    }

    /// Of which domains addresses must be.
    fn domains_rule(&self) -> Option<String> {
        self.domains
            .map(|_| self.sign_up().address_rule.fill(&self.shown_domains()))
    }

    fn is_email_wrong(&self) -> bool {
        self.is_wrong(SignUpProblem::Email) || self.problem == Some(SignUpProblem::Elsewhere)
    }

    fn is_password_wrong(&self) -> bool {
        matches!(self.problem, Some(SignUpProblem::Password(_)))
    }

    /// Whether this is the field to fix. The password was not kept, so it has to be typed anew in any case.
    fn is_wrong(&self, field: SignUpProblem) -> bool {
        let shared = [SignUpProblem::Email, SignUpProblem::Username].contains(&field);
        self.problem == Some(field) || (shared && self.problem == Some(SignUpProblem::Taken))
    }
}
