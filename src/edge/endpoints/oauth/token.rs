//! `/token` (RFC 6749 section 3.2, OIDC Core section 3.1.3). One round trip a request: who asks, what they hold, and the
//! statement that uses it up, together. That statement has every condition of the answer: what depends on the client alone is
//! judged by what the isolate remembers of it, and the statement demands that nothing of that has changed.

use crate::{
    account::user::User,
    audit::{Actor, Entry, Event},
    db::{
        self, Answer, Batch,
        codes::Redemption,
        readiness::Ready,
        signing_keys::{self, CurrentKey},
        token_families::{self, Refreshing},
        users,
    },
    edge::{
        clients::{
            authentication::{self, Caller, LookedUp},
            memory,
        },
        http::{failure::MachineFailure, request::Incoming},
        keys::signer::{self, Signer},
        platform::{context::Context, random},
        tokens::{for_client, readiness},
    },
    fault::Fault,
    oidc::{
        authorization::{Authorization, Beside, Mint, Reach},
        claims_request::Target,
        client::{Client, client_auth, client_metadata::GrantType},
        error::OAuthError,
        resource_indicator::{self, Targets},
        scope::Scope,
        token::{
            TokenRequest, TokenResponse, access_token, check_grant_type, client_credentials_scope,
            code_grant::{self, CodeRequest},
            refresh_grant::{self, RefreshRequest, RefreshToken},
        },
    },
    reply::Reply,
    secret::Purpose,
};

