//! The pages of a person's own account.

mod activity;
mod apps;
mod browsers;
mod data;
mod deletion;
mod email;
mod overview;
mod passkeys;
mod password;
mod profile;
mod requests;
mod second_factors;
mod shell;

pub use activity::{ActivityPage, Happening};
pub use apps::{AppsPage, ShownApp};
pub use browsers::{BrowsersPage, ShownBrowser};
pub use data::DataPage;
pub use deletion::{DeletedPage, DeletionPage};
pub use email::{EmailPage, EmailProblem};
pub use overview::{Numbers, OverviewPage, RecentBrowser};
pub use passkeys::{PasskeyProblem, PasskeysPage, ShownPasskey};
pub use password::{PasswordPage, PasswordProblem};
pub use profile::{OwnField, ProfilePage, ProfileTrouble};
pub use requests::{RequestsPage, ShownRequest};
pub use second_factors::{NewCodeAppPage, SecondFactorsPage, ShownCodeApp, ShownTrustedBrowser};

use super::{
    messages::{Language, Texts},
    text::visible_name,
};
use crate::{
    named::named,
    routes::{self, Endpoint},
};

/// What every page of the account shows besides its own.
#[derive(Clone, Copy)]
pub struct Frame<'a> {
    /// The language of the page.
    pub language: Language,
    /// Which page it is.
    pub page: Endpoint,
    /// What the person is called.
    pub person: &'a str,
    /// What the page's policy lets its script be known by.
    pub nonce: &'a str,
    /// Comes back as `csrf` from every form.
    pub csrf: &'a str,
    /// What was just done.
    pub notice: Option<Notice>,
    pub offered: Offered,
    /// How a form makes sure of the person.
    pub sure: Sure,
}

/// What this deployment offers: which pages there are.
#[derive(Clone, Copy, Debug)]
#[allow(missing_docs)] // The names say it.
pub struct Offered {
    pub passwords: bool,
    pub passkeys: bool,
    /// Codes by mail.
    pub mail_codes: bool,
    /// One-time codes beside passwords.
    pub codes: bool,
    /// Apps may ask without the person's browser.
    pub requests: bool,
}

/// How a form makes sure that it is the person who sends it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sure {
    /// They have just signed in with a passkey; or, without a password, with all that they have.
    Already,
    /// It asks for their password; or they sign in with a passkey first, where they have one.
    Password {
        /// Whether they have.
        or_passkey: bool,
    },
    /// They sign in anew first, with a passkey or what they have.
    Passkey,
}

named! {
    /// What was done, told on the page that follows, whose URL has the name.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    #[allow(missing_docs)] // The names say it.
    pub enum Notice {
        ProfileSaved = "profile",
        EmailChanged = "email",
        EmailConfirmed = "confirmed",
        PasswordChanged = "password",
        SignedOut = "out",
        OthersSignedOut = "others",
        AccessRemoved = "access",
        PasskeyAdded = "passkey",
        PasskeyRenamed = "renamed",
        PasskeyRemoved = "removed",
        CodeAppAdded = "app",
        CodeAppRenamed = "app_renamed",
        CodeAppRemoved = "app_removed",
        TrustEnded = "trust",
        RequestDenied = "denied",
        RequestOver = "over",
    }
}

/// What is wrong with the password that a form asks for to be sure of the person.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PasswordCheck {
    /// There is none.
    Missing,
    /// It is another one.
    Wrong,
    /// There were too many attempts.
    TooMany {
        /// Until the next attempt can work, rounded up.
        minutes: i64,
    },
}

/// The pages that each page leads to, in order.
const NAVIGATION: [Endpoint; 11] = [
    Endpoint::Account,
    Endpoint::AccountProfile,
    Endpoint::AccountEmail,
    Endpoint::AccountPassword,
    Endpoint::AccountPasskeys,
    Endpoint::AccountSecondFactors,
    Endpoint::AccountBrowsers,
    Endpoint::AccountApps,
    Endpoint::AccountRequests,
    Endpoint::AccountActivity,
    Endpoint::AccountData,
];

/// A link of the navigation.
struct Step {
    href: &'static str,
    label: &'static str,
    current: bool,
}

impl Offered {
    /// Whether there is that page.
    fn has_page(self, page: Endpoint) -> bool {
        match page {
            Endpoint::AccountPassword => self.passwords,
            Endpoint::AccountPasskeys => self.passkeys,
            Endpoint::AccountSecondFactors => self.codes,
            Endpoint::AccountRequests => self.requests,
            _ => true,
        }
    }
}

