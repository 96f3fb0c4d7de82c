//! Why a field of client metadata is refused (OIDC Registration section 3.3).

use crate::oidc::error::{ErrorCode, OAuthError};

/// The refusal of a field.
pub(super) fn refusal(field: &str, why: &str) -> OAuthError {
    let code = if field == "redirect_uris" {
        ErrorCode::InvalidRedirectUri
    } else {
        ErrorCode::InvalidClientMetadata
    };
    OAuthError::new(code, format!("{field} {why}"))
}
