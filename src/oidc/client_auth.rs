//! How a client proves itself at an endpoint (RFC 6749 section 2.3, OIDC Core section 9).

use base64::{Engine, engine::general_purpose::STANDARD};

use super::{
    client::{Client, StoredSecret},
    client_metadata::AuthMethod,
    error::OAuthError,
    params::{self, Params},
};
use crate::{
    secret::{Hash, Purpose, RootKeys},
    time::UnixTime,
};

/// What a request presents: a client's identifier, and its secret where there is one.
pub struct ClientCredentials {
    /// `client_id`.
    pub client_id: String,
    /// By which method it came.
    pub method: AuthMethod,
    secret: Option<String>,
}

impl ClientCredentials {
    /// Finds the credentials in the `Authorization` header and the body.
    ///
    /// # Errors
    /// `invalid_client` when there are none or they are broken; `invalid_request` when there are two: "The client MUST NOT
    /// use more than one authentication method in each request" (RFC 6749 section 2.3).
    pub fn parse(authorization: Option<&str>, params: &Params) -> Result<Self, OAuthError> {
        let client_id = params.single("client_id")?;
        let body_secret = params.single("client_secret")?;
        if params.single("client_assertion")?.is_some() || params.single("client_assertion_type")?.is_some() {
            return Err(OAuthError::invalid_client("client assertions are not supported"));
        }
        let basic = match authorization {
            Some(header) => Some(parse_basic(header)?),
            None => None,
        };
        match (basic, client_id, body_secret) {
            (Some(_), _, Some(_)) => Err(OAuthError::invalid_request(
                "two methods of client authentication at once",
            )),
            (Some((id, _)), Some(other), None) if id != other => Err(OAuthError::invalid_request(
                "client_id differs from the authenticated client",
            )),
            (Some((id, secret)), _, None) => Ok(Self::new(id, AuthMethod::ClientSecretBasic, Some(secret))),
            (None, Some(id), Some(secret)) => Ok(Self::new(
                id.to_owned(),
                AuthMethod::ClientSecretPost,
                Some(secret.to_owned()),
            )),
            (None, Some(id), None) => Ok(Self::new(id.to_owned(), AuthMethod::None, None)),
            (None, None, _) => Err(OAuthError::invalid_client("client authentication is missing")),
        }
    }

    fn new(client_id: String, method: AuthMethod, secret: Option<String>) -> Self {
        Self {
            client_id,
            method,
            secret,
        }
    }

    /// The hashes that the stored secret may have: one for each root key that is configured.
    pub fn secret_hashes(&self, roots: &RootKeys) -> Vec<Hash> {
        let Some(secret) = &self.secret else { return Vec::new() };
        roots
            .versions()
            .filter_map(|version| {
                let key = roots.derive(version, Purpose::ClientSecret)?;
                Some(Hash::of(&key, version, &[self.client_id.as_bytes(), secret.as_bytes()]))
            })
            .collect()
    }

    /// The stored hash and the one to put in its place, where the secret was hashed under another root than the current one.
    pub fn rehash(&self, stored: Hash, roots: &RootKeys) -> Option<(Hash, Hash)> {
        let outdated = !stored.is_under(roots.current_version()) && self.secret_hashes(roots).contains(&stored);
        let secret = self.secret.as_ref().filter(|_| outdated)?;
        Some((stored, secret_hash(roots, &self.client_id, secret)))
    }

    /// Whether these credentials are those of `client`.
    ///
    /// # Errors
    /// `invalid_client`, alike for a wrong secret and for an unknown client (pass `None`).
    pub fn authenticate(
        &self,
        client: Option<(&Client, Option<&StoredSecret>)>,
        roots: &RootKeys,
        now: UnixTime,
    ) -> Result<(), OAuthError> {
        let failed = || OAuthError::invalid_client("client authentication failed");
        let (client, stored) = client.ok_or_else(failed)?;
        if client.metadata.token_endpoint_auth_method != self.method {
            return Err(OAuthError::invalid_client(
                "the client is registered for another authentication method",
            ));
        }
        if self.method == AuthMethod::None {
            return Ok(());
        }
        let stored = stored.ok_or_else(failed)?;
        let presented = self.secret_hashes(roots);
        let previous = stored
            .previous
            .as_ref()
            .filter(|(_, until)| now < *until)
            .map(|(hash, _)| hash);
        let known = presented
            .iter()
            .any(|hash| *hash == stored.current || Some(hash) == previous);
        if known { Ok(()) } else { Err(failed()) }
    }
}

/// Whether `secret` is the one of `client_id` that is stored.
pub fn is_secret(secret: &str, client_id: &str, stored: Option<&Hash>, roots: &RootKeys) -> bool {
    let credentials = ClientCredentials::new(
        client_id.to_owned(),
        AuthMethod::ClientSecretPost,
        Some(secret.to_owned()),
    );
    stored.is_some_and(|stored| credentials.secret_hashes(roots).contains(stored))
}

/// The hash under which a new `secret` of `client_id` is stored.
pub fn secret_hash(roots: &RootKeys, client_id: &str, secret: &str) -> Hash {
    let key = roots.current(Purpose::ClientSecret);
    Hash::of(
        &key,
        roots.current_version(),
        &[client_id.as_bytes(), secret.as_bytes()],
    )
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
    if id.is_empty() || secret.is_empty() {
        Err(broken())
    } else {
        Ok((id, secret))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::oidc::error::ErrorCode;

    fn parse(authorization: Option<&str>, body: &str) -> Result<ClientCredentials, OAuthError> {
        ClientCredentials::parse(authorization, &Params::parse(body).unwrap())
    }

    fn basic(text: &str) -> String {
        format!("Basic {}", STANDARD.encode(text))
    }

    #[test]
    fn basic_credentials_are_form_decoded() {
        let found = parse(Some(&basic("a%3Ab:p+%25%2B")), "").unwrap();
        assert_eq!(
            (found.client_id.as_str(), found.secret.as_deref()),
            ("a:b", Some("p %+"))
        );
        assert_eq!(found.method, AuthMethod::ClientSecretBasic);
    }

    #[test]
    fn undecodable_basic_credentials_are_invalid_client() {
        for header in [
            "Basic",
            "Basic !",
            "Bearer x",
            "",
            &basic("no colon"),
            &basic("a:%"),
            &basic("a:%zz"),
            &basic(":x"),
        ] {
            assert_eq!(
                parse(Some(header), "").err().unwrap().code,
                ErrorCode::InvalidClient,
                "{header}"
            );
        }
    }

    #[test]
    fn two_methods_at_once_and_another_client_id_are_refused() {
        let header = basic("a:b");
        assert_eq!(
            parse(Some(&header), "client_secret=b").err().unwrap().code,
            ErrorCode::InvalidRequest
        );
        assert_eq!(
            parse(Some(&header), "client_id=c").err().unwrap().code,
            ErrorCode::InvalidRequest
        );
        assert!(parse(Some(&header), "client_id=a").is_ok());
    }

    #[test]
    fn body_credentials_are_post_or_none() {
        assert_eq!(
            parse(None, "client_id=a&client_secret=b").unwrap().method,
            AuthMethod::ClientSecretPost
        );
        assert_eq!(parse(None, "client_id=a").unwrap().method, AuthMethod::None);
        assert_eq!(parse(None, "").err().unwrap().code, ErrorCode::InvalidClient);
    }
}
