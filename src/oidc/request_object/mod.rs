//! Request objects: an authorization request as a JWT, by value or by reference (OIDC Core section 6, RFC 9101).
//!
//! Parameters become one of [`Passed`], a JWT becomes a [`RequestObject`] that still wants its signature checked, and only
//! [`Claims`] can be merged with the parameters beside it.

mod claims;
mod request_uri;

pub use self::{
    claims::Claims,
    request_uri::{LONGEST, RequestUri, refused as request_uri_refused},
};
use super::{
    client::{Client, client_metadata::ClientSigningAlg},
    error::{ErrorCode, OAuthError},
    jose::jwt::Unverified,
    params::Params,
};

/// `typ` of a request object (RFC 9101 section 9.4.1), and of one that says no more than that it is a JWT. Tokens of another
/// kind that a client signs are none (RFC 8725 section 3.11).
pub const TYPES: [&str; 2] = ["oauth-authz-req+jwt", "jwt"];

/// How a client passes its request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Passed<'a> {
    /// As parameters.
    Plainly,
    /// In `request`.
    ByValue(&'a str),
    /// At `request_uri`.
    ByReference(&'a str),
}

impl<'a> Passed<'a> {
    /// Finds the request object of a request.
    ///
    /// # Errors
    /// `invalid_request` for two of them, or none where the client must send one.
    pub fn of(params: &'a Params, client: &Client) -> Result<Self, OAuthError> {
        match (params.single("request")?, params.single("request_uri")?) {
            // "If one of these parameters is used, the other MUST NOT be used in the same request."
            (Some(_), Some(_)) => Err(OAuthError::invalid_request(
                "request and request_uri exclude each other",
            )),
            (Some(object), None) => Ok(Self::ByValue(object)),
            (None, Some(uri)) => Ok(Self::ByReference(uri)),
            (None, None) if client.metadata.require_signed_request_object => Err(OAuthError::invalid_request(
                "the client registered to send signed request objects",
            )),
            (None, None) => Ok(Self::Plainly),
        }
    }
}

/// A request object as it came in.
#[derive(Debug)]
pub enum RequestObject<'a> {
    /// One whose signature under `alg` is to be checked with the client's keys, or with its secret.
    Signed {
        /// The JWT.
        token: Box<Unverified<'a>>,
        /// The algorithm, of which the client has a key.
        alg: ClientSigningAlg,
    },
    /// One that nobody signed, of a client that registered to send such: "The value `none` MAY be used."
    InsecureUnsigned(Claims),
}

impl<'a> RequestObject<'a> {
    /// Takes a request object of `client` apart. Keys that it brings along (`jwk`, `jku`, `x5c`, `x5u`) are not looked at.
    ///
    /// # Errors
    /// `invalid_request_object`: "All Request Objects from this Client MUST be rejected, if not signed with this algorithm"
    /// (OIDC Registration section 2). "The default, if omitted, is that any algorithm supported by the OP and the RP MAY be
    /// used", and none too: what is unsigned says no more than the parameters beside it could.
    pub fn parse(text: &'a str, client: &Client) -> Result<Self, OAuthError> {
        let token = Unverified::parse(text).ok_or_else(|| refused("the request object is not a JWT"))?;
        if !TYPES.iter().any(|typ| token.has_type(typ)) && token.has_any_type() {
            return Err(refused("the request object has the typ of something else"));
        }
        let registered = client.metadata.request_object_signing_alg;
        let alg = ClientSigningAlg::parse(token.alg_name())
            .filter(|alg| registered.is_none_or(|registered| registered == *alg) && client.metadata.may_sign_with(*alg))
            .ok_or_else(|| refused("the request object is not signed with the registered algorithm"))?;
        match alg {
            ClientSigningAlg::InsecureNone if may_be_unsigned(client) && token.signature().is_empty() => {
                Claims::of(&token).map(Self::InsecureUnsigned)
            }
            // A MAC under anything but a secret would be one that anybody can make.
            alg if alg.is_asymmetric() || alg.is_hmac() && client.metadata.token_endpoint_auth_method.uses_secret() => {
                Ok(Self::Signed {
                    token: Box::new(token),
                    alg,
                })
            }
            _ => Err(refused("the request object is not signed with a key of the client")),
        }
    }

    /// As [`RequestObject::parse`], of what was encrypted to Limen: a JWT, or the claims themselves. Anybody can encrypt to Limen,
    /// so the latter are as good as unsigned ones.
    ///
    /// # Errors
    /// As [`RequestObject::parse`].
    pub fn parse_decrypted(text: &'a str, client: &Client) -> Result<Self, OAuthError> {
        if !text.trim_start().starts_with('{') {
            return Self::parse(text, client);
        }
        if !may_be_unsigned(client) {
            return Err(refused("the request object is encrypted, and not signed"));
        }
        Claims::parse(text).map(Self::InsecureUnsigned)
    }
}

/// Whether requests that nobody signed count: of a client that registered no algorithm, or `none`.
fn may_be_unsigned(client: &Client) -> bool {
    let registered = client.metadata.request_object_signing_alg;
    let must_sign = client.metadata.require_signed_request_object || client.metadata.is_fapi();
    !must_sign && registered.is_none_or(|alg| alg == ClientSigningAlg::InsecureNone)
}

/// `invalid_request_object`.
pub fn refused(why: &'static str) -> OAuthError {
    OAuthError::new(ErrorCode::InvalidRequestObject, why)
}

#[cfg(test)]
mod tests;
