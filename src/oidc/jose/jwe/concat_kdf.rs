//! The Concat KDF of NIST SP 800-56A with SHA-256, as RFC 7518 section 4.6.2 uses it.

use sha2::{Digest, Sha256};

/// Derives `len` bytes of key from the agreed secret `z`. `algorithm` is `enc` in direct mode, `alg` with a key wrap.
pub fn concat_kdf(z: &[u8], algorithm: &str, apu: &[u8], apv: &[u8], len: usize) -> Vec<u8> {
    // "Datalen is a fixed-length, big-endian 32-bit count of octets"
    let prefixed = |data: &[u8]| [&be32(data.len()), data].concat();
    let other_info = [
        prefixed(algorithm.as_bytes()),
        prefixed(apu),
        prefixed(apv),
        // SuppPubInfo: "the keydatalen represented as a 32-bit big-endian integer", in bits.
        be32(len * 8).to_vec(),
    ]
    .concat();
    let mut key = Vec::new();
    for round in 1.. {
        if key.len() >= len {
            break;
        }
        let digest = Sha256::new()
            .chain_update(be32(round))
            .chain_update(z)
            .chain_update(&other_info)
            .finalize();
        key.extend(digest);
    }
    key.truncate(len);
    key
}

/// Lengths here are far below 2^32.
fn be32(number: usize) -> [u8; 4] {
    u32::try_from(number).unwrap_or(u32::MAX).to_be_bytes()
}

#[cfg(test)]
mod tests {
    use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};

    use super::*;

    const Z: [u8; 32] = [
        158, 86, 217, 29, 129, 113, 53, 211, 114, 131, 66, 131, 191, 132, 38, 156, 251, 49, 110, 163, 218, 128, 106,
        72, 246, 218, 167, 121, 140, 254, 144, 196,
    ];

    #[test]
    fn the_example_of_rfc_7518_appendix_c_holds() {
        let key = concat_kdf(&Z, "A128GCM", b"Alice", b"Bob", 16);
        assert_eq!(URL_SAFE_NO_PAD.encode(key), "VqqN6vgjbSBcIijNcacQGg");
    }

    #[test]
    fn long_keys_take_several_rounds_and_have_the_length_in_them() {
        let long = concat_kdf(&Z, "A256CBC-HS512", b"", b"", 64);
        assert_eq!(long.len(), 64);
        assert_ne!(long[..32], long[32..]);
        assert_ne!(long[..32], concat_kdf(&Z, "A256CBC-HS512", b"", b"", 32)[..]);
    }
}
