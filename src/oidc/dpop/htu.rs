//! `htu` (RFC 9449 section 4.3): whether it names the address of a request, "ignoring any query and fragment parts".

use url::Url;

/// Whether `htu` names `address`: "servers SHOULD employ Syntax-Based Normalization (Section 6.2.2 of [RFC3986]) and Scheme-Based
/// Normalization (Section 6.2.3 of [RFC3986]) before comparing the htu claim".
pub(super) fn names(htu: &str, address: &str) -> bool {
    let normal = normal(htu);
    normal.is_some() && normal == self::normal(address)
}

/// Scheme, host and port, then the path, each in its normal form. `None` for what is no address that one is called at.
fn normal(text: &str) -> Option<(String, String)> {
    let url = Url::parse(text).ok()?;
    let is_plain = url.username().is_empty() && url.password().is_none() && url.has_host();
    is_plain.then(|| (url.origin().ascii_serialization(), normal_path(url.path())))
}

/// Unreserved characters stand for themselves, and the digits of others are capital letters (RFC 3986 section 6.2.2). The parser
/// has done the rest.
fn normal_path(path: &str) -> String {
    let mut pieces = path.split('%');
    let mut normal = pieces.next().unwrap_or_default().to_owned();
    for piece in pieces {
        let digits = piece
            .get(..2)
            .filter(|digits| digits.bytes().all(|digit| digit.is_ascii_hexdigit()));
        let byte = digits.and_then(|digits| u8::from_str_radix(digits, 16).ok());
        match byte {
            Some(byte) if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) => {
                normal.push(byte.into());
                normal.push_str(piece.get(2..).unwrap_or_default());
            }
            Some(byte) => normal.push_str(&format!("%{byte:02X}{}", piece.get(2..).unwrap_or_default())),
            None => {
                normal.push('%');
                normal.push_str(piece);
            }
        }
    }
    normal
}

#[cfg(test)]
mod tests {
    use super::*;

    const ADDRESS: &str = "https://id.acme.org/register/a%2Fb~c";

    #[test]
    fn addresses_that_mean_the_same_are_the_same() {
        for htu in [
            ADDRESS,
            "HTTPS://ID.ACME.ORG/register/a%2Fb~c",
            "https://id.acme.org:443/register/a%2Fb~c",
            "https://id.acme.org/register/a%2fb%7Ec",
            "https://id.acme.org/%72egister/a%2Fb%7ec",
            "https://id.acme.org/x/../register/./a%2Fb~c",
            "https://id.acme.org/register/a%2Fb~c?query=1#fragment",
        ] {
            assert!(names(htu, ADDRESS), "{htu}");
        }
        assert!(names("https://id.acme.org", "https://id.acme.org/"));
    }

    #[test]
    fn other_addresses_are_others() {
        for htu in [
            "",
            "/register/a%2Fb~c",
            "http://id.acme.org/register/a%2Fb~c",
            "https://id.acme.org:8443/register/a%2Fb~c",
            "https://evil.acme.org/register/a%2Fb~c",
            "https://x@id.acme.org/register/a%2Fb~c",
            "https://id.acme.org/register/a/b~c",
            "https://id.acme.org/register/a%2Fb~C",
            "https://id.acme.org/register/a%2Fb~c/",
            "https://id.acme.org/Register/a%2Fb~c",
            "https://id.acme.org//register/a%2Fb~c",
            "data:text/plain,x",
        ] {
            assert!(!names(htu, ADDRESS), "{htu}");
        }
        assert!(!names("data:x", "data:x"));
    }
}
