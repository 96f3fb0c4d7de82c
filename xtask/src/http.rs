//! Requests to Limen: to the server that this tool started on localhost, and to deployments.

use std::time::Duration;

use serde_json::Value;
use ureq::{Agent, http::Request};

use crate::failure::{Context, Failure, Result};
use crate::terminal;

const TIMEOUT: Duration = Duration::from_secs(60);

/// The most characters of an answer that are shown.
const LONGEST_SHOWN: usize = 500;

/// The most bytes of an answer: a page of an export has at most 200 lines of at most some 64 KB.
const LONGEST: u64 = 64 * 1_024 * 1_024;

pub struct Answer {
    pub status: u16,
    pub body: String,
}

impl Answer {
    /// The JSON body.
    pub fn json(&self) -> Result<Value> {
        serde_json::from_str(&self.body).context(|| format!("Limen answered {}", self.shown()))
    }

    /// A string member of the JSON body.
    pub fn text(&self, member: &str) -> Result<String> {
        let body = self.json()?;
        let text = body.get(member).and_then(Value::as_str).map(String::from);
        text.ok_or_else(|| Failure::new(format!("Limen's answer lacks `{member}`: {}", self.shown())))
    }

    pub fn failure(&self, request: &str) -> Failure {
        let shown = self.shown();
        Failure::new(format!("{request} was answered with {}: {shown}", self.status))
    }

    /// The beginning of the body: whatever answers has no say over the terminal.
    fn shown(&self) -> String {
        let begin: String = self.body.chars().take(LONGEST_SHOWN).collect();
        terminal::line(&begin)
    }
}

pub fn get(url: &str, bearer: Option<&str>) -> Result<Answer> {
    send("GET", url, bearer, None)
}

pub fn post(url: &str, bearer: &str, body: &Value) -> Result<Answer> {
    send("POST", url, Some(bearer), Some(body))
}

pub fn patch(url: &str, bearer: &str, body: &Value) -> Result<Answer> {
    send("PATCH", url, Some(bearer), Some(body))
}

/// Sends a request. Redirects are not followed: a token goes where it was meant for.
pub fn send(method: &str, url: &str, bearer: Option<&str>, body: Option<&Value>) -> Result<Answer> {
    let mut request = Request::builder().method(method).uri(url);
    if let Some(token) = bearer {
        request = request.header("Authorization", format!("Bearer {token}"));
    }
    if body.is_some() {
        request = request.header("Content-Type", "application/json");
    }
    let text = body.map(Value::to_string).unwrap_or_default();
    let request = request
        .body(text)
        .context(|| format!("{method} {url} cannot be sent"))?;
    let mut response = agent(url).run(request).context(|| format!("No answer from {url}"))?;
    let body = response.body_mut().with_config().limit(LONGEST).read_to_string();
    Ok(Answer {
        status: response.status().as_u16(),
        body: body.context(|| format!("No whole answer from {url}"))?,
    })
}

/// A text as a part of a path, or as a value in a query.
pub fn encoded(text: &str) -> String {
    let form: String = url::form_urlencoded::byte_serialize(text.as_bytes()).collect();
    form.replace('+', "%20")
}

fn agent(url: &str) -> Agent {
    let config = Agent::config_builder()
        .timeout_global(Some(TIMEOUT))
        .http_status_as_error(false)
        .allow_non_standard_methods(true)
        .max_redirects(0);
    let config = match url.starts_with("https://") {
        true => config,
        // A proxy has nothing to do with this machine.
        false => config.proxy(None),
    };
    config.build().into()
}
