//! The sessions that one browser holds: a person may be signed in with several accounts, of which one is active.
//!
//! The cookie carries their tokens, the active one first: `token~token~token`. It begins with `~` when none is active, since
//! the one that was has been signed out: the others must not take its place unasked.

use crate::secret::{Hash, OpaqueToken, Purpose, RootKeys};

/// The most sessions of a browser.
pub const MOST: usize = 5;

const SEPARATOR: char = '~';

/// The sessions of a browser, as its cookie tells. Whether they live is D1's to say.
#[derive(Clone, Debug, Default)]
pub struct HeldSessions {
    active: Option<Held>,
    others: Vec<Held>,
}

#[derive(Clone, Debug)]
struct Held {
    token: OpaqueToken,
    hash: Hash,
}

impl Held {
    fn parse(text: &str, roots: &RootKeys) -> Option<Self> {
        let token = OpaqueToken::parse(text)?;
        let hash = token.hash(roots, Purpose::Session)?;
        Some(Self { token, hash })
    }
}

impl HeldSessions {
    /// Reads the value of the cookie. What is no token counts for nothing, and neither does what stands there twice.
    pub fn parse(cookie: &str, roots: &RootKeys) -> Self {
        let mut tokens = cookie
            .split(SEPARATOR)
            .take(MOST + 1)
            .map(|text| Held::parse(text, roots));
        let mut held = Self {
            active: tokens.next().flatten(),
            others: Vec::new(),
        };
        for other in tokens.flatten() {
            if held.others.len() < MOST && held.all().all(|hash| *hash != other.hash) {
                held.others.push(other);
            }
        }
        held
    }

    /// The value of the cookie. `None` when there is nothing to hold.
    pub fn cookie(&self) -> Option<String> {
        if self.active.is_none() && self.others.is_empty() {
            return None;
        }
        let mut text = self
            .active
            .as_ref()
            .map(|held| held.token.expose())
            .unwrap_or_default()
            .to_owned();
        for other in &self.others {
            text.push(SEPARATOR);
            text.push_str(other.token.expose());
        }
        Some(text)
    }

    /// The session that counts.
    pub fn active(&self) -> Option<&Hash> {
        self.active.as_ref().map(|held| &held.hash)
    }

    /// Whether there are others.
    pub fn has_others(&self) -> bool {
        !self.others.is_empty()
    }

    /// All of them, the active one first.
    pub fn all(&self) -> impl Iterator<Item = &Hash> {
        self.active.iter().chain(&self.others).map(|held| &held.hash)
    }

    /// The same with a new session, which is the active one, and without those of `superseded`. Where there is
    /// no place for all, those that were active longest ago go.
    pub fn begin(self, token: OpaqueToken, hash: Hash, superseded: &[Hash]) -> Self {
        let before = self.without(superseded);
        let mut others: Vec<_> = before.active.into_iter().chain(before.others).collect();
        others.truncate(MOST - 1);
        Self {
            active: Some(Held { token, hash }),
            others,
        }
    }

    /// The same without some.
    pub fn without(mut self, gone: &[Hash]) -> Self {
        self.active = self.active.filter(|held| !gone.contains(&held.hash));
        self.others.retain(|held| !gone.contains(&held.hash));
        self
    }

    /// The same with another one active. `None` when it is not held.
    pub fn activate(self, hash: &Hash) -> Option<Self> {
        let held: Vec<_> = self.active.into_iter().chain(self.others).collect();
        let (mut chosen, others): (Vec<_>, Vec<_>) = held.into_iter().partition(|held| held.hash == *hash);
        Some(Self {
            active: Some(chosen.pop()?),
            others,
        })
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    fn roots() -> RootKeys {
        RootKeys::new(BTreeMap::from([(1, [7; 32])]), 1, String::new()).unwrap()
    }

    fn token(n: u8) -> (OpaqueToken, Hash) {
        let token = OpaqueToken::new(&roots(), [n; 32]);
        let hash = token.hash(&roots(), Purpose::Session).unwrap();
        (token, hash)
    }

    fn holding(numbers: &[u8]) -> HeldSessions {
        numbers.iter().fold(HeldSessions::default(), |held, n| {
            let (token, hash) = token(*n);
            held.begin(token, hash, &[])
        })
    }

    fn order(held: &HeldSessions) -> Vec<u8> {
        held.all()
            .map(|hash| (0..20).find(|n| token(*n).1 == *hash).unwrap())
            .collect()
    }

    #[test]
    fn the_cookie_is_read_as_it_was_written() {
        for held in [
            holding(&[1]),
            holding(&[1, 2, 3]),
            holding(&[1, 2]).without(&[token(2).1]),
        ] {
            let cookie = held.cookie().unwrap();
            let read = HeldSessions::parse(&cookie, &roots());
            assert_eq!((order(&read), read.cookie()), (order(&held), Some(cookie)));
            assert_eq!(read.active().is_some(), held.active().is_some());
        }
        assert_eq!(HeldSessions::default().cookie(), None);
    }

    #[test]
    fn the_newest_session_is_active_and_the_sixth_drives_the_oldest_out() {
        let held = holding(&[1, 2, 3, 4, 5]);
        assert_eq!(order(&held), [5, 4, 3, 2, 1]);
        let (sixth, hash) = token(6);
        assert_eq!(order(&held.begin(sixth, hash, &[])), [6, 5, 4, 3, 2]);
    }

    #[test]
    fn a_session_of_the_same_person_makes_room_for_the_new_one() {
        let (again, hash) = token(9);
        let held = holding(&[1, 2, 3, 4, 5]).begin(again, hash, &[token(3).1]);
        assert_eq!(order(&held), [9, 5, 4, 2, 1]);
    }

    #[test]
    fn nobody_takes_the_place_of_who_signed_out() {
        let held = holding(&[1, 2]).without(&[token(2).1]);
        assert_eq!((held.active(), held.has_others()), (None, true));
        assert_eq!(order(&held.activate(&token(1).1).unwrap()), [1]);
    }

    #[test]
    fn another_one_becomes_active_only_if_it_is_held() {
        assert_eq!(order(&holding(&[1, 2, 3]).activate(&token(1).1).unwrap()), [1, 3, 2]);
        assert!(holding(&[1, 2, 3]).activate(&token(4).1).is_none());
    }

    #[test]
    fn garbage_and_repetitions_count_for_nothing() {
        let one = token(1).0.expose().to_owned();
        for (cookie, expected) in [
            (String::new(), vec![]),
            ("~~~~".to_owned(), vec![]),
            (format!("{one}~{one}~{one}"), vec![1]),
            (format!("x~{one}~1.AAAA~~"), vec![1]),
            ("~".repeat(5_000), vec![]),
        ] {
            assert_eq!(order(&HeldSessions::parse(&cookie, &roots())), expected, "{cookie:.40}");
        }
    }
}
