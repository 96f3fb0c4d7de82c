//! How a client proves itself at an endpoint (RFC 6749 section 2.3, OIDC Core section 9).

use base64::{Engine, engine::general_purpose::STANDARD};

use super::{
    Client, SecretAtRest, StoredSecret,
    client_assertion::{self, ClientAssertion},
    client_metadata::AuthMethod,
};
use crate::{
    oidc::{
        error::OAuthError,
        params::{self, Params},
    },
    secret::{ClientSecret, Hash, KekVersion, Key, Purpose, RootKeys},
    time::UnixTime,
};

/// What a request presents: a client's identifier, and what shall prove it.
pub struct ClientCredentials {
    /// `client_id`.
    pub client_id: String,
    /// The proof.
    pub presented: Presented,
}

/// By what a client wants to prove itself.
pub enum Presented {
    /// By nothing in the request: a public client, or one that is known by its TLS certificate.
    Nothing,
    /// By its secret, through one of two methods.
    Secret(AuthMethod, ClientSecret),
    /// By an assertion.
    Assertion(ClientAssertion),
}

impl ClientCredentials {
    /// Finds the credentials in the `Authorization` header and the body.
    ///
    /// # Errors
    /// `invalid_client` when there are none or they are broken; `invalid_request` when there are two: "The client MUST NOT
    /// use more than one authentication method in each request" (RFC 6749 section 2.3).
    pub fn parse(authorization: Option<&str>, params: &Params) -> Result<Self, OAuthError> {
        let client_id = params.single("client_id")?;
        let basic = authorization.map(parse_basic).transpose()?;
        let post = params.single("client_secret")?;
        let assertion = parse_assertion(params)?;
        let (id, presented) = match (basic, post, assertion) {
            (None, None, None) => match client_id {
                Some(id) => (id.to_owned(), Presented::Nothing),
                None => return Err(OAuthError::invalid_client("client authentication is missing")),
            },
            // Libraries send the identifier of a client without a secret like this, too (RFC 6749 section 2.3.1: the secret MAY be
            // left out where it is empty).
            (Some((id, secret)), None, None) if secret.is_empty() => (id, Presented::Nothing),
            (Some((id, secret)), None, None) => (id, secret_by(AuthMethod::ClientSecretBasic, secret)),
            (None, Some(secret), None) => match client_id {
                Some(id) => (
                    id.to_owned(),
                    secret_by(AuthMethod::ClientSecretPost, secret.to_owned()),
                ),
                None => return Err(OAuthError::invalid_client("client authentication is missing")),
            },
            (None, None, Some(assertion)) => (assertion.client_id().to_owned(), Presented::Assertion(assertion)),
            _ => {
                return Err(OAuthError::invalid_request(
                    "two methods of client authentication at once",
                ));
            }
        };
        // RFC 7521 section 4.2: client_id "MUST identify the same client as is identified by the client assertion".
        if client_id.is_some_and(|other| other != id) {
            return Err(OAuthError::invalid_request(
                "client_id differs from the authenticated client",
            ));
        }
        Ok(Self {
            client_id: id,
            presented,
        })
    }

    /// The method that a secret or nothing is. An assertion is judged before D1 is asked.
    pub fn method(&self) -> AuthMethod {
        match &self.presented {
            Presented::Nothing => AuthMethod::None,
            Presented::Secret(method, _) => *method,
            Presented::Assertion(assertion) => assertion.method(),
        }
    }

    /// The hashes that the stored secret may have: one for each root key that is configured.
    pub fn secret_hashes(&self, roots: &RootKeys) -> Vec<Hash> {
        match &self.presented {
            Presented::Secret(_, secret) => possible_hashes(secret, &self.client_id, roots),
            _ => Vec::new(),
        }
    }

