//! `/token` (RFC 6749 section 3.2): which grant a request uses. A grant is a file of `grants`, and a row here.
//!
//! One round trip a request: who asks, what they hold, and the statement that uses it up, together. That statement has every
//! condition of the answer: what depends on the client alone is judged by what the isolate remembers of it, and the statement
//! demands that nothing of that has changed.

use std::pin::Pin;

use super::grants::{
    TokenRequest, authorization_code, ciba, client_credentials, device_code, jwt_bearer, refresh_token, token_exchange,
};
use crate::{
    edge::{
        clients::{apis, authentication::ClientAuthentication},
        http::{failure::MachineFailure, request::Incoming},
        platform::context::Context,
        tokens::{dpop, opaque},
    },
    oidc::{
        authorization_details,
        client::client_metadata::GrantType,
        params::{Params, RESOURCE},
        token::{TokenResponse, grant_type, id_jag, unsupported_grant_type},
    },
    reply::Reply,
};

/// A grant at work. Each stands in a box of its own: see `edge::router`.
type Answer<'a> = Pin<Box<dyn Future<Output = Result<TokenResponse, MachineFailure>> + 'a>>;

/// `POST /token`.
pub async fn token(request: &mut Incoming, context: &Context) -> Result<Reply, MachineFailure> {
    let params = request.form().await?;
    let proof = dpop::proof_of(request, context).await?;
    let params = opaque::open_in(&params, &["subject_token", "actor_token"], context).await?;
    let client = ClientAuthentication::of(request, &params, context).await?;
    apis::know_named(&params, names_of_apis(&params), client.client_id(), context).await?;
    let request = TokenRequest {
        params: &params,
        client: &client,
        proof: proof.as_ref(),
        context,
    };
    let wanted = grant_type(&params).and_then(|grant_type| {
        authorization_details::check_grant(&params, grant_type)?;
        Ok(grant_type)
    });
    let response = match wanted {
        Ok(grant_type) => by_grant(grant_type, &request).await?,
        Err(error) => return Err(request.refuse(error).await),
    };
    Ok(Reply::json(200, &response))
}

/// The parameters that name APIs for which tokens are wanted. Those of an ID-JAG are known elsewhere.
fn names_of_apis(params: &Params) -> &'static [&'static str] {
    match params.text("requested_token_type") == id_jag::TOKEN_TYPE {
        true => &[],
        false => &[RESOURCE, "audience"],
    }
}

fn by_grant<'a>(grant_type: GrantType, request: &'a TokenRequest<'a>) -> Answer<'a> {
    match grant_type {
        GrantType::AuthorizationCode => Box::pin(authorization_code::respond(request)),
        GrantType::RefreshToken => Box::pin(refresh_token::respond(request)),
        GrantType::ClientCredentials => Box::pin(client_credentials::respond(request)),
        GrantType::DeviceCode => Box::pin(device_code::respond(request)),
        GrantType::Ciba => Box::pin(ciba::respond(request)),
        GrantType::TokenExchange => Box::pin(token_exchange::respond(request)),
        GrantType::JwtBearer => Box::pin(jwt_bearer::respond(request)),
        // It is the authorization endpoint's.
        GrantType::Implicit => Box::pin(async { Err(request.refuse(unsupported_grant_type()).await) }),
    }
}
