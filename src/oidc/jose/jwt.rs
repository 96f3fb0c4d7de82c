//! JSON Web Tokens: what is signed, and what is read before it is trusted (RFC 7515, RFC 7519, RFC 8725).
//!
//! Signatures are made and verified by WebCrypto at the edge. Here a token is either a [`SigningInput`], which still
//! wants its signature, or [`Unverified`], which still wants its check; nothing reads claims out of the latter by chance.

use std::borrow::Cow;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use jwt_compact::{Algorithm, AlgorithmExt, AlgorithmSignature, Claims, Header, UntrustedToken};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::{Map, Value};

use crate::web::json;

/// The most bytes that a presented token may have.
const LONGEST: usize = 16 * 1_024;

/// The signature algorithms (RFC 7518 section 3.1, RFC 8037 section 3.1) that Limen holds keys for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum SigningAlg {
    /// RSASSA-PKCS1-v1_5 with SHA-256: "The algorithm RS256 MUST be included" (OIDC Discovery section 3).
    #[default]
    RS256,
    /// RSASSA-PSS with SHA-256.
    PS256,
    /// ECDSA on P-256 with SHA-256.
    ES256,
    /// Ed25519.
    EdDSA,
}

impl SigningAlg {
    /// All of them, the default first.
    pub const ALL: [Self; 4] = [Self::RS256, Self::PS256, Self::ES256, Self::EdDSA];

    /// The name in `alg`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::RS256 => "RS256",
            Self::PS256 => "PS256",
            Self::ES256 => "ES256",
            Self::EdDSA => "EdDSA",
        }
    }

    /// The algorithm by its name in `alg`.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|alg| alg.as_str() == name)
    }
}

/// `header.claims`, ready to be signed.
#[derive(Debug)]
pub struct SigningInput(String);

impl SigningInput {
    /// Encodes `claims` under a header of `alg`, `kid` and `typ`.
    ///
    /// # Errors
    /// When the claims do not serialise.
    pub fn new<T: Serialize>(
        alg: SigningAlg,
        kid: &str,
        typ: &str,
        claims: T,
    ) -> Result<Self, jwt_compact::CreationError> {
        let header = Header::empty().with_key_id(kid).with_token_type(typ);
        let mut token = SignedElsewhere(alg).token(&header, &Claims::new(claims), &())?;
        token.truncate(token.trim_end_matches('.').len());
        Ok(Self(token))
    }

    /// The bytes to sign: "ASCII(BASE64URL(UTF8(JWS Protected Header)) || '.' || BASE64URL(JWS Payload))".
    pub fn as_bytes(&self) -> &[u8] {
        self.0.as_bytes()
    }

    /// The token in compact serialisation.
    pub fn with_signature(self, signature: &[u8]) -> String {
        format!("{}.{}", self.0, URL_SAFE_NO_PAD.encode(signature))
    }
}

/// A JWT that nobody vouches for (RFC 7519 section 6): for who asked for no signature, over a channel that needs none.
///
/// # Errors
/// When the claims do not serialise.
pub fn insecure_unsigned<T: Serialize>(typ: &str, claims: T) -> Result<String, serde_json::Error> {
    let header = serde_json::json!({"alg": "none", "typ": typ});
    let [header, claims] =
        [header.to_string().into_bytes(), serde_json::to_vec(&claims)?].map(|part| URL_SAFE_NO_PAD.encode(part));
    Ok(format!("{header}.{claims}."))
}

/// A token as it came in: well-formed, and not to be believed.
#[derive(Debug)]
pub struct Unverified<'a> {
    text: &'a str,
    header: Map<String, Value>,
    token: UntrustedToken<'a>,
}

impl<'a> Unverified<'a> {
    /// Takes a token apart. `None` when it is not a JWS in compact serialisation, has a name twice in its header ("the Header
    /// Parameter names within the JOSE Header MUST be unique", RFC 7515 section 4), or has a `crit` header, whatever its value:
    /// Limen understands no extension, and then "the JWS is invalid" (section 4.1.11).
    pub fn parse(text: &'a str) -> Option<Self> {
        if text.len() > LONGEST {
            return None;
        }
        let header = URL_SAFE_NO_PAD.decode(text.split('.').next()?).ok()?;
        let header: Map<String, Value> = json::parse(header)?;
        if header.contains_key("crit") {
            return None;
        }
        let token = UntrustedToken::try_from(text).ok()?;
        Some(Self { text, header, token })
    }

    /// `alg`, where Limen knows it.
    pub fn alg(&self) -> Option<SigningAlg> {
        SigningAlg::parse(self.token.algorithm())
    }

    /// `alg`, whatever it is.
    pub fn alg_name(&self) -> &str {
        self.token.algorithm()
    }

    /// `kid`.
    pub fn kid(&self) -> Option<&str> {
        self.token.header().key_id.as_deref()
    }

    /// Whether there is a `typ` at all.
    pub fn names_type(&self) -> bool {
        self.token.header().token_type.is_some()
    }

    /// Whether `typ` is `expected`, with or without the `application/` that RFC 7515 section 4.1.9 lets one omit.
    pub fn has_type(&self, expected: &str) -> bool {
        let typ = self
            .token
            .header()
            .token_type
            .as_deref()
            .unwrap_or_default()
            .to_ascii_lowercase();
        typ.strip_prefix("application/").unwrap_or(&typ) == expected
    }

    /// Whether there is a `typ`.
    pub fn has_any_type(&self) -> bool {
        self.token.header().token_type.is_some()
    }

