//! The JWKS as it is kept: for a minute by an isolate, for minutes in KV. Which copy is served, and when it is made anew.

use std::rc::Rc;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::provider_key::JWKS_MAX_AGE;
use crate::time::{Lifetime, UnixTime};

/// How long an isolate serves what it keeps.
pub const IN_ISOLATE: Lifetime = Lifetime::minutes(1);

/// The age at which the copy in KV is made anew: the run of every five minutes has then missed twice. Whoever can write to KV can
/// bring back a copy that Limen wrote before a key was revoked, and no MAC tells that it is old; but not for longer than apps
/// keep what they had anyway.
pub const STALE: Lifetime = JWKS_MAX_AGE;

/// How long after a key was published an app may still have a JWKS without it: it got a copy that was as old as one may be, and
/// keeps that for as long as one may.
pub const KNOWN_TO_ALL_AFTER: Lifetime = Lifetime(JWKS_MAX_AGE.0 + STALE.0 + IN_ISOLATE.0 + 2 * CLOCK_SKEW.0);

/// By how much a copy may be of the future, for the clocks of the platform: one from before the clock went back counts no longer
/// than others.
const CLOCK_SKEW: Lifetime = Lifetime::minutes(1);

/// The document as it is kept.
#[derive(Serialize, Deserialize)]
pub struct PublishedJwks {
    /// When the keys were read from D1.
    pub made_at: UnixTime,
    /// The public keys, those that sign first.
    pub keys: Vec<Value>,
}

impl PublishedJwks {
    /// What D1 had at `made_at`.
    pub fn new(keys: Vec<Value>, made_at: UnixTime) -> Self {
        Self { made_at, keys }
    }

    /// Whether a copy out of KV is young enough to be served at `now`.
    pub fn counts(&self, now: UnixTime) -> bool {
        let age = now.since(self.made_at).seconds();
        (-CLOCK_SKEW.seconds()..=STALE.seconds()).contains(&age)
    }
}

/// Whether an isolate still serves what it took at `since` without looking for a newer one.
pub fn is_fresh_in_isolate(since: UnixTime, now: UnixTime) -> bool {
    (0..IN_ISOLATE.seconds()).contains(&now.since(since).seconds())
}

/// The newer one of what an isolate kept and the `copy` out of KV, which may be what was there before the isolate's own
/// publication.
pub fn newer(kept: Option<Rc<PublishedJwks>>, copy: Rc<PublishedJwks>, now: UnixTime) -> Rc<PublishedJwks> {
    kept.filter(|kept| kept.made_at > copy.made_at && kept.counts(now))
        .unwrap_or(copy)
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: UnixTime = UnixTime(1_000_000_000);

    fn made(ago: i64) -> Rc<PublishedJwks> {
        Rc::new(PublishedJwks::new(Vec::new(), UnixTime(NOW.0 - ago)))
    }

    #[test]
    fn a_copy_counts_for_fifteen_minutes_and_one_of_the_future_for_a_minute() {
        assert!(made(0).counts(NOW) && made(900).counts(NOW) && made(-60).counts(NOW));
        assert!(!made(901).counts(NOW) && !made(-61).counts(NOW));
    }

    #[test]
    fn an_isolate_looks_again_after_a_minute_and_when_its_clock_went_back() {
        let since = |ago| is_fresh_in_isolate(UnixTime(NOW.0 - ago), NOW);
        assert!(since(0) && since(59));
        assert!(!since(60) && !since(-1));
    }

    #[test]
    fn the_own_publication_stands_above_an_older_copy_while_it_counts() {
        let chosen = |kept: i64, copy: i64| NOW.since(newer(Some(made(kept)), made(copy), NOW).made_at).seconds();
        assert_eq!(chosen(10, 20), 10);
        assert_eq!(chosen(20, 10), 10);
        assert_eq!(chosen(-100, 20), 20, "it is of the future");
    }
}
