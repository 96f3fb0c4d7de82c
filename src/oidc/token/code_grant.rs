//! Redeeming an authorization code (RFC 6749 sections 4.1.2 and 4.1.3, RFC 7636 section 4.6).

use crate::{
    config::Config,
    oidc::{error::OAuthError, params::Params, pkce::CodeChallenge, resource_indicator::Targets},
    secret::OpaqueToken,
    time::UnixTime,
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
}

/// A code as it is stored, with all that its redemption must agree with.
#[derive(Debug)]
pub struct StoredCode {
    /// Whom it was issued to.
    pub client_id: String,
    /// Where it was sent.
    pub redirect_uri: String,
    /// The challenge of its request.
    pub code_challenge: Option<String>,
    /// The APIs of its request.
    pub resources: Targets,
    /// When it ends.
    pub expires_at: UnixTime,
    /// When it was redeemed.
    pub used_at: Option<UnixTime>,
    /// The tokens that came of it.
    pub family_id: Option<String>,
}

/// Why a code was not redeemed.
#[derive(Debug, PartialEq, Eq)]
pub enum Refusal {
    /// The client redeemed it before. "The authorization server MUST deny the request and SHOULD revoke (when possible) all
    /// tokens previously issued based on that authorization code."
    Replayed {
        /// The family to revoke.
        family_id: Option<String>,
    },
    /// A token is wanted for an API that the code is not for; the code stays as it was.
    Target,
    /// What the request says is right, and what the code rests on no longer is; the code stays as it was.
    Ended,
    /// Anything else; the code stays as it was.
    Invalid(&'static str),
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
        })
    }
}

impl StoredCode {
    /// Why `request` by `client_id` could not redeem this code. The conditions are those of the statement that redeems.
    pub fn refusal(&self, client_id: &str, request: &CodeRequest, now: UnixTime) -> Refusal {
        let challenge = request.code_challenge.as_ref().map(CodeChallenge::as_str);
        if self.client_id != client_id {
            Refusal::Invalid("the code is not valid")
        } else if request
            .redirect_uri
            .as_ref()
            .is_some_and(|uri| *uri != self.redirect_uri)
        {
            Refusal::Invalid("redirect_uri differs from the one of the authorization request")
        } else if challenge != self.code_challenge.as_deref() {
            Refusal::Invalid("code_verifier does not answer the code_challenge")
        } else if self.used_at.is_some() {
            Refusal::Replayed {
                family_id: self.family_id.clone(),
            }
        } else if self.expires_at <= now {
            Refusal::Invalid("the code has expired")
        } else if !request.resources.foreign().is_subset(&self.resources) {
            Refusal::Target
        } else {
            Refusal::Ended
        }
    }
}

/// The error for a code that nobody issued.
pub fn unknown() -> OAuthError {
    OAuthError::invalid_grant("the code is not valid")
}
