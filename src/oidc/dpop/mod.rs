//! DPoP proofs (RFC 9449 section 4): a JWT by which the sender of a request shows that it has a key.

mod htu;
pub mod nonce;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::Deserialize;
use serde_json::Value;
use sha2::{Digest, Sha256};

use super::{
    client::{client_key, client_metadata::ClientSigningAlg},
    error::{ErrorCode, OAuthError},
    jose::{jwt::Unverified, provider_key::thumbprint},
    single_use::SingleUse,
};
use crate::{
    config::{Config, DpopNonces},
    routes::Method,
    time::{Lifetime, UnixTime},
};

/// `typ` of a proof.
pub const TYPE: &str = "dpop+jwt";

/// How old a proof may be, and how far ahead of this server's clock: "on the order of seconds or minutes" (section 11.1).
const OLDEST: Lifetime = Lifetime::minutes(2);
const MOST_AHEAD: Lifetime = Lifetime::minutes(1);

/// Proofs that were used are remembered by the minute in which they can be forgotten: so their rows lie side by side, and the
/// few minutes in which a proof can stand are all that has to be looked at.
const BUCKET: Lifetime = Lifetime::minutes(1);
const BUCKETS: usize = 4;

/// The most bytes of a proof, and of its `jti`.
const LONGEST: usize = 8 * 1_024;
const LONGEST_JTI: usize = 512;

/// A proof that is well-formed, and whose claims and signature are yet to be checked.
#[derive(Debug)]
pub struct Proof<'a> {
    /// The JWT, for the check of its signature.
    pub token: Unverified<'a>,
    /// `alg`.
    pub alg: ClientSigningAlg,
    /// The public key of the header, and nothing beside its members.
    pub jwk: Value,
    jkt: String,
    claims: Claims,
}

/// "The payload of a DPoP proof MUST contain at least" `jti`, `htm`, `htu` and `iat` (section 4.2).
#[derive(Debug, Deserialize)]
struct Claims {
    jti: String,
    htm: String,
    htu: String,
    iat: f64,
    exp: Option<f64>,
    nbf: Option<f64>,
    ath: Option<String>,
    nonce: Option<String>,
}

/// A key that the sender of a request has shown to hold.
#[derive(Clone, Debug)]
pub struct KeyProof {
    /// Its thumbprint (RFC 7638).
    pub jkt: String,
    /// By what it signs.
    pub alg: ClientSigningAlg,
    /// What must not come again.
    pub single_use: SingleUse,
    /// The digest of the access token that it was made for.
    pub ath: Option<String>,
}

/// The request that a proof comes with.
pub struct Target<'a> {
    /// Its method.
    pub method: Method,
    /// Its path, as it was sent.
    pub path: &'a str,
}

impl<'a> Proof<'a> {
    /// Takes the value of a `DPoP` header apart.
    ///
    /// # Errors
    /// `invalid_dpop_proof` for what is no proof, for one that is not signed by an asymmetric algorithm of Limen's, and for one
    /// that does not bring along a public key that fits.
    pub fn parse(header: &'a str) -> Result<Self, OAuthError> {
        // "There is not more than one DPoP HTTP request header field" (section 4.3): two are joined by a comma, which no JWT has.
        if header.contains(',') {
            return Err(invalid("there is more than one DPoP header"));
        }
        let token = Unverified::parse(header)
            .filter(|_| header.len() <= LONGEST)
            .ok_or_else(|| invalid("the DPoP proof is not a JWT"))?;
        if !token.has_type(TYPE) {
            return Err(invalid("the DPoP proof must have the typ dpop+jwt"));
        }
        let no_key =
            || invalid("the DPoP proof must have a supported alg, and in its header a public jwk that fits it");
        let alg = ClientSigningAlg::parse(token.alg_name()).filter(|alg| alg.is_asymmetric());
        let (alg, jwk) = alg.zip(token.jwk()).ok_or_else(no_key)?;
        let key = client_key::brought_along(jwk, alg).ok_or_else(no_key)?;
        let jkt = thumbprint(&key.jwk).ok_or_else(no_key)?;
        let claims: Claims = token
            .claims_unverified()
            .ok_or_else(|| invalid("the DPoP proof must have jti, htm, htu and iat"))?;
        if claims.jti.is_empty() || claims.jti.len() > LONGEST_JTI {
            return Err(invalid("the DPoP proof must have a jti of 1 to 512 bytes"));
        }
        Ok(Self {
            token,
            alg,
            jwk: key.jwk,
            jkt,
            claims,
        })
    }

