//! Webhooks at work (Standard Webhooks; Security Event Tokens by RFC 8935): events of the audit are sent to those who wait for them, after the answer to the request that
//! wrote them down, or by the periodic run. One run at a time takes a webhook, sends one event after the other, and writes down how far
//! it came. If a run dies, what it sent last is sent again: a receiver knows it by `webhook-id`, or `jti`.

use std::pin::Pin;

use futures_util::{StreamExt, stream};

use crate::{
    admin::{
        happened::Happened,
        security_event::{self, Receiver},
        webhook::{self, Format, Webhook},
        webhook_delivery::{self, Message, NotTaken, Progress},
    },
    audit::{Actor, Entry, Event},
    db::{Batch, Statement, audit, audit_log, clients, to_json, webhooks},
    edge::{
        keys::signer::{self, Signer, Signers},
        platform::{apart::apart, context::Context, fetch, log, random},
    },
    fault::Fault,
    oidc::{client::Client, jose::jwt::SigningAlg},
    secret::webhook_secret::WebhookSecret,
    time::{Lifetime, UnixTime},
    web::fetch_url::FetchUrl,
};

/// The most events that a webhook is sent before it is written down how far it came.
const AT_ONCE: i64 = 20;

/// How long a round takes, with the longest wait for an answer at its end: less than the lease of [`webhooks::take`], and than what the
/// platform allows after an answer. Those who are told in it share it, so that slow ones take nothing from the others.
const LONGEST_ROUND: i64 = 20;

/// How long an event waits for answers: an app knows a session by ten names at most, which are told [`CONNECTIONS`] at a time, and each is
/// waited for for five seconds.
const LONGEST_EVENT: i64 = 10;

/// After as long it is written down at once how far one came, so that it does not wait for those who are slower.
const SLOW: Lifetime = Lifetime(2);

/// How many are sent to at a time: the platform opens no more than six connections.
const CONNECTIONS: usize = 5;

/// How long a run goes on before its last round, and how many rounds: what is left is for the next. After an answer the platform
/// allows half a minute.
const AFTER_ANSWER: (Lifetime, usize) = (Lifetime(5), 20);
const PERIODIC: (Lifetime, usize) = (Lifetime(120), 500);

/// The most bytes of an answer that are read where it says no.
const READ_OF_ANSWER: usize = 1_000;

/// Sends what was written down by the request that `context` is of.
pub fn after_answer(context: Context) -> Pin<Box<dyn Future<Output = ()>>> {
    Box::pin(async move {
        if let Err(fault) = send(AFTER_ANSWER, &context).await {
            log::fault(&context.request_id, &fault);
        }
    })
}

/// Sends what is due.
pub async fn send_due(context: &Context) -> Result<(), Fault> {
    send(PERIODIC, context).await
}

async fn send((longest, rounds): (Lifetime, usize), context: &Context) -> Result<(), Fault> {
    let begun = context.later().now;
    let mut done: Vec<Statement> = Vec::new();
    for _ in 0..rounds {
        let round = context.later();
        if round.now.since(begun) >= longest {
            break;
        }
        let lease = random::id()?;
        let mut batch = Batch::default();
        batch.extend(done.drain(..));
        let taken = batch.add(webhooks::take(&lease, round.now));
        let mut taken = context.db.run(batch).await?.read(taken)?;
        if taken.is_empty() {
            return Ok(());
        }
        // Those who have waited longest come first, and those who fail last.
        taken.sort_by_key(|webhook| (webhook.failing_since.is_some(), webhook.delivered_at));
        done = apart(send_round(&taken, &lease, &round)).await?;
    }
    context.db.execute(done).await
}

/// A webhook, and what is needed to send to it.
struct Target<'a> {
    webhook: &'a Webhook,
    /// The app that it belongs to.
    client: Option<Client>,
}

impl Target<'_> {
    /// What signs tokens for it.
    fn alg(&self) -> Option<SigningAlg> {
        let client = self.client.as_ref();
        (self.webhook.format == Format::Set).then(|| client.map(Client::signing_alg).unwrap_or_default())
    }

    fn receiver<'a>(&'a self, secret: &'a WebhookSecret, context: &'a Context) -> Receiver<'a> {
        Receiver {
            issuer: context.config.issuer.as_str(),
            webhook_id: &self.webhook.id,
            secret,
            url: &self.webhook.url,
            client: self.client.as_ref(),
        }
    }

    fn secret(&self, context: &Context) -> Result<WebhookSecret, NotTaken> {
        let secret = self.webhook.secret.for_names(&self.webhook.id, &context.config.roots);
        secret.ok_or_else(|| NotTaken::unheard("there is no root key"))
    }
}

