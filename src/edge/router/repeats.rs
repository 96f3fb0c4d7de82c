//! `Idempotency-Key`: a request of an operator that makes something may be sent again, and makes nothing again. In one place for all that is
//! made; the key counts for a day, for the operator who sent it, at that path.

use serde_json::{Map, Value};

use super::{Outcome, handlers::handler};
use crate::{
    admin::{api_key::KeyScope, operator::Operator},
    db::{Batch, idempotency_keys},
    edge::{
        http::{failure::MachineFailure, request::Incoming},
        people::operator,
        platform::{context::Context, log},
    },
    oidc::error::OAuthError,
    reply::{Body, Reply},
    routes::{Endpoint, Method, Route},
    secret::{Purpose, random_text},
    time::Lifetime,
    web::json,
};

/// The most characters of a key.
const LONGEST: usize = 200;

/// A request that has its key to itself.
pub(super) struct Repeatable {
    hash: String,
}

/// What is made at an endpoint: how it is called, and where it is read, where that tells all that the answer told.
fn made_at(endpoint: Endpoint) -> Option<Option<Endpoint>> {
    match endpoint {
        Endpoint::AdminUsers => Some(Some(Endpoint::AdminUser)),
        Endpoint::AdminGroups => Some(Some(Endpoint::AdminGroup)),
        Endpoint::AdminApis => Some(Some(Endpoint::AdminApi)),
        Endpoint::AdminApiKeys
        | Endpoint::AdminInvitations
        | Endpoint::AdminClientSecrets
        | Endpoint::AdminWebhooks
        | Endpoint::Register => Some(None),
        _ => None,
    }
}

/// The key of a request that makes something.
pub(super) fn key_of(route: &Route, request: &Incoming) -> Option<String> {
    let makes = request.method == Method::Post && made_at(route.endpoint).is_some();
    makes.then(|| request.header("idempotency-key")).flatten()
}

/// Takes the key of a request; none where the request is not an operator's, of which the endpoint itself says what it says without a key.
///
/// # Errors
/// The answer of the request that came first with it, or why there is none.
pub(super) async fn begin(
    route: &Route,
    key: String,
    request: &mut Incoming,
    context: &Context,
) -> Result<Option<Repeatable>, Outcome> {
    match take(&key, request, context).await {
        Ok(Taken::Fresh(hash)) => Ok(Some(Repeatable { hash })),
        Ok(Taken::NoOperators) => Ok(None),
        Ok(Taken::Made(id)) => Err(repeated(made_at(route.endpoint).flatten(), id, request, context).await),
        Err(failure) => Err(Outcome::Machine(Err(failure))),
    }
}

enum Taken {
    Fresh(String),
    /// The id of what was made.
    Made(String),
    NoOperators,
}

async fn take(key: &str, request: &mut Incoming, context: &Context) -> Result<Taken, MachineFailure> {
    let refused = |status, why: &'static str| Err(MachineFailure::status(status, OAuthError::invalid_request(why)));
    let needed = KeyScope::needed(&request.path, request.method);
    let found = match &request.operator {
        Some(operator) => Some(who(operator)),
        // The proof is for one request, and the endpoint itself is to ask, too.
        None if request.header("dpop").is_some() => {
            return refused(400, "Idempotency-Key does not go with a DPoP proof here: leave it out");
        }
        // Who is refused is refused by the endpoint, which writes it down.
        None => match operator::find(request, needed, context).await {
            Ok(found) => found.map(|operator| who(&operator)),
            Err(fault @ MachineFailure::Fault(_)) => return Err(fault),
            Err(_) => None,
        },
    };
    let Some(who) = found else {
        return Ok(Taken::NoOperators);
    };
    if key.is_empty() || key.len() > LONGEST || !key.bytes().all(|byte| byte.is_ascii_graphic()) {
        return refused(
            400,
            "Idempotency-Key must have 1 to 200 visible characters of ASCII, such as a UUID",
        );
    }
    let body = request.keep_body().await?;
    let secret = context.config.roots.current(Purpose::Idempotency);
    let hash = random_text(secret.mac(&[who.as_bytes(), request.path.as_bytes(), key.as_bytes()]));
    let body = random_text(secret.mac(&[b"body".as_slice(), body.as_slice()]));
    let mut batch = Batch::default();
    let claimed = batch.add(idempotency_keys::claim(&hash, &body, context.now));
    let known = batch.add(idempotency_keys::find(&hash));
    let rows = context.db.run(batch).await?;
    if rows.read(claimed)? {
        return Ok(Taken::Fresh(hash));
    }
    match rows.read(known)? {
        Some(known) if known.body != body => {
            refused(422, "Idempotency-Key came with another body before: use a new one")
        }
        Some(known) => match known.made {
            Some(id) => Ok(Taken::Made(id)),
            None => {
                let why = "a request with this Idempotency-Key is at work, or ended without an answer: try again, or see what was made and use a \
                           new key";
                let reply = Reply::refused(409, &OAuthError::invalid_request(why)).retried_after(Lifetime(1));
                Err(MachineFailure::Reply(Box::new(reply)))
            }
        },
        None => refused(409, "a request with this Idempotency-Key has just failed: try again"),
    }
}

