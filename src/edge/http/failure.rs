//! How endpoints fail. There are two types, so that no page ever leaves an endpoint for programs.

use super::request::BodyError;
use crate::{
    edge::platform::{context::Context, log},
    fault::Fault,
    oidc::{
        error::{ErrorCode, OAuthError},
        logout::LogoutRefusal,
        return_address::PageError,
    },
    pages::{Csp, ErrorPage, ErrorText, Fact, Language, content_security_policy},
    reply::Reply,
    time::Lifetime,
};

/// When to try again after a fault.
const RETRY_AFTER: Lifetime = Lifetime(5);

/// How an endpoint for programs fails.
pub enum MachineFailure {
    /// With an OAuth error.
    OAuth(OAuthError),
    /// For want of a good bearer token; `None` when there was none at all.
    Bearer(Option<OAuthError>),
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

/// What a page has to explain.
pub enum Problem {
    NotFound,
    MethodNotAllowed,
    /// The response has no address that can be trusted.
    NoReturn(PageError, Vec<Fact>),
    /// A request to sign out cannot be followed.
    Logout(LogoutRefusal, Vec<Fact>),
    /// The document at the `client_id` does not make a client; its developer is told why.
    ClientDocument(OAuthError, Vec<Fact>),
    /// Too many documents were fetched for this network.
    TooManyDocuments(Lifetime),
    /// The request is not well-formed, and nobody else can be told.
    BadRequest(OAuthError),
    /// The body is too large.
    TooLarge,
    /// The sign-in was finished, given up, or too old.
    InteractionOver,
    /// A link to set up how somebody signs in does not work.
    SetUpOver,
    /// A form that Limen did not show to this browser.
    ForeignForm,
    /// A form of the account that was shown under another sign-in.
    OldForm,
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
        Self::Reply(Box::new(Reply {
            status,
            ..Reply::error(&error)
        }))
    }

    /// 429 (RFC 6585 section 4).
    pub fn too_many(wait: Lifetime) -> Self {
        let error = OAuthError::new(ErrorCode::AccessDenied, "too many attempts; try again later");
        Self::Reply(Box::new(Reply {
            status: 429,
            retry_after: Some(wait),
            ..Reply::error(&error)
        }))
    }

    pub fn into_reply(self, context: &Context) -> Reply {
        match self {
            Self::OAuth(error) => Reply::error(&error),
            Self::Bearer(error) => Reply::bearer_challenge(error.as_ref()),
            Self::Reply(reply) => *reply,
            Self::ClientChanged => {
                Self::Fault(Fault::new("clients", "changed twice in one request")).into_reply(context)
            }
            Self::Fault(fault) => {
                log::fault(&context.request_id, &fault);
                let body = serde_json::json!({
                    "error": "temporarily_unavailable",
                    "error_description": format!("Limen cannot answer now; try again. Request {}", context.request_id),
                });
                Reply {
                    retry_after: Some(RETRY_AFTER),
                    ..Reply::json(503, &body)
                }
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
    pub fn into_reply(self, context: &Context, language: Language) -> Reply {
        match self {
            Self::Fault(fault) => {
                log::fault(&context.request_id, &fault);
                let mut page = ErrorPage::new(|texts| &texts.unavailable, language);
                page.request_id = Some(&context.request_id);
                Reply {
                    retry_after: Some(RETRY_AFTER),
                    ..show(503, &page)
                }
            }
            Self::Problem(problem) => problem.into_reply(language),
            Self::Reply(reply) => *reply,
            Self::ClientChanged => Problem::InteractionOver.into_reply(language),
        }
    }
}

impl Problem {
    fn into_reply(self, language: Language) -> Reply {
        let (status, code) = match &self {
            Self::NotFound => (404, None),
            Self::MethodNotAllowed => (405, None),
            Self::TooLarge => (413, None),
            Self::ForeignForm | Self::OldForm => (403, None),
            Self::InteractionOver | Self::SetUpOver => (400, None),
            Self::NoReturn(problem, _) => (400, Some(format!("invalid_request: {}", problem.description()))),
            Self::Logout(refusal, _) => (400, Some(format!("invalid_request: {}", refusal.description()))),
            Self::ClientDocument(error, _) | Self::BadRequest(error) => {
                (400, Some(format!("{}: {}", error.code.as_str(), error.description)))
            }
            Self::TooManyDocuments(_) => (429, None),
        };
        let mut page = ErrorPage::new(
            |texts| -> &'static ErrorText {
                match &self {
                    Self::NotFound => &texts.not_found,
                    Self::MethodNotAllowed => &texts.method_not_allowed,
                    Self::NoReturn(PageError::UnknownClient, _) | Self::ClientDocument(..) => &texts.unknown_client,
                    Self::TooManyDocuments(_) => &texts.too_many_requests,
                    Self::NoReturn(PageError::UnregisteredRedirectUri, _) => &texts.unregistered_redirect,
                    Self::NoReturn(..) | Self::BadRequest(_) | Self::TooLarge => &texts.bad_request,
                    Self::Logout(LogoutRefusal::UnregisteredUri, _) => &texts.unregistered_logout_redirect,
                    Self::Logout(..) => &texts.bad_logout,
                    Self::InteractionOver => &texts.interaction_over,
                    Self::SetUpOver => &texts.set_up_over,
                    Self::ForeignForm => &texts.foreign_form,
                    Self::OldForm => &texts.old_form,
                }
            },
            language,
        );
        page.code = code.as_deref();
        if let Self::NoReturn(_, facts) | Self::Logout(_, facts) | Self::ClientDocument(_, facts) = &self {
            page.facts = facts;
        }
        if matches!(self, Self::Logout(..)) {
            page.offer_logout();
        }
        let retry_after = match self {
            Self::TooManyDocuments(wait) => Some(wait),
            _ => None,
        };
        Reply {
            retry_after,
            ..show(status, &page)
        }
    }
}

fn show(status: u16, page: &ErrorPage<'_>) -> Reply {
    Reply::page(status, page.to_html(), content_security_policy(Csp::default()))
}
