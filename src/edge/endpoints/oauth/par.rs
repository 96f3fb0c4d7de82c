//! `/par` (RFC 9126 section 2).

use crate::{
    account::throttle,
    db::{
        Batch, dpop_proofs,
        pushed_requests::{self, Pushing},
        throttles,
    },
    edge::{
        authorization::{encrypted_hint, request_objects},
        clients::{authentication::ClientAuthentication, document},
        http::{failure::MachineFailure, request::Incoming},
        platform::context::Context,
        tokens::dpop,
    },
    oidc::{
        dpop::used,
        pushed_request::{self, PushedResponse},
    },
    reply::Reply,
    secret::Purpose,
};

/// `POST /par`. Two round trips: which request objects the client may send is known once it has proved itself. An assertion is used
/// up with the second one, when the request is stored. What clients store whom anybody can be is limited by network.
pub async fn push(request: &mut Incoming, context: &Context) -> Result<Reply, MachineFailure> {
    let sent = request.form().await?;
    sent.refuse_repeated()?;
    document::make_known(&sent, context).await?;
    let address = request.address();
    let key = dpop::proof_of(request, context).await?;
    let presented = ClientAuthentication::of(request, &sent, context).await?;
    let mut batch = Batch::default();
    let looked_up = presented.look_up(&mut batch, context);
    let rows = context.db.run(batch).await?;
    let client = presented.finish(looked_up, &rows, context)?;
    client.check_proof(key.as_ref().map(|key| key.alg))?;
    let pushed = pushed_request::request_of(&sent, &client)?;
    let pushed = request_objects::unpack(&pushed, &client, context).await?;
    let pushed = encrypted_hint::open(pushed, context).await?;
    let pushed = match &key {
        Some(key) => pushed_request::bound_to(pushed, key)?,
        None => pushed,
    };
    pushed_request::check(&pushed, &client, &context.config)?;

    let (reference, hash) = context.new_token(Purpose::PushedRequest)?;
    let counter = throttle::of_pushed_requests(&context.config.roots.current(Purpose::Throttle), &address);
    let (query, proof) = (pushed.to_query(), presented.proof(context));
    let single_use = key.as_ref().map(|key| &key.single_use);
    let proof = proof.with_dpop(single_use);
    let pushing = Pushing {
        hash: &hash,
        client: &client,
        query: &query,
        proof: &proof,
        user_code: None,
    };
    let mut batch = Batch::default();
    let looked_up = presented.look_up(&mut batch, context);
    let was_used = batch.add_if(single_use.map(|proof| dpop_proofs::find(proof, context.now)));
    let counted = batch.add(throttles::count_stranger(&client.client_id, &counter, context.now));
    let stored = batch.add(pushing.insert(&counter, context.now));
    batch.push(pushed_requests::sweep(&client.client_id, context.now));
    batch
        .extend(single_use.map(|proof| dpop_proofs::use_up(proof, pushed_requests::exists(&hash), context.now).into()));
    presented.use_up(pushed_requests::exists(&hash), &mut batch, context);
    let rows = context.db.run(batch).await?;
    presented.finish(looked_up, &rows, context)?;
    if rows.read_if(was_used)? == Some(true) {
        return Err(used().into());
    }
    if let Some(wait) = rows.read(counted)?.wait(&counter, context.now) {
        return Err(MachineFailure::too_many(wait));
    }
    if !rows.read(stored)? {
        return Err(MachineFailure::ClientChanged);
    }
    Ok(Reply::json(201, &PushedResponse::new(&reference)))
}
