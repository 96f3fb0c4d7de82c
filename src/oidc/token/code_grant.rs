//! Redeeming an authorization code (RFC 6749 sections 4.1.2 and 4.1.3, RFC 7636 section 4.6).

use serde::Deserialize;

use crate::{
    config::Config,
    oidc::{
        authorization_details::{self, AuthorizationDetails},
        error::OAuthError,
        params::Params,
        pkce::CodeChallenge,
        resource_indicator::{self, Targets},
    },
    secret::OpaqueToken,
};

/// A request to redeem a code.
pub struct CodeRequest {
    /// `code`.
    pub code: OpaqueToken,
    /// `redirect_uri`.
    pub redirect_uri: Option<String>,
    /// The challenge that `code_verifier` answers.
    pub code_challenge: Option<CodeChallenge>,
    /// `resource`: for which of the APIs that the code is for, where not for all.
    pub resources: Targets,
    /// `authorization_details`: which of those that the code is for, where not all.
    pub details: AuthorizationDetails,
}

/// How a code stands to a request: what the statement that redeems it finds, first things first. Unless it is `Good`, the code
/// stays as it was.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    /// It is another client's.
    Foreign,
    /// It was sent elsewhere.
    RedirectUri,
    /// "if the values are not equal, an error response indicating "invalid_grant" ... MUST be returned" (RFC 7636 section 4.6);
    /// also a verifier where there was no challenge (RFC 9700 section 4.8.2).
    CodeVerifier,
    /// It is bound to a key that was not shown: "If they do not match, it MUST reject the request" (RFC 9449 section 10).
    Binding,
    /// The client redeemed it before. "The authorization server MUST deny the request and SHOULD revoke (when possible) all
    /// tokens previously issued based on that authorization code."
    Replayed,
    /// It is too old.
    Expired,
    /// A token is wanted for an API that it is not for.
    Target,
    /// Details are wanted that it is not for.
    Details,
    /// None of the APIs that it is for is known any more.
    NoTarget,
    /// What it rests on ended.
    Ended,
    /// The operator says that the client is not for the person.
    Closed,
    /// The client or the signing key is another than was looked at before: to be tried again.
    NotReady,
    /// The client cannot read its ID token.
    Unreadable,
    /// Nothing keeps it from being redeemed.
    Good,
}

impl CodeRequest {
    /// Reads the request.
    ///
    /// # Errors
    /// `invalid_request` without a code; `invalid_grant` for a code or verifier that cannot be one; `invalid_target`.
    pub fn parse(params: &Params, config: &Config) -> Result<Self, OAuthError> {
        let code = OpaqueToken::parse(params.required("code")?);
        let code_challenge = params
            .single("code_verifier")?
            .map(CodeChallenge::of_verifier)
            .transpose()?;
        let redirect_uri = params.single("redirect_uri")?.map(str::to_owned);
        if redirect_uri.is_none() && code_challenge.is_none() {
            // OAuth 2.1 drops redirect_uri here for those who use PKCE.
            return Err(OAuthError::invalid_request("redirect_uri is missing"));
        }
        Ok(Self {
            code: code.ok_or_else(unknown)?,
            redirect_uri,
            code_challenge,
            resources: Targets::parse(params, config)?,
            details: AuthorizationDetails::parse(params, &config.detail_types)?,
        })
    }
}

impl CodeRequest {
    /// Reads the request of a device (RFC 8628 section 3.4).
    ///
    /// # Errors
    /// As [`CodeRequest::parse`].
    pub fn of_device(params: &Params, config: &Config) -> Result<Self, OAuthError> {
        Self::fetching("device_code", params, config)
    }

    /// Reads that of an app that asked a person (CIBA section 10.1).
    ///
    /// # Errors
    /// As [`CodeRequest::parse`].
    pub fn of_backchannel(params: &Params, config: &Config) -> Result<Self, OAuthError> {
        Self::fetching("auth_req_id", params, config)
    }

    fn fetching(name: &str, params: &Params, config: &Config) -> Result<Self, OAuthError> {
        let code = OpaqueToken::parse(params.required(name)?);
        Ok(Self {
            code: code.ok_or_else(unknown)?,
            redirect_uri: None,
            code_challenge: None,
            resources: Targets::parse(params, config)?,
            details: AuthorizationDetails::parse(params, &config.detail_types)?,
        })
    }
}

impl Standing {
    /// What the client is told, where that is all there is to it. Another client learns nothing, not even that there is such a
    /// code.
    pub fn refusal(self) -> Option<OAuthError> {
        let invalid = |why| Some(OAuthError::invalid_grant(why));
        match self {
            Self::Foreign => Some(unknown()),
            Self::RedirectUri => invalid("redirect_uri differs from the one of the authorization request"),
            Self::CodeVerifier => invalid("code_verifier does not answer the code_challenge"),
            Self::Binding => invalid("the code is bound to another key than that of the DPoP proof"),
            Self::Replayed => invalid("the code was used before"),
            Self::Expired => invalid("the code has expired"),
            Self::Target => Some(resource_indicator::not_granted()),
            Self::Details => Some(authorization_details::beyond_grant()),
            Self::NoTarget => Some(resource_indicator::not_known()),
            Self::Ended => invalid("the authorization behind the code has ended"),
            Self::Closed => invalid("the person may not use this client"),
            Self::NotReady | Self::Unreadable | Self::Good => None,
        }
    }
}

/// The error for a code that nobody issued.
pub fn unknown() -> OAuthError {
    OAuthError::invalid_grant("the code is not valid")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::oidc::error::ErrorCode;

    fn read(name: &str) -> Standing {
        serde_json::from_value(serde_json::Value::from(name)).unwrap()
    }

    fn told(name: &str) -> Option<ErrorCode> {
        read(name).refusal().map(|error| error.code)
    }

    #[test]
    fn a_code_that_is_good_or_has_to_be_looked_at_again_is_not_refused() {
        for name in ["good", "not_ready", "unreadable"] {
            assert_eq!(told(name), None, "{name}");
        }
    }

    /// RFC 6749 section 5.2, RFC 8707 section 2.
    #[test]
    fn each_reason_has_its_error() {
        for name in [
            "foreign",
            "redirect_uri",
            "code_verifier",
            "binding",
            "replayed",
            "expired",
            "ended",
            "closed",
        ] {
            assert_eq!(told(name), Some(ErrorCode::InvalidGrant), "{name}");
        }
        for name in ["target", "no_target"] {
            assert_eq!(told(name), Some(ErrorCode::InvalidTarget), "{name}");
        }
    }

    /// RFC 6749 section 4.1.3: "ensure that the authorization code was issued to the authenticated ... client".
    #[test]
    fn another_client_learns_nothing() {
        assert_eq!(read("foreign").refusal(), Some(unknown()));
    }
}
