//! For how long what was fetched may be kept (RFC 9111 section 5.2.2), and when it is asked for again.

use crate::time::{Lifetime, UnixTime};

/// No answer is kept longer than this, whatever it says.
pub const LONGEST: Lifetime = Lifetime::days(1);

/// What `Cache-Control` says: zero for an answer that must not be kept, `None` when it does not say.
pub fn max_age(cache_control: &str) -> Option<Lifetime> {
    let mut seconds = None;
    for directive in cache_control.split(',') {
        let (name, value) = directive.split_once('=').unwrap_or((directive, ""));
        match name.trim().to_ascii_lowercase().as_str() {
            "no-store" | "no-cache" => return Some(Lifetime(0)),
            "max-age" => seconds = value.trim().trim_matches('"').parse::<u64>().ok().or(seconds),
            _ => {}
        }
    }
    seconds.map(|seconds| Lifetime(i64::try_from(seconds).unwrap_or(i64::MAX)).min(LONGEST))
}

/// How long an answer counts that said `max_age`: the `usual` time where it does not say, and within bounds in any case.
pub fn bounded(max_age: Option<Lifetime>, usual: Lifetime, (least, most): (Lifetime, Lifetime)) -> Lifetime {
    max_age.unwrap_or(usual).clamp(least, most)
}

/// How much longer fetched keys count while the client's server cannot be reached.
pub const STALE: Lifetime = Lifetime::hours(1);

/// The least time between two questions for the same keys, whatever became of the first.
pub const COOLDOWN: Lifetime = Lifetime(30);

/// When keys that are kept were asked for, and until when they count unasked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Asked {
    /// When they were last asked for, in vain or not.
    pub at: UnixTime,
    /// Zero for keys that never came.
    pub fresh_until: UnixTime,
}

/// What to do with keys that are kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Plan {
    /// They count.
    Use,
    /// The client's server is asked. Where it fails, they count if they are still [`Asked::is_usable`].
    Ask,
    /// They do not count, and it is too early to ask.
    Refuse,
}

impl Asked {
    /// What to do where `fits` says whether the wanted key is among those that are kept.
    pub fn plan(self, fits: bool, now: UnixTime) -> Plan {
        if fits && now < self.fresh_until {
            return Plan::Use;
        }
        // A clock that went back must not keep anybody from asking.
        let recently = (0..COOLDOWN.seconds()).contains(&now.since(self.at).seconds());
        match recently {
            false => Plan::Ask,
            true if fits && self.is_usable(now) => Plan::Use,
            true => Plan::Refuse,
        }
    }

    /// Whether they may have been asked for then: a clock that went back must not make a copy count for longer.
    pub fn is_plausible(self, now: UnixTime) -> bool {
        self.at <= now + COOLDOWN
    }

    /// Whether they may count although they are old.
    pub fn is_usable(self, now: UnixTime) -> bool {
        now < self.fresh_until + STALE
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_asked_for_when_they_are_old_or_lack_one_and_never_twice_in_30_seconds() {
        let asked = |at, fresh_until| Asked {
            at: UnixTime(at),
            fresh_until: UnixTime(fresh_until),
        };
        let (fresh, stale, failing, over, never) = (
            asked(10_000, 10_600),
            asked(9_000, 9_600),
            asked(9_990, 9_600),
            asked(9_990, 6_000),
            asked(9_990, 0),
        );
        let plan = |asked: Asked, fits| asked.plan(fits, UnixTime(10_010));
        assert_eq!((plan(fresh, true), plan(fresh, false)), (Plan::Use, Plan::Refuse));
        assert_eq!((plan(stale, true), plan(stale, false)), (Plan::Ask, Plan::Ask));
        assert_eq!((plan(failing, true), plan(failing, false)), (Plan::Use, Plan::Refuse));
        assert_eq!((plan(over, true), plan(over, false)), (Plan::Refuse, Plan::Refuse));
        assert_eq!((plan(never, true), plan(never, false)), (Plan::Refuse, Plan::Refuse));
        assert_eq!(fresh.plan(false, UnixTime(10_030)), Plan::Ask, "30 seconds later");
        assert_eq!(
            fresh.plan(false, UnixTime(9_000)),
            Plan::Ask,
            "after the clock went back"
        );
        assert!(fresh.is_plausible(UnixTime(9_970)) && !fresh.is_plausible(UnixTime(9_969)));
        assert!(failing.is_usable(UnixTime(13_199)) && !failing.is_usable(UnixTime(13_200)));
    }

    #[test]
    fn what_an_answer_says_of_its_age_counts_within_bounds() {
        let bounded =
            |max_age: Option<i64>| bounded(max_age.map(Lifetime), Lifetime(600), (Lifetime(60), Lifetime(3_600)));
        assert_eq!((bounded(None), bounded(Some(700))), (Lifetime(600), Lifetime(700)));
        assert_eq!(
            (bounded(Some(0)), bounded(Some(9_999))),
            (Lifetime(60), Lifetime(3_600))
        );
    }

    #[test]
    fn max_age_is_bounded_and_no_store_wins() {
        assert_eq!(max_age("public, max-age=60"), Some(Lifetime(60)));
        assert_eq!(max_age("Max-Age=\"60\", immutable"), Some(Lifetime(60)));
        assert_eq!(max_age("max-age=99999999999"), Some(LONGEST));
        assert_eq!(max_age("max-age=600, no-store"), Some(Lifetime(0)));
        assert_eq!(max_age("no-cache"), Some(Lifetime(0)));
        for silent in [
            "",
            "public",
            "max-age",
            "max-age=",
            "max-age=-1",
            "max-age=x",
            "s-maxage=5",
        ] {
            assert_eq!(max_age(silent), None, "{silent}");
        }
    }
}
