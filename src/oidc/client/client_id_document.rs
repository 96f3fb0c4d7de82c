//! Client ID Metadata Documents (draft-ietf-oauth-client-id-metadata-document): the `client_id` is an https URL, and the
//! document that it leads to is the client's registration.

use serde_json::{Map, Value, json};

use super::{
    client_metadata::{AuthMethod, ClientMetadata},
    registration,
    self_service::{self, RegisteredBy},
    terms::Terms,
};
use crate::{
    config::{ClientIdDocuments, Config},
    oidc::{
        error::{ErrorCode, OAuthError},
        scope::Scope,
    },
    time::Lifetime,
    web::{
        fetch_url::{FetchUrl, absolute},
        freshness,
    },
};

/// The most bytes of a document. Section 6.6 recommends 5 KB; some in wide use have 20.
pub const LONGEST: usize = 32 * 1_024;

/// The most bytes of such a `client_id`. It is part of a name in KV, which has 512.
const LONGEST_URL: usize = 400;

/// How long a document counts where its server does not say, and the bounds of what it may say (section 4.3).
const FRESH: Lifetime = Lifetime::hours(1);
const LEAST_FRESH: Lifetime = Lifetime::minutes(5);
const MOST_FRESH: Lifetime = Lifetime::days(1);

/// Members that a document "MUST NOT" have, since everybody can read it (section 4.1).
const SECRETS: [&str; 2] = ["client_secret", "client_secret_expires_at"];

/// How such a client can prove itself.
const METHODS: &[AuthMethod] = &[AuthMethod::PrivateKeyJwt, AuthMethod::None];

/// A `client_id` that leads to a document which this deployment reads.
#[derive(Clone, Debug)]
pub struct ClientIdUrl(FetchUrl);

/// Whether a `client_id` is an URL. Those that Limen gives out never are.
pub fn is_url(client_id: &str) -> bool {
    client_id.starts_with("https://") || client_id.starts_with("http://")
}

impl ClientIdUrl {
    /// Reads a `client_id` that [`is_url`].
    ///
    /// # Errors
    /// `invalid_client` for one that is not well-formed, or not allowed here.
    pub fn parse(client_id: &str, config: &Config) -> Result<Self, OAuthError> {
        if client_id.len() > LONGEST_URL {
            return Err(unusable("must be a URL of at most 400 bytes"));
        }
        let url = FetchUrl::parse(client_id, config.loopback_fetches).map_err(unusable)?;
        // "MUST contain a path component, MUST NOT contain single-dot or double-dot path segments, MUST NOT contain a
        // fragment component and MUST NOT contain a username or password" (section 3). A parser leaves a URL as it is only
        // if it has a path, no such segment in any spelling, and its host in lower case: there is one spelling of it.
        if url.url().as_str() != client_id {
            return Err(unusable(
                "must be written as URL parsers write it, with a path and without . and .. in it",
            ));
        }
        if !config
            .client_id_documents
            .allow(url.url().host_str().unwrap_or_default())
        {
            return Err(OAuthError::invalid_client("clients of this host are not allowed here"));
        }
        Ok(Self(url))
    }

    /// The URL, which is the `client_id` to the letter.
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }

    /// Where the document is.
    pub fn document(&self) -> &FetchUrl {
        &self.0
    }

    /// Reads the document.
    ///
    /// # Errors
    /// `invalid_client` for what is not the document of this client, and as [`ClientMetadata::parse`].
    pub fn read(&self, document: &[u8], content_type: &str, config: &Config) -> Result<ClientMetadata, OAuthError> {
        // "The response content type MUST be either application/json or application/<AS-defined>+json" (section 4).
        if content_type != "application/json"
            && !(content_type.starts_with("application/") && content_type.ends_with("+json"))
        {
            return Err(unusable("must lead to a document of the type application/json"));
        }
        let mut members = registration::object(document)?;
        // "The client_id property's value MUST match the URL of the document using simple string comparison" (section 4.1).
        if members.get("client_id").and_then(Value::as_str) != Some(self.as_str()) {
            return Err(unusable("must lead to a document whose client_id is the same URL"));
        }
        if let Some(name) = SECRETS.iter().find(|name| members.contains_key(**name)) {
            return Err(refusal(format!(
                "{name} must not stand in a document that everybody can read"
            )));
        }
        authentication(&mut members)?;
        self.claim_only_its_own_home(&mut members);
        let mut terms = Terms::of(config, RegisteredBy::Anybody, None);
        terms.supported.auth_methods = METHODS;
        // Blanks name nothing, and are not silence either.
        let is_blank = |scope: &str| !scope.is_empty() && scope.trim_matches(' ').is_empty();
        let names_nothing = members.get("scope").and_then(Value::as_str).is_some_and(is_blank);
        if names_nothing {
            members.remove("scope");
        }
        let mut metadata = terms.take(members)?;
        if names_nothing {
            metadata.scope = Some(Scope::default());
        }
        self_service::check_registration(&metadata)?;
        self_service::keep_operators_choice(&mut metadata, None);
        Ok(metadata)
    }

    /// People are shown `client_uri` beneath the client's name: it may only be at the host that is certain (section 6.4).
    fn claim_only_its_own_home(&self, members: &mut Map<String, Value>) {
        let is_own = |value: &Value| {
            let url = value.as_str().and_then(|text| absolute(text).ok());
            url.is_some_and(|url| url.origin() == self.0.url().origin())
        };
        members.retain(|name, value| (name != "client_uri" && !name.starts_with("client_uri#")) || is_own(value));
        let origin = self.0.url().origin().ascii_serialization();
        members.entry("client_uri").or_insert_with(|| json!(origin));
    }
}

/// "token_endpoint_auth_method ... MUST NOT include client_secret_post, client_secret_basic, client_secret_jwt, or any other
/// method based around a shared symmetric secret" (section 4.1). Whoever says nothing cannot mean the default, which has one;
/// whoever offers several is held to the best of those that are left.
fn authentication(members: &mut Map<String, Value>) -> Result<(), OAuthError> {
    let method = members.get("token_endpoint_auth_method");
    let offers = members.contains_key("token_endpoint_auth_methods_supported");
    if method.is_none() && !offers {
        members.insert("token_endpoint_auth_method".to_owned(), json!("none"));
    } else if !offers
        && !METHODS
            .iter()
            .any(|known| method.is_some_and(|method| method == known.as_str()))
    {
        return Err(refusal("token_endpoint_auth_method must be none or private_key_jwt"));
    }
    Ok(())
}

/// For how long a document counts whose server said `max_age`.
pub fn fresh_for(max_age: Option<Lifetime>) -> Lifetime {
    freshness::bounded(max_age, FRESH, (LEAST_FRESH, MOST_FRESH))
}

/// Whether a client that is described by a document may still be one here.
pub fn is_allowed(client_id: &str, config: &Config) -> bool {
    config.client_id_documents != ClientIdDocuments::Off && ClientIdUrl::parse(client_id, config).is_ok()
}

/// The refusal of a client whose `client_id` does not lead to a document.
pub fn unusable(why: &str) -> OAuthError {
    OAuthError::invalid_client(format!("client_id {why}"))
}

fn refusal(description: impl Into<std::borrow::Cow<'static, str>>) -> OAuthError {
    OAuthError::new(ErrorCode::InvalidClientMetadata, description)
}

#[cfg(test)]
mod tests;
