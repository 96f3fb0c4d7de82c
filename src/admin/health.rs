//! Whether the deployment is well: what its parts say, and what an operator has to look after.

use serde_json::{Value, json};

use crate::{
    oidc::jose::{
        jwt::SigningAlg,
        provider_key::{KeyAlg, KeyState, ProviderKey},
    },
    time::{Lifetime, UnixTime},
};

/// After this without a periodic run that ended well, something is wrong with the trigger or with the run.
const CRON_OVERDUE: Lifetime = Lifetime::days(1);

/// A mail that has waited for so long is stuck.
const MAIL_OVERDUE: Lifetime = Lifetime::hours(1);

/// What D1 says, where it answers.
pub struct Stored {
    pub keys: Vec<ProviderKey>,
    /// When a periodic run last ended well.
    pub last_run_at: Option<UnixTime>,
    /// When the oldest mail that waits was written, where mails are sent.
    pub oldest_mail_at: Option<UnixTime>,
}

/// The parts with what they say, and whether all are well. What cannot be known is not well.
pub fn describe(stored: Option<&Stored>, kv: bool, now: UnixTime) -> Value {
    let d1 = stored.is_some();
    let keys = stored.map_or_else(|| json!({ "ok": false }), |stored| keys(&stored.keys, now));
    let last_run_at = stored.and_then(|stored| stored.last_run_at);
    let cron = last_run_at.is_some_and(|at| at > now - CRON_OVERDUE);
    let oldest_mail_at = stored.and_then(|stored| stored.oldest_mail_at);
    let mail = d1 && oldest_mail_at.is_none_or(|at| at > now - MAIL_OVERDUE);
    let ok = d1 && kv && cron && mail && keys.get("ok") == Some(&json!(true));
    json!({
        "ok": ok,
        "d1": { "ok": d1 },
        "kv": { "ok": kv },
        "keys": keys,
        "cron": { "ok": cron, "last_run_at": last_run_at },
        "mail": { "ok": mail, "oldest_waiting_at": oldest_mail_at },
    })
}

/// Each algorithm that is in use, and the one that every client can have, has a key that signs or opens, and its successor.
fn keys(keys: &[ProviderKey], now: UnixTime) -> Value {
    let has = |alg: KeyAlg, state| {
        keys.iter()
            .any(|key| key.alg == alg && key.schedule.state(now) == state)
    };
    let used = |alg: &KeyAlg| *alg == KeyAlg::Sign(SigningAlg::default()) || keys.iter().any(|key| key.alg == *alg);
    let lacking = |state| -> Vec<_> {
        let used = KeyAlg::ALL.into_iter().filter(used);
        used.filter(|alg| !has(*alg, state)).collect()
    };
    let (current, next) = (lacking(KeyState::Current), lacking(KeyState::Next));
    json!({ "ok": current.is_empty() && next.is_empty(), "without_current": current, "without_next": next })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::oidc::jose::provider_key::Schedule;

    const NOW: UnixTime = UnixTime(1_800_000_000);

    fn key(alg: SigningAlg, activate_at: UnixTime) -> ProviderKey {
        ProviderKey {
            kid: "k".to_owned(),
            alg: KeyAlg::Sign(alg),
            jwk: json!({}),
            schedule: Schedule {
                publish_at: NOW - Lifetime::days(9),
                activate_at,
                retire_at: None,
                remove_at: None,
                revoked_at: None,
            },
        }
    }

    fn well() -> Stored {
        Stored {
            keys: [NOW - Lifetime(1), NOW + Lifetime(1)]
                .map(|at| key(SigningAlg::RS256, at))
                .into(),
            last_run_at: Some(NOW - Lifetime::minutes(5)),
            oldest_mail_at: None,
        }
    }

    #[test]
    fn all_is_well_where_each_part_is() {
        assert_eq!(describe(Some(&well()), true, NOW)["ok"], true);
        let ill = |stored: Option<Stored>, kv, part: &str| {
            let health = describe(stored.as_ref(), kv, NOW);
            assert_eq!(
                (&health["ok"], &health[part]["ok"]),
                (&json!(false), &json!(false)),
                "{part}"
            );
        };
        ill(None, true, "d1");
        ill(None, true, "keys");
        ill(Some(well()), false, "kv");
        let late = |at: Lifetime| Some(NOW - at);
        for last_run_at in [None, late(Lifetime::days(1))] {
            ill(Some(Stored { last_run_at, ..well() }), true, "cron");
        }
        let oldest_mail_at = late(Lifetime::hours(1));
        ill(
            Some(Stored {
                oldest_mail_at,
                ..well()
            }),
            true,
            "mail",
        );
        ill(Some(Stored { keys: vec![], ..well() }), true, "keys");
    }

    #[test]
    fn a_key_without_a_successor_is_named_by_its_algorithm() {
        let mut stored = well();
        stored.keys.push(key(SigningAlg::ES256, NOW - Lifetime(1)));
        let health = describe(Some(&stored), true, NOW);
        assert_eq!(
            health["keys"],
            json!({ "ok": false, "without_current": [], "without_next": ["ES256"] })
        );
    }
}
