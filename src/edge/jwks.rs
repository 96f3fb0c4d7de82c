//! The published JWKS: kept in the isolate for seconds, in KV for hours, made from D1.

use std::{cell::RefCell, rc::Rc};

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{context::Context, db::signing_keys, fault::Fault, log};
use crate::{
    oidc::signing_key,
    time::{Lifetime, UnixTime},
};

const KV_NAME: &str = "jwks";

/// How long an isolate serves what it has.
const IN_ISOLATE: Lifetime = Lifetime::minutes(1);

/// The age at which the copy in KV is made anew: the hourly run has then missed twice.
const STALE: Lifetime = Lifetime::hours(2);

/// How long KV keeps the copy, for the time in which D1 is down.
const IN_KV: Lifetime = Lifetime::days(7);

/// The document as it is kept.
#[derive(Serialize, Deserialize)]
pub struct PublishedJwks {
    pub made_at: UnixTime,
    pub keys: Vec<Value>,
}

thread_local! {
    static CACHE: RefCell<Option<(UnixTime, Rc<PublishedJwks>)>> = const { RefCell::new(None) };
}

/// The JWKS that is kept: in the isolate, else in KV. `None` when there is none, as before the first request of all.
pub async fn kept(context: &Context) -> Option<Rc<PublishedJwks>> {
    let cached = CACHE
        .with_borrow(Clone::clone)
        .filter(|(since, _)| (0..IN_ISOLATE.seconds()).contains(&context.now.since(*since).seconds()));
    if let Some((_, jwks)) = cached {
        return Some(jwks);
    }
    let copy: PublishedJwks = context.kv.get(KV_NAME, &context.config.roots).await?;
    if context.now.since(copy.made_at) > STALE
        && let Ok(fresh) = publish(context).await
    {
        // Without any key the database was made anew.
        return Some(fresh).filter(|fresh| !fresh.keys.is_empty());
    }
    // With D1 down an old copy is better than none: every key is in it long before it signs.
    Some(keep(copy, context))
}

/// Makes the JWKS from D1 and puts it into KV. That may fail: the copy saves work, the truth is in D1.
pub async fn publish(context: &Context) -> Result<Rc<PublishedJwks>, Fault> {
    let jwks = from_database(context).await?;
    if let Err(fault) = put(&jwks, context).await {
        log::fault(&context.request_id, &fault);
    }
    Ok(keep(jwks, context))
}

/// As [`publish`], for when the copy in KV must not stay as it is.
pub async fn publish_surely(context: &Context) -> Result<(), Fault> {
    let jwks = from_database(context).await?;
    let outcome = match put(&jwks, context).await {
        Ok(()) => Ok(()),
        Err(_) => context.kv.delete(KV_NAME).await,
    };
    keep(jwks, context);
    outcome
}

async fn put(jwks: &PublishedJwks, context: &Context) -> Result<(), Fault> {
    context.kv.put(KV_NAME, jwks, &context.config.roots, IN_KV).await
}

fn keep(jwks: PublishedJwks, context: &Context) -> Rc<PublishedJwks> {
    let jwks = Rc::new(jwks);
    CACHE.with_borrow_mut(|cache| *cache = Some((context.now, jwks.clone())));
    jwks
}

async fn from_database(context: &Context) -> Result<PublishedJwks, Fault> {
    let rows = context.db.run(signing_keys::all()).await?;
    let keys = signing_keys::read_all(&rows)?;
    Ok(PublishedJwks {
        made_at: context.now,
        keys: signing_key::jwks(keys.iter(), context.now),
    })
}
