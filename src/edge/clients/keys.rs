//! The public keys of clients, registered as `jwks` or fetched from their `jwks_uri`, and those of issuers that the operator trusts.
//!
//! Fetched keys are kept in the isolate and in KV. A `kid` that is not among them is looked for at the client again, so a
//! client may rotate its keys at any time (OIDC Core section 10.1.1). [`Asked::plan`] says how often an isolate asks,
//! [`outbound`] how often all of them do.

use std::rc::Rc;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::outbound::{self, Refusal, Wanted};
use crate::{
    account::throttle,
    config::TrustedIssuer,
    db::fetches::Charge,
    edge::{
        keys::crypto,
        platform::{context::Context, log},
    },
    memory::Memory,
    oidc::{
        client::{
            Client,
            client_certificate::ClientCertificate,
            client_key::{self, ClientKey},
            client_metadata::{ClientKeys, ClientSigningAlg, KeyManagementAlg, PublicJwks},
        },
        jose::jwt::Unverified,
    },
    secret::{Purpose, random_text},
    time::{Lifetime, UnixTime},
    web::{
        fetch_url::FetchUrl,
        freshness::{self, Asked, Plan, STALE},
    },
};

/// The most bytes of a JWK set.
const LONGEST: usize = 64 * 1_024;

/// How long fetched keys count where the client's server does not say, and the bounds of what it may say.
const FRESH: Lifetime = Lifetime::minutes(10);
const LEAST_FRESH: Lifetime = Lifetime::minutes(1);
const MOST_FRESH: Lifetime = Lifetime::hours(1);

/// The most sets that an isolate keeps.
const MOST_KEPT: usize = 100;

/// Why there is no key. It is told to the client.
#[derive(Debug)]
pub struct NoKey {
    why: &'static str,
    /// Whether there may be one the next time: the keys were not to be had.
    is_passing: bool,
}

impl NoKey {
    /// There is none among the keys.
    const NONE: Self = Self {
        why: "the client has no key that fits",
        is_passing: false,
    };

    fn passing(why: &'static str) -> Self {
        Self { why, is_passing: true }
    }

    /// The reason, as a sentence.
    pub fn why(&self) -> &'static str {
        self.why
    }

    pub fn is_passing(&self) -> bool {
        self.is_passing
    }
}

/// Where keys are, and whose they are.
struct Source<'a> {
    /// Whose keys are kept under that name.
    place: String,
    uri: &'a str,
    /// None where they are an issuer's that the operator named.
    client_id: Option<&'a str>,
}

/// The keys at the `jwks_uri` of one client, as they are kept. Each client has its own: a new one at a `jwks_uri` that others
/// have used before need not wait for its keys.
#[derive(Clone, Serialize, Deserialize)]
struct Kept {
    place: String,
    keys: PublicJwks,
    /// When they were last asked for.
    asked_at: UnixTime,
    /// Until when they count unasked.
    fresh_until: UnixTime,
}

thread_local! {
    static KEPT: Memory<Rc<Kept>> = Memory::new(MOST_KEPT);
}

/// Whether `token` is signed by one of the client's keys under `alg`, one of the asymmetric algorithms. That `alg` is the one
/// that the client registered is for the caller to check. A key that WebCrypto does not take verifies nothing.
///
/// # Errors
/// When the client has no key that could have signed it.
pub async fn verify(
    client: &Client,
    token: &Unverified<'_>,
    alg: ClientSigningAlg,
    context: &Context,
) -> Result<bool, NoKey> {
    let keys = for_verification(client, token.kid(), alg, context).await?;
    Ok(is_signed_by_one(&keys, token, alg).await)
}

/// The same for the keys of an issuer that the operator trusts.
///
/// # Errors
/// When it has no key that could have signed it, or does not give its keys.
pub async fn verify_of_issuer(
    issuer: &TrustedIssuer,
    token: &Unverified<'_>,
    alg: ClientSigningAlg,
    context: &Context,
) -> Result<bool, NoKey> {
    let source = Source {
        // A client's id holds no space.
        place: format!("issuer {} {}", issuer.issuer, issuer.jwks_uri),
        uri: &issuer.jwks_uri,
        client_id: None,
    };
    let keys = find_at(source, context, |keys| that_may_verify(keys, token.kid(), alg)).await?;
    Ok(is_signed_by_one(&keys, token, alg).await)
}

async fn is_signed_by_one(keys: &[ClientKey], token: &Unverified<'_>, alg: ClientSigningAlg) -> bool {
    for key in keys {
        if crypto::verify_foreign(alg, &key.jwk, token.signature(), token.signed_bytes()).await {
            return true;
        }
    }
    false
}

fn that_may_verify(keys: &PublicJwks, kid: Option<&str>, alg: ClientSigningAlg) -> Option<Vec<ClientKey>> {
    Some(client_key::for_verification(keys, kid, alg)).filter(|keys| !keys.is_empty())
}

/// The keys that may have made a signature under `alg`: at least one.
///
/// # Errors
/// When there is none.
pub async fn for_verification(
    client: &Client,
    kid: Option<&str>,
    alg: ClientSigningAlg,
    context: &Context,
) -> Result<Vec<ClientKey>, NoKey> {
    find(client, context, |keys| that_may_verify(keys, kid, alg)).await
}

/// The key to encrypt to under `alg`.
///
/// # Errors
/// When there is none.
pub async fn for_encryption(client: &Client, alg: KeyManagementAlg, context: &Context) -> Result<ClientKey, NoKey> {
    find(client, context, |keys| client_key::for_encryption(keys, alg)).await
}

/// Whether `certificate` is one that the client registered along with its keys (RFC 8705 section 2.2).
pub async fn have_certificate(client: &Client, certificate: &ClientCertificate, context: &Context) -> bool {
    let found = find(client, context, |keys| certificate.is_among(keys).then_some(()));
    found.await.is_ok()
}

