//! `/token` (RFC 6749 section 3.2, OIDC Core section 3.1.3). One round trip a request: who asks, what they hold, and the
//! statement that turns it, together.

use crate::{
    account::user::User,
    audit::{Actor, Entry, Event},
    edge::{
        client::caller::{self, Caller},
        context::Context,
        db::{
            Rows, Statement, clients,
            codes::Redemption,
            signing_keys::{self, CurrentKey},
            token_families::{self, Refreshing},
            users,
        },
        failure::MachineFailure,
        fault::Fault,
        jwts,
        keys::{self, Signer},
        platform::random,
        readers,
        request::Incoming,
    },
    oidc::{
        authorization::{Authorization, Beside, Mint, Reach},
        claims_request::Target,
        client::Client,
        error::OAuthError,
        resource_indicator::{self, Targets},
        scope::Scope,
        token::{
            TokenRequest, TokenResponse, access_token, client_credentials_scope,
            code_grant::{self, CodeRequest, Refusal},
            refresh_grant::{self, Outcome, RefreshRequest, RefreshToken},
        },
    },
    reply::Reply,
    secret::Purpose,
};

/// A token request whose client has yet to be believed.
struct Exchange<'a> {
    context: &'a Context,
    caller: &'a Caller,
}

/// What a client gets tokens for.
struct Granted {
    user: User,
    authorization: Authorization,
    /// The part of it that the access token is for.
    within: Reach,
    refresh_token: Option<String>,
}

/// `POST /token`.
pub async fn token(request: &mut Incoming, context: &Context) -> Result<Reply, MachineFailure> {
    let params = request.form().await?;
    let response = caller::acting(request, &params, context, async |caller| {
        let exchange = Exchange { context, caller };
        match TokenRequest::parse(&params, &context.config) {
            Ok(TokenRequest::Code(request)) => exchange.redeem_code(request).await,
            Ok(TokenRequest::Refresh(request)) => exchange.refresh(request).await,
            Ok(TokenRequest::ClientCredentials { scope, resources }) => {
                exchange.client_credentials(scope, resources).await
            }
            Err(error) => Err(exchange.refuse(error).await),
        }
    });
    let response = response.await?;
    Ok(Reply::json(200, &response))
}

