//! Requests to the servers that this tool started on localhost.

use serde_json::Value;

use crate::failure::{Context, Failure, Result};

const TIMEOUT_SECONDS: u64 = 20;

pub struct Answer {
    pub status: u16,
    pub body: String,
}

impl Answer {
    /// A string member of the JSON body.
    pub fn text(&self, member: &str) -> Result<String> {
        let body: Value = serde_json::from_str(&self.body).context(|| format!("Limen answered {}", self.body))?;
        let text = body.get(member).and_then(Value::as_str).map(String::from);
        text.ok_or_else(|| Failure::new(format!("Limen's answer lacks `{member}`: {}", self.body)))
    }

    pub fn failure(&self, request: &str) -> Failure {
        Failure::new(format!("{request} was answered with {}: {}", self.status, self.body))
    }
}

pub fn get(url: &str, bearer: Option<&str>) -> Result<Answer> {
    send(minreq::get(url), url, bearer)
}

pub fn post(url: &str, bearer: &str, body: &Value) -> Result<Answer> {
    send(with_json(minreq::post(url), body), url, Some(bearer))
}

pub fn patch(url: &str, bearer: &str, body: &Value) -> Result<Answer> {
    send(with_json(minreq::patch(url), body), url, Some(bearer))
}

fn with_json(request: minreq::Request, body: &Value) -> minreq::Request {
    request
        .with_header("Content-Type", "application/json")
        .with_body(body.to_string())
}

fn send(request: minreq::Request, url: &str, bearer: Option<&str>) -> Result<Answer> {
    let request = match bearer {
        Some(token) => request.with_header("Authorization", format!("Bearer {token}")),
        None => request,
    };
    let response = request
        .with_timeout(TIMEOUT_SECONDS)
        .send()
        .context(|| format!("No answer from {url}"))?;
    let body = String::from_utf8_lossy(response.as_bytes()).into_owned();
    Ok(Answer {
        status: response.status_code,
        body,
    })
}
