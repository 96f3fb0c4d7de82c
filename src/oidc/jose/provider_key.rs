//! Limen's own keys and their lives (RFC 7517, OIDC Core sections 10.1.1 and 10.2.1): those that it signs with, and those
//! that clients encrypt to.
//!
//! A key's state follows from the clock alone. Each key has a successor from the day it begins to sign, published a whole
//! [`ROTATION_PERIOD`] ahead, so weeks without any periodic run leave no gap. Keys for encryption live by the same dates.

use jwt_compact::jwk::JsonWebKey;
use serde::{Serialize, Serializer};
use serde_json::{Map, Value};
use sha2::Sha256;

use super::{jwe::KeyManagementAlg, jwt::SigningAlg};
use crate::{
    secret::random_text,
    time::{Lifetime, UnixTime},
};

/// How long a key signs.
pub const ROTATION_PERIOD: Lifetime = Lifetime::days(90);

/// The least time for which a key is published before it signs. Longer than every cache of the JWKS.
pub const PUBLICATION_LEAD: Lifetime = Lifetime::hours(24);

/// How far the clocks of two isolates may be apart. A key that signs as soon as it is there is dated back by so much, so that
/// an isolate whose clock is behind takes it for current as well, and makes no other.
pub const CLOCK_SKEW: Lifetime = Lifetime::minutes(1);

/// How long a published JWKS may be kept: `max-age` of its answers.
pub const JWKS_MAX_AGE: Lifetime = Lifetime::minutes(15);

/// How much longer than its longest token a retired key stays published, for caches and clocks that are off.
const REMOVAL_MARGIN: Lifetime = Lifetime::hours(24);

/// What a key is for, and nothing else is done with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum KeyAlg {
    /// Limen signs with it.
    Sign(SigningAlg),
    /// Clients encrypt to it.
    Decrypt(DecryptionAlg),
}

/// A kind of key that clients encrypt to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum DecryptionAlg {
    /// RSA-OAEP and RSA-OAEP-256.
    Rsa,
    /// ECDH-ES on P-256, with and without a key wrap.
    EcdhP256,
}

impl DecryptionAlg {
    /// The kind of key that opens what is encrypted with `alg`.
    pub fn of(alg: KeyManagementAlg) -> Self {
        match alg.agreement() {
            None => Self::Rsa,
            Some(_) => Self::EcdhP256,
        }
    }
}

impl KeyAlg {
    /// All of them, the default first.
    pub const ALL: [Self; 6] = [
        Self::Sign(SigningAlg::RS256),
        Self::Sign(SigningAlg::PS256),
        Self::Sign(SigningAlg::ES256),
        Self::Sign(SigningAlg::EdDSA),
        Self::Decrypt(DecryptionAlg::Rsa),
        Self::Decrypt(DecryptionAlg::EcdhP256),
    ];

    /// The name under which the key is stored: that of the algorithm, or of the family of them.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Sign(alg) => alg.as_str(),
            Self::Decrypt(DecryptionAlg::Rsa) => "RSA-OAEP",
            Self::Decrypt(DecryptionAlg::EcdhP256) => "ECDH-ES",
        }
    }

    /// The purpose by that name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|alg| alg.as_str() == name)
    }

    /// `use` (RFC 7517 section 4.2).
    pub fn key_use(self) -> &'static str {
        match self {
            Self::Sign(_) => "sig",
            Self::Decrypt(_) => "enc",
        }
    }
}

impl Default for KeyAlg {
    fn default() -> Self {
        Self::Sign(SigningAlg::default())
    }
}

impl From<SigningAlg> for KeyAlg {
    fn from(alg: SigningAlg) -> Self {
        Self::Sign(alg)
    }
}

impl Serialize for KeyAlg {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

/// The public half of a key.
#[derive(Clone, Debug)]
pub struct ProviderKey {
    /// RFC 7638 thumbprint.
    pub kid: String,
    /// What it is for.
    pub alg: KeyAlg,
    /// As it stands in the JWKS.
    pub jwk: Value,
    /// Its dates.
    pub schedule: Schedule,
}

/// The dates of a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Schedule {
    /// In the JWKS from here on.
    pub publish_at: UnixTime,
    /// Signs from here on.
    pub activate_at: UnixTime,
    /// Signs no more; its successor does.
    pub retire_at: Option<UnixTime>,
    /// Out of the JWKS.
    pub remove_at: Option<UnixTime>,
    /// Withdrawn by an operator: out of the JWKS at once, whatever the other dates.
    pub revoked_at: Option<UnixTime>,
}