impl Frame<'_> {
    fn asks_for_password(&self) -> bool {
        matches!(self.sure, Sure::Password { .. })
    }

    /// Whether nothing can be done here before the person has signed in anew.
    fn wants_sign_in(&self) -> bool {
        self.sure == Sure::Passkey
    }

    /// Where the person signs in with a passkey to be sure of them, where they have to or may.
    fn passkey_first(&self) -> Option<String> {
        let asks = matches!(self.sure, Sure::Passkey | Sure::Password { or_passkey: true });
        asks.then(|| routes::sign_in_to(self.page))
    }

    /// What that is called.
    fn passkey_first_text(&self) -> &'static str {
        let texts = &self.texts().account;
        match self.offered.mail_codes {
            true => texts.sign_in_first,
            false => texts.passkey_first,
        }
    }

    fn texts(&self) -> &'static Texts {
        self.language.texts()
    }

    fn shown_person(&self) -> String {
        visible_name(self.person)
    }

    fn is_first(&self) -> bool {
        self.page == Endpoint::Account
    }

    fn label(&self, page: Endpoint) -> &'static str {
        let texts = self.texts();
        match page {
            Endpoint::AccountProfile => texts.profile.title,
            Endpoint::AccountEmail => texts.email.title,
            Endpoint::AccountPassword => texts.password.title,
            Endpoint::AccountPasskeys => texts.passkeys.title,
            Endpoint::AccountSecondFactors => texts.second.title,
            Endpoint::AccountNewCodeApp => texts.second.set_up_heading,
            Endpoint::AccountBrowsers => texts.browsers.title,
            Endpoint::AccountApps => texts.apps.title,
            Endpoint::AccountRequests => texts.backchannel.title,
            Endpoint::AccountActivity => texts.activity.title,
            Endpoint::AccountData => texts.data.title,
            Endpoint::AccountDeletion => texts.deletion.title,
            _ => texts.account.title,
        }
    }

    /// The heading of the page.
    fn heading(&self) -> &'static str {
        self.label(self.page)
    }

    /// An error comes first in the title: it is what a screen reader says first.
    fn title(&self, has_problem: bool) -> String {
        let title = match self.is_first() {
            true => self.heading().to_owned(),
            false => format!("{} \u{2013} {}", self.heading(), self.texts().account.title),
        };
        match has_problem {
            true => self.texts().common.error_title.fill(&title),
            false => title,
        }
    }

    fn navigation(&self) -> impl Iterator<Item = Step> {
        NAVIGATION
            .into_iter()
            .filter(|page| self.offered.has_page(*page))
            .map(|page| Step {
                href: page.path(),
                label: self.label(page),
                current: page == self.page,
            })
    }

    fn skip_text(&self) -> &'static str {
        self.texts().common.skip
    }

    fn menu_text(&self) -> &'static str {
        self.texts().account.title
    }

    fn sign_out(&self) -> &'static str {
        Endpoint::Logout.path()
    }

    fn sign_out_text(&self) -> &'static str {
        self.texts().account.sign_out
    }

    fn action(&self) -> &'static str {
        self.page.path()
    }

    fn notice_text(&self) -> Option<&'static str> {
        let texts = &self.texts().notices;
        self.notice.map(|notice| match notice {
            Notice::ProfileSaved => texts.profile_saved,
            Notice::EmailChanged => texts.email_changed,
            Notice::EmailConfirmed => texts.email_confirmed,
            Notice::PasswordChanged => texts.password_changed,
            Notice::SignedOut => texts.signed_out,
            Notice::OthersSignedOut => texts.others_signed_out,
            Notice::AccessRemoved => texts.access_removed,
            Notice::PasskeyAdded => texts.passkey_added,
            Notice::PasskeyRenamed => texts.passkey_renamed,
            Notice::PasskeyRemoved => texts.passkey_removed,
            Notice::CodeAppAdded => texts.code_app_added,
            Notice::CodeAppRenamed => texts.code_app_renamed,
            Notice::CodeAppRemoved => texts.code_app_removed,
            Notice::TrustEnded => texts.trust_ended,
            Notice::RequestDenied => texts.request_denied,
            Notice::RequestOver => texts.request_over,
        })
    }

    fn password_problem(&self, check: PasswordCheck) -> String {
        let texts = self.texts();
        match check {
            PasswordCheck::Missing => texts.password.missing.to_owned(),
            PasswordCheck::Wrong => texts.account.wrong_password.to_owned(),
            PasswordCheck::TooMany { minutes } if minutes > 1 => texts.account.wait_minutes.fill(&minutes.to_string()),
            PasswordCheck::TooMany { .. } => texts.account.wait_a_minute.to_owned(),
        }
    }
}
