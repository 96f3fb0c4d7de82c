//! Limen's keys at work: made, published, rotated, revoked. Their dates are decided in `oidc::jose::provider_key`, which of them
//! signs is decided by D1, and their private halves stay within WebCrypto.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::json;
use web_sys::CryptoKey;

use super::{
    crypto::{self, Unwrap, WrappingKey},
    jwks,
};
use crate::{
    audit::{Actor, Entry, Event},
    db::{
        Batch, audit,
        signing_keys::{self, CurrentKey, WrappedKey},
    },
    edge::platform::{context::Context, log},
    fault::Fault,
    memory::Memory,
    oidc::jose::{
        jwe::Encrypted,
        jwt::{SigningAlg, SigningInput, Unverified},
        provider_key::{DecryptionAlg, KeyAlg, ProviderKey, Schedule, name_public_key},
    },
    secret::{KekVersion, Purpose, RootKeys},
    time::UnixTime,
};

thread_local! {
    /// Unwrapped private halves by `kid`. That a key is here says nothing of whether it may sign.
    static AT_HAND: Memory<(SigningAlg, CryptoKey)> = Memory::new(MOST_AT_HAND);

    /// Public halves that were handed over to WebCrypto, by their JWK. Whether one counts is D1's to say.
    static PUBLIC_HALVES: Memory<CryptoKey> = Memory::new(MOST_AT_HAND);
}

/// The most keys kept at hand. One that was dropped is unwrapped again when it is needed.
const MOST_AT_HAND: usize = 32;

/// A key that signs.
pub struct Signer {
    kid: String,
    alg: SigningAlg,
    key: CryptoKey,
}

/// The `kid`s at hand, as the JSON that the statements for the current key take.
pub fn at_hand() -> String {
    serde_json::to_string(&AT_HAND.with(Memory::names)).unwrap_or_default()
}

/// Makes sure that a key of `alg` is at hand.
///
/// # Errors
/// Where it cannot be unwrapped.
pub async fn ensure_at_hand(alg: SigningAlg, context: &Context) -> Result<(), Fault> {
    if is_at_hand(alg) {
        return Ok(());
    }
    let current = context
        .db
        .read(signing_keys::current(alg, &at_hand(), context.now))
        .await?;
    unwrap_to_hand(current.as_ref(), alg, context).await
}

/// Whether a key of `alg` is at hand, perhaps one that signs no more.
pub fn is_at_hand(alg: SigningAlg) -> bool {
    AT_HAND.with(|keys| keys.any(|(of, _)| *of == alg))
}

/// Unwraps the key that D1 named for `alg`, or the first one where there is none yet, and keeps it at hand.
///
/// # Errors
/// Where it cannot be unwrapped.
pub async fn unwrap_to_hand(current: Option<&CurrentKey>, alg: SigningAlg, context: &Context) -> Result<(), Fault> {
    let current = match current {
        Some(current) => current.clone(),
        None => first_key(alg, context).await?,
    };
    Signer::from_row(current, context).await.map(|_| ())
}

/// What signs, by algorithm.
pub type Signers = BTreeMap<SigningAlg, Signer>;

/// A signer for each algorithm that is needed. One that cannot be had is the matter of those alone who need it.
pub async fn for_algs(algs: impl Iterator<Item = SigningAlg>, context: &Context) -> Signers {
    let mut signers = BTreeMap::new();
    for alg in algs.collect::<BTreeSet<_>>() {
        match Signer::current(alg, context).await {
            Ok(signer) => _ = signers.insert(alg, signer),
            Err(fault) => log::fault(&context.request_id, &fault),
        }
    }
    signers
}

impl Signer {
    /// The signer that D1 named, or the first one of `alg` where there is none yet.
    pub async fn new(current: Option<CurrentKey>, alg: SigningAlg, context: &Context) -> Result<Self, Fault> {
        let current = match current {
            Some(current) => current,
            None => first_key(alg, context).await?,
        };
        if current.wants_successor != 0 {
            let alg = SigningAlg::parse(&current.alg).unwrap_or(alg);
            context.after_answer(async move |later| ensure_published(alg.into(), later).await);
        }
        Self::from_row(current, context).await
    }

