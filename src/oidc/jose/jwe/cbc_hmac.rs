//! The MAC of AES-CBC with HMAC-SHA-2 (RFC 7518 section 5.2).

use hmac::{Hmac, Mac, digest::KeyInit};
use sha2::{Sha256, Sha512};
use subtle::ConstantTimeEq;

use super::ContentEncryption;

/// The two keys that a content key is: "MAC_KEY consists of the initial MAC_KEY_LEN octets of K ... ENC_KEY consists of
/// the final ENC_KEY_LEN octets of K".
pub struct CbcHmacKeys<'a> {
    mac_key: &'a [u8],
    /// For AES-CBC.
    pub enc_key: &'a [u8],
}

/// What is authenticated.
pub struct Authenticated<'a> {
    /// "the Additional Authenticated Data": the encoded header.
    pub aad: &'a [u8],
    /// The initialisation vector.
    pub iv: &'a [u8],
    /// The ciphertext.
    pub ciphertext: &'a [u8],
}

impl<'a> CbcHmacKeys<'a> {
    /// Splits a content key in halves.
    pub fn split(content_key: &'a [u8]) -> Self {
        let (mac_key, enc_key) = content_key.split_at(content_key.len() / 2);
        Self { mac_key, enc_key }
    }

    /// The authentication tag: "the first T_LEN octets of the HMAC", half of them.
    pub fn tag(&self, enc: ContentEncryption, what: &Authenticated<'_>) -> Vec<u8> {
        // "The octet string AL is equal to the number of bits in the Additional Authenticated Data A expressed as a 64-bit
        // unsigned big-endian integer."
        let al = (what.aad.len() as u64 * 8).to_be_bytes();
        let parts = [what.aad, what.iv, what.ciphertext, &al];
        let mut tag = match enc {
            ContentEncryption::A256CbcHs512 => hmac::<Hmac<Sha512>>(self.mac_key, parts),
            _ => hmac::<Hmac<Sha256>>(self.mac_key, parts),
        };
        tag.truncate(enc.tag_len());
        tag
    }

    /// Whether `tag` is that of the rest, in constant time. It is checked before anything is decrypted, so that the padding
    /// tells nobody anything.
    pub fn verify(&self, enc: ContentEncryption, what: &Authenticated<'_>, tag: &[u8]) -> bool {
        self.tag(enc, what).ct_eq(tag).into()
    }
}

fn hmac<M: Mac + KeyInit>(key: &[u8], parts: [&[u8]; 4]) -> Vec<u8> {
    // HMAC takes keys of every length: the error case does not exist.
    #[allow(clippy::expect_used)]
    let mut mac = <M as Mac>::new_from_slice(key).expect("HMAC accepts any key length");
    for part in parts {
        mac.update(part);
    }
    mac.finalize().into_bytes().to_vec()
}

#[cfg(test)]
mod tests {
    use super::*;

    const AAD: &[u8] = b"The second principle of Auguste Kerckhoffs";
    const IV: &str = "1af38c2dc2b96ffdd86694092341bc04";

    fn hex(text: &str) -> Vec<u8> {
        let digits: Vec<_> = text.chars().map(|digit| digit.to_digit(16).unwrap() as u8).collect();
        digits.chunks(2).map(|pair| pair[0] << 4 | pair[1]).collect()
    }

    fn check(enc: ContentEncryption, ciphertext: &str, tag: &str) {
        let key: Vec<_> = (0..enc.key_len() as u8).collect();
        let keys = CbcHmacKeys::split(&key);
        assert_eq!(keys.enc_key, &key[key.len() / 2..]);
        let (iv, ciphertext, tag) = (hex(IV), hex(ciphertext), hex(tag));
        let mut what = Authenticated {
            aad: AAD,
            iv: &iv,
            ciphertext: &ciphertext,
        };
        assert_eq!(keys.tag(enc, &what), tag);
        assert!(keys.verify(enc, &what, &tag));
        assert!(!keys.verify(enc, &what, &tag[..tag.len() - 1]));
        what.aad = &AAD[1..];
        assert!(!keys.verify(enc, &what, &tag));
    }

    #[test]
    fn the_example_of_rfc_7518_appendix_b1_holds() {
        check(
            ContentEncryption::A128CbcHs256,
            "c80edfa32ddf39d5ef00c0b468834279a2e46a1b8049f792f76bfe54b903a9c9a94ac9b47ad2655c5f10f9aef71427e2fc6f9b3f399a\
             221489f16362c703233609d45ac69864e3321cf82935ac4096c86e133314c54019e8ca7980dfa4b9cf1b384c486f3a54c51078158ee5\
             d79de59fbd34d848b3d69550a67646344427ade54b8851ffb598f7f80074b9473c82e2db",
            "652c3fa36b0a7c5b3219fab3a30bc1c4",
        );
    }

    #[test]
    fn the_example_of_rfc_7518_appendix_b3_holds() {
        check(
            ContentEncryption::A256CbcHs512,
            "4affaaadb78c31c5da4b1b590d10ffbd3dd8d5d302423526912da037ecbcc7bd822c301dd67c373bccb584ad3e9279c2e6d12a1374b7\
             7f077553df829410446b36ebd97066296ae6427ea75c2e0846a11a09ccf5370dc80bfecbad28c73f09b3a3b75e662a2594410ae496b2\
             e2e6609e31e6e02cc837f053d21f37ff4f51950bbe2638d09dd7a4930930806d0703b1f6",
            "4dd3b4c088a7f45c216839645b2012bf2e6269a8c56a816dbc1b267761955bc5",
        );
    }
}
