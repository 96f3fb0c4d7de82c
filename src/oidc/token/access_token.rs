//! Access tokens: JWTs of RFC 9068, presented as RFC 6750 says, or RFC 9449 of those that are bound to a key.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::{
    config::{Issuer, LONGEST_ACCESS_TOKEN},
    oidc::{
        binding::Binding,
        client::client_certificate::ClientCertificate,
        dpop::{self, KeyProof},
        error::OAuthError,
        jose::{audience::Audience, jwt::Unverified},
        params::Params,
        scope::Scope,
    },
    time::UnixTime,
};

/// `typ` of an access token (RFC 9068 section 2.1).
pub const TYPE: &str = "at+jwt";

/// The claims of an access token (RFC 9068 section 2.2).
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct AccessTokenClaims {
    /// The issuer.
    pub iss: String,
    /// The person, or the client itself where no person is involved.
    pub sub: String,
    /// The APIs that it is for: "an array of strings", or one. Limen's own are there under the issuer's name.
    pub aud: Audience,
    /// Whom it was issued to.
    pub client_id: String,
    /// When it ends.
    pub exp: UnixTime,
    /// When it was issued.
    pub iat: UnixTime,
    /// Its identifier.
    pub jti: String,
    /// What it is good for.
    #[serde(default, skip_serializing_if = "Scope::is_empty")]
    pub scope: Scope,
    /// When the person authenticated.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub auth_time: Option<UnixTime>,
    /// How strongly.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub acr: Option<String>,
    /// Who may use it; nobody else can. Without it, whoever bears the token.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cnf: Option<Binding>,
    /// The row that it lives and dies with; none in a token without a person.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub family: Option<String>,
    /// The client that the row is of, where another exchanged its token for this one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub family_client: Option<String>,
    /// Groups and roles, where the operator wants them here, and who acts (`act`). They are read by APIs alone.
    #[serde(flatten, skip_deserializing)]
    pub told: Map<String, Value>,
}

/// More than the bytes of any `jti` of Limen's.
const LONGEST_JTI: usize = 64;

impl AccessTokenClaims {
    /// Checks the claims of a token whose signature holds.
    ///
    /// # Errors
    /// `invalid_token` when it is another issuer's, or expired.
    pub fn check(&self, issuer: &Issuer, now: UnixTime) -> Result<(), OAuthError> {
        if self.iss != issuer.as_str() {
            return Err(OAuthError::invalid_token("the access token is not of this server"));
        }
        if self.exp <= now {
            return Err(OAuthError::invalid_token("the access token has expired"));
        }
        Ok(())
    }

    /// Whether these can be the claims of a token of `client_id` that is to be revoked. The signature is left unchecked, for a forged
    /// token harms its forger alone: the revocation counts for tokens of the client that asks for it, and no longer than a real one
    /// could live.
    pub fn may_be_of(&self, client_id: &str, now: UnixTime) -> bool {
        let is_in_time = self.exp > now && self.exp <= now + LONGEST_ACCESS_TOKEN;
        self.client_id == client_id && is_in_time && self.jti.len() <= LONGEST_JTI
    }

    /// The client whose grant it comes of.
    pub fn granted_to(&self) -> &str {
        self.family_client.as_ref().unwrap_or(&self.client_id)
    }

    /// Whether it is for `api`: the issuer, for Limen's own APIs.
    ///
    /// # Errors
    /// `invalid_token`: "The resource server MUST validate that the aud claim contains a resource indicator value corresponding to
    /// an identifier the resource server expects for itself" (RFC 9068 section 4).
    pub fn check_audience(&self, api: &str) -> Result<(), OAuthError> {
        if self.aud.contains(api) {
            Ok(())
        } else {
            Err(OAuthError::invalid_token("the access token is not for this server"))
        }
    }

