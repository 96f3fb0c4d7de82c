//! What a page has to explain: its status and its words.

use super::{Csp, ErrorPage, Fact, Language, content_security_policy, messages::ErrorText, messages::ErrorTexts};
use crate::{
    oidc::{error::OAuthError, logout::LogoutRefusal, return_address::PageError},
    reply::{RETRY_AFTER, Reply},
    routes::Endpoint,
    time::Lifetime,
};

/// What a page has to explain.
#[derive(Debug)]
pub enum Problem {
    NotFound,
    /// The page is for operators with a role that opens it.
    NotForYou,
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
    /// A link that came by mail does not work.
    RecoveryOver,
    /// A link to make an account does not work.
    InvitationOver,
    /// A code by mail was asked for in another browser, or too long ago.
    CodeElsewhere,
    /// Neither does one that undoes a change of address.
    UndoOver,
    /// A form that Limen did not show to this browser.
    ForeignForm,
    /// A form of the account that was shown under another sign-in.
    OldForm,
}

impl Problem {
    /// The answer with the page.
    pub fn into_reply(self, language: Language) -> Reply {
        self.into_reply_at("", language)
    }

    /// The same to a request for `path`: who was at the console or at their account came from no app, and goes back there.
    pub fn into_reply_at(self, path: &str, language: Language) -> Reply {
        let code = self.code();
        let start = match self {
            // Who has no role is told of no console.
            Self::NotForYou => start_of(path).map(|_| Endpoint::Account),
            _ => start_of(path),
        };
        let mut page = ErrorPage::new(
            |texts| {
                let own = start.and_then(|_| self.own_text(texts));
                own.unwrap_or_else(|| self.text(texts))
            },
            language,
        );
        page.code = code.as_deref();
        if let Some(start) = start {
            page.offer_start(start);
        }
        if let Self::NoReturn(_, facts) | Self::Logout(_, facts) | Self::ClientDocument(_, facts) = &self {
            page.facts = facts;
        }
        match self {
            Self::Logout(..) => page.offer_logout(),
            Self::RecoveryOver | Self::UndoOver => page.offer_recovery(),
            _ => {}
        }
        let retry_after = match self {
            Self::TooManyDocuments(wait) => Some(wait),
            _ => None,
        };
        Reply {
            retry_after,
            ..show(self.status(), &page)
        }
    }

    fn status(&self) -> u16 {
        match self {
            Self::NotFound => 404,
            Self::MethodNotAllowed => 405,
            Self::TooLarge => 413,
            Self::ForeignForm | Self::OldForm | Self::NotForYou => 403,
            Self::TooManyDocuments(_) => 429,
            Self::InteractionOver
            | Self::SetUpOver
            | Self::RecoveryOver
            | Self::InvitationOver
            | Self::UndoOver
            | Self::CodeElsewhere
            | Self::NoReturn(..)
            | Self::Logout(..)
            | Self::ClientDocument(..)
            | Self::BadRequest(_) => 400,
        }
    }

    /// The error as the developer of an app knows it.
    fn code(&self) -> Option<String> {
        match self {
            Self::NoReturn(problem, _) => Some(format!("invalid_request: {}", problem.description())),
            Self::Logout(refusal, _) => Some(format!("invalid_request: {}", refusal.description())),
            Self::ClientDocument(error, _) | Self::BadRequest(error) => {
                Some(format!("{}: {}", error.code.as_str(), error.description))
            }
            Self::MethodNotAllowed => Some("invalid_request: the method is not allowed here".to_owned()),
            Self::TooLarge => Some("invalid_request: the body is too large".to_owned()),
            _ => None,
        }
    }

