//! Fetching what a client names, however many ask for it at once and whichever client names it: an address is asked at most
//! twice a minute, by one request at a time, and what it answered, good or bad, is shared by all that want it.
//!
//! The isolate lets one request ask, and the others wait for its answer. D1 does the same among isolates, since KV can be a
//! minute behind. Clients that anybody can be also count against the network that asks and the host that is asked.

use std::{rc::Rc, time::Duration};

use worker::Delay;

use crate::{
    account::throttle::{self, Counter},
    db::{
        Batch,
        fetches::{self, Asking, Charge},
    },
    edge::http::failure::{MachineFailure, PageFailure, Problem},
    edge::platform::{
        context::Context,
        fetch::{self, Fetched, NotFetched},
        random,
    },
    fault::Fault,
    memory::Memory,
    oidc::error::OAuthError,
    secret::{Purpose, random_text},
    time::Lifetime,
    web::fetch_url::FetchUrl,
};

/// What an address answered.
type Answer = Result<Fetched, NotFetched>;

/// What an address answered, and when.
#[derive(Clone)]
pub struct Answered {
    pub answer: Answer,
    /// Whether it answered an earlier request, and may not be asked again yet.
    pub is_old: bool,
}

/// Why there is no answer.
pub enum Refusal {
    NotFetched(NotFetched),
    /// For so long this network, or anybody, has no more fetched.
    TooMany(Lifetime),
    Fault(Fault),
}

impl Refusal {
    /// What to say of the address, to the developer of the client.
    pub fn why(&self) -> &'static str {
        match self {
            Self::NotFetched(failure) => failure.why(),
            Self::TooMany(_) => "is asked for too often; try again later",
            Self::Fault(_) => "could not be asked",
        }
    }
}

impl From<Fault> for Refusal {
    fn from(fault: Fault) -> Self {
        Self::Fault(fault)
    }
}

/// Why a client is not there, or does not come to be, for what it names.
pub enum NoClient {
    /// What it names is not to be had, or not right. The developer of the client is told.
    Document(OAuthError),
    /// Somebody makes Limen fetch such things all the time.
    TooMany(Lifetime),
    /// What it names was no good when it was asked last, and may not be asked again yet.
    TooSoon(Lifetime),
    Fault(Fault),
}

impl From<NoClient> for PageFailure {
    fn from(failure: NoClient) -> Self {
        match failure {
            NoClient::Document(error) => Self::Problem(Problem::ClientDocument(error, Vec::new())),
            NoClient::TooMany(wait) | NoClient::TooSoon(wait) => Self::Problem(Problem::TooManyDocuments(wait)),
            NoClient::Fault(fault) => Self::Fault(fault),
        }
    }
}

impl From<NoClient> for MachineFailure {
    fn from(failure: NoClient) -> Self {
        match failure {
            NoClient::Document(error) => Self::OAuth(error),
            NoClient::TooMany(wait) | NoClient::TooSoon(wait) => Self::too_many(wait),
            NoClient::Fault(fault) => Self::Fault(fault),
        }
    }
}

impl From<OAuthError> for NoClient {
    fn from(error: OAuthError) -> Self {
        Self::Document(error)
    }
}

impl From<Fault> for NoClient {
    fn from(fault: Fault) -> Self {
        Self::Fault(fault)
    }
}

/// What is wanted, and how much of it is read.
pub struct Wanted<'a> {
    pub url: &'a FetchUrl,
    pub accept: &'a str,
    pub longest: usize,
}

/// How long one waits for the answer that another asks for, in steps.
const STEP: Duration = Duration::from_millis(50);
const MOST_STEPS: usize = 130;

/// The same for another isolate's.
const STEP_OF_OTHERS: Duration = Duration::from_millis(500);
const MOST_STEPS_OF_OTHERS: usize = 13;

/// The most addresses that an isolate remembers.
const MOST_REMEMBERED: usize = 100;

#[derive(Clone)]
enum Slot {
    /// One request of this isolate asks.
    Asking,
    /// That is what it was told.
    Answered(Rc<Answered>),
}

thread_local! {
    static SLOTS: Memory<Slot> = Memory::new(MOST_REMEMBERED);
}

/// What a fetch counts against where it is for somebody of whom nothing is known; `network` is the counter of theirs.
pub fn charge_anybody(network: Counter, url: &FetchUrl, context: &Context) -> Charge {
    let key = context.config.roots.current(Purpose::Throttle);
    let host = url.url().host_str().unwrap_or_default();
    Charge {
        counters: [network, throttle::of_fetched_host(&key, host)],
        client_id: None,
        owner: None,
    }
}

/// The counter of documents of the network that asks.
pub fn documents_of_network(context: &Context) -> Counter {
    let key = context.config.roots.current(Purpose::Throttle);
    throttle::of_documents(&key, &context.address)
}

