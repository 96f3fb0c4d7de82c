//! Browsers in which a second factor is not asked for again. A cookie has an entry for each person, with the id of a row and its
//! secret. It never replaces the password.

use crate::{
    secret::{Hash, OpaqueToken, Purpose, RootKeys},
    time::Lifetime,
};

/// For how long a browser is trusted.
pub const LIFETIME: Lifetime = Lifetime::days(30);

/// The most browsers of a person: a new one replaces the oldest.
pub const MOST: i64 = 10;

/// The most people of a browser.
const MOST_PEOPLE: usize = 4;

const BETWEEN_ENTRIES: char = '~';
const WITHIN_ENTRY: char = ':';

/// A person's trust in this browser, as the cookie has it.
#[derive(Clone, Debug)]
pub struct Trust {
    /// The person.
    pub user_id: String,
    /// Tells it from their other browsers.
    pub id: String,
    secret: OpaqueToken,
}

impl Trust {
    /// What a browser gets for a person, with a fresh id and secret.
    pub fn new(user_id: &str, id: String, secret: OpaqueToken) -> Self {
        Self {
            user_id: user_id.to_owned(),
            id,
            secret,
        }
    }

    /// What is stored of the secret.
    pub fn hash(&self, roots: &RootKeys) -> Option<Hash> {
        self.secret.hash(roots, Purpose::TrustedBrowser)
    }

    /// Reads a cookie. What cannot be an entry counts for nothing.
    pub fn parse_all(cookie: &str) -> Vec<Self> {
        let read = |entry: &str| {
            let mut parts = entry.split(WITHIN_ENTRY);
            let (user_id, id, secret) = (parts.next()?, parts.next()?, parts.next()?);
            Some(Self::new(user_id, id.to_owned(), OpaqueToken::parse(secret)?)).filter(|_| parts.next().is_none())
        };
        cookie
            .split(BETWEEN_ENTRIES)
            .take(MOST_PEOPLE)
            .filter_map(read)
            .collect()
    }

    /// The cookie with this entry first, and those of `others` that are of other people.
    pub fn cookie_beside(&self, others: &[Self]) -> String {
        let kept = others.iter().filter(|other| other.user_id != self.user_id);
        let entries = std::iter::once(self).chain(kept).take(MOST_PEOPLE);
        let entries: Vec<_> = entries
            .map(|entry| {
                let (user_id, id, secret) = (&entry.user_id, &entry.id, entry.secret.expose());
                format!("{user_id}{WITHIN_ENTRY}{id}{WITHIN_ENTRY}{secret}")
            })
            .collect();
        entries.join(&BETWEEN_ENTRIES.to_string())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    #[test]
    fn a_browser_is_trusted_by_several_people_the_latest_first() {
        let roots = RootKeys::new(BTreeMap::from([(1, [7; 32])]), 1, String::new()).unwrap();
        let trust = |who: &str, n| Trust::new(who, format!("id{n}"), OpaqueToken::new(&roots, [n; 32]));
        let mut cookie = trust("ada", 1).cookie_beside(&[]);
        for (who, n) in [("bob", 2), ("ada", 3)] {
            cookie = trust(who, n).cookie_beside(&Trust::parse_all(&cookie));
        }
        let read = Trust::parse_all(&cookie);
        let seen: Vec<_> = read
            .iter()
            .map(|trust| (trust.user_id.as_str(), trust.id.as_str()))
            .collect();
        assert_eq!(seen, [("ada", "id3"), ("bob", "id2")]);
        assert_eq!(
            read[0].hash(&roots).unwrap().as_str(),
            trust("ada", 3).hash(&roots).unwrap().as_str()
        );
        for n in 4..20 {
            cookie = trust(&format!("p{n}"), n).cookie_beside(&Trust::parse_all(&cookie));
        }
        assert_eq!(Trust::parse_all(&cookie).len(), MOST_PEOPLE);
        assert!(Trust::parse_all("~~ada:x~:::~ada:b:1.x:y").is_empty());
    }
}
