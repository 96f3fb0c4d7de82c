//! What the authorization endpoint gives (OIDC Core sections 3.1.2.5, 3.2.2.5 and 3.3.2.5): ids are drawn first, rows are
//! stored in the batch that also tells whether they may be, and what is to be signed is signed afterwards.

use super::client_request::Flow;
use crate::{
    db::{
        Answer, Batch, Handle,
        basis::Basis,
        codes, pushed_requests, session_clients,
        sessions::Session,
        signing_keys::{self, CurrentKey},
        token_families,
    },
    edge::{
        http::failure::StepFailure,
        keys::signer::{self, Signer},
        platform::{context::Context, random},
        tokens::for_client,
    },
    fault::Fault,
    oidc::{
        authorization::{Authorization, Beside, Mint, Reach},
        authorize::AuthRequest,
        claims_request::Target,
        client::{Client, client_metadata::ResponseType},
        error::OAuthError,
        interaction::{Interaction, Step},
        jose::jwt::SigningAlg,
        resource_indicator::Targets,
        return_address::{AuthorizationResponse, FrontChannelToken},
        scope::Scope,
        session_state::{browser_state, session_state},
        token::access_token,
    },
    pages::Language,
    reply::Reply,
    secret::{Hash, OpaqueToken, Purpose},
    time::UnixTime,
};

/// The answer to a request, before it is known whether it may be given. Only what is delivered is stored: the statements demand
/// all that it rests on, and what could fail afterwards is tried before ([`Draft::prepare`]).
pub struct Draft {
    request: AuthRequest,
    session_hash: Hash,
    pushed: Option<Hash>,
    oldest_sign_in: Option<UnixTime>,
    code: OpaqueToken,
    code_hash: Hash,
    family_id: String,
}

/// What was stored for a draft, and what signs it.
pub struct Stored {
    keys: SigningKeys,
}

/// The keys that sign tokens and the response, where something is to be signed.
pub struct SigningKeys {
    of_tokens: Option<CurrentKey>,
    of_response: Option<CurrentKey>,
}

/// What came of a draft.
pub enum Outcome {
    Stored(Stored),
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
            Some(true) => Outcome::Stored(Stored { keys }),
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
        let roots = &context.config.roots;
        let code = OpaqueToken::new(roots, random::bytes()?);
        let code_hash = code
            .hash(roots, Purpose::Code)
            .ok_or_else(|| Fault::new("code", "no root key"))?;
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

    /// Whether it can be stored before anything was read: the request is answered for whoever is signed in and has consented, what
    /// signs the answer is at hand, and nothing is encrypted, for which keys might have to be fetched.
    pub fn needs_no_look(&self, flow: &Flow, waiting: Option<&Interaction>, context: &Context) -> bool {
        let metadata = &flow.client.metadata;
        let encrypts_id_token = self.request.response_type.has_id_token() && metadata.id_token_encryption.is_some();
        let encrypts_response = flow.address.wants_jwt() && metadata.authorization_encryption.is_some();
        Step::is_issue_for_anybody(&self.request, waiting)
            && !encrypts_id_token
            && !encrypts_response
            && self.check_front_channel(&flow.client, context).is_ok()
            && self.algs(flow).all(signer::is_at_hand)
    }

    /// Demands of the sign-in what [`Step::next`] would, where that has not seen it.
    pub fn before_a_look(mut self, now: UnixTime) -> Self {
        self.oldest_sign_in = self.request.oldest_sign_in(now);
        self
    }

    /// The same draft, for a sign-in that [`Step::next`] has seen.
    pub fn after_a_look(mut self) -> Self {
        self.oldest_sign_in = None;
        self
    }

    /// Finds out what could keep the answer from being made once it is stored.
    ///
    /// # Errors
    /// What the client is told; a fault where no key can sign.
    pub async fn prepare(&self, flow: &Flow, context: &Context) -> Result<(), StepFailure> {
        let client = &flow.client;
        self.check_front_channel(client, context)?;
        if self.request.response_type.has_id_token() {
            for_client::check_reader(client, context).await?;
        }
        if flow.address.wants_jwt() {
            // A client without a key for it is told in plain, and gets nothing else.
            for_client::check_response_reader(client, context).await?;
        }
        for alg in self.algs(flow) {
            signer::get_at_hand(alg, context).await?;
        }
        Ok(())
    }

    /// Whether an access token can be given from here.
    fn check_front_channel(&self, client: &Client, context: &Context) -> Result<(), OAuthError> {
        if self.request.response_type.has_token() {
            // The browser calls this endpoint: a token from here can be bound to no certificate of the client's.
            client.check_certificate(None)?;
            self.request.resources.audience(&Targets::default(), &context.config)?;
        }
        Ok(())
    }

    /// What signs the answer: its tokens, then the response as a whole.
    fn algs(&self, flow: &Flow) -> impl Iterator<Item = SigningAlg> + use<> {
        let tokens = self.request.response_type.has_front_channel_token();
        let of_tokens = tokens.then(|| flow.client.signing_alg());
        let of_response = flow.address.wants_jwt().then(|| for_client::response_alg(&flow.client));
        of_tokens.into_iter().chain(of_response)
    }

