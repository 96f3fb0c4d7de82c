//! Public keys as authenticators give them (RFC 9052 section 7, RFC 9053; WebAuthn Level 3 section 5.8.5), and their signatures, as
//! WebCrypto takes them.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use minicbor::{Decoder, data::Type};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::Refused;

/// The algorithms that Limen asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs)] // The names are those of RFC 7518 and RFC 8037.
pub enum KeyAlg {
    ES256,
    EdDSA,
    RS256,
}

impl KeyAlg {
    /// In the order in which Limen prefers them.
    pub const ALL: [Self; 3] = [Self::EdDSA, Self::ES256, Self::RS256];

    /// The number in COSE's registry.
    pub fn cose(self) -> i64 {
        match self {
            Self::ES256 => -7,
            Self::EdDSA => -8,
            Self::RS256 => -257,
        }
    }

    /// A signature as WebCrypto takes it. `None` where it is not well-formed. That of ECDSA is the DER of two numbers (section
    /// 6.5.5), and becomes the two side by side; the others are as they should be.
    pub fn signature(self, signature: &[u8]) -> Option<Vec<u8>> {
        match self {
            Self::ES256 => {
                let [0x30, length, numbers @ ..] = signature else {
                    return None;
                };
                let (r, rest) = der_integer(numbers)?;
                let (s, rest) = der_integer(rest)?;
                (usize::from(*length) == numbers.len() && rest.is_empty()).then(|| [r, s].concat())
            }
            Self::EdDSA | Self::RS256 => Some(signature.to_vec()),
        }
    }
}

/// A number of at most 32 bytes, and what follows.
fn der_integer(bytes: &[u8]) -> Option<([u8; 32], &[u8])> {
    let [0x02, length, rest @ ..] = bytes else {
        return None;
    };
    let (number, rest) = rest.split_at_checked(usize::from(*length))?;
    let digits = match number {
        [] => return None,
        // A leading zero is there to keep the number from being negative, and for nothing else.
        [0, first, ..] if *first < 0x80 => return None,
        [0, digits @ ..] => digits,
        [first, ..] if *first >= 0x80 => return None,
        digits => digits,
    };
    let mut padded = [0; 32];
    let start = padded.len().checked_sub(digits.len())?;
    padded.get_mut(start..)?.copy_from_slice(digits);
    Some((padded, rest))
}

/// The bytes of an RSA modulus: "A key of size 2048 bits or larger MUST be used" (RFC 7518 section 3.3).
const RSA_MODULUS: std::ops::RangeInclusive<usize> = 256..=1_024;

/// Reads a COSE key: a map of these members and no others, each once. "The COSE_Key-encoded credential public key MUST contain the
/// alg parameter and MUST NOT contain any other OPTIONAL parameters."
///
/// # Errors
/// [`Refused::UnknownAlgorithm`] for an algorithm that Limen did not ask for, [`Refused::BadKey`] for all else.
pub(super) fn parse(bytes: &[u8]) -> Result<(KeyAlg, Value), Refused> {
    let key = Members::read(bytes).ok_or(Refused::BadKey)?;
    let alg = key.alg.ok_or(Refused::BadKey)?;
    let alg = KeyAlg::ALL.into_iter().find(|known| known.cose() == alg);
    let alg = alg.ok_or(Refused::UnknownAlgorithm)?;
    let jwk = key.into_jwk(alg).ok_or(Refused::BadKey)?;
    Ok((alg, jwk))
}

/// The members of a COSE key by their labels. What -1 and -2 are depends on `kty`.
#[derive(Default)]
struct Members<'a> {
    kty: Option<i64>,
    alg: Option<i64>,
    crv: Option<i64>,
    minus_1: Option<&'a [u8]>,
    minus_2: Option<&'a [u8]>,
    minus_3: Option<&'a [u8]>,
}

impl<'a> Members<'a> {
    fn read(bytes: &'a [u8]) -> Option<Self> {
        let mut decoder = Decoder::new(bytes);
        let mut members = Self::default();
        for _ in 0..decoder.map().ok()?? {
            let label = decoder.i64().ok()?;
            let is_number = matches!(label, 1 | 3) || (label == -1 && decoder.datatype().ok()? != Type::Bytes);
            if is_number {
                let place = match label {
                    1 => &mut members.kty,
                    3 => &mut members.alg,
                    _ => &mut members.crv,
                };
                put(place, decoder.i64().ok()?)?;
            } else {
                let place = match label {
                    -1 => &mut members.minus_1,
                    -2 => &mut members.minus_2,
                    -3 => &mut members.minus_3,
                    _ => return None,
                };
                put(place, decoder.bytes().ok()?)?;
            }
        }
        (decoder.position() == bytes.len()).then_some(members)
    }

    fn into_jwk(self, alg: KeyAlg) -> Option<Value> {
        let text = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
        let coordinate = |bytes: Option<&[u8]>| bytes.filter(|bytes| bytes.len() == 32).map(text);
        match (alg, self.kty?, self.crv, self.minus_1) {
            (KeyAlg::ES256, 2, Some(1), None) => Some(json!({
                "kty": "EC", "crv": "P-256", "x": coordinate(self.minus_2)?, "y": coordinate(self.minus_3)?,
            })),
            (KeyAlg::EdDSA, 1, Some(6), None) if self.minus_3.is_none() => Some(json!({
                "kty": "OKP", "crv": "Ed25519", "x": coordinate(self.minus_2)?,
            })),
            (KeyAlg::RS256, 3, None, Some(n)) if self.minus_3.is_none() && RSA_MODULUS.contains(&n.len()) => {
                let e = self.minus_2.filter(|e| (1..=8).contains(&e.len()))?;
                Some(json!({ "kty": "RSA", "n": text(n), "e": text(e) }))
            }
            _ => None,
        }
    }
}

/// A member stands once.
fn put<T>(place: &mut Option<T>, value: T) -> Option<()> {
    place.replace(value).is_none().then_some(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_two_numbers_of_an_ecdsa_signature_stand_side_by_side() {
        let der = |r: &[u8], s: &[u8]| {
            let integer = |n: &[u8]| [&[0x02, n.len() as u8], n].concat();
            let numbers = [integer(r), integer(s)].concat();
            [vec![0x30, numbers.len() as u8], numbers].concat()
        };
        let high = [&[0u8][..], &[0xff; 32]].concat();
        let raw = KeyAlg::ES256.signature(&der(&[1, 2], &high)).unwrap();
        assert_eq!(raw, [vec![0; 30], vec![1, 2], vec![0xff; 32]].concat());
        let good = der(&[0x7f; 32], &[0x7f; 32]);
        assert_eq!(KeyAlg::ES256.signature(&good), Some(vec![0x7f; 64]));
        for end in 0..good.len() {
            assert_eq!(KeyAlg::ES256.signature(&good[..end]), None, "{end}");
        }
        for bad in [
            [good.clone(), vec![0]].concat(),
            der(&[0x80], &[1]),
            der(&[0, 1], &[1]),
            der(&[], &[1]),
            der(&[1; 33], &[1]),
            der(&[&[0u8][..], &[0xff; 33]].concat(), &[1]),
            vec![0x30, 0x80],
            vec![1; 64],
        ] {
            assert_eq!(KeyAlg::ES256.signature(&bad), None, "{bad:?}");
        }
    }

    #[test]
    fn signatures_of_the_others_are_as_they_are() {
        for alg in [KeyAlg::EdDSA, KeyAlg::RS256] {
            assert_eq!(alg.signature(&[1, 2, 3]), Some(vec![1, 2, 3]));
        }
    }
}
