//! `/par` (RFC 9126 section 2).

use crate::{
    account::throttle,
    edge::{
        client::{caller, client_document},
        context::Context,
        db::{clients, pushed_requests, throttles},
        failure::MachineFailure,
        fault::Fault,
        hints,
        platform::random,
        request::Incoming,
        request_objects,
    },
    oidc::pushed_request::{self, PushedResponse},
    reply::Reply,
    secret::{OpaqueToken, Purpose},
};

/// `POST /par`. Two round trips: which request objects the client may send is known once it has proved itself. What clients store
/// whom anybody can be is limited by network.
pub async fn push(request: &mut Incoming, context: &Context) -> Result<Reply, MachineFailure> {
    let sent = request.form().await?;
    sent.refuse_repeated()?;
    client_document::make_known(&sent, context).await?;
    let client = caller::acting(request, &sent, context, async |caller| {
        let batch = [caller.claim(), clients::find(caller.client_id())];
        let [claimed, client] = context.db.batch(batch).await?;
        caller.authenticated(&claimed, clients::read(&client)?, context)
    })
    .await?;
    let pushed = pushed_request::request_of(&sent, &client)?;
    let pushed = request_objects::unpack(&pushed, &client, context).await?;
    let pushed = hints::open(pushed, context).await?;
    pushed_request::check(&pushed, &client, &context.config)?;

    let roots = &context.config.roots;
    let reference = OpaqueToken::new(roots, random::bytes()?);
    let hash = reference
        .hash(roots, Purpose::PushedRequest)
        .ok_or_else(|| Fault::new("pushed request", "no root key"))?;
    let counter = throttle::of_pushed_requests(&roots.current(Purpose::Throttle), &request.address());
    let [counted, ..] = context
        .db
        .batch([
            throttles::count_stranger(&client.client_id, &counter, context.now),
            pushed_requests::insert(&hash, &client.client_id, &pushed.to_query(), &counter, context.now),
            pushed_requests::sweep(context.now),
        ])
        .await?;
    if let Some(wait) = throttles::read_wait(&counted, &counter, context.now)? {
        return Err(MachineFailure::too_many(wait));
    }
    Ok(Reply::json(201, &PushedResponse::new(&reference)))
}