    /// Adds the queries for what signs the tokens and the response, and nothing else.
    pub fn add_keys(&self, flow: &Flow, batch: &mut Batch, context: &Context) -> DraftHandles {
        let current = |alg| signing_keys::current(alg, &signer::at_hand(), context.now);
        let tokens = self.request.response_type.has_front_channel_token();
        let alg_of_tokens = tokens.then(|| flow.client.signing_alg());
        let alg_of_response = flow.address.wants_jwt().then(|| for_client::response_alg(&flow.client));
        DraftHandles {
            stands: None,
            key_of_tokens: batch.add_if(alg_of_tokens.map(current)),
            key_of_response: batch.add_if(alg_of_response.map(current)),
        }
    }

    /// Adds all that a draft is: whether everything that it rests on stands, and which keys sign; then what is stored if it does:
    /// the code, the token family, and that the client knows the session; and a pushed request is taken out.
    pub fn add(&self, flow: &Flow, batch: &mut Batch, context: &Context) -> DraftHandles {
        let lifetimes = &context.config.lifetimes;
        let algs: Vec<_> = self.algs(flow).collect();
        let basis = Basis {
            session_hash: &self.session_hash,
            client: &flow.client,
            request: &self.request,
            oldest_sign_in: self.oldest_sign_in,
            pushed: self.pushed.as_ref(),
            algs: &algs,
            keys: &signer::at_hand(),
            session_idle: lifetimes.session_idle,
            now: context.now,
        };
        let wanted = self.request.response_type;
        let stands = batch.add(basis.check());
        let keys = self.add_keys(flow, batch, context);
        if wanted.has_code() {
            let redirect_uri = flow.address.redirect_uri();
            batch.push(codes::insert(&self.code_hash, redirect_uri, &basis, lifetimes));
        }
        if wanted.has_token() {
            batch.push(token_families::begin(&self.family_id, &basis, lifetimes));
        }
        batch.push(session_clients::note(&basis));
        if let Some(hash) = &self.pushed {
            batch.push(pushed_requests::take_answered(hash, &basis));
        }
        DraftHandles {
            stands: Some(stands),
            ..keys
        }
    }

    /// Takes at hand what would have signed.
    pub async fn take_keys(&self, flow: &Flow, keys: SigningKeys, context: &Context) -> Result<(), Fault> {
        for key in [keys.of_tokens, keys.of_response].into_iter().flatten() {
            signer::take_at_hand(Some(&key), flow.client.signing_alg(), context).await?;
        }
        Ok(())
    }

    /// Stores the draft.
    pub async fn store(&self, flow: &Flow, context: &Context) -> Result<Outcome, Fault> {
        let mut batch = Batch::default();
        let handles = self.add(flow, &mut batch, context);
        handles.read(&context.db.run(batch).await?)
    }

    /// Answers the client with what was stored for the person of `session`.
    pub async fn deliver(
        self,
        flow: &Flow,
        (session, stored): (&Session, Stored),
        language: Language,
        context: &Context,
    ) -> Result<Reply, Fault> {
        let keys = stored.keys;
        let response = self.answer(flow, session, keys.of_tokens, context).await;
        flow.grant(response, keys.of_response, language, context).await
    }

    /// The answer to the person of `session`, whose rows were stored.
    async fn answer(
        self,
        flow: &Flow,
        session: &Session,
        key: Option<CurrentKey>,
        context: &Context,
    ) -> Result<AuthorizationResponse, StepFailure> {
        let (request, client) = (&self.request, &flow.client);
        let wanted = request.response_type;
        let mut response = AuthorizationResponse {
            code: wanted.has_code().then(|| self.code.expose().to_owned()),
            session_state: self.session_state(flow, context)?,
            ..AuthorizationResponse::default()
        };
        if !wanted.has_front_channel_token() {
            return Ok(response);
        }
        let authorization = Authorization::given(request, &session.present(client), self.family_id);
        let signer = Signer::new(key, client.signing_alg(), context).await?;
        let mint = Mint {
            config: &context.config,
            now: context.now,
            certificate: None,
        };
        if wanted.has_token() {
            let scope = request.front_channel_scope();
            let within = Reach {
                aud: request
                    .resources
                    .audience(&Targets::default(), mint.config)
                    .map_err(StepFailure::Client)?,
                scope: scope.clone(),
            };
            let claims = authorization.access_token(client, within, random::id()?, &mint);
            response.token = Some(FrontChannelToken {
                access_token: signer.sign(access_token::TYPE, &claims).await?,
                expires_in: context.config.lifetimes.access_token,
                scope,
            });
        }
        if wanted.has_id_token() {
            // "when no Access Token is issued ... the resulting Claims are returned in the ID Token" (Core section 5.4).
            let in_id_token = match wanted {
                ResponseType::IdToken => request.scope.clone(),
                _ => Scope::default(),
            };
            let known = session.user.known_claims();
            let beside = Beside {
                access_token: response.token.as_ref().map(|token| token.access_token.as_str()),
                code: response.code.as_deref(),
                claims: request.claims.released(&known, &in_id_token, Target::IdToken),
            };
            if let Some(claims) = authorization.id_token(client, beside, &mint) {
                response.id_token = Some(for_client::id_token(&claims, client, &signer, context).await?);
            }
        }
        Ok(response)
    }

    /// `session_state`, where session management is on.
    fn session_state(&self, flow: &Flow, context: &Context) -> Result<Option<String>, Fault> {
        if !context.config.session_management {
            return Ok(None);
        }
        let key = context.config.roots.current(Purpose::BrowserState);
        let state = browser_state(&key, Some(&self.session_hash));
        let (client_id, redirect_uri) = (&flow.client.client_id, flow.address.redirect_uri());
        Ok(session_state(client_id, redirect_uri, &state, random::bytes()?))
    }
}
