//! Mails: what kinds there are, what is secret in them, and how providers take them. No I/O: `edge::mail` sends them.

pub mod delivery;

use serde::{Deserialize, Serialize};

use crate::{
    secret::{KekVersion, OpaqueToken, Purpose, RootKeys},
    time::{Lifetime, UnixTime},
};

/// What a mail is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// An operator tries whether mails arrive.
    Test,
    /// A way back in, for somebody who asked for it.
    Recovery,
    /// A password was set.
    PasswordChanged,
    /// A way to make an account, for somebody with an address that may have one.
    SignUp,
}

impl Kind {
    /// All kinds.
    pub const ALL: [Self; 4] = [Self::Test, Self::Recovery, Self::PasswordChanged, Self::SignUp];

    /// Its name, as it is stored and told to operators.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Test => "test",
            Self::Recovery => "recovery",
            Self::PasswordChanged => "password_changed",
            Self::SignUp => "sign_up",
        }
    }

    /// The kind of a name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == name)
    }

    /// The most of this kind to one person, and to one address, in 24 hours.
    pub fn most_a_day(self) -> i64 {
        match self {
            Self::Test => 100,
            Self::Recovery | Self::PasswordChanged | Self::SignUp => 10,
        }
    }

    /// How long it is of use.
    pub fn lifetime(self) -> Lifetime {
        match self {
            Self::Test => Lifetime::hours(1),
            // As long as the links in them work.
            Self::SignUp => Lifetime::hours(1),
            Self::Recovery => Lifetime::minutes(30),
            Self::PasswordChanged => Lifetime::days(3),
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

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use super::*;

    #[test]
    fn every_kind_has_a_name_of_its_own() {
        let names: BTreeSet<_> = Kind::ALL.iter().map(|kind| kind.as_str()).collect();
        assert_eq!(names.len(), Kind::ALL.len());
        for kind in Kind::ALL {
            assert_eq!(Kind::parse(kind.as_str()), Some(kind));
        }
        assert_eq!(Kind::parse("newsletter"), None);
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
