//! Mails: what kinds there are, what is secret in them, and how providers take them. No I/O: `edge::mail` sends them.

pub mod delivery;

use serde::{Deserialize, Serialize};

use crate::{
    named::named,
    secret::{KekVersion, OpaqueToken, Purpose, RootKeys, same_secret},
    time::{Lifetime, UnixTime},
};

named! {
    /// What a mail is about, by the name that is stored and told to operators.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub enum Kind {
        /// An operator tries whether mails arrive.
        Test = "test",
        /// The link of an operator, to somebody who has none of their own ways in yet.
        Invitation = "invitation",
        /// A way back in, for somebody who asked for it.
        Recovery = "recovery",
        /// The same, for somebody in a browser in which they have signed in before: strangers cannot use it up.
        RecoveryHere = "recovery_here",
        /// A code that shows that somebody reads the mails of an address.
        ConfirmAddress = "confirm_address",
        /// A code to sign in with.
        SignInCode = "sign_in_code",
        /// The same, asked for where its person signed in before: with an allowance of its own.
        SignInCodeHere = "sign_in_code_here",
        /// To the owner of an address that somebody else wanted to use.
        AddressInUse = "address_in_use",
        /// To the address that an account had until now, with a link that gives it back.
        AddressChanged = "address_changed",
        /// A password was set.
        PasswordChanged = "password_changed",
        /// Somebody signed in where they had not before.
        NewBrowser = "new_browser",
        /// Somebody signed in where they had before, in a country in which they had not.
        NewCountry = "new_country",
        /// How a person signs in was changed, or a way back in was used: what it was, is in the detail.
        AccountChanged = "account_changed",
        /// A device was let use the account.
        DeviceConnected = "device_connected",
        /// An app asks without the person's browser, and waits for an answer.
        AppAsks = "app_asks",
    }
}

impl Kind {
    /// The most of this kind to one person, and to one address, in 24 hours.
    pub fn most_a_day(self) -> i64 {
        match self {
            Self::Test => MOST_TESTS_A_DAY,
            Self::AddressInUse => 3,
            Self::AddressChanged => 5,
            Self::Invitation
            | Self::Recovery
            | Self::RecoveryHere
            | Self::ConfirmAddress
            | Self::SignInCode
            | Self::SignInCodeHere
            | Self::PasswordChanged
            | Self::NewBrowser
            | Self::NewCountry
            | Self::DeviceConnected
            | Self::AppAsks => 10,
            // A thief shall not hide one among many.
            Self::AccountChanged => 30,
        }
    }

    /// How much of the deployment's limit of a day it may use: the rest is kept for what matters more. What strangers can ask for comes
    /// first to an end, then ways back in, and what tells people of a danger last.
    pub fn share_of(self, daily_limit: i64) -> i64 {
        match self {
            // A person finds at their account what an app asks, with a mail or without; and a test can wait.
            // An invitation that goes beyond it is shown to the operator instead.
            Self::AppAsks | Self::Test | Self::Invitation => (daily_limit / 2).max(1),
            Self::ConfirmAddress | Self::SignInCode | Self::AddressInUse => (daily_limit * 3 / 4).max(1),
            Self::Recovery | Self::RecoveryHere | Self::SignInCodeHere => (daily_limit * 9 / 10).max(1),
            Self::AddressChanged
            | Self::PasswordChanged
            | Self::NewBrowser
            | Self::NewCountry
            | Self::AccountChanged
            | Self::DeviceConnected => daily_limit,
        }
    }

    /// How long it is of use.
    pub fn lifetime(self) -> Lifetime {
        match self {
            Self::Test => Lifetime::hours(1),
            // No app waits for longer than an hour, and most for a few minutes.
            Self::AppAsks => Lifetime::minutes(10),
            Self::Recovery | Self::RecoveryHere => Lifetime::minutes(30),
            Self::ConfirmAddress | Self::SignInCode | Self::SignInCodeHere => CODE_LIFETIME,
            Self::AddressChanged => UNDO_LIFETIME,
            Self::AddressInUse
            | Self::Invitation
            | Self::PasswordChanged
            | Self::NewBrowser
            | Self::NewCountry
            | Self::AccountChanged
            | Self::DeviceConnected => Lifetime::days(3),
        }
    }
}

