//! Addresses that a client names and Limen fetches: `jwks_uri`, `sector_identifier_uri`, `request_uri`, client metadata
//! documents. None of them may lead into a private network (RFC 7591 section 5, RFC 9101 section 10.4.1).

use url::{Host, Url};

use super::host::{has_plain_authority, is_loopback};

/// Whether what a client names may be fetched from a loopback host, over plain http too.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LoopbackFetches {
    /// As it must be on the internet.
    Refused,
    /// For development, where clients run on the same machine.
    InsecureAllowed,
}

/// The most bytes of a URL.
const LONGEST: usize = 2_000;

/// Names, and all below them, that lead nowhere or into a private network: RFC 6761, RFC 6762, RFC 8375, RFC 9476, ICANN's
/// `internal`, and what home routers use.
const PRIVATE_NAMES: [&str; 10] = [
    "localhost",
    "local",
    "internal",
    "home.arpa",
    "localdomain",
    "lan",
    "home",
    "corp",
    "onion",
    "alt",
];

/// A URL that Limen may fetch: https, a public name for its host, no user name or password, no fragment. Where the operator
/// allows it, also http and https on loopback hosts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FetchUrl {
    text: String,
    url: Url,
}

impl FetchUrl {
    /// Reads a URL.
    ///
    /// # Errors
    /// Says what is wrong, for the developer of the client.
    pub fn parse(text: &str, loopback: LoopbackFetches) -> Result<Self, &'static str> {
        let fetched = Self::parse_with_fragment(text, loopback)?;
        match fetched.url.fragment() {
            None => Ok(fetched),
            Some(_) => Err("must not have a fragment"),
        }
    }

    /// As [`FetchUrl::parse`], for where a specification gives the fragment a meaning (`request_uri`, OIDC Core section 6.2).
    ///
    /// # Errors
    /// As [`FetchUrl::parse`].
    pub fn parse_with_fragment(text: &str, loopback: LoopbackFetches) -> Result<Self, &'static str> {
        let url = absolute(text)?;
        let has_host_of_its_own =
            loopback == LoopbackFetches::InsecureAllowed && url.host().is_some_and(|host| is_loopback(&host));
        match url.scheme() {
            "https" | "http" if has_host_of_its_own => {}
            "https" if is_public(&url) => {}
            "https" => return Err("must have a public domain name as its host"),
            _ => return Err("must be an https URL"),
        }
        Ok(Self {
            text: text.to_owned(),
            url,
        })
    }

    /// The URL as the client wrote it.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The URL taken apart.
    pub fn url(&self) -> &Url {
        &self.url
    }
}

/// An absolute URL as clients may write it, whatever its scheme.
///
/// # Errors
/// Says what is wrong, for the developer of the client.
pub fn absolute(text: &str) -> Result<Url, &'static str> {
    // The WHATWG parser forgives tabs, newlines, spaces and backslashes.
    if text.len() > LONGEST || !text.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'\\') {
        return Err("must be an absolute URI of at most 2000 printable ASCII characters");
    }
    if has_host_by_its_scheme(text) && !has_plain_authority(text) {
        return Err("must name a host after two slashes, without a user name");
    }
    let url = Url::parse(text).map_err(|_| "must be an absolute URI")?;
    if !url.username().is_empty() || url.password().is_some() {
        return Err("must not hold a user name or password");
    }
    Ok(url)
}

/// Whether the scheme is one of those whose host URL parsers make something else of ("special" ones of the WHATWG).
pub fn has_host_by_its_scheme(text: &str) -> bool {
    let scheme = text.split_once(':').map_or("", |(scheme, _)| scheme);
    ["http", "https", "ws", "wss", "ftp", "file"]
        .iter()
        .any(|special| scheme.eq_ignore_ascii_case(special))
}

