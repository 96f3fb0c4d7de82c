//! JWTs as a client gets them: signed, encrypted, both or neither, as it registered.

use serde::Serialize;

use super::{context::Context, crypto::jwe, failure::MachineFailure, fault::Fault, keys::Signer};
use crate::oidc::{
    client::Client,
    client_metadata::{ClientKeys, Encryption, IdTokenAlg},
    error::OAuthError,
    id_token,
    jwe::{Recipient, recipient},
    jwt,
};

/// `typ`, and the `cty` of what is signed and then encrypted (RFC 7519 sections 5.1 and 5.2).
const JWT: &str = id_token::TYPE;

/// Why a client does not get its JWT.
pub enum NoJwt {
    /// Because of what it registered.
    Client(OAuthError),
    /// Through our own fault.
    Fault(Fault),
}

impl From<Fault> for NoJwt {
    fn from(fault: Fault) -> Self {
        Self::Fault(fault)
    }
}

impl From<NoJwt> for MachineFailure {
    fn from(failure: NoJwt) -> Self {
        match failure {
            NoJwt::Client(error) => error.into(),
            NoJwt::Fault(fault) => fault.into(),
        }
    }
}

/// An ID token of `claims`. The `signer` is the one of the client's tokens.
pub async fn id_token(
    claims: &impl Serialize,
    client: &Client,
    signer: &Signer,
    context: &Context,
) -> Result<String, NoJwt> {
    let token = match client.metadata.id_token_signed_response_alg {
        IdTokenAlg::Signed(_) => signer.sign(JWT, claims).await?,
        IdTokenAlg::InsecureNone => jwt::insecure_unsigned(JWT, claims).map_err(|cause| Fault::new("claims", cause))?,
    };
    match client.metadata.id_token_encryption {
        // "it MUST be signed then encrypted, with the result being a Nested JWT" (OIDC Core section 2).
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
) -> Result<String, NoJwt> {
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
) -> Result<String, NoJwt> {
    let no_key = || {
        NoJwt::Client(OAuthError::invalid_request(format!(
            "the client has registered no key to encrypt to with {}",
            encryption.alg.as_str()
        )))
    };
    let to = key_of(client, encryption, context).await.ok_or_else(no_key)?;
    jwe::encrypt(payload, &to, encryption, cty).await?.ok_or_else(no_key)
}

/// The key of the client's to encrypt to.
async fn key_of(client: &Client, encryption: Encryption, _: &Context) -> Option<Recipient> {
    match client.metadata.keys.as_ref()? {
        ClientKeys::Registered(jwks) => recipient(&jwks.keys, encryption.alg),
        ClientKeys::At(_) => None,
    }
}
