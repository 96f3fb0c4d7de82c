//! The claims of a request object, and the parameters that they become (OIDC Core section 6.1, RFC 9101 section 4).

use serde_json::{Map, Value};

use super::refused;
use crate::{
    config::Issuer,
    oidc::{
        client::{Client, client_metadata::ResponseType},
        error::OAuthError,
        jose::jwt::Unverified,
        params::Params,
    },
    time::{Lifetime, UnixTime},
    web::json,
};

/// By how much the clock of a client may be off.
const CLOCK_SKEW: Lifetime = Lifetime(30);

/// How long a request object of a client with a FAPI profile may be good, and how old it may be.
const LONGEST_OF_FAPI: Lifetime = Lifetime::hours(1);

/// Claims about the JWT itself, which are no parameters.
const OF_THE_JWT: [&str; 7] = ["iss", "aud", "exp", "nbf", "iat", "jti", "sub"];

/// The claims of a request object that may be believed: signed by the client, or of one that need not sign.
#[derive(Debug)]
pub struct Claims(Map<String, Value>);

impl Claims {
    /// The claims of a token whose signature the caller has checked, or that needs none.
    ///
    /// # Errors
    /// `invalid_request_object` when they are no JSON object.
    pub fn of(token: &Unverified<'_>) -> Result<Self, OAuthError> {
        let claims = token.claims_unverified();
        claims
            .map(Self)
            .ok_or_else(|| refused("the request object holds no JSON object"))
    }

    /// Claims that stand by themselves.
    ///
    /// # Errors
    /// `invalid_request_object` when they are no JSON object.
    pub(super) fn parse(text: &str) -> Result<Self, OAuthError> {
        json::parse(text)
            .map(Self)
            .ok_or_else(|| refused("the request object holds no JSON object"))
    }

    /// The request: "the Authorization Request parameters contained in the Request Object supersede those passed using the
    /// OAuth 2.0 request syntax". Of a client that registered to sign its requests nothing but the request object counts
    /// (RFC 9101 section 6.3).
    ///
    /// # Errors
    /// `invalid_request_object`; `invalid_request` when the parameters beside it say something else of what must agree.
    pub fn merge(self, params: &Params, client: &Client, issuer: &Issuer, now: UnixTime) -> Result<Params, OAuthError> {
        self.check(client, issuer, now)?;
        let inside = self.params()?;
        check_agreement(params, &inside, client)?;
        let outside = params.iter().filter(|(name, _)| {
            let superseded = inside.iter().any(|(within, _)| within == name);
            let is_the_object = matches!(*name, "request" | "request_uri");
            let counts = *name == "client_id" || !client.metadata.require_signed_request_object;
            counts && !superseded && !is_the_object
        });
        let pairs: Vec<_> = outside
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .collect();
        Params::of_pairs(pairs.into_iter().chain(inside))
    }

