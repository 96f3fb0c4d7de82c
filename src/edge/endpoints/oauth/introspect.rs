//! `/introspect` (RFC 7662), whose answer is a JWT where the caller asks for one (RFC 9701).

use crate::{
    db::{
        Answer, Batch, Handle,
        memberships::Along,
        signing_keys,
        token_families::{self, Alive, RefreshStanding},
    },
    edge::{
        clients::authentication::ClientAuthentication,
        http::{failure::MachineFailure, request::Incoming},
        keys::signer,
        platform::context::Context,
        tokens::for_client,
    },
    fault::Fault,
    oidc::{
        client::Client,
        jose::{jwt::Unverified, provider_key::ProviderKey},
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
    let client = ClientAuthentication::of(request, &params, context).await?;
    let mut batch = Batch::default();
    let looked_up = client.look_up(&mut batch, context);
    let presented = Presented::parse(params.required("token")?, client.client_id(), &mut batch, context);
    let used_up = client.use_up(client.proof(context).condition(), &mut batch, context);
    let wants_jwt = request.prefers_to_json(introspection::MEDIA_TYPE);
    let find_key = || signing_keys::current_for_introspection(client.client_id(), &signer::at_hand(), context.now);
    let key = batch.add_if(wants_jwt.then(find_key));
    let rows = context.db.run(batch).await?;
    let answer = async {
        let authenticated = client.finish(looked_up, &rows, context)?;
        check_caller(&authenticated, &context.config)?;
        let told = presented.describe(&authenticated, &rows, context).await?;
        if !wants_jwt {
            return Ok::<_, MachineFailure>(Reply::json(200, &told));
        }
        let claims = introspection::jwt_claims(&told, &authenticated, &context.config.issuer, context.now);
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

impl<'a> Presented<'a> {
    fn parse(text: &'a str, client_id: &str, batch: &mut Batch, context: &Context) -> Self {
        if let Some(token) = RefreshToken::parse(text, &context.config.roots) {
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

    async fn describe(self, caller: &Client, rows: &Answer, context: &Context) -> Result<Introspection, Fault> {
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
                let Some(alive) = rows.read(alive)?.filter(|_| genuine && in_time) else {
                    return Ok(Introspection::inactive());
                };
                let username = alive.user.as_ref().map(|user| user.username.as_str());
                let members = token.claims_unverified().unwrap_or_default();
                Ok(Introspection::of_access_token(claims, username, members))
            }
            Self::Refresh(family) => match rows.read(family)? {
                Some(family) => Ok(Introspection::of_refresh_token(
                    caller,
                    family.user.sub_at(caller),
                    family.scope,
                    issuer,
                    (
                        family.life.expires_at,
                        family.life.remaining(&context.config.lifetimes, context.now),
                    ),
                )),
                None => Ok(Introspection::inactive()),
            },
            Self::Unknown => Ok(Introspection::inactive()),
        }
    }
}
