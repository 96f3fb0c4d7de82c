//! Client assertions: `private_key_jwt` and `client_secret_jwt` (RFC 7521 section 4.2, RFC 7523 section 3, OIDC Core section 9).

use hmac::{Hmac, Mac};
use serde::Deserialize;
use sha2::{Sha256, Sha384, Sha512};

use super::client_metadata::{AuthMethod, ClientMetadata, ClientSigningAlg};
use crate::{
    config::{AssertionAudience, Config, Issuer},
    oidc::{
        error::OAuthError,
        jose::{audience::Audience, jwt::Unverified},
        single_use::SingleUse,
    },
    routes::Endpoint,
    time::{Lifetime, UnixTime},
};

/// The one `client_assertion_type`.
pub const TYPE: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/// How far an assertion may reach into the future: its `jti` is remembered for so long.
const LONGEST: Lifetime = Lifetime::hours(1);

/// How far the client's clock may be off.
const LEEWAY: Lifetime = Lifetime(30);

/// The most bytes of a `jti`.
const LONGEST_JTI: usize = 512;

/// What `typ` may say, where it is there: nothing that makes the token a request object, a DPoP proof or a logout token (RFC
/// 8725 section 3.11).
const TYPES: [&str; 2] = ["jwt", "client-authentication+jwt"];

/// An assertion that is well-formed, and whose claims and signature are yet to be checked.
#[derive(Debug)]
pub struct ClientAssertion {
    text: String,
    alg: ClientSigningAlg,
    claims: Claims,
}

#[derive(Debug, Deserialize)]
struct Claims {
    iss: String,
    sub: String,
    aud: Audience,
    exp: f64,
    iat: Option<f64>,
    nbf: Option<f64>,
    jti: String,
}

/// For whom an assertion may be.
#[derive(Debug)]
pub enum Audiences<'a> {
    /// "The aud claim ... MUST have the issuer identifier of the authorization server as its sole value" (rfc7523bis section 4).
    Issuer(&'a str),
    /// One of these, whatever stands beside it.
    AnyOf(Vec<String>),
}

impl<'a> Audiences<'a> {
    /// What the operator lets an assertion be for. The token endpoint counts at `/par` and `/backchannel_authentication`, too.
    pub fn of(config: &'a Config) -> Self {
        match config.assertion_audience {
            AssertionAudience::Issuer => Self::Issuer(config.issuer.as_str()),
            AssertionAudience::TokenEndpointToo => {
                let origins = [Some(&config.issuer), config.mtls_origin.as_ref()]
                    .into_iter()
                    .flatten();
                let endpoints = origins.flat_map(|origin| {
                    [
                        Endpoint::Token,
                        Endpoint::PushedAuthorizationRequest,
                        Endpoint::BackchannelAuthentication,
                    ]
                    .map(|at| origin.url(at.path()))
                });
                let issuer = config.issuer.as_str().to_owned();
                Self::AnyOf(std::iter::once(issuer).chain(endpoints).collect())
            }
        }
    }

    fn have(&self, aud: &Audience) -> bool {
        match self {
            Self::Issuer(issuer) => aud.iter().eq([*issuer]),
            Self::AnyOf(ours) => ours.iter().any(|one| aud.contains(one)),
        }
    }

    fn demand(&self) -> &'static str {
        match self {
            Self::Issuer(_) => {
                "must have the issuer as its only aud (ASSERTION_AUDIENCE also lets the token endpoint be it)"
            }
            Self::AnyOf(_) => "must have the issuer or the token endpoint as aud",
        }
    }
}

impl ClientAssertion {
    /// Takes an assertion apart.
    ///
    /// # Errors
    /// `invalid_client` for one that is not well-formed, not signed, without a claim that RFC 7523 section 3 or OIDC Core
    /// section 9 demands, or a token for something else.
    pub fn parse(text: &str) -> Result<Self, OAuthError> {
        let broken = || refusal("is not a JWT with iss, sub, aud, exp and jti, signed by a known algorithm");
        let token = Unverified::parse(text).ok_or_else(broken)?;
        let alg = ClientSigningAlg::parse(token.alg_name())
            .filter(|alg| *alg != ClientSigningAlg::InsecureNone)
            .ok_or_else(broken)?;
        if token.names_type() && !TYPES.iter().any(|typ| token.has_type(typ)) {
            return Err(refusal("has a typ that is not that of a client assertion"));
        }
        let claims: Claims = token.claims_unverified().ok_or_else(broken)?;
        // "the subject MUST be the client_id", and OIDC Core section 9 says the same of the issuer.
        if claims.iss != claims.sub || claims.sub.is_empty() {
            return Err(refusal("must have the client_id as iss and sub"));
        }
        if claims.jti.is_empty() || claims.jti.len() > LONGEST_JTI {
            return Err(refusal("must have a jti of 1 to 512 bytes"));
        }
        Ok(Self {
            text: text.to_owned(),
            alg,
            claims,
        })
    }

