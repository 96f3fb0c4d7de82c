//! Tells apps in ping and push mode what came of a request (CIBA Core sections 10.2, 10.3 and 12), out of the outbox. One run at a time
//! has a row, and it stays until the app has answered or a few attempts have failed. Tokens are made when they are pushed: nothing of them
//! is stored. An app that does not answer in time is pushed others of the same family.

use futures_util::{StreamExt, stream};
use serde::Serialize;

use super::{
    of_person::{self, Granted},
    readiness,
};
use crate::{
    db::{
        Batch, Statement,
        backchannel_outbox::{self, Outcome, Waiting},
        codes::{self, Redemption},
        proof::Proof,
        signing_keys,
        token_conditions::TokenConditions,
        users,
    },
    edge::{
        clients::memory::{self, Known},
        http::failure::StepFailure,
        keys::crypto::SealingKey,
        platform::{context::Context, fetch, log, random},
    },
    fault::Fault,
    oidc::{
        authorization::{Mint, Reach},
        ciba::Notification,
        client::client_metadata::{DeliveryMode, GrantType},
        error::{ErrorCode, OAuthError},
        resource_indicator::{self, Targets},
        token::{TokenResponse, code_grant::CodeRequest, refresh_grant::RefreshToken},
    },
    secret::{Hash, KekVersion, OpaqueToken, Purpose, WrappedSecret},
    web::{fetch_url::FetchUrl, json, retry},
};

/// The most rows of a round, and of those under way at a time: the platform opens no more than six connections.
const AT_ONCE: i64 = 20;
const CONNECTIONS: usize = 5;

/// The most rounds of one run.
const MOST_ROUNDS: usize = 10;

/// How often an app is told before Limen gives up.
const MOST_ATTEMPTS: i64 = 4;

/// Seals what the app of a request will be sent: it opens for that request alone.
pub async fn seal(auth_req_id: &OpaqueToken, token: &str, hash: &Hash, context: &Context) -> Result<String, Fault> {
    let version = context.config.roots.current_version();
    let notification = Notification {
        auth_req_id: auth_req_id.expose().to_owned(),
        token: token.to_owned(),
    };
    let text = serde_json::to_string(&notification).map_err(|cause| Fault::new("notification", cause))?;
    let sealed = sealing_key(version, context).await?.seal(&text, hash.as_str()).await?;
    Ok(WrappedSecret::new(version, &sealed).as_str().to_owned())
}

async fn open(waiting: &Waiting, context: &Context) -> Result<Notification, Fault> {
    let broken = || Fault::new("notification", "what was sealed does not open");
    let sealed = WrappedSecret::stored(waiting.notify.clone());
    let (version, sealed) = sealed.parts().ok_or_else(broken)?;
    let text = sealing_key(version, context)
        .await?
        .open(sealed, waiting.hash().as_str())
        .await?;
    json::parse(text).ok_or_else(broken)
}

async fn sealing_key(version: KekVersion, context: &Context) -> Result<SealingKey, Fault> {
    let key = context.config.roots.derive(version, Purpose::WrapNotification);
    SealingKey::import(&key.ok_or_else(|| Fault::new("notification", "its root key is gone"))?).await
}

/// Tells what is due, after the answer.
pub fn tell_later(context: &Context) {
    context.after_answer(async |later| tell_due(later).await);
}

/// Tells what is due.
pub async fn tell_due(context: &Context) -> Result<(), Fault> {
    if !context.config.backchannel_authentication {
        return Ok(());
    }
    for _ in 0..MOST_ROUNDS {
        let taken = context.db.read(backchannel_outbox::take(AT_ONCE, context.now)).await?;
        let is_last = taken.len() < usize::try_from(AT_ONCE).unwrap_or_default();
        let told = taken.iter().map(|waiting| tell(waiting, context));
        let outcomes: Vec<Vec<Statement>> = stream::iter(told).buffer_unordered(CONNECTIONS).collect().await;
        context.db.execute(outcomes.into_iter().flatten()).await?;
        if is_last {
            break;
        }
    }
    Ok(())
}

/// Tells one app, and says what becomes of the row.
async fn tell(waiting: &Waiting, context: &Context) -> Vec<Statement> {
    let hash = waiting.hash();
    let told = match waiting.expires_at() <= context.now {
        true => Err("the request has expired".to_owned()),
        false => deliver(waiting, context).await,
    };
    let why = match told {
        Ok(()) => return vec![backchannel_outbox::done(&hash)],
        Err(why) => why,
    };
    let attempts = waiting.attempts + 1;
    log::app_not_told(&context.request_id, (&waiting.client_id, attempts), &why);
    let due_at = context.now + retry::wait(attempts);
    if attempts < MOST_ATTEMPTS && due_at < waiting.expires_at() {
        return vec![backchannel_outbox::postpone(&hash, due_at)];
    }
    vec![
        backchannel_outbox::end_undelivered(&hash),
        backchannel_outbox::done(&hash),
    ]
}

/// "token_endpoint_response ... in the JSON body" of a push (section 10.3.1), and what else an app may be sent.
#[derive(Serialize)]
#[serde(untagged)]
enum Body<'a> {
    Ping {
        auth_req_id: &'a str,
    },
    Tokens {
        auth_req_id: &'a str,
        #[serde(flatten)]
        tokens: TokenResponse,
    },
    Error {
        auth_req_id: &'a str,
        error: &'static str,
        error_description: &'a str,
    },
}

