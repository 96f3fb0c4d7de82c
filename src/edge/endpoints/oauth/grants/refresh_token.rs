//! `grant_type=refresh_token` (RFC 6749 section 6, OIDC Core section 12).

use std::cell::Cell;

use super::TokenRequest;
use crate::{
    db::{Batch, refreshing::Refreshing, signing_keys},
    edge::{http::failure::MachineFailure, tokens::of_person::Granted},
    oidc::{
        client::{Client, client_metadata::GrantType},
        scope::Scope,
        token::{
            TokenResponse,
            refresh_grant::{self, RefreshRequest, Standing},
        },
    },
};

/// Refreshes.
pub async fn respond(request: &TokenRequest<'_>) -> Result<TokenResponse, MachineFailure> {
    let (client, context) = (request.client, request.context);
    let wanted = request.read(RefreshRequest::parse).await?;
    let looks_first = Cell::new(false);
    let look = |client: &Client| {
        looks_first.set(wanted.may_come_to_nothing(client, &context.config));
        Ok(())
    };
    let ready = request.ready(GrantType::RefreshToken, look).await?;
    let stored = request.stored(&wanted.resources);
    let refreshing = Refreshing {
        conditions: request.conditions(&ready, (&wanted.resources, &wanted.details), &stored),
        token: &wanted.token,
        scope: wanted.scope.as_ref(),
    };
    if looks_first.get() {
        check_reach(request, &wanted, &refreshing).await?;
    }
    let mut batch = Batch::default();
    let looked = request.look_up(&mut batch);
    let key = signing_keys::current_for_client(client.client_id(), &ready.keys, context.now);
    let key = batch.add(key);
    let found = batch.add(refreshing.find());
    batch.push(refreshing.rotate());
    let named = request.look_up_apis(&wanted.resources, &mut batch);
    request.use_up(refreshing.succeeded(), &mut batch);
    let rows = context.db.run(batch).await?;

    let client = request.authenticated(looked, &rows)?;
    let (family, user) = rows.read(found)?.ok_or_else(refresh_grant::invalid)?;
    if family.standing == Standing::Reused {
        // A generation only grows, so it is still one that was reused.
        let end = [refreshing.record_reuse(context), refreshing.end_if_reused()];
        context.db.execute(end).await?;
    }
    if let Some(refusal) = family.standing.refusal() {
        return Err(refusal.into());
    }
    if !family.standing.gives_successor() {
        let is_unreadable = family.standing == Standing::Unreadable;
        return Err(request.not_ready(ready.unreadable.filter(|_| is_unreadable)));
    }
    let goes_on = family.standing == Standing::Current && !ready.rotates;
    let life = match family.standing {
        Standing::Current => family.life.used(context.now),
        _ => family.life,
    };
    let authorization = family.into_authorization(user.sub_at(&client))?;
    request.know_apis(&authorization.apis, named, &rows)?;
    let within = wanted.reach(&authorization, &client, &context.config)?;
    let token = match goes_on {
        true => wanted.token.render(&context.config.roots),
        false => wanted.token.successor().render(&context.config.roots),
    };
    let granted = Granted {
        user,
        details: authorization.details.narrowed(&wanted.details)?,
        within,
        authorization,
        refresh_token: Some((token, life.remaining(&context.config.lifetimes, context.now))),
        pushed_for: None,
    };
    let response = request.tokens_of(granted, &client, rows.read(key)?).await?;
    Ok(TokenResponse {
        scope: response.scope.and_then(Scope::if_any),
        ..response
    })
}

/// Refuses what asks for scopes of which nothing is left, before it uses the token up. Whatever else is wrong, the statement finds that
/// would use it up.
async fn check_reach(
    request: &TokenRequest<'_>,
    wanted: &RefreshRequest,
    refreshing: &Refreshing<'_>,
) -> Result<(), MachineFailure> {
    let mut batch = Batch::default();
    let looked = request.look_up(&mut batch);
    let found = batch.add(refreshing.find());
    let named = request.look_up_apis(&wanted.resources, &mut batch);
    let rows = request.context.db.run(batch).await?;
    let client = request.authenticated(looked, &rows)?;
    if let Some((family, user)) = rows.read(found)?
        && family.standing.gives_successor()
    {
        let authorization = family.into_authorization(user.sub_at(&client))?;
        request.know_apis(&authorization.apis, named, &rows)?;
        wanted.reach(&authorization, &client, &request.context.config)?;
    }
    Ok(())
}
