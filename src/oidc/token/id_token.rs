//! ID tokens (OIDC Core sections 2, 3.1.3.6, 3.2.2.10 and 3.3.2.11).

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::Serialize;
use sha2::{Digest, Sha256, Sha512};

use crate::{
    oidc::{jose::jwt::SigningAlg, proven::Amr},
    time::UnixTime,
};

/// What the ID token of a push says beside the rest (CIBA section 10.3.1).
pub const AUTH_REQ_ID: &str = "urn:openid:params:jwt:claim:auth_req_id";
pub const RT_HASH: &str = "urn:openid:params:jwt:claim:rt_hash";

/// `typ` of an ID token.
pub const TYPE: &str = "JWT";

/// The claims of an ID token. `azp` is absent: "the azp Claim is only needed when the ID Token has a single audience value
/// and that audience is different than the authorized party".
#[derive(Debug, Serialize)]
pub struct IdTokenClaims<'a> {
    /// The issuer.
    pub iss: &'a str,
    /// The person.
    pub sub: &'a str,
    /// The client.
    pub aud: &'a str,
    /// When it ends.
    pub exp: UnixTime,
    /// When it was issued.
    pub iat: UnixTime,
    /// When the person authenticated.
    pub auth_time: UnixTime,
    /// As the client sent it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub nonce: Option<&'a str>,
    /// How strongly the person authenticated.
    pub acr: &'a str,
    /// By which methods.
    pub amr: &'a Amr,
    /// The session as this client sees it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sid: Option<String>,
    /// Binds the access token that comes along. Without a signature there is no hash to take it with.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub at_hash: Option<String>,
    /// Binds the code that comes along.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub c_hash: Option<String>,
}

/// `at_hash` and `c_hash`: "the base64url encoding of the left-most half of the hash of the octets of the ASCII
/// representation" under the hash of the ID token's `alg`; that of Ed25519 is SHA-512 (RFC 8032 section 5.1).
pub fn half_hash(alg: SigningAlg, token: &str) -> String {
    let left = |hash: &[u8]| URL_SAFE_NO_PAD.encode(hash.iter().take(hash.len() / 2).copied().collect::<Vec<_>>());
    match alg {
        SigningAlg::RS256 | SigningAlg::PS256 | SigningAlg::ES256 => left(&Sha256::digest(token)),
        SigningAlg::EdDSA => left(&Sha512::digest(token)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_examples_of_core_appendix_a_hold() {
        let at_hash = half_hash(SigningAlg::RS256, "jHkWEdUXMU1BwAsC4vtUsZwnNvTIxEl0z9K3vx5KF0Y");
        assert_eq!(at_hash, "77QmUPtjPfzWtF2AnpK9RQ");
        let c_hash = half_hash(
            SigningAlg::RS256,
            "Qcb0Orv1zh30vL1MPRsbm-diHiMwcLyZvn1arpZv-Jxf_11jnpEX3Tgfvk",
        );
        assert_eq!(c_hash, "LDktKdoQak3Pk0cnXxCltA");
    }
}
