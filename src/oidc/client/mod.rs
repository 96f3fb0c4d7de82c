//! A registered client: who may ask for what (RFC 6749 section 2, RFC 7591 section 2).

pub mod app_look;
pub mod app_rules;
pub mod claim_path;
pub mod client_assertion;
pub mod client_auth;
pub mod client_certificate;
pub mod client_id_document;
pub mod client_key;
pub mod client_metadata;
pub mod exchange_rule;
pub mod id_jag_rule;
pub mod own_claim;
pub mod own_lifetimes;
pub mod redirect_uri;
pub mod registration;
pub mod sector_identifier;
pub mod self_service;
pub mod stored_secret;
pub mod terms;

use serde::{Deserialize, Serialize};

pub use self::stored_secret::{SecretAtRest, StoredSecret};
use self::{
    client_certificate::ClientCertificate,
    client_metadata::{AuthMethod, ClientMetadata, ClientSigningAlg, GrantType},
};
use super::{
    dpop::{self, KeyProof},
    error::{ErrorCode, OAuthError},
    jose::{
        jwt::SigningAlg,
        provider_key::{DecryptionAlg, KeyAlg},
    },
    scope::Scope,
};
use crate::{
    config::{Config, FapiProfile, Issuer},
    routes::{self, Endpoint},
    secret::is_random_id,
    time::UnixTime,
};

/// A client as it is stored. Everything but the secrets may be copied to KV.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Client {
    /// `client_id`.
    pub client_id: String,
    /// Rises with every change. What was decided from a copy is checked against it in D1.
    pub version: i64,
    /// `client_id_issued_at`.
    pub issued_at: UnixTime,
    /// What the client registered.
    pub metadata: ClientMetadata,
    /// Of a client whose `client_id` leads to a document that describes it: until when that need not be fetched again.
    #[serde(default)]
    pub document_fresh_until: Option<UnixTime>,
}

/// What becomes of a client's secret when its metadata changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SecretChange {
    /// It gets a new one: it had none, or one that is stored in a way that its new method cannot use.
    New,
    /// It keeps what it has.
    Kept,
    /// It keeps it as a hash alone.
    KeptAsHash,
    /// It uses none any more.
    Dropped,
}

/// Whether a text has the form of the ids that Limen gives to clients, or is the URL of a document: what is sent in its place may be
/// a secret.
pub fn is_client_id(text: &str) -> bool {
    is_random_id(text) || (text.starts_with("https://") && text.len() <= 400)
}

impl Client {
    /// Whether the client registered `grant_type`.
    pub fn may_use(&self, grant_type: GrantType) -> bool {
        self.metadata.grant_types.contains(&grant_type)
    }

    /// Whether the client can be held to a secret or key (RFC 6749 section 2.1).
    pub fn is_confidential(&self) -> bool {
        self.metadata.token_endpoint_auth_method.is_confidential()
    }

    /// Whether the secret itself is needed, to check MACs under it, and not just its hash.
    pub fn needs_secret_itself(&self) -> bool {
        let request_alg = self.metadata.request_object_signing_alg;
        self.metadata.token_endpoint_auth_method == AuthMethod::ClientSecretJwt
            || request_alg.is_some_and(|alg| alg.is_hmac())
    }

    /// What becomes of the secret that is `stored`, now that the client is as it is.
    pub fn secret_change(&self, stored: Option<&StoredSecret>) -> SecretChange {
        let uses_secret = self.metadata.token_endpoint_auth_method.uses_secret();
        match stored {
            _ if !uses_secret => SecretChange::Dropped,
            None => SecretChange::New,
            // Of a hash nobody can make the secret again.
            Some(secret) if self.needs_secret_itself() && secret.current.wrapped.is_none() => SecretChange::New,
            Some(_) if self.needs_secret_itself() => SecretChange::Kept,
            Some(_) => SecretChange::KeptAsHash,
        }
    }

    /// Where the client is managed (RFC 7592 section 2): `endpoint` with its id, which may be a URL, in the path.
    pub fn url_of(&self, endpoint: Endpoint, issuer: &Issuer) -> String {
        issuer.url(&routes::with_segment(endpoint, &self.client_id))
    }

