//! The `Content-Security-Policy` of a page (CSP Level 3).

use std::fmt;

use url::Url;

/// What a page may do beyond showing text and sending its form to Limen.
#[derive(Clone, Debug, Default)]
pub struct Csp {
    /// Where the form may lead.
    pub form_action: FormAction,
    /// The nonce of the page's only script. One that is not plain base64 is left out, and the script does not run.
    pub script_nonce: Option<String>,
    /// What the page shows in frames.
    pub frames: Vec<CspSource>,
}

/// Where a form may lead.
#[derive(Clone, Debug, Default)]
pub enum FormAction {
    /// To Limen.
    #[default]
    Own,
    /// To Limen, and on to a client. Chromium applies `form-action` to the redirects after a form, so a page whose answer redirects the
    /// browser to a client must name that client here.
    OwnAnd(CspSource),
    /// Anywhere. The form of the page is for a client, which may redirect on to an address that only it knows.
    Anywhere,
}

impl FormAction {
    /// To Limen, and on to the client at `uri` and whatever it redirects to.
    pub fn redirecting_to(uri: &str) -> Self {
        CspSource::for_redirects_from(uri).map_or(Self::Own, Self::OwnAnd)
    }
}

/// The value of `Content-Security-Policy` for a page.
pub fn content_security_policy(page: Csp) -> String {
    let mut policy = "default-src 'none'; style-src 'self'; img-src 'self' data:; ".to_owned();
    if let Some(nonce) = page.script_nonce.filter(|nonce| is_base64(nonce)) {
        policy.push_str(&format!("script-src 'nonce-{nonce}'; "));
    }
    if !page.frames.is_empty() {
        let mut sources: Vec<_> = page.frames.into_iter().map(|CspSource(source)| source).collect();
        sources.sort_unstable();
        sources.dedup();
        policy.push_str(&format!("frame-src {}; ", sources.join(" ")));
    }
    match page.form_action {
        FormAction::Own => policy.push_str("form-action 'self'; "),
        FormAction::OwnAnd(source) => policy.push_str(&format!("form-action 'self' {source}; ")),
        FormAction::Anywhere => {}
    }
    policy.push_str("frame-ancestors 'none'; base-uri 'none'");
    policy
}

/// The policy of a page that is nothing but one script, and that any site may show in a frame. A nonce that is not plain
/// base64 is left out, and the script does not run.
pub fn framed_script_policy(script_nonce: &str) -> String {
    let script = Some(script_nonce).filter(|nonce| is_base64(nonce));
    let script = script.map_or("'none'".to_owned(), |nonce| format!("'nonce-{nonce}'"));
    format!("default-src 'none'; script-src {script}; form-action 'none'; frame-ancestors *; base-uri 'none'")
}

/// A source expression: an origin or a scheme. It cannot hold a character that ends a directive.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CspSource(String);

impl CspSource {
    /// The source that covers a redirect URI: `https://app.acme.org`, or `org.acme.app:` for an app's own scheme. `None`
    /// when there is none that a browser understands and that is no danger.
    ///
    /// It does not cover a client that redirects on to another origin: Chromium (156, measured) blocks that too, and the
    /// person stays on a page where nothing seems to happen. [`Self::for_redirects_from`] covers it.
    pub fn for_redirect_uri(uri: &str) -> Option<Self> {
        let url = Url::parse(uri).ok()?;
        match url.scheme() {
            scheme @ ("http" | "https") => {
                let host = url.host_str().filter(|host| !host.is_empty())?;
                // The grammar of sources has no IPv6 address (CSP3 section 2.3.1), only its scheme is left.
                if host.starts_with('[') {
                    return Some(Self(format!("{scheme}:")));
                }
                let plain = host
                    .bytes()
                    .all(|byte| byte.is_ascii_alphanumeric() || b"-._".contains(&byte));
                let port = url.port().map(|port| format!(":{port}")).unwrap_or_default();
                plain.then(|| Self(format!("{scheme}://{host}{port}")))
            }
            "javascript" | "data" | "blob" | "filesystem" | "about" | "vbscript" | "file" => None,
            scheme => {
                let plain = scheme
                    .bytes()
                    .all(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte));
                plain.then(|| Self(format!("{scheme}:")))
            }
        }
    }

    /// The source that covers a redirect URI and where the client may redirect next: every origin of its scheme (`http:`
    /// stands for https, too). It keeps a page from sending its form to scripts, plain http and apps, no more.
    pub fn for_redirects_from(uri: &str) -> Option<Self> {
        let Self(source) = Self::for_redirect_uri(uri)?;
        let (scheme, _) = source.split_once(':')?;
        Some(Self(format!("{scheme}:")))
    }
}