impl Exchange<'_> {
    async fn redeem_code(self, request: CodeRequest) -> Result<TokenResponse, MachineFailure> {
        let context = self.context;
        let (config, now) = (&context.config, context.now);
        let Some(hash) = request.code.hash(&config.roots, Purpose::Code) else {
            return Err(self.refuse(code_grant::unknown()).await);
        };
        let client_id = self.caller.client_id();
        let proof = self.caller.proof(context);
        let family_id = random::id()?;
        let redemption = Redemption {
            hash: &hash,
            request: &request,
            proof: &proof,
            family_id: &family_id,
            client_id,
        };
        let attempt = async |claim: Statement, reader: Option<i64>| {
            let statements = [
                claim,
                clients::find(client_id),
                signing_keys::current_for_client(client_id, &keys::at_hand(), now),
                redemption.find(),
                redemption.redeem(reader, now),
                redemption.begin_family(&config.lifetimes, now),
                users::find_by_family(&family_id),
            ];
            context.db.batch(statements).await
        };
        let refusal = |stored: &Rows| {
            let stored = Redemption::read_stored(stored)?.ok_or_else(code_grant::unknown)?;
            Ok::<_, MachineFailure>(stored.refusal(client_id, &request, now))
        };
        let reader = readers::remembered(client_id, context).await;
        let [claimed, mut found, mut key, mut stored, mut redeemed, _, mut user] =
            attempt(self.caller.claim(), reader).await?;
        let mut client = self.authenticated(&claimed, &found)?;
        let unread = client.metadata.id_token_encryption.is_some() && reader != Some(client.version);
        if unread && !redeemed.any()? && refusal(&stored)? == Refusal::Ended {
            // Nothing was wrong but that it was not known whether the client can read its ID token.
            let reader = readers::check(&client, context).await?;
            [_, found, key, stored, redeemed, _, user] = attempt(Statement::idle(), Some(reader)).await?;
            client = self.authenticated(&claimed, &found)?;
        }
        let key = signing_keys::read_current(&key)?;
        let user = users::read(&user)?;
        let redeemed = redemption.read_redeemed(&redeemed, &client, user.as_ref())?;
        let Some((authorization, user)) = redeemed.zip(user) else {
            return Err(self.refuse_code(refusal(&stored)?).await?);
        };
        let within = Reach {
            aud: authorization.resources.audience(&request.resources, config)?,
            scope: authorization.scope.clone(),
        };
        TokenRequest::Code(request).check_client(&client)?;
        let refresh_token = authorization.refreshable.then(|| {
            RefreshToken {
                family_id: family_id.clone(),
                generation: 0,
            }
            .render(&config.roots)
        });
        let granted = Granted {
            user,
            within,
            authorization,
            refresh_token,
        };
        self.respond(&client, key, granted).await
    }

    async fn refuse_code(&self, refusal: Refusal) -> Result<MachineFailure, Fault> {
        let why = match refusal {
            Refusal::Invalid(why) => why,
            Refusal::Ended => "the authorization behind the code has ended",
            Refusal::Target => return Ok(resource_indicator::not_granted().into()),
            Refusal::Replayed { family_id } => {
                if let Some(family_id) = family_id {
                    let entry = Entry::new(Event::CodeReplayed, Actor::Client);
                    let record = token_families::record_end(&entry, &family_id, self.context);
                    self.context.db.batch([record, token_families::end(&family_id)]).await?;
                }
                "the code was used before"
            }
        };
        Ok(OAuthError::invalid_grant(why).into())
    }

    async fn refresh(self, request: RefreshRequest) -> Result<TokenResponse, MachineFailure> {
        let context = self.context;
        let (config, now) = (&context.config, context.now);
        let client_id = self.caller.client_id();
        let proof = self.caller.proof(context);
        let refreshing = Refreshing {
            token: &request.token,
            scope: request.scope.as_ref(),
            resources: &request.resources,
            client_id,
            proof: &proof,
            lifetimes: &config.lifetimes,
            now,
        };
        let [claimed, client, key, family, user, turned, ..] = context
            .db
            .batch([
                self.caller.claim(),
                clients::find(client_id),
                signing_keys::current_for_client(client_id, &keys::at_hand(), now),
                refreshing.find(),
                users::find_by_family(&request.token.family_id),
                refreshing.turn(),
                refreshing.record_reuse(context),
                refreshing.end_if_reused(),
            ])
            .await?;
        let client = self.authenticated(&claimed, &client)?;
        let user = users::read(&user)?;
        let family = Refreshing::read(&family, &client, user.as_ref())?;
        let (family, user) = family.zip(user).ok_or_else(refresh_grant::invalid)?;
        family.check_owner(client_id)?;
        let aud = family.authorization.resources.audience(&request.resources, config)?;
        let scope = refresh_grant::narrowed(&family.authorization.scope, request.scope.as_ref())?;
        let grace_began = now - config.lifetimes.refresh_grace;
        let successor = match family.outcome(client_id, &request.token, turned.any()?, grace_began)? {
            Outcome::Successor(token) => token,
            Outcome::Reused => return Err(refresh_grant::invalid().into()),
        };
        TokenRequest::Refresh(request).check_client(&client)?;
        // The client may have come to be registered for less.
        let within = Reach {
            aud,
            scope: client.permitted(&scope),
        };
        let refresh_token = Some(successor.render(&config.roots));
        let granted = Granted {
            user,
            within,
            authorization: family.authorization,
            refresh_token,
        };
        self.respond(&client, signing_keys::read_current(&key)?, granted).await
    }

    async fn client_credentials(self, requested: Scope, resources: Targets) -> Result<TokenResponse, MachineFailure> {
        let context = self.context;
        let client_id = self.caller.client_id();
        let [claimed, client, key] = context
            .db
            .batch([
                self.caller.claim(),
                clients::find(client_id),
                signing_keys::current_for_client(client_id, &keys::at_hand(), context.now),
            ])
            .await?;
        let client = self.authenticated(&claimed, &client)?;
        let scope = client_credentials_scope(&client, &requested)?;
        // Nobody has to grant an API to a client that asks for itself.
        let aud = resources.audience(&resources, &context.config)?;
        let request = TokenRequest::ClientCredentials {
            scope: requested,
            resources,
        };
        request.check_client(&client)?;
        let signer = Signer::new(signing_keys::read_current(&key)?, client.signing_alg(), context).await?;
        let mint = Mint {
            config: &context.config,
            now: context.now,
            certificate: context.certificate.as_ref(),
        };
        let within = Reach {
            aud,
            scope: scope.clone(),
        };
        let claims = mint.access_token(&client, within, random::id()?);
        Ok(TokenResponse {
            access_token: signer.sign(access_token::TYPE, &claims).await?,
            token_type: "Bearer",
            expires_in: context.config.lifetimes.access_token,
            refresh_token: None,
            id_token: None,
            scope,
        })
    }

    async fn respond(
        &self,
        client: &Client,
        key: Option<CurrentKey>,
        granted: Granted,
    ) -> Result<TokenResponse, MachineFailure> {
        let context = self.context;
        let Granted {
            user,
            authorization,
            within,
            refresh_token,
        } = granted;
        let scope = within.scope.clone();
        let signer = Signer::new(key, client.signing_alg(), context).await?;
        let mint = Mint {
            config: &context.config,
            now: context.now,
            certificate: context.certificate.as_ref(),
        };
        let claims = authorization.access_token(client, within, random::id()?, &mint);
        let access_token = signer.sign(access_token::TYPE, &claims).await?;
        let beside = Beside {
            access_token: Some(&access_token),
            code: None,
            claims: authorization
                .claims
                .released(&user.known_claims(), &Scope::default(), Target::IdToken),
        };
        let id_token = match authorization.id_token(client, beside, &mint) {
            Some(claims) => Some(jwts::id_token(&claims, client, &signer, context).await?),
            None => None,
        };
        Ok(TokenResponse {
            access_token,
            token_type: "Bearer",
            expires_in: context.config.lifetimes.access_token,
            refresh_token,
            id_token,
            scope,
        })
    }

    fn authenticated(&self, claimed: &Rows, client: &Rows) -> Result<Client, MachineFailure> {
        let client = self
            .caller
            .authenticated(claimed, clients::read(client)?, self.context)?;
        client.check_certificate(self.context.certificate.as_ref())?;
        Ok(client)
    }

    /// Refuses a request that is wrong in itself, but tells so only to a client that proves itself.
    async fn refuse(&self, error: OAuthError) -> MachineFailure {
        let find = clients::find(self.caller.client_id());
        match self.context.db.batch([self.caller.claim(), find]).await {
            Ok([claimed, client]) => match self.authenticated(&claimed, &client) {
                Ok(_) => error.into(),
                Err(unauthenticated) => unauthenticated,
            },
            Err(fault) => fault.into(),
        }
    }
}
