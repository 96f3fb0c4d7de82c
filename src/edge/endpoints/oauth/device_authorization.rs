//! `/device_authorization` (RFC 8628 section 3.1).

use crate::{
    account::throttle,
    edge::{
        authorization::{
            encrypted_hint,
            pusher::{Pushed, Pusher},
        },
        clients::apis,
        http::{failure::MachineFailure, request::Incoming},
        platform::{context::Context, random},
    },
    oidc::{
        client::client_metadata::GrantType,
        device::{self, Device, DeviceResponse, UserCode},
        params::RESOURCE,
        token::check_grant_type,
    },
    reply::Reply,
    secret::Purpose,
};

/// `POST /device_authorization`. A device hands in its request as others push theirs: see `par`.
pub async fn ask(request: &mut Incoming, context: &Context) -> Result<Reply, MachineFailure> {
    if !context.config.device_authorization {
        return Err(MachineFailure::no_such("endpoint: DEVICE_AUTHORIZATION is off"));
    }
    let sent = request.form().await?;
    sent.refuse_repeated()?;
    let pusher = Pusher::of(request, &sent, context).await?;
    let client = &pusher.client;
    check_grant_type(client, GrantType::DeviceCode)?;
    let user_code = UserCode::new(random::bytes()?);
    let device = Device {
        user_code: user_code.shown(),
        network: context.network.clone().unwrap_or_default(),
        user_agent: request.header("user-agent").unwrap_or_default(),
    };
    let asked = device::request_of(&sent, &client.client_id, &device)?;
    let asked = encrypted_hint::open(asked, context).await?;
    apis::know_named(&asked, &[RESOURCE], &client.client_id, context).await?;
    let asked = device::check(asked, pusher.key.as_ref(), client, &context.config)?;

    let roots = &context.config.roots;
    let (device_code, hash) = context.new_token(Purpose::DeviceCode)?;
    let pushed = Pushed {
        hash: &hash,
        query: &asked.to_query(),
        user_code: Some(&user_code.hash(roots)),
        asked: None,
        counter: &throttle::of_device_requests(&roots.current(Purpose::Throttle), &request.address()),
    };
    pusher.store(&pushed, Vec::new(), context).await?;
    Ok(Reply::json(
        200,
        &DeviceResponse::new(&device_code, &user_code, &context.config),
    ))
}
