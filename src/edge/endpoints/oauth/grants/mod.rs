//! The grants of the token endpoint, a file each, and what they share: the request, and how it is refused.

pub mod authorization_code;
pub mod ciba;
pub mod client_credentials;
pub mod device_code;
pub mod jwt_bearer;
mod polling;
pub mod refresh_token;
pub mod token_exchange;

use crate::{
    config::Config,
    db::{
        Answer, Batch, Handle, Statement, apis, dpop_proofs, proof::Proof, readiness::Ready, signing_keys::CurrentKey,
        token_conditions::TokenConditions,
    },
    edge::{
        clients::{
            apis as known_apis,
            authentication::{ClientAuthentication, ClientHandles},
            memory,
        },
        http::failure::MachineFailure,
        platform::context::Context,
        tokens::{
            for_api,
            of_person::{self, Granted},
            readiness,
        },
    },
    fault::Fault,
    oidc::{
        authorization::Mint,
        authorization_details::AuthorizationDetails,
        binding::Binding,
        client::{Client, client_auth, client_metadata::GrantType},
        declared_api::DeclaredApi,
        dpop::{self, KeyProof},
        error::OAuthError,
        params::Params,
        resource_indicator::{self, Targets},
        token::{TokenResponse, check_grant_type},
    },
};

/// A token request, whose client is not authenticated yet.
pub struct TokenRequest<'a> {
    pub params: &'a Params,
    pub client: &'a ClientAuthentication,
    /// The key that the client has shown to hold.
    pub proof: Option<&'a KeyProof>,
    pub context: &'a Context,
}

/// What conditions compare rows with, as it is stored.
struct Stored {
    /// What tokens can be for.
    audiences: String,
    /// Which of the APIs that are named operators declared.
    declared: Option<String>,
    /// What the client has shown that tokens can be bound to.
    binding: Option<String>,
}

/// Where in a batch is whether the client is who it says it is, and whether its proof of a key comes for the first time.
struct TokenRequestHandles {
    client: ClientHandles,
    was_used: Option<Handle<bool>>,
    /// What will sign, where APIs want another algorithm than that of the client.
    key_of_apis: Option<Handle<Option<CurrentKey>>>,
}

impl<'a> TokenRequest<'a> {
    /// Reads the parameters of a grant.
    ///
    /// # Errors
    /// As [`TokenRequest::refuse`].
    async fn read<T>(&self, parse: fn(&'a Params, &Config) -> Result<T, OAuthError>) -> Result<T, MachineFailure> {
        match parse(self.params, &self.context.config) {
            Ok(read) => Ok(read),
            Err(error) => Err(self.refuse(error).await),
        }
    }
}

impl TokenRequest<'_> {
    /// Judges the client as it is remembered, and gives what D1 has to find unchanged when it acts. The client also has to pass
    /// `check`. It is refused only if D1 has it like that still, and it authenticates.
    async fn ready(
        &self,
        grant_type: GrantType,
        check: impl Fn(&Client) -> Result<(), OAuthError>,
    ) -> Result<Ready, MachineFailure> {
        let (context, client_id) = (self.context, self.client.client_id());
        let known = match memory::remembered(client_id, context.now) {
            Some(known) => Some(known),
            None => memory::read(client_id, context).await?,
        };
        let Some(known) = known else {
            return Err(self.refuse(client_auth::failed()).await);
        };
        let client = &known.record.client;
        let judged = self.client.check_against(&known.record, context);
        let judged = judged
            .and_then(|()| client.check_profile(&context.config))
            .and_then(|()| client.check_binding(self.proof, context.certificate.as_ref()))
            .and_then(|()| check(client))
            .and_then(|()| check_grant_type(client, grant_type));
        match judged {
            Ok(()) => Ok(readiness::of(&known, context).await?),
            Err(error) => Err(self.refuse_as_judged(error, client).await),
        }
    }

