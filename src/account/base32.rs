//! Base32 (RFC 4648 section 6), without padding: letters and digits that people can type.

const ALPHABET: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

/// `bytes` as text in capital letters.
pub fn encode(bytes: &[u8]) -> String {
    let (mut text, mut held, mut bits) = (String::new(), 0_u32, 0);
    for byte in bytes {
        held = held << 8 | u32::from(*byte);
        bits += 8;
        while bits >= 5 {
            bits -= 5;
            text.push(letter(held >> bits));
        }
    }
    if bits > 0 {
        text.push(letter(held << (5 - bits)));
    }
    text
}

/// The bytes of a text in capital letters, as [`encode`] writes it.
pub fn decode(text: &str) -> Option<Vec<u8>> {
    let (mut bytes, mut held, mut bits) = (Vec::new(), 0_u32, 0);
    for letter in text.bytes() {
        let value = ALPHABET.iter().position(|known| *known == letter)?;
        held = held << 5 | u32::try_from(value).ok()?;
        bits += 5;
        if bits >= 8 {
            bits -= 8;
            bytes.push((held >> bits & 0xff) as u8);
        }
    }
    (encode(&bytes) == text).then_some(bytes)
}

/// Whether a character is one of the alphabet's.
pub fn has(letter: char) -> bool {
    u8::try_from(letter).is_ok_and(|letter| ALPHABET.contains(&letter))
}

fn letter(value: u32) -> char {
    ALPHABET
        .get((value & 31) as usize)
        .map_or('A', |letter| char::from(*letter))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 4648 section 10, without its padding.
    #[test]
    fn the_vectors_of_the_rfc() {
        for (bytes, text) in [
            ("", ""),
            ("f", "MY"),
            ("fo", "MZXQ"),
            ("foo", "MZXW6"),
            ("foob", "MZXW6YQ"),
            ("fooba", "MZXW6YTB"),
            ("foobar", "MZXW6YTBOI"),
        ] {
            assert_eq!(encode(bytes.as_bytes()), text);
            assert_eq!(decode(text).unwrap(), bytes.as_bytes());
        }
    }

    #[test]
    fn what_is_not_written_so_is_refused() {
        for text in ["M", "MZ1", "my", "MZ=", "MZ ", "MR"] {
            assert_eq!(decode(text), None, "{text}");
        }
    }
}
