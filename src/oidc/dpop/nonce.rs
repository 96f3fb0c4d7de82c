//! Nonces that the server provides (RFC 9449 sections 8 and 9). One is a MAC of the minute in which it was made, so that none is
//! stored, and every isolate knows those of the others.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};

use crate::{
    oidc::error::{ErrorCode, OAuthError},
    secret::{Purpose, RootKeys},
    time::{Lifetime, UnixTime},
};

/// How long a nonce is given out. It is good for as long again, so that one that was given last is of use.
const WINDOW: Lifetime = Lifetime::minutes(1);

/// The nonce that is given out now.
pub fn current(roots: &RootKeys, now: UnixTime) -> String {
    of_window(window(now), roots)
}

/// Until when a proof with this nonce stands. `None` for one that is not Limen's, or too old. That of the next minute counts, too: the
/// isolate that gave it may have a clock that is ahead.
pub fn good_until(nonce: &str, roots: &RootKeys, now: UnixTime) -> Option<UnixTime> {
    let this = window(now);
    let found = [this, this - 1, this + 1]
        .into_iter()
        .find(|window| of_window(*window, roots) == nonce)?;
    Some(UnixTime((found + 2) * WINDOW.seconds()))
}

/// The refusal of a proof without a nonce, or with an old one. The answer brings the nonce to use.
pub fn wanted() -> OAuthError {
    OAuthError::new(
        ErrorCode::UseDpopNonce,
        "the DPoP proof must have the nonce of the DPoP-Nonce header",
    )
}

fn window(now: UnixTime) -> i64 {
    now.seconds().div_euclid(WINDOW.seconds())
}

fn of_window(window: i64, roots: &RootKeys) -> String {
    let mac = roots.current(Purpose::DpopNonce).mac(&[&window.to_be_bytes()]);
    URL_SAFE_NO_PAD.encode(mac)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    fn roots(byte: u8) -> RootKeys {
        RootKeys::new(BTreeMap::from([(1, [byte; 32])]), 1, String::new()).unwrap()
    }

    #[test]
    fn a_nonce_is_good_for_one_to_two_minutes_and_until_then_no_longer() {
        let roots = roots(7);
        let begin = UnixTime(60 * 30_000_000);
        for given in [begin, begin + Lifetime(59)] {
            let nonce = current(&roots, given);
            let until = begin + Lifetime(120);
            assert_eq!(good_until(&nonce, &roots, given), Some(until));
            assert_eq!(good_until(&nonce, &roots, until - Lifetime(1)), Some(until));
            assert_eq!(good_until(&nonce, &roots, until), None);
        }
        let ahead = current(&roots, begin + Lifetime(60));
        assert_eq!(
            good_until(&ahead, &roots, begin + Lifetime(59)),
            Some(begin + Lifetime(180))
        );
        assert_eq!(good_until(&ahead, &roots, begin - Lifetime(1)), None);
    }

    #[test]
    fn nobody_else_makes_a_nonce() {
        let now = UnixTime(1_800_000_000);
        for other in ["", "x", &current(&roots(8), now), &current(&roots(7), now)[1..]] {
            assert_eq!(good_until(other, &roots(7), now), None, "{other}");
        }
    }
}