async fn deliver(waiting: &Waiting, context: &Context) -> Result<(), String> {
    let told = |fault: Fault| fault.to_string();
    let Some(known) = memory::read(&waiting.client_id, context).await.map_err(told)? else {
        return Ok(());
    };
    let metadata = &known.record.client.metadata;
    let (Some(mode), Some(endpoint)) = (
        metadata.backchannel_token_delivery_mode,
        &metadata.backchannel_client_notification_endpoint,
    ) else {
        // It polls by now.
        return Ok(());
    };
    if metadata.rules.disabled || !mode.notifies() {
        return Ok(());
    }
    let url = FetchUrl::parse(endpoint, context.config.loopback_fetches)
        .map_err(|why| format!("backchannel_client_notification_endpoint {why}"))?;
    let Notification { auth_req_id, token } = open(waiting, context).await.map_err(told)?;
    let id = auth_req_id.as_str();
    let refused = |error: &OAuthError| error.description.clone();
    let (error, why) = match (mode, waiting.outcome) {
        (DeliveryMode::Push, Outcome::Answered) => match tokens(waiting, &known, id, context).await {
            Ok(tokens) => {
                return post(
                    &url,
                    &token,
                    &Body::Tokens {
                        auth_req_id: id,
                        tokens,
                    },
                )
                .await;
            }
            Err(StepFailure::Client(error)) => ("transaction_failed", refused(&error)),
            Err(StepFailure::Fault(fault)) => return Err(fault.to_string()),
        },
        (DeliveryMode::Push, Outcome::TurnedDown) => (ErrorCode::AccessDenied.as_str(), "the person refused".into()),
        _ => return post(&url, &token, &Body::Ping { auth_req_id: id }).await,
    };
    let body = Body::Error {
        auth_req_id: id,
        error,
        error_description: &why,
    };
    post(&url, &token, &body).await
}

/// "The OP MUST ... use ... the client_notification_token as a bearer token", and "MUST NOT follow redirects".
async fn post(url: &FetchUrl, token: &str, body: &Body<'_>) -> Result<(), String> {
    let headers = [
        ("content-type", "application/json".to_owned()),
        ("authorization", format!("Bearer {token}")),
    ];
    let body = serde_json::to_string(body).map_err(|cause| cause.to_string())?;
    match fetch::post(url, &headers, &body, 0).await {
        Ok((200..=299, _)) => Ok(()),
        Ok((status, _)) => Err(format!("the app answered with status {status}")),
        Err(failure) => Err(format!("the app {}", failure.why())),
    }
}

/// The tokens of an answer, as the app would get them by polling.
async fn tokens(
    waiting: &Waiting,
    known: &Known,
    auth_req_id: &str,
    context: &Context,
) -> Result<TokenResponse, StepFailure> {
    let gone = || OAuthError::invalid_grant("the authorization has ended");
    let (client, hash) = (&known.record.client, waiting.hash());
    if !client.may_use(GrantType::Ciba) {
        return Err(gone().into());
    }
    let ready = readiness::of(known, context).await?;
    if let Some(error) = &ready.unreadable {
        return Err(error.clone().into());
    }
    let request = CodeRequest {
        code: OpaqueToken::parse(auth_req_id).ok_or_else(gone)?,
        redirect_uri: None,
        code_challenge: None,
        resources: Targets::default(),
    };
    let audiences = serde_json::to_string(&resource_indicator::known(&context.config)).unwrap_or_default();
    let new_family = random::id()?;
    let redemption = Redemption {
        conditions: TokenConditions {
            client_id: &client.client_id,
            proof: Proof::of_version(&client.client_id, client.version, None, context.now),
            ready: &ready,
            resources: &request.resources,
            audiences: &audiences,
            binding: None,
            lifetimes: &context.config.lifetimes,
            now: context.now,
        },
        hash: &hash,
        request: &request,
        family_id: &new_family,
    };
    let mut batch = Batch::default();
    let key = batch.add(signing_keys::current_for_client(
        &client.client_id,
        &ready.keys,
        context.now,
    ));
    let redeemed = batch.add(redemption.redeem());
    batch.push(redemption.begin_family());
    let undelivered = batch.add(codes::find_undelivered(&hash));
    let rows = context.db.run(batch).await?;
    // What an earlier attempt redeemed is there still.
    rows.read(redeemed)?;
    let undelivered = rows.read(undelivered)?.ok_or_else(gone)?;
    let family_id = undelivered.family_id;
    let user = context.db.read(users::find_by_family(&family_id, ready.along)).await?;
    let user = user.filter(|user| user.disabled_at.is_none()).ok_or_else(gone)?;
    let sub = user.sub_at(client);
    let authorization = undelivered.redeemed.into_authorization(family_id.clone(), sub)?;
    let within = Reach::within(
        &authorization,
        &request.resources,
        authorization.scope.clone(),
        &context.config,
    )?;
    let first_token = RefreshToken {
        family_id,
        generation: 0,
    };
    let granted = Granted {
        user,
        within,
        refresh_token: authorization
            .refreshable
            .then(|| first_token.render(&context.config.roots)),
        authorization,
        pushed_for: Some(auth_req_id.to_owned()),
    };
    let mint = Mint {
        config: &context.config,
        now: context.now,
        binding: None,
    };
    of_person::tokens(granted, client, rows.read(key)?, &mint, context).await
}