/// Sends those who were taken what comes next, and says what becomes of each. What cannot be read of one stops none of the others: that one
/// fails.
async fn send_round(taken: &[Webhook], lease: &str, context: &Context) -> Result<Vec<Statement>, Fault> {
    let mut batch = Batch::default();
    let waiting = taken.iter().map(|webhook| {
        let kinds = webhook.events.as_ref().map(to_json);
        let (kinds, client_id) = (kinds.as_deref(), webhook.client_id.as_deref());
        (
            batch.add(audit_log::walk(webhook.position, kinds, client_id, AT_ONCE)),
            batch.add(audit_log::walk_end(webhook.position)),
            batch.add_if(client_id.map(clients::find)),
        )
    });
    let waiting: Vec<_> = waiting.collect();
    let rows = context.db.run(batch).await?;
    let (mut targets, mut statements) = (Vec::new(), Vec::new());
    for (webhook, (events, end, client)) in taken.iter().zip(waiting) {
        let read = || {
            if !webhook.is_readable() {
                return Err(Fault::new("webhooks", "its events"));
            }
            let client = rows.read_if(client)?.flatten().map(|record| record.client);
            Ok((client, rows.read(events)?, rows.read(end)?))
        };
        match read() {
            // The app was deleted just now, and the webhook with it.
            Ok((None, ..)) if webhook.client_id.is_some() => {}
            Ok((client, events, end)) => targets.push((Target { webhook, client }, events, end)),
            Err(fault) => {
                log::fault(&context.request_id, &fault);
                let why = "what is stored of its events, of its app or of what happened cannot be read";
                let progress = Progress {
                    position: webhook.position,
                    failed: Some((webhook.position, NotTaken::unheard(why))),
                    ..Progress::default()
                };
                statements.extend(end_of(webhook, progress, lease, context));
            }
        }
    }
    let signers = signer::for_algs(targets.iter().filter_map(|(target, ..)| target.alg()), context).await;
    let shares = i64::try_from(targets.len().div_ceil(CONNECTIONS)).unwrap_or(1).max(1);
    let span = Lifetime((LONGEST_ROUND / shares - LONGEST_EVENT).max(1));
    let mut left = targets.len();
    let sent = targets
        .into_iter()
        .map(|(target, events, end)| send_all(target, (events, end), span, &signers, context));
    let mut sent = stream::iter(sent).buffer_unordered(CONNECTIONS);
    while let Some((webhook, progress)) = sent.next().await {
        left -= 1;
        statements.extend(end_of(webhook, progress, lease, context));
        let is_slow = context.later().now.since(context.now) >= SLOW;
        if is_slow
            && left > 0
            && let Err(fault) = context.db.execute(statements.drain(..)).await
        {
            log::fault(&context.request_id, &fault);
        }
    }
    Ok(statements)
}

/// What becomes of a webhook in the database.
fn end_of(webhook: &Webhook, progress: Progress, lease: &str, context: &Context) -> Vec<Statement> {
    let (reached, passed_over) = (progress.position, progress.passed_over);
    let standing = progress.standing(webhook, context.now);
    let mut statements = vec![webhooks::finish(&webhook.id, &standing, lease)];
    if standing.given_up_at.is_some() {
        let detail = webhook.named_for_audit();
        let given_up = Entry::new(Event::WebhookGivenUp, Actor::System).detail(detail);
        statements.push(audit::record_if_changed(&given_up, context));
    }
    statements.push(webhooks::advance(
        &webhook.id,
        reached,
        passed_over,
        standing.delivered_at,
    ));
    statements
}

/// Sends events, the oldest first, up to the one that is not taken, for as long as `span`.
async fn send_all<'a>(
    target: Target<'a>,
    (events, end): (Vec<Happened>, Option<i64>),
    span: Lifetime,
    signers: &Signers,
    context: &Context,
) -> (&'a Webhook, Progress) {
    let (webhook, begun) = (target.webhook, context.later().now);
    let mut progress = Progress {
        position: webhook.position,
        ..Progress::default()
    };
    let is_all = (events.len() as i64) < AT_ONCE;
    for event in events {
        let now = context.later().now;
        if now.since(begun) >= span {
            return (webhook, progress);
        }
        let is_late = webhook_delivery::is_too_old(event.at, now);
        if is_late {
            progress.passed_over += 1;
            progress.position = event.id;
            if !webhook_delivery::is_last_try(webhook, &progress, now) {
                continue;
            }
        }
        match send_event(&target, &event, signers, now, context).await {
            Ok(was_sent) => progress.was_taken |= was_sent,
            Err(not_taken) => {
                log::webhook_failed(&context.request_id, (&webhook.id, webhook.failures + 1));
                progress.failed = Some((event.id, not_taken));
                return (webhook, progress);
            }
        }
        progress.passed_over -= i64::from(is_late);
        progress.position = event.id;
    }
    if let Some(end) = end.filter(|_| is_all) {
        progress.position = end;
    }
    (webhook, progress)
}

