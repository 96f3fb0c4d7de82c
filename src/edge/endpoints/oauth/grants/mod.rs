//! The grants of the token endpoint, a file each, and what they share: the request, and how it is refused.

pub mod authorization_code;
pub mod client_credentials;
mod of_person;
pub mod refresh_token;

use crate::{
    config::Config,
    db::{Answer, Batch, readiness::Ready, token_conditions::TokenConditions},
    edge::{
        clients::{
            authentication::{ClientAuthentication, LookedUp},
            memory,
        },
        http::failure::MachineFailure,
        platform::context::Context,
        tokens::readiness,
    },
    oidc::{
        authorization::Mint,
        client::{Client, client_auth, client_metadata::GrantType},
        error::OAuthError,
        params::Params,
        resource_indicator::{self, Targets},
        token::check_grant_type,
    },
};

/// A token request, whose client is not authenticated yet.
pub struct TokenRequest<'a> {
    pub params: &'a Params,
    pub client: &'a ClientAuthentication,
    pub context: &'a Context,
}

impl TokenRequest<'_> {
    /// Reads the parameters of a grant.
    ///
    /// # Errors
    /// As [`TokenRequest::refuse`].
    async fn read<T>(&self, parse: fn(&Params, &Config) -> Result<T, OAuthError>) -> Result<T, MachineFailure> {
        match parse(self.params, &self.context.config) {
            Ok(read) => Ok(read),
            Err(error) => Err(self.refuse(error).await),
        }
    }

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
            .and_then(|()| client.check_certificate(context.certificate.as_ref()))
            .and_then(|()| check(client))
            .and_then(|()| check_grant_type(client, grant_type));
        match judged {
            Ok(()) => Ok(readiness::of(&known, context).await?),
            Err(error) => Err(self.refuse_as_judged(error, client).await),
        }
    }

    /// What the statements demand that exchange a code or a refresh token for tokens.
    fn conditions<'a>(&'a self, ready: &'a Ready, resources: &'a Targets, audiences: &'a str) -> TokenConditions<'a> {
        TokenConditions {
            client_id: self.client.client_id(),
            proof: self.client.proof(self.context),
            ready,
            resources,
            audiences,
            lifetimes: &self.context.config.lifetimes,
            now: self.context.now,
        }
    }

    /// What tokens can be for, as JSON.
    fn audiences(&self) -> String {
        serde_json::to_string(&resource_indicator::known(&self.context.config)).unwrap_or_default()
    }

    /// The client, where it has authenticated.
    fn authenticated(&self, looked_up: LookedUp, rows: &Answer) -> Result<Client, MachineFailure> {
        let client = self.client.finish(looked_up, rows, self.context)?;
        client.check_certificate(self.context.certificate.as_ref())?;
        Ok(client)
    }

    /// Where and when the tokens are made.
    fn mint(&self) -> Mint<'_> {
        Mint {
            config: &self.context.config,
            now: self.context.now,
            certificate: self.context.certificate.as_ref(),
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
