//! Fetching what a client or the operator names. The address has been judged ([`FetchUrl`]); here the answer is held to limits of time and
//! size, and leads nowhere else.

use std::{pin::pin, time::Duration};

use futures_util::future::{Either, select};
use js_sys::{JSON, Reflect};
use serde::{Deserialize, Serialize};
use serde_json::json;
use wasm_bindgen::{JsCast, JsValue, prelude::wasm_bindgen};
use web_sys::{AbortController, AbortSignal, Response};
use worker::Delay;

use super::js;
use crate::{
    time::Lifetime,
    web::{fetch_url::FetchUrl, freshness, header},
};

#[wasm_bindgen]
extern "C" {
    /// `fetch` (Fetch standard section 5.6).
    #[wasm_bindgen(js_name = fetch, catch)]
    async fn send(url: &str, init: &JsValue) -> Result<JsValue, JsValue>;
}

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
    in_time(async |signal: AbortSignal| {
        let response = ask(url, "GET", &[("accept", accept)], None, &signal).await?;
        match response.status() {
            200 => {}
            300..=399 => return Err(NotFetched::Redirect),
            _ => return Err(NotFetched::Status),
        }
        let header_of = |name| response.headers().get(name).ok().flatten().unwrap_or_default();
        Ok(Fetched {
            content_type: header::media_type(&header_of("content-type")),
            max_age: freshness::max_age(&header_of("cache-control")),
            body: body(&response, longest).await?,
        })
    })
    .await
}

/// What was answered to a POST.
pub struct Answered {
    pub status: u16,
    /// Where that is an error, the beginning of the text.
    pub text: String,
    /// `Retry-After` of an error.
    pub retry_after: Option<String>,
}

/// Posts a form to `url` and gives the status of the answer, of which no more is read.
///
/// # Errors
/// When there is none.
pub async fn post_form(url: &FetchUrl, form: &str) -> Result<u16, NotFetched> {
    let kind = ("content-type", "application/x-www-form-urlencoded".to_owned());
    post(url, &[kind], form, 0).await.map(|answered| answered.status)
}

/// Posts `body` to `url`, and gives what was answered, of the text about `longest` bytes.
///
/// # Errors
/// When there is none.
pub async fn post(
    url: &FetchUrl,
    headers: &[(&str, String)],
    body: &str,
    longest: usize,
) -> Result<Answered, NotFetched> {
    in_time(async |signal: AbortSignal| {
        let headers: Vec<_> = headers.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let response = ask(url, "POST", &headers, Some(body), &signal).await?;
        let status = response.status();
        let text = match longest > 0 && status >= 400 {
            true => beginning(&response, longest).await,
            false => String::new(),
        };
        let header = |name| response.headers().get(name).ok().flatten();
        let retry_after = header("retry-after").filter(|_| status >= 400);
        Ok(Answered {
            status,
            text,
            retry_after,
        })
    })
    .await
}

/// What becomes of `work` within the limit of time. What is still to come then is not wanted.
async fn in_time<T>(work: impl AsyncFnOnce(AbortSignal) -> Result<T, NotFetched>) -> Result<T, NotFetched> {
    let abort = AbortController::new().map_err(|_| NotFetched::Unreachable)?;
    let outcome = {
        let work = pin!(work(abort.signal()));
        let time_limit = pin!(Delay::from(TIME_LIMIT));
        match select(work, time_limit).await {
            Either::Left((outcome, _)) => outcome,
            Either::Right(_) => Err(NotFetched::TooSlow),
        }
    };
    abort.abort();
    outcome
}

async fn ask(
    url: &FetchUrl,
    method: &str,
    headers: &[(&str, &str)],
    body: Option<&str>,
    signal: &AbortSignal,
) -> Result<Response, NotFetched> {
    let init = init(method, headers, body, signal).map_err(|_| NotFetched::Unreachable)?;
    let response = send(url.as_str(), &init).await;
    Ok(response.map_err(|_| NotFetched::Unreachable)?.unchecked_into())
}

/// The options of `fetch`: one text crosses to the platform.
fn init(method: &str, headers: &[(&str, &str)], body: Option<&str>, signal: &AbortSignal) -> Result<JsValue, JsValue> {
    let headers: Vec<_> = headers.iter().copied().chain([("user-agent", "limen")]).collect();
    // A redirect would lead past the judgement of the address.
    let init = json!({ "method": method, "headers": headers, "body": body, "redirect": "manual", "cache": "no-store" });
    let init = JSON::parse(&init.to_string())?;
    Reflect::set(&init, &"signal".into(), signal)?;
    Ok(init)
}

/// The beginning of a text, as far as it comes.
async fn beginning(response: &Response, longest: usize) -> String {
    let Some(stream) = response.body() else {
        return String::new();
    };
    let (mut text, _) = js::read(&stream, longest).await;
    text.truncate(longest);
    String::from_utf8_lossy(&text).into_owned()
}

async fn body(response: &Response, longest: usize) -> Result<Vec<u8>, NotFetched> {
    // An answer without a body has no stream.
    let Some(stream) = response.body() else {
        return Ok(Vec::new());
    };
    match js::read(&stream, longest).await {
        (_, Err(_)) => Err(NotFetched::Unreachable),
        (body, Ok(())) if body.len() > longest => Err(NotFetched::TooLong),
        (body, Ok(())) => Ok(body),
    }
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
