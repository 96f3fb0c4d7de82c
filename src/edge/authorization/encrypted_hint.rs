//! `id_token_hint` on its way in: a client "MAY re-encrypt the signed ID Token" to Limen, "using a key that enables the server to
//! decrypt the ID Token" (OIDC Core section 3.1.2.1, RP-Initiated Logout section 2).

use crate::{
    edge::{
        keys::signer,
        platform::{apart::apart, context::Context},
    },
    fault::Fault,
    oidc::{jose::jwe, params::Params},
};

const NAME: &str = "id_token_hint";

/// The parameters with what is inside, where their hint is encrypted to Limen. One that does not open stays as it is: it is no ID
/// token, and refused where hints are read. What is inside another JWE stays there, too.
pub async fn open(params: Params, context: &Context) -> Result<Params, Fault> {
    let sealed = params.single(NAME).ok().flatten();
    let Some(sealed) = sealed.filter(|hint| jwe::is_compact(hint)) else {
        return Ok(params);
    };
    // One without a value would count as absent.
    let opened = apart(signer::open(sealed, context))
        .await?
        .filter(|hint| !hint.is_empty());
    let Some(hint) = opened else {
        return Ok(params);
    };
    let others = params.iter().filter(|(name, _)| *name != NAME);
    let others = others.map(|(name, value)| (name.to_owned(), value.to_owned()));
    let with_hint = Params::of_pairs(others.chain([(NAME.to_owned(), hint)]));
    Ok(with_hint.unwrap_or(params))
}
