//! What the authorization endpoint is about to give: ids are drawn first, and rows are stored in the batch that also tells whether
//! they may be. What is to be signed is signed afterwards: see `response`.

use super::client_request::ClientRequest;
use crate::{
    db::{
        Answer, Batch, Handle, backchannel_outbox,
        codes::{self, NewCode},
        preconditions::Preconditions,
        pushed_requests, session_clients,
        session_endings::APART,
        signing_keys::{self, CurrentKey},
        token_families,
    },
    edge::{
        http::failure::StepFailure,
        keys::signer,
        platform::{context::Context, random},
        tokens::for_client,
    },
    fault::Fault,
    oidc::{
        authorize::AuthRequest,
        client::Client,
        error::{ErrorCode, OAuthError},
        fetcher::Fetcher,
        interaction::{Interaction, Step},
        jose::jwt::SigningAlg,
        resource_indicator::Targets,
    },
    secret::{Hash, OpaqueToken, Purpose},
    time::UnixTime,
};

/// The answer to a request, before it is known whether it may be given. Only what is delivered is stored: the statements demand
/// all that it rests on, and what could fail afterwards is tried before ([`Draft::prepare`]).
pub struct Draft {
    pub(super) request: AuthRequest,
    pub(super) session_hash: Hash,
    pushed: Option<Hash>,
    oldest_sign_in: Option<UnixTime>,
    pub(super) code: OpaqueToken,
    code_hash: Hash,
    pub(super) family_id: String,
}

/// The keys that sign tokens and the response, where something is to be signed.
pub struct SigningKeys {
    pub(super) of_tokens: Option<CurrentKey>,
    pub(super) of_response: Option<CurrentKey>,
}

/// What came of a draft.
pub enum Outcome {
    /// All of it was stored, and these keys sign it.
    Stored(SigningKeys),
    /// What it rests on did not stand, or nothing was to be stored yet. The keys would have signed.
    NotStored(SigningKeys),
}

/// Where in a batch is whether a draft was stored, and what signs it.
pub struct DraftHandles {
    /// Absent where nothing was to be stored yet.
    stands: Option<Handle<bool>>,
    key_of_tokens: Option<Handle<Option<CurrentKey>>>,
    key_of_response: Option<Handle<Option<CurrentKey>>>,
}

impl DraftHandles {
    pub fn read(self, rows: &Answer) -> Result<Outcome, Fault> {
        let keys = SigningKeys {
            of_tokens: rows.read_if(self.key_of_tokens)?.flatten(),
            of_response: rows.read_if(self.key_of_response)?.flatten(),
        };
        Ok(match rows.read_if(self.stands)? {
            Some(true) => Outcome::Stored(keys),
            _ => Outcome::NotStored(keys),
        })
    }
}

impl Draft {
    /// The draft for the person of a session. `pushed` is the reference of a pushed request.
    pub fn new(
        request: AuthRequest,
        session_hash: &Hash,
        pushed: Option<&Hash>,
        context: &Context,
    ) -> Result<Self, Fault> {
        let (code, code_hash) = context.new_token(Purpose::Code)?;
        Ok(Self {
            request,
            session_hash: session_hash.clone(),
            pushed: pushed.cloned(),
            oldest_sign_in: None,
            code,
            code_hash,
            family_id: random::id()?,
        })
    }

    /// Adds what can be asked of D1 before anything is known of the person: all of the draft, if it [`needs_no_look`], else the
    /// keys that sign.
    ///
    /// [`needs_no_look`]: Draft::needs_no_look
    pub fn add_early(
        mut self,
        client_request: &ClientRequest,
        waiting: Option<&Interaction>,
        batch: &mut Batch,
        context: &Context,
    ) -> (Self, DraftHandles) {
        if !self.needs_no_look(client_request, waiting, context) {
            let handles = self.add_keys(client_request, batch, context);
            return (self, handles);
        }
        // What `Step::next` would demand of the sign-in, which has not seen it.
        self.oldest_sign_in = self.request.oldest_sign_in(context.now);
        let handles = self.add(client_request, batch, context);
        (self, handles)
    }

    /// Whether it can be stored before anything was read: the request is answered for whoever is signed in and has consented, what
    /// signs the answer is at hand, and nothing is encrypted, for which keys might have to be fetched.
    fn needs_no_look(&self, client_request: &ClientRequest, waiting: Option<&Interaction>, context: &Context) -> bool {
        let metadata = &client_request.client.metadata;
        let encrypts_id_token = self.request.response_type.has_id_token() && metadata.id_token_encryption.is_some();
        let encrypts_response = client_request.address.wants_jwt() && metadata.authorization_encryption.is_some();
        Step::is_issue_for_anybody(&self.request, waiting)
            && !encrypts_id_token
            && !encrypts_response
            && self.check_front_channel(&client_request.client, context).is_ok()
            && self.algs(client_request).into_iter().flatten().all(signer::is_at_hand)
    }

