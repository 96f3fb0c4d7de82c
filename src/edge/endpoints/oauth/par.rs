//! `/par` (RFC 9126 section 2).

use crate::{
    account::throttle,
    db::{
        clients,
        pushed_requests::{self, Pushing},
        throttles,
    },
    edge::{
        authorization::{encrypted_hint, request_objects},
        clients::{
            authentication::{self, Caller},
            document,
        },
        http::{failure::MachineFailure, request::Incoming},
        platform::{context::Context, random},
    },
    fault::Fault,
    oidc::{
        params::Params,
        pushed_request::{self, PushedResponse},
    },
    reply::Reply,
    secret::{OpaqueToken, Purpose},
};

/// `POST /par`. Two round trips: which request objects the client may send is known once it has proved itself. An assertion is used
/// up with the second one, when the request is stored. What clients store whom anybody can be is limited by network.
pub async fn push(request: &mut Incoming, context: &Context) -> Result<Reply, MachineFailure> {
    let sent = request.form().await?;
    sent.refuse_repeated()?;
    document::make_known(&sent, context).await?;
    let address = request.address();
    let response = authentication::acting(request, &sent, context, async |caller| {
        push_as(caller, &sent, &address, context).await
    })
    .await?;
    Ok(Reply::json(201, &response))
}

async fn push_as(
    caller: &Caller,
    sent: &Params,
    address: &str,
    context: &Context,
) -> Result<PushedResponse, MachineFailure> {
    let find = || clients::find(caller.client_id());
    let [hindrance, client] = context.db.batch([caller.hindrance(context), find()]).await?;
    let client = caller.authenticated(&hindrance, clients::read(&client)?, context)?;
    let pushed = pushed_request::request_of(sent, &client)?;
    let pushed = request_objects::unpack(&pushed, &client, context).await?;
    let pushed = encrypted_hint::open(pushed, context).await?;
    pushed_request::check(&pushed, &client, &context.config)?;

    let roots = &context.config.roots;
    let reference = OpaqueToken::new(roots, random::bytes()?);
    let hash = reference
        .hash(roots, Purpose::PushedRequest)
        .ok_or_else(|| Fault::new("pushed request", "no root key"))?;
    let counter = throttle::of_pushed_requests(&roots.current(Purpose::Throttle), address);
    let (query, proof) = (pushed.to_query(), caller.proof(context));
    let pushing = Pushing {
        hash: &hash,
        client: &client,
        query: &query,
        proof: &proof,
    };
    let [store, count] = caller.use_up(pushed_requests::exists(&hash), context);
    let [hindrance, client_now, counted, stored, ..] = context
        .db
        .batch([
            caller.hindrance(context),
            find(),
            throttles::count_stranger(&client.client_id, &counter, context.now),
            pushing.insert(&counter, context.now),
            pushed_requests::sweep(context.now),
            store,
            count,
        ])
        .await?;
    caller.authenticated(&hindrance, clients::read(&client_now)?, context)?;
    if let Some(wait) = throttles::read_wait(&counted, &counter, context.now)? {
        return Err(MachineFailure::too_many(wait));
    }
    if !stored.any()? {
        return Err(MachineFailure::ClientChanged);
    }
    Ok(PushedResponse::new(&reference))
}