    /// What the JWT says of itself (RFC 7519 section 4.1). Core asks for `iss` and `aud` with SHOULD.
    fn check(&self, client: &Client, issuer: &Issuer, now: UnixTime) -> Result<(), OAuthError> {
        if self.0.get("iss").is_some_and(|iss| *iss != client.client_id) {
            return Err(refused("iss of the request object is not the client"));
        }
        let is_issuer = |aud: &Value| aud == issuer.as_str();
        let names_issuer = |aud: &Value| match aud {
            Value::Array(all) => all.iter().any(is_issuer),
            one => is_issuer(one),
        };
        if self.0.get("aud").is_some_and(|aud| !names_issuer(aud)) {
            return Err(refused("aud of the request object is not this server"));
        }
        // "the sub (subject) claim ... with the value of the client_id" is how a client authenticates (RFC 9101 section
        // 10.8): its assertions are no requests.
        if self.0.get("sub").is_some_and(|sub| *sub == client.client_id) {
            return Err(refused("the request object is a client assertion"));
        }
        let (exp, nbf) = (self.time("exp")?, self.time("nbf")?);
        if exp.is_some_and(|exp| exp + CLOCK_SKEW <= now) {
            return Err(refused("the request object has expired"));
        }
        if nbf.is_some_and(|nbf| nbf > now + CLOCK_SKEW) {
            return Err(refused("the request object is not valid yet"));
        }
        if !client.metadata.is_fapi() {
            return Ok(());
        }
        // FAPI 2.0 Message Signing section 5.3.1: aud, "an nbf claim that is no longer than 60 minutes in the past", and "an exp
        // claim that has a lifetime of no longer than 60 minutes after the nbf claim".
        match (self.0.get("aud"), nbf, exp) {
            (None, ..) => Err(refused("the request object lacks aud (fapi_profile)")),
            (_, None, _) => Err(refused("the request object lacks nbf (fapi_profile)")),
            (.., None) => Err(refused("the request object lacks exp (fapi_profile)")),
            (_, Some(nbf), _) if nbf + LONGEST_OF_FAPI < now => Err(refused(
                "nbf of the request object is more than 60 minutes ago (fapi_profile)",
            )),
            (_, Some(nbf), Some(exp)) if exp > nbf + LONGEST_OF_FAPI => Err(refused(
                "exp of the request object is more than 60 minutes after its nbf (fapi_profile)",
            )),
            _ => Ok(()),
        }
    }

    fn time(&self, name: &str) -> Result<Option<UnixTime>, OAuthError> {
        let Some(value) = self.0.get(name) else {
            return Ok(None);
        };
        // NumericDate may have a fraction (RFC 7519 section 2).
        let seconds = value.as_f64().filter(|seconds| seconds.abs() < 1e15);
        match seconds {
            Some(seconds) => Ok(Some(UnixTime(seconds as i64))),
            None => Err(refused("a time in the request object is no number")),
        }
    }

    /// The claims as parameters, which is what they are once they have been checked.
    pub fn params(&self) -> Result<Vec<(String, String)>, OAuthError> {
        let mut pairs = Vec::new();
        let parameters = self.0.iter().filter(|(name, _)| !OF_THE_JWT.contains(&name.as_str()));
        for (name, value) in parameters {
            // "request and request_uri parameters MUST NOT be included in Request Objects."
            if matches!(name.as_str(), "request" | "request_uri") {
                return Err(refused("the request object refers to another"));
            }
            let text = match value {
                Value::Null => continue,
                Value::String(text) => text.clone(),
                // RFC 8707 section 2: the one parameter that may be repeated.
                Value::Array(values) if name == "resource" => {
                    let texts = values.iter().map(|value| value.as_str().map(str::to_owned));
                    let texts: Option<Vec<_>> = texts.collect();
                    let texts = texts.ok_or_else(|| refused("resource in the request object is no list of strings"))?;
                    pairs.extend(texts.into_iter().map(|text| (name.clone(), text)));
                    continue;
                }
                // Numbers as "JSON numbers", and claims as the object that it is.
                other => other.to_string(),
            };
            pairs.push((name.clone(), text));
        }
        Ok(pairs)
    }
}

/// "The values for these parameters MUST match those in the Request Object, if present", Core says of response_type and
/// client_id. RFC 9101 section 5 wants client_id beside the request object, and no more.
fn check_agreement(outside: &Params, inside: &[(String, String)], client: &Client) -> Result<(), OAuthError> {
    let within = |name: &str| {
        let found = inside.iter().find(|(inside, _)| inside == name);
        found.map(|(_, value)| value.as_str())
    };
    if within("client_id").is_some_and(|client_id| client_id != client.client_id) {
        return Err(refused("client_id of the request object is not that of the request"));
    }
    match (outside.single("response_type")?, within("response_type")) {
        (Some(outside), Some(inside)) if !same_response_type(outside, inside) => Err(OAuthError::invalid_request(
            "response_type is not that of the request object",
        )),
        _ => Ok(()),
    }
}

fn same_response_type(one: &str, other: &str) -> bool {
    one == other || ResponseType::parse(one).is_some_and(|one| ResponseType::parse(other) == Some(one))
}
