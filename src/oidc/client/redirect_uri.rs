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

/// Where a person is sent by an address, in a word.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Destination {
    /// A host.
    Host(String),
    /// A program on the person's device, by the scheme that it claimed. That may look like a host.
    App(String),
}

/// Where a person is sent by a redirect URI.
pub fn destination(uri: &str) -> Destination {
    let Ok(url) = Url::parse(uri) else {
        return Destination::Host(String::new());
    };
    match (url.scheme(), url.host_str()) {
        ("http" | "https", Some(host)) => Destination::Host(host.to_owned()),
        (scheme, _) => Destination::App(format!("{scheme}:")),
    }
}

/// Whether a person is sent to a program on their own device (RFC 8252 section 7.3).
pub fn is_on_this_device(uri: &str) -> bool {
    Url::parse(uri).is_ok_and(|url| url.host().is_some_and(|host| is_loopback(&host)))
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
mod tests {
    use super::{ApplicationType::*, *};

    fn register(text: &str, application: ApplicationType) -> Result<RedirectUri, &'static str> {
        RedirectUri::register(text, application, PrivateHttp::Refused)
    }

    #[test]
    fn web_clients_register_https_only() {
        assert!(register("https://app.acme.org/cb?x=1", Web).is_ok());
        for uri in [
            "http://app.acme.org/cb",
            "http://localhost/cb",
            "https://app.acme.org/cb#f",
            "https://u@app.acme.org/cb",
            "javascript:alert(1)",
            "JaVaScRiPt:alert(1)",
            "java\tscript:alert(1)",
            "data:text/html,x",
            "/cb",
            "//app.acme.org/cb",
            "https://*.acme.org/cb",
            "https:\\\\app.acme.org",
            "https:///cb",
            "https:app.acme.org/cb",
            " https://app.acme.org",
            "org.acme:/cb",
            "https://@app.acme.org/cb",
            "https:.o",
            "https:/logout?x=y://z",
            "https:?x=y://z",
            "https://a..b/",
            "https://.printer/",
            "https://app.acme.org../cb",
            "https://0x7f.1/cb",
            "https://app.acme.org:x/cb",
        ] {
            assert!(register(uri, Web).is_err(), "{uri}");
        }
    }

    /// A URI is ASCII (RFC 3986 section 2): a host of another alphabet is registered, and compared, as `xn--...`.
    #[test]
    fn an_international_host_is_written_in_ascii() {
        let uri = register("https://xn--bcher-kva.example/cb", Web).unwrap();
        assert!(uri.matches("https://xn--bcher-kva.example/cb", Web));
        for uri in [
            "https://b\u{fc}cher.example/cb",
            "https://b%C3%BCcher.example/cb",
            "https://b%C3%BCcher.example:443/cb",
            "https://acme\u{3002}org/cb",
            "https://acme%E3%80%82org/cb",
            "https://\u{ff41}cme.org/cb",
        ] {
            assert!(register(uri, Web).is_err(), "{uri}");
        }
    }

    #[test]
    fn native_clients_register_loopback_http_and_private_use_schemes() {
        for uri in [
            "http://127.0.0.1/cb",
            "http://[::1]:8000/cb",
            "http://localhost:3000/cb",
            "org.acme.app:/cb",
            "cursor://x/cb",
        ] {
            assert!(register(uri, Native).is_ok(), "{uri}");
        }
        for uri in [
            "http://acme.org/cb",
            "javascript:x",
            "intent://x/",
            "search-ms:query=x",
            "MS-MSDT:/id",
            "sms:+1",
            "data:x",
            "http://127.0.0.1.acme.org/cb",
            "http:127.0.0.1/cb",
            "http:/127.0.0.1?x=y://z",
            "http://@127.0.0.1/cb",
            "http://0x7f.1/cb",
            "cursor://@x/cb",
            "cursor://:@x/cb",
        ] {
            assert!(register(uri, Native).is_err(), "{uri}");
        }
    }

    #[test]
    fn a_scheme_that_looks_like_a_host_is_none() {
        let app = |scheme: &str| Destination::App(scheme.to_owned());
        assert_eq!(destination("accounts.acme.org:/cb"), app("accounts.acme.org:"));
        assert_eq!(
            destination("accounts.acme.org://accounts.acme.org/cb"),
            app("accounts.acme.org:")
        );
        assert_eq!(
            destination("https://app.acme.org:8443/cb"),
            Destination::Host("app.acme.org".to_owned())
        );
    }

    #[test]
    fn only_the_exact_uri_matches() {
        let uri = register("https://app.acme.org/cb", Web).unwrap();
        assert!(uri.matches("https://app.acme.org/cb", Web));
        for other in [
            "https://app.acme.org/cb/",
            "https://app.acme.org/cb?x",
            "https://app.acme.org:443/cb",
            "https://APP.acme.org/cb",
            "https://app.acme.org/CB",
            "https://app.acme.org/x/../cb",
            "https://app.acme.org/%63b",
            "https://app.acme.org/cb#x",
            "https://app.acme.org/cb%252e",
            "https://app.acme.org",
            "http://app.acme.org/cb",
            "",
        ] {
            assert!(!uri.matches(other, Web) && !uri.matches(other, Native), "{other}");
        }
    }

    #[test]
    fn only_the_port_of_a_native_loopback_uri_may_vary() {
        let uri = register("http://127.0.0.1/cb", Native).unwrap();
        assert!(uri.matches("http://127.0.0.1:51004/cb", Native));
        assert!(!uri.matches("http://127.0.0.1:51004/cb", Web));
        for other in [
            "http://127.0.0.1:51004/other",
            "http://localhost:51004/cb",
            "http://127.0.0.1:/cb",
            "http://127.0.0.1:0/cb",
            "http://127.0.0.1:99999/cb",
            "http://127.0.0.1@evil.org/cb",
            "http://127.0.0.1:1@evil.org/cb",
            "http://127.0.0.1.evil.org/cb",
            "https://127.0.0.1:51004/cb",
            "http://127.0.0.1:51004/cb?x",
            "http://127.0.0.1:51004/cb#x",
        ] {
            assert!(!uri.matches(other, Native), "{other}");
        }
    }

    #[test]
    fn http_on_a_private_network_is_for_who_was_allowed_it_by_name() {
        for uri in [
            "http://192.168.2.50:2283/auth/login",
            "http://10.1.2.3/cb",
            "http://172.31.0.1/cb",
            "http://100.64.0.7/cb",
            "http://[fd00::1]:8123/cb",
            "http://nas.local/cb",
            "http://nas/cb",
            "http://ha.home.arpa/cb",
            "http://git.lan:3000/cb",
        ] {
            for application in [Web, Native] {
                assert!(register(uri, application).is_err(), "{uri}");
                let allowed = RedirectUri::register(uri, application, PrivateHttp::InsecureAllowed).unwrap();
                assert!(allowed.is_private_http() && allowed.matches(uri, application));
                assert!(!allowed.matches(&uri.replace("/cb", ":81/cb"), application) || !uri.contains("/cb"));
            }
        }
        for uri in [
            "http://acme.org/cb",
            "http://nas.local.acme.org/cb",
            "http://8.8.8.8/cb",
            "http://172.32.0.1/cb",
            "http://100.128.0.1/cb",
            "http://0.0.0.0/cb",
            "http://[2001:db8::1]/cb",
            "http://xn--nas/cb#x",
        ] {
            for application in [Web, Native] {
                let refused = RedirectUri::register(uri, application, PrivateHttp::InsecureAllowed);
                assert!(refused.is_err(), "{uri}");
            }
        }
        assert!(!register("https://nas.local/cb", Web).unwrap().is_private_http());
    }
}
