//! `/device_authorization` (RFC 8628 section 3.1).

use crate::{
    account::throttle,
    db::{
        Batch, dpop_proofs,
        pushed_requests::{self, Pushing},
        throttles,
    },
    edge::{
        authorization::encrypted_hint,
        clients::authentication::ClientAuthentication,
        http::{failure::MachineFailure, request::Incoming},
        platform::{context::Context, random},
        tokens::dpop,
    },
    oidc::{
        client::client_metadata::GrantType,
        device::{self, Device, DeviceResponse, UserCode},
        dpop::used,
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
    let address = request.address();
    let key = dpop::proof_of(request, context).await?;
    let presented = ClientAuthentication::of(request, &sent, context).await?;
    let mut batch = Batch::default();
    let looked_up = presented.look_up(&mut batch, context);
    let rows = context.db.run(batch).await?;
    let client = presented.finish(looked_up, &rows, context)?;
    client.check_proof(key.as_ref().map(|key| key.alg))?;
    check_grant_type(&client, GrantType::DeviceCode)?;
    let user_code = UserCode::new(random::bytes()?);
    let device = Device {
        user_code: user_code.shown(),
        network: context.network.clone().unwrap_or_default(),
        user_agent: request.header("user-agent").unwrap_or_default(),
    };
    let asked = device::request_of(&sent, &client.client_id, &device)?;
    let asked = encrypted_hint::open(asked, context).await?;
    let asked = device::check(asked, key.as_ref(), &client, &context.config)?;

    let roots = &context.config.roots;
    let (device_code, hash) = context.new_token(Purpose::DeviceCode)?;
    let counter = throttle::of_device_requests(&roots.current(Purpose::Throttle), &address);
    let (query, proof) = (asked.to_query(), presented.proof(context));
    let single_use = key.as_ref().map(|key| &key.single_use);
    let proof = proof.with_dpop(single_use);
    let pushing = Pushing {
        hash: &hash,
        client: &client,
        query: &query,
        proof: &proof,
        user_code: Some(&user_code.hash(roots)),
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
        // Or another device has the user code: there is another one then, too.
        return Err(MachineFailure::ClientChanged);
    }
    Ok(Reply::json(
        200,
        &DeviceResponse::new(&device_code, &user_code, &context.config),
    ))
}
