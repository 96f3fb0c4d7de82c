//! Who has signed in with a browser before, and in which countries: a cookie that keeps guesses of strangers from locking anybody out
//! of their own browser (OWASP, "device cookies"), and tells what is news to a person. It lets nobody in.
//!
//! The cookie has a person's id, the countries, and a MAC over them and the browser for each person, the latest first:
//! `id.DECH.mac~id.mac`. It counts only in the browser that it was made for, and for people and not for names, so that who takes over
//! a name takes over nothing.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};

use crate::{
    country::Country,
    secret::{Key, Purpose, RootKeys},
};

/// The most people of a browser.
const MOST: usize = 8;

/// The most countries of a person: who lives at a border is told once.
const MOST_COUNTRIES: usize = 4;

/// The bytes of a MAC that the cookie has.
const MAC_LENGTH: usize = 16;

const SEPARATOR: char = '~';

/// The people who have signed in with a browser.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct KnownPeople(Vec<KnownPerson>);

#[derive(Clone, Debug, PartialEq, Eq)]
struct KnownPerson {
    id: String,
    /// Where they signed in, the latest first. Nothing where no country was ever known.
    countries: Vec<Country>,
}

/// What a sign-in is to the person.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum News {
    /// They have signed in like that before, or nobody can tell.
    Nothing,
    /// They had not signed in with that browser.
    Browser,
    /// They had signed in with that browser, and never in that country.
    Country,
}

impl KnownPeople {
    /// Reads the cookie of the browser of that name. What was not made for it counts for nothing.
    pub fn parse(cookie: &str, browser: &str, roots: &RootKeys) -> Self {
        let keys = || {
            roots
                .versions()
                .filter_map(|version| roots.derive(version, Purpose::KnownBrowser))
        };
        let genuine = |part: &str| {
            let (said, mac) = part.rsplit_once('.')?;
            let is_genuine = keys().any(|key| crate::secret::same_secret(mac, &mac_of(&key, browser, said)));
            is_genuine.then(|| KnownPerson::parse(said))
        };
        Self(cookie.split(SEPARATOR).take(MOST).filter_map(genuine).collect())
    }

    /// The ids.
    pub fn ids(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|known| known.id.as_str())
    }

    /// What it is to the person that they sign in with the browser in that country.
    pub fn news(&self, user_id: &str, country: Option<Country>) -> News {
        let Some(known) = self.0.iter().find(|known| known.id == user_id) else {
            return News::Browser;
        };
        match country {
            Some(country) if !known.countries.is_empty() && !known.countries.contains(&country) => News::Country,
            _ => News::Nothing,
        }
    }

    /// The cookie for when a person has signed in with the browser in that country.
    pub fn cookie_with(&self, user_id: &str, country: Option<Country>, browser: &str, roots: &RootKeys) -> String {
        let key = roots.current(Purpose::KnownBrowser);
        let (same, others): (Vec<_>, Vec<_>) = self.0.iter().partition(|known| known.id == user_id);
        let before = same.iter().flat_map(|known| &known.countries).copied();
        let before = before.filter(|before| Some(*before) != country);
        let now = KnownPerson {
            id: user_id.to_owned(),
            countries: country.into_iter().chain(before).take(MOST_COUNTRIES).collect(),
        };
        let parts = std::iter::once(&now).chain(others).take(MOST).map(KnownPerson::said);
        let parts: Vec<_> = parts
            .map(|said| format!("{said}.{}", mac_of(&key, browser, &said)))
            .collect();
        parts.join(&SEPARATOR.to_string())
    }
}

impl KnownPerson {
    /// Reads what [`KnownPerson::said`] wrote.
    fn parse(said: &str) -> Self {
        let (id, countries) = said.split_once('.').unwrap_or((said, ""));
        Self {
            id: id.to_owned(),
            countries: Country::parse_row(countries),
        }
    }

    /// The part of the cookie that the MAC is over.
    fn said(&self) -> String {
        match self.countries.is_empty() {
            true => self.id.clone(),
            false => format!("{}.{}", self.id, Country::row(&self.countries)),
        }
    }
}

