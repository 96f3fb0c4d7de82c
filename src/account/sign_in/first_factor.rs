//! Proof that somebody has just shown their first factor, for the page that asks for their second one. Nothing is stored: the form
//! carries a text with a MAC, which is good in this browser and for this sign-in only.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};

use crate::{
    secret::{Key, random_text, same_secret},
    time::{Lifetime, UnixTime},
};

/// How long the second factor may take.
const LIFETIME: Lifetime = Lifetime::minutes(10);

/// Somebody who has shown their first factor, in this browser and for this sign-in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FirstFactor {
    /// The person.
    pub user_id: String,
    /// When they showed it.
    pub at: UnixTime,
    /// A digest of what was shown.
    shown: String,
}

impl FirstFactor {
    /// The text for the form of a browser, on the way to a destination: the two parts of `place`. `shown`: the hash of a password, or what stands for a
    /// code by mail.
    pub fn write(key: &Key, (user_id, at): (&str, UnixTime), place: [&str; 2], shown: &str) -> String {
        let (at, shown) = (at.seconds().to_string(), digest(key, user_id, shown));
        let mac = key.mac(&maced(user_id, &at, &shown, place));
        format!("{user_id}.{at}.{shown}.{}", URL_SAFE_NO_PAD.encode(mac))
    }

    /// Reads a text that comes back. `None` for one that was written for another place, altered, or too old.
    pub fn open(text: &str, key: &Key, place: [&str; 2], now: UnixTime) -> Option<Self> {
        let [user_id, at, shown, mac] = text.split('.').collect::<Vec<_>>().try_into().ok()?;
        let mac = URL_SAFE_NO_PAD.decode(mac).ok()?;
        let genuine = key.verify(&maced(user_id, at, shown, place), &mac);
        let at = UnixTime(at.parse().ok()?);
        (genuine && now.since(at) <= LIFETIME).then(|| Self {
            user_id: user_id.to_owned(),
            at,
            shown: shown.to_owned(),
        })
    }

    /// Whether that is what was shown: a password may have been changed since.
    pub fn is_of(&self, key: &Key, shown: &str) -> bool {
        same_secret(&self.shown, &digest(key, &self.user_id, shown))
    }
}

fn digest(key: &Key, user_id: &str, shown: &str) -> String {
    random_text(key.mac(&[b"password", user_id.as_bytes(), shown.as_bytes()]))
}

fn maced<'a>(user_id: &'a str, at: &'a str, shown: &'a str, [browser, destination]: [&'a str; 2]) -> [&'a [u8]; 6] {
    ["shown", user_id, at, shown, browser, destination].map(str::as_bytes)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::secret::{Purpose, RootKeys};

    const NOW: UnixTime = UnixTime(1_800_000_000);

    fn key() -> Key {
        RootKeys::new(BTreeMap::from([(1, [7; 32])]), 1, String::new())
            .unwrap()
            .current(Purpose::FirstFactor)
    }

    fn counts(text: &str, place: [&str; 2], password_hash: &str, now: UnixTime) -> bool {
        FirstFactor::open(text, &key(), place, now).is_some_and(|first| first.is_of(&key(), password_hash))
    }

    #[test]
    fn it_counts_in_its_browser_for_its_sign_in_and_its_password_for_ten_minutes() {
        let text = FirstFactor::write(&key(), ("ada", NOW), ["browser", "overview"], "hash");
        assert!(counts(&text, ["browser", "overview"], "hash", NOW));
        assert!(counts(&text, ["browser", "overview"], "hash", NOW + LIFETIME));
        assert!(!counts(&text, ["another", "overview"], "hash", NOW));
        assert!(!counts(&text, ["browser", "passkeys"], "hash", NOW));
        assert!(!counts(&text, ["browser", "overview"], "new", NOW));
        assert!(!counts(
            &text,
            ["browser", "overview"],
            "hash",
            NOW + LIFETIME + Lifetime(1)
        ));
    }

    #[test]
    fn what_was_changed_counts_for_nothing() {
        let text = FirstFactor::write(&key(), ("ada", NOW), ["browser", "overview"], "hash");
        let place = ["browser", "overview"];
        for changed in [
            text.replace("ada", "bob"),
            text.replace("ada", ""),
            text.replace("1800000000", "1800000001"),
            text.replace("1800000000", "01800000000"),
            format!("{text}.x"),
        ] {
            assert!(!counts(&changed, place, "hash", NOW), "{changed}");
        }
        for end in 0..text.len() {
            assert!(!counts(&text[..end], place, "hash", NOW), "{end}");
        }
    }
}
