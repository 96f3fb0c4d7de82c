//! What is kept of the secrets of a client: the one that it registered, the one before its last renewal, and more that an operator
//! added. Any of them that works proves the client (RFC 6749 section 2.3.1).

use serde_json::{Value, json};

use crate::{
    secret::{Hash, WrappedSecret},
    time::{Lifetime, UnixTime},
};

/// The most secrets of a client, beside the one before the last renewal.
pub const MOST: usize = 5;

/// How often the use of a secret is written down.
const MARKED_EVERY: Lifetime = Lifetime::days(1);

/// A client's secrets at rest. They never go to KV.
#[derive(Clone, Debug)]
pub struct StoredSecret {
    /// The secret that it was registered with, or that took the place of that. It has no end.
    pub current: SecretAtRest,
    /// The secret before the last renewal, and until when it still works.
    pub previous: Option<(SecretAtRest, UnixTime)>,
    /// Those that an operator added, the oldest first.
    pub more: Vec<SecretAtRest>,
}

/// What is stored of one secret.
#[derive(Clone, Debug)]
pub struct SecretAtRest {
    /// Its hash.
    pub hash: Hash,
    /// The secret itself, where the client's method needs it.
    pub wrapped: Option<WrappedSecret>,
    /// What operators are told of it.
    pub about: AboutSecret,
}

/// What operators are told of a secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AboutSecret {
    pub id: String,
    pub name: Option<String>,
    /// When it was made. Of secrets from before that was kept, nobody knows.
    pub made_at: Option<UnixTime>,
    /// Until when it works, where it has an end.
    pub ends_at: Option<UnixTime>,
    /// When it was last used, to the day.
    pub used_at: Option<UnixTime>,
}

/// Why a secret cannot be removed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotRemoved {
    /// There is no such secret.
    Unknown,
    /// No other works without an end.
    Last,
}

impl SecretAtRest {
    /// What is stored of a secret of which nothing is known.
    #[cfg(test)]
    pub fn unnamed(hash: Hash, wrapped: Option<WrappedSecret>, id: &str) -> Self {
        let about = AboutSecret {
            id: id.to_owned(),
            name: None,
            made_at: None,
            ends_at: None,
            used_at: None,
        };
        Self { hash, wrapped, about }
    }
}

impl AboutSecret {
    /// Whether its use is to be written down.
    pub fn is_use_due(&self, now: UnixTime) -> bool {
        self.used_at.is_none_or(|at| at <= now - MARKED_EVERY)
    }

    /// When a use that is written down now must have been before.
    pub fn marked_before(now: UnixTime) -> UnixTime {
        now - MARKED_EVERY
    }

    fn works(&self, now: UnixTime) -> bool {
        self.ends_at.is_none_or(|end| now < end)
    }

    /// As JSON; `is_main` of the one whose place a renewal takes.
    pub fn describe(&self, is_main: bool) -> Value {
        json!({
            "id": self.id,
            "name": self.name,
            "main": is_main,
            "created_at": self.made_at,
            "expires_at": self.ends_at,
            "last_used_at": self.used_at,
        })
    }
}

impl StoredSecret {
    /// The secrets that work at `now`.
    pub fn valid(&self, now: UnixTime) -> impl Iterator<Item = &SecretAtRest> {
        let previous = self.previous.iter().filter(move |(_, until)| now < *until);
        let more = self.more.iter().filter(move |secret| secret.about.works(now));
        std::iter::once(&self.current)
            .chain(previous.map(|(secret, _)| secret))
            .chain(more)
    }

    /// What is known of each that works at `now`, the one before the last renewal with its end.
    pub fn about(&self, now: UnixTime) -> Vec<AboutSecret> {
        let end_of_previous = self.previous.as_ref().map(|(secret, until)| (&secret.about.id, *until));
        let about = |secret: &SecretAtRest| {
            let mut about = secret.about.clone();
            if let Some((_, until)) = end_of_previous.filter(|(id, _)| **id == about.id) {
                about.ends_at = Some(until);
            }
            about
        };
        self.valid(now).map(about).collect()
    }

    /// Whether one that works has that name.
    pub fn has_name(&self, name: &str, now: UnixTime) -> bool {
        self.valid(now).any(|secret| secret.about.name.as_deref() == Some(name))
    }

    /// The same as hashes alone, for a client that no longer needs more.
    #[must_use]
    pub fn hashed_only(mut self) -> Self {
        self.current.wrapped = None;
        if let Some((previous, _)) = &mut self.previous {
            previous.wrapped = None;
        }
        for secret in &mut self.more {
            secret.wrapped = None;
        }
        self
    }