fn mac_of(key: &Key, browser: &str, said: &str) -> String {
    let mac = key.mac(&[browser.as_bytes(), said.as_bytes()]);
    URL_SAFE_NO_PAD.encode(mac.get(..MAC_LENGTH).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    fn roots(current: u32) -> RootKeys {
        RootKeys::new(BTreeMap::from([(1, [7; 32]), (2, [8; 32])]), current, String::new()).unwrap()
    }

    fn read(cookie: &str, browser: &str) -> KnownPeople {
        KnownPeople::parse(cookie, browser, &roots(1))
    }

    fn known(cookie: &str, browser: &str) -> Vec<String> {
        read(cookie, browser).ids().map(str::to_owned).collect()
    }

    fn country(code: &str) -> Option<Country> {
        Some(Country::parse(code).unwrap())
    }

    #[test]
    fn a_browser_remembers_who_signed_in_the_latest_first() {
        let one = KnownPeople::default().cookie_with("ada", None, "browser", &roots(1));
        let two = read(&one, "browser").cookie_with("bob", country("FR"), "browser", &roots(2));
        assert_eq!(known(&two, "browser"), ["bob", "ada"]);
        let again = read(&two, "browser").cookie_with("ada", None, "browser", &roots(1));
        assert_eq!(known(&again, "browser"), ["ada", "bob"]);
        let mut cookie = again;
        for n in 0..20 {
            cookie = read(&cookie, "browser").cookie_with(&format!("p{n}"), None, "browser", &roots(1));
        }
        assert_eq!(known(&cookie, "browser").len(), MOST);
    }

    #[test]
    fn a_changed_value_or_another_browser_fails_its_mac() {
        let cookie = KnownPeople::default().cookie_with("ada", country("DE"), "browser", &roots(1));
        assert_eq!(known(&cookie, "browser"), ["ada"]);
        assert!(known(&cookie, "another").is_empty());
        assert!(known(&cookie.replace("ada", "bob"), "browser").is_empty());
        assert!(known(&cookie.replace("DE", "FR"), "browser").is_empty());
        assert!(known(&cookie.replace(".DE", ""), "browser").is_empty());
        for end in 0..cookie.len() {
            assert!(known(&cookie[..end], "browser").is_empty(), "{end}");
        }
        assert!(known("~~.~ada.~.x", "browser").is_empty());
    }

    #[test]
    fn a_country_is_news_once_in_a_browser_that_knows_one() {
        let nobody = KnownPeople::default();
        assert_eq!(nobody.news("ada", country("DE")), News::Browser);
        let without = nobody.cookie_with("ada", None, "browser", &roots(1));
        assert_eq!(read(&without, "browser").news("ada", country("DE")), News::Nothing);
        let mut cookie = read(&without, "browser").cookie_with("ada", country("DE"), "browser", &roots(1));
        assert_eq!(read(&cookie, "browser").news("ada", country("DE")), News::Nothing);
        assert_eq!(read(&cookie, "browser").news("ada", None), News::Nothing);
        assert_eq!(read(&cookie, "browser").news("ada", country("CH")), News::Country);
        assert_eq!(read(&cookie, "browser").news("bob", country("DE")), News::Browser);
        for code in ["CH", "FR", "IT"] {
            cookie = read(&cookie, "browser").cookie_with("ada", country(code), "browser", &roots(1));
        }
        for code in ["DE", "CH", "FR", "IT"] {
            assert_eq!(
                read(&cookie, "browser").news("ada", country(code)),
                News::Nothing,
                "{code}"
            );
        }
        cookie = read(&cookie, "browser").cookie_with("ada", country("AT"), "browser", &roots(1));
        assert_eq!(read(&cookie, "browser").news("ada", country("DE")), News::Country);
        // What does not know the country keeps those that were.
        cookie = read(&cookie, "browser").cookie_with("ada", None, "browser", &roots(1));
        assert_eq!(read(&cookie, "browser").news("ada", country("AT")), News::Nothing);
    }
}