/// Whether the host has a name of at least two labels, and not a private one.
fn is_public(url: &Url) -> bool {
    let Some(Host::Domain(name)) = url.host() else {
        return false;
    };
    let name = name.strip_suffix('.').unwrap_or(name);
    let is_or_is_below = |parent: &&str| {
        name.strip_suffix(*parent)
            .is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
    };
    name.contains('.') && !PRIVATE_NAMES.iter().any(is_or_is_below)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<FetchUrl, &'static str> {
        FetchUrl::parse(text, LoopbackFetches::Refused)
    }

    #[test]
    fn https_on_a_public_name_is_fetched() {
        for text in [
            "https://app.acme.org/jwks",
            "https://app.acme.org",
            "https://app.acme.org:8443/a?b=c",
            "https://mylan.acme.org/x",
            "https://local.acme.org/x",
            "https://xn--bcher-kva.example/x",
        ] {
            assert_eq!(parse(text).map(|url| url.as_str().to_owned()), Ok(text.to_owned()));
        }
    }

    #[test]
    fn nothing_leads_into_a_private_network() {
        for text in [
            "http://app.acme.org/jwks",
            "ftp://app.acme.org/jwks",
            "file:///etc/passwd",
            "data:,x",
            "//app.acme.org/jwks",
            "/jwks",
            "",
            "https://127.0.0.1/",
            "https://127.1/",
            "https://0x7f.1/",
            "https://2130706433/",
            "https://0/",
            "https://%31%32%37.0.0.1/",
            "https://[::1]/",
            "https://[::ffff:127.0.0.1]/",
            "https://169.254.169.254/latest/meta-data",
            "https://10.0.0.1/",
            "https://203.0.113.7/",
            "https://localhost/",
            "https://localhost./",
            "https://LOCALHOST/",
            "https://%6c%6fcalhost/",
            "https://a.localhost/",
            "https://printer/",
            "https://printer./",
            "https://printer.local/",
            "https://metadata.google.internal/",
            "https://router.home.arpa/",
            "https://router.lan/",
            "https://u@app.acme.org/",
            "https://u:p@app.acme.org/",
            "https://:p@app.acme.org/",
            "https://app.acme.org/#x",
            "https://app.acme.org/#",
            "https://app.acme.org/\n",
            " https://app.acme.org/",
            "https:\\\\app.acme.org/",
            "https://127.0.0.1../",
            "https://0x7f.1../",
            "https://.printer/",
            "https://app.acme.org../",
            "https://a..acme.org/",
            "https:.o",
            "https:app.acme.org/",
            "https:///app.acme.org/",
            "https://@app.acme.org/",
        ] {
            assert!(parse(text).is_err(), "{text}");
        }
        assert!(parse(&format!("https://app.acme.org/{}", "a".repeat(2_000))).is_err());
    }

    #[test]
    fn a_fragment_is_for_where_it_means_something() {
        let uri = "https://app.acme.org/rf.txt#qpXaRLh_n93TTR9F252ValdatUQvQiJi5BDub2BeznA";
        assert!(parse(uri).is_err());
        let fetched = FetchUrl::parse_with_fragment(uri, LoopbackFetches::Refused);
        assert_eq!(fetched.map(|url| url.as_str().to_owned()), Ok(uri.to_owned()));
    }

    #[test]
    fn loopback_is_fetched_where_the_operator_allows_it_and_nothing_else_private() {
        for text in ["http://localhost:3000/jwks", "http://127.0.0.1/", "https://[::1]:8443/"] {
            assert!(parse(text).is_err());
            assert!(
                FetchUrl::parse(text, LoopbackFetches::InsecureAllowed).is_ok(),
                "{text}"
            );
        }
        for text in [
            "http://app.acme.org/",
            "http://10.0.0.1/",
            "https://printer.local/",
            "http://a.localhost/",
            "ftp://localhost/",
        ] {
            assert!(
                FetchUrl::parse(text, LoopbackFetches::InsecureAllowed).is_err(),
                "{text}"
            );
        }
    }
}
