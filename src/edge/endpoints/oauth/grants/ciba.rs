//! `grant_type=urn:openid:params:grant-type:ciba` (CIBA Core section 10.1): an app polls for what the person whom it asked allows it.

use super::{TokenRequest, authorization_code};
use crate::{
    edge::http::failure::MachineFailure,
    oidc::{
        fetcher::Fetcher,
        token::{TokenResponse, code_grant::CodeRequest, unsupported_grant_type},
    },
};

/// Redeems an `auth_req_id`.
pub async fn respond(request: &TokenRequest<'_>) -> Result<TokenResponse, MachineFailure> {
    if !request.context.config.backchannel_authentication {
        return Err(request.refuse(unsupported_grant_type()).await);
    }
    let wanted = request.read(CodeRequest::of_backchannel).await?;
    authorization_code::redeem(request, &wanted, Some(Fetcher::Backchannel)).await
}
