//! Links to the web pages of a client, which anybody may have registered.

use url::Url;

use super::text::{LONGEST_HOST, visible};

/// A link that is safe to show: http or https, and with no user name that looks like a host.
pub(super) struct WebLink {
    /// What goes into `href`.
    pub(super) href: String,
    /// The host, in ASCII: a look-alike of another alphabet shows as `xn--...`.
    pub(super) host: String,
}

impl WebLink {
    /// `None` for everything that is not a plain web address (`javascript:`, `data:`, relative, ...).
    pub(super) fn parse(text: &str) -> Option<Self> {
        let url = Url::parse(text).ok()?;
        let is_web = matches!(url.scheme(), "http" | "https");
        if !is_web || !url.username().is_empty() || url.password().is_some() {
            return None;
        }
        let host = visible(url.host_str()?, LONGEST_HOST);
        Some(Self { href: url.into(), host })
    }
}

/// The way on to an address that a client registered: of any scheme, but for those that run something here.
pub(super) fn way_on(url: &str) -> Option<&str> {
    let harmful = ["javascript", "data", "vbscript", "blob", "file", "about", "filesystem"];
    let parsed = Url::parse(url).ok()?;
    let plain = url.starts_with(|first: char| first.is_ascii_alphabetic());
    (plain && !harmful.contains(&parsed.scheme())).then_some(url)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_web_addresses_become_links() {
        let link = WebLink::parse("https://XN--bcher-kva.example/a b").unwrap();
        assert_eq!(
            (link.href.as_str(), link.host.as_str()),
            ("https://xn--bcher-kva.example/a%20b", "xn--bcher-kva.example")
        );
        for text in [
            "javascript:alert(1)",
            "JaVaScRiPt:alert(1)",
            "java\tscript:alert(1)",
            " javascript:alert(1)",
            "data:text/html,x",
            "vbscript:x",
            "blob:https://a/b",
            "file:///etc/passwd",
            "ftp://a/b",
            "/path",
            "//host",
            "",
            "https://",
            "https://bank.example@evil.example/",
            "https://a:b@evil.example/",
        ] {
            assert!(WebLink::parse(text).is_none(), "{text}");
        }
    }

    #[test]
    fn a_host_is_shown_to_its_end() {
        let host = format!("{}.{}.evil.example", "a".repeat(60), "b".repeat(60));
        assert_eq!(WebLink::parse(&format!("https://{host}/")).unwrap().host, host);
    }

    #[test]
    fn a_link_cannot_leave_its_attribute() {
        let link = WebLink::parse("https://a.example/\"onclick='x'<script>").unwrap();
        assert!(!link.href.contains(['"', '<', '>']), "{}", link.href);
    }
}
