//! What a client is given to prove itself with, and how it is told (RFC 7591 section 3.2.1).

use serde_json::Value;

use super::secret;
use crate::{
    db::clients::ClientRecord,
    edge::platform::{context::Context, random},
    fault::Fault,
    oidc::client::{Client, SecretAtRest, StoredSecret, registration::ClientInformation, stored_secret::AboutSecret},
    routes::Endpoint,
    secret::{ClientSecret, Hash, OpaqueToken, Purpose},
    time::UnixTime,
};

/// What is shown once.
pub struct Issued {
    secret: Option<ClientSecret>,
    registration_access_token: OpaqueToken,
}

impl Issued {
    /// A secret, where the client uses one, and a registration access token.
    pub fn for_client(client: &Client, context: &Context) -> Result<Self, Fault> {
        let uses_secret = client.metadata.token_endpoint_auth_method.uses_secret();
        let secret = if uses_secret { Some(secret(context)?) } else { None };
        Ok(Self {
            secret,
            registration_access_token: token(context)?,
        })
    }

    /// A registration access token alone.
    pub fn registration_access_token(context: &Context) -> Result<Self, Fault> {
        Ok(Self {
            secret: None,
            registration_access_token: token(context)?,
        })
    }

    /// How the new secret is stored, as the only one.
    pub async fn stored_secret(&self, client: &Client, context: &Context) -> Result<Option<StoredSecret>, Fault> {
        let current = self.at_rest(client, None, None, context).await?;
        Ok(current.map(|current| StoredSecret {
            current,
            previous: None,
            more: Vec::new(),
        }))
    }

    /// What is stored of the new secret, where there is one.
    pub async fn at_rest(
        &self,
        client: &Client,
        name: Option<String>,
        ends_at: Option<UnixTime>,
        context: &Context,
    ) -> Result<Option<SecretAtRest>, Fault> {
        let Some(secret) = &self.secret else { return Ok(None) };
        let about = AboutSecret {
            id: random::id()?,
            name,
            made_at: Some(context.now),
            ends_at,
            used_at: None,
        };
        secret::at_rest(secret, about, client, context).await.map(Some)
    }

    /// The secret, where there is one.
    pub fn secret(&self) -> Option<&str> {
        self.secret.as_ref().map(ClientSecret::expose)
    }

    /// How the registration access token is stored.
    pub fn registration_token_hash(&self, context: &Context) -> Option<Hash> {
        self.registration_access_token
            .hash(&context.config.roots, Purpose::RegistrationToken)
    }
}

/// The client information response. Secret and token stand in it when they were `issued` just now, and never again.
pub fn describe(record: &ClientRecord, issued: Option<&Issued>, context: &Context) -> Value {
    let previous = record.secret.as_ref().and_then(|secret| secret.previous.as_ref());
    let url = |endpoint| record.client.url_of(endpoint, &context.config.issuer);
    let renew_secret = record.secret.is_some().then(|| url(Endpoint::RenewSecret));
    ClientInformation {
        client: &record.client,
        secret: issued
            .and_then(|issued| issued.secret.as_ref())
            .map(|secret| (secret, None)),
        previous_secret_expires_at: previous.map(|(_, until)| *until).filter(|until| *until > context.now),
        registration_access_token: issued.map(|issued| &issued.registration_access_token),
        registration_client_uri: &url(Endpoint::RegisteredClient),
        registration_renew_secret_uri: renew_secret.as_deref(),
    }
    .to_json()
}

fn secret(context: &Context) -> Result<ClientSecret, Fault> {
    Ok(ClientSecret::new(&context.config.roots, random::bytes()?))
}

fn token(context: &Context) -> Result<OpaqueToken, Fault> {
    Ok(OpaqueToken::new(&context.config.roots, random::bytes()?))
}
