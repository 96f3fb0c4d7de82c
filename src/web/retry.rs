//! When an address that did not answer is asked again: how notices of a logout (OIDC Back-Channel Logout 1.0 section 2.8, "the
//! OP MAY retransmit") are repeated.

use crate::time::Lifetime;

/// How long a notice is tried before it is given up.
pub const KEPT: Lifetime = Lifetime::days(3);

/// How often in a row an address may call notices wrong before the notice that it gets then is dropped.
pub const MOST_REFUSALS: i64 = 3;

/// The bounds of [`wait`].
pub const FIRST_WAIT: Lifetime = Lifetime::minutes(1);
#[allow(missing_docs)] // As above.
pub const LONGEST_WAIT: Lifetime = Lifetime::days(1);

/// The wait after so many `failures` in a row: a minute, and four times as long after each further one, up to a day.
pub fn wait(failures: i64) -> Lifetime {
    let further = u32::try_from(failures.saturating_sub(1).clamp(0, 30)).unwrap_or(0);
    let factor = 4_i64.saturating_pow(further);
    Lifetime(FIRST_WAIT.seconds().saturating_mul(factor)).min(LONGEST_WAIT)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_grow_from_a_minute_to_a_day() {
        let minutes = |failures| wait(failures).seconds() / 60;
        assert_eq!([1, 2, 3, 4, 5, 6, 7].map(minutes), [1, 4, 16, 64, 256, 1_024, 1_440]);
        assert_eq!(wait(i64::MAX), Lifetime::days(1));
        assert_eq!([i64::MIN, 0].map(wait), [Lifetime::minutes(1); 2]);
    }

    #[test]
    fn an_address_that_never_answers_is_asked_ten_times_at_most() {
        let (mut at, mut asked) = (0, 0);
        while at < KEPT.seconds() {
            asked += 1;
            at += wait(asked).seconds();
        }
        assert!(asked <= 10, "{asked}");
    }
}
