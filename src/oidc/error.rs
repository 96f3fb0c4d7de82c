//! What a client is told when a request fails: RFC 6749 sections 4.1.2.1 and 5.2, RFC 6750 section 3.1, RFC 7591
//! section 3.2.2, RFC 8628 section 3.5, RFC 8707 section 2, RFC 9449 section 12.2, RFC 9470 section 3, OIDC Core section 3.1.2.6,
//! CIBA section 13.

use std::borrow::Cow;

use crate::named::named;

named! {
    /// The registered error codes that Limen sends.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    #[allow(missing_docs)] // The names say it.
    pub enum ErrorCode {
        InvalidRequest = "invalid_request",
        InvalidClient = "invalid_client",
        InvalidGrant = "invalid_grant",
        UnauthorizedClient = "unauthorized_client",
        UnsupportedGrantType = "unsupported_grant_type",
        UnsupportedResponseType = "unsupported_response_type",
        InvalidScope = "invalid_scope",
        InvalidTarget = "invalid_target",
        InvalidAuthorizationDetails = "invalid_authorization_details",
        AccessDenied = "access_denied",
        LoginRequired = "login_required",
        ConsentRequired = "consent_required",
        UnmetAuthenticationRequirements = "unmet_authentication_requirements",
        RegistrationNotSupported = "registration_not_supported",
        InvalidRequestUri = "invalid_request_uri",
        InvalidRequestObject = "invalid_request_object",
        InvalidToken = "invalid_token",
        InsufficientScope = "insufficient_scope",
        InsufficientUserAuthentication = "insufficient_user_authentication",
        InvalidRedirectUri = "invalid_redirect_uri",
        InvalidClientMetadata = "invalid_client_metadata",
        InvalidDpopProof = "invalid_dpop_proof",
        UseDpopNonce = "use_dpop_nonce",
        AuthorizationPending = "authorization_pending",
        SlowDown = "slow_down",
        ExpiredToken = "expired_token",
        UnknownUserId = "unknown_user_id",
        InvalidBindingMessage = "invalid_binding_message",
        TemporarilyUnavailable = "temporarily_unavailable",
    }
}

impl ErrorCode {
    /// Whether a request to `/authorize` that fails so is a mistake of the client's developer, rather than the way that things go.
    pub fn is_mistake(self) -> bool {
        !matches!(
            self,
            Self::AccessDenied | Self::LoginRequired | Self::ConsentRequired | Self::UnmetAuthenticationRequirements
        )
    }

    /// The HTTP status of a JSON answer with this code.
    pub fn status(self) -> u16 {
        match self {
            Self::InvalidClient | Self::InvalidToken | Self::InsufficientUserAuthentication => 401,
            Self::InsufficientScope => 403,
            Self::TemporarilyUnavailable => 503,
            _ => 400,
        }
    }
}

/// An error for the client: the code, and a description for its developer. The description never repeats input.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OAuthError {
    /// `error`.
    pub code: ErrorCode,
    /// `error_description`: printable ASCII without `"` and `\` (RFC 6749 section 5.2). What else a text has, [`OAuthError::new`] writes otherwise.
    pub description: Cow<'static, str>,
}

impl OAuthError {
    /// An error with its description.
    pub fn new(code: ErrorCode, description: impl Into<Cow<'static, str>>) -> Self {
        Self {
            code,
            description: plain(description.into()),
        }
    }

    /// `invalid_request`.
    pub fn invalid_request(description: impl Into<Cow<'static, str>>) -> Self {
        Self::new(ErrorCode::InvalidRequest, description)
    }

    /// `access_denied`, where the person said no.
    pub fn refused_by_person() -> Self {
        Self::new(ErrorCode::AccessDenied, "the person refused")
    }

    /// `invalid_client`.
    pub fn invalid_client(description: impl Into<Cow<'static, str>>) -> Self {
        Self::new(ErrorCode::InvalidClient, description)
    }

    /// `invalid_grant`.
    pub fn invalid_grant(description: impl Into<Cow<'static, str>>) -> Self {
        Self::new(ErrorCode::InvalidGrant, description)
    }

    /// `invalid_token`.
    pub fn invalid_token(description: impl Into<Cow<'static, str>>) -> Self {
        Self::new(ErrorCode::InvalidToken, description)
    }
}

/// A text as an `error_description` may be: those that show JSON, or name what somebody wrote, have more.
fn plain(text: Cow<'static, str>) -> Cow<'static, str> {
    let may_be = |c: char| matches!(c, ' '..='~') && !matches!(c, '"' | '\\');
    if text.chars().all(may_be) {
        return text;
    }
    let plain = |c: char| match c {
        '"' => '\'',
        c if may_be(c) => c,
        _ => '?',
    };
    text.chars().map(plain).collect::<String>().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 6749 section 5.2: "Values for the "error_description" parameter MUST NOT include characters outside the set %x20-21 / %x23-5B / %x5D-7E."
    #[test]
    fn a_description_has_no_other_characters_than_it_may() {
        let of = |text: &'static str| OAuthError::invalid_request(text).description;
        assert_eq!(
            of(r#"send {"scopes": "all"} for a\b"#),
            "send {'scopes': 'all'} for a?b"
        );
        assert_eq!(of("caf\u{e9}\r\nX: y"), "caf???X: y");
        assert!(matches!(of("as it is: ~ !"), Cow::Borrowed("as it is: ~ !")));
    }
}