impl fmt::Display for CspSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

fn is_base64(text: &str) -> bool {
    !text.is_empty()
        && text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"+/-_=".contains(&byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn source(uri: &str) -> Option<String> {
        CspSource::for_redirect_uri(uri).map(|source| source.to_string())
    }

    #[test]
    fn a_redirect_uri_becomes_an_origin_or_a_scheme() {
        for (uri, wanted) in [
            ("https://app.acme.org/cb?x=1", "https://app.acme.org"),
            ("https://app.acme.org:443/cb", "https://app.acme.org"),
            ("https://app.acme.org:8443/cb", "https://app.acme.org:8443"),
            ("http://127.0.0.1:51004/cb", "http://127.0.0.1:51004"),
            ("http://[::1]:51004/cb", "http:"),
            ("https://xn--bcher-kva.example/", "https://xn--bcher-kva.example"),
            ("org.acme.app:/cb", "org.acme.app:"),
            ("cursor://x/cb", "cursor:"),
        ] {
            assert_eq!(source(uri).as_deref(), Some(wanted), "{uri}");
        }
    }

    #[test]
    fn no_redirect_uri_can_add_a_directive_or_a_wildcard() {
        for (uri, wanted) in [
            ("https://a.org;script-src%20*", None),
            ("https://a.org; script-src *", None),
            ("https://a.org,b.org/", None),
            ("https://a.org'unsafe-inline'/", None),
            ("https://*/", None),
            ("https://*.org/", None),
            ("https://a b/", None),
            ("javascript:alert(1)", None),
            ("data:text/html,x", None),
            ("about:blank", None),
            ("blob:https://a/b", None),
            ("", None),
            ("/cb", None),
            ("a;b:c", None),
            ("*:", None),
        ] {
            assert_eq!(source(uri).as_deref(), wanted, "{uri}");
        }
    }

    #[test]
    fn a_client_may_redirect_on_within_its_scheme() {
        for (uri, wanted) in [
            ("https://app.acme.org/cb", Some("https:")),
            ("http://127.0.0.1:51004/cb", Some("http:")),
            ("org.acme.app:/cb", Some("org.acme.app:")),
            ("https://*/", None),
            ("javascript:alert(1)", None),
        ] {
            let source = CspSource::for_redirects_from(uri).map(|source| source.to_string());
            assert_eq!(source.as_deref(), wanted, "{uri}");
        }
    }

    #[test]
    fn a_page_may_do_nothing_by_default() {
        assert_eq!(
            content_security_policy(Csp::default()),
            "default-src 'none'; style-src 'self'; img-src 'self' data:; form-action 'self'; frame-ancestors 'none'; \
             base-uri 'none'"
        );
    }

    #[test]
    fn frames_are_of_the_named_origins_alone() {
        let frames = [
            "https://b.org/out",
            "https://a.org:8443/x",
            "https://b.org/2",
            "javascript:x",
        ];
        let policy = content_security_policy(Csp {
            frames: frames.into_iter().filter_map(CspSource::for_redirect_uri).collect(),
            ..Csp::default()
        });
        assert!(
            policy.contains("; frame-src https://a.org:8443 https://b.org; form-action 'self'; "),
            "{policy}"
        );
    }

    #[test]
    fn a_framed_page_may_do_nothing_but_run_its_script() {
        assert_eq!(
            framed_script_policy("abc"),
            "default-src 'none'; script-src 'nonce-abc'; form-action 'none'; frame-ancestors *; base-uri 'none'"
        );
        assert!(framed_script_policy("a' *").contains("script-src 'none';"));
    }

    #[test]
    fn only_the_named_nonce_and_client_are_added() {
        let policy = content_security_policy(Csp {
            form_action: CspSource::for_redirect_uri("https://app.acme.org/cb")
                .map_or(FormAction::Own, FormAction::OwnAnd),
            script_nonce: Some("abc_-123".to_owned()),
            frames: Vec::new(),
        });
        assert!(policy.contains("; script-src 'nonce-abc_-123'; form-action 'self' https://app.acme.org; "));
        for hostile in ["", "a' 'unsafe-inline", "a;b", "a\nb"] {
            let policy = content_security_policy(Csp {
                script_nonce: Some(hostile.to_owned()),
                ..Csp::default()
            });
            assert!(!policy.contains("script-src"), "{hostile}");
        }
    }
}
