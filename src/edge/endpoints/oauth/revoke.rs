//! `/revoke` (RFC 7009). The statement that revokes proves the client, too, so that one round trip does.

use crate::{
    account::throttle,
    audit::{Actor, Entry, Event},
    db::{Batch, audit, throttles, token_families},
    edge::{
        clients::authentication::ClientAuthentication,
        http::{failure::MachineFailure, request::Incoming},
        platform::context::Context,
        tokens::opaque,
    },
    oidc::token::{access_token, refresh_grant::RefreshToken},
    reply::{Body, Reply},
    secret::Purpose,
};

/// `POST /revoke`.
pub async fn revoke(request: &mut Incoming, context: &Context) -> Result<Reply, MachineFailure> {
    let params = request.form().await?;
    params.refuse_repeated()?;
    let key = context.config.roots.current(Purpose::Throttle);
    let counter = throttle::of_revocations(&key, &request.address());
    let client = ClientAuthentication::of(request, &params, context).await?;
    let text = opaque::open(params.required("token")?, context).await;
    let (proof, client_id) = (client.proof(context), client.client_id());
    let mut batch = Batch::default();
    let looked_up = client.look_up(&mut batch, context);
    let mut counted = None;
    match RefreshToken::parse(&text, &context.config.roots) {
        Some(token) => batch.extend(token_families::end_for_client(
            &token.family_id,
            client_id,
            &proof,
            context,
        )),
        None => {
            let claims = access_token::parse(&text).ok().map(|(_, claims)| claims);
            if let Some(claims) = claims.filter(|claims| claims.may_be_of(client_id, context.now)) {
                let entry = Entry::new(Event::TokenRevoked, Actor::Client).client(client_id);
                counted = Some(batch.add(throttles::count_stranger(client_id, &counter, context.now)));
                batch.push(token_families::revoke_access_token(
                    &claims,
                    &proof,
                    &counter,
                    context.now,
                ));
                batch.extend(audit::record_of_stranger_if_changed(&entry, context));
            }
        }
    }
    let within_limit = throttles::within_limit_now(client_id, &counter, context.now);
    client.use_up(proof.condition().and(within_limit), &mut batch, context);
    let rows = context.db.run(batch).await?;
    client.finish(looked_up, &rows, context)?;
    let counted = rows.read_if(counted)?;
    if let Some(wait) = counted.and_then(|counted| counted.wait(&counter, context.now)) {
        return Err(MachineFailure::too_many(wait));
    }
    // "Invalid tokens do not cause an error response since the client cannot handle such an error in a reasonable way."
    Ok(Reply::new(200, Body::Empty))
}
