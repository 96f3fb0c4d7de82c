//! `grant_type=urn:ietf:params:oauth:grant-type:device_code` (RFC 8628 section 3.4): a device polls for what a person allows it. A poll
//! writes nothing. How often a device polls is for the isolate to remember: another one does not know, and tells no `slow_down`.

use super::{TokenRequest, authorization_code};
use crate::{
    edge::{http::failure::MachineFailure, platform::context::Context},
    memory::ShortMemory,
    oidc::{
        device::{self, Pace, Waiting},
        error::OAuthError,
        fetcher::Fetcher,
        token::{TokenResponse, code_grant::CodeRequest, unsupported_grant_type},
    },
    secret::Hash,
};

/// The most requests whose polling is remembered.
const MOST: usize = 1_000;

thread_local! {
    static PACES: ShortMemory<Pace> = ShortMemory::new(MOST, device::LIFETIME);
}

/// Redeems the code of a device.
pub async fn respond(request: &TokenRequest<'_>) -> Result<TokenResponse, MachineFailure> {
    if !request.context.config.device_authorization {
        return Err(request.refuse(unsupported_grant_type()).await);
    }
    let wanted = request.read(CodeRequest::of_device).await?;
    authorization_code::redeem(request, &wanted, Some((Fetcher::Device, refuse))).await
}

/// What who polls is told while it gets nothing. It has authenticated: nobody else learns how its request stands.
pub(super) fn refuse(waiting: Waiting, hash: &Hash, context: &Context) -> OAuthError {
    let (name, now) = (hash.as_str(), context.now);
    let too_fast = PACES.with(|paces| {
        let (pace, too_fast) = Pace::after(paces.get(name, now), now);
        paces.put(name, pace, now);
        too_fast
    });
    waiting.error(too_fast)
}