/// A token request whose client is not authenticated yet.
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
    let response = authentication::acting(request, &params, context, async |caller| {
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
        let ready = self.ready(GrantType::AuthorizationCode).await?;
        let (audiences, family_id) = (audiences(context), random::id()?);
        let redemption = Redemption {
            exchange: self.exchange(&ready, &request.resources, &audiences),
            hash: &hash,
            request: &request,
            family_id: &family_id,
        };
        let mut batch = Batch::default();
        let looked_up = self.caller.look_up(&mut batch, context);
        let key = batch.add(signing_keys::current_for_client(client_id, &ready.keys, now));
        let found = batch.add(redemption.find());
        let redeemed = batch.add(redemption.redeem());
        batch.push(redemption.begin_family());
        let user = batch.add(users::find_by_family(&family_id));
        self.caller.use_up(redemption.succeeded(), &mut batch, context);
        let rows = context.db.run(batch).await?;
        let client = self.authenticated(looked_up, &rows)?;
        let found = rows.read(found)?.ok_or_else(code_grant::unknown)?;
        if let Some(refusal) = found.standing.refusal() {
            if let (code_grant::Standing::Replayed, Some(family_id)) = (found.standing, found.family_id) {
                self.end_replayed(&family_id).await?;
            }
            return Err(refusal.into());
        }
        let Some(redeemed) = rows.read(redeemed)? else {
            let is_unreadable = found.standing == code_grant::Standing::Unreadable;
            return Err(self.not_ready(ready.unreadable.filter(|_| is_unreadable)));
        };
        let user = rows
            .read(user)?
            .ok_or_else(|| Fault::new("codes", "a code without a person"))?;
        let authorization = redeemed.into_authorization(family_id.clone(), user.sub_at(&client))?;
        let within = Reach::within(&authorization, &request.resources, authorization.scope.clone(), config)?;
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
        self.respond(&client, rows.read(key)?, granted).await
    }

    /// Ends what came of a code that is redeemed once more.
    async fn end_replayed(&self, family_id: &str) -> Result<(), Fault> {
        let entry = Entry::new(Event::CodeReplayed, Actor::Client);
        let record = token_families::record_end(&entry, family_id, self.context);
        self.context.db.execute([record, token_families::end(family_id)]).await
    }

    async fn refresh(self, request: RefreshRequest) -> Result<TokenResponse, MachineFailure> {
        let context = self.context;
        let (config, now) = (&context.config, context.now);
        let client_id = self.caller.client_id();
        let ready = self.ready(GrantType::RefreshToken).await?;
        let audiences = audiences(context);
        let refreshing = Refreshing {
            exchange: self.exchange(&ready, &request.resources, &audiences),
            token: &request.token,
            scope: request.scope.as_ref(),
        };
        let mut batch = Batch::default();
        let looked_up = self.caller.look_up(&mut batch, context);
        let key = batch.add(signing_keys::current_for_client(client_id, &ready.keys, now));
        let family = batch.add(refreshing.find());
        let user = batch.add(users::find_by_family(&request.token.family_id));
        batch.push(refreshing.rotate());
        batch.push(refreshing.record_reuse(context));
        batch.push(refreshing.end_if_reused());
        self.caller.use_up(refreshing.succeeded(), &mut batch, context);
        let rows = context.db.run(batch).await?;
        let client = self.authenticated(looked_up, &rows)?;
        let family = rows.read(family)?.zip(rows.read(user)?);
        let (family, user) = family.ok_or_else(refresh_grant::invalid)?;
        if let Some(refusal) = family.standing.refusal() {
            return Err(refusal.into());
        }
        if !family.standing.gives_successor() {
            let is_unreadable = family.standing == refresh_grant::Standing::Unreadable;
            return Err(self.not_ready(ready.unreadable.filter(|_| is_unreadable)));
        }
        let authorization = family.into_authorization(user.sub_at(&client))?;
        let scope = refresh_grant::narrowed(&authorization.scope, request.scope.as_ref())?;
        // The client may have come to be registered for less.
        let scope = client.permitted(&scope, &config.resources.scopes().collect());
        let within = Reach::within(&authorization, &request.resources, scope, config)?;
        let granted = Granted {
            user,
            within,
            authorization,
            refresh_token: Some(request.token.successor().render(&config.roots)),
        };
        self.respond(&client, rows.read(key)?, granted).await
    }

    async fn client_credentials(self, requested: Scope, resources: Targets) -> Result<TokenResponse, MachineFailure> {
        let context = self.context;
        let client_id = self.caller.client_id();
        // Nobody has to grant an API to a client that asks for itself.
        let aud = resources.audience(&resources, &context.config)?;
        let mut batch = Batch::default();
        let looked_up = self.caller.look_up(&mut batch, context);
        let key = signing_keys::current_for_client(client_id, &signer::at_hand(), context.now);
        let key = batch.add(key);
        if self.caller.counts_once() {
            let check = |client: &Client| client_credentials_scope(client, &requested).map(|_| ());
            let ready = self.ready_if(GrantType::ClientCredentials, check).await?;
            let success = ready.condition(context.now).and(self.caller.proof(context).condition());
            self.caller.use_up(success, &mut batch, context);
        }
        let rows = context.db.run(batch).await?;
        let client = self.authenticated(looked_up, &rows)?;
        let scope = client_credentials_scope(&client, &requested)?;
        check_grant_type(&client, GrantType::ClientCredentials)?;
        let signer = Signer::new(rows.read(key)?, client.signing_alg(), context).await?;
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
            Some(claims) => Some(for_client::id_token(&claims, client, &signer, context).await?),
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

    /// What has to be so when D1 acts, judged by what is remembered of the client. It is refused only if that is still what D1
    /// has, and the client proves itself.
    async fn ready(&self, grant_type: GrantType) -> Result<Ready, MachineFailure> {
        self.ready_if(grant_type, |_| Ok(())).await
    }

    /// As [`Exchange::ready`], for a client that passes `check`, too.
    async fn ready_if(
        &self,
        grant_type: GrantType,
        check: impl Fn(&Client) -> Result<(), OAuthError>,
    ) -> Result<Ready, MachineFailure> {
        let (context, client_id) = (self.context, self.caller.client_id());
        let known = match memory::remembered(client_id, context.now) {
            Some(known) => Some(known),
            None => memory::read(client_id, context).await?,
        };
        let Some(known) = known else {
            return Err(self.refuse(client_auth::failed()).await);
        };
        let client = &known.record.client;
        let judged = self.caller.check_against(&known.record, context);
        let judged = judged
            .and_then(|()| client.check_certificate(context.certificate.as_ref()))
            .and_then(|()| check(client))
            .and_then(|()| check_grant_type(client, grant_type));
        match judged {
            Ok(()) => Ok(readiness::of(&known, context).await?),
            Err(error) => Err(self.refuse_as_judged(error, client).await),
        }
    }

    fn exchange<'a>(
        &'a self,
        ready: &'a Ready,
        resources: &'a Targets,
        audiences: &'a str,
    ) -> db::exchange::Exchange<'a> {
        db::exchange::Exchange {
            client_id: self.caller.client_id(),
            proof: self.caller.proof(self.context),
            ready,
            resources,
            audiences,
            lifetimes: &self.context.config.lifetimes,
            now: self.context.now,
        }
    }

    fn authenticated(&self, looked_up: LookedUp, rows: &Answer) -> Result<Client, MachineFailure> {
        let client = self.caller.authenticated(looked_up, rows, self.context)?;
        client.check_certificate(self.context.certificate.as_ref())?;
        Ok(client)
    }

    /// How a request fails with which nothing is wrong in itself: the client cannot read its ID token. Or it has changed since it
    /// was judged, or another key signs now: that is to be tried again.
    fn not_ready(&self, unreadable: Option<OAuthError>) -> MachineFailure {
        let changed = || {
            memory::forget(self.caller.client_id());
            MachineFailure::ClientChanged
        };
        unreadable.map_or_else(changed, MachineFailure::from)
    }

    /// Refuses a request that is wrong in itself, but tells so only to a client that proves itself.
    async fn refuse(&self, error: OAuthError) -> MachineFailure {
        match self.fresh_client().await {
            Ok(_) => error.into(),
            Err(failure) => failure,
        }
    }

    /// Likewise, where `error` comes of `judged`: it counts only if D1 has no other client by now.
    async fn refuse_as_judged(&self, error: OAuthError, judged: &Client) -> MachineFailure {
        match self.fresh_client().await {
            Ok(fresh) if fresh.version == judged.version => error.into(),
            Ok(_) => {
                memory::forget(&judged.client_id);
                MachineFailure::ClientChanged
            }
            Err(failure) => failure,
        }
    }

    async fn fresh_client(&self) -> Result<Client, MachineFailure> {
        let context = self.context;
        let mut batch = Batch::default();
        let looked_up = self.caller.look_up(&mut batch, context);
        let rows = context.db.run(batch).await?;
        self.caller.authenticated(looked_up, &rows, context)
    }
}

/// What tokens can be for, as JSON.
fn audiences(context: &Context) -> String {
    serde_json::to_string(&resource_indicator::known(&context.config)).unwrap_or_default()
}
