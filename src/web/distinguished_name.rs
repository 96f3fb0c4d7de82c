//! Distinguished names as text (RFC 4514), to compare the subject of a certificate with the one that a client registered
//! (RFC 8705 section 2.1.2).

/// A name: its relative names from the most specific on, each a set of attributes.
///
/// Two are equal when their attributes are, in this order. Types are compared by name, whatever their case; values octet by
/// octet. RFC 4517 would ignore the case of most values, too; a client registers what its certificate has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DistinguishedName(Vec<Vec<(String, Vec<u8>)>>);

/// Attribute types that some write as numbers (RFC 4514 section 3).
const NAMES: [(&str, &str); 12] = [
    ("2.5.4.3", "CN"),
    ("2.5.4.5", "SERIALNUMBER"),
    ("2.5.4.6", "C"),
    ("2.5.4.7", "L"),
    ("2.5.4.8", "ST"),
    ("2.5.4.9", "STREET"),
    ("2.5.4.10", "O"),
    ("2.5.4.11", "OU"),
    ("0.9.2342.19200300.100.1.1", "UID"),
    ("0.9.2342.19200300.100.1.25", "DC"),
    ("1.2.840.113549.1.9.1", "EMAILADDRESS"),
    ("2.5.4.97", "ORGANIZATIONIDENTIFIER"),
];

impl DistinguishedName {
    /// Reads a name. `None` when it is not well-formed, or empty.
    pub fn parse(text: &str) -> Option<Self> {
        let relative = |text: &str| -> Option<Vec<_>> {
            let mut attributes = split(text, &['+']).map(attribute).collect::<Option<Vec<_>>>()?;
            attributes.sort_unstable();
            Some(attributes)
        };
        // The older RFC 2253 takes semicolons, too.
        split(text, &[',', ';']).map(relative).collect::<Option<_>>().map(Self)
    }
}

/// The parts of `text` between separators that are neither escaped nor quoted.
fn split<'a>(text: &'a str, separators: &[char]) -> std::vec::IntoIter<&'a str> {
    let (mut parts, mut rest, mut escaped) = (Vec::new(), 0, false);
    for (at, c) in text.char_indices() {
        if !escaped && separators.contains(&c) {
            parts.push(text.get(rest..at).unwrap_or_default());
            rest = at + c.len_utf8();
        }
        escaped = !escaped && c == '\\';
    }
    parts.push(text.get(rest..).unwrap_or_default());
    parts.into_iter()
}

fn attribute(text: &str) -> Option<(String, Vec<u8>)> {
    let (kind, value) = text.split_once('=')?;
    let kind = kind.trim().to_ascii_uppercase();
    let kind = kind.strip_prefix("OID.").unwrap_or(&kind);
    let is_kind = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-');
    if kind.is_empty() || !kind.chars().all(is_kind) {
        return None;
    }
    let name = NAMES
        .iter()
        .find(|(number, _)| *number == kind)
        .map_or(kind, |(_, name)| name);
    Some((name.to_owned(), unescape(value)?))
}

/// The octets of a value: `\` stands before a character that means itself, or before two hexadecimal digits. Spaces around the
/// value do not count unless they are escaped. Quoted values (RFC 2253 section 4 only) are not taken.
fn unescape(value: &str) -> Option<Vec<u8>> {
    let mut bytes = value.trim_start_matches(' ').bytes().peekable();
    let mut octets = Vec::new();
    // How many of the last octets are spaces that may have to go.
    let mut spaces = 0;
    while let Some(byte) = bytes.next() {
        spaces = if byte == b' ' { spaces + 1 } else { 0 };
        match byte {
            b'"' | b'<' | b'>' => return None,
            b'\\' => octets.push(match bytes.next()? {
                special @ (b' ' | b'"' | b'#' | b'+' | b',' | b';' | b'<' | b'=' | b'>' | b'\\') => special,
                high => (hex(high)? << 4) | hex(bytes.next()?)?,
            }),
            byte => octets.push(byte),
        }
    }
    octets.truncate(octets.len() - spaces);
    Some(octets).filter(|octets| !octets.is_empty())
}

fn hex(digit: u8) -> Option<u8> {
    char::from(digit).to_digit(16).and_then(|digit| digit.try_into().ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn same(a: &str, b: &str) -> bool {
        let (a, b) = (DistinguishedName::parse(a), DistinguishedName::parse(b));
        assert!(a.is_some() && b.is_some());
        a == b
    }

    /// RFC 4514 section 4.
    #[test]
    fn the_examples_of_rfc_4514_are_read() {
        for text in [
            "UID=jsmith,DC=example,DC=net",
            "OU=Sales+CN=J.  Smith,DC=example,DC=net",
            r#"CN=James \"Jim\" Smith\, III,DC=example,DC=net"#,
            r"CN=Before\0dAfter,DC=example,DC=net",
            "1.3.6.1.4.1.1466.0=#04024869",
            r"CN=Lu\C4\8Di\C4\87",
        ] {
            assert!(DistinguishedName::parse(text).is_some(), "{text}");
        }
    }

    #[test]
    fn spelling_does_not_matter_and_order_and_values_do() {
        assert!(same("CN=app,O=Acme", "cn = app, o=Acme"));
        assert!(same("2.5.4.3=app", "OID.2.5.4.3=app"));
        assert!(same("2.5.4.3=app", "CN=app"));
        assert!(same("OU=a+CN=b", "CN=b+OU=a"));
        assert!(same(r"CN=Lu\C4\8Di\C4\87", "CN=Lučić"));
        assert!(same(r"CN=a\2Cb", r"CN=a\,b"));
        assert!(!same("CN=app,O=Acme", "O=Acme,CN=app"));
        assert!(!same("CN=app", "CN=App"));
        assert!(!same("CN=app", "CN=app,O=Acme"));
        assert!(!same("CN=a,OU=b", "CN=a+OU=b"));
        assert!(!same(r"CN=app\20", "CN=app"));
        assert!(!same(r"CN=app\,O\=Acme", "CN=app,O=Acme"));
    }

    #[test]
    fn what_is_no_name_is_none() {
        for text in [
            "",
            ",",
            "CN",
            "CN=",
            "=app",
            "CN=a,",
            "CN=a,,O=b",
            r"CN=a\",
            r"CN=a\4",
            r"CN=a\xy",
            "C N=a",
            "CN=\"a\"",
        ] {
            assert!(DistinguishedName::parse(text).is_none(), "{text}");
        }
    }
}
