//! How the client that calls an endpoint authenticates, as a value that the endpoint passes on.
//!
//! A secret is proved by the statement that acts ([`Proof`]). SQL cannot check the signature of an assertion, nor a certificate:
//! they are checked beforehand, against what the isolate remembers of the client ([`CheckedProof`]), and the statement that acts
//! demands that the client is still of that version, and that an assertion was not used before. It is used up in the same batch,
//! and only by a request that succeeds.

use super::{checked_proof::CheckedProof, document, memory, secret};
use crate::{
    db::{
        Answer, Batch, Handle, Statement,
        clients::{self, ClientRecord},
        proof::Proof,
        replay::{OneUse, OneUseRefusal},
    },
    edge::{
        http::{failure::MachineFailure, request::Incoming},
        platform::context::Context,
    },
    fault::Fault,
    oidc::{
        client::{
            Client,
            client_auth::{ClientCredentials, Presented, failed},
            client_id_document,
            client_metadata::AuthMethod,
        },
        error::OAuthError,
        params::Params,
    },
};

/// How a client authenticates: who it says it is, and its proof. It is not believed before [`ClientAuthentication::finish`].
pub struct ClientAuthentication {
    credentials: ClientCredentials,
    checked: Option<CheckedProof>,
    /// Of the page that sends the request.
    origin: Option<String>,
}

/// Where in a batch is what tells whether the client is who it says it is.
pub struct ClientHandles {
    client: Handle<Option<ClientRecord>>,
    refusal: Option<Handle<Option<OneUseRefusal>>>,
}

impl ClientAuthentication {
    /// Reads how the client of a request authenticates.
    ///
    /// # Errors
    /// `invalid_client` and `invalid_request`.
    pub async fn of(request: &Incoming, params: &Params, context: &Context) -> Result<Self, MachineFailure> {
        let credentials = ClientCredentials::parse(request.authorization().as_deref(), params)?;
        context.note_claim(&credentials.client_id);
        check_allowed(&credentials.client_id, context)?;
        let checked = match &credentials.presented {
            Presented::Assertion(assertion) => {
                Some(CheckedProof::of_assertion(assertion, &request.address(), context).await?)
            }
            Presented::Nothing => match &context.certificate {
                Some(certificate) => CheckedProof::of_certificate(&credentials.client_id, certificate, context).await?,
                None => None,
            },
            Presented::Secret(..) => None,
        };
        Ok(Self {
            credentials,
            checked,
            origin: request.header("origin"),
        })
    }

    /// Who it claims to be.
    pub fn client_id(&self) -> &str {
        &self.credentials.client_id
    }

