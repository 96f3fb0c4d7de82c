//! `grant_type=authorization_code` (RFC 6749 section 4.1.3, OIDC Core section 3.1.3).

use super::{TokenRequest, polling};
use crate::{
    audit::{Actor, Entry, Event},
    db::{Batch, codes::Redemption, pushed_requests, readiness::Ready, signing_keys, token_families, users},
    edge::{
        http::failure::MachineFailure,
        platform::{context::Context, random},
        tokens::of_person::Granted,
    },
    fault::Fault,
    oidc::{
        authorization::Reach,
        ciba,
        client::{Client, client_metadata::GrantType},
        device::Waiting,
        fetcher::Fetcher,
        token::{
            TokenResponse,
            code_grant::{self, CodeRequest, Standing},
            refresh_grant::RefreshToken,
        },
    },
    secret::Purpose,
};

/// Redeems a code.
pub async fn respond(request: &TokenRequest<'_>) -> Result<TokenResponse, MachineFailure> {
    let wanted = request.read(CodeRequest::parse).await?;
    redeem(request, &wanted, None).await
}

/// Redeems a code, or what the answer to a request is fetched with.
pub(super) async fn redeem(
    request: &TokenRequest<'_>,
    wanted: &CodeRequest,
    fetched: Option<Fetcher>,
) -> Result<TokenResponse, MachineFailure> {
    let (client, context) = (request.client, request.context);
    let roots = &context.config.roots;
    let (grant_type, purpose) = match fetched {
        Some(Fetcher::Device) => (GrantType::DeviceCode, Purpose::DeviceCode),
        Some(Fetcher::Backchannel) => (GrantType::Ciba, Purpose::AuthReqId),
        None => (GrantType::AuthorizationCode, Purpose::Code),
    };
    let Some(hash) = wanted.code.hash(roots, purpose) else {
        return Err(request.refuse(code_grant::unknown()).await);
    };
    let may_fetch = |client: &Client| match fetched {
        Some(Fetcher::Backchannel) => ciba::check_fetches(client),
        _ => Ok(()),
    };
    let ready = request.ready(grant_type, may_fetch).await?;
    let (stored, family_id) = (request.stored(&wanted.resources), random::id()?);
    let redemption = Redemption {
        conditions: request.conditions(&ready, (&wanted.resources, &wanted.details), &stored),
        hash: &hash,
        request: wanted,
        family_id: &family_id,
    };
    let mut batch = Batch::default();
    let looked = request.look_up(&mut batch);
    let key = signing_keys::current_for_client(client.client_id(), &ready.keys, context.now);
    let key = batch.add(key);
    let redeemed = batch.add(redemption.redeem());
    let find_waiting = |_| pushed_requests::find_waiting(&hash, client.client_id(), context.now);
    let waiting = batch.add_if(fetched.map(find_waiting));
    batch.push(redemption.begin_family());
    let named = request.look_up_apis(&wanted.resources, &mut batch);
    let user = batch.add(users::find_by_family(&family_id, ready.along));
    request.use_up(redemption.succeeded(), &mut batch);
    let rows = context.db.run(batch).await?;

    let client = request.authenticated(looked, &rows)?;
    let Some(redeemed) = rows.read(redeemed)? else {
        if let Some(waiting) = rows.read_if(waiting)?.flatten() {
            return Err(polling::refuse(waiting, &hash, context).into());
        }
        let refusal = refuse(request, &redemption, &ready, fetched.is_some()).await?;
        return Err(refusal);
    };
    let user = rows.read(user)?;
    let (user, life) = user.ok_or_else(|| Fault::new("codes", "a code without a person"))?;
    let authorization = redeemed.into_authorization(family_id.clone(), user.sub_at(&client))?;
    request.know_apis(&authorization.apis, named, &rows)?;
    let scope = client.still_permitted(&authorization.scope, &context.config);
    let within = Reach::within(&authorization, &wanted.resources, scope, &context.config)?;
    let first_token = RefreshToken {
        family_id,
        generation: 0,
    };
    let remaining = life.remaining(&context.config.lifetimes, context.now);
    let granted = Granted {
        user,
        details: authorization.details.narrowed(&wanted.details)?,
        within,
        refresh_token: authorization
            .refreshable
            .then(|| (first_token.render(roots), remaining)),
        authorization,
        pushed_for: None,
    };
    request.tokens_of(granted, &client, rows.read(key)?).await
}

/// Why the code was not redeemed: that is asked when it was not, so that a code that is good costs no more than it has to.
async fn refuse(
    request: &TokenRequest<'_>,
    redemption: &Redemption<'_>,
    ready: &Ready,
    is_fetched: bool,
) -> Result<MachineFailure, MachineFailure> {
    let context = request.context;
    let found = context.db.read(redemption.find()).await?;
    let found = found.ok_or_else(code_grant::unknown)?;
    if let (Standing::Replayed, Some(family_id)) = (found.standing, found.family_id) {
        end_replayed(&family_id, context).await?;
    }
    if is_fetched && found.standing == Standing::Expired {
        return Ok(Waiting::Expired.error(false).into());
    }
    Ok(match found.standing.refusal() {
        Some(refusal) => refusal.into(),
        None => {
            let is_unreadable = found.standing == Standing::Unreadable;
            request.not_ready(ready.unreadable.clone().filter(|_| is_unreadable))
        }
    })
}

/// Ends what came of a code that is redeemed once more.
async fn end_replayed(family_id: &str, context: &Context) -> Result<(), Fault> {
    let entry = Entry::new(Event::CodeReplayed, Actor::Client);
    let record = token_families::record_end(&entry, family_id, context);
    context.db.execute([record, token_families::end(family_id)]).await
}