/// What a key does now.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum KeyState {
    /// Published, will sign.
    Next,
    /// Published, signs.
    Current,
    /// Published, signs no more.
    Retired,
    /// Unpublished, its tokens are dead.
    Removed,
    /// Unpublished by an operator.
    Revoked,
}

impl Schedule {
    /// The state at `now`.
    pub fn state(&self, now: UnixTime) -> KeyState {
        let reached = |date: Option<UnixTime>| date.is_some_and(|date| date <= now);
        if self.revoked_at.is_some() {
            KeyState::Revoked
        } else if reached(self.remove_at) {
            KeyState::Removed
        } else if reached(self.retire_at) {
            KeyState::Retired
        } else if self.activate_at <= now {
            KeyState::Current
        } else {
            KeyState::Next
        }
    }

    /// Whether the key stands in the JWKS at `now`.
    pub fn is_published(&self, now: UnixTime) -> bool {
        matches!(self.state(now), KeyState::Next | KeyState::Current | KeyState::Retired)
    }

    /// The dates of the key that an algorithm lacks at `now`, given those that it has: the first, or the next.
    pub fn due(existing: &[Schedule], now: UnixTime) -> Option<Self> {
        let in_state = |state| existing.iter().filter(move |schedule| schedule.state(now) == state);
        let Some(current) = in_state(KeyState::Current).map(|schedule| schedule.activate_at).max() else {
            return Some(Self::starting(now, now - CLOCK_SKEW));
        };
        let has_next = in_state(KeyState::Next).next().is_some();
        let activate_at = (current + ROTATION_PERIOD).max(now + PUBLICATION_LEAD);
        (!has_next).then(|| Self::starting(now, activate_at))
    }

    fn starting(publish_at: UnixTime, activate_at: UnixTime) -> Self {
        Self {
            publish_at,
            activate_at,
            retire_at: None,
            remove_at: None,
            revoked_at: None,
        }
    }

    /// When a key that retires when this one is activated can be removed.
    pub fn predecessor_remove_at(&self, longest_token: Lifetime) -> UnixTime {
        Self::remove_at(self.activate_at, longest_token)
    }

    /// When a key that retires at `retire_at` can be removed.
    pub fn remove_at(retire_at: UnixTime, longest_token: Lifetime) -> UnixTime {
        retire_at + longest_token + JWKS_MAX_AGE + REMOVAL_MARGIN
    }
}

impl ProviderKey {
    /// Whether the key stands in the JWKS at `now`. One that was signed with stays until its last token has ended; to one whose
    /// successor has taken over nobody should encrypt any more, though Limen still opens what was encrypted to it.
    pub fn is_published(&self, now: UnixTime) -> bool {
        match self.alg {
            KeyAlg::Sign(_) => self.schedule.is_published(now),
            KeyAlg::Decrypt(_) => matches!(self.schedule.state(now), KeyState::Next | KeyState::Current),
        }
    }
}

/// The JWKS of `keys` at `now`, those that sign first.
pub fn jwks<'a>(keys: impl Iterator<Item = &'a ProviderKey>, now: UnixTime) -> Vec<Value> {
    let mut published: Vec<_> = keys.filter(|key| key.is_published(now)).collect();
    published.sort_by_key(|key| {
        (
            matches!(key.alg, KeyAlg::Decrypt(_)),
            key.schedule.state(now) != KeyState::Current,
            key.alg,
            key.schedule.activate_at,
        )
    });
    published.into_iter().map(|key| key.jwk.clone()).collect()
}

/// The SHA-256 thumbprint of a public key (RFC 7638). `None` for what is no key.
pub fn thumbprint(jwk: &Value) -> Option<String> {
    let key: JsonWebKey<'_> = serde_json::from_value(jwk.clone()).ok()?;
    Some(random_text::<32>(key.thumbprint::<Sha256>().into()))
}

