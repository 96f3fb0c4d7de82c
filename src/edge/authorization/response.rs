//! What the authorization endpoint gives (OIDC Core sections 3.1.2.5, 3.2.2.5 and 3.3.2.5), once it was stored.

use super::{
    client_request::ClientRequest,
    draft::{Draft, SigningKeys},
};
use crate::{
    account::user::ToldApp,
    db::{sessions::Session, signing_keys::CurrentKey},
    edge::{
        http::failure::StepFailure,
        keys::signer::Signer,
        platform::{context::Context, random},
        tokens::for_client,
    },
    fault::Fault,
    oidc::{
        authorization::{Authorization, IssuedWith, Mint, Reach},
        claims_request::Target,
        client::client_metadata::ResponseType,
        resource_indicator::Targets,
        return_address::{AuthorizationResponse, FrontChannelToken},
        scope::Scope,
        session_state::{browser_state, session_state},
        token::access_token::{self, AccessTokenClaims},
    },
    pages::Language,
    reply::Reply,
    secret::Purpose,
};

impl Draft {
    /// Answers the client with what was stored for the person of `session`.
    pub async fn deliver(
        self,
        client_request: &ClientRequest,
        (session, keys): (&Session, SigningKeys),
        language: Language,
        context: &Context,
    ) -> Result<Reply, Fault> {
        let response = self.answer(client_request, session, keys.of_tokens, context).await;
        client_request
            .answer(response, keys.of_response, language, context)
            .await
    }

    /// The answer to the person of `session`, whose rows were stored.
    async fn answer(
        self,
        client_request: &ClientRequest,
        session: &Session,
        key: Option<CurrentKey>,
        context: &Context,
    ) -> Result<AuthorizationResponse, StepFailure> {
        let (request, client) = (&self.request, &client_request.client);
        let wanted = request.response_type;
        let mut response = AuthorizationResponse {
            code: wanted.has_code().then(|| self.code.expose().to_owned()),
            session_state: self.session_state(client_request, context)?,
            ..AuthorizationResponse::default()
        };
        if !wanted.has_front_channel_token() {
            return Ok(response);
        }
        let authorization = Authorization::given(request, &session.person_at(client), self.family_id);
        let signer = Signer::new(key, client.signing_alg(), context).await?;
        let mint = Mint {
            config: &context.config,
            now: context.now,
            binding: None,
        };
        let told_app = ToldApp {
            client,
            attributes: &context.config.attributes,
        };
        if wanted.has_token() {
            let scope = (request.resources).scope_of_token(request.front_channel_scope(), mint.config);
            let within = Reach {
                aud: request
                    .resources
                    .audience(&Targets::default(), mint.config)
                    .map_err(StepFailure::Client)?,
                scope: scope.clone(),
            };
            let details = request.details.at(&within.aud, client, &context.config.detail_types);
            let claims = AccessTokenClaims {
                told: details
                    .claim()
                    .into_iter()
                    .chain(session.user.told_in_access_token(told_app, &scope))
                    .collect(),
                ..authorization.access_token(client, within, random::id()?, &mint)
            };
            response.token = Some(FrontChannelToken {
                access_token: signer.sign(access_token::TYPE, &claims).await?,
                expires_in: claims.exp.since(context.now),
                scope,
            });
        }
        if wanted.has_id_token() {
            // "when no Access Token is issued ... the resulting Claims are returned in the ID Token" (Core section 5.4).
            let in_id_token = match wanted {
                ResponseType::IdToken => request.scope.clone(),
                _ => Scope::default(),
            };
            let with = IssuedWith {
                access_token: response.token.as_ref().map(|token| token.access_token.as_str()),
                code: response.code.as_deref(),
                claims: (session.user).told_to(told_app, &request.claims, &in_id_token, Target::IdToken),
            };
            if let Some(claims) = authorization.id_token(client, with, &mint) {
                response.id_token = Some(for_client::id_token(&claims, client, &signer, context).await?);
            }
        }
        Ok(response)
    }

    /// `session_state`, where session management is on.
    fn session_state(&self, client_request: &ClientRequest, context: &Context) -> Result<Option<String>, Fault> {
        if !context.config.session_management {
            return Ok(None);
        }
        let key = context.config.roots.current(Purpose::BrowserState);
        let state = browser_state(&key, Some(&self.session_hash));
        let (client_id, redirect_uri) = (&client_request.client.client_id, client_request.address.redirect_uri());
        Ok(session_state(client_id, redirect_uri, &state, random::bytes()?))
    }
}
