//! `grant_type=urn:ietf:params:oauth:grant-type:token-exchange` (RFC 8693). The token that comes of it lives and dies with the grant that
//! the exchanged one comes of. Nothing is used up but an assertion and the proof of a key, and that last: whether a token is genuine is
//! for WebCrypto to say, when D1 has given its key.

use serde_json::Map;

use super::TokenRequest;
use crate::{
    account::user::User,
    db::{
        Batch, Handle, clients,
        memberships::Along,
        signing_keys::{self, CurrentKey},
        token_families::{self, Alive},
    },
    edge::{
        clients::apis as known_apis,
        http::failure::MachineFailure,
        keys::signer::{self, Signer},
        platform::random,
        tokens::for_api,
    },
    oidc::{
        client::{Client, client_metadata::GrantType, id_jag_rule::IdJagRule},
        jose::provider_key::ProviderKey,
        token::{
            TokenResponse,
            access_token::AccessTokenClaims,
            check_grant_type,
            exchange::{ACCESS_TOKEN, AccessTokenRequest, ExchangeRequest, Granted, SentToken, Wanted, not_valid},
            id_jag::{self, IdJagClaims, IdJagRequest},
        },
    },
};

/// An actor's token, and whether it lives.
type Actor<'a> = (&'a SentToken<'a>, Handle<Option<ProviderKey>>, Handle<Option<Alive>>);

/// What is known when everything about the tokens was found good.
struct Good<'a> {
    request: &'a TokenRequest<'a>,
    sent: &'a SentToken<'a>,
    client: Client,
    user: User,
    granted: Granted,
    key: Option<CurrentKey>,
}

/// Gives a client a token of the person of the one that it sends.
pub async fn respond(request: &TokenRequest<'_>) -> Result<TokenResponse, MachineFailure> {
    let (client, context) = (request.client, request.context);
    let wanted = request.read(ExchangeRequest::parse).await?;
    let sent = &wanted.subject;
    // Before anything is looked up for it.
    let over = |sent: &SentToken<'_>| sent.claims.check(&context.config.issuer, context.now).is_err();
    let error = match (&wanted.actor, wanted.act(client.client_id())) {
        _ if over(sent) => Some(not_valid("subject_token")),
        (Some(actor), _) if over(actor) => Some(not_valid("actor_token")),
        (_, act) => act.err(),
    };
    if let Some(error) = error {
        return Err(request.refuse(error).await);
    }
    let mut batch = Batch::default();
    let looked = request.look_up(&mut batch);
    let key = signing_keys::current_for_client(client.client_id(), &signer::at_hand(), context.now);
    let key = batch.add(key);
    let sent_key = batch.add(signing_keys::find(sent.kid()));
    let found = token_families::find_exchangeable(&sent.claims, client.client_id(), context.now);
    let found = batch.add(found);
    let actor: Option<Actor<'_>> = wanted.actor.as_ref().map(|actor| {
        let alive = token_families::find_live(&actor.claims, Along::default(), context.now);
        (actor, batch.add(signing_keys::find(actor.kid())), batch.add(alive))
    });
    let rows = context.db.run(batch).await?;

    let client = request.authenticated(looked, &rows)?;
    check_grant_type(&client, GrantType::TokenExchange)?;
    let sent_key = rows.read(sent_key)?;
    let is_genuine = signer::verify(&sent.token, sent_key.as_ref(), context).await?;
    let found = rows.read(found)?.filter(|_| is_genuine);
    let (user, granted) = found.ok_or_else(|| not_valid("subject_token"))?;
    if let Some((actor, key, alive)) = actor {
        let key = rows.read(key)?;
        if rows.read(alive)?.is_none() || !signer::verify(&actor.token, key.as_ref(), context).await? {
            return Err(not_valid("actor_token").into());
        }
    }
    wanted.check_parties(&client)?;
    let good = Good {
        request,
        sent,
        client,
        user,
        granted,
        key: rows.read(key)?,
    };
    let rules = &good.client.metadata.rules;
    rules.check_exchanged(good.sent.claims.acr.as_deref(), &context.config.acr_names)?;
    match &wanted.wanted {
        Wanted::AccessToken(asked) => Box::pin(good.access_token(&wanted, asked)).await,
        Wanted::IdJag(asked) => Box::pin(good.id_jag(asked)).await,
    }
}

