//! `/introspect` (RFC 7662), whose answer is a JWT where the caller asks for one (RFC 9701).

use crate::{
    db::{
        Answer, Batch, Handle, apis,
        memberships::Along,
        signing_keys,
        token_families::{self, Alive, RefreshStanding},
    },
    edge::{
        clients::authentication::ClientAuthentication,
        http::{failure::MachineFailure, request::Incoming},
        keys::signer::{self, Signer},
        platform::context::Context,
        tokens::{for_client, opaque},
    },
    fault::Fault,
    oidc::{
        api_credentials::{self, ApiCredentials},
        client::{Client, client_auth},
        jose::{jwt::Unverified, provider_key::ProviderKey},
        params::Params,
        token::{
            access_token::{self, AccessTokenClaims},
            introspection::{self, Introspection, check_caller},
            refresh_grant::RefreshToken,
        },
    },
    reply::{Body, Reply},
};

/// What kind of token was sent, with the queries by which it is judged; `token_type_hint` is not needed to tell.
enum Presented<'a> {
    Access(Box<PresentedAccessToken<'a>>),
    Refresh(Handle<Option<RefreshStanding>>),
    Unknown,
}

struct PresentedAccessToken<'a> {
    token: Unverified<'a>,
    claims: AccessTokenClaims,
    key: Handle<Option<ProviderKey>>,
    alive: Handle<Option<Alive>>,
}

/// `POST /introspect`. An assertion is used up in the one round trip, and given back where no answer comes of it after all.
pub async fn introspect(request: &mut Incoming, context: &Context) -> Result<Reply, MachineFailure> {
    let params = request.form().await?;
    params.refuse_repeated()?;
    let roots = &context.config.roots;
    if let Some(api) = ApiCredentials::parse(request.authorization().as_deref(), &params, roots)? {
        return by_api(&api, &params, request, context).await;
    }
    let client = ClientAuthentication::of(request, &params, context).await?;
    let mut batch = Batch::default();
    let looked_up = client.look_up(&mut batch, context);
    let text = opaque::open(params.required("token")?, context).await;
    let presented = Presented::parse(&text, Some(client.client_id()), &mut batch, context);
    let used_up = client.use_up(client.proof(context).condition(), &mut batch, context);
    let wants_jwt = request.prefers_to_json(introspection::MEDIA_TYPE);
    let find_key = || signing_keys::current_for_introspection(client.client_id(), &signer::at_hand(), context.now);
    let key = batch.add_if(wants_jwt.then(find_key));
    let rows = context.db.run(batch).await?;
    let answer = async {
        let authenticated = client.finish(looked_up, &rows, context)?;
        check_caller(&authenticated, &context.config)?;
        let told = presented
            .describe(Asker::Client(&authenticated), &rows, context)
            .await?;
        if !wants_jwt {
            return Ok::<_, MachineFailure>(Reply::json(200, &told));
        }
        let claims = introspection::jwt_claims(&told, &authenticated.client_id, &context.config.issuer, context.now);
        let key = rows.read_if(key)?.flatten();
        let jwt = for_client::introspection(&claims, &authenticated, key, context).await?;
        Ok(Reply::new(200, Body::IntrospectionJwt(jwt)))
    };
    let answer = answer.await;
    if answer.is_err() && rows.read_if(used_up)?.unwrap_or_default() {
        client.give_back(context).await?;
    }
    answer
}

/// Who asks, and has authenticated.
#[derive(Clone, Copy)]
enum Asker<'a> {
    Client(&'a Client),
    /// An API, by its identifier.
    Api(&'a str),
}

/// The answer to an API that asks with credentials of its own.
async fn by_api(
    credentials: &ApiCredentials,
    params: &Params,
    request: &Incoming,
    context: &Context,
) -> Result<Reply, MachineFailure> {
    context.note_claim(&api_credentials::client_id(&credentials.api_id));
    let text = opaque::open(params.required("token")?, context).await;
    let mut batch = Batch::default();
    let found = batch.add(apis::find_by_secret(
        &credentials.api_id,
        &credentials.secret,
        context.now,
    ));
    let presented = Presented::parse(&text, None, &mut batch, context);
    let rows = context.db.run(batch).await?;
    let stored = rows.read(found)?.ok_or_else(client_auth::failed)?;
    let identifier = stored.api.identifier.as_str();
    let told = presented.describe(Asker::Api(identifier), &rows, context).await?;
    if !request.prefers_to_json(introspection::MEDIA_TYPE) {
        return Ok(Reply::json(200, &told));
    }
    let claims = introspection::jwt_claims(&told, identifier, &context.config.issuer, context.now);
    let signer = Signer::current(stored.api.settings.alg.unwrap_or_default(), context).await?;
    let jwt = signer.sign(introspection::TYPE, &claims).await?;
    Ok(Reply::new(200, Body::IntrospectionJwt(jwt)))
}

impl<'a> Presented<'a> {
    /// `client_id`: that of the client that asks. An API is told of no refresh tokens.
    fn parse(text: &'a str, client_id: Option<&str>, batch: &mut Batch, context: &Context) -> Self {
        if let Some(token) = RefreshToken::parse(text, &context.config.roots) {
            let Some(client_id) = client_id else {
                return Self::Unknown;
            };
            let lifetimes = &context.config.lifetimes;
            let find = token_families::find_refreshable(&token, client_id, lifetimes, context.now);
            return Self::Refresh(batch.add(find));
        }
        let Ok((token, claims)) = access_token::parse(text) else {
            return Self::Unknown;
        };
        Self::Access(Box::new(PresentedAccessToken {
            key: batch.add(signing_keys::find(token.kid().unwrap_or_default())),
            alive: batch.add(token_families::find_live(&claims, Along::default(), context.now)),
            token,
            claims,
        }))
    }

    async fn describe(self, asker: Asker<'_>, rows: &Answer, context: &Context) -> Result<Introspection, Fault> {
        let issuer = &context.config.issuer;
        match self {
            Self::Access(presented) => {
                let PresentedAccessToken {
                    token,
                    claims,
                    key,
                    alive,
                } = *presented;
                let genuine = signer::verify(&token, rows.read(key)?.as_ref(), context).await?;
                let in_time = claims.check(issuer, context.now).is_ok();
                let may_see = match asker {
                    Asker::Client(client) => introspection::may_see(client, &claims, context.config.settings()),
                    Asker::Api(identifier) => claims.aud.contains(identifier),
                };
                let Some(alive) = rows.read(alive)?.filter(|_| genuine && in_time && may_see) else {
                    return Ok(Introspection::inactive());
                };
                let username = alive.user.as_ref().map(|user| user.username.as_str());
                let members = token.claims_unverified().unwrap_or_default();
                Ok(Introspection::of_access_token(claims, username, members))
            }
            Self::Refresh(family) => match (rows.read(family)?, asker) {
                (Some(family), Asker::Client(client)) => Ok(Introspection::of_refresh_token(
                    client,
                    family.user.sub_at(client),
                    family.scope,
                    issuer,
                    (
                        family.life.expires_at,
                        family.life.remaining(&context.config.lifetimes, context.now),
                    ),
                )),
                _ => Ok(Introspection::inactive()),
            },
            Self::Unknown => Ok(Introspection::inactive()),
        }
    }
}
