//! The client that calls an endpoint, and its proof.
//!
//! A secret is proved by the statement that acts ([`Proof`]). SQL cannot check the signature of an assertion, nor a certificate:
//! they are checked here beforehand, against what the isolate remembers of the client, and the statement that acts demands that
//! the client is still of that version, and that an assertion was not used before. It is used up in the same batch, and only by
//! a request that succeeds.

use std::rc::Rc;

use super::{
    document, keys,
    memory::{self, Known},
    secret,
};
use crate::{
    account::throttle,
    db::{
        Answer, Batch, Handle, Statement,
        clients::{self, ClientRecord},
        proof::Proof,
        replay::{Hindrance, OneUse},
    },
    edge::{
        http::{failure::MachineFailure, request::Incoming},
        platform::{context::Context, log},
    },
    fault::Fault,
    oidc::{
        client::{
            Client, SecretAtRest,
            client_assertion::ClientAssertion,
            client_auth::{ClientCredentials, Presented, failed, is_secret},
            client_certificate::ClientCertificate,
            client_id_document,
            client_metadata::{AuthMethod, TlsSubject},
        },
        error::OAuthError,
        params::Params,
    },
    routes::Endpoint,
    secret::{ClientSecret, Purpose},
};

/// A client that has yet to be believed.
pub struct Caller {
    credentials: ClientCredentials,
    proven: Option<Proven>,
}

/// A proof that was judged before D1 acts.
struct Proven {
    /// Of the client that it was judged against.
    version: i64,
    /// What must not come again.
    one_use: Option<OneUse>,
}

/// Where in a batch is what tells whether the client is who it says it is.
pub struct LookedUp {
    client: Handle<Option<ClientRecord>>,
    hindrance: Option<Handle<Option<Hindrance>>>,
}

/// Lets `act` act for the client that sends `params`. Where the client has changed since the isolate last read it, nothing has
/// happened, and `act` is tried once more.
///
/// # Errors
/// `invalid_client` and `invalid_request`, and what `act` fails with.
pub async fn acting<T>(
    request: &Incoming,
    params: &Params,
    context: &Context,
    act: impl AsyncFn(&Caller) -> Result<T, MachineFailure>,
) -> Result<T, MachineFailure> {
    match act(&Caller::of(request, params, context).await?).await {
        Err(MachineFailure::ClientChanged) => act(&Caller::of(request, params, context).await?).await,
        outcome => outcome,
    }
}

impl Caller {
    async fn of(request: &Incoming, params: &Params, context: &Context) -> Result<Self, MachineFailure> {
        let credentials = ClientCredentials::parse(request.authorization().as_deref(), params)?;
        let proven = match &credentials.presented {
            Presented::Assertion(assertion) => Some(prove(assertion, &request.address(), context).await?),
            Presented::Nothing => match &context.certificate {
                Some(certificate) => prove_certificate(&credentials.client_id, certificate, context).await?,
                None => None,
            },
            Presented::Secret(..) => None,
        };
        Ok(Self { credentials, proven })
    }

    /// Who it claims to be.
    pub fn client_id(&self) -> &str {
        &self.credentials.client_id
    }