    /// What signs by `alg` now.
    ///
    /// # Errors
    /// Where there is no key, or it cannot be unwrapped.
    pub async fn current(alg: SigningAlg, context: &Context) -> Result<Self, Fault> {
        let current = signing_keys::current(alg, &at_hand(), context.now);
        Self::new(context.db.read(current).await?, alg, context).await
    }

    /// By what it signs.
    pub fn alg(&self) -> SigningAlg {
        self.alg
    }

    async fn from_row(row: CurrentKey, context: &Context) -> Result<Self, Fault> {
        let alg = SigningAlg::parse(&row.alg).ok_or_else(|| Fault::new("signing_keys", "unknown alg"))?;
        if let Some((_, key)) = AT_HAND.with(|keys| keys.get(&row.kid)) {
            return Ok(Self { kid: row.kid, alg, key });
        }
        let wrapped = row
            .wrapped_key
            .ok_or_else(|| Fault::new("signing_keys", "the key was dropped by another request"))?;
        let private = WrappedKey {
            wrapped,
            kek_version: row.kek_version,
        };
        let key = unwrap(&private, &row.kid, alg.into(), Unwrap::Signing, context).await?;
        AT_HAND.with(|keys| keys.put(&row.kid, (alg, key.clone())));
        Ok(Self { kid: row.kid, alg, key })
    }

    /// A signed token in compact serialisation.
    pub async fn sign(&self, typ: &str, claims: &impl serde::Serialize) -> Result<String, Fault> {
        let input = SigningInput::new(self.alg, &self.kid, typ, claims).map_err(|cause| Fault::new("claims", cause))?;
        let signature = crypto::sign(self.alg, &self.key, input.as_bytes()).await?;
        Ok(input.with_signature(&signature))
    }
}

/// Whether `key`, the row of the `kid` that `token` names, signed it and is still published.
pub async fn verify(token: &Unverified<'_>, key: Option<&ProviderKey>, context: &Context) -> Result<bool, Fault> {
    let published = key.filter(|key| key.is_published(context.now));
    verify_signature(token, published).await
}

/// As [`verify`], also for a key whose time is over, unless it was withdrawn: a hint may be old.
pub async fn verify_past(token: &Unverified<'_>, key: Option<&ProviderKey>) -> Result<bool, Fault> {
    verify_signature(token, key.filter(|key| key.schedule.revoked_at.is_none())).await
}

async fn verify_signature(token: &Unverified<'_>, key: Option<&ProviderKey>) -> Result<bool, Fault> {
    // The key fixes the algorithm, the token never does (RFC 8725 section 3.1).
    match key.map(|key| (key.alg, &key.jwk)) {
        Some((KeyAlg::Sign(alg), jwk)) if token.alg() == Some(alg) => {
            let key = public_half(alg, jwk).await?;
            crypto::verify(alg.into(), &key, token.signature(), token.signed_bytes()).await
        }
        _ => Ok(false),
    }
}

/// The public half that D1 gave as a JWK, for WebCrypto.
async fn public_half(alg: SigningAlg, jwk: &serde_json::Value) -> Result<CryptoKey, Fault> {
    let text = jwk.to_string();
    if let Some(key) = PUBLIC_HALVES.with(|keys| keys.get(&text)) {
        return Ok(key);
    }
    let key = crypto::import_public(alg.into(), jwk).await?;
    PUBLIC_HALVES.with(|keys| keys.put(&text, key.clone()));
    Ok(key)
}

/// The text inside of a JWE that a client encrypted to Limen, also to a key whose successor has taken over. `None` for whatever
/// is wrong with it.
pub async fn open(text: &str, context: &Context) -> Result<Option<String>, Fault> {
    let Some(jwe) = Encrypted::parse(text) else {
        return Ok(None);
    };
    let opened = decrypt(&jwe, context).await?;
    Ok(opened.and_then(|inside| String::from_utf8(inside).ok()))
}

async fn decrypt(jwe: &Encrypted<'_>, context: &Context) -> Result<Option<Vec<u8>>, Fault> {
    let alg = DecryptionAlg::of(jwe.alg);
    let keys = signing_keys::for_decryption(alg, jwe.kid.as_deref(), context.now);
    for row in context.db.read(keys).await? {
        let private = WrappedKey {
            wrapped: row.wrapped_key.unwrap_or_default(),
            kek_version: row.kek_version,
        };
        let purpose = Unwrap::Decrypting(jwe.alg);
        let key = unwrap(&private, &row.kid, KeyAlg::Decrypt(alg), purpose, context).await?;
        let opened = crypto::jwe::decrypt(jwe, &key).await;
        if opened.is_some() {
            return Ok(opened);
        }
    }
    Ok(None)
}