/// Sends an event, and says whether there was something to send. Of a session that an app knows by several names, each is sent whatever
/// becomes of the others, and all again where one is not taken.
async fn send_event(
    target: &Target<'_>,
    event: &Happened,
    signers: &Signers,
    now: UnixTime,
    context: &Context,
) -> Result<bool, NotTaken> {
    match target.alg() {
        None => post_message(target.webhook, &Message::of_event(event), now, context).await?,
        Some(alg) => {
            let secret = target.secret(context)?;
            let receiver = target.receiver(&secret, context);
            let told = security_event::Claims::of_event(event, &receiver, now);
            let sent = told
                .iter()
                .map(|claims| post_token(target, claims, signers.get(&alg), context));
            let sent: Vec<_> = stream::iter(sent).buffered(CONNECTIONS).collect().await;
            let was_told = !sent.is_empty();
            return sent.into_iter().collect::<Result<(), _>>().map(|()| was_told);
        }
    }
    Ok(true)
}

/// Sends a webhook a message that tells of nothing, and says why it was not taken, where it was not.
pub async fn send_test(webhook: &Webhook, context: &Context) -> Result<Result<(), NotTaken>, Fault> {
    let (random, now) = (random::id()?, context.now);
    let client = match &webhook.client_id {
        Some(client_id) => context
            .db
            .read(clients::find(client_id))
            .await?
            .map(|record| record.client),
        None => None,
    };
    let target = Target { webhook, client };
    let Some(alg) = target.alg() else {
        return Ok(post_message(webhook, &Message::of_test(webhook, &random, now), now, context).await);
    };
    let signers = signer::for_algs([alg].into_iter(), context).await;
    let secret = match target.secret(context) {
        Ok(secret) => secret,
        Err(not_taken) => return Ok(Err(not_taken)),
    };
    let receiver = target.receiver(&secret, context);
    let claims = security_event::Claims::of_test(&random, &receiver, now);
    Ok(post_token(&target, &claims, signers.get(&alg), context).await)
}

async fn post_message(webhook: &Webhook, message: &Message, now: UnixTime, context: &Context) -> Result<(), NotTaken> {
    let secrets = webhook.secret.all(&webhook.id, &context.config.roots, now);
    if secrets.is_empty() {
        let why = "the root key that its secret comes from is gone: renew the secret";
        return Err(NotTaken::unheard(why));
    }
    post(webhook, &message.headers(&secrets, now), &message.body, context).await
}

/// "The SET Transmitter ... transmits the SET to the SET Recipient ... The Content-Type header field of this request MUST be
/// application/secevent+jwt" (RFC 8935 section 2.1).
async fn post_token(
    target: &Target<'_>,
    claims: &security_event::Claims<'_>,
    signer: Option<&Signer>,
    context: &Context,
) -> Result<(), NotTaken> {
    let signer = signer.ok_or_else(|| NotTaken::unheard("there is no key that signs"))?;
    let token = signer.sign(security_event::TYPE, claims).await;
    let token = token.map_err(|fault| {
        log::fault(&context.request_id, &fault);
        NotTaken::unheard("the token could not be signed")
    })?;
    let headers = [
        ("content-type", "application/secevent+jwt".to_owned()),
        ("accept", "application/json".to_owned()),
    ];
    post(target.webhook, &headers, &token, context).await
}

async fn post(webhook: &Webhook, headers: &[(&str, String)], body: &str, context: &Context) -> Result<(), NotTaken> {
    let url = FetchUrl::parse(&webhook.url, context.config.loopback_fetches);
    let url = url.map_err(|why| NotTaken::unheard(format!("url {why}")))?;
    if webhook::is_own(&url, context.config.issuer.as_str()) {
        return Err(NotTaken::unheard("url is at the host of this provider itself"));
    }
    let answered = fetch::post(&url, headers, body, READ_OF_ANSWER).await;
    let answered = answered.map_err(|failure| NotTaken::unheard(failure.why()))?;
    let judged = webhook_delivery::judge(answered.status, &answered.text);
    let retry_after = answered.retry_after.as_deref();
    judged.map_err(|not_taken| not_taken.not_before(retry_after.and_then(|text| wait(text, context))))
}

/// How long a `Retry-After` says: "either an HTTP-date or a number of seconds" (RFC 9110 section 10.2.3).
fn wait(retry_after: &str, context: &Context) -> Option<Lifetime> {
    let text = retry_after.trim();
    if !text.is_empty() && text.len() <= 9 && text.bytes().all(|byte| byte.is_ascii_digit()) {
        return text.parse().ok().map(Lifetime);
    }
    // A cast of what is no number gives 0.
    let at = UnixTime((js_sys::Date::parse(text) / 1_000.0) as i64);
    Some(at.since(context.later().now)).filter(|wait| wait.seconds() > 0)
}
