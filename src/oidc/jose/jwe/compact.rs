//! The compact serialisation and its header (RFC 7516 sections 3.1, 4.1 and 7.1).

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::{ContentEncryption, KeyManagementAlg, KeyWrap};
use crate::web::json;

/// The most bytes that a presented JWE may have.
const LONGEST: usize = 32 * 1_024;

/// Whether `text` has the five parts of a JWE, and not the three of a JWS (RFC 7516 section 9).
pub fn is_compact(text: &str) -> bool {
    text.split('.').count() == 5
}

/// The JOSE header of what Limen encrypts.
#[derive(Debug, Serialize)]
#[allow(missing_docs)] // The names say it.
pub struct Header<'a> {
    pub alg: KeyManagementAlg,
    pub enc: ContentEncryption,
    /// Which of the reader's keys it is for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kid: Option<&'a str>,
    /// "In the case that nested signing or encryption is employed, this Header Parameter MUST be present; in this case, the
    /// value MUST be `JWT`" (RFC 7519 section 5.2).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cty: Option<&'a str>,
    /// The ephemeral public key of ECDH-ES (RFC 7518 section 4.6.1.1).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub epk: Option<&'a Value>,
}

impl Header<'_> {
    /// "BASE64URL(UTF8(JWE Protected Header))", whose bytes are also the Additional Authenticated Data.
    ///
    /// # Errors
    /// When the header does not serialise.
    pub fn encode(&self) -> Result<String, serde_json::Error> {
        serde_json::to_vec(self).map(|json| URL_SAFE_NO_PAD.encode(json))
    }
}

/// The parts of a finished JWE.
#[allow(missing_docs)] // The names say it.
pub struct Sealed {
    pub protected: String,
    pub encrypted_key: Vec<u8>,
    pub iv: Vec<u8>,
    pub ciphertext: Vec<u8>,
    pub tag: Vec<u8>,
}

impl Sealed {
    /// The compact serialisation.
    pub fn to_compact(&self) -> String {
        let parts = [&self.encrypted_key, &self.iv, &self.ciphertext, &self.tag];
        let encoded = parts.map(|part| URL_SAFE_NO_PAD.encode(part));
        format!("{}.{}", self.protected, encoded.join("."))
    }
}

/// A JWE as it came in: well-formed, and still to be opened.
#[derive(Debug)]
#[allow(missing_docs)] // The names say it.
pub struct Encrypted<'a> {
    pub alg: KeyManagementAlg,
    pub enc: ContentEncryption,
    pub kid: Option<String>,
    /// `epk`, `apu` and `apv`, where the key is agreed upon.
    pub agreement: Option<Agreement>,
    /// The encoded header: the Additional Authenticated Data.
    pub protected: &'a str,
    pub encrypted_key: Vec<u8>,
    pub iv: Vec<u8>,
    pub ciphertext: Vec<u8>,
    pub tag: Vec<u8>,
}

/// What the sender's side of ECDH-ES is (RFC 7518 section 4.6.1).
#[derive(Debug)]
#[allow(missing_docs)] // The names say it.
pub struct Agreement {
    pub epk: Value,
    pub apu: Vec<u8>,
    pub apv: Vec<u8>,
}

#[derive(Deserialize)]
struct PresentedHeader {
    alg: KeyManagementAlg,
    enc: ContentEncryption,
    kid: Option<String>,
    epk: Option<EphemeralKey>,
    apu: Option<String>,
    apv: Option<String>,
}

/// The members of a public key, and no others.
#[derive(Serialize, Deserialize)]
struct EphemeralKey {
    kty: String,
    crv: String,
    x: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    y: Option<String>,
}