/// The most tests in 24 hours, to whomever they go: an operator's key shall not use up what people need.
pub const MOST_TESTS_A_DAY: i64 = 20;

/// How long a code from a mail is good.
pub const CODE_LIFETIME: Lifetime = Lifetime::minutes(15);

/// How long a change of address can be undone from the address before.
pub const UNDO_LIFETIME: Lifetime = Lifetime::days(7);

/// What stands behind the name of an event that an operator brought about.
pub const BY_OPERATOR: &str = " by_operator";

/// How often a code may be tried.
pub const MOST_TRIES: i64 = 5;

named! {
    /// What somebody asks for a code for, by the name that is stored.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub enum CodeKind {
        /// They sign in.
        SignIn = "sign_in",
        /// They make an account with the address.
        SignUp = "sign_up",
        /// They are signed in and want to have the address, or to confirm that which they have.
        Address = "address",
    }
}

impl CodeKind {
    /// How many digits a code has. One to sign in with is of one account, whose tries are counted. One that shows whose an address is can be
    /// guessed at for any address that somebody makes up, so there are many to guess at.
    pub fn digits(self) -> usize {
        match self {
            Self::SignIn => 6,
            Self::SignUp | Self::Address => 8,
        }
    }
}

/// What a mail says beside its text.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Facts {
    /// The name that its person signs in with.
    pub account: String,
    /// An address, a browser.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
}

/// A mail to write down.
pub struct NewMail<'a> {
    /// 128 random bits.
    pub id: &'a str,
    /// Whom it is about, where it is somebody with an account.
    pub user_id: Option<&'a str>,
    /// What it is about.
    pub kind: Kind,
    /// Where it goes, an address as `account::email` takes it.
    pub address: &'a str,
    /// The tag of its language.
    pub language: &'a str,
    /// What it says beside its text.
    pub facts: Facts,
    /// The root that its secrets come from: the current one.
    pub root: KekVersion,
}

/// A notice to write down: it goes to the address that its person has confirmed.
pub struct NewNotice<'a> {
    /// 128 random bits.
    pub id: &'a str,
    /// Whom it is about.
    pub user_id: &'a str,
    /// What it is about.
    pub kind: Kind,
    /// A browser, or the name of an event; [`BY_OPERATOR`] behind it says who did it.
    pub detail: Option<&'a str>,
    /// The tag of its language. Without one it is that of its person.
    pub language: Option<&'a str>,
    /// The current root.
    pub root: KekVersion,
}

/// A mail that waits to be sent.
#[derive(Clone, Debug)]
pub struct Waiting {
    /// Its id.
    pub id: String,
    /// Whom it is about.
    pub user_id: Option<String>,
    /// What it is about; `None` for a kind that only a newer Worker knows.
    pub kind: Option<Kind>,
    /// Where it goes.
    pub address: String,
    /// The tag of its language.
    pub language: String,
    /// What it says beside its text.
    pub facts: Facts,
    /// The root that its secrets come from.
    pub root: KekVersion,
    /// How often it was tried.
    pub attempts: i64,
    /// When it is of no more use.
    pub expires_at: UnixTime,
}

/// The secret of a link in the mail `id`: a MAC that only Limen can make. `None` where its root is no longer configured.
pub fn link_secret(id: &str, root: KekVersion, roots: &RootKeys) -> Option<OpaqueToken> {
    let key = roots.derive(root, Purpose::MailSecret)?;
    Some(OpaqueToken::derived(root, key.mac(&[b"link", id.as_bytes()])))
}

/// The code in the mail `id`: digits out of a MAC that only Limen can make. `None` where its root is no longer configured.
pub fn code(id: &str, digits: usize, root: KekVersion, roots: &RootKeys) -> Option<String> {
    let mac = roots.derive(root, Purpose::MailSecret)?.mac(&[b"code", id.as_bytes()]);
    // Of 2^64 numbers; that the first codes are more likely by one of 10^13 helps nobody.
    let number = mac
        .iter()
        .take(8)
        .fold(0_u64, |number, byte| number << 8 | u64::from(*byte));
    let text = format!("{number:020}");
    Some(text[text.len().saturating_sub(digits)..].to_owned())
}

