//! `/revoke` (RFC 7009). The statement that revokes proves the client, too, so that one round trip does.

use crate::{
    audit::{Actor, Entry, Event},
    config::LONGEST_ACCESS_TOKEN,
    edge::{
        client::caller,
        context::Context,
        db::{
            Statement, audit,
            clients::{self, Proof},
            token_families,
        },
        failure::MachineFailure,
        request::Incoming,
    },
    oidc::token::{access_token, refresh_grant::RefreshToken},
    reply::{Body, Reply},
};

/// More than the bytes of any `jti` of Limen's.
const LONGEST_JTI: usize = 64;

/// `POST /revoke`.
pub async fn revoke(request: &mut Incoming, context: &Context) -> Result<Reply, MachineFailure> {
    let params = request.form().await?;
    params.refuse_repeated()?;
    caller::acting(request, &params, context, async |caller| {
        let text = params.required("token")?;
        let (proof, client_id) = (caller.proof(context), caller.client_id());
        let [first, second, third] = match RefreshToken::parse(text, &context.config.roots) {
            Some(token) => {
                let [record, end] = token_families::end_for_client(&token.family_id, client_id, &proof, context);
                [record, end, Statement::idle()]
            }
            None => access_token_revocation(text, client_id, &proof, context),
        };
        let batch = [caller.claim(), clients::find(client_id), first, second, third];
        let [claimed, client, ..] = context.db.batch(batch).await?;
        caller.authenticated(&claimed, clients::read(&client)?, context)
    })
    .await?;
    // "Invalid tokens do not cause an error response since the client cannot handle such an error in a reasonable way."
    Ok(Reply::new(200, Body::Empty))
}

/// The signature is left unchecked, for a forged token harms its forger alone: the row counts for tokens of the client that
/// asks for it, and no longer than a real one could live. It may forge as many as it likes, so only some are written down.
fn access_token_revocation(text: &str, client_id: &str, proof: &Proof<'_>, context: &Context) -> [Statement; 3] {
    let nothing = || std::array::from_fn(|_| Statement::idle());
    let Ok((_, claims)) = access_token::parse(text) else {
        return nothing();
    };
    let latest = context.now + LONGEST_ACCESS_TOKEN;
    let plausible = claims.exp > context.now && claims.exp <= latest && claims.jti.len() <= LONGEST_JTI;
    if claims.client_id == *client_id && plausible {
        let entry = Entry::new(Event::TokenRevoked, Actor::Client).client(client_id);
        let [count, record] = audit::record_of_stranger_if_changed(&entry, context);
        [token_families::revoke_access_token(&claims, proof), count, record]
    } else {
        nothing()
    }
}
