//! The keys by which a client is known: `jwks` or `jwks_uri`, and `tls_client_auth_*` (RFC 7591 section 2, RFC 7517,
//! RFC 8705 section 2.1.2).

use base64::{
    Engine,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};

use crate::web::json;

/// The most keys that a client may register.
const MOST_KEYS: usize = 20;

/// Members that only private and symmetric keys have (RFC 7518 sections 6.2.2, 6.3.2 and 6.4.1).
const PRIVATE_MEMBERS: [&str; 8] = ["d", "p", "q", "dp", "dq", "qi", "oth", "k"];

/// Where the client's keys are. "The `jwks_uri` and `jwks` parameters MUST NOT both be present."
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum ClientKeys {
    /// `jwks`.
    #[serde(rename = "jwks")]
    Registered(PublicJwks),
    /// `jwks_uri`.
    #[serde(rename = "jwks_uri")]
    At(String),
}

/// A JWK set that holds public keys only.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PublicJwks {
    /// `keys`: flat JSON objects, not checked further.
    pub keys: Vec<Map<String, Value>>,
}

impl PublicJwks {
    /// Reads what a `jwks_uri` leads to. Keys that are private, symmetric or no keys are left out, as those of an unknown
    /// kind are when a key is looked for: "Implementations SHOULD ignore JWKs within a JWK Set that use `kty` values that are
    /// not understood by them" (RFC 7517 section 5).
    ///
    /// # Errors
    /// Says what is wrong, for the developer of the client.
    pub fn read(document: &[u8]) -> Result<Self, &'static str> {
        let document: Value = json::parse(document).ok_or("does not lead to a JWK set")?;
        let keys = document
            .get("keys")
            .and_then(Value::as_array)
            .ok_or("does not lead to a JWK set")?;
        let keys: Vec<_> = keys.iter().filter_map(|key| public_key(key).ok()).collect();
        if keys.len() > MOST_KEYS {
            return Err("leads to more than 20 keys");
        }
        Ok(Self { keys })
    }

    /// Reads a JWK set. Members beside `keys` are dropped.
    pub(super) fn parse(value: &Value) -> Result<Self, &'static str> {
        let keys = value.get("keys").and_then(Value::as_array).ok_or("must be a JWK set")?;
        if keys.len() > MOST_KEYS {
            return Err("has more than 20 keys");
        }
        let keys = keys.iter().map(public_key).collect::<Result<_, _>>()?;
        Ok(Self { keys })
    }
}

/// The digest of the certificate that comes with a JWK: that of the first of `x5c`, or `x5t#S256` (RFC 7517 sections 4.7 and
/// 4.9).
pub fn certificate_digest(key: &Map<String, Value>) -> Option<[u8; 32]> {
    match key.get("x5c") {
        Some(chain) => {
            let certificate = STANDARD.decode(chain.as_array()?.first()?.as_str()?).ok()?;
            Some(Sha256::digest(certificate).into())
        }
        None => URL_SAFE_NO_PAD
            .decode(key.get("x5t#S256")?.as_str()?)
            .ok()?
            .try_into()
            .ok(),
    }
}

fn public_key(key: &Value) -> Result<Map<String, Value>, &'static str> {
    let key = key
        .as_object()
        .filter(|key| key.values().all(is_flat))
        .ok_or("has a key that is not a JWK")?;
    let kty = key.get("kty").and_then(Value::as_str).ok_or("has a key without kty")?;
    if kty == "oct" || PRIVATE_MEMBERS.iter().any(|name| key.contains_key(*name)) {
        return Err("holds a private or symmetric key: register public keys only, and replace this one");
    }
    Ok(key.clone())
}

/// Members of public keys are scalars or lists of them. What is nested deeper could not be read back out of storage.
fn is_flat(member: &Value) -> bool {
    let scalar = |value: &Value| !value.is_array() && !value.is_object();
    scalar(member) || member.as_array().is_some_and(|list| list.iter().all(scalar))
}

/// What the certificate of a `tls_client_auth` client must name: "exactly one of the below metadata parameters".
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum TlsSubject {
    /// The subject's distinguished name (RFC 4514).
    #[serde(rename = "tls_client_auth_subject_dn")]
    Dn(String),
    /// A `dNSName`.
    #[serde(rename = "tls_client_auth_san_dns")]
    SanDns(String),
    /// A `uniformResourceIdentifier`.
    #[serde(rename = "tls_client_auth_san_uri")]
    SanUri(String),
    /// An `iPAddress`.
    #[serde(rename = "tls_client_auth_san_ip")]
    SanIp(String),
    /// An `rfc822Name`.
    #[serde(rename = "tls_client_auth_san_email")]
    SanEmail(String),
}

impl TlsSubject {
    /// Whether it is an alternative name, which the platform does not tell of a certificate.
    pub(super) fn is_san(&self) -> bool {
        !matches!(self, Self::Dn(_))
    }
}
