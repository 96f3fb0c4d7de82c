//! `grant_type=urn:ietf:params:oauth:grant-type:token-exchange` (RFC 8693). The token that comes of it lives and dies with the grant that
//! the exchanged one comes of. Nothing is used up but an assertion and the proof of a key.

use serde_json::Map;

use super::TokenRequest;
use crate::{
    db::{
        Batch, Handle,
        memberships::Along,
        signing_keys,
        token_families::{self, Alive},
    },
    edge::{
        http::failure::MachineFailure,
        keys::signer::{self, Signer},
        platform::{context::Context, random},
    },
    fault::Fault,
    oidc::{
        binding::Binding,
        client::{Client, client_metadata::GrantType},
        error::OAuthError,
        jose::provider_key::ProviderKey,
        token::{
            TokenResponse,
            access_token::{self, AccessTokenClaims},
            check_grant_type,
            exchange::{ACCESS_TOKEN, ExchangeRequest, SentToken, not_valid},
        },
    },
};

/// An actor's token, and whether it lives.
type Actor<'a> = (&'a SentToken, Handle<Option<ProviderKey>>, Handle<Option<Alive>>);

/// Gives a client a token of the person of the one that it sends.
pub async fn respond(request: &TokenRequest<'_>) -> Result<TokenResponse, MachineFailure> {
    let (client, context) = (request.client, request.context);
    let wanted = request.read(ExchangeRequest::parse).await?;
    let sent = &wanted.subject;
    // Before anything is used up for it.
    let in_time = |sent: &SentToken| sent.claims.check(&context.config.issuer, context.now).is_ok();
    let over = (!in_time(sent)).then(|| not_valid("subject_token"));
    if let Some(error) = over.or(wanted.act().err()) {
        return Err(request.refuse(error).await);
    }
    let mut batch = Batch::default();
    let looked = request.look_up(&mut batch);
    let key = signing_keys::current_for_client(client.client_id(), &signer::at_hand(), context.now);
    let key = batch.add(key);
    let sent_key = batch.add(key_of(sent));
    let user = token_families::find_exchangeable(&sent.claims, client.client_id(), context.now);
    let user = batch.add(user);
    let actor: Option<Actor<'_>> = wanted.actor.as_ref().map(|actor| {
        let alive = token_families::find_live(&actor.claims, Along::default(), context.now);
        (actor, batch.add(key_of(actor)), batch.add(alive))
    });
    let mut stored = None;
    if client.counts_once() || request.proof.is_some() {
        let check = |client: &Client| wanted.reach_for(client, &context.config).map(|_| ());
        let ready = request.ready(GrantType::TokenExchange, check).await?;
        let lives = token_families::is_exchangeable(&sent.claims, client.client_id(), context.now);
        let success = ready.condition(context.now).and(request.client_proof().condition());
        stored = request.use_up(success.and(lives), &mut batch);
    }
    let rows = context.db.run(batch).await?;

    let client = request.authenticated(looked, &rows)?;
    check_grant_type(&client, GrantType::TokenExchange)?;
    let key_of_sent = rows.read(sent_key)?;
    let is_genuine = is_valid(sent, key_of_sent.as_ref(), context).await?;
    let user = rows.read(user)?.filter(|_| is_genuine);
    let user = user.ok_or_else(|| not_valid("subject_token"))?;
    if let Some((actor, key, alive)) = actor {
        let key = rows.read(key)?;
        if rows.read(alive)?.is_none() || !is_valid(actor, key.as_ref(), context).await? {
            return Err(not_valid("actor_token").into());
        }
    }
    let within = wanted.reach_for(&client, &context.config)?;
    if rows.read_if(stored)? == Some(false) {
        return Err(request.not_ready(None));
    }
    let scope = within.scope.clone();
    let mint = request.mint(&client);
    let fresh = mint.access_token(&client, within, random::id()?);
    let claims = AccessTokenClaims {
        sub: user.sub_at(&client),
        exp: fresh.exp.min(sent.claims.exp),
        auth_time: sent.claims.auth_time,
        acr: sent.claims.acr.clone(),
        family: sent.claims.family.clone(),
        family_client: Some(sent.claims.granted_to().to_owned()),
        told: wanted
            .act()?
            .map(|act| Map::from_iter([("act".to_owned(), act)]))
            .unwrap_or_default(),
        ..fresh
    };
    let signer = Signer::new(rows.read(key)?, client.signing_alg(), context).await?;
    Ok(TokenResponse {
        access_token: signer.sign(access_token::TYPE, &claims).await?,
        token_type: Binding::token_type(mint.binding.as_ref()),
        issued_token_type: Some(ACCESS_TOKEN),
        expires_in: claims.exp.since(context.now),
        refresh_token: None,
        id_token: None,
        scope,
    })
}

fn key_of(sent: &SentToken) -> crate::db::Query<Option<ProviderKey>> {
    let kid = access_token::parse(&sent.text)
        .ok()
        .and_then(|(token, _)| token.kid().map(str::to_owned));
    signing_keys::find(kid.as_deref().unwrap_or_default())
}

/// Whether Limen signed the token, and its time is not over.
async fn is_valid(sent: &SentToken, key: Option<&ProviderKey>, context: &Context) -> Result<bool, Fault> {
    let in_time: Result<(), OAuthError> = sent.claims.check(&context.config.issuer, context.now);
    match (access_token::parse(&sent.text), in_time) {
        (Ok((token, _)), Ok(())) => signer::verify(&token, key, context).await,
        _ => Ok(false),
    }
}