    /// Whether the one who presents the token may use it: `shown` is what they have shown beside it. A token that is bound to a key is
    /// no bearer token, and the other way round.
    ///
    /// # Errors
    /// `invalid_token`: "If they do not match, the resource access attempt MUST be rejected with an error" (RFC 8705 section 3);
    /// "the resource server MUST NOT grant access to the resource unless all checks are successful" (RFC 9449 section 7.1).
    pub fn check_presenter(&self, shown: &ShownBinding<'_>) -> Result<(), OAuthError> {
        let refusal = match (&self.cnf, shown) {
            (Some(Binding::Key(jkt)), ShownBinding::Key(proof)) if proof.jkt == *jkt => return Ok(()),
            (Some(Binding::Key(_)), ShownBinding::Key(_)) => {
                "the access token is bound to another key than that of the DPoP proof"
            }
            (Some(Binding::Key(_)), ShownBinding::Certificate(_)) => {
                "the access token is bound to a key: it comes with the scheme DPoP and a proof"
            }
            (_, ShownBinding::Key(_)) => "the access token is not bound to a key: it comes with the scheme Bearer",
            (Some(Binding::Certificate(digest)), ShownBinding::Certificate(Some(shown)))
                if shown.thumbprint() == *digest =>
            {
                return Ok(());
            }
            (Some(Binding::Certificate(_)), ShownBinding::Certificate(_)) => {
                "the access token belongs to the holder of another certificate"
            }
            (None, ShownBinding::Certificate(_)) => return Ok(()),
        };
        Err(OAuthError::invalid_token(refusal))
    }
}

/// What a request shows beside its access token: a key, with the scheme DPoP, or a certificate, perhaps, with the scheme Bearer.
pub enum ShownBinding<'a> {
    /// The key of a DPoP proof.
    Key(&'a KeyProof),
    /// The certificate of the connection.
    Certificate(Option<&'a ClientCertificate>),
}

/// How an access token is presented.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scheme {
    /// RFC 6750.
    Bearer,
    /// RFC 9449 section 7.1.
    Dpop,
}

impl Scheme {
    /// The proof that has to come along, if any has to.
    ///
    /// # Errors
    /// `invalid_dpop_proof` where it is missing, or made for another token than `text`: "ensure that the value of the ath claim equals
    /// the hash of that access token" (RFC 9449 section 4.3).
    pub fn proof(self, brought: Option<KeyProof>, text: &str) -> Result<Option<KeyProof>, OAuthError> {
        match (self, brought) {
            (Self::Bearer, _) => Ok(None),
            (Self::Dpop, None) => Err(dpop::invalid("the DPoP header is missing")),
            (Self::Dpop, Some(proof)) if proof.covers(text) => Ok(Some(proof)),
            (Self::Dpop, Some(_)) => Err(dpop::invalid("the ath of the DPoP proof is not of this access token")),
        }
    }
}

/// Takes an access token apart, before its signature is checked.
///
/// # Errors
/// `invalid_token` when it is none.
pub fn parse(text: &str) -> Result<(Unverified<'_>, AccessTokenClaims), OAuthError> {
    Unverified::parse(text)
        .filter(|token| token.has_type(TYPE) && token.alg().is_some() && token.kid().is_some())
        .and_then(|token| token.claims_unverified().map(|claims| (token, claims)))
        .ok_or_else(|| OAuthError::invalid_token("the access token is malformed"))
}

