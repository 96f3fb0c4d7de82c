//! What Limen answers, before it becomes an HTTP response (src/edge/http/respond/mod.rs is where headers are written).

use std::rc::Rc;

use serde::Serialize;
use serde_json::json;
use sha2::{Digest, Sha256};

use crate::{
    cookie::Cookie,
    oidc::{
        dpop,
        error::{ErrorCode, OAuthError},
    },
    secret::random_text,
    time::Lifetime,
};

/// When to try again after a fault.
pub const RETRY_AFTER: Lifetime = Lifetime(5);

/// An answer.
#[derive(Debug)]
pub struct Reply {
    /// HTTP status, 200 to 599.
    pub status: u16,
    /// What it carries.
    pub body: Body,
    /// Who may keep it.
    pub caching: Caching,
    /// `Location`.
    pub location: Option<String>,
    /// `Set-Cookie`, one each.
    pub cookies: Vec<Cookie>,
    /// `WWW-Authenticate`.
    pub challenge: Option<String>,
    /// `Retry-After`.
    pub retry_after: Option<Lifetime>,
    /// `Allow`.
    pub allow: Option<String>,
    /// The name of the file as which a browser keeps it (RFC 6266).
    pub file_name: Option<&'static str>,
    /// `ETag`, without quotes, of an answer that nobody keeps: it names the version for a change.
    pub etag: Option<String>,
}

/// The tag of a JSON text: a digest.
pub fn etag_of(text: &str) -> String {
    random_text::<32>(Sha256::digest(text).into())
}

/// What an answer carries.
#[derive(Debug)]
pub enum Body {
    /// Nothing.
    Empty,
    /// `application/json`.
    Json(Rc<str>),
    /// `application/jwk-set+json` (RFC 7517 section 8.5), or plain JSON.
    JwkSet {
        /// The document.
        text: Rc<str>,
        /// Whether it calls itself `application/json`.
        plain: bool,
    },
    /// `application/jrd+json` (RFC 7033 section 10.2).
    Jrd(Rc<str>),
    /// `application/jwt` (RFC 7519 section 10.3.1).
    Jwt(String),
    /// `application/token-introspection+jwt` (RFC 9701 section 10.2).
    IntrospectionJwt(String),
    /// `application/x-ndjson`: a JSON document a line.
    JsonLines(String),
    /// `text/plain`.
    Text(String),
    /// A stylesheet.
    Css(Rc<str>),
    /// A picture.
    Picture {
        /// Its media type.
        media_type: &'static str,
        /// The file.
        bytes: Rc<[u8]>,
    },
    /// A script.
    Script(&'static str),
    /// A page, with its `Content-Security-Policy`.
    Page {
        /// The HTML.
        html: String,
        /// The policy.
        policy: String,
    },
    /// A page that other sites show in a frame, with its `Content-Security-Policy`.
    Frame {
        /// The HTML.
        html: String,
        /// The policy.
        policy: String,
    },
}

/// Who may keep an answer.
#[derive(Debug, PartialEq, Eq)]
pub enum Caching {
    /// Nobody.
    NoStore,
    /// Everybody.
    Public {
        /// For how long.
        max_age: Lifetime,
        /// `ETag`, without quotes.
        etag: Rc<str>,
    },
}

/// A JSON document that many are given: its text and its tag are made once, and shared.
#[derive(Clone, Debug)]
pub struct Document {
    /// The document.
    pub text: Rc<str>,
    /// `ETag`, without quotes: a digest of the text.
    pub etag: Rc<str>,
}

impl Document {
    /// The document of that text.
    pub fn new(text: &str) -> Self {
        Self {
            text: text.into(),
            etag: etag_of(text).into(),
        }
    }
}

impl Reply {
    /// An answer that nobody keeps.
    pub fn new(status: u16, body: Body) -> Self {
        Self {
            status,
            body,
            caching: Caching::NoStore,
            location: None,
            cookies: Vec::new(),
            challenge: None,
            retry_after: None,
            allow: None,
            file_name: None,
            etag: None,
        }
    }