/// Whether that is the code in the mail `id`, as people type it: with blanks or a dash in it, too.
pub fn is_code(typed: &str, (id, digits): (&str, usize), root: KekVersion, roots: &RootKeys) -> bool {
    let typed: String = typed.chars().filter(|c| !c.is_whitespace() && *c != '-').collect();
    code(id, digits, root, roots).is_some_and(|code| same_secret(&typed, &code))
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use super::*;

    #[test]
    fn kinds_go_by_the_names_that_databases_have() {
        assert_eq!(
            Kind::ALL.map(Kind::as_str),
            [
                "test",
                "invitation",
                "recovery",
                "recovery_here",
                "confirm_address",
                "sign_in_code",
                "sign_in_code_here",
                "address_in_use",
                "address_changed",
                "password_changed",
                "new_browser",
                "new_country",
                "account_changed",
                "device_connected",
                "app_asks",
            ]
        );
        assert_eq!(Kind::parse("newsletter"), None);
    }

    #[test]
    fn a_code_is_digits_of_one_mail_one_root_and_one_epoch() {
        let roots = |epoch: &str| {
            let keys = BTreeMap::from([(1, [7; 32]), (2, [8; 32])]);
            RootKeys::new(keys, 1, epoch.to_owned()).unwrap()
        };
        let code = |id: &str, root, epoch: &str| super::code(id, 6, root, &roots(epoch)).unwrap();
        let all = [code("a", 1, ""), code("b", 1, ""), code("a", 2, ""), code("a", 1, "2")];
        assert_eq!(all.iter().collect::<BTreeSet<_>>().len(), all.len());
        for n in 0..500 {
            let code = code(&n.to_string(), 1, "");
            assert!(
                code.len() == 6 && code.bytes().all(|byte| byte.is_ascii_digit()),
                "{code}"
            );
        }
        let (first, last) = all[0].split_at(3);
        let is_code = |typed: &str| is_code(typed, ("a", 6), 1, &roots(""));
        assert_eq!(super::code("a", 8, 1, &roots("")).unwrap().len(), 8);
        assert!(is_code(&all[0]) && is_code(&format!(" {first} {last} ")) && is_code(&format!("{first}-{last}")));
        assert!(!is_code(&all[1]) && !is_code("") && !is_code(first) && !is_code(&format!("{}0", all[0])));
        assert!(super::code("a", 6, 3, &roots("")).is_none());
    }

    #[test]
    fn what_strangers_ask_for_leaves_mails_for_what_matters_more() {
        assert_eq!(Kind::Test.share_of(1_000), 500);
        assert!(Kind::AppAsks.share_of(1_000) < Kind::ConfirmAddress.share_of(1_000));
        assert!(Kind::ConfirmAddress.share_of(1_000) < Kind::Recovery.share_of(1_000));
        assert!(Kind::Recovery.share_of(1_000) < Kind::PasswordChanged.share_of(1_000));
        for kind in Kind::ALL {
            assert!((1..=1_000).contains(&kind.share_of(1_000)) && kind.share_of(1) == 1);
        }
    }

    #[test]
    fn a_secret_is_of_one_mail_one_root_and_one_epoch() {
        let roots = |epoch: &str| {
            let keys = BTreeMap::from([(1, [7; 32]), (2, [8; 32])]);
            RootKeys::new(keys, 1, epoch.to_owned()).unwrap()
        };
        let link = |id: &str, root, epoch: &str| link_secret(id, root, &roots(epoch)).unwrap().expose().to_owned();
        let all = [link("a", 1, ""), link("b", 1, ""), link("a", 2, ""), link("a", 1, "2")];
        assert_eq!(all.iter().collect::<BTreeSet<_>>().len(), all.len());
        assert_eq!(link("a", 1, ""), all[0]);
        assert!(OpaqueToken::parse(&all[0]).is_some());
        assert!(link_secret("a", 3, &roots("")).is_none());
    }
}
