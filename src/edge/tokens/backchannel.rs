//! Tells apps in ping and push mode what came of a request (CIBA Core sections 10.2, 10.3 and 12), out of the outbox. One run at a time
//! has a row, and it stays until the app has answered or a few attempts have failed.

mod pushed_tokens;
mod sealed_notification;

use futures_util::{StreamExt, stream};
use serde::Serialize;

pub use sealed_notification::seal;

use crate::{
    db::backchannel_outbox::{self, Outcome, Waiting},
    edge::{
        clients::memory,
        http::failure::StepFailure,
        platform::{context::Context, fetch, log},
    },
    fault::Fault,
    oidc::{ciba::Notification, client::client_metadata::DeliveryMode, error::OAuthError, token::TokenResponse},
    web::{fetch_url::FetchUrl, retry},
};

/// The most rows of a round, and of one client in it, and of those under way at a time: the platform opens no more than six connections.
const AT_ONCE: i64 = 20;
const OF_CLIENT: i64 = 4;
const CONNECTIONS: usize = 5;

/// The most rounds of the periodic run.
const MOST_ROUNDS: usize = 10;

/// How often an app is told before Limen gives up.
const MOST_ATTEMPTS: i64 = 4;

/// The statuses below 500 that say nothing of the request: it came too slowly, too early or among too many (RFC 9110, RFC 8470, RFC 6585).
const PASSING: [u16; 3] = [408, 425, 429];

/// "The OpenID Provider encountered an unexpected condition that prevented it from successfully completing the transaction" (section 12).
const TRANSACTION_FAILED: &str = "transaction_failed";

/// Tells some of what is due, after the answer. The rest is for the periodic run.
pub fn send_later(context: &Context) {
    context.after_answer(async |later| send_round(later).await.map(|_| ()));
}

/// Tells what is due.
pub async fn send_due(context: &Context) -> Result<(), Fault> {
    for _ in 0..MOST_ROUNDS {
        if !send_round(context).await? {
            break;
        }
    }
    Ok(())
}

/// Tells at most as much as a lease lasts for, each row by itself, and says whether there was anything.
async fn send_round(context: &Context) -> Result<bool, Fault> {
    let context = &context.later();
    let take = backchannel_outbox::take(AT_ONCE, OF_CLIENT, context.now);
    let taken = context.db.read(take).await?;
    let told = taken.iter().map(|waiting| notify(waiting, context));
    let outcomes: Vec<Result<(), Fault>> = stream::iter(told).buffer_unordered(CONNECTIONS).collect().await;
    outcomes.into_iter().collect::<Result<(), Fault>>()?;
    Ok(!taken.is_empty())
}

/// Why an app was not told what it waits for.
enum NotNotified {
    /// Another attempt may do better.
    Yet(String),
    /// None will: what was made for it ends.
    Ever(String),
}

impl From<Fault> for NotNotified {
    fn from(fault: Fault) -> Self {
        Self::Yet(fault.to_string())
    }
}

/// What an app that was sent something did instead of taking it.
enum NotTaken {
    Status(u16),
    Silent(String),
}

impl NotTaken {
    /// What it means for a ping. Section 10.2 leaves open what follows a refusal. The app can poll, and another ping would come among those
    /// of its next requests.
    fn of_ping(self) -> NotNotified {
        match self {
            Self::Status(status @ 300..=499) if !PASSING.contains(&status) => NotNotified::Ever(refusal(status)),
            other => other.into(),
        }
    }
}

impl From<NotTaken> for NotNotified {
    fn from(not_taken: NotTaken) -> Self {
        Self::Yet(match not_taken {
            NotTaken::Status(status) => refusal(status),
            NotTaken::Silent(why) => why,
        })
    }
}

impl From<Fault> for NotTaken {
    fn from(fault: Fault) -> Self {
        Self::Silent(fault.to_string())
    }
}

fn refusal(status: u16) -> String {
    format!("the app answered with status {status}")
}

