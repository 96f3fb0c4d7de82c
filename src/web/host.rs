//! Hosts as they are written in URLs (RFC 3986 section 3.2, RFC 1035 section 2.3.4), judged before a URL parser sees them: the
//! WHATWG parser forgives much (`https:x.org`, `https://@x.org`, `https://0x7f.1`, `https://a..b`), and who compares texts
//! must not.

use url::{Host, Url};

/// The most bytes of a name, without a dot at its end.
const LONGEST_NAME: usize = 253;

/// The ends of names that no public DNS has (RFC 6762, RFC 8375, and what routers and homes use).
const PRIVATE_ENDS: [&str; 6] = [".local", ".lan", ".home.arpa", ".internal", ".intranet", ".localdomain"];

/// The most bytes of a label.
const LONGEST_LABEL: usize = 63;

/// Whether `text`, of a scheme that has hosts, names one after two slashes, without a user name, and with a port that is
/// a number.
pub fn has_plain_authority(text: &str) -> bool {
    let Some((_, rest)) = text.split_once(':') else {
        return false;
    };
    let Some(rest) = rest.strip_prefix("//") else {
        return false;
    };
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let (host, port) = match authority.strip_prefix('[') {
        Some(_) => match authority.split_once(']') {
            Some((address, port)) => (address, port),
            None => return false,
        },
        None => authority.split_at(authority.find(':').unwrap_or(authority.len())),
    };
    let is_address = || {
        host.strip_prefix('[')
            .is_some_and(|address| address.parse::<std::net::Ipv6Addr>().is_ok())
    };
    (is_address() || is_name(host) || is_ipv4(host)) && (port.is_empty() || is_port(port))
}

/// Whether that is an https URL whose host is what it seems to be.
pub fn is_https(url: &str) -> bool {
    has_plain_authority(url) && Url::parse(url).is_ok_and(|parsed| parsed.scheme() == "https")
}

/// Whether a host is on a private network: by an address that is not routed on the Internet (RFC 1918, RFC 6598, RFC 4193), or a
/// name that no public DNS has. A loopback host is on no network.
pub fn is_private_network(host: &Host<&str>) -> bool {
    match host {
        Host::Ipv4(address) => {
            let [a, b, ..] = address.octets();
            address.is_private() || address.is_link_local() || (a == 100 && (64..128).contains(&b))
        }
        Host::Ipv6(address) => address.is_unique_local() || address.is_unicast_link_local(),
        Host::Domain(name) => {
            let name = name.strip_suffix('.').unwrap_or(name);
            let is_public = name.contains('.') && !PRIVATE_ENDS.iter().any(|end| name.ends_with(end));
            !is_public && name != "localhost"
        }
    }
}

/// Whether a host is this very device.
pub fn is_loopback(host: &Host<&str>) -> bool {
    match host {
        Host::Domain(name) => *name == "localhost",
        Host::Ipv4(address) => address.is_loopback(),
        Host::Ipv6(address) => address.is_loopback(),
    }
}

/// Whether `text` is a name as the DNS has them: labels of 1 to 63 letters, digits, `-` and `_`, at most 253 bytes in all, at
/// most one dot at the end. The last label is no number, or parsers would take the whole for an IPv4 address.
pub fn is_name(text: &str) -> bool {
    let name = text.strip_suffix('.').unwrap_or(text);
    let is_label = |label: &str| {
        (1..=LONGEST_LABEL).contains(&label.len())
            && label
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
    };
    name.len() <= LONGEST_NAME && name.split('.').all(is_label) && !name.rsplit('.').next().is_some_and(is_number)
}

/// Whether `text` is a domain that an address may have: several labels (RFC 1035 section 2.3.1), one of another alphabet as `xn--...`. The
/// last begins with no digit: that would be an IP address.
pub fn is_domain(text: &str) -> bool {
    let is_label = |label: &str| {
        (1..=LONGEST_LABEL).contains(&label.len())
            && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    let last = text.rsplit_once('.').map(|(_, last)| last).unwrap_or_default();
    text.split('.').all(is_label) && last.starts_with(|c: char| c.is_ascii_alphabetic())
}

/// What the WHATWG parser takes for a number: digits, or hexadecimal ones after `0x`.
fn is_number(label: &str) -> bool {
    let hexadecimal = label.strip_prefix("0x").or_else(|| label.strip_prefix("0X"));
    label.bytes().all(|byte| byte.is_ascii_digit())
        || hexadecimal.is_some_and(|digits| digits.bytes().all(|byte| byte.is_ascii_hexdigit()))
}

/// An IPv4 address in its one spelling: four decimal numbers.
fn is_ipv4(text: &str) -> bool {
    text.parse::<std::net::Ipv4Addr>().is_ok()
}

fn is_port(text: &str) -> bool {
    text.strip_prefix(':')
        .is_some_and(|port| port.bytes().all(|byte| byte.is_ascii_digit()) && port.parse::<u16>().is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_authority_is_a_host_and_perhaps_a_port() {
        for text in [
            "https://app.acme.org",
            "https://app.acme.org/cb?x=https://u@y#z",
            "https://app.acme.org:8443/",
            "HTTPS://App.Acme.org./",
            "https://app_1.acme.org/",
            "https://xn--bcher-kva.example/",
            "http://localhost:3000",
            "http://127.0.0.1/cb",
            "http://[::1]:8000/cb",
        ] {
            assert!(has_plain_authority(text), "{text}");
        }
        let label = "a".repeat(64);
        for text in [
            "https:app.acme.org",
            "https:/app.acme.org",
            "https:/logout?x=y://z",
            "https:///app.acme.org",
            "https:.o",
            "https://",
            "https://?x",
            "https://@app.acme.org/",
            "https://u@app.acme.org/",
            "https://:@app.acme.org/",
            "https://a..b/",
            "https://.printer/",
            "https://app.acme.org../",
            "https://127.0.0.1../",
            "https://127.0.0.1./",
            "https://127.1/",
            "https://0x7f.1/",
            "https://0x7f.1../",
            "https://a.0x7f/",
            "https://a.0x/",
            "https://2130706433/",
            "https://%61pp.acme.org/",
            "https://a\"b.org/",
            "https://a'b.org/",
            "https://*.acme.org/",
            "https://app.acme.org:/",
            "https://app.acme.org:99999/",
            "https://app.acme.org:+1/",
            "https://app.acme.org:1:2/",
            "https://[::1/",
            "https://[::1]x/",
            "https://[127.0.0.1]/",
            "https://::1/",
            "//app.acme.org/",
            "app.acme.org",
            "",
            &format!("https://{label}.org/"),
            &format!("https://{}org/", "a.".repeat(126)),
        ] {
            assert!(!has_plain_authority(text), "{text}");
        }
        assert!(has_plain_authority(&format!("https://{}o/", "a.".repeat(126))));
    }
}
