//! The client that calls an endpoint, and its proof.
//!
//! A secret is proved by the statement that acts ([`Proof`]). An assertion has a signature, which SQL cannot check: it is checked
//! here beforehand, against what the isolate remembers of the client, and the statement that acts demands that the client is
//! still of that version, and that the assertion is this request's alone.

use std::{cell::RefCell, collections::HashMap, rc::Rc};

use super::{
    client_keys, client_secret,
    context::Context,
    db::{
        Rows, Statement,
        clients::{self, ClientRecord, Proof},
        replay::Claim,
    },
    failure::MachineFailure,
    fault::Fault,
    log, random,
    request::Incoming,
};
use crate::{
    oidc::{
        client::{Client, SecretAtRest},
        client_assertion::{ClientAssertion, SingleUse},
        client_auth::{ClientCredentials, Presented, failed},
        client_metadata::AuthMethod,
        error::OAuthError,
        params::Params,
    },
    routes::Endpoint,
    secret::ClientSecret,
    time::{Lifetime, UnixTime},
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
    single_use: SingleUse,
    /// This request's claim to it.
    claim: String,
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
            Presented::Assertion(assertion) => Some(prove(assertion, context).await?),
            Presented::Nothing | Presented::Secret(..) => None,
        };
        Ok(Self { credentials, proven })
    }

    /// Who it claims to be.
    pub fn client_id(&self) -> &str {
        &self.credentials.client_id
    }

    /// The proof as a condition, for statements that act after [`Caller::claim`].
    pub fn proof(&self, context: &Context) -> Proof<'_> {
        match &self.proven {
            Some(proven) => Proof::of_version(self.client_id(), proven.version, Some(self.claim_of(proven))),
            None => Proof::of_secret(&self.credentials, &context.config.roots, context.now),
        }
    }

    /// Takes what counts once. It goes into the batch before whatever the client's proof is a condition of.
    pub fn claim(&self) -> Statement {
        match &self.proven {
            Some(proven) => self.claim_of(proven).take(),
            None => Statement::idle(),
        }
    }

    /// The client as D1 has it, if the proof is its own. `claimed` is what [`Caller::claim`] gave in the same batch.
    ///
    /// # Errors
    /// `invalid_client`.
    pub fn authenticated(
        &self,
        claimed: &Rows,
        record: Option<ClientRecord>,
        context: &Context,
    ) -> Result<Client, MachineFailure> {
        match &self.proven {
            Some(proven) => {
                let client = record.ok_or_else(failed)?.client;
                if client.version != proven.version {
                    forget(&client.client_id);
                    return Err(MachineFailure::ClientChanged);
                }
                if claimed.any()? {
                    Ok(client)
                } else {
                    Err(OAuthError::invalid_client("the client assertion was used before").into())
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

    fn claim_of<'a>(&'a self, proven: &'a Proven) -> Claim<'a> {
        Claim {
            of: &proven.single_use,
            id: &proven.claim,
            client_id: &self.credentials.client_id,
            version: proven.version,
        }
    }
}

/// Judges an assertion. What the isolate remembers of the client may be old: nothing is refused for it.
async fn prove(assertion: &ClientAssertion, context: &Context) -> Result<Proven, MachineFailure> {
    let issuer = &context.config.issuer;
    let audiences = [issuer.as_str().to_owned(), issuer.url(Endpoint::Token.path())];
    let single_use = assertion.check(&audiences, context.now)?;
    let claim = random::id()?;
    let proven = |record: &ClientRecord| Proven {
        version: record.client.version,
        single_use,
        claim,
    };
    if let Some(record) = remembered(assertion.client_id(), context.now)
        && is_genuine(assertion, &record, context).await.is_ok()
    {
        return Ok(proven(&record));
    }
    let rows = context.db.run(clients::find(assertion.client_id())).await?;
    let record = Rc::new(clients::read(&rows)?.ok_or_else(failed)?);
    is_genuine(assertion, &record, context).await?;
    remember(&record, context.now);
    Ok(proven(&record))
}

/// Whether the client of `record` made the assertion.
async fn is_genuine(
    assertion: &ClientAssertion,
    record: &ClientRecord,
    context: &Context,
) -> Result<(), MachineFailure> {
    let client = &record.client;
    assertion.check_registered(&client.metadata)?;
    let genuine = match (assertion.method(), &record.secret, assertion.token()) {
        (AuthMethod::PrivateKeyJwt, _, Some(token)) => {
            let verified = client_keys::verify(client, &token, assertion.alg(), context).await;
            verified.map_err(|no_key| OAuthError::invalid_client(no_key.why()))?
        }
        (AuthMethod::ClientSecretJwt, Some(stored), _) => {
            let secrets = client_secret::recover(stored, &client.client_id, context).await?;
            let signed_with = secrets.iter().find(|secret| assertion.is_signed_with(secret.expose()));
            if let Some(secret) = signed_with
                && !stored.current.hash.is_under(context.config.roots.current_version())
                && secrets
                    .first()
                    .is_some_and(|current| current.expose() == secret.expose())
            {
                move_later(secret.clone(), stored.current.clone(), client, context)?;
            }
            signed_with.is_some()
        }
        _ => false,
    };
    if genuine { Ok(()) } else { Err(failed().into()) }
}

/// Moves a secret to the current root, after the answer: so the older root can be dropped some day.
fn move_later(secret: ClientSecret, stored: SecretAtRest, client: &Client, context: &Context) -> Result<(), Fault> {
    let (client, later) = (client.clone(), context.for_later()?);
    context.background.spawn(async move {
        let moved = async {
            let moved = client_secret::at_rest(&secret, &client, &later).await?;
            later
                .db
                .run(clients::move_secret(&client.client_id, &stored.hash, &moved))
                .await
        };
        if let Err(fault) = moved.await {
            log::fault(&later.request_id, &fault);
        }
    });
    Ok(())
}

/// How long an isolate remembers a client. What is decided on it is checked against the version in D1.
const REMEMBERED: Lifetime = Lifetime::minutes(1);

/// The most clients that an isolate remembers; beyond it all are forgotten.
const MOST_REMEMBERED: usize = 100;

thread_local! {
    static MEMORY: RefCell<HashMap<String, (UnixTime, Rc<ClientRecord>)>> = RefCell::default();
}

fn remembered(client_id: &str, now: UnixTime) -> Option<Rc<ClientRecord>> {
    let found = MEMORY.with_borrow(|memory| memory.get(client_id).cloned());
    let recent = |since: UnixTime| (0..REMEMBERED.seconds()).contains(&now.since(since).seconds());
    found.filter(|(since, _)| recent(*since)).map(|(_, record)| record)
}

fn remember(record: &Rc<ClientRecord>, now: UnixTime) {
    MEMORY.with_borrow_mut(|memory| {
        if memory.len() >= MOST_REMEMBERED {
            memory.clear();
        }
        memory.insert(record.client.client_id.clone(), (now, record.clone()));
    });
}

fn forget(client_id: &str) {
    MEMORY.with_borrow_mut(|memory| memory.remove(client_id));
}