    /// Stores the draft after [`Step::next`] has seen the sign-in. `keys` are those that D1 named when it was first asked.
    ///
    /// # Errors
    /// As [`Draft::prepare`].
    pub async fn store_late(
        mut self,
        client_request: &ClientRequest,
        keys: SigningKeys,
        context: &Context,
    ) -> Result<(Self, Outcome), StepFailure> {
        for key in [keys.of_tokens, keys.of_response].into_iter().flatten() {
            signer::unwrap_to_hand(Some(&key), client_request.client.signing_alg(), context).await?;
        }
        self.prepare(client_request, context).await?;
        self.oldest_sign_in = None;
        let mut batch = Batch::default();
        let handles = self.add(client_request, &mut batch, context);
        let outcome = handles.read(&context.db.run(batch).await?)?;
        Ok((self, outcome))
    }

    /// Finds out what could keep the answer from being made once it is stored.
    ///
    /// # Errors
    /// What the client is told; a fault where no key can sign.
    pub async fn prepare(&self, client_request: &ClientRequest, context: &Context) -> Result<(), StepFailure> {
        let client = &client_request.client;
        self.check_front_channel(client, context)?;
        if self.request.response_type.has_id_token() {
            for_client::check_reader(client, context).await?;
        }
        if client_request.address.wants_jwt() {
            // A client without a key for it is told in plain, and gets nothing else.
            for_client::check_response_reader(client, context).await?;
        }
        for alg in self.algs(client_request).into_iter().flatten() {
            signer::ensure_at_hand(alg, context).await?;
        }
        Ok(())
    }

    /// Whether an access token can be given from here.
    fn check_front_channel(&self, client: &Client, context: &Context) -> Result<(), OAuthError> {
        if self.request.response_type.has_token() {
            // The browser calls this endpoint: a token from here can be bound to no key and no certificate of the client's.
            let unbound = |error: OAuthError| OAuthError::invalid_request(error.description);
            client.check_binding(None, None).map_err(unbound)?;
            let resources = &self.request.resources;
            resources.audience(&Targets::default(), &context.config)?;
            if !resources.declared(&context.config).is_empty() {
                // D1 says what its tokens are like when a code is redeemed.
                let why = "tokens for this API come from the token endpoint alone: ask for a code";
                return Err(OAuthError::new(ErrorCode::InvalidTarget, why));
            }
        }
        Ok(())
    }

    /// What signs the answer: its tokens, then the response as a whole.
    fn algs(&self, client_request: &ClientRequest) -> [Option<SigningAlg>; 2] {
        let tokens = self.request.response_type.has_front_channel_token();
        let of_tokens = tokens.then(|| client_request.client.signing_alg());
        let of_response = client_request
            .address
            .wants_jwt()
            .then(|| for_client::response_alg(&client_request.client));
        [of_tokens, of_response]
    }

    /// Adds the queries for what signs the tokens and the response, and nothing else.
    fn add_keys(&self, client_request: &ClientRequest, batch: &mut Batch, context: &Context) -> DraftHandles {
        let current = |alg| signing_keys::current(alg, &signer::at_hand(), context.now);
        let [of_tokens, of_response] = self.algs(client_request);
        DraftHandles {
            stands: None,
            key_of_tokens: batch.add_if(of_tokens.map(current)),
            key_of_response: batch.add_if(of_response.map(current)),
        }
    }

    /// Adds all that a draft is: whether everything that it rests on stands, and which keys sign; then what is stored if it does:
    /// the code, the token family, and that the client knows the session; and a pushed request is taken out.
    pub fn add(&self, client_request: &ClientRequest, batch: &mut Batch, context: &Context) -> DraftHandles {
        let lifetimes = &context.config.lifetimes;
        let algs: Vec<_> = self.algs(client_request).into_iter().flatten().collect();
        let preconditions = Preconditions {
            session_hash: &self.session_hash,
            client: &client_request.client,
            request: &self.request,
            oldest_sign_in: self.oldest_sign_in,
            pushed: self.pushed.as_ref(),
            algs: &algs,
            keys: &signer::at_hand(),
            session_idle: lifetimes.session_idle,
            now: context.now,
        };
        let wanted = self.request.response_type;
        let redirect_uri = client_request.address.redirect_uri();
        // What fetches the answer is known to whoever asked.
        let fetched = self
            .pushed
            .as_ref()
            .filter(|_| client_request.address.fetcher().is_some());
        let code = NewCode {
            hash: fetched.unwrap_or(&self.code_hash),
            redirect_uri,
            apart: fetched.map(|_| format!("{APART}{}", self.family_id)),
        };
        // A code that was stored says that all of it stands.
        let (stands, note) = match wanted.has_code() {
            true => (
                batch.add(codes::insert(&code, &preconditions, lifetimes)),
                session_clients::note_of_code(&self.code_hash, context.now),
            ),
            false => (batch.add(preconditions.check()), session_clients::note(&preconditions)),
        };
        let keys = self.add_keys(client_request, batch, context);
        if wanted.has_token() {
            batch.push(token_families::begin(&self.family_id, &preconditions, lifetimes));
        }
        if fetched.is_none() {
            batch.push(note);
        }
        if let (Some(hash), Some(Fetcher::Backchannel)) = (&self.pushed, client_request.address.fetcher()) {
            batch.push(backchannel_outbox::write_answered(hash, context.now));
        }
        if let Some(hash) = &self.pushed {
            batch.push(pushed_requests::take_answered(hash, &preconditions));
        }
        DraftHandles {
            stands: Some(stands),
            ..keys
        }
    }
}
