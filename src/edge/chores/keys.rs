//! Keys that are due are made, and the JWKS is published again.

use crate::{
    edge::{
        keys::{jwks, signer},
        platform::context::Context,
    },
    fault::Fault,
    oidc::jose::provider_key::KeyAlg,
};

pub async fn run(context: &Context) -> Result<(), Fault> {
    for alg in KeyAlg::ALL {
        signer::ensure(alg, context).await?;
    }
    jwks::publish(context).await.map(|_| ())
}
