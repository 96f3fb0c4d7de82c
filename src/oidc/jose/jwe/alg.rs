//! The algorithms of JWE that Limen has (RFC 7518 sections 4.1 and 5.1, RFC 8037 section 3.2). RSA1_5 is left out: its
//! padding tells attackers what it should not (RFC 8725 section 3.2). So are keys from passwords (PBES2) and shared ones.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::named::named;

/// How the content key of a JWE reaches its reader (RFC 7518 section 4.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs)] // The names say it.
pub enum KeyManagementAlg {
    #[serde(rename = "RSA-OAEP")]
    RsaOaep,
    #[serde(rename = "RSA-OAEP-256")]
    RsaOaep256,
    #[serde(rename = "ECDH-ES")]
    EcdhEs,
    #[serde(rename = "ECDH-ES+A128KW")]
    EcdhEsA128Kw,
    #[serde(rename = "ECDH-ES+A256KW")]
    EcdhEsA256Kw,
}

/// What becomes of the secret that ECDH-ES agrees upon (RFC 7518 section 4.6).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyWrap {
    /// "Direct Key Agreement mode": it is the content key.
    Direct,
    /// It wraps the content key with AES Key Wrap, under a key of so many bytes.
    Aes(usize),
}

impl KeyManagementAlg {
    /// All of them.
    pub const ALL: [Self; 5] = [
        Self::RsaOaep,
        Self::RsaOaep256,
        Self::EcdhEs,
        Self::EcdhEsA128Kw,
        Self::EcdhEsA256Kw,
    ];

    /// The name in `alg`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::RsaOaep => "RSA-OAEP",
            Self::RsaOaep256 => "RSA-OAEP-256",
            Self::EcdhEs => "ECDH-ES",
            Self::EcdhEsA128Kw => "ECDH-ES+A128KW",
            Self::EcdhEsA256Kw => "ECDH-ES+A256KW",
        }
    }

    /// For ECDH-ES, what becomes of the secret. `None` for RSA.
    pub fn agreement(self) -> Option<KeyWrap> {
        match self {
            Self::RsaOaep | Self::RsaOaep256 => None,
            Self::EcdhEs => Some(KeyWrap::Direct),
            Self::EcdhEsA128Kw => Some(KeyWrap::Aes(16)),
            Self::EcdhEsA256Kw => Some(KeyWrap::Aes(32)),
        }
    }
}

/// How the content of a JWE is encrypted (RFC 7518 section 5.1).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs)] // The names say it.
pub enum ContentEncryption {
    /// "If `..._alg` is specified, the default `..._enc` value is A128CBC-HS256" (OIDC Registration section 2).
    #[default]
    #[serde(rename = "A128CBC-HS256")]
    A128CbcHs256,
    #[serde(rename = "A256CBC-HS512")]
    A256CbcHs512,
    #[serde(rename = "A128GCM")]
    A128Gcm,
    #[serde(rename = "A256GCM")]
    A256Gcm,
}

impl ContentEncryption {
    /// All of them, the default first.
    pub const ALL: [Self; 4] = [Self::A128CbcHs256, Self::A256CbcHs512, Self::A128Gcm, Self::A256Gcm];

    /// The name in `enc`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::A128CbcHs256 => "A128CBC-HS256",
            Self::A256CbcHs512 => "A256CBC-HS512",
            Self::A128Gcm => "A128GCM",
            Self::A256Gcm => "A256GCM",
        }
    }

    /// The bytes of its key; with CBC that is two keys.
    pub fn key_len(self) -> usize {
        match self {
            Self::A128Gcm => 16,
            Self::A128CbcHs256 | Self::A256Gcm => 32,
            Self::A256CbcHs512 => 64,
        }
    }

    /// The bytes of its initialisation vector.
    pub fn iv_len(self) -> usize {
        if self.is_gcm() { 12 } else { 16 }
    }

    /// The bytes of its authentication tag.
    pub fn tag_len(self) -> usize {
        if self == Self::A256CbcHs512 { 32 } else { 16 }
    }

    /// Whether it is AES-GCM, and not AES-CBC with HMAC.
    pub fn is_gcm(self) -> bool {
        matches!(self, Self::A128Gcm | Self::A256Gcm)
    }
}

named! {
    /// A curve to agree upon a secret on, by its name in `crv`.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    #[allow(missing_docs)] // The names say it.
    pub enum Curve {
        P256 = "P-256",
        P384 = "P-384",
        P521 = "P-521",
        X25519 = "X25519",
    }
}

impl Curve {
    /// The members that make a public key of it.
    pub fn public_members(self) -> &'static [&'static str] {
        if self == Self::X25519 {
            &["kty", "crv", "x"]
        } else {
            &["kty", "crv", "x", "y"]
        }
    }

    /// An exported public key, less what WebCrypto adds of its own.
    pub fn public_jwk(self, exported: &Value) -> Option<Value> {
        let member = |name: &&str| Some(((*name).to_owned(), exported.get(*name)?.clone()));
        let jwk: Option<Map<_, _>> = self.public_members().iter().map(member).collect();
        jwk.map(Value::Object)
    }

    /// The bits of the secret: those of whole bytes that hold a coordinate.
    pub fn secret_bits(self) -> u32 {
        match self {
            Self::P256 | Self::X25519 => 256,
            Self::P384 => 384,
            Self::P521 => 528,
        }
    }
}
