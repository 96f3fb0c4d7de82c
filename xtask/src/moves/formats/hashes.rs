//! Hashes of passwords in the forms that Limen takes (docs/moving.md): PHC strings, bcrypt, Django's. The deployment judges their cost.

use base64::Engine;
use base64::prelude::{BASE64_STANDARD, BASE64_STANDARD_NO_PAD, BASE64_URL_SAFE, BASE64_URL_SAFE_NO_PAD};
use serde_json::Value;

/// Whether a text looks like a hash that Limen takes as it is.
pub fn is_known(hash: &str) -> bool {
    const FORMS: [&str; 9] = [
        "$2a$",
        "$2b$",
        "$2y$",
        "$argon2id$",
        "$argon2i$",
        "$argon2d$",
        "$scrypt$",
        "$pbkdf2",
        "pbkdf2_sha256$",
    ];
    FORMS.iter().any(|form| hash.starts_with(form)) && hash.is_ascii() && hash.len() <= 500
}

/// PBKDF2 as a PHC string. `digest` is `sha1`, `sha256` or `sha512`.
pub fn pbkdf2(digest: &str, rounds: i64, salt: &[u8], hash: &[u8]) -> Option<String> {
    let name = match digest {
        "sha1" => "pbkdf2-sha1",
        "sha256" => "pbkdf2-sha256",
        "sha512" => "pbkdf2-sha512",
        _ => return None,
    };
    // Of a longer key only what one block of the digest gives is asked for by anybody.
    (rounds > 0 && !hash.is_empty()).then(|| {
        let (salt, length, hash) = (in_base64(salt), hash.len(), in_base64(hash));
        format!("${name}$i={rounds},l={length}${salt}${hash}")
    })
}

/// Argon2 as a PHC string. Memory is in KiB.
pub fn argon2(
    kind: &str,
    version: &str,
    [memory, passes, lanes]: [i64; 3],
    salt: &[u8],
    hash: &[u8],
) -> Option<String> {
    let version = match version {
        "1.3" | "19" => 19,
        "1.0" | "16" => 16,
        _ => return None,
    };
    let kind = ["id", "i", "d"].into_iter().find(|known| *known == kind)?;
    let (salt, hash) = (in_base64(salt), in_base64(hash));
    Some(format!(
        "$argon2{kind}$v={version}$m={memory},t={passes},p={lanes}${salt}${hash}"
    ))
}

fn in_base64(bytes: &[u8]) -> String {
    BASE64_STANDARD_NO_PAD.encode(bytes)
}

/// As passkeys are written.
pub fn in_base64url(bytes: &[u8]) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(bytes)
}

/// Bytes of base64 in either alphabet, padded or not.
pub fn from_base64(text: &str) -> Option<Vec<u8>> {
    let text = text.trim_end_matches('=');
    let padded = format!("{text}{}", "=".repeat((4 - text.len() % 4) % 4));
    BASE64_STANDARD
        .decode(&padded)
        .or_else(|_| BASE64_URL_SAFE.decode(&padded))
        .ok()
}

/// Base32 without padding, as secrets of one-time codes are written.
pub fn base32(bytes: &[u8]) -> String {
    const ALPHABET: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    let mut text = String::new();
    for chunk in bytes.chunks(5) {
        let mut held = [0_u8; 8];
        held[3..3 + chunk.len()].copy_from_slice(chunk);
        let bits = u64::from_be_bytes(held);
        for letter in 0..(chunk.len() * 8).div_ceil(5) {
            let at = (bits >> (35 - letter * 5)) & 31;
            text.push(char::from(ALPHABET[at as usize]));
        }
    }
    text
}

/// A number, as JSON has it or as a text.
pub fn number(value: Option<&Value>) -> Option<i64> {
    match value? {
        Value::Number(number) => number.as_i64(),
        Value::String(text) => text.parse().ok(),
        Value::Array(list) => number(list.first()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms_that_limen_takes_are_known() {
        for hash in [
            "$2b$10$x",
            "$argon2id$v=19$m=1",
            "$scrypt$ln=1",
            "$pbkdf2-sha512$i=1",
            "pbkdf2_sha256$1$x$y",
        ] {
            assert!(is_known(hash), "{hash}");
        }
        for hash in [
            "",
            "secret",
            "{SSHA}x",
            "$6$rounds=5000$x",
            "$1$x",
            "5f4dcc3b5aa765d61d8327deb882cf99",
        ] {
            assert!(!is_known(hash), "{hash}");
        }
    }

    #[test]
    fn bytes_become_phc_strings() {
        assert_eq!(
            pbkdf2("sha256", 27_500, b"salt", b"hash").as_deref(),
            Some("$pbkdf2-sha256$i=27500,l=4$c2FsdA$aGFzaA")
        );
        assert_eq!(pbkdf2("md5", 1, b"salt", b"hash"), None);
        assert_eq!(
            argon2("id", "1.3", [7_168, 5, 1], b"salt", b"hash").as_deref(),
            Some("$argon2id$v=19$m=7168,t=5,p=1$c2FsdA$aGFzaA")
        );
    }

    #[test]
    fn base32_is_that_of_rfc_4648() {
        for (bytes, text) in [
            ("", ""),
            ("f", "MY"),
            ("fo", "MZXQ"),
            ("foo", "MZXW6"),
            ("foob", "MZXW6YQ"),
            ("fooba", "MZXW6YTB"),
            ("foobar", "MZXW6YTBOI"),
        ] {
            assert_eq!(base32(bytes.as_bytes()), text);
        }
        assert_eq!(from_base64("_-8"), from_base64("/+8="));
    }
}
