//! `/introspect` (RFC 7662).

use crate::{
    db::{Rows, Statement, clients, signing_keys, token_families, users},
    edge::{
        clients::authentication,
        http::{failure::MachineFailure, request::Incoming},
        keys::signer,
        platform::context::Context,
    },
    fault::Fault,
    oidc::{
        client::Client,
        jose::jwt::Unverified,
        token::{
            access_token::{self, AccessTokenClaims},
            introspection::{Introspection, check_caller},
            refresh_grant::RefreshToken,
        },
    },
    reply::Reply,
};

/// What kind of token was sent; `token_type_hint` is not needed to tell.
enum Presented<'a> {
    Access(Box<(Unverified<'a>, AccessTokenClaims)>),
    Refresh(RefreshToken),
    Unknown,
}

/// `POST /introspect`.
pub async fn introspect(request: &mut Incoming, context: &Context) -> Result<Reply, MachineFailure> {
    let params = request.form().await?;
    params.refuse_repeated()?;
    let answer = authentication::acting(request, &params, context, async |caller| {
        let presented = Presented::parse(params.required("token")?, context);
        let (key, state) = presented.statements(caller.client_id(), context);
        let find = clients::find(caller.client_id());
        let [store, count] = caller.use_up(caller.proof(context).condition(), context);
        let batch = [caller.hindrance(context), find, key, state, store, count];
        let [hindrance, client, key, state, ..] = context.db.batch(batch).await?;
        let client = caller.authenticated(&hindrance, clients::read(&client)?, context)?;
        check_caller(&client)?;
        Ok(presented.describe(&client, &key, &state, context).await?)
    });
    let answer = answer.await?;
    Ok(Reply::json(200, &answer))
}

impl<'a> Presented<'a> {
    fn parse(text: &'a str, context: &Context) -> Self {
        if let Some(token) = RefreshToken::parse(text, &context.config.roots) {
            return Self::Refresh(token);
        }
        access_token::parse(text).map_or(Self::Unknown, |parsed| Self::Access(Box::new(parsed)))
    }

    fn statements(&self, client_id: &str, context: &Context) -> (Statement, Statement) {
        match self {
            Self::Access(parsed) => (
                signing_keys::find(parsed.0.kid().unwrap_or_default()),
                token_families::find_live(&parsed.1, context.now),
            ),
            Self::Refresh(token) => {
                let lifetimes = &context.config.lifetimes;
                (
                    Statement::idle(),
                    token_families::find_refreshable(token, client_id, lifetimes, context.now),
                )
            }
            Self::Unknown => (Statement::idle(), Statement::idle()),
        }
    }

    async fn describe(
        self,
        caller: &Client,
        key: &Rows,
        state: &Rows,
        context: &Context,
    ) -> Result<Introspection, Fault> {
        let issuer = &context.config.issuer;
        match self {
            Self::Access(parsed) => {
                let (token, claims) = *parsed;
                let key = signing_keys::read_all(key)?.into_iter().next();
                let genuine = signer::verify(&token, key.as_ref(), context).await?;
                let live = claims.check(issuer, context.now).is_ok() && state.any()?;
                if !genuine || !live {
                    return Ok(Introspection::inactive());
                }
                let user = if claims.family.is_some() {
                    users::read(state)?
                } else {
                    None
                };
                let username = user.as_ref().map(|user| user.username.as_str());
                Ok(Introspection::of_access_token(claims, username))
            }
            Self::Refresh(_) => match token_families::read_refreshable(state)? {
                Some(family) => Ok(Introspection::of_refresh_token(
                    caller,
                    family.user.sub_at(caller),
                    family.scope,
                    family.expires_at,
                    issuer,
                )),
                None => Ok(Introspection::inactive()),
            },
            Self::Unknown => Ok(Introspection::inactive()),
        }
    }
}
