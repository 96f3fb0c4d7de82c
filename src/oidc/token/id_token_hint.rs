//! `id_token_hint`: "ID Token previously issued by the Authorization Server being passed as a hint about the End-User's
//! current or past authenticated session with the Client" (OIDC Core section 3.1.2.1).

use serde::Deserialize;

use crate::{
    config::Issuer,
    oidc::{error::OAuthError, jose::jwt::Unverified},
    time::UnixTime,
};

/// An ID token that came as a hint. Who it names counts only once its signature was checked; that it has expired does not
/// matter.
#[derive(Clone, Debug)]
pub struct IdTokenHint {
    text: String,
    claims: HintClaims,
}

#[derive(Clone, Debug, Deserialize)]
struct HintClaims {
    iss: String,
    sub: String,
    aud: String,
    sid: Option<String>,
    auth_time: Option<UnixTime>,
    /// What every ID token has (Core section 2), and neither signed UserInfo nor a signed authorization response, which go by the
    /// same `typ`.
    #[serde(rename = "exp")]
    _exp: UnixTime,
    #[serde(rename = "iat")]
    _iat: UnixTime,
}

/// `typ` of an ID token, as [`Unverified::has_type`] compares it. Access tokens and logout tokens have one of their own.
pub const TYPE: &str = "jwt";

impl IdTokenHint {
    /// Reads a hint.
    ///
    /// # Errors
    /// `invalid_request` for what is no ID token.
    pub fn parse(text: &str) -> Result<Self, OAuthError> {
        let token = Unverified::parse(text)
            .filter(|token| token.has_type(TYPE))
            .ok_or_else(refused)?;
        let claims = token.claims_unverified().ok_or_else(refused)?;
        Ok(Self {
            text: text.to_owned(),
            claims,
        })
    }

    /// The token, to check its signature.
    pub fn token(&self) -> Option<Unverified<'_>> {
        Unverified::parse(&self.text)
    }

    /// Whether it says that it is Limen's: "the OP MUST validate that it was the issuer of the ID Token" (section 3.1.2.2).
    pub fn names_issuer(&self, issuer: &Issuer) -> bool {
        self.claims.iss == issuer.as_str()
    }

    /// Whose it says that it is.
    pub fn issuer(&self) -> &str {
        &self.claims.iss
    }

    /// Who is expected to be signed in.
    pub fn subject(&self) -> &str {
        &self.claims.sub
    }

    /// The client that it was issued to.
    pub fn audience(&self) -> &str {
        &self.claims.aud
    }

    /// The session that it was issued in, as that client sees it.
    pub fn sid(&self) -> Option<&str> {
        self.claims.sid.as_deref()
    }

    /// When the person had signed in.
    pub fn auth_time(&self) -> Option<UnixTime> {
        self.claims.auth_time
    }
}

/// The error for a hint that is not an ID token of Limen's.
pub fn refused() -> OAuthError {
    OAuthError::invalid_request("id_token_hint is not an ID token of this server")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::oidc::jose::jwt::{SigningAlg, SigningInput};

    fn token(typ: &str) -> String {
        let claims = serde_json::json!({
            "iss": "https://id.acme.org", "sub": "u", "aud": "c", "exp": 1, "iat": 1
        });
        SigningInput::new(SigningAlg::RS256, "k", typ, claims)
            .unwrap()
            .with_signature(&[1])
    }

    #[test]
    fn an_expired_id_token_is_a_hint_and_an_access_token_is_none() {
        assert_eq!(IdTokenHint::parse(&token("JWT")).unwrap().subject(), "u");
        assert!(IdTokenHint::parse(&token("at+jwt")).is_err());
        assert!(IdTokenHint::parse(&token("logout+jwt")).is_err());
        assert!(IdTokenHint::parse("garbage").is_err());
    }
}
