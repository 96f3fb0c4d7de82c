//! TLS client certificates (RFC 8705), as far as the platform tells of them: no certificate, but its SHA-256 digest, its subject,
//! and whether its chain was verified.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};

use super::client_metadata::{PublicJwks, certificate_digest};
use crate::web::distinguished_name::DistinguishedName;

/// A certificate whose private key the caller of the present connection has shown to hold.
#[derive(Clone, Debug)]
pub struct ClientCertificate {
    sha256: [u8; 32],
    /// The subject, where the chain leads to an authority that the operator trusts, and the certificate is not revoked.
    trusted_subject: Option<DistinguishedName>,
}

impl ClientCertificate {
    /// The certificate with this digest in hexadecimal, and its subject in the form of RFC 4514 where the chain was verified.
    /// `None` for what is no digest.
    pub fn new(sha256: &str, verified_subject: Option<&str>) -> Option<Self> {
        Some(Self {
            sha256: from_hex(sha256)?,
            trusted_subject: verified_subject.and_then(DistinguishedName::parse),
        })
    }

    /// The digest as base64url: `x5t#S256`.
    pub fn thumbprint(&self) -> String {
        URL_SAFE_NO_PAD.encode(self.sha256)
    }

    /// Whether an authority that the operator trusts says that it is `subject`'s (section 2.1).
    pub fn is_of_subject(&self, subject: &str) -> bool {
        self.trusted_subject
            .as_ref()
            .is_some_and(|trusted| DistinguishedName::parse(subject).as_ref() == Some(trusted))
    }

    /// Whether it is one of those that stand in `keys` (section 2.2).
    pub fn is_among(&self, keys: &PublicJwks) -> bool {
        keys.keys
            .iter()
            .filter_map(certificate_digest)
            .any(|digest| digest == self.sha256)
    }
}

fn from_hex(text: &str) -> Option<[u8; 32]> {
    let digits = text.as_bytes().chunks(2).map(|pair| {
        let pair = std::str::from_utf8(pair).ok().filter(|pair| pair.len() == 2)?;
        let digits = pair.bytes().all(|digit| digit.is_ascii_hexdigit());
        u8::from_str_radix(pair, 16).ok().filter(|_| digits)
    });
    digits.collect::<Option<Vec<_>>>()?.try_into().ok()
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    const HEX: &str = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

    fn keys(keys: Value) -> PublicJwks {
        PublicJwks::read(json!({ "keys": keys }).to_string().as_bytes()).unwrap()
    }

    #[test]
    fn the_digest_is_told_as_base64url() {
        let certificate = ClientCertificate::new(HEX, None).unwrap();
        assert_eq!(certificate.thumbprint(), "ungWv48Bz-pBQUDeXa4iI7ADYaOWF3qctBD_YfIAFa0");
        for odd in [
            "",
            "ba",
            &HEX[1..],
            &format!("{HEX}00"),
            &HEX.replace('b', "g"),
            &HEX.replace("ba", "+a"),
        ] {
            assert!(ClientCertificate::new(odd, None).is_none(), "{odd}");
        }
    }

    #[test]
    fn a_subject_counts_when_the_chain_was_verified() {
        let certificate = |subject| ClientCertificate::new(HEX, subject).unwrap();
        assert!(certificate(Some("CN=app,O=Acme")).is_of_subject("cn=app, O=Acme"));
        assert!(!certificate(Some("CN=app,O=Acme")).is_of_subject("CN=app"));
        assert!(!certificate(None).is_of_subject("CN=app,O=Acme"));
        assert!(!certificate(None).is_of_subject(""));
        assert!(!certificate(Some("")).is_of_subject(""));
    }

    #[test]
    fn a_registered_certificate_is_known_by_x5c_or_x5t() {
        let certificate = ClientCertificate::new(HEX, None).unwrap();
        // HEX is the digest of "abc".
        assert!(certificate.is_among(&keys(json!([{"kty": "EC"}, {"kty": "EC", "x5c": ["YWJj", "eHl6"]}]))));
        assert!(certificate.is_among(&keys(json!([{"kty": "EC", "x5t#S256": certificate.thumbprint()}]))));
        for other in [
            json!([]),
            json!([{"kty": "EC"}]),
            json!([{"kty": "EC", "x5c": ["eHl6", "YWJj"]}]),
            json!([{"kty": "EC", "x5c": []}]),
            json!([{"kty": "EC", "x5c": "YWJj"}]),
            json!([{"kty": "EC", "x5c": ["eHl6"], "x5t#S256": certificate.thumbprint()}]),
            json!([{"kty": "EC", "x5t#S256": "ungWv48B"}]),
            json!([{"kty": "EC", "x5t": certificate.thumbprint()}]),
        ] {
            assert!(!certificate.is_among(&keys(other.clone())), "{other}");
        }
    }
}
