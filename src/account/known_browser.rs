//! Who has signed in with a browser before: a cookie that keeps guesses of strangers from locking anybody out of their own browser (OWASP,
//! "device cookies"). It lets nobody in.
//!
//! The cookie has a person's id and a MAC over it and the browser for each of them, the latest first: `id.mac~id.mac`. It counts
//! only in the browser that it was made for, and for people and not for names, so that who takes over a name takes over nothing.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};

use crate::secret::{Key, Purpose, RootKeys};

/// The most people of a browser.
const MOST: usize = 8;

/// The bytes of a MAC that the cookie has.
const MAC_LENGTH: usize = 16;

const SEPARATOR: char = '~';

/// The ids of the people who have signed in with a browser.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct KnownPeople(Vec<String>);

impl KnownPeople {
    /// Reads the cookie of the browser of that name. What was not made for it counts for nothing.
    pub fn parse(cookie: &str, browser: &str, roots: &RootKeys) -> Self {
        let keys = || {
            roots
                .versions()
                .filter_map(|version| roots.derive(version, Purpose::KnownBrowser))
        };
        let genuine = |part: &str| {
            let (user_id, mac) = part.split_once('.')?;
            let is_genuine = keys().any(|key| crate::secret::same_secret(mac, &mac_of(&key, browser, user_id)));
            is_genuine.then(|| user_id.to_owned())
        };
        Self(cookie.split(SEPARATOR).take(MOST).filter_map(genuine).collect())
    }

    /// The ids.
    pub fn ids(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(String::as_str)
    }

    /// The cookie for when a person has signed in with the browser.
    pub fn cookie_with(&self, user_id: &str, browser: &str, roots: &RootKeys) -> String {
        let key = roots.current(Purpose::KnownBrowser);
        let others = self.ids().filter(|other| *other != user_id);
        let parts = std::iter::once(user_id).chain(others).take(MOST);
        let parts: Vec<_> = parts.map(|id| format!("{id}.{}", mac_of(&key, browser, id))).collect();
        parts.join(&SEPARATOR.to_string())
    }
}

fn mac_of(key: &Key, browser: &str, user_id: &str) -> String {
    let mac = key.mac(&[browser.as_bytes(), user_id.as_bytes()]);
    URL_SAFE_NO_PAD.encode(mac.get(..MAC_LENGTH).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    fn roots(current: u32) -> RootKeys {
        RootKeys::new(BTreeMap::from([(1, [7; 32]), (2, [8; 32])]), current, String::new()).unwrap()
    }

    fn known(cookie: &str, browser: &str) -> Vec<String> {
        KnownPeople::parse(cookie, browser, &roots(1)).0
    }

    #[test]
    fn a_browser_remembers_who_signed_in_the_latest_first() {
        let one = KnownPeople::default().cookie_with("ada", "browser", &roots(1));
        let two = KnownPeople::parse(&one, "browser", &roots(1)).cookie_with("bob", "browser", &roots(2));
        assert_eq!(known(&two, "browser"), ["bob", "ada"]);
        let again = KnownPeople::parse(&two, "browser", &roots(1)).cookie_with("ada", "browser", &roots(1));
        assert_eq!(known(&again, "browser"), ["ada", "bob"]);
        let mut cookie = again;
        for n in 0..20 {
            cookie =
                KnownPeople::parse(&cookie, "browser", &roots(1)).cookie_with(&format!("p{n}"), "browser", &roots(1));
        }
        assert_eq!(known(&cookie, "browser").len(), MOST);
    }

    #[test]
    fn a_changed_value_or_another_browser_fails_its_mac() {
        let cookie = KnownPeople::default().cookie_with("ada", "browser", &roots(1));
        assert_eq!(known(&cookie, "browser"), ["ada"]);
        assert!(known(&cookie, "another").is_empty());
        assert!(known(&cookie.replace("ada", "bob"), "browser").is_empty());
        for end in 0..cookie.len() {
            assert!(known(&cookie[..end], "browser").is_empty(), "{end}");
        }
        assert!(known("~~.~ada.~.x", "browser").is_empty());
    }
}