    /// What the statements demand that exchange a code or a refresh token for tokens.
    fn conditions<'a>(
        &'a self,
        ready: &'a Ready,
        (resources, details): (&'a Targets, &'a AuthorizationDetails),
        stored: &'a Stored,
    ) -> TokenConditions<'a> {
        TokenConditions {
            client_id: self.client.client_id(),
            proof: self.client_proof(),
            ready,
            resources,
            details,
            audiences: &stored.audiences,
            declared: stored.declared.as_deref(),
            binding: stored.binding.as_deref(),
            lifetimes: &self.context.config.lifetimes,
            now: self.context.now,
        }
    }

    /// The client's proof as a condition, with that of its key, where there is one.
    fn client_proof(&self) -> Proof<'_> {
        let proof = self.client.proof(self.context);
        proof.with_dpop(self.proof.map(|proof| &proof.single_use))
    }

    /// What conditions compare rows with, where tokens are wanted for `resources`.
    fn stored(&self, resources: &Targets) -> Stored {
        let json = |value| serde_json::to_string(&value).unwrap_or_default();
        let targets = |targets: &Targets| serde_json::to_string(targets).unwrap_or_default();
        let declared = resources.declared(&self.context.config);
        Stored {
            declared: (!declared.is_empty()).then(|| targets(&declared)),
            audiences: targets(&resource_indicator::known(&self.context.config).and(declared)),
            binding: self.proof.map(|proof| json(Binding::Key(proof.jkt.clone()))),
        }
    }

    /// Adds the queries by which [`TokenRequest::authenticated`] judges. They go into the batch before [`TokenRequest::use_up`].
    fn look_up(&self, batch: &mut Batch) -> TokenRequestHandles {
        let find = |proof: &KeyProof| dpop_proofs::find(&proof.single_use, self.context.now);
        TokenRequestHandles {
            client: self.client.look_up(batch, self.context),
            was_used: batch.add_if(self.proof.map(find)),
            key_of_apis: for_api::look_up_key(self.client.client_id(), batch, self.context),
        }
    }

    /// Uses up the proof of the key, and what counts once in that of the client, where `success` holds. It goes into the batch behind
    /// whatever acts: a request that is refused leaves both as they were.
    fn use_up(&self, success: Statement, batch: &mut Batch) -> Option<Handle<bool>> {
        let (success, stored) = match self.proof {
            Some(proof) => {
                let stored = batch.add(dpop_proofs::use_up(&proof.single_use, success, self.context.now));
                (dpop_proofs::succeeded(), Some(stored))
            }
            None => (success, None),
        };
        let used = self.client.use_up(success, batch, self.context);
        stored.or(used)
    }

    /// Uses up the proof of the key, and what counts once in that of the client, in a trip of its own: for a request of which all else is
    /// known to be good, which SQL alone cannot tell. Nothing happens where nothing counts once.
    ///
    /// # Errors
    /// [`MachineFailure::ClientChanged`] where `success` does not hold, or another request was faster: the next try finds out which.
    async fn use_up_last(&self, success: Statement) -> Result<(), MachineFailure> {
        if self.proof.is_none() && !self.client.counts_once() {
            return Ok(());
        }
        let mut batch = Batch::default();
        let stored = self.use_up(self.client_proof().condition().and(success), &mut batch);
        match self.context.db.run(batch).await?.read_if(stored)? {
            Some(false) => Err(self.not_ready(None)),
            _ => Ok(()),
        }
    }

    /// The client, where it has authenticated.
    fn authenticated(&self, looked: TokenRequestHandles, rows: &Answer) -> Result<Client, MachineFailure> {
        let client = self.client.finish(looked.client, rows, self.context)?;
        self.context.keep_key(rows.read_if(looked.key_of_apis)?.flatten());
        client.check_profile(&self.context.config)?;
        client.check_binding(self.proof, self.context.certificate.as_ref())?;
        match rows.read_if(looked.was_used)? {
            Some(true) => Err(dpop::used().into()),
            _ => Ok(client),
        }
    }

    /// Adds the query for what operators declared of the APIs that are named, as it is now, where they did.
    fn look_up_apis(&self, resources: &Targets, batch: &mut Batch) -> Option<Handle<Vec<DeclaredApi>>> {
        let declared = resources.declared(&self.context.config);
        let keys = resource_indicator::to_look_up(declared.iter(), self.context.config.settings());
        let keys = serde_json::to_string(&keys).unwrap_or_default();
        batch.add_if((!declared.is_empty()).then(|| apis::find_open(&keys, self.client.client_id())))
    }

    /// Lets the rest of the request know the APIs that operators declared: those of a grant, and those that were looked up.
    fn know_apis(
        &self,
        granted: &[DeclaredApi],
        named: Option<Handle<Vec<DeclaredApi>>>,
        rows: &Answer,
    ) -> Result<(), Fault> {
        let named = rows.read_if(named)?.unwrap_or_default();
        known_apis::know(&[granted, &named].concat(), self.client.client_id(), self.context);
        Ok(())
    }

    /// Makes the tokens that the client gets for a person, whatever the grant. `key` is the one that signs for it.
    async fn tokens_of(
        &self,
        granted: Granted,
        client: &Client,
        key: Option<CurrentKey>,
    ) -> Result<TokenResponse, MachineFailure> {
        Ok(of_person::tokens(granted, client, key, &self.mint(client), self.context).await?)
    }

    /// Where and when the tokens are made.
    fn mint(&self, client: &Client) -> Mint<'_> {
        Mint {
            config: &self.context.config,
            now: self.context.now,
            binding: Binding::of(client, self.proof, self.context.certificate.as_ref()),
        }
    }

    /// The failure of a request that is right in itself. Either the client cannot read its ID token, or it has changed since it was
    /// judged, or another key signs now: then the request is tried once more.
    fn not_ready(&self, unreadable: Option<OAuthError>) -> MachineFailure {
        let changed = || {
            memory::forget(self.client.client_id());
            MachineFailure::ClientChanged
        };
        unreadable.map_or_else(changed, MachineFailure::from)
    }

    /// Refuses a request that is wrong in itself, but tells so only to a client that authenticates.
    pub async fn refuse(&self, error: OAuthError) -> MachineFailure {
        match self.fresh_client().await {
            Ok(_) => error.into(),
            Err(failure) => failure,
        }
    }

    /// Likewise, where `error` comes of `judged`: it counts only if D1 has no other client by now.
    async fn refuse_as_judged(&self, error: OAuthError, judged: &Client) -> MachineFailure {
        match self.fresh_client().await {
            Ok(fresh) if fresh.version == judged.version => error.into(),
            Ok(_) => {
                memory::forget(&judged.client_id);
                MachineFailure::ClientChanged
            }
            Err(failure) => failure,
        }
    }

    async fn fresh_client(&self) -> Result<Client, MachineFailure> {
        let mut batch = Batch::default();
        let looked_up = self.client.look_up(&mut batch, self.context);
        let rows = self.context.db.run(batch).await?;
        self.client.finish(looked_up, &rows, self.context)
    }
}
