//! Subject identifiers: who a person is to a client (OIDC Core section 8).

use std::fmt;

use serde::Deserialize;
use sha2::{Digest, Sha256};

use super::{
    client::{Client, sector_identifier::sector},
    pkce::is_digest,
};
use crate::secret::random_text;

/// What keeps a person's pairwise identifiers apart: who knows the person's public one still cannot work them out. It stays
/// for as long as the account, also when root keys rotate.
#[derive(Clone, PartialEq, Eq, Deserialize)]
#[serde(transparent)]
pub struct SubjectSalt(String);

impl SubjectSalt {
    /// A salt from fresh random bytes.
    pub fn new(random: [u8; 32]) -> Self {
        Self(random_text(random))
    }

    /// Takes a salt out of storage, or of an export.
    pub fn stored(text: String) -> Self {
        Self(text)
    }

    /// The text to store.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for SubjectSalt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SubjectSalt(..)")
    }
}

/// The `sub` by which `client` knows the person of an account. A pairwise one is "SHA-256 ( sector_identifier ||
/// local_account_id || salt )", the example of section 8.1.
pub fn subject(client: &Client, user_id: &str, salt: &SubjectSalt) -> String {
    match sector(&client.client_id, &client.metadata) {
        None => user_id.to_owned(),
        Some(sector) => {
            let digest = Sha256::new()
                .chain_update(sector)
                .chain_update("\0")
                .chain_update(user_id)
                .chain_update("\0")
                .chain_update(&salt.0);
            random_text::<32>(digest.finalize().into())
        }
    }
}

/// Whether an id has the form of a pairwise subject, so that it may be the one by which apps know somebody.
pub fn may_be_pairwise(id: &str) -> bool {
    is_digest(id)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::time::UnixTime;

    fn client(client_id: &str, metadata: Value) -> Client {
        let mut wire = json!({"redirect_uris": ["https://app.acme.org/cb"], "subject_type": "pairwise"});
        wire.as_object_mut()
            .unwrap()
            .extend(metadata.as_object().unwrap().clone());
        Client {
            client_id: client_id.to_owned(),
            version: 1,
            issued_at: UnixTime(0),
            document_fresh_until: None,
            metadata: serde_json::from_value(wire).unwrap(),
        }
    }

    fn sub(metadata: Value) -> String {
        subject(&client("c", metadata), "u", &SubjectSalt::new([1; 32]))
    }

    #[test]
    fn a_public_subject_is_the_same_for_every_client() {
        assert_eq!(sub(json!({"subject_type": "public"})), "u");
    }

    #[test]
    fn a_pairwise_subject_differs_by_sector_person_and_salt() {
        let one = sub(json!({}));
        assert_ne!(one, sub(json!({"redirect_uris": ["https://b.acme.org/cb"]})));
        assert_ne!(one, subject(&client("c", json!({})), "v", &SubjectSalt::new([1; 32])));
        assert_ne!(one, subject(&client("c", json!({})), "u", &SubjectSalt::new([2; 32])));
        assert_ne!(one, "u", "not the public one");
        assert_eq!(one.len(), 43, "a digest of 256 bits as base64url");
        assert!(may_be_pairwise(&one));
    }

    /// What Limen, Auth0, Cognito, Firebase, Keycloak and the converters give.
    #[test]
    fn ids_of_people_and_apps_are_no_pairwise_subjects() {
        for id in [
            "FDx3mTPCu2cHzNRxwj0V_Q",
            "auth0|5f7c8ec7c33c6c004bbafe82",
            "google-oauth2|103547991597142817347",
            "8a5e6f0c-6f5b-4d35-9d0c-2f2d1c0b7a11",
            "eu-central-1_8a5e6f0c-6f5b-4d35-9d0c-2f2d1c0b7a11",
            "piOsGAVgCfTMhtAgbzWZN5Xq3Hk2",
            "authelia-FDx3mTPCu2cHzNRxwj0V_Q",
        ] {
            assert!(!may_be_pairwise(id), "{id}");
        }
    }

    #[test]
    fn clients_of_a_sector_share_it() {
        let one = sub(json!({}));
        let other = client("d", json!({"redirect_uris": ["https://app.acme.org/another"]}));
        assert_eq!(one, subject(&other, "u", &SubjectSalt::new([1; 32])));
        let named = json!({
            "redirect_uris": ["https://x.acme.org/cb", "https://y.acme.org/cb"],
            "sector_identifier_uri": "https://app.acme.org/sector.json",
        });
        assert_eq!(one, sub(named));
    }

    #[test]
    fn apps_on_devices_share_nothing() {
        let native = json!({"application_type": "native", "redirect_uris": ["http://127.0.0.1/cb", "org.acme:/cb"]});
        let [a, b] = ["a", "b"].map(|id| subject(&client(id, native.clone()), "u", &SubjectSalt::new([1; 32])));
        assert_ne!(a, b);
    }
}
