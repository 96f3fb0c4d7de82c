//! Where a person is sent by an address, as pages tell it.

use url::Url;

use super::host::is_loopback;

/// Where a person is sent by an address, in a word.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Landing {
    /// A host.
    Host(String),
    /// A program on the person's device, by the scheme that it claimed. That may look like a host.
    App(String),
    /// Nowhere: a device waits for them.
    Device,
}

/// Where a person is sent by a redirect URI.
pub fn landing(uri: &str) -> Landing {
    let Ok(url) = Url::parse(uri) else {
        return Landing::Host(String::new());
    };
    match (url.scheme(), url.host_str()) {
        ("http" | "https", Some(host)) => Landing::Host(host.to_owned()),
        (scheme, _) => Landing::App(format!("{scheme}:")),
    }
}

/// Whether a person is sent to a program on their own device (RFC 8252 section 7.3).
pub fn is_on_this_device(uri: &str) -> bool {
    Url::parse(uri).is_ok_and(|url| url.host().is_some_and(|host| is_loopback(&host)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scheme_that_looks_like_a_host_is_none() {
        let app = |scheme: &str| Landing::App(scheme.to_owned());
        assert_eq!(landing("accounts.acme.org:/cb"), app("accounts.acme.org:"));
        assert_eq!(
            landing("accounts.acme.org://accounts.acme.org/cb"),
            app("accounts.acme.org:")
        );
        assert_eq!(
            landing("https://app.acme.org:8443/cb"),
            Landing::Host("app.acme.org".to_owned())
        );
    }
}
