//! The published JWKS: kept in the isolate for seconds, in KV for minutes, made from D1.

use std::{
    cell::{Cell, RefCell},
    rc::Rc,
};

use serde_json::json;

use crate::{
    db::signing_keys,
    edge::platform::{context::Context, log},
    fault::Fault,
    oidc::jose::{
        provider_key,
        published_jwks::{PublishedJwks, is_fresh_in_isolate, newer},
    },
    reply::Document,
    time::{Lifetime, UnixTime},
};

const KV_NAME: &str = "jwks";

/// How long KV keeps the copy, for the time in which D1 is down.
const IN_KV: Lifetime = Lifetime::days(7);

/// How often a publication is repeated because another request changed the keys.
const MOST_ROUNDS: usize = 3;

thread_local! {
    static CACHE: RefCell<Option<Cached>> = const { RefCell::new(None) };
    static SERVED: RefCell<Option<(Rc<PublishedJwks>, Document)>> = const { RefCell::new(None) };
    static TICKETS: Cell<Ticket> = const { Cell::new(Ticket(0)) };
}

#[derive(Clone)]
struct Cached {
    since: UnixTime,
    ticket: Ticket,
    jwks: Rc<PublishedJwks>,
}

/// When a reading began, in this isolate: requests overtake each other, and an older document never replaces a newer one.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Ticket(u64);

impl Ticket {
    fn draw() -> Self {
        let ticket = Self(TICKETS.get().0 + 1);
        TICKETS.set(ticket);
        ticket
    }
}

/// The document as it is served, made once for as long as it is kept.
pub fn document(jwks: &Rc<PublishedJwks>) -> Document {
    SERVED.with_borrow_mut(|served| match served {
        Some((made_of, document)) if Rc::ptr_eq(made_of, jwks) => document.clone(),
        _ => {
            let document = Document::new(&json!({ "keys": jwks.keys }).to_string());
            *served = Some((jwks.clone(), document.clone()));
            document
        }
    })
}

/// The tag of the document that the isolate may serve at `now` without asking anybody.
pub fn tag_in_isolate(now: UnixTime) -> Option<Rc<str>> {
    let cached = CACHE.with_borrow(Clone::clone)?;
    let served = SERVED.with_borrow(Clone::clone);
    let (_, document) = served.filter(|(made_of, _)| Rc::ptr_eq(made_of, &cached.jwks))?;
    is_fresh_in_isolate(cached.since, now).then_some(document.etag)
}

/// The JWKS that is kept: in the isolate, else in KV. `None` when there is none, as before the first request of all.
pub async fn kept(context: &Context) -> Option<Rc<PublishedJwks>> {
    let cached = CACHE.with_borrow(Clone::clone);
    if let Some(Cached { since, jwks, .. }) = &cached
        && is_fresh_in_isolate(*since, context.now)
    {
        return Some(jwks.clone());
    }
    let ticket = Ticket::draw();
    let copy: PublishedJwks = context.kv.get(KV_NAME, &context.config.roots).await?;
    if !copy.counts(context.now)
        && let Ok(fresh) = publish(context).await
    {
        // Without any key the database was made anew.
        return Some(fresh).filter(|fresh| !fresh.keys.is_empty());
    }
    // With D1 down an old copy is better than none: every key is in it long before it signs.
    let newer = newer(cached.map(|cached| cached.jwks), Rc::new(copy), context.now);
    Some(keep(newer, ticket, context))
}

/// The JWKS as it is kept, however old, else as D1 has it. Nothing is made, kept or published.
pub async fn peek(context: &Context) -> Result<Rc<PublishedJwks>, Fault> {
    if let Some(cached) = CACHE.with_borrow(Clone::clone) {
        return Ok(cached.jwks);
    }
    match context.kv.get(KV_NAME, &context.config.roots).await {
        Some(copy) => Ok(Rc::new(copy)),
        None => from_database(context).await.map(Rc::new),
    }
}

/// Makes the JWKS from D1 and puts it into KV. That may fail: the copy saves work, the truth is in D1.
pub async fn publish(context: &Context) -> Result<Rc<PublishedJwks>, Fault> {
    let (jwks, outcome) = put_latest(context).await?;
    if let Err(fault) = outcome {
        log::fault(&context.request_id, &fault);
    }
    Ok(jwks)
}

/// As [`publish`], for when the copy in KV must not stay as it is.
pub async fn publish_surely(context: &Context) -> Result<(), Fault> {
    match put_latest(context).await?.1 {
        Ok(()) => Ok(()),
        Err(_) => context.kv.delete(KV_NAME).await,
    }
}

/// Puts what D1 says into KV until D1 still says so afterwards. Whoever changes the keys publishes after the change; so, of
/// publications at the same time, the one that comes last has seen every change.
async fn put_latest(context: &Context) -> Result<(Rc<PublishedJwks>, Result<(), Fault>), Fault> {
    let mut ticket = Ticket::draw();
    let mut jwks = from_database(context).await?;
    let mut outcome = Ok(());
    if jwks.keys.is_empty() {
        // A new database: the first request makes keys.
        return Ok((Rc::new(jwks), outcome));
    }
    for _ in 0..MOST_ROUNDS {
        outcome = context.kv.put(KV_NAME, &jwks, &context.config.roots, IN_KV).await;
        ticket = Ticket::draw();
        let latest = from_database(context).await?;
        let settled = latest.keys == jwks.keys;
        jwks = latest;
        if settled {
            break;
        }
    }
    Ok((keep(Rc::new(jwks), ticket, context), outcome))
}

/// Keeps a document whose reading began at `ticket`, unless a later one is here already. Which of the two is here then.
fn keep(jwks: Rc<PublishedJwks>, ticket: Ticket, context: &Context) -> Rc<PublishedJwks> {
    CACHE.with_borrow_mut(|cache| match cache {
        Some(later) if later.ticket > ticket => later.jwks.clone(),
        _ => {
            *cache = Some(Cached {
                since: context.now,
                ticket,
                jwks: jwks.clone(),
            });
            jwks
        }
    })
}

async fn from_database(context: &Context) -> Result<PublishedJwks, Fault> {
    let keys = context.db.read(signing_keys::all()).await?;
    Ok(PublishedJwks::new(
        provider_key::jwks(keys.iter(), context.now),
        context.now,
    ))
}