impl<'a> Encrypted<'a> {
    /// Takes a JWE apart. `None` for what is none, for algorithms that Limen does not have, for a `zip` header, since a few
    /// bytes can inflate to many (RFC 8725 section 3.6), and for a `crit` header, since Limen understands no extension.
    pub fn parse(text: &'a str) -> Option<Self> {
        if text.len() > LONGEST {
            return None;
        }
        let parts: Vec<_> = text.split('.').collect();
        let [protected, encrypted_key, iv, ciphertext, tag] = parts.as_slice() else {
            return None;
        };
        let header: Map<String, Value> = json::parse(decode(protected)?)?;
        if header.contains_key("zip") || header.contains_key("crit") {
            return None;
        }
        let header = PresentedHeader::deserialize(Value::Object(header)).ok()?;
        let (encrypted_key, iv, tag) = (decode(encrypted_key)?, decode(iv)?, decode(tag)?);
        let direct = header.alg.agreement() == Some(KeyWrap::Direct);
        // "Direct Key Agreement ... let the JWE Encrypted Key be the empty octet sequence" (section 5.1).
        if iv.len() != header.enc.iv_len() || tag.len() != header.enc.tag_len() || direct != encrypted_key.is_empty() {
            return None;
        }
        let agreement = match header.alg.agreement() {
            Some(_) => Some(Agreement {
                epk: serde_json::to_value(header.epk?).ok()?,
                apu: decode(&header.apu.unwrap_or_default())?,
                apv: decode(&header.apv.unwrap_or_default())?,
            }),
            None => None,
        };
        Some(Self {
            alg: header.alg,
            enc: header.enc,
            kid: header.kid,
            agreement,
            protected,
            encrypted_key,
            iv,
            ciphertext: decode(ciphertext)?,
            tag,
        })
    }
}

