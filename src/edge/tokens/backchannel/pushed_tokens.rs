//! The tokens of a push (CIBA Core section 10.3.1). They are made when they are pushed: nothing of them is stored. An app that does not answer in
//! time is pushed others of the same family.

use crate::{
    db::{
        Batch, backchannel_outbox::Waiting, codes::Redemption, proof::Proof, signing_keys,
        token_conditions::TokenConditions, users,
    },
    edge::{
        clients::{
            apis,
            memory::{self, Known},
        },
        http::failure::StepFailure,
        platform::{context::Context, random},
        tokens::{
            of_person::{self, Granted},
            readiness,
        },
    },
    fault::Fault,
    oidc::{
        authorization::{Mint, Reach},
        authorization_details::AuthorizationDetails,
        client::{Client, client_metadata::GrantType},
        error::OAuthError,
        resource_indicator::{self, Targets},
        token::{
            TokenResponse,
            code_grant::{CodeRequest, Standing},
            refresh_grant::RefreshToken,
        },
    },
    secret::OpaqueToken,
};

/// The tokens of an answer, as the app would get them by polling.
pub(super) async fn make(
    waiting: &Waiting,
    known: &Known,
    auth_req_id: &str,
    context: &Context,
) -> Result<TokenResponse, StepFailure> {
    let gone = || OAuthError::invalid_grant("the authorization has ended");
    let (client, hash) = (&known.record.client, waiting.hash());
    if !client.may_use(GrantType::Ciba) {
        return Err(gone().into());
    }
    client.check_profile(&context.config)?;
    // Nobody shows a key or a certificate here.
    client.check_binding(None, None)?;
    let ready = readiness::of(known, context).await?;
    let request = CodeRequest {
        code: OpaqueToken::parse(auth_req_id).ok_or_else(gone)?,
        redirect_uri: None,
        code_challenge: None,
        resources: Targets::default(),
        details: AuthorizationDetails::default(),
    };
    let audiences = serde_json::to_string(&resource_indicator::known(&context.config)).unwrap_or_default();
    let new_family = random::id()?;
    let redemption = Redemption {
        conditions: TokenConditions {
            client_id: &client.client_id,
            proof: Proof::of_version(&client.client_id, client.version, None, context.now),
            ready: &ready,
            resources: &request.resources,
            details: &request.details,
            audiences: &audiences,
            declared: None,
            binding: None,
            lifetimes: &context.config.lifetimes,
            now: context.now,
        },
        hash: &hash,
        request: &request,
        family_id: &new_family,
    };
    let mut batch = Batch::default();
    let key = batch.add(signing_keys::current_for_client(
        &client.client_id,
        &ready.keys,
        context.now,
    ));
    let redeemed = batch.add(redemption.redeem());
    batch.push(redemption.begin_family());
    let undelivered = batch.add(redemption.find_undelivered());
    let rows = context.db.run(batch).await?;
    // What an earlier attempt redeemed is there still.
    rows.read(redeemed)?;
    let Some(undelivered) = rows.read(undelivered)? else {
        let found = context.db.read(redemption.find()).await?;
        return Err(not_made(found.map_or(Standing::Ended, |found| found.standing), client));
    };
    if undelivered.standing != Standing::Good {
        return Err(not_made(undelivered.standing, client));
    }
    let family_id = undelivered.family_id;
    let user = context.db.read(users::find_by_family(&family_id, ready.along)).await?;
    let user = user.filter(|(user, _)| user.disabled_at.is_none());
    let (user, life) = user.ok_or_else(gone)?;
    let sub = user.sub_at(client);
    let authorization = undelivered.redeemed.into_authorization(family_id.clone(), sub)?;
    apis::know(&authorization.apis, &client.client_id, context);
    let within = Reach::within(
        &authorization,
        &request.resources,
        client.still_permitted(&authorization.scope, &context.config),
        &context.config,
    )?;
    let first_token = RefreshToken {
        family_id,
        generation: 0,
    };
    let remaining = life.remaining(&context.config.lifetimes, context.now);
    let granted = Granted {
        user,
        within,
        details: authorization.details.clone(),
        refresh_token: authorization
            .refreshable
            .then(|| (first_token.render(&context.config.roots), remaining)),
        authorization,
        pushed_for: Some(auth_req_id.to_owned()),
    };
    let mint = Mint {
        config: &context.config,
        now: context.now,
        binding: None,
    };
    of_person::tokens(granted, client, rows.read(key)?, &mint, context).await
}

/// Why no tokens are made: for good, or because the client or the key has just changed, or the keys of the client cannot be read, which
/// passes.
fn not_made(standing: Standing, client: &Client) -> StepFailure {
    memory::forget(&client.client_id);
    match standing.refusal() {
        Some(refusal) => refusal.into(),
        None => Fault::new(
            "push",
            "the client or the signing key has changed, or the client cannot read its tokens now",
        )
        .into(),
    }
}
