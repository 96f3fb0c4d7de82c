//! Conditional requests (RFC 9110 section 13) for single things of operators, in one place for all of them: their answers carry a tag of what
//! they say, and a change that names the tag of another version does not happen.

use super::{Outcome, handlers::handler};
use crate::{
    db::states::{self, Kind},
    edge::{
        http::{failure::MachineFailure, request::Incoming},
        platform::context::Context,
    },
    oidc::error::OAuthError,
    reply::{Body, Reply, etag_of},
    routes::{Endpoint, Method, Route},
    web::header,
};

/// A change that is made only while the thing is in the state that was compared.
pub(super) struct Condition {
    kind: Kind,
    id: String,
    state: String,
}

fn kind_of(endpoint: Endpoint) -> Option<Kind> {
    match endpoint {
        Endpoint::AdminUser => Some(Kind::User),
        Endpoint::AdminClient | Endpoint::RegisteredClient => Some(Kind::Client),
        Endpoint::AdminGroup => Some(Kind::Group),
        Endpoint::AdminApi => Some(Kind::Api),
        Endpoint::AdminWebhook => Some(Kind::Webhook),
        _ => None,
    }
}

/// The answer about a single thing, with the tag of what it says.
pub(super) fn tagged(route: &Route, method: Method, reply: Reply) -> Reply {
    if method != Method::Get || reply.status != 200 || kind_of(route.endpoint).is_none() {
        return reply;
    }
    let etag = match &reply.body {
        Body::Json(text) => Some(etag_of(text)),
        _ => None,
    };
    Reply { etag, ..reply }
}

/// What a change names as the versions that it is for (`If-Match`), and of what kind the thing is.
pub(super) fn named_by(route: &Route, request: &Incoming) -> Option<(Kind, String)> {
    let changes = matches!(request.method, Method::Put | Method::Patch | Method::Delete);
    let kind = kind_of(route.endpoint).filter(|_| changes)?;
    Some((kind, request.header("if-match")?))
}

/// Compares what the request names with the thing as it is.
///
/// # Errors
/// An answer with 412; or that of a GET, where it is none with the thing.
pub(super) async fn compare(
    route: &Route,
    (kind, named): (Kind, String),
    request: &mut Incoming,
    context: &Context,
) -> Result<Condition, Outcome> {
    let id = request.segment(0).to_owned();
    let failed = |failure: MachineFailure| Outcome::Machine(Err(failure));
    if request.operator.is_none() && request.header("dpop").is_some() {
        // The proof is for one request, and the client is asked for twice.
        let why = "If-Match does not go with a DPoP proof here: change what operators decide at /admin/api/clients, or leave it out";
        return Err(failed(OAuthError::invalid_request(why).into()));
    }
    // Before the thing is read: what changes it from here on is found out by the change itself.
    let state = context.db.read(states::find(kind, &id)).await;
    let state = state.map_err(|fault| failed(fault.into()))?;
    let method = std::mem::replace(&mut request.method, Method::Get);
    let shown = handler(route.endpoint, request, context).run().await;
    request.method = method;
    let etag = match &shown {
        Outcome::Machine(Ok(reply)) if reply.status == 200 => match &reply.body {
            Body::Json(text) => etag_of(text),
            _ => return Err(shown),
        },
        _ => return Err(shown),
    };
    match state.filter(|_| header::names_tag(&named, &etag)) {
        Some(state) => {
            context.db.demand(kind, states::demand(kind, &id, Some(&state)));
            Ok(Condition { kind, id, state })
        }
        None => Err(Outcome::Machine(Ok(Reply {
            etag: Some(etag),
            ..precondition_failed()
        }))),
    }
}

impl Condition {
    /// What became of the change: where it failed since the thing was changed by another request after the comparison, nothing of it has
    /// happened.
    pub(super) async fn judge(self, outcome: Outcome, context: &Context) -> Outcome {
        let Outcome::Machine(Err(MachineFailure::Fault(_))) = &outcome else {
            return outcome;
        };
        match context.db.read(states::find(self.kind, &self.id)).await {
            Ok(state) if state.as_ref() != Some(&self.state) => Outcome::Machine(Ok(precondition_failed())),
            _ => outcome,
        }
    }
}

/// 412 (RFC 9110 section 15.5.13).
fn precondition_failed() -> Reply {
    let why = "If-Match does not name the present version: it was changed since you read it; read it again";
    Reply::refused(412, &OAuthError::invalid_request(why))
}
