//! Fetching what a client or the operator names. The address has been judged ([`FetchUrl`]); here the answer is held to limits of time and
//! size, and leads nowhere else.

use std::{pin::pin, time::Duration};

use futures_util::{
    StreamExt,
    future::{Either, select},
};
use serde::{Deserialize, Serialize};
use worker::{
    AbortController, AbortSignal, CacheMode, Delay, Fetch, Headers, Method, Request, RequestInit, RequestRedirect,
    Response,
};

use crate::{
    time::Lifetime,
    web::{fetch_url::FetchUrl, freshness, header},
};

/// How long the whole answer may take.
const TIME_LIMIT: Duration = Duration::from_secs(5);

/// What came.
#[derive(Clone, Serialize, Deserialize)]
pub struct Fetched {
    #[serde(with = "base64_text")]
    pub body: Vec<u8>,
    /// `Content-Type` without parameters, in lower case.
    pub content_type: String,
    /// For how long it may be kept, at most a day; `None` when it does not say.
    pub max_age: Option<Lifetime>,
}

/// Why nothing came. It is told to the developer of the client.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum NotFetched {
    Unreachable,
    TooSlow,
    Redirect,
    Status,
    TooLong,
}

impl NotFetched {
    /// What to say of the address that was fetched.
    pub fn why(self) -> &'static str {
        match self {
            Self::Unreachable => "could not be reached",
            Self::TooSlow => "did not answer within 5 seconds",
            Self::Redirect => "answered with a redirect, which is not followed",
            Self::Status => "did not answer with status 200",
            Self::TooLong => "answered with more than is read",
        }
    }
}

/// Fetches `url`: its answer has status 200 and at most `longest` bytes. Caches on the way are not asked.
///
/// # Errors
/// Says what was wrong with the answer.
pub async fn get(url: &FetchUrl, accept: &str, longest: usize) -> Result<Fetched, NotFetched> {
    let abort = AbortController::default();
    let signal = abort.signal();
    let outcome = {
        let answer = pin!(answer(url, accept, longest, &signal));
        let time_limit = pin!(Delay::from(TIME_LIMIT));
        match select(answer, time_limit).await {
            Either::Left((outcome, _)) => outcome,
            Either::Right(_) => Err(NotFetched::TooSlow),
        }
    };
    // What is still to come is not wanted.
    abort.abort();
    outcome
}

/// Posts a form to `url` and gives the status of the answer, of which no more is read.
///
/// # Errors
/// When there is none.
pub async fn post_form(url: &FetchUrl, form: &str) -> Result<u16, NotFetched> {
    let kind = ("content-type", "application/x-www-form-urlencoded".to_owned());
    post(url, &[kind], form, 0).await.map(|(status, _)| status)
}

/// Posts `body` to `url`, and gives the status of the answer and, where that is an error, the beginning of its text, of about
/// `longest` bytes.
///
/// # Errors
/// When there is none.
pub async fn post(
    url: &FetchUrl,
    headers: &[(&str, String)],
    body: &str,
    longest: usize,
) -> Result<(u16, String), NotFetched> {
    let abort = AbortController::default();
    let signal = abort.signal();
    let outcome = {
        let answer = pin!(async {
            let request = post_request(url, headers, body).map_err(|_| NotFetched::Unreachable)?;
            let sent = Fetch::Request(request).send_with_signal(&signal).await;
            let mut response = sent.map_err(|_| NotFetched::Unreachable)?;
            let status = response.status_code();
            let text = match longest > 0 && status >= 400 {
                true => beginning(&mut response, longest).await,
                false => String::new(),
            };
            Ok((status, text))
        });
        let time_limit = pin!(Delay::from(TIME_LIMIT));
        match select(answer, time_limit).await {
            Either::Left((outcome, _)) => outcome,
            Either::Right(_) => Err(NotFetched::TooSlow),
        }
    };
    abort.abort();
    outcome
}

/// The beginning of a text, as far as it comes.
async fn beginning(response: &mut Response, longest: usize) -> String {
    let mut text = Vec::new();
    if let Ok(mut stream) = response.stream() {
        while text.len() < longest
            && let Some(Ok(chunk)) = stream.next().await
        {
            text.extend(chunk);
        }
    }
    text.truncate(longest);
    String::from_utf8_lossy(&text).into_owned()
}

fn post_request(url: &FetchUrl, headers: &[(&str, String)], body: &str) -> worker::Result<Request> {
    let own = [("user-agent", "limen")];
    let given = headers.iter().map(|(name, value)| (*name, value.as_str()));
    let headers: Headers = given.chain(own).collect();
    let mut init = RequestInit::new();
    init.with_method(Method::Post)
        .with_headers(headers)
        .with_body(Some(body.into()))
        .with_redirect(RequestRedirect::Manual)
        .with_cache(CacheMode::NoStore);
    Request::new_with_init(url.as_str(), &init)
}

async fn answer(url: &FetchUrl, accept: &str, longest: usize, signal: &AbortSignal) -> Result<Fetched, NotFetched> {
    let request = request(url, accept).map_err(|_| NotFetched::Unreachable)?;
    let sent = Fetch::Request(request).send_with_signal(signal).await;
    let mut response = sent.map_err(|_| NotFetched::Unreachable)?;
    match response.status_code() {
        200 => {}
        300..=399 => return Err(NotFetched::Redirect),
        _ => return Err(NotFetched::Status),
    }
    let header_of = |name| response.headers().get(name).ok().flatten().unwrap_or_default();
    Ok(Fetched {
        content_type: header::media_type(&header_of("content-type")),
        max_age: freshness::max_age(&header_of("cache-control")),
        body: body(&mut response, longest).await?,
    })
}

fn request(url: &FetchUrl, accept: &str) -> worker::Result<Request> {
    let headers: Headers = [("accept", accept), ("user-agent", "limen")].into_iter().collect();
    let mut init = RequestInit::new();
    init.with_method(Method::Get)
        .with_headers(headers)
        // A redirect would lead past the judgement of the address.
        .with_redirect(RequestRedirect::Manual)
        .with_cache(CacheMode::NoStore);
    Request::new_with_init(url.as_str(), &init)
}

/// The body, read chunk by chunk: what it says of its length may be untrue.
async fn body(response: &mut Response, longest: usize) -> Result<Vec<u8>, NotFetched> {
    let mut body = Vec::new();
    // An answer without a body has no stream.
    let Ok(mut stream) = response.stream() else {
        return Ok(body);
    };
    while let Some(chunk) = stream.next().await {
        body.extend(chunk.map_err(|_| NotFetched::Unreachable)?);
        if body.len() > longest {
            return Err(NotFetched::TooLong);
        }
    }
    Ok(body)
}

/// Bytes as they are written down in JSON.
mod base64_text {
    use base64::{Engine, engine::general_purpose::STANDARD_NO_PAD};
    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    pub fn serialize<S: Serializer>(bytes: &[u8], serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&STANDARD_NO_PAD.encode(bytes))
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<u8>, D::Error> {
        let text = String::deserialize(deserializer)?;
        STANDARD_NO_PAD.decode(text).map_err(D::Error::custom)
    }
}
