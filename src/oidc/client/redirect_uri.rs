//! Redirection endpoints of clients: what may be registered and what matches (OIDC Registration section 2, RFC 6749
//! section 3.1.2, RFC 8252 section 7, RFC 9700 section 4.1.3).

use serde::{Deserialize, Serialize};
use url::Url;

use crate::{
    config::PrivateHttp,
    web::{
        fetch_url::has_host_by_its_scheme,
        host::{has_plain_authority, is_loopback, is_private_network},
    },
};

/// `application_type` of a client.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ApplicationType {
    /// Runs on a web server or in a browser.
    #[default]
    Web,
    /// Runs on a person's device.
    Native,
}

/// The most bytes that a redirect URI may have.
const LONGEST: usize = 2_000;

/// Schemes that a browser treats specially, that name something other than an app, or whose handlers do what an address says.
const FORBIDDEN_SCHEMES: [&str; 21] = [
    "javascript",
    "data",
    "vbscript",
    "file",
    "blob",
    "about",
    "view-source",
    "filesystem",
    "ftp",
    "ws",
    "wss",
    "mailto",
    "tel",
    "sms",
    "facetime",
    "intent",
    "search",
    "search-ms",
    "ms-msdt",
    "ms-officecmd",
    "urn",
];

/// What responses bring along in a query.
const OF_RESPONSES: [&str; 5] = ["code", "state", "iss", "error", "response"];

/// A redirect URI as its client registered it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct RedirectUri(String);

impl RedirectUri {
    /// Checks a redirect URI that a client wants to register. `http` says whether a private network is good enough.
    ///
    /// # Errors
    /// Says what is wrong, for the developer of the client.
    pub fn register(text: &str, application: ApplicationType, http: PrivateHttp) -> Result<Self, &'static str> {
        match (Kind::of(text)?, application) {
            (Kind::Https, _) | (Kind::Loopback | Kind::PrivateUse, ApplicationType::Native) => {
                Ok(Self(text.to_owned()))
            }
            (Kind::PrivateNetwork, _) if http == PrivateHttp::InsecureAllowed => Ok(Self(text.to_owned())),
            (Kind::PrivateNetwork, _) => Err(
                "must use https (for http on a private network the operator registers the client, and sets INSECURE_HTTP_REDIRECTS to private)",
            ),
            (Kind::Http, ApplicationType::Native) => Err("may use http on a loopback host only"),
            (Kind::Http | Kind::Loopback, ApplicationType::Web) => {
                Err("must use https (http on a loopback host is for clients whose application_type is native)")
            }
            (Kind::PrivateUse, ApplicationType::Web) => {
                Err("must use https (a scheme of its own is for clients whose application_type is native)")
            }
        }
    }

    /// Whether it is http on a private network, where everybody between the browser and the client reads the code.
    pub fn is_private_http(&self) -> bool {
        matches!(Kind::of(&self.0), Ok(Kind::PrivateNetwork))
    }

    /// Whether its query has a name that a response has: there it would stand twice.
    pub fn has_name_of_response(&self) -> bool {
        let url = Url::parse(&self.0).ok();
        url.is_some_and(|url| url.query_pairs().any(|(name, _)| OF_RESPONSES.contains(&&*name)))
    }

    /// Whether only a native client can have such a redirect URI.
    pub fn is_native_only(text: &str) -> bool {
        matches!(Kind::of(text), Ok(Kind::Loopback | Kind::PrivateUse))
    }

    /// Whether `presented` is this URI: "simple string comparison" (OIDC Core section 3.1.2.1). Only the port of a
    /// native client's loopback URI may differ: "The authorization server MUST allow any port to be specified at the
    /// time of the request for loopback IP redirect URIs" (RFC 8252 section 7.3).
    pub fn matches(&self, presented: &str, application: ApplicationType) -> bool {
        if self.0 == presented {
            return true;
        }
        application == ApplicationType::Native
            && match (loopback_without_port(&self.0), loopback_without_port(presented)) {
                (Some(registered), Some(presented)) => registered == presented,
                _ => false,
            }
    }

    /// Whether a page of this origin may be the client's: it is that of the redirect URI.
    pub fn is_at(&self, origin: &str) -> bool {
        let url = Url::parse(&self.0)
            .ok()
            .filter(|url| matches!(url.scheme(), "http" | "https"));
        url.is_some_and(|url| url.origin().ascii_serialization() == origin)
    }

    /// The URI as registered.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// What a redirect URI is by itself, before it is asked who may have it.
enum Kind {
    Https,
    Http,
    /// http on a private network, such as a home's.
    PrivateNetwork,
    /// http on the person's own device.
    Loopback,
    /// A scheme that an app claimed. RFC 8252 section 7.1 wants a reverse domain name. Editors and MCP clients in wide use have
    /// schemes of one word (`cursor:`), and a dot would not keep another app from claiming the scheme: PKCE does.
    PrivateUse,
}

impl Kind {
    fn of(text: &str) -> Result<Self, &'static str> {
        // The WHATWG parser forgives tabs, newlines, spaces and backslashes; a registration with them is an attack.
        let plain = text.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'\\');
        if !plain || text.len() > LONGEST {
            return Err("must be an absolute URI of at most 2000 printable ASCII characters");
        }
        if text.contains('*') {
            return Err("must not have a wildcard");
        }
        if has_user_information(text) {
            return Err("must not hold a user name or password");
        }
        // The parser also takes `https:host` and `https:/host?://` for what browsers make of them.
        if has_host_by_its_scheme(text) && !has_plain_authority(text) {
            return Err("must name a host after two slashes");
        }
        let url = Url::parse(text).map_err(|_| "must be an absolute URI")?;
        if url.fragment().is_some() {
            return Err("must not have a fragment");
        }
        match url.scheme() {
            "https" => Ok(Self::Https),
            "http" if url.host().is_some_and(|host| is_loopback(&host)) => Ok(Self::Loopback),
            "http" if url.host().is_some_and(|host| is_private_network(&host)) => Ok(Self::PrivateNetwork),
            "http" => Ok(Self::Http),
            scheme if FORBIDDEN_SCHEMES.contains(&scheme) => Err("must not use this scheme"),
            _ => Ok(Self::PrivateUse),
        }
    }
}

/// Whether there is an `@` in the authority. A parser forgets it where nothing stands before it.
fn has_user_information(text: &str) -> bool {
    let after_slashes = text.split_once(':').and_then(|(_, rest)| rest.strip_prefix("//"));
    let authority = after_slashes.and_then(|rest| rest.split(['/', '?', '#']).next());
    authority.is_some_and(|authority| authority.contains('@'))
}

/// The text before and after the port of `http://<loopback host>[:port]...`; `None` for every other URI.
fn loopback_without_port(uri: &str) -> Option<(&str, &str)> {
    ["http://127.0.0.1", "http://[::1]", "http://localhost"]
        .into_iter()
        .find_map(|origin| {
            let rest = uri.strip_prefix(origin)?;
            let after_port = match rest.strip_prefix(':') {
                Some(port) => port.trim_start_matches(|c: char| c.is_ascii_digit()),
                None => rest,
            };
            let port = rest.get(..rest.len() - after_port.len())?.trim_start_matches(':');
            let port_ok = port.is_empty() != rest.starts_with(':')
                && (port.is_empty() || port.parse::<u16>().is_ok_and(|port| port != 0));
            let path_ok = after_port.is_empty() || after_port.starts_with(['/', '?']);
            (port_ok && path_ok && !after_port.contains('#')).then_some((origin, after_port))
        })
}

#[cfg(test)]
mod tests;