fn decode(part: &str) -> Option<Vec<u8>> {
    URL_SAFE_NO_PAD.decode(part).ok()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// RFC 7516 appendix A.1: RSA-OAEP and A256GCM.
    const RFC_7516_A1: &str = "eyJhbGciOiJSU0EtT0FFUCIsImVuYyI6IkEyNTZHQ00ifQ.OKOawDo13gRp2ojaHV7LFpZcgV7T6DVZKTyKOMTYUmKoTCVJRgckCL9kiMT03JGeipsEdY3mx_etLbbWSrFr05kLzcSr4qKAq7YN7e9jwQRb23nfa6c9d-StnImGyFDbSv04uVuxIp5Zms1gNxKKK2Da14B8S4rzVRltdYwam_lDp5XnZAYpQdb76FdIKLaVmqgfwX7XWRxv2322i-vDxRfqNzo_tETKzpVLzfiwQyeyPGLBIO56YJ7eObdv0je81860ppamavo35UgoRdbYaBcoh9QcfylQr66oc6vFWXRcZ_ZT2LawVCWTIy3brGPi6UklfCpIMfIjf7iGdXKHzg.48V1_ALb6US04U3b.5eym8TW_c8SuK0ltJ3rpYIzOeDQz7TALvtu6UG9oMo4vpzs9tX_EFShS8iB7j6jiSdiwkIr3ajwQzaBtQD_A.XFBoMYUZodetZdvTiFvSkQ";

    #[test]
    fn the_example_of_rfc_7516_a1_is_taken_apart_and_put_together_again() {
        let jwe = Encrypted::parse(RFC_7516_A1).unwrap();
        assert_eq!(
            (jwe.alg, jwe.enc),
            (KeyManagementAlg::RsaOaep, ContentEncryption::A256Gcm)
        );
        assert_eq!((jwe.encrypted_key.len(), jwe.iv.len(), jwe.tag.len()), (256, 12, 16));
        assert_eq!(jwe.iv, [227, 197, 117, 252, 2, 219, 233, 68, 180, 225, 77, 219]);
        let sealed = Sealed {
            protected: jwe.protected.to_owned(),
            encrypted_key: jwe.encrypted_key,
            iv: jwe.iv,
            ciphertext: jwe.ciphertext,
            tag: jwe.tag,
        };
        assert_eq!(sealed.to_compact(), RFC_7516_A1);
        let header = Header {
            alg: jwe.alg,
            enc: jwe.enc,
            kid: None,
            cty: None,
            epk: None,
        };
        assert_eq!(header.encode().unwrap(), jwe.protected);
    }

    fn with_header(header: Value, encrypted_key: &str) -> String {
        let iv = URL_SAFE_NO_PAD.encode([0; 12]);
        let tag = URL_SAFE_NO_PAD.encode([0; 16]);
        format!(
            "{}.{encrypted_key}.{iv}.AAAA.{tag}",
            URL_SAFE_NO_PAD.encode(header.to_string())
        )
    }

    #[test]
    fn zip_crit_and_unknown_algorithms_are_refused() {
        let good = json!({"alg": "RSA-OAEP-256", "enc": "A128GCM"});
        assert!(Encrypted::parse(&with_header(good, "AAAA")).is_some());
        for header in [
            json!({"alg": "RSA-OAEP-256", "enc": "A128GCM", "zip": "DEF"}),
            json!({"alg": "RSA-OAEP-256", "enc": "A128GCM", "crit": ["exp"], "exp": 1}),
            json!({"alg": "RSA-OAEP-256", "enc": "A128GCM", "zip": null}),
            json!({"alg": "RSA-OAEP-256", "enc": "A128GCM", "crit": null}),
            json!({"alg": "RSA1_5", "enc": "A128GCM"}),
            json!({"alg": "dir", "enc": "A128GCM"}),
            json!({"alg": "A128KW", "enc": "A128GCM"}),
            json!({"alg": "PBES2-HS256+A128KW", "enc": "A128GCM", "p2c": 2_000_000_000, "p2s": "AA"}),
            json!({"alg": "RSA-OAEP-256", "enc": "A192GCM"}),
            json!({"alg": "RSA-OAEP-256", "enc": "A128CBC-HS256"}),
            json!({"alg": "ECDH-ES+A128KW", "enc": "A128GCM"}),
            json!({"enc": "A128GCM"}),
            json!(["RSA-OAEP-256"]),
        ] {
            assert!(
                Encrypted::parse(&with_header(header.clone(), "AAAA")).is_none(),
                "{header}"
            );
        }
    }

    #[test]
    fn a_directly_agreed_key_is_not_sent() {
        let epk = json!({"kty": "EC", "crv": "P-256", "x": "AA", "y": "AA", "d": "AA"});
        let header = json!({"alg": "ECDH-ES", "enc": "A128GCM", "epk": epk, "apu": "QWxpY2U"});
        assert!(Encrypted::parse(&with_header(header.clone(), "AAAA")).is_none());
        let text = with_header(header, "");
        let agreement = Encrypted::parse(&text).unwrap().agreement.unwrap();
        assert_eq!(agreement.epk.get("d"), None);
        assert_eq!((agreement.apu, agreement.apv), (b"Alice".to_vec(), vec![]));
    }

    #[test]
    fn a_jwe_has_five_parts_and_a_jws_three() {
        assert!(is_compact(RFC_7516_A1));
        for text in ["a.b.c", "", "a.b.c.d", "a.b.c.d.e.f"] {
            assert!(!is_compact(text), "{text}");
        }
    }

    #[test]
    fn garbage_is_refused() {
        for text in ["", "....", "a.b.c", "e30....", &"a".repeat(70_000), &RFC_7516_A1[1..]] {
            assert!(Encrypted::parse(text).is_none(), "{text}");
        }
        let twice = r#"{"alg":"RSA-OAEP","alg":"RSA-OAEP","enc":"A256GCM"}"#;
        let rest = RFC_7516_A1.split_once('.').unwrap().1;
        assert!(Encrypted::parse(&format!("{}.{rest}", URL_SAFE_NO_PAD.encode(twice))).is_none());
    }
}
