//! From a path to its endpoint, and what all endpoints have in common: who may call, conditional requests, repeated ones, refusals.

mod bulk;
mod conditions;
mod handlers;
mod repeats;
mod unread;

use handlers::handler;

use super::{
    authorization::mistake,
    http::{
        browser::Browser,
        failure::{MachineFailure, PageFailure, Problem},
        refusals,
        request::Incoming,
    },
    people::operator,
    platform::{apart::apart, context::Context},
};
use crate::{
    audit::Event,
    oidc::{
        error::{ErrorCode, OAuthError},
        protected_resource,
    },
    pages::Language,
    reply::{Body, Reply},
    routes::{self, Audience, Endpoint, Method, Route},
};

/// An answer to `request` at `route`, whatever goes wrong.
pub async fn answer(route: &Route, request: &mut Incoming, context: &Context) -> Reply {
    if request.method == Method::Options {
        return Reply {
            allow: Some(route.allow()),
            ..Reply::new(204, Body::Empty)
        };
    }
    if !route.answers(request.method) {
        return method_not_allowed(route, request, context);
    }
    if route.audience == Audience::Operator
        && let Err(failure) = apart(operator::require(route, request, context)).await
    {
        return machine_reply(Err(failure), request, context);
    }
    let reply = answer_admitted(route, request, context).await;
    match route.audience == Audience::Browser && request.method == Method::Post && request.is_cross_site() {
        // It came without the browser's cookies, and what is made without them must not take their place.
        true => Reply {
            cookies: Vec::new(),
            ..reply
        },
        false => reply,
    }
}

/// The answer to a request that may be made.
async fn answer_admitted(route: &Route, request: &mut Incoming, context: &Context) -> Reply {
    if route.audience == Audience::Operator
        && let Err(failure) = apart(unread::refuse(route, request)).await
    {
        return machine_reply(Err(failure), request, context);
    }
    match run(route, request, context).await {
        Outcome::Page(Ok(reply)) => reply,
        Outcome::Page(Err(failure)) => {
            let language = language(request, context);
            let failure = match route.endpoint {
                Endpoint::Authorize | Endpoint::Logout | Endpoint::LogoutConfirm => {
                    apart(mistake::explain(failure, request, language, context)).await
                }
                _ => failure,
            };
            failure.into_reply(&request.path, context, language)
        }
        Outcome::Machine(outcome) => {
            let reply = machine_reply(outcome, request, context);
            conditions::tagged(route, request.method, reply)
        }
    }
}

/// Runs the endpoint, if the request's conditions hold.
async fn run(route: &Route, request: &mut Incoming, context: &Context) -> Outcome {
    // Most requests have neither, and pay for neither.
    let condition = match conditions::named_by(route, request) {
        None => None,
        Some(named) => match apart(conditions::compare(route, named, request, context)).await {
            Ok(condition) => Some(condition),
            Err(outcome) => return outcome,
        },
    };
    let repeatable = match repeats::key_of(route, request) {
        None => None,
        Some(key) => match apart(repeats::begin(route, key, request, context)).await {
            Ok(repeatable) => repeatable,
            Err(outcome) => return outcome,
        },
    };
    let mut outcome = handler(route.endpoint, request, context).run().await;
    if outcome.is_client_changed() {
        // Nothing has happened. What is known of the client is up to date now.
        outcome = handler(route.endpoint, request, context).run().await;
    }
    if outcome.is_fault() && context.db.roles_have_changed().await {
        outcome = match outcome {
            Outcome::Page(_) => Outcome::Page(Err(Problem::NotForYou.into())),
            Outcome::Machine(_) => Outcome::Machine(Err(operator::roles_changed())),
        };
    }
    if let Some(repeatable) = repeatable {
        apart(repeatable.end(&outcome, context)).await;
    }
    match condition {
        Some(condition) => apart(condition.judge(outcome, context)).await,
        None => outcome,
    }
}

fn machine_reply(outcome: Result<Reply, MachineFailure>, request: &Incoming, context: &Context) -> Reply {
    if let Err(MachineFailure::OAuth(error)) = &outcome
        && error.code == ErrorCode::InvalidClient
    {
        let facts = [("reason", error.description.as_ref())];
        refusals::note(Event::ClientRefused, context.claimed().as_deref(), &facts, context);
    }
    let reply = outcome.unwrap_or_else(|failure| failure.into_reply(context));
    match reply.challenge {
        Some(_) => {
            let named = reply.naming_resource(&protected_resource::metadata_url(&request.path, &context.config.issuer));
            match protected_resource::takes_tokens(&request.path, &context.config) {
                true => named.offering_dpop(),
                false => named,
            }
        }
        None => reply,
    }
}

/// The answer where there is no route: a page for browsers, which say that they read HTML, and JSON for programs.
#[cold]
#[inline(never)]
pub fn not_found(request: &Incoming, context: &Context) -> Reply {
    let audience = routes::audience_of_unknown(&request.path);
    if request.method == Method::Options && audience == Audience::Machine {
        return Reply {
            allow: Some("GET, OPTIONS".to_owned()),
            ..Reply::new(204, Body::Empty)
        };
    }
    if let (Method::Get, Some(page)) = (request.method, routes::page_meant(&request.path)) {
        return Reply::see_other(match request.query.as_str() {
            "" => page.to_owned(),
            query => format!("{page}?{query}"),
        });
    }
    if audience != Audience::Browser || !request.reads_html() {
        let error = OAuthError::invalid_request("there is nothing at this address");
        return MachineFailure::status(404, error).into_reply(context);
    }
    PageFailure::from(Problem::NotFound).into_reply(&request.path, context, language(request, context))
}

/// The answer to a method that the endpoint, or Limen, does not know.
#[cold]
#[inline(never)]
pub fn method_not_allowed(route: &Route, request: &Incoming, context: &Context) -> Reply {
    let reply = match route.audience {
        Audience::Browser => {
            PageFailure::from(Problem::MethodNotAllowed).into_reply(&request.path, context, language(request, context))
        }
        Audience::Machine | Audience::Operator => {
            let error = OAuthError::invalid_request("the method is not allowed here");
            MachineFailure::status(405, error).into_reply(context)
        }
    };
    Reply {
        allow: Some(route.allow()),
        ..reply
    }
}

fn language(request: &Incoming, context: &Context) -> Language {
    Browser::of(request, context).language(request.query_params().ok().as_ref())
}

/// What became of a request.
enum Outcome {
    Page(Result<Reply, PageFailure>),
    Machine(Result<Reply, MachineFailure>),
}

impl Outcome {
    fn is_fault(&self) -> bool {
        matches!(
            self,
            Self::Page(Err(PageFailure::Fault(_))) | Self::Machine(Err(MachineFailure::Fault(_)))
        )
    }

    fn is_client_changed(&self) -> bool {
        matches!(
            self,
            Self::Page(Err(PageFailure::ClientChanged)) | Self::Machine(Err(MachineFailure::ClientChanged))
        )
    }
}
