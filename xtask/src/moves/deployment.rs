//! A deployment, and what opens its admin API.

use serde_json::Value;

use crate::failure::{Failure, Result};
use crate::http::{self, Answer};

/// Where the token is. What stands in a command is seen by everybody on the machine, and kept by shells.
pub const TOKEN: &str = "ADMIN_TOKEN";

/// How often a request is sent that the deployment has no time for, and for how long it waits in between.
const TRIES: u32 = 5;

pub struct Deployment {
    origin: String,
    token: String,
}

impl Deployment {
    /// The deployment at `url`, opened by what stands in the environment.
    pub fn at(url: &str) -> Result<Self> {
        Self::with_token(url, std::env::var(TOKEN).ok())
    }

    fn with_token(url: &str, token: Option<String>) -> Result<Self> {
        let token = token
            .map(|token| token.trim().to_owned())
            .filter(|token| !token.is_empty());
        let Some(token) = token else {
            return Err(Failure::new(format!("{TOKEN} is not set.")).advice(format!(
                "Put the admin token, or an API key with the scopes that it takes, into the environment: read -rs {TOKEN} && export {TOKEN}"
            )));
        };
        Ok(Self {
            origin: origin(url)?,
            token,
        })
    }

    /// Its origin, without a slash at the end.
    pub fn origin(&self) -> &str {
        &self.origin
    }

    pub fn get(&self, path: &str) -> Result<Answer> {
        self.send("GET", path, None)
    }

    /// Sends a request, and again where the deployment asks for patience. Everything that is sent may be sent twice.
    pub fn send(&self, method: &str, path: &str, body: Option<&Value>) -> Result<Answer> {
        let url = format!("{}{path}", self.origin);
        let mut wait = std::time::Duration::from_secs(1);
        for _ in 1..TRIES {
            match http::send(method, &url, Some(&self.token), body) {
                Ok(answer) if !matches!(answer.status, 429 | 500..) => return Ok(answer),
                _ => std::thread::sleep(wait),
            }
            wait *= 2;
        }
        http::send(method, &url, Some(&self.token), body)
    }

    /// Sends a request once: what it does, it would do again.
    pub fn send_once(&self, method: &str, path: &str, body: Option<&Value>) -> Result<Answer> {
        http::send(method, &format!("{}{path}", self.origin), Some(&self.token), body)
    }

    /// The issuer that it says it is.
    pub fn issuer(&self) -> Result<String> {
        let answer = self.send("GET", "/.well-known/openid-configuration", None)?;
        match answer.status {
            200 => answer.text("issuer"),
            _ => Err(answer.failure("Looking for a Limen")),
        }
    }

    /// A failure of a call, with what to do about it where that is known.
    pub fn refused(answer: &Answer, call: &str) -> Failure {
        let failure = answer.failure(call);
        match answer.status {
            401 => failure.advice(format!(
                "{TOKEN} is not the admin token of this deployment, nor an API key of it that is good still."
            )),
            403 => failure.advice("Use the admin token, or an API key that has the scope as well."),
            404 => failure.advice("Is it a Limen, and as new as this one? Deploy it first."),
            _ => failure,
        }
    }
}

/// The origin of a deployment: https, or this machine.
fn origin(text: &str) -> Result<String> {
    let advice = "Write the origin of the deployment, such as https://id.acme.org";
    let url =
        url::Url::parse(text).map_err(|error| Failure::new(format!("`{text}` is no URL: {error}")).advice(advice))?;
    let is_here = matches!(url.host_str(), Some("localhost" | "127.0.0.1" | "[::1]"));
    let is_bare = url.path() == "/" && url.query().is_none() && url.fragment().is_none() && url.username().is_empty();
    match (url.scheme(), is_bare) {
        ("https", true) => {}
        ("http", true) if is_here => {}
        (_, false) => return Err(Failure::new(format!("`{text}` is more than an origin.")).advice(advice)),
        _ => {
            return Err(Failure::new(format!(
                "`{text}` is not https: the token and password hashes would be read on the way."
            ))
            .advice(advice));
        }
    }
    Ok(url.origin().ascii_serialization())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_deployment_is_an_origin_that_nobody_reads_along() {
        for (text, origin_of) in [
            ("https://id.acme.org", "https://id.acme.org"),
            ("https://id.acme.org/", "https://id.acme.org"),
            ("HTTPS://ID.acme.org:8443", "https://id.acme.org:8443"),
            ("http://localhost:8787", "http://localhost:8787"),
        ] {
            assert_eq!(origin(text).unwrap(), origin_of);
        }
        for wrong in [
            "",
            "id.acme.org",
            "http://id.acme.org",
            "https://id.acme.org/x",
            "https://id.acme.org?a",
            "https://u@id.acme.org",
            "file:///x",
        ] {
            assert!(origin(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn without_a_token_nothing_is_sent() {
        for token in [None, Some(String::new()), Some("  ".to_owned())] {
            assert!(Deployment::with_token("https://id.acme.org", token).is_err());
        }
    }
}
