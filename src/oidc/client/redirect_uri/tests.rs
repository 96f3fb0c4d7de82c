//! What a redirect URI may be, and which one matches.

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
