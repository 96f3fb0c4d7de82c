//! `/par` (RFC 9126 section 2).

use crate::{
    account::throttle,
    edge::{
        authorization::{
            encrypted_hint,
            pusher::{Pushed, Pusher},
            request_objects,
        },
        clients::{apis, document},
        http::{failure::MachineFailure, request::Incoming},
        platform::context::Context,
    },
    oidc::{
        params::RESOURCE,
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
    let pusher = Pusher::of(request, &sent, context).await?;
    let client = &pusher.client;
    let pushed = pushed_request::request_of(&sent, client)?;
    let pushed = request_objects::unpack(&pushed, client, context).await?;
    let pushed = encrypted_hint::open(pushed, context).await?;
    let pushed = pushed_request::bound_to(pushed, pusher.key.as_ref())?;
    apis::know_named(&pushed, &[RESOURCE], &client.client_id, context).await?;
    pushed_request::check(&pushed, client, &context.config)?;

    let (reference, hash) = context.new_token(Purpose::PushedRequest)?;
    let roots = &context.config.roots;
    let pushed = Pushed {
        hash: &hash,
        query: &pushed.to_query(),
        user_code: None,
        asked: None,
        counter: &throttle::of_pushed_requests(&roots.current(Purpose::Throttle), &request.address()),
    };
    pusher.store(&pushed, Vec::new(), context).await?;
    Ok(Reply::json(201, &PushedResponse::new(&reference)))
}
