//! Access tokens as the APIs want them that they are for.

use super::opaque;
use crate::{
    edge::{keys::signer::Signer, platform::context::Context},
    fault::Fault,
    oidc::{
        jose::jwt::SigningAlg,
        token::access_token::{self, AccessTokenClaims},
    },
};

/// An access token of `claims`, sealed where the APIs want that. The `signer` is that of the client's tokens, which signs where the APIs want no other algorithm.
pub async fn access_token(claims: &AccessTokenClaims, signer: &Signer, context: &Context) -> Result<String, Fault> {
    let rules = context.config.resources.token_rules(claims.aud.iter());
    let jwt = match rules.alg.and_then(SigningAlg::parse).filter(|alg| *alg != signer.alg()) {
        Some(alg) => {
            let signer = Signer::current(alg, context).await?;
            signer.sign(access_token::TYPE, claims).await
        }
        None => signer.sign(access_token::TYPE, claims).await,
    }?;
    match rules.is_opaque {
        true => opaque::seal(&jwt, context).await,
        false => Ok(jwt),
    }
}
