//! Access tokens as the APIs want them that they are for.

use super::opaque;
use crate::{
    db::{
        Batch, Handle,
        signing_keys::{self, CurrentKey},
    },
    edge::{
        keys::signer::{self, Signer},
        platform::context::Context,
    },
    fault::Fault,
    memory::ShortMemory,
    oidc::{
        client::Client,
        jose::jwt::SigningAlg,
        token::access_token::{self, AccessTokenClaims},
    },
    time::Lifetime,
};

thread_local! {
    /// By client: what signed its last access token, where the APIs wanted another algorithm than that of the client.
    static SIGNED_BY: ShortMemory<SigningAlg> = ShortMemory::new(100, Lifetime::hours(1));
}

/// Reads the key along that will sign access tokens of this client as it seems: which APIs a grant is for is known only when it was read.
pub fn look_up_key(client_id: &str, batch: &mut Batch, context: &Context) -> Option<Handle<Option<CurrentKey>>> {
    let alg = SIGNED_BY.with(|memory| memory.get(client_id, context.now));
    batch.add_if(alg.map(|alg| signing_keys::current(alg, &signer::at_hand(), context.now)))
}

/// An access token of `claims`, sealed where the APIs want that. The `signer` is that of the client's tokens, which signs where the APIs want no
/// other algorithm, and where they want one that the profile of the client forbids.
pub async fn access_token(
    claims: &AccessTokenClaims,
    client: &Client,
    signer: &Signer,
    context: &Context,
) -> Result<String, Fault> {
    let rules = context.config.resources.token_rules(claims.aud.iter());
    let wanted = rules.alg.and_then(SigningAlg::parse);
    let may_sign = |alg: &SigningAlg| *alg != signer.alg() && client.metadata.may_be_signed_for_with(*alg);
    let jwt = match wanted.filter(may_sign) {
        Some(alg) => {
            SIGNED_BY.with(|memory| memory.put(&client.client_id, alg, context.now));
            let known = context.take_key().filter(|key| key.alg == alg.as_str());
            let signer = match known {
                Some(known) => Signer::new(Some(known), alg, context).await?,
                None => Signer::current(alg, context).await?,
            };
            signer.sign(access_token::TYPE, claims).await
        }
        None => signer.sign(access_token::TYPE, claims).await,
    }?;
    match rules.is_opaque {
        true => opaque::seal(&jwt, context).await,
        false => Ok(jwt),
    }
}
