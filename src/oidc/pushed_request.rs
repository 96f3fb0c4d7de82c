//! Pushed authorization requests (RFC 9126): a client hands in its request beforehand, and sends the person with a reference
//! to it.

use serde::Serialize;

use super::{
    authorize::AuthRequest,
    client::Client,
    dpop::KeyProof,
    error::{ErrorCode, OAuthError},
    interaction::LONGEST_QUERY,
    params::Params,
    return_address::ReturnAddress,
};
use crate::{
    config::Config,
    secret::{Hash, OpaqueToken, Purpose, RootKeys},
    time::Lifetime,
};

/// How long a client may take to send the person: "typically relatively short".
pub const LIFETIME: Lifetime = Lifetime(90);

/// "The format of the request_uri value is at the discretion of the authorization server"; this is the one that section 2.2
/// shows.
const PREFIX: &str = "urn:ietf:params:oauth:request_uri:";

/// Parameters by which a client proves itself, which are no part of its request.
const PROOF: [&str; 3] = ["client_secret", "client_assertion", "client_assertion_type"];

/// "Successful Response" (section 2.2).
#[derive(Debug, Serialize)]
pub struct PushedResponse {
    /// The reference.
    pub request_uri: String,
    /// For how long it is good.
    pub expires_in: Lifetime,
}

impl PushedResponse {
    /// The answer that names a request by `reference`.
    pub fn new(reference: &OpaqueToken) -> Self {
        Self {
            request_uri: format!("{PREFIX}{}", reference.expose()),
            expires_in: LIFETIME,
        }
    }
}

/// The request in what `client` sent. Beside a request object nothing counts (section 3).
///
/// # Errors
/// `invalid_request` for a `request_uri`: "REJECT the request if the request_uri authorization request parameter is provided."
pub fn request_of(sent: &Params, client: &Client) -> Result<Params, OAuthError> {
    if sent.single("request_uri")?.is_some() {
        return Err(OAuthError::invalid_request("request_uri cannot be pushed"));
    }
    let has_object = sent.single("request")?.is_some();
    let counts = |name: &str| match name {
        "client_id" => false,
        "request" => true,
        name => !has_object && !PROOF.contains(&name),
    };
    let counting = sent.iter().filter(|(name, _)| counts(name));
    let client_id = [("client_id", client.client_id.as_str())].into_iter();
    Params::of_texts(client_id.chain(counting))
}

/// The request with the key of a proof, if one came with it: "the authorization server MUST ... set the value of the dpop_jkt parameter to
/// the JWK Thumbprint of the public key in the DPoP proof" (RFC 9449 section 10.1).
///
/// # Errors
/// `invalid_request`: "If both mechanisms are used at the same time, the authorization server MUST reject the request if the JWK
/// Thumbprint in dpop_jkt does not match the public key in the DPoP header".
pub fn bound_to(request: Params, proof: Option<&KeyProof>) -> Result<Params, OAuthError> {
    let Some(proof) = proof else {
        return Ok(request);
    };
    match request.single("dpop_jkt")? {
        Some(jkt) if jkt == proof.jkt => Ok(request),
        Some(_) => Err(OAuthError::invalid_request(
            "dpop_jkt is not the thumbprint of the key of the DPoP proof",
        )),
        None => Params::of_texts(request.iter().chain([("dpop_jkt", proof.jkt.as_str())])),
    }
}

/// Whether the request could be made at the authorization endpoint: "Validate the request ... as it would an authorization
/// request sent to the authorization endpoint" (section 2.1).
///
/// # Errors
/// What is wrong with it.
pub fn check(request: &Params, client: &Client, config: &Config) -> Result<(), OAuthError> {
    ReturnAddress::resolve(request, client)
        .map_err(|_| OAuthError::invalid_request("redirect_uri is missing, or not one that the client registered"))?;
    AuthRequest::parse(request, client, config)?;
    check_length(request)
}

/// Whether it can wait until the person is there.
///
/// # Errors
/// `invalid_request`.
pub fn check_length(request: &Params) -> Result<(), OAuthError> {
    match request.to_query().len() > LONGEST_QUERY {
        true => Err(OAuthError::invalid_request("the request is too long")),
        false => Ok(()),
    }
}

/// Whether a `request_uri` is a reference to a pushed request, and no address.
pub fn is_reference(request_uri: &str) -> bool {
    request_uri.starts_with(PREFIX)
}

/// The hash under which the request behind a `request_uri` is stored.
pub fn hash_of(request_uri: &str, roots: &RootKeys) -> Option<Hash> {
    OpaqueToken::parse(request_uri.strip_prefix(PREFIX)?)?.hash(roots, Purpose::PushedRequest)
}

/// The error for a reference that names nothing: it was used, is too old, another client's, or nobody's.
pub fn unknown() -> OAuthError {
    OAuthError::new(
        ErrorCode::InvalidRequestUri,
        "request_uri names no pushed request of this client that is still to be made",
    )
}
