//! Back-channel logout at work (OIDC Back-Channel Logout 1.0 section 2.5): sends what `logout_outbox` holds. A notice is taken by
//! one run at a time and stays in the outbox until its client has answered, so nothing is lost, and others do not wait for a client
//! that is slow or away. An address that does not answer is asked once for all that wait for it, at ever longer
//! intervals. What it answers counts only for the client whose notice it got.

use std::collections::{BTreeMap, BTreeSet};

use futures_util::{StreamExt, stream};

use crate::{
    db::{
        Batch, Statement,
        logout_outbox::{self, Notice},
    },
    edge::{
        keys::signer::{self, Signers},
        platform::{context::Context, fetch, log, random},
    },
    fault::Fault,
    oidc::{
        authentication::sid,
        subject::subject,
        token::logout_token::{self, EndedSession, LogoutTokenClaims},
    },
    web::{fetch_url::FetchUrl, retry},
};

/// The most notices of a round.
const AT_ONCE: i64 = 20;

/// How many requests are under way at a time: the platform opens no more than six connections.
const CONNECTIONS: usize = 5;

/// The most rounds of one run.
const MOST_ROUNDS: usize = 10;

/// Sends what is due, in rounds: what was written while a target was told is sent in the next.
pub async fn send_due(context: &Context) -> Result<(), Fault> {
    for _ in 0..MOST_ROUNDS {
        if !send_round(context).await? {
            break;
        }
    }
    Ok(())
}

/// Sends one round. Whether there was anything to send.
async fn send_round(context: &Context) -> Result<bool, Fault> {
    let lease = random::id()?;
    let mut batch = Batch::default();
    batch.push(logout_outbox::take(&lease, AT_ONCE, context.now));
    let taken = batch.add(logout_outbox::taken(&lease));
    let notices = context.db.run(batch).await?.read(taken)?;
    if notices.is_empty() {
        return Ok(false);
    }
    let signers = signer::for_algs(notices.iter().map(|notice| notice.client.signing_alg()), context).await;
    let mut targets: BTreeMap<&str, Vec<&Notice>> = BTreeMap::new();
    for notice in &notices {
        targets
            .entry(notice.target.as_ref().unwrap_or(&notice.id))
            .or_default()
            .push(notice);
    }
    let told = targets.values().map(|notices| tell(notices, &signers, context));
    let told: Vec<Told> = stream::iter(told).buffer_unordered(CONNECTIONS).collect().await;
    let done: Vec<_> = told.iter().flat_map(|told| told.done.iter().copied()).collect();
    let done = logout_outbox::delete(&serde_json::to_string(&done).unwrap_or_default());
    let others = told.into_iter().flat_map(|told| told.others);
    context.db.execute([done].into_iter().chain(others)).await?;
    Ok(true)
}

/// What became of the notices for one target.
#[derive(Default)]
struct Told<'a> {
    /// The ids of those that are done with.
    done: Vec<&'a str>,
    /// What becomes of all others that wait for the target.
    others: Vec<Statement>,
}

/// What became of an attempt.
enum Outcome {
    /// The client has logged the person out.
    Heard,
    /// It wants to be told somewhere else by now.
    Moved(String),
    /// It says that the notice is wrong.
    Refused,
    /// It did not answer as it should, or could not be told.
    Failed(String),
    /// Nothing answers at its address, or too slowly.
    Silent(String),
}

/// Tells one target of `notices`, one after the other. Where it does not answer, all others wait, too; where it answers wrongly,
/// only those of the same client: anybody may name the address of somebody else, who rightly refuses what is not meant for them.
async fn tell<'a>(notices: &[&'a Notice], signers: &Signers, context: &Context) -> Told<'a> {
    let mut told = Told::default();
    let mut heard = BTreeSet::new();
    let mut turned_down = BTreeSet::new();
    for notice in notices {
        let client_id = notice.client.client_id.as_str();
        if context.now.since(notice.created_at) >= retry::KEPT {
            log::logout_notice(&context.request_id, (client_id, notice.attempts), "given up");
            told.done.push(&notice.id);
            continue;
        }
        if turned_down.contains(client_id) {
            continue;
        }
        let failures = if heard.contains(client_id) {
            1
        } else {
            notice.attempts + 1
        };
        let (failed, is_silent) = match send(notice, signers, context).await {
            Ok(Outcome::Heard) => {
                told.done.push(&notice.id);
                if heard.insert(client_id) && notice.attempts > 0 {
                    told.others.push(logout_outbox::release(notice, context.now));
                }
                continue;
            }
            Ok(Outcome::Moved(uri)) => {
                told.others.push(logout_outbox::redirect(notice, &uri, context.now));
                continue;
            }
            Ok(Outcome::Refused) if failures >= retry::MOST_REFUSALS => {
                told.done.push(&notice.id);
                ("given up: the client refuses it".to_owned(), false)
            }
            Ok(Outcome::Refused) => ("the client refuses it".to_owned(), false),
            Ok(Outcome::Failed(why)) => (why, false),
            Ok(Outcome::Silent(why)) => (why, true),
            // What Limen itself cannot do is no failure of the client's: the notice is due again when its lease is over.
            Err(fault) => {
                log::fault(&context.request_id, &fault);
                continue;
            }
        };
        log::logout_notice(&context.request_id, (client_id, failures), &failed);
        if is_silent {
            let heard = serde_json::to_string(&heard).unwrap_or_default();
            told.others
                .push(logout_outbox::postpone_all(notice, &heard, context.now));
            break;
        }
        let due_at = context.now + retry::wait(failures);
        told.others.push(logout_outbox::postpone(notice, failures, due_at));
        turned_down.insert(client_id);
    }
    told
}

async fn send(notice: &Notice, signers: &Signers, context: &Context) -> Result<Outcome, Fault> {
    let Some(uri) = &notice.client.metadata.backchannel_logout_uri else {
        // The client wants to hear no more.
        return Ok(Outcome::Heard);
    };
    if notice.target.as_ref().is_some_and(|target| target != uri) {
        return Ok(Outcome::Moved(uri.clone()));
    }
    let url = match FetchUrl::parse(uri, context.config.loopback_fetches) {
        Ok(url) => url,
        Err(why) => return Ok(Outcome::Failed(format!("backchannel_logout_uri {why}"))),
    };
    // "A Logout Token MUST be signed": a client of unsigned ID tokens gets it under the algorithm of its access tokens.
    let signer = signers
        .get(&notice.client.signing_alg())
        .ok_or_else(|| Fault::new("logout token", "no signer"))?;
    let client_id = &notice.client.client_id;
    let ended = EndedSession {
        sub: &subject(&notice.client, &notice.user_id, &notice.subject_salt),
        sid: &sid(&notice.session_id, client_id),
        client_id,
    };
    let claims = LogoutTokenClaims::new(&ended, context.config.issuer.as_str(), &notice.id, context.now);
    let token = signer.sign(logout_token::TYPE, &claims).await?;
    let form = format!("logout_token={token}");
    Ok(match fetch::post_form(&url, &form).await {
        // "the RP MUST respond with HTTP 200 OK. However, note that some Web frameworks will substitute an HTTP 204".
        Ok(200 | 204) => Outcome::Heard,
        Ok(400) => Outcome::Refused,
        Ok(status) => Outcome::Failed(format!("the client answered with status {status}")),
        Err(failure) => Outcome::Silent(format!("the client {}", failure.why())),
    })
}