    /// Whether its document was read, and need not be read again yet.
    pub fn is_document_fresh(&self, now: UnixTime) -> bool {
        self.document_fresh_until.is_some_and(|until| now < until)
    }

    /// Whether the client keeps to the profile of the deployment: one that was registered before the operator chose it may not.
    ///
    /// # Errors
    /// `unauthorized_client`.
    pub fn check_profile(&self, config: &Config) -> Result<(), OAuthError> {
        match config.profile {
            Some(profile) if self.metadata.fapi_profile < config.profile => Err(OAuthError::new(
                ErrorCode::UnauthorizedClient,
                format!(
                    "the deployment's PROFILE is {}, and the client's fapi_profile is {}: the operator has to register it for that",
                    profile.as_str(),
                    self.metadata.fapi_profile.map_or("none", FapiProfile::as_str),
                ),
            )),
            _ => Ok(()),
        }
    }

    /// Whether the client showed what its tokens are bound to, where they are: a key, a certificate.
    ///
    /// # Errors
    /// `invalid_request`; `invalid_dpop_proof`: "the authorization server MUST reject token requests from the client that do not
    /// contain the DPoP header" (RFC 9449 section 5.2).
    pub fn check_binding(
        &self,
        proof: Option<&KeyProof>,
        certificate: Option<&ClientCertificate>,
    ) -> Result<(), OAuthError> {
        if self.metadata.dpop_bound_access_tokens && proof.is_none() {
            return Err(dpop::missing());
        }
        self.check_proof(proof.map(|proof| proof.alg))?;
        if self.metadata.tls_client_certificate_bound_access_tokens && certificate.is_none() {
            return Err(OAuthError::invalid_request(
                "the client must show a TLS certificate: its access tokens are bound to it",
            ));
        }
        Ok(())
    }

    /// Whether a DPoP proof of the client's may be signed by `alg`, wherever it comes.
    ///
    /// # Errors
    /// `invalid_dpop_proof`.
    pub fn check_proof(&self, alg: Option<ClientSigningAlg>) -> Result<(), OAuthError> {
        match alg.is_none_or(|alg| self.metadata.may_sign_with(alg)) {
            true => Ok(()),
            false => Err(dpop::invalid(
                "the DPoP proof must be signed by PS256, ES256 or EdDSA (fapi_profile)",
            )),
        }
    }

    /// The part of `requested` that the client may ask for: what it registered, and `offline_access` where it gets refresh tokens
    /// anyway. A client that registered no scope may ask for every one about people, and for those `of_apis` that it names; so may
    /// one that nobody but itself registered, but for `groups`: it could register anew with others, and clients learn only at the
    /// API what they need.
    pub fn permitted(&self, requested: &Scope, of_apis: &Scope) -> Scope {
        let registered = &self.metadata.scope;
        let by_itself = self.metadata.any_api_scope;
        // Of groups an app learns that the operator knows.
        let standard: &[&str] = match by_itself {
            true => &Scope::STANDARD,
            false => &Scope::ABOUT_PEOPLE,
        };
        requested.only(&|token| {
            let is_of_itself = match registered {
                Some(registered) => registered.contains(token),
                None => standard.contains(&token),
            };
            let is_of_apis = || (registered.is_none() || by_itself) && of_apis.contains(token);
            let is_offline = || token == "offline_access" && self.may_use(GrantType::RefreshToken);
            is_of_itself || is_of_apis() || is_offline()
        })
    }

    /// The same where APIs name it with scopes, which are `given` it without a registration.
    pub fn permitted_at(&self, requested: &Scope, (of_apis, given): (&Scope, &Scope)) -> Scope {
        let registered = self.permitted(requested, of_apis);
        registered.union(&requested.intersection(given))
    }

    /// What is left of `scope`, which it was granted: since then an API may have been deleted, or the registration narrowed.
    pub fn still_permitted(&self, scope: &Scope, config: &Config) -> Scope {
        let open = config.resources.open_scopes().collect();
        let given = config.resources.iter().flat_map(|(_, api)| api.given()).collect();
        self.permitted_at(scope, (&open, &given))
    }