    /// JSON.
    pub fn json(status: u16, value: &impl Serialize) -> Self {
        // Limen's own types have string keys and no failing serializers.
        Self::new(
            status,
            Body::Json(serde_json::to_string(value).unwrap_or_default().into()),
        )
    }

    /// A page.
    pub fn page(status: u16, html: String, policy: String) -> Self {
        Self::new(status, Body::Page { html, policy })
    }

    /// The same, with how long to wait before trying again.
    pub fn retried_after(self, wait: Lifetime) -> Self {
        Self {
            retry_after: Some(wait),
            ..self
        }
    }

    /// 303: "the user agent ... performing a retrieval request (GET)" (RFC 9110 section 15.4.4), so that a form's password is
    /// never sent on (RFC 9700 section 4.12).
    pub fn see_other(location: String) -> Self {
        Self {
            location: Some(location),
            ..Self::new(303, Body::Empty)
        }
    }

    /// The JSON error of an OAuth endpoint (RFC 6749 section 5.2).
    pub fn error(error: &OAuthError) -> Self {
        #[derive(Serialize)]
        struct ErrorResponse<'a> {
            error: &'static str,
            error_description: &'a str,
        }
        let body = ErrorResponse {
            error: error.code.as_str(),
            error_description: &error.description,
        };
        // "If the client attempted to authenticate via the Authorization request header field, the authorization server
        // MUST respond with ... the WWW-Authenticate response header field."
        let challenge = (error.code == ErrorCode::InvalidClient).then(|| "Basic realm=\"limen\"".to_owned());
        Self {
            challenge,
            ..Self::json(error.code.status(), &body)
        }
    }

    /// The same under another HTTP status than its own.
    pub fn refused(status: u16, error: &OAuthError) -> Self {
        Self {
            status,
            ..Self::error(error)
        }
    }

    /// 429 (RFC 6585 section 4). No code is registered for it at endpoints of programs. This one no library takes for a person's refusal, as
    /// they do `access_denied`, nor for an order to poll on.
    pub fn too_many(wait: Lifetime) -> Self {
        let error = OAuthError::new(ErrorCode::TemporarilyUnavailable, "too many attempts; try again later");
        Self::refused(429, &error).retried_after(wait)
    }

    /// 503 for a fault of Limen's own. The log has the cause.
    pub fn unavailable(request_id: &str) -> Self {
        let body = json!({
            "error": ErrorCode::TemporarilyUnavailable.as_str(),
            "error_description": format!("Limen cannot answer now; try again. Request {request_id}"),
        });
        Self::json(503, &body).retried_after(RETRY_AFTER)
    }

    /// The error of a resource that wants a bearer token (RFC 6750 section 3). Without an error the request had no token: then the
    /// challenge "SHOULD NOT include an error code", but programs that parse the body find one there.
    pub fn bearer_challenge(error: Option<&OAuthError>) -> Self {
        let Some(error) = error else {
            return Self {
                challenge: Some("Bearer realm=\"limen\"".to_owned()),
                ..Self::error(&OAuthError::invalid_token("a bearer token is needed here"))
            };
        };
        // Descriptions are printable ASCII without `"` and `\` (see OAuthError).
        let challenge = format!(
            "Bearer error=\"{}\", error_description=\"{}\"",
            error.code.as_str(),
            error.description
        );
        Self {
            challenge: Some(challenge),
            ..Self::error(error)
        }
    }

    /// The error of a resource that wants another proof beside a token that is bound to a key (RFC 9449 section 7.1).
    pub fn dpop_challenge(error: &OAuthError) -> Self {
        let status = match error.code {
            ErrorCode::InvalidDpopProof | ErrorCode::UseDpopNonce => 401,
            code => code.status(),
        };
        let challenge = format!(
            "DPoP error=\"{}\", error_description=\"{}\", algs=\"{}\"",
            error.code.as_str(),
            error.description,
            dpop::algs().join(" ")
        );
        Self {
            challenge: Some(challenge),
            ..Self::refused(status, error)
        }
    }