    /// `jwk`, the key that the token brings along: of use where the token is there to show that its maker has that key.
    pub fn jwk(&self) -> Option<&Map<String, Value>> {
        self.header.get("jwk")?.as_object()
    }

    /// The bytes under the signature.
    pub fn signed_bytes(&self) -> &[u8] {
        self.text.rsplit_once('.').map_or(b"", |(signed, _)| signed.as_bytes())
    }

    /// The signature.
    pub fn signature(&self) -> &[u8] {
        self.token.signature_bytes()
    }

    /// The claims of a token whose signature has not been checked: for finding the row to check it against.
    pub fn claims_unverified<T: DeserializeOwned>(&self) -> Option<T> {
        let payload = self.text.split('.').nth(1)?;
        json::parse(URL_SAFE_NO_PAD.decode(payload).ok()?)
    }
}

/// An algorithm whose signature is added later: jwt-compact signs synchronously, WebCrypto does not.
struct SignedElsewhere(SigningAlg);

struct NoSignature;

impl AlgorithmSignature for NoSignature {
    fn try_from_slice(_: &[u8]) -> anyhow::Result<Self> {
        Ok(Self)
    }

    fn as_bytes(&self) -> Cow<'_, [u8]> {
        Cow::Borrowed(&[])
    }
}

impl Algorithm for SignedElsewhere {
    type SigningKey = ();
    type VerifyingKey = ();
    type Signature = NoSignature;

    fn name(&self) -> Cow<'static, str> {
        Cow::Borrowed(self.0.as_str())
    }

    fn sign(&self, (): &(), _: &[u8]) -> NoSignature {
        NoSignature
    }

    fn verify_signature(&self, _: &NoSignature, (): &(), _: &[u8]) -> bool {
        false
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 7515 appendix A.2.
    const RFC_7515_A2: &str = "eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ.cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHIm4Bh-0Qc_lF5YKt_O8W2Fp5jujGbds9uJdbF9CUAr7t1dnZcAcQjbKBYNX4BAynRFdiuB--f_nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkSjtQBMHlb1L07Qe7K0GarZRmB_eSN9383LcOLn6_dO--xi12jzDwusC-eOkHWEsqtFZESc6BfI7noOPqvhJ1phCnvWh6IeYI2w9QOYEUipUTI8np6LbgGY9Fs98rqVt5AXLIhWkWywlVmtVrBp0igcN_IoypGlUPQGe77Rw";

    #[test]
    fn the_example_of_rfc_7515_a2_is_taken_apart() {
        let token = Unverified::parse(RFC_7515_A2).unwrap();
        assert_eq!(token.alg(), Some(SigningAlg::RS256));
        assert_eq!(token.signature().len(), 256);
        assert!(RFC_7515_A2.as_bytes().starts_with(token.signed_bytes()));
        let claims: serde_json::Value = token.claims_unverified().unwrap();
        assert_eq!(claims["iss"], "joe");
    }

    #[test]
    fn the_signing_input_is_header_dot_claims() {
        let input = SigningInput::new(SigningAlg::ES256, "k1", "at+jwt", serde_json::json!({"iss": "x"})).unwrap();
        let text = String::from_utf8(input.as_bytes().to_vec()).unwrap();
        let (header, claims) = text.split_once('.').unwrap();
        let header: serde_json::Value = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(header).unwrap()).unwrap();
        assert_eq!(
            header,
            serde_json::json!({"alg": "ES256", "kid": "k1", "typ": "at+jwt"})
        );
        assert_eq!(claims, URL_SAFE_NO_PAD.encode(r#"{"iss":"x"}"#));
        assert!(input.with_signature(&[1, 2, 3]).ends_with(".AQID"));
    }

    #[test]
    fn the_example_of_rfc_7519_section_6_1_has_an_empty_signature() {
        let token = insecure_unsigned("JWT", serde_json::json!({"iss": "joe"})).unwrap();
        assert_eq!(token, "eyJhbGciOiJub25lIiwidHlwIjoiSldUIn0.eyJpc3MiOiJqb2UifQ.");
    }

    #[test]
    fn crit_none_and_garbage_are_refused() {
        let crit = format!(
            "{}.e30.AA",
            URL_SAFE_NO_PAD.encode(r#"{"alg":"RS256","crit":["exp"],"exp":1}"#)
        );
        assert!(Unverified::parse(&crit).is_none());
        for header in [
            r#"{"alg":"RS256","crit":null}"#,
            r#"{"alg":"RS256","crit":[]}"#,
            r#"{"alg":"RS256","alg":"none"}"#,
            r#"{"alg":"RS256","x":1,"x":2}"#,
        ] {
            let token = format!("{}.e30.AA", URL_SAFE_NO_PAD.encode(header));
            assert!(Unverified::parse(&token).is_none(), "{header}");
        }
        let twice = format!(
            "{}.{}.AA",
            URL_SAFE_NO_PAD.encode(r#"{"alg":"RS256"}"#),
            URL_SAFE_NO_PAD.encode(r#"{"iss":"a","iss":"b"}"#)
        );
        let token = Unverified::parse(&twice).unwrap();
        assert_eq!(token.claims_unverified::<Value>(), None);
        let none = format!("{}.e30.AA", URL_SAFE_NO_PAD.encode(r#"{"alg":"none"}"#));
        assert_eq!(Unverified::parse(&none).unwrap().alg(), None);
        for text in ["", ".", "..", "a.b.c", "e30.e30", &"a".repeat(70_000)] {
            assert!(Unverified::parse(text).is_none(), "{text}");
        }
    }
}
