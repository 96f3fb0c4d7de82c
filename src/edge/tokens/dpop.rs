//! The DPoP proof of a request: its claims, and then its signature (RFC 9449 section 4.3). That it comes for the first time is for the
//! statement to say that acts.

use crate::{
    edge::{http::request::Incoming, keys::crypto, platform::context::Context},
    oidc::{
        dpop::{KeyProof, Proof, Target, invalid},
        error::OAuthError,
    },
};

/// The key that the sender has shown to hold, where the request has a `DPoP` header.
///
/// # Errors
/// `invalid_dpop_proof` and `use_dpop_nonce`.
pub async fn proof_of(request: &Incoming, context: &Context) -> Result<Option<KeyProof>, OAuthError> {
    let Some(header) = request.header("dpop") else {
        return Ok(None);
    };
    context.note_dpop_proof();
    let proof = Proof::parse(&header)?;
    let target = Target {
        method: request.method,
        path: &request.path,
    };
    let key_proof = proof.check(&target, &context.config, context.now)?;
    let (signature, input) = (proof.token.signature(), proof.token.signed_bytes());
    match crypto::verify_foreign(proof.alg, &proof.jwk, signature, input).await {
        true => Ok(Some(key_proof)),
        false => Err(invalid("the DPoP proof is not signed with its jwk")),
    }
}