/// What tells operators apart.
fn who(operator: &Operator) -> String {
    match operator {
        Operator::Token => "token".to_owned(),
        Operator::Key(key) => format!("key {}", key.id),
        Operator::Person(person) => format!("person {}", person.user_id),
        Operator::App(app) => {
            let person = app.person.as_ref().map(|person| person.user_id.as_str());
            format!("app {} {}", app.client_id, person.unwrap_or_default())
        }
    }
}

/// The answer once more: what was made, as it is now. What was shown once is not shown again.
async fn repeated(read_at: Option<Endpoint>, id: String, request: &mut Incoming, context: &Context) -> Outcome {
    if let Some(endpoint) = read_at {
        let segments = std::mem::replace(&mut request.segments, vec![id.clone()]);
        request.method = Method::Get;
        let shown = handler(endpoint, request, context).run().await;
        request.segments = segments;
        request.method = Method::Post;
        match shown {
            Outcome::Machine(Ok(reply)) if reply.status == 200 => {
                return Outcome::Machine(Ok(Reply { status: 201, ..reply }));
            }
            Outcome::Machine(Err(MachineFailure::Fault(_))) => return shown,
            Outcome::Machine(Err(MachineFailure::Status(404, _))) => {
                let why =
                    format!("made with this Idempotency-Key, and deleted since: {id}; use a new key to make another");
                return Outcome::Machine(Err(MachineFailure::status(409, OAuthError::invalid_request(why))));
            }
            _ => {}
        }
    }
    let why = format!("already made with this Idempotency-Key: {id}; what is shown once is not shown again");
    Outcome::Machine(Err(MachineFailure::status(409, OAuthError::invalid_request(why))))
}

impl Repeatable {
    /// Notes what was made; where nothing was, the key may be used again.
    pub(super) async fn end(self, outcome: &Outcome, context: &Context) {
        let made = match outcome {
            Outcome::Machine(Ok(reply)) if reply.status == 201 => id_in(&reply.body),
            _ => None,
        };
        let statement = match &made {
            Some(id) => idempotency_keys::note(&self.hash, id),
            // Of a fault nobody knows whether anything was made.
            None if matches!(outcome, Outcome::Machine(Err(MachineFailure::Fault(_)))) => return,
            None => idempotency_keys::give_back(&self.hash),
        };
        if let Err(fault) = context.db.execute([statement]).await {
            log::fault(&context.request_id, &fault);
        }
    }
}

fn id_in(body: &Body) -> Option<String> {
    let Body::Json(text) = body else { return None };
    let answer: Map<String, Value> = json::parse(&**text)?;
    // A webhook has both.
    let mut names = ["id", "client_id"].into_iter();
    names.find_map(|name| answer.get(name)?.as_str().map(str::to_owned))
}
