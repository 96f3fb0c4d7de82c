//! `ISSUER`.

use url::{Host, Url};

use crate::web::host::{has_plain_authority, is_loopback};

/// The issuer identifier (OIDC Discovery 1.0 section 3): an https origin, or http on a loopback host for development.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Issuer(String);

impl Issuer {
    /// The identifier as it stands in `iss`.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The absolute URL of `path`, which begins with a slash.
    pub fn url(&self, path: &str) -> String {
        format!("{}{path}", self.0)
    }

    /// The host, and the labels that it is made of, less the last: words that a password may not be made of.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        let authority = self.0.split_once("://").map_or("", |(_, authority)| authority);
        let host = authority.split_once(':').map_or(authority, |(host, _)| host);
        let labels = host.rsplit_once('.').map_or("", |(labels, _)| labels);
        [host].into_iter().chain(labels.split('.'))
    }

    /// Its host, with the port where it has one.
    pub fn host(&self) -> &str {
        self.0.split_once("://").map_or("", |(_, host)| host)
    }

    /// Whether cookies can be `Secure`.
    pub fn is_https(&self) -> bool {
        self.0.starts_with("https:")
    }

    pub(crate) fn parse(text: &str) -> Result<Self, &'static str> {
        // Before a parser sees it: that takes a quotation mark in a host, which would end the texts that the issuer is written into.
        if !has_plain_authority(text) {
            return Err("must be an https URL with a plain host name");
        }
        let url = Url::parse(text).map_err(|_| "is not a URL")?;
        let host = url.host().ok_or("has no host")?;
        match url.scheme() {
            "https" => {}
            "http" if is_development(&host) => {}
            "http" => return Err("must be https (http is for localhost only)"),
            _ => return Err("must be an https URL"),
        }
        if is_example(&host) {
            return Err("is still the example; set it to the https origin that people will see");
        }
        let origin = url.origin().ascii_serialization();
        let only_origin = text == origin;
        if only_origin {
            Ok(Self(origin))
        } else {
            Err("must be an origin alone, such as https://id.acme.org: no path, no slash at the end")
        }
    }
}

/// Names below `localhost` count, too: browsers hold them for this very device (RFC 6761 section 6.3).
fn is_development(host: &Host<&str>) -> bool {
    is_loopback(host) || matches!(host, Host::Domain(name) if name.ends_with(".localhost"))
}

fn is_example(host: &Host<&str>) -> bool {
    let Host::Domain(name) = host else { return false };
    ["example", "example.com", "example.org", "example.net"]
        .iter()
        .any(|reserved| {
            name.strip_suffix(reserved)
                .is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
        })
}
