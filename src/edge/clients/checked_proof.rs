//! A proof that SQL cannot check: an assertion's signature, or a certificate. It is checked before D1 acts, against what the
//! isolate remembers of the client, and counts only while the client is of that version.

use super::{
    document, keys,
    memory::{self, Known},
    secret,
};
use crate::{
    account::throttle,
    db::{clients::ClientRecord, replay::OneUse},
    edge::{http::failure::MachineFailure, platform::context::Context},
    oidc::{
        client::{
            Client, SecretAtRest,
            client_assertion::{Audiences, ClientAssertion},
            client_auth::failed,
            client_certificate::ClientCertificate,
            client_metadata::{AuthMethod, TlsSubject},
        },
        error::OAuthError,
    },
    secret::{ClientSecret, Purpose},
};

/// A proof that was checked before D1 acts.
pub struct CheckedProof {
    /// Of the client that it was checked against.
    pub version: i64,
    /// What must not come again.
    pub one_use: Option<OneUse>,
    /// The secret that made it, where one did.
    pub secret: Option<(ClientSecret, SecretAtRest)>,
}

impl CheckedProof {
    fn new(known: &Known, one_use: Option<OneUse>, secret: Option<(ClientSecret, SecretAtRest)>) -> Self {
        Self {
            version: known.record.client.version,
            one_use,
            secret,
        }
    }

    /// Checks an assertion that came from `address`. What the isolate remembers of the client may be old: nothing is refused for
    /// it.
    ///
    /// # Errors
    /// `invalid_client`.
    pub async fn of_assertion(
        assertion: &ClientAssertion,
        address: &str,
        context: &Context,
    ) -> Result<Self, MachineFailure> {
        let config = &context.config;
        let one_use = OneUse {
            of: assertion.check(&Audiences::of(config), context.now)?,
            counter: throttle::of_assertions(&config.roots.current(Purpose::Throttle), address),
        };
        if let Some(known) = memory::remembered(assertion.client_id(), context.now)
            && let Ok(secret) = check_genuine(assertion, &known.record, context).await
        {
            return Ok(Self::new(&known, Some(one_use), secret));
        }
        let read = memory::read(assertion.client_id(), context).await?;
        let known = read.ok_or_else(failed)?;
        document::refresh_later(&known.record.client, context);
        let secret = check_genuine(assertion, &known.record, context).await?;
        Ok(Self::new(&known, Some(one_use), secret))
    }

    /// Checks a certificate. `None` where the client does not authenticate by one: then it has to be a public client.
    ///
    /// # Errors
    /// `invalid_client`.
    pub async fn of_certificate(
        client_id: &str,
        certificate: &ClientCertificate,
        context: &Context,
    ) -> Result<Option<Self>, MachineFailure> {
        if let Some(known) = memory::remembered(client_id, context.now)
            && is_certificate_of(&known.record.client, certificate, context).await
        {
            return Ok(Some(Self::new(&known, None, None)));
        }
        let known = memory::read(client_id, context).await?.ok_or_else(failed)?;
        if is_certificate_of(&known.record.client, certificate, context).await {
            return Ok(Some(Self::new(&known, None, None)));
        }
        match known.record.client.metadata.token_endpoint_auth_method {
            AuthMethod::TlsClientAuth | AuthMethod::SelfSignedTlsClientAuth => Err(failed().into()),
            _ => Ok(None),
        }
    }
}

/// Whether the client is known by this certificate.
async fn is_certificate_of(client: &Client, certificate: &ClientCertificate, context: &Context) -> bool {
    match (client.metadata.token_endpoint_auth_method, &client.metadata.tls_subject) {
        (AuthMethod::TlsClientAuth, Some(TlsSubject::Dn(subject))) => certificate.is_of_subject(subject),
        (AuthMethod::SelfSignedTlsClientAuth, _) => keys::have_certificate(client, certificate, context).await,
        _ => false,
    }
}

/// Checks that the client of `record` made the assertion, and gives the secret that it made it with, if it was one.
async fn check_genuine(
    assertion: &ClientAssertion,
    record: &ClientRecord,
    context: &Context,
) -> Result<Option<(ClientSecret, SecretAtRest)>, MachineFailure> {
    let client = &record.client;
    assertion.check_registered(&client.metadata, &context.config.issuer)?;
    match (assertion.method(), &record.secret, assertion.token()) {
        (AuthMethod::PrivateKeyJwt, _, Some(token)) => {
            let verified = keys::verify(client, &token, assertion.alg(), context).await;
            match verified.map_err(|no_key| OAuthError::invalid_client(no_key.why()))? {
                true => Ok(None),
                false => Err(failed().into()),
            }
        }
        (AuthMethod::ClientSecretJwt, Some(stored), _) => {
            let has_signed = |secret: &ClientSecret| assertion.is_signed_with(secret.expose());
            let signed_with = secret::recover(stored, &client.client_id, has_signed, context).await?;
            let (secret, at_rest) = signed_with.ok_or_else(failed)?;
            Ok(Some((secret, at_rest.clone())))
        }
        _ => Err(failed().into()),
    }
}
