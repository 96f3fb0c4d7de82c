//! Operators who come with an access token of an app (`ADMIN_ACCESS_TOKENS`): the app itself, or a person who lets it act for them.

use crate::{
    admin::{
        access_token::{self, SignInDemand},
        api_key::{self, KeyScope},
        operator::{AppOperator, Operator},
    },
    config::admin_api,
    db::{Batch, clients, memberships::Along, operators},
    edge::{
        http::{failure::MachineFailure, request::Incoming},
        platform::context::Context,
        tokens::bearer::{LiveToken, Presented, Sent},
    },
    oidc::{
        error::{ErrorCode, OAuthError},
        params::Params,
        protected_resource,
        token::access_token as token,
    },
};

/// The operator of an access token for the admin API, for what is `needed`. `None` where there is no such token.
///
/// # Errors
/// `invalid_token`, `invalid_dpop_proof`; `insufficient_scope` for a person who is no operator; `insufficient_user_authentication`
/// where they have to sign in more strongly, or once more (RFC 9470).
pub async fn find(
    request: &Incoming,
    needed: Option<KeyScope>,
    context: &Context,
) -> Result<Option<Operator>, MachineFailure> {
    let Some(api) = protected_resource::admin_api(&context.config.issuer.url(admin_api::PATH), &context.config) else {
        return Ok(None);
    };
    let (authorization, form) = (request.authorization(), Params::default());
    let Ok((scheme, text)) = token::presented(authorization.as_deref(), &form) else {
        return Ok(None);
    };
    // Before anything is used up: it may be for another API, or no access token.
    let Ok((_, claims)) = token::parse(text) else {
        return Ok(None);
    };
    // Another API that gets the token, too, could call here with it.
    if !claims.aud.iter().eq([api.identifier.as_str()]) {
        return Ok(None);
    }
    let mut batch = Batch::default();
    let sent = Sent::open((scheme, text), context).await;
    let presented = Presented::of(&sent, |_| Along::default(), request, &mut batch, context).await?;
    let client = batch.add(clients::find(presented.client_id_unverified()));
    let family_id = presented.family_unverified().map(operators::find_of_family);
    let person = batch.add_if(family_id);
    let rows = context.db.run(batch).await?;
    let token = presented.check_for(&api.identifier, &rows, context).await?;
    let Some(record) = rows.read(client)? else {
        return Err(token.refuse(OAuthError::invalid_token("the client of the access token is gone")));
    };
    record
        .client
        .check_proof(token.proof_alg)
        .map_err(|error| token.refuse(error))?;
    let mut app = AppOperator {
        client_id: token.claims.client_id.clone(),
        scopes: access_token::scopes(&token.claims.scope, &record.client.metadata),
        person: None,
    };
    if token.user.is_some() {
        let person = rows
            .read_if(person)?
            .flatten()
            .filter(|person| !person.roles.is_empty());
        let Some(person) = person else {
            return Err(token.refuse(OAuthError::new(
                ErrorCode::InsufficientScope,
                "the person is no operator",
            )));
        };
        let may = person.roles.scopes();
        app.scopes.retain(|scope| may.iter().any(|role| role.includes(*scope)));
        // Nobody signs in once more for what they may not do anyway. What is needed for many calls at once shows in each of them.
        if needed.is_none_or(|needed| api_key::judge(&app.scopes, Some(needed)).is_ok()) {
            access_token::check_sign_in(&token.claims, needed, &context.config.acr_names, context.now)
                .map_err(|demand| challenge(&token, &demand, context))?;
        }
        app.person = Some(person);
    }
    Ok(Some(Operator::App(app)))
}

/// "The authentication event associated with the access token presented with the request does not meet the authentication
/// requirements of the protected resource" (RFC 9470 section 3).
fn challenge(token: &LiveToken, demand: &SignInDemand, context: &Context) -> MachineFailure {
    let error = OAuthError::new(
        ErrorCode::InsufficientUserAuthentication,
        "operators sign in with two factors or a passkey: in the last ten minutes for a change, else in the last twelve hours",
    );
    let reply = token.refuse(error).into_reply(context);
    MachineFailure::Reply(Box::new(reply.demanding_sign_in(demand.acr, demand.max_age)))
}