    /// Forgets those that have ended.
    pub fn forget_ended(&mut self, now: UnixTime) {
        self.previous.take_if(|(_, until)| *until <= now);
        self.more.retain(|secret| secret.about.works(now));
    }

    /// Adds one, and says whether there may be so many. Those that have ended go.
    pub fn add(&mut self, secret: SecretAtRest, now: UnixTime) -> bool {
        self.forget_ended(now);
        let fits = self.more.len() + 1 < MOST;
        if fits {
            self.more.push(secret);
        }
        fits
    }

    /// Removes the one of that id, and gives what was known of it. Where it was the registered one, the newest that has no end takes its
    /// place.
    ///
    /// # Errors
    /// Why it stays: a client that uses secrets always has one without an end.
    pub fn remove(&mut self, id: &str) -> Result<AboutSecret, NotRemoved> {
        if let Some(found) = self.more.iter().position(|secret| secret.about.id == id) {
            return Ok(self.more.remove(found).about);
        }
        if let Some((previous, _)) = self.previous.take_if(|(previous, _)| previous.about.id == id) {
            return Ok(previous.about);
        }
        if self.current.about.id != id {
            return Err(NotRemoved::Unknown);
        }
        let lasting = |secret: &SecretAtRest| secret.about.ends_at.is_none();
        let next = self.more.iter().rposition(lasting).ok_or(NotRemoved::Last)?;
        let next = self.more.remove(next);
        Ok(std::mem::replace(&mut self.current, next).about)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: UnixTime = UnixTime(1_800_000_000);

    fn secret(id: &str, ends_at: Option<UnixTime>) -> SecretAtRest {
        let mut secret = SecretAtRest::unnamed(Hash::stored(format!("1.{id}")), None, id);
        secret.about.ends_at = ends_at;
        secret
    }

    fn stored(more: &[(&str, Option<i64>)]) -> StoredSecret {
        StoredSecret {
            current: secret("main", None),
            previous: Some((secret("old", None), NOW + Lifetime(10))),
            more: more.iter().map(|(id, end)| secret(id, end.map(UnixTime))).collect(),
        }
    }

    fn ids(stored: &StoredSecret, now: UnixTime) -> Vec<&str> {
        stored.valid(now).map(|secret| secret.about.id.as_str()).collect()
    }

    #[test]
    fn every_secret_works_until_its_end() {
        let stored = stored(&[("a", None), ("b", Some(NOW.0 + 1)), ("c", Some(NOW.0))]);
        assert_eq!(ids(&stored, NOW), ["main", "old", "a", "b"]);
        assert_eq!(ids(&stored, NOW + Lifetime(10)), ["main", "a"]);
        let ends: Vec<_> = stored.about(NOW).into_iter().map(|about| about.ends_at).collect();
        assert_eq!(ends, [None, Some(NOW + Lifetime(10)), None, Some(NOW + Lifetime(1))]);
    }

    #[test]
    fn there_are_at_most_five_that_work_beside_the_one_before() {
        let mut full = stored(&[("a", None), ("b", None), ("c", None), ("d", None)]);
        assert!(!full.add(secret("e", None), NOW));
        assert_eq!(full.more.len(), 4);
        let mut with_ended = stored(&[("a", None), ("b", None), ("c", None), ("d", Some(NOW.0))]);
        assert!(with_ended.add(secret("e", None), NOW), "one that has ended makes place");
        assert_eq!(ids(&with_ended, NOW), ["main", "old", "a", "b", "c", "e"]);
    }

    #[test]
    fn a_client_keeps_a_secret_without_an_end() {
        let mut both = stored(&[("a", None), ("b", Some(NOW.0 + 5))]);
        assert_eq!(both.remove("none").unwrap_err(), NotRemoved::Unknown);
        assert_eq!(both.remove("main").unwrap().id, "main");
        assert_eq!(ids(&both, NOW), ["a", "old", "b"], "another takes its place");
        assert_eq!(both.remove("a").unwrap_err(), NotRemoved::Last);
        assert_eq!(both.remove("old").unwrap().id, "old");
        assert_eq!(both.remove("b").unwrap().id, "b");
        assert_eq!(ids(&both, NOW), ["a"]);
        assert_eq!(both.remove("a").unwrap_err(), NotRemoved::Last);
    }

    #[test]
    fn a_use_is_written_down_once_a_day() {
        let mut about = secret("a", None).about;
        assert!(about.is_use_due(NOW));
        about.used_at = Some(NOW - Lifetime::hours(23));
        assert!(!about.is_use_due(NOW));
        about.used_at = Some(NOW - Lifetime::days(1));
        assert!(about.is_use_due(NOW));
    }
}
