//! JWTs as a client gets them: signed, encrypted, both or neither, as it registered.

use serde::Serialize;
use serde_json::{Map, Value};

use crate::{
    db::signing_keys::{self, CurrentKey},
    edge::{
        clients::keys,
        http::failure::StepFailure,
        keys::{
            crypto::jwe,
            signer::{self, Signer},
        },
        platform::context::Context,
    },
    fault::Fault,
    oidc::{
        client::{
            Client,
            client_metadata::{Encryption, IdTokenAlg},
        },
        error::OAuthError,
        jose::jwt::{self, SigningAlg},
        token::{id_token, introspection},
    },
};

/// `typ`, and the `cty` of what is signed and then encrypted (RFC 7519 sections 5.1 and 5.2).
const JWT: &str = id_token::TYPE;

/// An ID token of `claims`. The `signer` is the one of the client's tokens.
pub async fn id_token(
    claims: &impl Serialize,
    client: &Client,
    signer: &Signer,
    context: &Context,
) -> Result<String, StepFailure> {
    let token = match client.metadata.id_token_signed_response_alg {
        IdTokenAlg::Signed(_) => signer.sign(JWT, claims).await?,
        IdTokenAlg::InsecureNone => jwt::insecure_unsigned(JWT, claims).map_err(|cause| Fault::new("claims", cause))?,
    };
    // "it MUST be signed then encrypted, with the result being a Nested JWT" (OIDC Core section 2).
    nest(token, client, client.metadata.id_token_encryption, context).await
}

/// Whether `client` can read its ID tokens: where they are encrypted, it has a key to encrypt to.
///
/// # Errors
/// What the client is told where it has none.
pub async fn check_reader(client: &Client, context: &Context) -> Result<(), StepFailure> {
    if let Some(encryption) = client.metadata.id_token_encryption {
        // A key may fit and still be none, which only using it shows.
        encrypt(b"", None, client, encryption, context).await?;
    }
    Ok(())
}

/// Whether `client` can read authorization responses in JWTs, likewise.
///
/// # Errors
/// What the client is told where it has no key.
pub async fn check_response_reader(client: &Client, context: &Context) -> Result<(), StepFailure> {
    if let Some(encryption) = client.metadata.authorization_encryption {
        encrypt(b"", None, client, encryption, context).await?;
    }
    Ok(())
}

/// What signs the authorization responses of `client`: RS256 where it registered no other algorithm.
pub fn response_alg(client: &Client) -> SigningAlg {
    client.metadata.authorization_signed_response_alg.unwrap_or_default()
}

/// An authorization response of `claims` (JARM section 2.2). `key` is the one that signs it, where that was read before.
pub async fn authorization_response(
    claims: &Map<String, Value>,
    client: &Client,
    key: Option<CurrentKey>,
    context: &Context,
) -> Result<String, StepFailure> {
    let encryption = client.metadata.authorization_encryption;
    let token = sign((JWT, claims), (response_alg(client), key), context).await?;
    nest(token, client, encryption, context).await
}

/// What introspection tells `client` in a JWT (RFC 9701 section 5), likewise: "If omitted, the default ... is RS256" (section 6).
pub async fn introspection(
    claims: &Value,
    client: &Client,
    key: Option<CurrentKey>,
    context: &Context,
) -> Result<String, StepFailure> {
    let alg = client.metadata.introspection_signed_response_alg.unwrap_or_default();
    let encryption = client.metadata.introspection_encryption;
    let token = sign((introspection::TYPE, claims), (alg, key), context).await?;
    nest(token, client, encryption, context).await
}

async fn sign(
    (typ, claims): (&str, &impl Serialize),
    (alg, key): (SigningAlg, Option<CurrentKey>),
    context: &Context,
) -> Result<String, Fault> {
    let key = match key {
        Some(key) => Some(key),
        None => {
            let current = signing_keys::current(alg, &signer::at_hand(), context.now);
            context.db.read(current).await?
        }
    };
    Signer::new(key, alg, context).await?.sign(typ, claims).await
}

/// A signed token as it is, or encrypted.
async fn nest(
    token: String,
    client: &Client,
    encryption: Option<Encryption>,
    context: &Context,
) -> Result<String, StepFailure> {
    match encryption {
        Some(encryption) => encrypt(token.as_bytes(), Some(JWT), client, encryption, context).await,
        None => Ok(token),
    }
}

/// What UserInfo tells, for a client that registered a `signer` or encryption (OIDC Core section 5.3.2).
pub async fn userinfo(
    claims: &impl Serialize,
    client: &Client,
    signer: Option<&Signer>,
    context: &Context,
) -> Result<String, StepFailure> {
    let signed = match signer {
        Some(signer) => Some(signer.sign(JWT, claims).await?),
        None => None,
    };
    match (signed, client.metadata.userinfo_encryption) {
        (Some(token), None) => Ok(token),
        (Some(token), Some(encryption)) => encrypt(token.as_bytes(), Some(JWT), client, encryption, context).await,
        (None, Some(encryption)) => {
            let json = serde_json::to_vec(claims).map_err(|cause| Fault::new("claims", cause))?;
            encrypt(&json, None, client, encryption, context).await
        }
        (None, None) => Err(Fault::new("UserInfo", "neither signed nor encrypted").into()),
    }
}

async fn encrypt(
    payload: &[u8],
    cty: Option<&str>,
    client: &Client,
    encryption: Encryption,
    context: &Context,
) -> Result<String, StepFailure> {
    let to = keys::for_encryption(client, encryption.alg, context).await;
    let to = to.map_err(|no_key| OAuthError::invalid_request(no_key.why()))?;
    let encrypted = jwe::encrypt(payload, &to, encryption, cty).await?;
    Ok(encrypted.ok_or_else(|| OAuthError::invalid_request("the client's key for encryption is none"))?)
}