    /// The secret that is presented, with what is stored of it, where it is one of the `stored` that work.
    pub fn matching<'s>(
        &self,
        stored: &'s StoredSecret,
        roots: &RootKeys,
        now: UnixTime,
    ) -> Option<(&ClientSecret, &'s SecretAtRest)> {
        let Presented::Secret(_, secret) = &self.presented else {
            return None;
        };
        let hashes = self.secret_hashes(roots);
        let found = stored.valid(now).find(|known| hashes.contains(&known.hash))?;
        Some((secret, found))
    }

    /// Whether these credentials, a secret or nothing, are those of `client`.
    ///
    /// # Errors
    /// `invalid_client`, alike for a wrong secret and for an unknown client (pass `None`).
    pub fn authenticate(
        &self,
        client: Option<(&Client, Option<&StoredSecret>)>,
        roots: &RootKeys,
        now: UnixTime,
    ) -> Result<(), OAuthError> {
        let (client, stored) = client.ok_or_else(failed)?;
        if !client.metadata.takes(self.method()) {
            return Err(client.metadata.token_endpoint_auth_method.refusal_of(self.method()));
        }
        if matches!(self.presented, Presented::Nothing) {
            return Ok(());
        }
        match stored.and_then(|stored| self.matching(stored, roots, now)) {
            Some(_) => Ok(()),
            None => Err(failed()),
        }
    }
}

/// The one answer to whoever is not the client that they say they are.
pub fn failed() -> OAuthError {
    OAuthError::invalid_client("client authentication failed")
}

/// Whether `secret` is the one of `client_id` that is stored.
pub fn is_secret(secret: &ClientSecret, client_id: &str, stored: Option<&Hash>, roots: &RootKeys) -> bool {
    stored.is_some_and(|stored| possible_hashes(secret, client_id, roots).contains(stored))
}

/// The hash under which a `secret` of `client_id` is stored.
pub fn secret_hash(roots: &RootKeys, client_id: &str, secret: &ClientSecret) -> Hash {
    let key = roots.current(Purpose::ClientSecret);
    hash(&key, roots.current_version(), client_id, secret)
}

fn possible_hashes(secret: &ClientSecret, client_id: &str, roots: &RootKeys) -> Vec<Hash> {
    roots
        .versions()
        .filter_map(|version| {
            let key = roots.derive(version, Purpose::ClientSecret)?;
            Some(hash(&key, version, client_id, secret))
        })
        .collect()
}

fn hash(key: &Key, version: KekVersion, client_id: &str, secret: &ClientSecret) -> Hash {
    Hash::of(key, version, &[client_id.as_bytes(), secret.expose().as_bytes()])
}

fn secret_by(method: AuthMethod, secret: String) -> Presented {
    Presented::Secret(method, ClientSecret::presented(secret))
}

/// `client_assertion` and `client_assertion_type` (RFC 7521 section 4.2).
fn parse_assertion(params: &Params) -> Result<Option<ClientAssertion>, OAuthError> {
    match (
        params.single("client_assertion")?,
        params.single("client_assertion_type")?,
    ) {
        (None, None) => Ok(None),
        (Some(assertion), Some(client_assertion::TYPE)) => ClientAssertion::parse(assertion).map(Some),
        (Some(_), _) => Err(OAuthError::invalid_client(
            "client_assertion_type must be that of RFC 7523",
        )),
        (None, Some(_)) => Err(OAuthError::invalid_client("client_assertion is missing")),
    }
}

/// RFC 6749 section 2.3.1: identifier and secret are form-encoded, then put together as in RFC 7617.
fn parse_basic(header: &str) -> Result<(String, String), OAuthError> {
    let broken = || OAuthError::invalid_client("the Authorization header is not well-formed Basic authentication");
    let (scheme, encoded) = header.split_once(' ').ok_or_else(broken)?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return Err(OAuthError::invalid_client("the Authorization scheme must be Basic"));
    }
    let decoded = STANDARD.decode(encoded.trim()).map_err(|_| broken())?;
    let text = String::from_utf8(decoded).map_err(|_| broken())?;
    let (id, secret) = text.split_once(':').ok_or_else(broken)?;
    let decode = |part| params::decode(part).map(|text| text.into_owned()).map_err(|_| broken());
    let (id, secret) = (decode(id)?, decode(secret)?);
    if id.is_empty() { Err(broken()) } else { Ok((id, secret)) }
}

#[cfg(test)]
mod tests;