/// Makes the keys of `alg` that are due: the first, and the next. Running it twice, or twice at once, changes nothing. Whether
/// it made one, so that the JWKS has to be published.
pub async fn ensure(alg: KeyAlg, context: &Context) -> Result<bool, Fault> {
    let mut changed = false;
    // At most the first key and its successor.
    for _ in 0..2 {
        let existing = context.db.read(signing_keys::all()).await?;
        let Some(due) = due(&existing, alg, context.now) else {
            break;
        };
        if !existing.is_empty() {
            check_root(context).await?;
        }
        create(alg, due, context).await?;
        changed = true;
    }
    Ok(changed)
}

/// The dates of the key of `alg` that `existing` lacks.
fn due(existing: &[ProviderKey], alg: KeyAlg, now: UnixTime) -> Option<Schedule> {
    let of_alg = existing.iter().filter(|key| key.alg == alg);
    let schedules: Vec<_> = of_alg.map(|key| key.schedule).collect();
    Schedule::due(&schedules, now)
}

/// Fails when the root key is not the one that the keys are wrapped under: what it would make, the right one could not open.
async fn check_root(context: &Context) -> Result<(), Fault> {
    let current = signing_keys::current(SigningAlg::default(), &at_hand(), context.now);
    match context.db.read(current).await? {
        Some(current) => Signer::from_row(current, context).await.map(|_| ()),
        None => Ok(()),
    }
}

/// [`ensure`], and the JWKS with what it made.
pub async fn ensure_published(alg: KeyAlg, context: &Context) -> Result<(), Fault> {
    if ensure(alg, context).await? {
        jwks::publish(context).await?;
    }
    Ok(())
}

/// [`ensure_published`] for each algorithm that has keys and lacks one.
pub async fn ensure_successors(context: &Context) -> Result<(), Fault> {
    let existing = context.db.read(signing_keys::all()).await?;
    for alg in KeyAlg::ALL {
        let has_keys = existing.iter().any(|key| key.alg == alg);
        if has_keys && due(&existing, alg, context.now).is_some() {
            ensure_published(alg, context).await?;
        }
    }
    Ok(())
}

async fn first_key(alg: SigningAlg, context: &Context) -> Result<CurrentKey, Fault> {
    ensure_published(alg.into(), context).await?;
    let current = signing_keys::current(alg, &at_hand(), context.now);
    context
        .db
        .read(current)
        .await?
        .ok_or_else(|| Fault::new("signing_keys", "there is no current key"))
}

async fn create(alg: KeyAlg, schedule: Schedule, context: &Context) -> Result<(), Fault> {
    let pair = crypto::generate(alg).await?;
    let exported = crypto::export_public(&pair).await?;
    let (kid, jwk) = name_public_key(&exported, alg).ok_or_else(|| Fault::new("generate key", "odd public key"))?;
    let private = wrap(&pair.get_private_key(), &kid, alg, context).await?;
    let key = ProviderKey {
        kid,
        alg,
        jwk,
        schedule,
    };
    let longest = context.config.lifetimes.longest_signed_token();
    let created = Entry::new(Event::KeyCreated, Actor::System).detail(json!({ "kid": key.kid, "alg": alg }));
    context
        .db
        .execute([
            signing_keys::insert(&key, &private, context.now),
            audit::record_if_changed(&created, context),
            signing_keys::retire_predecessors(&key, longest),
        ])
        .await?;
    Ok(())
}

/// Withdraws a key at once, lets the next one sign, and makes another next one. `false` when there is no such key, or it
/// was withdrawn before.
pub async fn revoke(kid: &str, context: &Context) -> Result<bool, Fault> {
    let revoked = Entry::new(Event::KeyRevoked, Actor::Operator).detail(json!({ "kid": kid }));
    let mut batch = Batch::default();
    let alg = batch.add(signing_keys::revoke(kid, context.now));
    batch.push(audit::record_if_changed(&revoked, context));
    batch.push(signing_keys::promote_next(kid, context.now));
    let alg = context.db.run(batch).await?.read(alg)?;
    finish_rotation(alg, context).await
}

