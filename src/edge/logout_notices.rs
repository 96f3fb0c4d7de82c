//! Back-channel logout at work (OIDC Back-Channel Logout 1.0 section 2.5): sends what `logout_outbox` holds. A notice is taken by
//! one run at a time and stays in the outbox until its client has answered, so nothing is lost, and a client that is slow or
//! away keeps nobody waiting.

use std::collections::BTreeMap;

use futures_util::{StreamExt, stream};

use super::{
    context::Context,
    db::{
        logout_outbox::{self, KEPT, Notice},
        signing_keys,
    },
    fault::Fault,
    keys::{self, Signer},
    platform::{fetch, log, random},
};
use crate::oidc::{
    authentication::sid,
    fetch_url::FetchUrl,
    jose::jwt::SigningAlg,
    subject::subject,
    token::logout_token::{self, EndedSession, LogoutTokenClaims},
};

/// The most notices of a round.
const AT_ONCE: i64 = 20;

/// How many requests are under way at a time: the platform opens no more than six connections.
const CONNECTIONS: usize = 5;

/// How often a client may call a notice wrong before it is believed.
const MOST_REFUSALS: i64 = 3;

/// Sends one round of notices, if any are due. Whether there may be more.
pub async fn send_due(context: &Context) -> Result<bool, Fault> {
    let lease = random::id()?;
    let [_, taken] = context
        .db
        .batch([
            logout_outbox::take(&lease, AT_ONCE, context.now),
            logout_outbox::taken(&lease),
        ])
        .await?;
    let notices = logout_outbox::read(&taken)?;
    let may_be_more = notices.len() as i64 == AT_ONCE;
    let signers = signers(&notices, context).await?;
    let sent = notices.iter().map(|notice| async {
        let outcome = send(notice, &signers, context).await;
        is_done(notice, outcome, context).then_some(notice.id.as_str())
    });
    let done: Vec<_> = stream::iter(sent).buffer_unordered(CONNECTIONS).collect().await;
    let done: Vec<_> = done.into_iter().flatten().collect();
    if !done.is_empty() {
        let ids = serde_json::to_string(&done).unwrap_or_default();
        context.db.run(logout_outbox::delete(&ids)).await?;
    }
    Ok(may_be_more)
}

/// What became of an attempt.
enum Outcome {
    /// The client has logged the person out.
    Heard,
    /// It says that the notice is wrong.
    Refused,
    /// It did not answer, or not as it should.
    Failed(String),
}

/// Whether a notice is done with.
fn is_done(notice: &Notice, outcome: Result<Outcome, Fault>, context: &Context) -> bool {
    let whose = (notice.client.client_id.as_str(), notice.attempts);
    let failed = match outcome {
        Ok(Outcome::Heard) => return true,
        Ok(Outcome::Refused) if notice.attempts >= MOST_REFUSALS => {
            log::logout_notice(&context.request_id, whose, "given up: the client refuses it");
            return true;
        }
        Ok(Outcome::Refused) => "the client refuses it".to_owned(),
        Ok(Outcome::Failed(why)) => why,
        Err(fault) => fault.to_string(),
    };
    let given_up = context.now.since(notice.created_at) >= KEPT;
    let outcome = if given_up {
        format!("given up: {failed}")
    } else {
        failed
    };
    log::logout_notice(&context.request_id, whose, &outcome);
    given_up
}

async fn send(notice: &Notice, signers: &BTreeMap<SigningAlg, Signer>, context: &Context) -> Result<Outcome, Fault> {
    let Some(uri) = &notice.client.metadata.backchannel_logout_uri else {
        // The client wants to hear no more.
        return Ok(Outcome::Heard);
    };
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
        Err(failure) => Outcome::Failed(format!("the client {}", failure.why())),
    })
}

/// What signs the notices: a signer for each algorithm that one of the clients registered.
async fn signers(notices: &[Notice], context: &Context) -> Result<BTreeMap<SigningAlg, Signer>, Fault> {
    let mut signers = BTreeMap::new();
    for notice in notices {
        let alg = notice.client.signing_alg();
        if signers.contains_key(&alg) {
            continue;
        }
        let current = signing_keys::current(alg, &keys::at_hand(), context.now);
        let current = signing_keys::read_current(&context.db.run(current).await?)?;
        signers.insert(alg, Signer::new(current, alg, context).await?);
    }
    Ok(signers)
}
