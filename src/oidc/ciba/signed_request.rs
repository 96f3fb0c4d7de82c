//! Signed authentication requests (CIBA Core section 7.1.1): all parameters in a JWT that the client signs with a key of its own.

use serde::Deserialize;

use crate::{
    config::Issuer,
    oidc::{
        client::{Client, client_metadata::ClientSigningAlg},
        error::OAuthError,
        jose::{audience::Audience, jwt::Unverified},
        params::Params,
        request_object::{Claims, TYPES},
        single_use::SingleUse,
    },
    time::{Lifetime, UnixTime},
};

/// By how much the clock of a client may be off.
const LEEWAY: Lifetime = Lifetime(30);

/// "`nbf` and `exp` claims that limit the lifetime of the request to no more than 60 minutes" (FAPI-CIBA section 5.2.2).
const LONGEST: Lifetime = Lifetime::hours(1);

/// The most bytes of a `jti`.
const LONGEST_JTI: usize = 512;

/// What may stand beside the JWT: how the client authenticates.
const BESIDE: [&str; 5] = [
    "request",
    "client_id",
    "client_secret",
    "client_assertion",
    "client_assertion_type",
];

/// What a request has whose answer goes through a browser, and none of these.
const OF_REDIRECT: [&str; 2] = ["response_type", "redirect_uri"];

/// A request whose signature is yet to be checked.
pub struct SignedRequest<'a> {
    /// The JWT.
    pub token: Unverified<'a>,
    /// The registered algorithm, by which it is signed.
    pub alg: ClientSigningAlg,
}

/// What every signed request says of itself.
#[derive(Deserialize)]
struct Demanded {
    iss: String,
    aud: Audience,
    exp: f64,
    iat: f64,
    nbf: f64,
    jti: String,
}

impl<'a> SignedRequest<'a> {
    /// Finds the JWT in what `client` sent. `None` where it sent none, and need not.
    ///
    /// # Errors
    /// `invalid_request`.
    pub fn find(sent: &'a Params, client: &Client) -> Result<Option<Self>, OAuthError> {
        let registered = client.metadata.backchannel_authentication_request_signing_alg;
        let (text, alg) = match (sent.single("request")?, registered) {
            (None, None) => return Ok(None),
            (Some(text), Some(alg)) => (text, alg),
            (Some(_), None) => {
                return Err(refused(
                    "has no registered backchannel_authentication_request_signing_alg",
                ));
            }
            (None, Some(_)) => {
                return Err(OAuthError::invalid_request(
                    "the client registered to sign its authentication requests",
                ));
            }
        };
        // "Authentication request parameters MUST NOT be present outside of the JWT".
        if sent.iter().any(|(name, _)| !BESIDE.contains(&name)) {
            return Err(OAuthError::invalid_request(
                "beside a signed request stands nothing but how the client authenticates",
            ));
        }
        let token = Unverified::parse(text).ok_or_else(|| refused("is not a JWT"))?;
        if token.has_any_type() && !TYPES.iter().any(|typ| token.has_type(typ)) {
            return Err(refused("has the typ of something else"));
        }
        if ClientSigningAlg::parse(token.alg_name()) != Some(alg) || !alg.is_asymmetric() {
            return Err(refused("is not signed by the registered algorithm"));
        }
        Ok(Some(Self { token, alg }))
    }

    /// The parameters in it, and what must be remembered of it, once its signature was checked.
    ///
    /// # Errors
    /// `invalid_request`.
    pub fn believe(&self, client: &Client, issuer: &Issuer, now: UnixTime) -> Result<(Params, SingleUse), OAuthError> {
        let demanded: Demanded = self
            .token
            .claims_unverified()
            .ok_or_else(|| refused("lacks iss, aud, exp, iat, nbf or jti"))?;
        let exp = demanded.check(client, issuer, now)?;
        let inside = Claims::of(&self.token).and_then(|claims| claims.params());
        let inside = inside.map_err(|error| OAuthError::invalid_request(error.description))?;
        let inside = Params::of_pairs(inside)?;
        inside.refuse_repeated()?;
        // A request object that a browser carried (RFC 9101) may have the same claims, and was signed for something else.
        if inside.iter().any(|(name, _)| OF_REDIRECT.contains(&name)) {
            return Err(refused("is of the authorization endpoint"));
        }
        if inside.single("client_id")?.is_some_and(|id| id != client.client_id) {
            return Err(refused("is of another client_id"));
        }
        let parts = ["ciba request", &client.client_id, &demanded.jti];
        Ok((inside, SingleUse::new(&parts, exp + LEEWAY)))
    }
}

impl Demanded {
    /// When it ends.
    fn check(&self, client: &Client, issuer: &Issuer, now: UnixTime) -> Result<UnixTime, OAuthError> {
        let whole = |date: f64| UnixTime(date.floor() as i64);
        let (exp, nbf, iat) = (whole(self.exp), whole(self.nbf), whole(self.iat));
        let rules = [
            (self.iss != client.client_id, "has another iss than the client"),
            (!self.aud.contains(issuer.as_str()), "does not have the issuer in aud"),
            (exp + LEEWAY <= now, "has expired"),
            (
                nbf > now + LEEWAY || iat > now + LEEWAY,
                "is of the future: see iat and nbf",
            ),
            (nbf + LONGEST + LEEWAY < now, "has an nbf of more than 60 minutes ago"),
            (
                exp > nbf + LONGEST || exp > now + LONGEST + LEEWAY,
                "must be good for 60 minutes at most",
            ),
            (
                self.jti.is_empty() || self.jti.len() > LONGEST_JTI,
                "must have a jti of 1 to 512 bytes",
            ),
        ];
        match rules.into_iter().find(|(broken, _)| *broken) {
            Some((_, why)) => Err(refused(why)),
            None => Ok(exp),
        }
    }
}

/// The error for a signed request that does not count.
pub fn refused(why: &str) -> OAuthError {
    OAuthError::invalid_request(format!("the signed request {why}"))
}
