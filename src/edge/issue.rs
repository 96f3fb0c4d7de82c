//! What the authorization endpoint gives (OIDC Core sections 3.1.2.5, 3.2.2.5 and 3.3.2.5): ids are drawn first, rows are
//! stored in the batch that also tells whether they may be, and what is to be signed is signed afterwards.

use super::{
    context::Context,
    db::{Rows, Statement, basis::Basis, codes, session_clients, sessions::Session, signing_keys, token_families},
    failure::StepFailure,
    fault::Fault,
    flow::Flow,
    jwts,
    keys::{self, Signer},
    platform::random,
};
use crate::{
    oidc::{
        authorization::{Authorization, Beside, Mint, Reach},
        authorize::AuthRequest,
        claims_request::Target,
        client::client_metadata::ResponseType,
        resource_indicator::Targets,
        return_address::{AuthorizationResponse, FrontChannelToken},
        scope::Scope,
        session_state::{browser_state, session_state},
        token::access_token,
    },
    secret::{Hash, OpaqueToken, Purpose},
};

/// The answer to a request, before it is known whether it may be given. A code that nobody was told expires unused, and so
/// does a family that no token names.
pub struct Draft {
    request: AuthRequest,
    session_hash: Hash,
    code: OpaqueToken,
    code_hash: Hash,
    family_id: String,
}

impl Draft {
    pub fn new(request: AuthRequest, session_hash: &Hash, context: &Context) -> Result<Self, Fault> {
        let roots = &context.config.roots;
        let code = OpaqueToken::new(roots, random::bytes()?);
        let code_hash = code
            .hash(roots, Purpose::Code)
            .ok_or_else(|| Fault::new("code", "no root key"))?;
        Ok(Self {
            request,
            session_hash: session_hash.clone(),
            code,
            code_hash,
            family_id: random::id()?,
        })
    }

    /// The statements of a draft, in this order: whether all that it rests on stands, which key signs for the client; then
    /// what is stored if it does: the code, the token family, and that the client knows the session.
    pub fn statements(&self, flow: &Flow, context: &Context) -> [Statement; 5] {
        let lifetimes = &context.config.lifetimes;
        let basis = Basis {
            session_hash: &self.session_hash,
            client: &flow.client,
            request: &self.request,
            session_idle: lifetimes.session_idle,
            now: context.now,
        };
        let wanted = self.request.response_type;
        let [mut key, mut code, mut family] = [(); 3].map(|()| Statement::idle());
        if wanted.has_front_channel_token() {
            key = signing_keys::current_for_client(&flow.client.client_id, &keys::at_hand(), context.now);
        }
        if wanted.has_code() {
            code = codes::insert(&self.code_hash, flow.address.redirect_uri(), &basis, lifetimes);
        }
        if wanted.has_token() {
            family = token_families::begin(&self.family_id, &basis, lifetimes);
        }
        [basis.check(), key, code, family, session_clients::note(&basis)]
    }

    /// The answer to the person of `session`, whose rows were stored.
    pub async fn answer(
        self,
        flow: &Flow,
        session: &Session,
        key: &Rows,
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
        let signer = Signer::new(signing_keys::read_current(key)?, client.signing_alg(), context).await?;
        let mint = Mint {
            config: &context.config,
            now: context.now,
            certificate: None,
        };
        if wanted.has_token() {
            // The browser calls this endpoint: a token from here can be bound to no certificate of the client's.
            client.check_certificate(None).map_err(StepFailure::Client)?;
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
                response.id_token = Some(jwts::id_token(&claims, client, &signer, context).await?);
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