/// What `select` takes of the client's keys. Where it takes nothing of those that are kept, they are fetched anew.
async fn find<T>(client: &Client, context: &Context, select: impl Fn(&PublicJwks) -> Option<T>) -> Result<T, NoKey> {
    let uri = match &client.metadata.keys {
        None => return Err(NoKey::NONE),
        Some(ClientKeys::Registered(keys)) => return select(keys).ok_or(NoKey::NONE),
        Some(ClientKeys::At(uri)) => uri,
    };
    let source = Source {
        // A URL holds no space.
        place: format!("{} {uri}", client.client_id),
        uri,
        client_id: Some(&client.client_id),
    };
    find_at(source, context, select).await
}

async fn find_at<T>(
    source: Source<'_>,
    context: &Context,
    select: impl Fn(&PublicJwks) -> Option<T>,
) -> Result<T, NoKey> {
    let kept = kept(&source.place, context).await;
    let selected = kept.as_ref().and_then(|kept| select(&kept.keys));
    let plan = kept
        .as_ref()
        .map_or(Plan::Ask, |kept| kept.asked().plan(selected.is_some(), context.now));
    match plan {
        Plan::Use => return selected.ok_or(NoKey::NONE),
        Plan::Refuse => {
            let is_passing = !kept.is_some_and(|kept| kept.asked().is_usable(context.now));
            return Err(NoKey {
                is_passing,
                ..NoKey::NONE
            });
        }
        Plan::Ask => {}
    }
    match fetch(source, context).await {
        Ok(fetched) => select(&fetched.keys).ok_or(NoKey::NONE),
        // The client's server may be away for a while.
        Err(failure) => match selected {
            Some(selected) if kept.is_some_and(|kept| kept.asked().is_usable(context.now)) => Ok(selected),
            _ => Err(failure),
        },
    }
}

impl Kept {
    fn asked(&self) -> Asked {
        Asked {
            at: self.asked_at,
            fresh_until: self.fresh_until,
        }
    }
}

/// The keys that are kept for `place`, in the isolate or in KV.
async fn kept(place: &str, context: &Context) -> Option<Rc<Kept>> {
    if let Some(kept) = KEPT.with(|all| all.get(place)) {
        return Some(kept);
    }
    let kept: Kept = context.kv.get(&name(place), &context.config.roots).await?;
    let counts = kept.place == place && kept.asked().is_plausible(context.now);
    counts.then(|| keep(kept))
}

async fn fetch(source: Source<'_>, context: &Context) -> Result<Rc<Kept>, NoKey> {
    let fetched = fetch_keys(&source, context).await;
    let place = source.place;
    match fetched {
        Ok((keys, fresh)) => {
            let fetched = keep(Kept {
                place,
                keys,
                asked_at: context.now,
                fresh_until: context.now + fresh,
            });
            put_later(&fetched, context);
            Ok(fetched)
        }
        Err(why) => {
            // Also a failure is not repeated at once. What was kept may have come from KV.
            let old = KEPT.with(|all| all.get(&place));
            keep(Kept {
                place,
                keys: old
                    .as_ref()
                    .map_or(PublicJwks { keys: Vec::new() }, |old| old.keys.clone()),
                asked_at: context.now,
                fresh_until: old.map_or(UnixTime(0), |old| old.fresh_until),
            });
            Err(why)
        }
    }
}

async fn fetch_keys(source: &Source<'_>, context: &Context) -> Result<(PublicJwks, Lifetime), NoKey> {
    let url = FetchUrl::parse(source.uri, context.config.loopback_fetches)
        .map_err(|_| NoKey::passing("the client's jwks_uri is one that is not fetched"))?;
    let wanted = Wanted {
        url: &url,
        accept: "application/jwk-set+json, application/json",
        longest: LONGEST,
    };
    let key = context.config.roots.current(Purpose::Throttle);
    let network = throttle::of_client_keys(&key, &context.address);
    let charge = source.client_id.map(|client_id| Charge {
        owner: Some(client_id.to_owned()),
        ..outbound::charge_client(client_id, network, &url, context)
    });
    let fetched = outbound::get(&wanted, charge.as_ref(), context).await;
    let fetched = fetched.map_err(|refusal| match refusal {
        Refusal::NotFetched(_) => NoKey::passing("the client's jwks_uri did not give its keys"),
        Refusal::TooMany(_) => NoKey::passing("the client's jwks_uri is asked for too often; try again later"),
        Refusal::Fault(fault) => {
            log::fault(&context.request_id, &fault);
            NoKey::passing("the client's jwks_uri could not be asked")
        }
    })?;
    let keys = PublicJwks::read(&fetched.body)
        .map_err(|_| NoKey::passing("the client's jwks_uri does not lead to a JWK set"))?;
    let fresh = freshness::bounded(fetched.max_age, FRESH, (LEAST_FRESH, MOST_FRESH));
    Ok((keys, fresh))
}

fn keep(kept: Kept) -> Rc<Kept> {
    let kept = Rc::new(kept);
    KEPT.with(|all| all.put(&kept.place, kept.clone()));
    kept
}

fn put_later(kept: &Rc<Kept>, context: &Context) {
    let kept = kept.clone();
    context.after_answer(async move |later| {
        let lifetime = kept.fresh_until.since(kept.asked_at) + STALE;
        later
            .kv
            .put(&name(&kept.place), &*kept, &later.config.roots, lifetime)
            .await
    });
}

/// A URL may be longer than a name in KV.
fn name(place: &str) -> String {
    let digest: [u8; 32] = Sha256::digest(place).into();
    format!("client-keys/{}", random_text(digest))
}