    /// Checks the claims. What it gives counts once the signature was checked.
    ///
    /// # Errors
    /// `invalid_dpop_proof`, and `use_dpop_nonce` where the deployment demands a nonce and the proof has none, or an old one.
    pub fn check(&self, target: &Target<'_>, config: &Config, now: UnixTime) -> Result<KeyProof, OAuthError> {
        let claims = &self.claims;
        if claims.htm != target.method.as_str() {
            return Err(invalid("the htm of the DPoP proof is not the method of the request"));
        }
        let origins = [Some(&config.issuer), config.mtls_origin.as_ref()];
        let mut origins = origins.into_iter().flatten();
        if !origins.any(|origin| htu::names(&claims.htu, &origin.url(target.path))) {
            return Err(invalid("the htu of the DPoP proof is not the address of the request"));
        }
        let until = match config.dpop_nonces {
            DpopNonces::Off => self.good_until(now)?,
            DpopNonces::Required => {
                let nonce = claims.nonce.as_deref().unwrap_or_default();
                nonce::good_until(nonce, &config.roots, now).ok_or_else(nonce::wanted)?
            }
        };
        let is_over = claims.exp.is_some_and(|exp| whole(exp) + MOST_AHEAD <= now);
        let is_early = claims.nbf.is_some_and(|nbf| whole(nbf) > now + MOST_AHEAD);
        if is_over || is_early {
            return Err(invalid("the DPoP proof has expired, or is not valid yet"));
        }
        let bucket = until.seconds().div_euclid(BUCKET.seconds()) + 1;
        Ok(KeyProof {
            jkt: self.jkt.clone(),
            alg: self.alg,
            single_use: SingleUse::new(&["dpop", &self.jkt, &claims.jti], UnixTime(bucket * BUCKET.seconds())),
            ath: claims.ath.clone(),
        })
    }

    /// Until when the proof stands by its `iat`. With a nonce the nonce says that: "the creation time of the JWT, as determined by
    /// either the iat claim or a server managed timestamp via the nonce claim" (section 4.3).
    fn good_until(&self, now: UnixTime) -> Result<UnixTime, OAuthError> {
        let iat = whole(self.claims.iat);
        if iat > now + MOST_AHEAD {
            return Err(invalid("the iat of the DPoP proof is ahead of this server's clock"));
        }
        if iat + OLDEST < now {
            return Err(invalid("the iat of the DPoP proof is too long ago"));
        }
        Ok(iat + OLDEST)
    }
}

impl KeyProof {
    /// Whether the proof was made for `access_token` (section 4.2, `ath`).
    pub fn covers(&self, access_token: &str) -> bool {
        let ath = URL_SAFE_NO_PAD.encode(Sha256::digest(access_token));
        self.ath == Some(ath)
    }
}

/// The ends of all minutes in which a proof that can stand now can be forgotten.
pub fn buckets(now: UnixTime) -> [UnixTime; BUCKETS] {
    let this = now.seconds().div_euclid(BUCKET.seconds());
    std::array::from_fn(|n| UnixTime((this + 1 + n as i64) * BUCKET.seconds()))
}

/// `dpop_signing_alg_values_supported` (section 5.1).
pub fn algs() -> Vec<&'static str> {
    ClientSigningAlg::names(&ClientSigningAlg::ASYMMETRIC)
}

/// The refusal of a proof.
pub fn invalid(why: &'static str) -> OAuthError {
    OAuthError::new(ErrorCode::InvalidDpopProof, why)
}

/// The refusal of a request without a proof, where one is needed.
pub fn missing() -> OAuthError {
    invalid("the DPoP header is missing: the tokens of this client are bound to a key")
}

/// The refusal of a proof that comes again.
pub fn used() -> OAuthError {
    invalid("the DPoP proof was used before")
}

/// Whole seconds of a `NumericDate`, which may have a fraction. Casting saturates.
fn whole(numeric_date: f64) -> UnixTime {
    UnixTime(numeric_date.floor() as i64)
}

#[cfg(test)]
mod tests;
