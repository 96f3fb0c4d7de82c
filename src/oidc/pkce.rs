//! Proof Key for Code Exchange (RFC 7636). Only `S256`: RFC 9700 section 2.1.1 leaves `plain` no use.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use sha2::{Digest, Sha256};

use super::{
    client::{Client, redirect_uri::ApplicationType},
    error::OAuthError,
    params::Params,
};
use crate::config::PkceRequirement;

/// `code_challenge` of an authorization request: the base64url of a SHA-256.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CodeChallenge(String);

impl CodeChallenge {
    /// Reads `code_challenge` and `code_challenge_method`. Without them there is no challenge, where `required` does not ask
    /// `client` for one.
    ///
    /// # Errors
    /// `invalid_request` for a method other than `S256` (an absent one means `plain`, section 4.3), a challenge that no
    /// verifier can have, or none where it is required.
    pub fn parse(params: &Params, client: &Client, required: PkceRequirement) -> Result<Option<Self>, OAuthError> {
        let method = params.single("code_challenge_method")?;
        match (params.single("code_challenge")?, method) {
            (Some(challenge), Some("S256")) if is_digest(challenge) => Ok(Some(Self(challenge.to_owned()))),
            (Some(_), Some("S256")) => Err(OAuthError::invalid_request(
                "code_challenge is not the base64url of a SHA-256",
            )),
            (Some(_), _) => Err(OAuthError::invalid_request("code_challenge_method must be S256")),
            (None, Some(_)) => Err(OAuthError::invalid_request("code_challenge is missing")),
            (None, None) => match why_required(client, required) {
                None => Ok(None),
                Some(reason) => Err(OAuthError::invalid_request(reason)),
            },
        }
    }

    /// The challenge that `code_verifier` answers (section 4.6).
    ///
    /// # Errors
    /// `invalid_grant` for what cannot be a verifier: "code-verifier = 43*128unreserved" (section 4.1).
    pub fn of_verifier(code_verifier: &str) -> Result<Self, OAuthError> {
        let unreserved = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
        if !(43..=128).contains(&code_verifier.len()) || !code_verifier.bytes().all(unreserved) {
            return Err(OAuthError::invalid_grant(
                "code_verifier must be 43 to 128 unreserved characters",
            ));
        }
        Ok(Self(URL_SAFE_NO_PAD.encode(Sha256::digest(code_verifier))))
    }

    /// The text to store and to compare.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

fn is_native(client: &Client) -> bool {
    client.metadata.application_type == ApplicationType::Native
}

/// Why `client` must use PKCE, if it must.
fn why_required(client: &Client, required: PkceRequirement) -> Option<&'static str> {
    let public = !client.is_confidential();
    match required {
        _ if client.metadata.is_fapi() => Some("code_challenge is missing (PKCE, fapi_profile)"),
        PkceRequirement::All => Some("code_challenge is missing (PKCE)"),
        PkceRequirement::Public if public => Some("public clients must send a code_challenge (PKCE)"),
        // "Authorization servers SHOULD reject authorization requests from native apps that don't use PKCE" (RFC 8252
        // section 8.1).
        PkceRequirement::InsecureNone if public && is_native(client) => {
            Some("native clients must send a code_challenge (PKCE)")
        }
        PkceRequirement::Public | PkceRequirement::InsecureNone => None,
    }
}

pub fn is_digest(challenge: &str) -> bool {
    URL_SAFE_NO_PAD.decode(challenge).is_ok_and(|bytes| bytes.len() == 32)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_example_of_rfc_7636_appendix_b_holds() {
        let challenge = CodeChallenge::of_verifier("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk").unwrap();
        assert_eq!(challenge.as_str(), "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM");
    }

    #[test]
    fn verifiers_of_42_and_129_characters_are_refused() {
        assert!(CodeChallenge::of_verifier(&"a".repeat(43)).is_ok());
        assert!(CodeChallenge::of_verifier(&"a".repeat(128)).is_ok());
        for verifier in [
            "a".repeat(42),
            "a".repeat(129),
            format!("{}+", "a".repeat(50)),
            String::new(),
        ] {
            assert!(CodeChallenge::of_verifier(&verifier).is_err());
        }
    }
}
