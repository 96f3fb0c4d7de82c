//! The operator of a deployment: who holds `ADMIN_TOKEN`.

use super::{context::Context, failure::MachineFailure, request::Incoming};
use crate::oidc::error::OAuthError;

/// Whether the request is the operator's.
pub fn is_operator(request: &Incoming, context: &Context) -> bool {
    let admin_token = context.config.admin_token.as_ref();
    request
        .bearer()
        .zip(admin_token)
        .is_some_and(|(presented, token)| token.matches(&presented))
}

/// Lets the operator pass.
///
/// # Errors
/// 401 with the challenge of RFC 6750.
pub fn require(request: &Incoming, context: &Context) -> Result<(), MachineFailure> {
    if is_operator(request, context) {
        return Ok(());
    }
    let error = OAuthError::invalid_token("the admin token is missing or wrong");
    Err(MachineFailure::Bearer(Some(error)))
}