    /// The proof as a condition, for statements that act.
    pub fn proof(&self, context: &Context) -> Proof<'_> {
        match &self.proven {
            Some(proven) => Proof::of_version(self.client_id(), proven.version, proven.one_use.as_ref(), context.now),
            None => Proof::of_secret(&self.credentials, &context.config.roots, context.now),
        }
    }

    /// Whether something counts once in the proof.
    pub fn counts_once(&self) -> bool {
        self.one_use().is_some()
    }

    fn one_use(&self) -> Option<&OneUse> {
        self.proven.as_ref()?.one_use.as_ref()
    }

    /// Adds the queries by which [`Caller::authenticated`] judges. They go into the batch before [`Caller::use_up`].
    pub fn look_up(&self, batch: &mut Batch, context: &Context) -> LookedUp {
        let find = |one_use: &OneUse| one_use.find_hindrance(self.client_id(), context.now);
        LookedUp {
            client: batch.add(clients::find(self.client_id())),
            hindrance: batch.add_if(self.one_use().map(find)),
        }
    }

    /// Uses up what counts once, where `success` holds. It goes into the batch behind whatever the client's proof is a condition
    /// of: a request that is refused leaves it as it was.
    /// What is returned says whether something was used up.
    pub fn use_up(&self, success: Statement, batch: &mut Batch, context: &Context) -> Option<Handle<bool>> {
        let (store, count) = self.one_use()?.use_up(self.client_id(), success, context.now);
        let stored = batch.add(store);
        batch.push(count);
        Some(stored)
    }

    /// Whether the client as it is remembered could be the caller: who is not is told so by [`Caller::authenticated`].
    ///
    /// # Errors
    /// `invalid_client`.
    pub fn check_against(&self, known: &ClientRecord, context: &Context) -> Result<(), OAuthError> {
        match self.proven {
            Some(_) => Ok(()),
            None => {
                let known = Some((&known.client, known.secret.as_ref()));
                self.credentials.authenticate(known, &context.config.roots, context.now)
            }
        }
    }

    /// Takes back what [`Caller::use_up`] did for this very request, of which nothing came.
    pub async fn give_back(&self, context: &Context) -> Result<(), Fault> {
        context.db.execute(self.one_use().map(OneUse::give_back)).await
    }

    /// The client as D1 has it, if the proof is its own.
    ///
    /// # Errors
    /// `invalid_client`, and 429.
    pub fn authenticated(
        &self,
        looked_up: LookedUp,
        rows: &Answer,
        context: &Context,
    ) -> Result<Client, MachineFailure> {
        let record = rows.read(looked_up.client)?;
        let hindrance = rows.read_if(looked_up.hindrance)?.flatten();
        if let Some(ClientRecord { client, .. }) = &record {
            check_document(client, context)?;
        }
        let is_use_due = record.as_ref().is_some_and(|record| record.is_use_due(context.now));
        let client = self.check_proof(hindrance, record, context)?;
        context.note_caller(&client);
        if is_use_due && client.metadata.token_endpoint_auth_method != AuthMethod::None {
            mark_used_later(&client, context)?;
        }
        Ok(client)
    }

    fn check_proof(
        &self,
        hindrance: Option<Hindrance>,
        record: Option<ClientRecord>,
        context: &Context,
    ) -> Result<Client, MachineFailure> {
        match &self.proven {
            Some(proven) => {
                let client = record.ok_or_else(failed)?.client;
                if client.version != proven.version {
                    memory::forget(&client.client_id);
                    return Err(MachineFailure::ClientChanged);
                }
                match hindrance {
                    Some(Hindrance::Used) => {
                        Err(OAuthError::invalid_client("the client assertion was used before").into())
                    }
                    Some(Hindrance::TooMany { until }) => Err(MachineFailure::too_many(until.since(context.now))),
                    None => Ok(client),
                }
            }
            None => self.authenticated_by_secret(record, context),
        }
    }

    fn authenticated_by_secret(
        &self,
        record: Option<ClientRecord>,
        context: &Context,
    ) -> Result<Client, MachineFailure> {
        let roots = &context.config.roots;
        let known = record.as_ref().map(|record| (&record.client, record.secret.as_ref()));
        self.credentials.authenticate(known, roots, context.now)?;
        let ClientRecord { client, secret, .. } = record.ok_or_else(failed)?;
        if let Some(stored) = secret
            && let Some(presented) = self.credentials.outdated_secret(&stored.current.hash, roots)
        {
            move_later(presented.clone(), stored.current, &client, context)?;
        }
        Ok(client)
    }
}

/// Whether a client that its document describes may still be one here. A document that is no longer fresh is read anew, also
/// for a client that fails now: its keys may have changed.
fn check_document(client: &Client, context: &Context) -> Result<(), MachineFailure> {
    if !client.is_described_by_document() {
        return Ok(());
    }
    if !client_id_document::is_allowed(&client.client_id, &context.config) {
        return Err(failed().into());
    }
    Ok(document::refresh_later(client, context)?)
}

