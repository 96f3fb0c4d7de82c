//! How endpoints fail. There are two types, so that no page ever leaves an endpoint for programs.

use super::request::BodyError;
pub use crate::pages::Problem;
use crate::{
    edge::platform::{context::Context, log},
    fault::Fault,
    oidc::{error::OAuthError, logout::LogoutRefusal, params, return_address::PageError},
    pages::{self, Language},
    reply::Reply,
    time::Lifetime,
};

/// How an endpoint for programs fails.
pub enum MachineFailure {
    /// With an OAuth error.
    OAuth(OAuthError),
    /// For want of a good bearer token; `None` when there was none at all.
    Bearer(Option<OAuthError>),
    /// For want of a good proof beside a token that is bound to a key, or of such a token.
    Dpop(OAuthError),
    /// With an OAuth error under another HTTP status than its own.
    Status(u16, OAuthError),
    /// With a ready answer.
    Reply(Box<Reply>),
    /// Because the client has changed since the isolate last read it. Nothing has happened, and the router calls the endpoint once
    /// more.
    ClientChanged,
    /// Through our own fault.
    Fault(Fault),
}

/// How a step fails that endpoints for programs and for people share.
pub enum StepFailure {
    /// Because of what the client sent or registered.
    Client(OAuthError),
    /// Through our own fault.
    Fault(Fault),
}

/// How an endpoint for people fails.
pub enum PageFailure {
    /// With a page that says what to do.
    Problem(Problem),
    /// By an answer that leads elsewhere: to sign in first, or back to the client with an error.
    Reply(Box<Reply>),
    /// Because the client has changed since its copy was made. Nothing has happened, and the router calls the endpoint once more.
    ClientChanged,
    /// Through our own fault.
    Fault(Fault),
}

impl From<OAuthError> for MachineFailure {
    fn from(error: OAuthError) -> Self {
        Self::OAuth(error)
    }
}

impl From<Fault> for MachineFailure {
    fn from(fault: Fault) -> Self {
        Self::Fault(fault)
    }
}

impl From<OAuthError> for StepFailure {
    fn from(error: OAuthError) -> Self {
        Self::Client(error)
    }
}

impl From<Fault> for StepFailure {
    fn from(fault: Fault) -> Self {
        Self::Fault(fault)
    }
}

impl From<StepFailure> for MachineFailure {
    fn from(failure: StepFailure) -> Self {
        match failure {
            StepFailure::Client(error) => error.into(),
            StepFailure::Fault(fault) => fault.into(),
        }
    }
}

impl From<BodyError> for MachineFailure {
    fn from(error: BodyError) -> Self {
        match error {
            BodyError::TooLarge => Self::status(413, OAuthError::invalid_request("the body is too large")),
            BodyError::WrongType(expected) => {
                Self::status(415, OAuthError::invalid_request(format!("the body must be {expected}")))
            }
            BodyError::Malformed(error) => Self::OAuth(error),
        }
    }
}

impl MachineFailure {
    /// An OAuth error under another HTTP status than its own.
    pub fn status(status: u16, error: OAuthError) -> Self {
        Self::Status(status, error)
    }

    /// 404 for what the path names.
    pub fn no_such(what: &str) -> Self {
        Self::status(404, OAuthError::invalid_request(format!("there is no such {what}")))
    }

    /// The same of what a body names, by its id where that can be named.
    pub fn no_such_id(what: &str, id: &str) -> Self {
        match params::nameable(id) {
            Some(id) => Self::status(404, OAuthError::invalid_request(format!("there is no {what} {id}"))),
            None => Self::no_such(what),
        }
    }

    /// 429 (RFC 6585 section 4).
    pub fn too_many(wait: Lifetime) -> Self {
        Self::Reply(Box::new(Reply::too_many(wait)))
    }

    pub fn into_reply(self, context: &Context) -> Reply {
        match self {
            Self::OAuth(error) => Reply::error(&error),
            Self::Bearer(error) => Reply::bearer_challenge(error.as_ref()),
            Self::Dpop(error) => Reply::dpop_challenge(&error),
            Self::Status(status, error) => Reply::refused(status, &error),
            Self::Reply(reply) => *reply,
            Self::ClientChanged => {
                Self::Fault(Fault::new("clients", "changed twice in one request")).into_reply(context)
            }
            Self::Fault(fault) => {
                log::fault(&context.request_id, &fault);
                Reply::unavailable(&context.request_id)
            }
        }
    }
}

impl From<Problem> for PageFailure {
    fn from(problem: Problem) -> Self {
        Self::Problem(problem)
    }
}

impl From<PageError> for PageFailure {
    fn from(error: PageError) -> Self {
        Self::Problem(Problem::NoReturn(error, Vec::new()))
    }
}

impl From<LogoutRefusal> for PageFailure {
    fn from(refusal: LogoutRefusal) -> Self {
        Self::Problem(Problem::Logout(refusal, Vec::new()))
    }
}

impl From<Fault> for PageFailure {
    fn from(fault: Fault) -> Self {
        Self::Fault(fault)
    }
}

impl From<BodyError> for PageFailure {
    fn from(error: BodyError) -> Self {
        match error {
            BodyError::TooLarge => Self::Problem(Problem::TooLarge),
            BodyError::WrongType(expected) => Self::Problem(Problem::BadRequest(OAuthError::invalid_request(format!(
                "the body must be {expected}"
            )))),
            BodyError::Malformed(error) => Self::Problem(Problem::BadRequest(error)),
        }
    }
}

impl PageFailure {
    /// The answer to a request for `path`.
    pub fn into_reply(self, path: &str, context: &Context, language: Language) -> Reply {
        match self {
            Self::Fault(fault) => {
                log::fault(&context.request_id, &fault);
                pages::unavailable(&context.request_id, language)
            }
            Self::Problem(problem) => problem.into_reply_at(path, language),
            Self::Reply(reply) => *reply,
            Self::ClientChanged => Problem::InteractionOver.into_reply(language),
        }
    }
}
