//! What Limen answers, before it becomes an HTTP response (src/edge/http/respond.rs is where headers are written).

use std::rc::Rc;

use serde::Serialize;
use sha2::{Digest, Sha256};

use crate::{
    cookie::Cookie,
    oidc::error::{ErrorCode, OAuthError},
    secret::random_text,
    time::Lifetime,
};

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
    /// `text/plain`.
    Text(String),
    /// A stylesheet.
    Css(&'static str),
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
            etag: random_text::<32>(Sha256::digest(text).into()).into(),
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

    /// The same answer with a cookie, if there is one to set.
    pub fn with_cookie(mut self, cookie: impl Into<Option<Cookie>>) -> Self {
        self.cookies.extend(cookie.into());
        self
    }
}