    /// Whose it claims to be.
    pub fn client_id(&self) -> &str {
        &self.claims.sub
    }

    /// The method that it is: the algorithm decides.
    pub fn method(&self) -> AuthMethod {
        if self.alg.is_hmac() {
            AuthMethod::ClientSecretJwt
        } else {
            AuthMethod::PrivateKeyJwt
        }
    }

    /// `alg`.
    pub fn alg(&self) -> ClientSigningAlg {
        self.alg
    }

    /// The token, whose signature is to be checked.
    pub fn token(&self) -> Option<Unverified<'_>> {
        Unverified::parse(&self.text)
    }

    /// Checks for whom the assertion is, and when. Gives what must be remembered of it.
    ///
    /// # Errors
    /// `invalid_client`.
    pub fn check(&self, audiences: &Audiences<'_>, now: UnixTime) -> Result<SingleUse, OAuthError> {
        let claims = &self.claims;
        // "The authorization server MUST reject any JWT that does not contain its own identity as the intended audience."
        if !audiences.have(&claims.aud) {
            return Err(refusal(audiences.demand()));
        }
        let exp = whole(claims.exp);
        if exp + LEEWAY <= now {
            return Err(refusal("has expired"));
        }
        if exp > now + LONGEST + LEEWAY {
            return Err(refusal("must expire within an hour"));
        }
        let is_ahead = |time: Option<f64>| time.is_some_and(|time| whole(time) > now + LEEWAY);
        if is_ahead(claims.nbf) || is_ahead(claims.iat) {
            return Err(refusal(
                "is of the future: its iat or nbf is ahead of this server's clock",
            ));
        }
        // "the authorization server may reject JWTs with an iat claim value that is unreasonably far in the past."
        if claims.iat.is_some_and(|iat| whole(iat) + LONGEST + LEEWAY < now) {
            return Err(refusal("has an iat that is too long ago"));
        }
        let parts = ["client_assertion", &claims.sub, &claims.jti];
        Ok(SingleUse::new(&parts, exp + LEEWAY))
    }

    /// Whether `client` registered for such an assertion.
    ///
    /// # Errors
    /// `invalid_client`.
    pub fn check_registered(&self, client: &ClientMetadata, issuer: &Issuer) -> Result<(), OAuthError> {
        if client.token_endpoint_auth_method != self.method() {
            return Err(client.token_endpoint_auth_method.refusal_of(self.method()));
        }
        if !client.may_sign_with(self.alg) {
            return Err(refusal("must be signed by PS256, ES256 or EdDSA (fapi_profile)"));
        }
        // "shall only accept its issuer identifier value ... as a string in the aud claim" (FAPI 2.0 Security Profile section
        // 5.3.2.1).
        if client.is_fapi() && self.claims.aud != Audience::One(issuer.as_str().to_owned()) {
            return Err(refusal("must have the issuer as aud, as one string (fapi_profile)"));
        }
        match client.token_endpoint_auth_signing_alg {
            Some(registered) if registered != self.alg => Err(refusal(
                "is not signed by the registered token_endpoint_auth_signing_alg",
            )),
            _ => Ok(()),
        }
    }

    /// Whether the assertion is signed with `secret`: "The octets of the UTF-8 representation of the client_secret value" (OIDC
    /// Core section 10.1).
    pub fn is_signed_with(&self, secret: &str) -> bool {
        self.token()
            .is_some_and(|token| is_mac(self.alg, secret, token.signed_bytes(), token.signature()))
    }
}

/// Whether `mac` is the MAC of `input` under `secret` and one of the HMAC algorithms (RFC 7518 section 3.2), in constant time.
pub fn is_mac(alg: ClientSigningAlg, secret: &str, input: &[u8], mac: &[u8]) -> bool {
    fn verify<M: Mac + hmac::digest::KeyInit>(secret: &str, input: &[u8], mac: &[u8]) -> bool {
        <M as Mac>::new_from_slice(secret.as_bytes())
            .is_ok_and(|hmac| hmac.chain_update(input).verify_slice(mac).is_ok())
    }
    match alg {
        ClientSigningAlg::HS256 => verify::<Hmac<Sha256>>(secret, input, mac),
        ClientSigningAlg::HS384 => verify::<Hmac<Sha384>>(secret, input, mac),
        ClientSigningAlg::HS512 => verify::<Hmac<Sha512>>(secret, input, mac),
        _ => false,
    }
}

/// Whole seconds of a `NumericDate`, which may have a fraction. Casting saturates.
fn whole(numeric_date: f64) -> UnixTime {
    UnixTime(numeric_date.floor() as i64)
}

fn refusal(why: &str) -> OAuthError {
    OAuthError::invalid_client(format!("the client assertion {why}"))
}

#[cfg(test)]
mod tests;