/// The members of a JWK that make a public key; WebCrypto adds others of its own.
const PUBLIC_MEMBERS: [&str; 6] = ["kty", "crv", "x", "y", "n", "e"];

/// Names an exported public key: its `kid`, and the JWK as it will be published.
pub fn name_public_key(exported: &Value, alg: KeyAlg) -> Option<(String, Value)> {
    let exported = exported.as_object()?;
    let public = PUBLIC_MEMBERS
        .iter()
        .filter_map(|name| Some(((*name).to_owned(), exported.get(*name)?.clone())));
    let mut jwk: Map<String, Value> = public.collect();
    let kid = thumbprint(&Value::Object(jwk.clone()))?;
    jwk.insert("kid".to_owned(), kid.clone().into());
    jwk.insert("use".to_owned(), alg.key_use().into());
    // A key to encrypt to serves several algorithms.
    if let KeyAlg::Sign(alg) = alg {
        jwk.insert("alg".to_owned(), alg.as_str().into());
    }
    Some((kid, Value::Object(jwk)))
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: UnixTime = UnixTime(1_000_000_000);

    #[test]
    fn the_thumbprint_is_that_of_rfc_7638_section_3_1() {
        let jwk = serde_json::json!({
            "kty": "RSA", "alg": "RS256", "kid": "2011-04-29", "e": "AQAB", "ext": true, "key_ops": ["verify"],
            "n": "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw",
        });
        let (kid, published) = name_public_key(&jwk, SigningAlg::RS256.into()).unwrap();
        assert_eq!(kid, "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs");
        assert_eq!(published["kid"], kid);
        assert!(published.get("ext").is_none() && published.get("key_ops").is_none());
    }

    #[test]
    fn an_empty_table_gets_a_key_that_signs_at_once_and_then_its_successor() {
        let first = Schedule::due(&[], NOW).unwrap();
        assert_eq!(first.state(NOW), KeyState::Current);
        let next = Schedule::due(&[first], NOW).unwrap();
        assert_eq!(next.state(NOW), KeyState::Next);
        assert_eq!(next.activate_at, first.activate_at + ROTATION_PERIOD);
        assert_eq!(Schedule::due(&[first, next], NOW), None);
    }

    #[test]
    fn a_first_key_is_current_for_an_isolate_whose_clock_is_behind() {
        let first = Schedule::due(&[], NOW).unwrap();
        assert_eq!(first.state(NOW - CLOCK_SKEW), KeyState::Current);
    }

    #[test]
    fn no_key_signs_that_was_not_published_a_day_before() {
        let first = Schedule::due(&[], NOW).unwrap();
        for days_late in [0, 40, 89, 90, 400] {
            let now = NOW + Lifetime::days(days_late);
            let next = Schedule::due(&[first], now).unwrap();
            assert!(next.activate_at.since(next.publish_at) >= PUBLICATION_LEAD);
            assert_eq!(
                first.state(now),
                KeyState::Current,
                "the old key signs until its successor may"
            );
        }
    }

    #[test]
    fn a_revoked_key_is_replaced_and_never_published() {
        let mut first = Schedule::due(&[], NOW).unwrap();
        first.revoked_at = Some(NOW);
        assert_eq!(first.state(NOW), KeyState::Revoked);
        assert!(!first.is_published(NOW));
        assert_eq!(
            Schedule::due(&[first], NOW).map(|schedule| schedule.state(NOW)),
            Some(KeyState::Current)
        );
    }

    #[test]
    fn a_retired_key_outlasts_its_tokens_and_every_cache() {
        let next = Schedule::starting(NOW, NOW + ROTATION_PERIOD);
        let longest = Lifetime::hours(1);
        let mut old = Schedule::starting(NOW, NOW);
        old.retire_at = Some(next.activate_at);
        old.remove_at = Some(next.predecessor_remove_at(longest));
        let last_token_dies = next.activate_at + longest;
        assert_eq!(old.state(next.activate_at), KeyState::Retired);
        assert!(old.is_published(last_token_dies + JWKS_MAX_AGE));
        assert!(!old.is_published(last_token_dies + JWKS_MAX_AGE + REMOVAL_MARGIN));
    }
}
