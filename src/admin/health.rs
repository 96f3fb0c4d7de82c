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
    /// The names of webhooks that fail.
    pub failing_webhooks: Vec<String>,
}

/// How the parts are. What cannot be known is not well.
pub struct Health {
    d1: bool,
    pub kv: bool,
    pub cron: bool,
    pub last_run_at: Option<UnixTime>,
    pub mail: bool,
    pub oldest_mail_at: Option<UnixTime>,
    /// Algorithms that are in use, and the one that every client can have, without a key that signs or opens.
    pub without_current: Vec<KeyAlg>,
    /// Those whose key has no successor.
    pub without_next: Vec<KeyAlg>,
    /// The names of webhooks that fail.
    pub failing_webhooks: Vec<String>,
}

impl Health {
    /// How they are at `now`.
    pub fn at(now: UnixTime, stored: Option<&Stored>, kv: bool) -> Self {
        let d1 = stored.is_some();
        let last_run_at = stored.and_then(|stored| stored.last_run_at);
        let oldest_mail_at = stored.and_then(|stored| stored.oldest_mail_at);
        let keys = stored.map_or(&[][..], |stored| &stored.keys);
        let lacking = |state| -> Vec<_> {
            let has = |alg: KeyAlg| {
                keys.iter()
                    .any(|key| key.alg == alg && key.schedule.state(now) == state)
            };
            let used =
                |alg: &KeyAlg| *alg == KeyAlg::Sign(SigningAlg::default()) || keys.iter().any(|key| key.alg == *alg);
            let used = KeyAlg::ALL.into_iter().filter(used);
            used.filter(|alg| d1 && !has(*alg)).collect()
        };
        Self {
            d1,
            kv,
            cron: last_run_at.is_some_and(|at| at > now - CRON_OVERDUE),
            last_run_at,
            mail: d1 && oldest_mail_at.is_none_or(|at| at > now - MAIL_OVERDUE),
            oldest_mail_at,
            without_current: lacking(KeyState::Current),
            without_next: lacking(KeyState::Next),
            failing_webhooks: stored.map_or_else(Vec::new, |stored| stored.failing_webhooks.clone()),
        }
    }

    /// Whether webhooks are sent to, those that are on.
    fn webhooks(&self) -> bool {
        self.d1 && self.failing_webhooks.is_empty()
    }

    /// Whether each key that there must be is there.
    pub fn keys(&self) -> bool {
        self.d1 && self.without_current.is_empty() && self.without_next.is_empty()
    }

    /// Whether all are well.
    pub fn is_well(&self) -> bool {
        self.d1 && self.kv && self.cron && self.mail && self.keys() && self.webhooks()
    }
}

/// The parts with what they say, and whether all are well.
pub fn describe(health: &Health) -> Value {
    let keys = match health.d1 {
        true => json!({
            "ok": health.keys(),
            "without_current": health.without_current,
            "without_next": health.without_next,
        }),
        false => json!({ "ok": false }),
    };
    json!({
        "ok": health.is_well(),
        "d1": { "ok": health.d1 },
        "kv": { "ok": health.kv },
        "keys": keys,
        "cron": { "ok": health.cron, "last_run_at": health.last_run_at },
        "mail": { "ok": health.mail, "oldest_waiting_at": health.oldest_mail_at },
        "webhooks": { "ok": health.webhooks(), "failing": health.failing_webhooks },
    })
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
            failing_webhooks: Vec::new(),
        }
    }

    #[test]
    fn all_is_well_where_each_part_is() {
        assert_eq!(describe(&Health::at(NOW, Some(&well()), true))["ok"], true);
        let ill = |stored: Option<Stored>, kv, part: &str| {
            let health = describe(&Health::at(NOW, stored.as_ref(), kv));
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
        let failing_webhooks = vec!["SIEM".to_owned()];
        ill(
            Some(Stored {
                failing_webhooks,
                ..well()
            }),
            true,
            "webhooks",
        );
    }

    #[test]
    fn a_key_without_a_successor_is_named_by_its_algorithm() {
        let mut stored = well();
        stored.keys.push(key(SigningAlg::ES256, NOW - Lifetime(1)));
        let health = describe(&Health::at(NOW, Some(&stored), true));
        assert_eq!(
            health["keys"],
            json!({ "ok": false, "without_current": [], "without_next": ["ES256"] })
        );
    }
}