impl Good<'_> {
    async fn access_token(
        self,
        wanted: &ExchangeRequest<'_>,
        asked: &AccessTokenRequest,
    ) -> Result<TokenResponse, MachineFailure> {
        let (client, sent, context) = (&self.client, self.sent, self.request.context);
        let named = asked.named(client).chain(self.granted.resources.iter());
        known_apis::know_afresh(named, &client.client_id, context).await?;
        let within = asked.reach_for(sent, &self.granted, client, &context.config)?;
        let fresh = self.request.mint(client).access_token(client, within, random::id()?);
        let act = wanted.act(&client.client_id)?.map(|act| ("act".to_owned(), act));
        let may_act = client.metadata.rules.may_act();
        let claims = AccessTokenClaims {
            sub: self.user.sub_at(client),
            exp: fresh.exp.min(sent.claims.exp),
            auth_time: sent.claims.auth_time,
            acr: sent.claims.acr.clone(),
            family: sent.claims.family.clone(),
            family_client: Some(sent.claims.granted_to().to_owned()),
            told: Map::from_iter(act.into_iter().chain(may_act)),
            ..fresh
        };
        let signer = self.spend(self.key.clone()).await?;
        let access_token = for_api::access_token(&claims, client, &signer, context).await?;
        Ok(TokenResponse {
            issued_token_type: Some(ACCESS_TOKEN),
            ..TokenResponse::of_access_token(access_token, &claims)
        })
    }

    async fn id_jag(self, asked: &IdJagRequest) -> Result<TokenResponse, MachineFailure> {
        let (client, sent, context) = (&self.client, self.sent, self.request.context);
        let granted = asked.grantable(client, &context.config)?;
        let sub = self.sub_elsewhere(granted.rule).await?;
        let mint = self.request.mint(client);
        let email = self.user.confirmed_email().filter(|_| granted.rule.email);
        let claims = IdJagClaims {
            iss: context.config.issuer.as_str(),
            sub,
            aud: &granted.rule.audience,
            client_id: granted.rule.client_id.as_ref().unwrap_or(&client.client_id),
            jti: random::id()?,
            exp: context.now + id_jag::LIFETIME,
            iat: context.now,
            resource: granted.resource,
            scope: granted.scope.clone(),
            auth_time: sent.claims.auth_time,
            acr: sent.claims.acr.as_deref(),
            amr: sent.members.get("amr"),
            email,
            email_verified: email.map(|_| true),
            cnf: mint.binding.as_ref(),
        };
        let signer = self.spend(self.key.clone()).await?;
        Ok(TokenResponse {
            access_token: signer.sign(id_jag::TYPE, &claims).await?,
            token_type: id_jag::NOT_APPLICABLE,
            issued_token_type: Some(id_jag::TOKEN_TYPE),
            expires_in: id_jag::LIFETIME,
            refresh_token: None,
            remaining: None,
            id_token: None,
            scope: granted.scope.if_any(),
            authorization_details: None,
        })
    }

    /// How the server elsewhere knows the person: "the same identifier for the user that it would have included in an ID Token intended for
    /// the Resource Authorization Server" (ID-JAG section 5). Where that is a client here which is not for them, they have nothing there.
    async fn sub_elsewhere(&self, rule: &IdJagRule) -> Result<String, MachineFailure> {
        let Some(client_id) = &rule.relying_party else {
            return Ok(self.user.sub_at(&self.client));
        };
        let mut batch = Batch::default();
        let found = batch.add(clients::find(client_id));
        let is_closed = batch.add(clients::is_closed_to(client_id, &self.user.id));
        let rows = self.request.context.db.run(batch).await?;
        match (rows.read(found)?, rows.read(is_closed)?) {
            (Some(found), false) => Ok(self.user.sub_at(&found.client)),
            _ => Err(id_jag::not_theirs().into()),
        }
    }

    /// Uses up what counts once in the request, now that nothing else can be wrong with it, and gives what signs.
    async fn spend(&self, key: Option<CurrentKey>) -> Result<Signer, MachineFailure> {
        let context = self.request.context;
        let signer = Signer::new(key, self.client.signing_alg(), context).await?;
        let lives = token_families::is_exchangeable(&self.sent.claims, &self.client.client_id, context.now);
        self.request.use_up_last(lives).await?;
        Ok(signer)
    }
}