/// Judges an assertion that came from `address`. What the isolate remembers of the client may be old: nothing is refused for it.
async fn prove(assertion: &ClientAssertion, address: &str, context: &Context) -> Result<Proven, MachineFailure> {
    let config = &context.config;
    let mut audiences = vec![config.issuer.as_str().to_owned()];
    let origins = [Some(&config.issuer), config.mtls_origin.as_ref()];
    audiences.extend(
        origins
            .into_iter()
            .flatten()
            .flat_map(|origin| [Endpoint::Token, Endpoint::PushedAuthorizationRequest].map(|at| origin.url(at.path()))),
    );
    let one_use = OneUse {
        of: assertion.check(&audiences, context.now)?,
        counter: throttle::of_assertions(&config.roots.current(Purpose::Throttle), address),
    };
    let proven = |known: Rc<Known>| Proven {
        version: known.record.client.version,
        one_use: Some(one_use),
    };
    if let Some(known) = memory::remembered(assertion.client_id(), context.now)
        && is_genuine(assertion, &known.record, context).await.is_ok()
    {
        return Ok(proven(known));
    }
    let read = memory::read(assertion.client_id(), context).await?;
    let known = read.ok_or_else(failed)?;
    check_document(&known.record.client, context)?;
    is_genuine(assertion, &known.record, context).await?;
    Ok(proven(known))
}

/// Judges a certificate. `None` where the client does not prove itself by one: then it has to be a public client.
async fn prove_certificate(
    client_id: &str,
    certificate: &ClientCertificate,
    context: &Context,
) -> Result<Option<Proven>, MachineFailure> {
    let proven = |known: Rc<Known>| Proven {
        version: known.record.client.version,
        one_use: None,
    };
    if let Some(known) = memory::remembered(client_id, context.now)
        && is_certificate_of(&known.record.client, certificate, context).await
    {
        return Ok(Some(proven(known)));
    }
    let known = memory::read(client_id, context).await?.ok_or_else(failed)?;
    if is_certificate_of(&known.record.client, certificate, context).await {
        return Ok(Some(proven(known)));
    }
    match known.record.client.metadata.token_endpoint_auth_method {
        AuthMethod::TlsClientAuth | AuthMethod::SelfSignedTlsClientAuth => Err(failed().into()),
        _ => Ok(None),
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

/// Whether the client of `record` made the assertion.
async fn is_genuine(
    assertion: &ClientAssertion,
    record: &ClientRecord,
    context: &Context,
) -> Result<(), MachineFailure> {
    let (client, roots) = (&record.client, &context.config.roots);
    assertion.check_registered(&client.metadata)?;
    let genuine = match (assertion.method(), &record.secret, assertion.token()) {
        (AuthMethod::PrivateKeyJwt, _, Some(token)) => {
            let verified = keys::verify(client, &token, assertion.alg(), context).await;
            verified.map_err(|no_key| OAuthError::invalid_client(no_key.why()))?
        }
        (AuthMethod::ClientSecretJwt, Some(stored), _) => {
            let secrets = secret::recover(stored, &client.client_id, context).await?;
            let signed_with = secrets.iter().find(|secret| assertion.is_signed_with(secret.expose()));
            if let Some(secret) = signed_with
                && !stored.current.hash.is_under(roots.current_version())
                && is_secret(secret, &client.client_id, Some(&stored.current.hash), roots)
            {
                move_later(secret.clone(), stored.current.clone(), client, context)?;
            }
            signed_with.is_some()
        }
        _ => false,
    };
    if genuine { Ok(()) } else { Err(failed().into()) }
}

/// Notes, after the answer, that a client has authenticated, so that it is not swept as unused. This happens at most twice a day: a
/// program that only introspects leaves no other trace.
fn mark_used_later(client: &Client, context: &Context) -> Result<(), Fault> {
    let (client_id, later) = (client.client_id.clone(), context.for_later()?);
    context.background.spawn(async move {
        if let Err(fault) = later.db.execute([clients::mark_used(&client_id, later.now)]).await {
            log::fault(&later.request_id, &fault);
        }
    });
    Ok(())
}

/// Moves a secret to the current root, after the answer: so the older root can be dropped some day.
fn move_later(secret: ClientSecret, stored: SecretAtRest, client: &Client, context: &Context) -> Result<(), Fault> {
    let (client, later) = (client.clone(), context.for_later()?);
    context.background.spawn(async move {
        let moved = async {
            let moved = secret::at_rest(&secret, &client, &later).await?;
            later
                .db
                .execute([clients::move_secret(&client.client_id, &stored.hash, &moved)])
                .await
        };
        if let Err(fault) = moved.await {
            log::fault(&later.request_id, &fault);
        }
    });
    Ok(())
}
