//! JWTs as a client gets them: signed, or not, as it registered.

use serde::Serialize;

use super::{context::Context, failure::MachineFailure, fault::Fault, keys::Signer};
use crate::oidc::{client::Client, client_metadata::IdTokenAlg, error::OAuthError, id_token, jwt};

/// Why a client does not get its JWT.
pub enum NoJwt {
    /// Because of what it registered.
    #[allow(dead_code)]
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
pub async fn id_token(claims: &impl Serialize, client: &Client, signer: &Signer, _: &Context) -> Result<String, NoJwt> {
    match client.metadata.id_token_signed_response_alg {
        IdTokenAlg::Signed(_) => Ok(signer.sign(id_token::TYPE, claims).await?),
        IdTokenAlg::InsecureNone => {
            let unsigned = jwt::insecure_unsigned(id_token::TYPE, claims);
            Ok(unsigned.map_err(|cause| Fault::new("claims", cause))?)
        }
    }
}

/// What UserInfo tells, as a JWT.
pub async fn userinfo(claims: &impl Serialize, _: &Client, signer: &Signer, _: &Context) -> Result<String, NoJwt> {
    Ok(signer.sign("JWT", claims).await?)
}
