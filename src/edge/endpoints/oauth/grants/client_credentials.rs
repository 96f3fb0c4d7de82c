//! `grant_type=client_credentials` (RFC 6749 section 4.4). Nothing is used up but an assertion.

use super::TokenRequest;
use crate::{
    db::{Batch, apis, signing_keys},
    edge::{
        http::failure::MachineFailure,
        keys::signer::{self, Signer},
        platform::random,
        tokens::for_api,
    },
    oidc::{
        authorization::Reach,
        client::{Client, client_metadata::GrantType},
        token::{TokenResponse, check_grant_type, client_credentials::ClientCredentialsRequest},
    },
};

/// Gives a client a token of its own.
pub async fn respond(request: &TokenRequest<'_>) -> Result<TokenResponse, MachineFailure> {
    let (client, context) = (request.client, request.context);
    let wanted = request.read(ClientCredentialsRequest::parse).await?;
    let mut batch = Batch::default();
    let looked = request.look_up(&mut batch);
    let key = signing_keys::current_for_client(client.client_id(), &signer::at_hand(), context.now);
    let key = batch.add(key);
    let named = request.look_up_apis(&wanted.resources, &mut batch);
    let mut stored = None;
    if client.counts_once() || request.proof.is_some() {
        let check = |client: &Client| wanted.scope_for(client, &context.config).map(|_| ());
        let ready = request.ready(GrantType::ClientCredentials, check).await?;
        let success = ready.condition(context.now).and(request.client_proof().condition());
        let success = match request.stored(&wanted.resources).declared {
            Some(declared) => success.and(apis::are_open(&declared, &ready.client_id)),
            None => success,
        };
        stored = request.use_up(success, &mut batch);
    }
    let rows = context.db.run(batch).await?;

    let client = request.authenticated(looked, &rows)?;
    request.know_apis(&[], named, &rows)?;
    // Nobody has to grant an API to a client that asks for itself.
    let aud = wanted.resources.audience(&wanted.resources, &context.config)?;
    if rows.read_if(stored)? == Some(false) {
        return Err(request.not_ready(None));
    }
    let scope = wanted.scope_for(&client, &context.config)?;
    check_grant_type(&client, GrantType::ClientCredentials)?;
    let signer = Signer::new(rows.read(key)?, client.signing_alg(), context).await?;
    let claims = request
        .mint(&client)
        .access_token(&client, Reach { aud, scope }, random::id()?);
    let access_token = for_api::access_token(&claims, &client, &signer, context).await?;
    Ok(TokenResponse::of_access_token(access_token, &claims))
}