/// Finds the token that a request presents, in the `Authorization` header or the form (RFC 6750 sections 2.1 and 2.2).
///
/// # Errors
/// `None` when there is none at all: "the resource server SHOULD NOT include an error code"; `invalid_request` when there
/// are two, `invalid_token` when the header is of another scheme.
pub fn presented<'a>(
    authorization: Option<&'a str>,
    form: &'a Params,
) -> Result<(Scheme, &'a str), Option<OAuthError>> {
    let in_form = form.single("access_token").map_err(Some)?;
    match (authorization, in_form) {
        (Some(_), Some(_)) => Err(Some(OAuthError::invalid_request("the access token is presented twice"))),
        (Some(header), None) => match header.split_once(' ') {
            Some((scheme, token)) if scheme.eq_ignore_ascii_case("bearer") => Ok((Scheme::Bearer, token.trim())),
            Some((scheme, token)) if scheme.eq_ignore_ascii_case("dpop") => Ok((Scheme::Dpop, token.trim())),
            _ => Err(Some(OAuthError::invalid_token(
                "the Authorization scheme must be Bearer or DPoP",
            ))),
        },
        (None, Some(token)) => Ok((Scheme::Bearer, token)),
        (None, None) => Err(None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::oidc::{client::client_metadata::ClientSigningAlg, error::ErrorCode, single_use::SingleUse};

    const ISSUER: &str = "https://id.acme.org";
    const NOW: UnixTime = UnixTime(1_800_000_000);

    fn issuer() -> Issuer {
        Issuer::parse(ISSUER).unwrap()
    }

    fn claims() -> AccessTokenClaims {
        AccessTokenClaims {
            iss: ISSUER.to_owned(),
            sub: "u".to_owned(),
            aud: Audience::One(ISSUER.to_owned()),
            client_id: "c1".to_owned(),
            exp: UnixTime(NOW.0 + 1),
            iat: NOW,
            jti: "j".to_owned(),
            scope: Scope::default(),
            auth_time: None,
            acr: None,
            cnf: None,
            family: None,
            family_client: None,
            told: Map::new(),
        }
    }

    fn certificate(digit: &str) -> ClientCertificate {
        ClientCertificate::new(&digit.repeat(64), None).unwrap()
    }

    fn code(result: Result<(), OAuthError>) -> Result<(), ErrorCode> {
        result.map_err(|error| error.code)
    }

    /// RFC 9068 section 4: "The issuer identifier ... MUST exactly match the value of the iss claim."
    #[test]
    fn a_token_of_another_issuer_is_not_valid() {
        assert_eq!(code(claims().check(&issuer(), NOW)), Ok(()));
        for iss in ["https://id.acme.org/", "https://other.acme.org", ""] {
            let foreign = AccessTokenClaims {
                iss: iss.to_owned(),
                ..claims()
            };
            assert_eq!(
                code(foreign.check(&issuer(), NOW)),
                Err(ErrorCode::InvalidToken),
                "{iss}"
            );
        }
    }

    /// RFC 9068 section 4: "The current time MUST be before the time represented by the exp claim."
    #[test]
    fn a_token_is_valid_until_the_second_of_its_exp_and_not_in_it() {
        let expired = |exp| AccessTokenClaims {
            exp: UnixTime(exp),
            ..claims()
        };
        assert_eq!(code(expired(NOW.0 + 1).check(&issuer(), NOW)), Ok(()));
        for exp in [NOW.0, NOW.0 - 1] {
            assert_eq!(code(expired(exp).check(&issuer(), NOW)), Err(ErrorCode::InvalidToken));
        }
    }

    /// RFC 9068 section 4.
    #[test]
    fn a_token_for_other_apis_alone_is_not_for_limens_own() {
        let addressed = |audiences: &[&str]| {
            let aud = Audience::of(audiences.iter().map(|one| (*one).to_owned())).unwrap();
            code(AccessTokenClaims { aud, ..claims() }.check_audience(ISSUER))
        };
        let api = "https://mcp.acme.org/mcp";
        assert_eq!(addressed(&[ISSUER]), Ok(()));
        assert_eq!(addressed(&[api, ISSUER]), Ok(()));
        assert_eq!(addressed(&[api]), Err(ErrorCode::InvalidToken));
        assert_eq!(addressed(&["https://id.acme.org/"]), Err(ErrorCode::InvalidToken));
    }

    fn key_proof(jkt: &str) -> KeyProof {
        KeyProof {
            alg: ClientSigningAlg::ES256,
            jkt: jkt.to_owned(),
            single_use: SingleUse::new(&[], NOW),
            ath: None,
        }
    }

    fn bound(binding: Binding) -> AccessTokenClaims {
        AccessTokenClaims {
            cnf: Some(binding),
            ..claims()
        }
    }

    /// RFC 8705 section 3.
    #[test]
    fn a_token_bound_to_a_certificate_is_for_its_holder_alone() {
        let bound = bound(Binding::from(&certificate("a")));
        let (own, other, key) = (certificate("a"), certificate("b"), key_proof("k"));
        assert_eq!(
            code(bound.check_presenter(&ShownBinding::Certificate(Some(&own)))),
            Ok(())
        );
        for shown in [
            ShownBinding::Certificate(Some(&other)),
            ShownBinding::Certificate(None),
            ShownBinding::Key(&key),
        ] {
            assert_eq!(code(bound.check_presenter(&shown)), Err(ErrorCode::InvalidToken));
        }
    }

    /// RFC 9449 section 7.1.
    #[test]
    fn a_token_bound_to_a_key_is_for_its_holder_alone_and_no_bearer_token() {
        let bound = bound(Binding::Key("k".to_owned()));
        let (own, other, shown) = (key_proof("k"), key_proof("l"), certificate("a"));
        assert_eq!(code(bound.check_presenter(&ShownBinding::Key(&own))), Ok(()));
        for shown in [
            ShownBinding::Key(&other),
            ShownBinding::Certificate(None),
            ShownBinding::Certificate(Some(&shown)),
        ] {
            assert_eq!(code(bound.check_presenter(&shown)), Err(ErrorCode::InvalidToken));
        }
    }

    #[test]
    fn an_unbound_token_is_for_whoever_bears_it_and_takes_no_proof() {
        let (shown, key) = (certificate("a"), key_proof("k"));
        for bearer in [ShownBinding::Certificate(None), ShownBinding::Certificate(Some(&shown))] {
            assert_eq!(code(claims().check_presenter(&bearer)), Ok(()));
        }
        assert_eq!(
            code(claims().check_presenter(&ShownBinding::Key(&key))),
            Err(ErrorCode::InvalidToken)
        );
    }

    /// RFC 9449 section 7.1.
    #[test]
    fn the_scheme_dpop_needs_a_proof_for_that_very_token() {
        let proof = |ath: Option<&str>| KeyProof {
            ath: ath.map(str::to_owned),
            ..key_proof("k")
        };
        // The example of section 7.1.
        let (token, ath) = (
            "Kz~8mXK1EalYznwH-LC-1fBAo.4Ljp~zsPE_NeO.gxU",
            "fUHyO2r2Z3DZ53EsNrWBb0xWXoaNy59IiKCAqksmQEo",
        );
        let refused = |brought| Scheme::Dpop.proof(brought, token).err().map(|error| error.code);
        assert_eq!(refused(Some(proof(Some(ath)))), None);
        for brought in [None, Some(proof(None)), Some(proof(Some("x")))] {
            assert_eq!(refused(brought), Some(ErrorCode::InvalidDpopProof));
        }
        assert!(Scheme::Bearer.proof(Some(proof(None)), token).unwrap().is_none());
    }

    #[test]
    fn the_scheme_is_read_in_any_case_and_a_form_is_a_bearers() {
        let (none, form) = (Params::default(), Params::parse("access_token=t").unwrap());
        assert_eq!(presented(Some("bEARER t"), &none), Ok((Scheme::Bearer, "t")));
        assert_eq!(presented(Some("dpop  t "), &none), Ok((Scheme::Dpop, "t")));
        assert_eq!(presented(None, &form), Ok((Scheme::Bearer, "t")));
        assert_eq!(presented(None, &none), Err(None));
        for (header, form) in [("DPoP t", &form), ("Basic t", &none), ("DPoP", &none), ("", &none)] {
            assert!(
                presented(Some(header), form).is_err_and(|error| error.is_some()),
                "{header}"
            );
        }
    }
}
