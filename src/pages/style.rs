//! The one stylesheet, served by Limen itself at [`Endpoint::Stylesheet`].

use crate::routes::Endpoint;

/// The stylesheet.
pub const STYLESHEET: &str = include_str!("limen.css");

/// Changes when the stylesheet does: with it in the URL, the answer may be cached for ever.
pub const STYLESHEET_VERSION: &str = match std::str::from_utf8(&VERSION) {
    Ok(version) => version,
    Err(_) => "0",
};

const VERSION: [u8; 8] = hexadecimal(fnv_1a(STYLESHEET.as_bytes()));

/// Where pages find a version of the stylesheet.
pub(super) fn stylesheet_href(version: &str) -> String {
    format!("{}?v={version}", Endpoint::Stylesheet.path())
}

/// The version of what is made when the Worker starts.
pub(super) fn digest(bytes: &[u8]) -> String {
    format!("{:08x}", fnv_1a(bytes))
}

/// FNV-1a, the only digest that is short enough to write down for the compiler. Nobody gains from a collision.
#[allow(clippy::indexing_slicing)] // `i < bytes.len()`; iterators cannot run at compile time.
pub(super) const fn fnv_1a(bytes: &[u8]) -> u32 {
    let (mut hash, mut i) = (0x811C_9DC5_u32, 0);
    while i < bytes.len() {
        hash = (hash ^ bytes[i] as u32).wrapping_mul(0x0100_0193);
        i += 1;
    }
    hash
}

#[allow(clippy::indexing_slicing)] // `i < 8` and a nibble is below 16.
pub(super) const fn hexadecimal(number: u32) -> [u8; 8] {
    let (mut digits, mut i) = ([0; 8], 0);
    while i < 8 {
        digits[i] = b"0123456789abcdef"[(number >> (28 - 4 * i) & 0xF) as usize];
        i += 1;
    }
    digits
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_digest_has_the_published_test_vectors_of_fnv_1a() {
        for (text, digest) in [
            ("", b"811c9dc5"),
            ("a", b"e40c292c"),
            ("b", b"e70c2de5"),
            ("foobar", b"bf9cf968"),
        ] {
            assert_eq!(&hexadecimal(fnv_1a(text.as_bytes())), digest, "{text}");
        }
    }

    #[test]
    fn the_address_names_a_version() {
        let (path, version) = stylesheet_href(STYLESHEET_VERSION)
            .split_once("?v=")
            .map(|(a, b)| (a.to_owned(), b.to_owned()))
            .unwrap();
        assert_eq!(path, "/assets/limen.css");
        assert!(version.len() == 8 && version != "811c9dc5" && version.bytes().all(|b| b.is_ascii_hexdigit()));
    }

    #[test]
    fn the_stylesheet_needs_no_other_asset() {
        for word in ["@import", "url(", "http:", "https:", "//"] {
            assert!(!STYLESHEET.contains(word), "{word}");
        }
    }
}