    /// The same answer; its challenge then says how the person has to sign in (RFC 9470 section 3).
    pub fn demanding_sign_in(mut self, acr: &str, max_age: Lifetime) -> Self {
        if let Some(challenge) = &mut self.challenge {
            challenge.push_str(&format!(", acr_values=\"{acr}\", max_age=\"{}\"", max_age.0));
        }
        self
    }

    /// The same answer; a challenge for a bearer token then tells that one that is bound to a key will do, too (section 7.2).
    pub fn offering_dpop(mut self) -> Self {
        if let Some(challenge) = &mut self.challenge
            && self.status == 401
            && challenge.starts_with("Bearer ")
        {
            challenge.push_str(&format!(", DPoP algs=\"{}\"", dpop::algs().join(" ")));
        }
        self
    }

    /// The same answer; a challenge for a token then names the metadata of the resource (RFC 9728 section 5.1).
    pub fn naming_resource(mut self, metadata_url: &str) -> Self {
        if let Some(challenge) = &mut self.challenge
            && (challenge.starts_with("Bearer ") || challenge.starts_with("DPoP "))
        {
            challenge.push_str(&format!(", resource_metadata=\"{metadata_url}\""));
        }
        self
    }

    /// The same answer, to be kept by everybody.
    pub fn cached(mut self, max_age: Lifetime, etag: impl Into<Rc<str>>) -> Self {
        let etag = etag.into();
        self.caching = Caching::Public { max_age, etag };
        self
    }

    /// The same answer, to be kept by everybody: for a year where the query of its address, `v=...`, names the version that it is. Else
    /// for minutes: while a deployment spreads, a page of the new one may name what an older one serves.
    pub fn cached_by_version(self, query: &str, version: impl Into<Rc<str>>) -> Self {
        let version = version.into();
        let max_age = match query.strip_prefix("v=") {
            Some(named) if named == &*version => Lifetime::YEAR,
            _ => Lifetime::minutes(5),
        };
        self.cached(max_age, version)
    }

    /// The same answer with a cookie, if there is one to set.
    pub fn with_cookie(mut self, cookie: impl Into<Option<Cookie>>) -> Self {
        self.cookies.extend(cookie.into());
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn failures_say_when_to_try_again_and_keep_the_form_of_oauth() {
        let text = |reply: &Reply| match &reply.body {
            Body::Json(text) => text.to_string(),
            other => panic!("{other:?}"),
        };
        let busy = Reply::too_many(Lifetime(9));
        assert_eq!((busy.status, busy.retry_after), (429, Some(Lifetime(9))));
        assert!(text(&busy).contains(r#""error":"temporarily_unavailable""#));
        let down = Reply::unavailable("r1");
        assert_eq!((down.status, down.retry_after), (503, Some(RETRY_AFTER)));
        assert!(text(&down).contains("Request r1"));
        let gone = Reply::refused(404, &OAuthError::invalid_request("there is no such user"));
        assert_eq!((gone.status, &gone.caching), (404, &Caching::NoStore));
    }

    #[test]
    fn a_challenge_names_its_resource_and_no_other_answer_does() {
        let of = |reply: Reply| reply.naming_resource("https://id.acme.org/x").challenge;
        let bearer = of(Reply::bearer_challenge(None));
        assert_eq!(
            bearer.as_deref(),
            Some("Bearer realm=\"limen\", resource_metadata=\"https://id.acme.org/x\"")
        );
        assert_eq!(
            of(Reply::error(&OAuthError::invalid_client("x"))).as_deref(),
            Some("Basic realm=\"limen\"")
        );
    }
}