    /// The part of `scope` whose claims stand in the ID token of the token endpoint.
    pub fn scope_of_id_token(&self, scope: &Scope) -> Scope {
        if self.metadata.id_token_claims {
            scope.clone()
        } else {
            Scope::default()
        }
    }

    /// Whether its ID tokens have `sid`. FAPI clients are told no more than they asked for: they did where their logout needs it.
    pub fn is_told_sid(&self) -> bool {
        let metadata = &self.metadata;
        !metadata.is_fapi()
            || metadata.backchannel_logout_session_required
            || metadata.frontchannel_logout_session_required
    }

    /// The algorithm under which its tokens are signed; access tokens are also where its ID tokens are not.
    pub fn signing_alg(&self) -> SigningAlg {
        self.metadata.id_token_signed_response_alg.signed().unwrap_or_default()
    }

    /// The keys of Limen's that it needs: what signs for it, and what it encrypts to.
    pub fn needed_keys(&self) -> impl Iterator<Item = KeyAlg> + use<> {
        let signing = [
            Some(self.signing_alg()),
            self.metadata.userinfo_signed_response_alg,
            self.metadata.authorization_signed_response_alg,
            self.metadata.introspection_signed_response_alg,
        ];
        let encryption = self.metadata.request_object_encryption;
        let decrypting = encryption.map(|encryption| KeyAlg::Decrypt(DecryptionAlg::of(encryption.alg)));
        signing.into_iter().flatten().map(KeyAlg::Sign).chain(decrypting)
    }

    /// Whether a document at its `client_id` describes it, and nobody registered it.
    pub fn is_described_by_document(&self) -> bool {
        self.document_fresh_until.is_some()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::secret::{Hash, WrappedSecret};

    fn client(metadata: serde_json::Value) -> Client {
        Client {
            client_id: "https://app.acme.org/oauth?x=y".to_owned(),
            version: 1,
            issued_at: UnixTime(0),
            metadata: serde_json::from_value(metadata).unwrap(),
            document_fresh_until: Some(UnixTime(10)),
        }
    }

    #[test]
    fn a_secret_is_made_kept_or_dropped_by_what_the_client_uses() {
        let stored = |wrapped: Option<&str>| StoredSecret {
            current: SecretAtRest::unnamed(
                Hash::stored("1.h".to_owned()),
                wrapped.map(|text| WrappedSecret::stored(text.to_owned())),
                "1",
            ),
            previous: None,
            more: Vec::new(),
        };
        let change = |method: &str, stored: Option<&StoredSecret>| {
            let metadata =
                json!({ "redirect_uris": ["https://app.acme.org/cb"], "token_endpoint_auth_method": method });
            client(metadata).secret_change(stored)
        };
        let (hashed, wrapped) = (stored(None), stored(Some("1.w")));
        assert_eq!(change("none", Some(&hashed)), SecretChange::Dropped);
        assert_eq!(change("client_secret_basic", None), SecretChange::New);
        assert_eq!(change("client_secret_basic", Some(&wrapped)), SecretChange::KeptAsHash);
        assert_eq!(change("client_secret_jwt", Some(&wrapped)), SecretChange::Kept);
        assert_eq!(change("client_secret_jwt", Some(&hashed)), SecretChange::New);
    }

    #[test]
    fn a_client_id_stands_in_a_path_as_one_segment() {
        let issuer = Issuer::parse("https://id.acme.org").unwrap();
        assert_eq!(
            client(json!({})).url_of(Endpoint::RegisteredClient, &issuer),
            "https://id.acme.org/register/https%3A%2F%2Fapp.acme.org%2Foauth%3Fx%3Dy"
        );
    }

    #[test]
    fn a_document_is_fresh_until_its_time() {
        let described = client(json!({}));
        assert!(described.is_document_fresh(UnixTime(9)) && !described.is_document_fresh(UnixTime(10)));
    }

    #[test]
    fn what_looks_like_a_client_id_may_be_written_down() {
        for id in ["4Usvn5CWcR8bTW2MzVUvAQ", "https://app.acme.org/oauth"] {
            assert!(is_client_id(id), "{id}");
        }
        for other in [
            "hunter2",
            "",
            "http://app.acme.org",
            &format!("https://{}", "a".repeat(400)),
        ] {
            assert!(!is_client_id(other), "{other}");
        }
    }
}
