//! The credentials with which a declared API asks about the tokens that it gets (RFC 7662 section 2.1): "the endpoint MUST also require some form
//! of authorization". Clients have no `client_id` of that form, so one is known from the other before anything is read.

use super::client::client_auth::{ClientCredentials, Presented, failed};
use super::{error::OAuthError, params::Params};
use crate::secret::{Hash, OpaqueToken, Purpose, RootKeys, is_random_id};

/// What its `client_id` begins with, before the id of the API.
const CLIENT_ID: &str = "api_";

/// What its secret begins with, so that scanners find one that leaked.
const SECRET: &str = "limen_as_";

/// An API that says who it is.
pub struct ApiCredentials {
    /// Its id.
    pub api_id: String,
    /// The hash of its secret, to be looked up.
    pub secret: Hash,
}

impl ApiCredentials {
    /// Reads the credentials of a request: `None` where they are a client's.
    ///
    /// # Errors
    /// `invalid_client` for a secret that none can be.
    pub fn parse(authorization: Option<&str>, params: &Params, roots: &RootKeys) -> Result<Option<Self>, OAuthError> {
        let credentials = ClientCredentials::parse(authorization, params)?;
        let Some(api_id) = api_of(&credentials.client_id) else {
            return Ok(None);
        };
        let Presented::Secret(_, presented) = &credentials.presented else {
            return Err(failed());
        };
        let token = presented.expose().strip_prefix(SECRET).and_then(OpaqueToken::parse);
        let secret = token.and_then(|token| token.hash(roots, Purpose::ApiSecret));
        Ok(Some(Self {
            api_id: api_id.to_owned(),
            secret: secret.ok_or_else(failed)?,
        }))
    }
}

/// The id of the API that asks by that `client_id`, if one may.
fn api_of(client_id: &str) -> Option<&str> {
    client_id.strip_prefix(CLIENT_ID).filter(|id| is_random_id(id))
}

/// Whether a `client_id` is of the form by which APIs ask: no client has one.
pub fn is_client_id(client_id: &str) -> bool {
    api_of(client_id).is_some()
}

/// The `client_id` by which an API asks.
pub fn client_id(api_id: &str) -> String {
    format!("{CLIENT_ID}{api_id}")
}

/// The text of its secret.
pub fn secret(token: &OpaqueToken) -> String {
    format!("{SECRET}{}", token.expose())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    const ID: &str = "q0rHn4kkbYjTWmF9yGmJZg";

    #[test]
    fn an_api_is_known_by_its_client_id_and_takes_no_other_proof_than_its_secret() {
        let roots = RootKeys::new(BTreeMap::from([(1, [7; 32])]), 1, String::new()).unwrap();
        let token = OpaqueToken::new(&roots, [9; 32]);
        let parse = |client_id: &str, secret: &str| {
            let params = Params::of_texts([("client_id", client_id), ("client_secret", secret)]).unwrap();
            ApiCredentials::parse(None, &params, &roots)
        };
        let found = parse(&client_id(ID), &secret(&token)).unwrap().unwrap();
        assert_eq!(found.api_id, ID);
        assert!(found.secret == token.hash(&roots, Purpose::ApiSecret).unwrap());
        for wrong in ["x", "", token.expose(), &secret(&token)[..30]] {
            assert!(parse(&client_id(ID), wrong).is_err(), "{wrong}");
        }
        for client in [ID, "api_", "api_x", "https://app.acme.org"] {
            assert!(parse(client, &secret(&token)).unwrap().is_none(), "{client}");
        }
        let bare = Params::of_texts([("client_id", client_id(ID).as_str())]).unwrap();
        assert!(ApiCredentials::parse(None, &bare, &roots).is_err());
    }
}