    /// The words at the console and at the account, where others would speak of an app.
    fn own_text(&self, texts: &'static ErrorTexts) -> Option<&'static ErrorText> {
        Some(match self {
            Self::NotFound => &texts.not_found_here,
            Self::BadRequest(_) | Self::MethodNotAllowed | Self::TooLarge => &texts.bad_request_here,
            Self::ForeignForm => &texts.foreign_form_here,
            _ => return None,
        })
    }

    fn text(&self, texts: &'static ErrorTexts) -> &'static ErrorText {
        match self {
            Self::NotFound => &texts.not_found,
            Self::NotForYou => &texts.not_for_you,
            Self::MethodNotAllowed => &texts.method_not_allowed,
            Self::NoReturn(PageError::UnknownClient, _) | Self::ClientDocument(..) => &texts.unknown_client,
            Self::NoReturn(PageError::WaitingClient, _) => &texts.waiting_client,
            Self::TooManyDocuments(_) => &texts.too_many_requests,
            Self::NoReturn(PageError::UnregisteredRedirectUri, _) => &texts.unregistered_redirect,
            Self::NoReturn(..) | Self::BadRequest(_) | Self::TooLarge => &texts.bad_request,
            Self::Logout(LogoutRefusal::UnregisteredUri, _) => &texts.unregistered_logout_redirect,
            Self::Logout(..) => &texts.bad_logout,
            Self::InteractionOver => &texts.interaction_over,
            Self::SetUpOver => &texts.set_up_over,
            Self::RecoveryOver => &texts.recovery_over,
            Self::InvitationOver => &texts.invitation_over,
            Self::UndoOver => &texts.undo_over,
            Self::CodeElsewhere => &texts.code_elsewhere,
            Self::ForeignForm => &texts.foreign_form,
            Self::OldForm => &texts.old_form,
        }
    }
}

/// The answer with the page for a fault of Limen's own. The log has the cause.
pub fn unavailable(request_id: &str, language: Language) -> Reply {
    let mut page = ErrorPage::new(|texts| &texts.unavailable, language);
    page.request_id = Some(request_id);
    Reply {
        retry_after: Some(RETRY_AFTER),
        ..show(503, &page)
    }
}

/// Where the pages begin to which `path` belongs, if it is of the console or of the account. Who has gone wrong at the first page of the console
/// may not be for it.
fn start_of(path: &str) -> Option<Endpoint> {
    let is_below = |start: Endpoint| {
        let rest = path.strip_prefix(start.path());
        rest.is_some_and(|rest| rest.starts_with('/'))
    };
    match () {
        () if is_below(Endpoint::Console) => Some(Endpoint::Console),
        () if is_below(Endpoint::Account) || path == Endpoint::Account.path() || path == Endpoint::Console.path() => {
            Some(Endpoint::Account)
        }
        () => None,
    }
}

fn show(status: u16, page: &ErrorPage<'_>) -> Reply {
    Reply::page(status, page.to_html(), content_security_policy(Csp::default()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reply::Body;

    fn html(reply: &Reply) -> &str {
        match &reply.body {
            Body::Page { html, .. } => html,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_problem_has_its_status_and_a_developer_its_code() {
        let reply = |problem: Problem| problem.into_reply(Language::En);
        assert_eq!(reply(Problem::NotFound).status, 404);
        assert_eq!(reply(Problem::MethodNotAllowed).status, 405);
        assert_eq!(reply(Problem::TooLarge).status, 413);
        assert_eq!(reply(Problem::ForeignForm).status, 403);
        assert_eq!(reply(Problem::OldForm).status, 403);
        assert_eq!(reply(Problem::InteractionOver).status, 400);
        let busy = reply(Problem::TooManyDocuments(Lifetime(60)));
        assert_eq!((busy.status, busy.retry_after), (429, Some(Lifetime(60))));
        let bad = reply(Problem::BadRequest(OAuthError::invalid_request("scope is missing")));
        assert_eq!(bad.status, 400);
        assert!(html(&bad).contains("invalid_request: scope is missing"));
        let facts = vec![Fact::Came("redirect_uri = https://x.org/<b>".to_owned())];
        let lost = reply(Problem::NoReturn(PageError::UnregisteredRedirectUri, facts));
        assert!(html(&lost).contains("the client did not register this redirect_uri"));
        assert!(html(&lost).contains("redirect_uri = https://x.org/&#60;b&#62;"));
    }

    #[test]
    fn who_was_at_the_console_or_at_their_account_is_led_back_there_and_told_of_no_app() {
        let bad = || Problem::BadRequest(OAuthError::invalid_request("x is no parameter here"));
        for language in Language::ALL {
            for (path, start) in [
                ("/admin/people", "/admin"),
                ("/admin/x/y", "/admin"),
                ("/admin", "/account"),
                ("/account", "/account"),
                ("/account/nothing", "/account"),
            ] {
                let all = [
                    Problem::NotFound,
                    Problem::MethodNotAllowed,
                    bad(),
                    Problem::TooLarge,
                    Problem::ForeignForm,
                ];
                for problem in all {
                    let other = html(&problem_of(&problem).into_reply(language)).to_owned();
                    let reply = problem.into_reply_at(path, language);
                    let page = html(&reply);
                    assert!(page.contains(&format!(r#"id="way-on" href="{start}""#)), "{path}");
                    let heading = |page: &str| page.split("<p>").nth(2).map(str::to_owned);
                    assert_ne!(heading(page), heading(&other), "{path}");
                }
            }
        }
        for path in ["/login", "/administer", "/accounts", ""] {
            assert!(
                !html(&bad().into_reply_at(path, Language::En)).contains("way-on"),
                "{path}"
            );
        }
        let closed = Problem::NotForYou.into_reply_at("/admin/people", Language::En);
        assert!(html(&closed).contains(r#"href="/account""#) && !html(&closed).contains("/admin"));
    }

    /// The same once more.
    fn problem_of(problem: &Problem) -> Problem {
        match problem {
            Problem::NotFound => Problem::NotFound,
            Problem::MethodNotAllowed => Problem::MethodNotAllowed,
            Problem::ForeignForm => Problem::ForeignForm,
            Problem::TooLarge => Problem::TooLarge,
            _ => Problem::BadRequest(OAuthError::invalid_request("x is no parameter here")),
        }
    }

    #[test]
    fn a_fault_shows_the_request_and_when_to_try_again() {
        let reply = unavailable("Xr5Jc0q8bJm2v9QmY1o3Tg", Language::En);
        assert_eq!((reply.status, reply.retry_after), (503, Some(RETRY_AFTER)));
        assert!(html(&reply).contains("Xr5Jc0q8bJm2v9QmY1o3Tg"));
    }
}