    /// The proof as a condition, for statements that act.
    pub fn proof(&self, context: &Context) -> Proof<'_> {
        let proof = match &self.checked {
            Some(checked) => {
                Proof::of_version(self.client_id(), checked.version, checked.one_use.as_ref(), context.now)
            }
            None => Proof::of_secret(&self.credentials, &context.config.roots, context.now),
        };
        proof.with_origin(self.origin.as_deref())
    }

    /// Whether something counts once in the proof.
    pub fn counts_once(&self) -> bool {
        self.one_use().is_some()
    }

    fn one_use(&self) -> Option<&OneUse> {
        self.checked.as_ref()?.one_use.as_ref()
    }

    /// Adds the queries by which [`ClientAuthentication::finish`] judges. They go into the batch before
    /// [`ClientAuthentication::use_up`].
    pub fn look_up(&self, batch: &mut Batch, context: &Context) -> ClientHandles {
        let find = |one_use: &OneUse| one_use.find_refusal(self.client_id(), context.now);
        ClientHandles {
            client: batch.add(clients::find(self.client_id())),
            refusal: batch.add_if(self.one_use().map(find)),
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

    /// Whether the client as it is remembered could have sent the request: [`ClientAuthentication::finish`] tells it so where not.
    ///
    /// # Errors
    /// `invalid_client`.
    pub fn check_against(&self, known: &ClientRecord, context: &Context) -> Result<(), OAuthError> {
        match self.checked {
            Some(_) => Ok(()),
            None => {
                let known = Some((&known.client, known.secret.as_ref()));
                self.credentials.authenticate(known, &context.config.roots, context.now)
            }
        }
    }

    /// Takes back what [`ClientAuthentication::use_up`] did for this very request, of which nothing came.
    pub async fn give_back(&self, context: &Context) -> Result<(), Fault> {
        context.db.execute(self.one_use().map(OneUse::give_back)).await
    }

    /// The client as D1 has it, if the proof is its own.
    ///
    /// # Errors
    /// `invalid_client`, and 429.
    pub fn finish(&self, looked_up: ClientHandles, rows: &Answer, context: &Context) -> Result<Client, MachineFailure> {
        let record = rows.read(looked_up.client)?;
        let refusal = rows.read_if(looked_up.refusal)?.flatten();
        if let Some(ClientRecord { client, .. }) = &record {
            // Also for a client that fails now: its keys may have changed.
            document::refresh_later(client, context);
        }
        let is_use_due = record.as_ref().is_some_and(|record| record.is_use_due(context.now));
        let client = self.check_proof(refusal, record, context)?;
        if client.metadata.rules.disabled {
            let why = match client.metadata.waits {
                true => "the client waits for the approval of an operator",
                false => "an operator has disabled the client",
            };
            return Err(OAuthError::invalid_client(why).into());
        }
        client.metadata.rules.check_origin(self.origin.as_deref())?;
        context.note_client(&client);
        if is_use_due && client.metadata.token_endpoint_auth_method != AuthMethod::None {
            mark_used_later(&client, context);
        }
        Ok(client)
    }

    fn check_proof(
        &self,
        refusal: Option<OneUseRefusal>,
        record: Option<ClientRecord>,
        context: &Context,
    ) -> Result<Client, MachineFailure> {
        match &self.checked {
            Some(checked) => {
                let client = record.ok_or_else(failed)?.client;
                if client.version != checked.version {
                    memory::forget(&client.client_id);
                    return Err(MachineFailure::ClientChanged);
                }
                match refusal {
                    Some(OneUseRefusal::Used) => {
                        Err(OAuthError::invalid_client("the client assertion was used before").into())
                    }
                    Some(OneUseRefusal::TooMany { until }) => Err(MachineFailure::too_many(until.since(context.now))),
                    None => {
                        if let Some((used, stored)) = &checked.secret {
                            secret::note_use(used, stored, &client, context);
                        }
                        Ok(client)
                    }
                }
            }
            None => self.finish_by_secret(record, context),
        }
    }

    fn finish_by_secret(&self, record: Option<ClientRecord>, context: &Context) -> Result<Client, MachineFailure> {
        let roots = &context.config.roots;
        let known = record.as_ref().map(|record| (&record.client, record.secret.as_ref()));
        self.credentials.authenticate(known, roots, context.now)?;
        let ClientRecord { client, secret, .. } = record.ok_or_else(failed)?;
        let matching = |stored| self.credentials.matching(stored, roots, context.now);
        if let Some((presented, stored)) = secret.as_ref().and_then(matching) {
            secret::note_use(presented, stored, &client, context);
        }
        Ok(client)
    }
}

/// Whether a client of that name may be one here, where a document describes it: the operator may have switched that off. It is asked
/// before anything is used up for the client.
fn check_allowed(client_id: &str, context: &Context) -> Result<(), OAuthError> {
    match client_id_document::is_url(client_id) && !client_id_document::is_allowed(client_id, &context.config) {
        true => Err(failed()),
        false => Ok(()),
    }
}

/// Notes, after the answer, that a client has authenticated, so that it is not swept as unused. This happens at most twice a day: a
/// program that only introspects leaves no other trace.
fn mark_used_later(client: &Client, context: &Context) {
    let client_id = client.client_id.clone();
    context.after_answer(async move |later| later.db.execute([clients::mark_used(&client_id, later.now)]).await);
}
