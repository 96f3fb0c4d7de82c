//! `grant_type=urn:ietf:params:oauth:grant-type:device_code` (RFC 8628 section 3.4): a device polls for what a person allows it.

use super::{TokenRequest, authorization_code};
use crate::{
    edge::http::failure::MachineFailure,
    oidc::{
        fetcher::Fetcher,
        token::{TokenResponse, code_grant::CodeRequest, unsupported_grant_type},
    },
};

/// Redeems the code of a device.
pub async fn respond(request: &TokenRequest<'_>) -> Result<TokenResponse, MachineFailure> {
    if !request.context.config.device_authorization {
        return Err(request.refuse(unsupported_grant_type()).await);
    }
    let wanted = request.read(CodeRequest::of_device).await?;
    authorization_code::redeem(request, &wanted, Some(Fetcher::Device)).await
}