/// Tells one app, and writes down what becomes of the row.
async fn notify(waiting: &Waiting, context: &Context) -> Result<(), Fault> {
    let (hash, lease) = (waiting.hash(), waiting.lease());
    let due_at = context.now + retry::wait(waiting.attempts);
    let is_last = waiting.attempts >= MOST_ATTEMPTS || due_at >= waiting.expires_at();
    let opened = sealed_notification::open(waiting, context).await;
    let told = match (&opened, hopeless(waiting, context)) {
        (_, Some(why)) => Err(NotNotified::Ever(why.to_owned())),
        (Ok(notification), None) => deliver(waiting, notification, is_last, context).await,
        (Err(fault), None) => Err(NotNotified::Yet(fault.to_string())),
    };
    let done = backchannel_outbox::done(&hash, lease);
    let statements = match told {
        Ok(()) => vec![done],
        Err(NotNotified::Yet(why)) if !is_last => {
            log::app_not_told(&context.request_id, (&waiting.client_id, waiting.attempts), &why);
            vec![backchannel_outbox::postpone(&hash, lease, due_at)]
        }
        Err(NotNotified::Yet(why) | NotNotified::Ever(why)) => {
            log::app_not_told(&context.request_id, (&waiting.client_id, waiting.attempts), &why);
            // An app in ping mode fetches its tokens itself, whether or not it was told.
            match opened {
                Ok(notification) if notification.mode != DeliveryMode::Push => vec![done],
                _ => vec![backchannel_outbox::end_undelivered(&hash, lease), done],
            }
        }
    };
    context.db.execute(statements).await
}

/// Why there is no use in telling the app.
fn hopeless(waiting: &Waiting, context: &Context) -> Option<&'static str> {
    if !context.config.backchannel_authentication {
        return Some("BACKCHANNEL_AUTHENTICATION is off");
    }
    if waiting.expires_at() <= context.now {
        return Some("the request has expired");
    }
    // Runs that had it before died on the way.
    (waiting.attempts > MOST_ATTEMPTS).then_some("it was tried too often")
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

/// # Errors
/// Where the app does not have what it waits for; of the last attempt it is told so.
async fn deliver(
    waiting: &Waiting,
    notification: &Notification,
    is_last: bool,
    context: &Context,
) -> Result<(), NotNotified> {
    let ever = |why: &str| NotNotified::Ever(why.to_owned());
    let Some(known) = memory::read(&waiting.client_id, context).await? else {
        return Err(ever("the client is gone"));
    };
    let client = &known.record.client;
    if client.metadata.rules.disabled {
        return Err(ever("the client is disabled"));
    }
    if !notification.is_current(client) {
        return Err(ever(
            "the client has registered another mode or endpoint since it asked",
        ));
    }
    let url = FetchUrl::parse(&notification.endpoint, context.config.loopback_fetches)
        .map_err(|why| NotNotified::Yet(format!("backchannel_client_notification_endpoint {why}")))?;
    let (id, token) = (notification.auth_req_id.as_str(), notification.token.as_str());
    let (error, why) = match (notification.mode, waiting.outcome) {
        (DeliveryMode::Push, Outcome::Answered) => match pushed_tokens::make(waiting, &known, id, context).await {
            Ok(tokens) => {
                let body = Body::Tokens {
                    auth_req_id: id,
                    tokens,
                };
                return Ok(post(&url, token, &body).await?);
            }
            Err(StepFailure::Client(error)) => (TRANSACTION_FAILED, error.description.into_owned()),
            Err(StepFailure::Fault(fault)) if !is_last => return Err(fault.into()),
            Err(StepFailure::Fault(_)) => (TRANSACTION_FAILED, "the tokens could not be made".to_owned()),
        },
        (DeliveryMode::Push, Outcome::TurnedDown) => {
            let error = OAuthError::refused_by_person();
            (error.code.as_str(), error.description.into_owned())
        }
        _ => {
            // It may have asked by itself since the attempt before.
            if waiting.is_fetched() {
                return Ok(());
            }
            let body = Body::Ping { auth_req_id: id };
            return post(&url, token, &body).await.map_err(NotTaken::of_ping);
        }
    };
    let body = Body::Error {
        auth_req_id: id,
        error,
        error_description: &why,
    };
    post(&url, token, &body).await?;
    match error {
        TRANSACTION_FAILED => Err(NotNotified::Ever(why)),
        _ => Ok(()),
    }
}

/// "The OP MUST ... use ... the client_notification_token as a bearer token", and "MUST NOT follow redirects".
async fn post(url: &FetchUrl, token: &str, body: &Body<'_>) -> Result<(), NotTaken> {
    let headers = [
        ("content-type", "application/json".to_owned()),
        ("authorization", format!("Bearer {token}")),
    ];
    let body = serde_json::to_string(body).map_err(|cause| Fault::new("notification", cause))?;
    match fetch::post(url, &headers, &body, 0).await {
        Ok(answered) if (200..=299).contains(&answered.status) => Ok(()),
        Ok(answered) => Err(NotTaken::Status(answered.status)),
        Err(failure) => Err(NotTaken::Silent(format!("the app {}", failure.why()))),
    }
}
