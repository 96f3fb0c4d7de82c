//! `/revoke` (RFC 7009). The statement that revokes proves the client, too, so that one round trip does.

use crate::{
    account::throttle::{self, Counter},
    audit::{Actor, Entry, Event},
    config::LONGEST_ACCESS_TOKEN,
    db::{Statement, audit, clients, proof::Proof, throttles, token_families},
    edge::{
        clients::authentication,
        http::{failure::MachineFailure, request::Incoming},
        platform::context::Context,
    },
    oidc::token::{access_token, refresh_grant::RefreshToken},
    reply::{Body, Reply},
    secret::Purpose,
};

/// More than the bytes of any `jti` of Limen's.
const LONGEST_JTI: usize = 64;

/// `POST /revoke`.
pub async fn revoke(request: &mut Incoming, context: &Context) -> Result<Reply, MachineFailure> {
    let params = request.form().await?;
    params.refuse_repeated()?;
    let key = context.config.roots.current(Purpose::Throttle);
    let counter = throttle::of_revocations(&key, &request.address());
    authentication::acting(request, &params, context, async |caller| {
        let text = params.required("token")?;
        let (proof, client_id) = (caller.proof(context), caller.client_id());
        let [first, second, third, fourth] = match RefreshToken::parse(text, &context.config.roots) {
            Some(token) => {
                let [record, end] = token_families::end_for_client(&token.family_id, client_id, &proof, context);
                [Statement::idle(), record, end, Statement::idle()]
            }
            None => access_token_revocation(text, client_id, &proof, &counter, context),
        };
        let within_limit = throttles::within_limit_now(client_id, &counter, context.now);
        let success = proof.condition().and(within_limit);
        let (find, hindrance) = (clients::find(client_id), caller.hindrance(context));
        let [store, count] = caller.use_up(success, context);
        let batch = [hindrance, find, first, second, third, fourth, store, count];
        let [hindrance, client, counted, ..] = context.db.batch(batch).await?;
        caller.authenticated(&hindrance, clients::read(&client)?, context)?;
        match throttles::read_wait(&counted, &counter, context.now)? {
            Some(wait) => Err(MachineFailure::too_many(wait)),
            None => Ok(()),
        }
    })
    .await?;
    // "Invalid tokens do not cause an error response since the client cannot handle such an error in a reasonable way."
    Ok(Reply::new(200, Body::Empty))
}

/// The signature is left unchecked, for a forged token harms its forger alone: the row counts for tokens of the client that
/// asks for it, and no longer than a real one could live. It may forge many, so only some are written down, and where anybody
/// can be the client a network revokes no more than `counter` allows.
fn access_token_revocation(
    text: &str,
    client_id: &str,
    proof: &Proof<'_>,
    counter: &Counter,
    context: &Context,
) -> [Statement; 4] {
    let nothing = || std::array::from_fn(|_| Statement::idle());
    let Ok((_, claims)) = access_token::parse(text) else {
        return nothing();
    };
    let latest = context.now + LONGEST_ACCESS_TOKEN;
    let plausible = claims.exp > context.now && claims.exp <= latest && claims.jti.len() <= LONGEST_JTI;
    if claims.client_id == *client_id && plausible {
        let entry = Entry::new(Event::TokenRevoked, Actor::Client).client(client_id);
        let [count, record] = audit::record_of_stranger_if_changed(&entry, context);
        [
            throttles::count_stranger(client_id, counter, context.now),
            token_families::revoke_access_token(&claims, proof, counter, context.now),
            count,
            record,
        ]
    } else {
        nothing()
    }
}