/// Lets the next key sign as soon as every cache of the JWKS has it, and `kid` until then. What that has signed stays good.
/// `false` when it does not sign now.
pub async fn retire(kid: &str, context: &Context) -> Result<bool, Fault> {
    let Some(key) = context.db.read(signing_keys::find(kid)).await? else {
        return Ok(false);
    };
    ensure_published(key.alg, context).await?;
    let longest = context.config.lifetimes.longest_signed_token();
    let retired = Entry::new(Event::KeyRetired, Actor::Operator).detail(json!({ "kid": kid }));
    let mut batch = Batch::default();
    let alg = batch.add(signing_keys::retire(kid, longest, context.now));
    batch.push(signing_keys::take_over_if_changed(kid, context.now));
    batch.push(audit::record_if_changed(&retired, context));
    let alg = context.db.run(batch).await?.read(alg)?;
    finish_rotation(alg, context).await
}

/// Makes the next key of `alg` where another has become the current one, if any has.
async fn finish_rotation(alg: Option<KeyAlg>, context: &Context) -> Result<bool, Fault> {
    let Some(alg) = alg else {
        return Ok(false);
    };
    ensure(alg, context).await?;
    jwks::publish_surely(context).await?;
    Ok(true)
}

/// Wraps under the current root what is still wrapped under another, so that the other can be dropped. A key that does not
/// open does not stop the others from being wrapped anew.
pub async fn rewrap(context: &Context) -> Result<(), Fault> {
    let current = context.config.roots.current_version();
    let others = signing_keys::wrapped_under_others(current, context.now);
    for row in context.db.read(others).await? {
        if let Err(fault) = rewrap_one(row, context).await {
            log::fault(&context.request_id, &fault);
        }
    }
    Ok(())
}

async fn rewrap_one(row: CurrentKey, context: &Context) -> Result<(), Fault> {
    let (Some(alg), Some(wrapped)) = (KeyAlg::parse(&row.alg), row.wrapped_key) else {
        return Ok(());
    };
    let private = WrappedKey {
        wrapped,
        kek_version: row.kek_version,
    };
    let key = unwrap(&private, &row.kid, alg, Unwrap::WrappingAgain, context).await?;
    let rewrapped = wrap(&key, &row.kid, alg, context).await?;
    let moved = Entry::new(Event::KeyRewrapped, Actor::System).detail(json!({
        "kid": row.kid, "from": row.kek_version, "to": rewrapped.kek_version,
    }));
    context
        .db
        .execute([
            signing_keys::rewrap(&row.kid, &rewrapped, row.kek_version),
            audit::record_if_changed(&moved, context),
        ])
        .await?;
    Ok(())
}

async fn wrap(private: &CryptoKey, kid: &str, alg: KeyAlg, context: &Context) -> Result<WrappedKey, Fault> {
    let kek_version = context.config.roots.current_version();
    let wrapping = wrapping_key(&context.config.roots, kek_version).await?;
    let wrapped = wrapping.wrap(private, &binding(kid, alg, kek_version)).await?;
    Ok(WrappedKey { wrapped, kek_version })
}

async fn unwrap(
    private: &WrappedKey,
    kid: &str,
    alg: KeyAlg,
    purpose: Unwrap,
    context: &Context,
) -> Result<CryptoKey, Fault> {
    let wrapping = wrapping_key(&context.config.roots, private.kek_version).await?;
    let binding = binding(kid, alg, private.kek_version);
    wrapping.unwrap(&private.wrapped, &binding, alg, purpose).await
}

async fn wrapping_key(roots: &RootKeys, version: KekVersion) -> Result<WrappingKey, Fault> {
    let key = roots
        .derive(version, Purpose::WrapSigningKey)
        .ok_or_else(|| Fault::new("signing_keys", format_args!("KEK_{version} is not configured")))?;
    WrappingKey::import(&key).await
}

/// What a wrapped key is bound to: it opens for no other name, algorithm or root.
fn binding(kid: &str, alg: KeyAlg, kek_version: KekVersion) -> String {
    format!("{kid}\n{}\n{kek_version}", alg.as_str())
}