/// As [`charge_anybody`], where it is for `client_id`: only if anybody can be that client.
pub fn charge_client(client_id: &str, network: Counter, url: &FetchUrl, context: &Context) -> Charge {
    Charge {
        client_id: Some(client_id.to_owned()),
        ..charge_anybody(network, url, context)
    }
}

/// Fetches what is `wanted`, or gives what came of it less than a minute ago. Without a `charge` it counts against nobody.
///
/// # Errors
/// Says why nothing came.
pub async fn get(wanted: &Wanted<'_>, charge: Option<&Charge>, context: &Context) -> Result<Fetched, Refusal> {
    let told = ask_or_recall(wanted, charge, context).await?;
    told.answer.map_err(Refusal::NotFetched)
}

/// As [`get`]: asks, or takes what an earlier request was answered, and says which.
///
/// # Errors
/// When nothing may be fetched, and for faults.
pub async fn ask_or_recall(
    wanted: &Wanted<'_>,
    charge: Option<&Charge>,
    context: &Context,
) -> Result<Answered, Refusal> {
    let key = context.config.roots.current(Purpose::Throttle);
    // What is read of an answer depends on what is wanted, so an answer counts for those alone who want the same.
    let longest = wanted.longest.to_string();
    let parts = [wanted.url.as_str(), wanted.accept, &longest].map(str::as_bytes);
    let target = random_text(key.mac(&[b"target", parts[0], parts[1], parts[2]]));
    let mut told = match another_request_asks(&target).await {
        Some(told) => (*told).clone(),
        None => {
            let flight = Flight::begin(&target);
            let told = ask(wanted, &target, charge, context).await?;
            flight.end(&told);
            told
        }
    };
    if (told.answer.as_ref()).is_ok_and(|fetched| fetched.body.len() > wanted.longest) {
        told.answer = Err(NotFetched::TooLong);
    }
    Ok(told)
}

/// The answer that another request of this isolate is asking for now, if there is one.
async fn another_request_asks(target: &str) -> Option<Rc<Answered>> {
    let slot = || SLOTS.with(|slots| slots.get(target));
    let Some(Slot::Asking) = slot() else { return None };
    // A request is woken by its own timer alone: what another one waits for belongs to that one.
    for _ in 0..MOST_STEPS {
        Delay::from(STEP).await;
        match slot() {
            Some(Slot::Asking) => {}
            Some(Slot::Answered(answer)) => return Some(answer),
            None => return None,
        }
    }
    None
}

/// Asks the target, if it may be asked now; else takes what it answered last.
async fn ask(
    wanted: &Wanted<'_>,
    target: &str,
    charge: Option<&Charge>,
    context: &Context,
) -> Result<Answered, Refusal> {
    let claim = random::id()?;
    let asking = Asking {
        target,
        claim: &claim,
        now: context.now,
    };
    let mut batch = Batch::default();
    let mut counted = Vec::new();
    if let Some(charge) = charge {
        for (query, counter) in asking.count(charge) {
            counted.push((batch.add(query), counter));
        }
    }
    let claimed = batch.add(asking.claim(charge));
    let latest = batch.add(Asking::latest::<Answer>(target));
    batch.push(fetches::sweep(context.now));
    let rows = context.db.run(batch).await?;
    if rows.read(claimed)? {
        let answer = fetch::get(wanted.url, wanted.accept, wanted.longest).await;
        let told = serde_json::to_string(&answer).map_err(|cause| Fault::new("fetches", cause))?;
        context.db.execute([Asking::tell(target, &claim, &told)]).await?;
        return Ok(Answered { answer, is_old: false });
    }
    for (count, counter) in counted {
        if let Some(wait) = rows.read(count)?.wait(counter, context.now) {
            return Err(Refusal::TooMany(wait));
        }
    }
    let mut told = rows.read(latest)?;
    let is_old = told.is_some();
    for _ in 0..MOST_STEPS_OF_OTHERS {
        if told.is_some() {
            break;
        }
        Delay::from(STEP_OF_OTHERS).await;
        told = context.db.read(Asking::latest(target)).await?;
    }
    let answer = told.unwrap_or(Err(NotFetched::TooSlow));
    Ok(Answered { answer, is_old })
}

/// A request that asks. If it ends without an answer, the next one asks.
struct Flight<'a>(&'a str);

impl<'a> Flight<'a> {
    fn begin(target: &'a str) -> Self {
        SLOTS.with(|slots| slots.put(target, Slot::Asking));
        Self(target)
    }

    fn end(self, told: &Answered) {
        SLOTS.with(|slots| slots.put(self.0, Slot::Answered(Rc::new(told.clone()))));
    }
}

impl Drop for Flight<'_> {
    fn drop(&mut self) {
        SLOTS.with(|slots| {
            if matches!(slots.get(self.0), Some(Slot::Asking)) {
                slots.forget(self.0);
            }
        });
    }
}
