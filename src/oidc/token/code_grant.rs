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

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: UnixTime = UnixTime(1_800_000_000);
    const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
    const CALLBACK: &str = "https://app.acme.org/cb";
    const API: &str = "https://mcp.acme.org/mcp";

    fn challenge(code_verifier: &str) -> Option<CodeChallenge> {
        CodeChallenge::of_verifier(code_verifier).ok()
    }

    fn targets(uris: &[&str]) -> Targets {
        uris.iter().map(|uri| (*uri).to_owned()).collect()
    }

    fn stored() -> StoredCode {
        StoredCode {
            client_id: "c1".to_owned(),
            redirect_uri: CALLBACK.to_owned(),
            code_challenge: challenge(VERIFIER).map(|challenge| challenge.as_str().to_owned()),
            resources: targets(&[API]),
            expires_at: UnixTime(NOW.0 + 1),
            used_at: None,
            family_id: Some("f".to_owned()),
        }
    }

    fn request() -> CodeRequest {
        CodeRequest {
            code: OpaqueToken::parse(&format!("1.{}", "A".repeat(43))).unwrap(),
            redirect_uri: Some(CALLBACK.to_owned()),
            code_challenge: challenge(VERIFIER),
            resources: targets(&[API]),
        }
    }

    /// What `c1` hears, who asks for `request` with a code that a change made of a good one.
    fn refusal(change: impl FnOnce(&mut StoredCode, &mut CodeRequest)) -> Refusal {
        let (mut code, mut request) = (stored(), request());
        change(&mut code, &mut request);
        code.refusal("c1", &request, NOW)
    }

    fn is_invalid(refusal: &Refusal, about: &str) -> bool {
        matches!(refusal, Refusal::Invalid(why) if why.contains(about))
    }

    #[test]
    fn where_the_request_is_right_what_it_rests_on_ended() {
        assert_eq!(refusal(|_, _| ()), Refusal::Ended);
        assert_eq!(
            refusal(|_, request| request.redirect_uri = None),
            Refusal::Ended,
            "as OAuth 2.1 has it"
        );
    }

    /// RFC 6749 section 4.1.3: "ensure that the authorization code was issued to the authenticated ... client".
    #[test]
    fn another_client_learns_nothing_and_revokes_nothing() {
        let mut code = stored();
        code.used_at = Some(NOW);
        let heard = code.refusal("c2", &request(), NOW);
        assert_eq!(heard, Refusal::Invalid("the code is not valid"));
    }

    /// RFC 6749 section 4.1.3, RFC 7636 section 4.6.
    #[test]
    fn redirect_uri_and_code_verifier_are_those_of_the_authorization_request() {
        let other = refusal(|_, request| request.redirect_uri = Some(format!("{CALLBACK}/")));
        assert!(is_invalid(&other, "redirect_uri"));
        let other = refusal(|_, request| request.code_challenge = challenge(&"x".repeat(43)));
        assert!(is_invalid(&other, "code_verifier"));
        let none = refusal(|_, request| request.code_challenge = None);
        assert!(is_invalid(&none, "code_verifier"));
    }

    /// RFC 9700 section 4.8.2: "ensure that if there was no code_challenge in the authorization request, a request to the
    /// token endpoint containing a code_verifier is rejected".
    #[test]
    fn a_verifier_without_a_challenge_is_a_downgrade() {
        assert!(is_invalid(
            &refusal(|code, _| code.code_challenge = None),
            "code_verifier"
        ));
    }

    /// RFC 6749 section 4.1.2.
    #[test]
    fn a_code_that_was_redeemed_revokes_what_came_of_it_even_when_it_expired() {
        let replayed = Refusal::Replayed {
            family_id: Some("f".to_owned()),
        };
        assert_eq!(refusal(|code, _| code.used_at = Some(NOW)), replayed);
        let late = refusal(|code, _| (code.used_at, code.expires_at) = (Some(NOW), NOW));
        assert_eq!(late, replayed);
    }

    #[test]
    fn a_replay_without_the_verifier_revokes_nothing() {
        let stolen = refusal(|code, request| (code.used_at, request.code_challenge) = (Some(NOW), None));
        assert!(is_invalid(&stolen, "code_verifier"));
    }

    #[test]
    fn a_code_ends_in_the_second_of_its_expiry() {
        assert!(is_invalid(&refusal(|code, _| code.expires_at = NOW), "expired"));
    }

    /// RFC 8707 section 2.2.
    #[test]
    fn an_api_that_the_code_is_not_for_is_a_wrong_target_and_limens_own_is_none() {
        use crate::oidc::resource_indicator::OWN;
        let asks = |uris: &[&str]| refusal(|_, request| request.resources = targets(uris));
        assert_eq!(asks(&["https://cal.acme.org"]), Refusal::Target);
        assert_eq!(asks(&[API, "https://cal.acme.org"]), Refusal::Target);
        for uris in [&[][..], &[API][..], &[OWN][..], &[API, OWN][..]] {
            assert_eq!(asks(uris), Refusal::Ended, "{uris:?}");
        }
    }
}
