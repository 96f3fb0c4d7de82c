//! `grant_type=urn:ietf:params:oauth:grant-type:jwt-bearer` (RFC 7523 section 2.1): an assertion about a person, of an issuer that the
//! operator trusts, for an access token. The assertion counts once, and is used up last: whether it is genuine is for WebCrypto to say.

use serde_json::json;

use super::TokenRequest;
use crate::{
    account::{email, user::User},
    audit::{Actor, Entry, Event},
    db::{
        Batch,
        asserted::{Asserted, find_person},
        audit, replay, signing_keys,
    },
    edge::{
        clients::{apis as known_apis, keys},
        http::failure::MachineFailure,
        keys::signer::{self, Signer},
        platform::random,
        tokens::for_api,
    },
    fault::Fault,
    oidc::{
        client::client_metadata::GrantType,
        error::{ErrorCode, OAuthError},
        proven::Strength,
        token::{
            TokenResponse,
            access_token::AccessTokenClaims,
            check_grant_type,
            jwt_bearer::{JwtBearerRequest, invalid},
            unsupported_grant_type,
        },
    },
};

/// Gives a client a token of the person of an assertion.
pub async fn respond(request: &TokenRequest<'_>) -> Result<TokenResponse, MachineFailure> {
    let context = request.context;
    if context.config.trusted_issuers.is_empty() {
        return Err(request.refuse(unsupported_grant_type()).await);
    }
    let wanted = request.read(JwtBearerRequest::parse).await?;
    let client_id = request.client.client_id();
    known_apis::know_afresh(wanted.named(), client_id, context).await?;
    let checked = wanted.check(client_id, &context.config, context.now);
    let once = checked.as_ref().ok().map(|(_, once)| once);
    let folded = email::fold(wanted.address().unwrap_or_default());
    let mut batch = Batch::default();
    let looked = request.look_up(&mut batch);
    let key = signing_keys::current_for_client(client_id, &signer::at_hand(), context.now);
    let key = batch.add(key);
    let was_used = batch.add_if(once.map(replay::find));
    let person = batch.add(find_person(&folded, client_id));
    let rows = context.db.run(batch).await?;

    let client = request.authenticated(looked, &rows)?;
    check_grant_type(&client, GrantType::JwtBearer)?;
    if client.metadata.rules.required_acr > Strength::OneFactor {
        return Err(OAuthError::new(
            ErrorCode::UnauthorizedClient,
            "the operator demands a sign-in here (required_acr), which an assertion does not show",
        )
        .into());
    }
    // Only a client with the grant learns whom the operator trusts.
    let (issuer, once) = checked?;
    if rows.read_if(was_used)? == Some(true) {
        return Err(invalid("was used before").into());
    }
    let mint = request.mint(&client);
    wanted.check_binding(mint.binding.as_ref())?;
    let within = wanted.reach_for(&client, &context.config)?;
    // Nobody makes Limen ask the issuer but a client that may hand in its assertions.
    match keys::verify_of_issuer(issuer, &wanted.token, wanted.alg, context).await {
        Ok(true) => {}
        Ok(false) => return Err(invalid("is not signed by a key of its issuer").into()),
        Err(no_key) if no_key.is_passing() => {
            let cause = format!("{}: {}", issuer.jwks_uri, no_key.why());
            return Err(Fault::new("the keys of a trusted issuer", cause).into());
        }
        Err(_) => return Err(invalid("is not signed by a key that its issuer has").into()),
    }
    // Who there is here is told only to whom its issuer tells of them.
    wanted.check_address(issuer)?;
    let is_meant = |user: &User| {
        let own = user.confirmed_email();
        own.is_some_and(|own| wanted.means(own, &user.sub_at(&client)))
    };
    let user = rows.read(person)?.filter(is_meant);
    let user = user.ok_or_else(|| invalid("is about nobody who may use this client here"))?;
    let signer = Signer::new(rows.read(key)?, client.signing_alg(), context).await?;
    let fresh = mint.access_token(&client, within, random::id()?);
    let family_id = random::id()?;
    let claims = AccessTokenClaims {
        sub: user.sub_at(&client),
        // Nobody signed in here: when and how they did elsewhere is the issuer's word, and APIs demand a sign-in by it.
        auth_time: None,
        family: Some(family_id.clone()),
        told: client.metadata.rules.may_act().into_iter().collect(),
        ..fresh
    };
    let asserted = Asserted {
        once: &once,
        user_id: &user.id,
        folded: &folded,
        client_id,
        grant_id: &random::id()?,
        family_id: &family_id,
        session_id: &random::id()?,
        claims: &claims,
        now: context.now,
    };
    begin(&asserted, &issuer.issuer, request).await?;
    let access_token = for_api::access_token(&claims, &client, &signer, context).await?;
    Ok(TokenResponse::of_access_token(access_token, &claims))
}

/// Uses the assertion up, with the proof of a key and the client's own assertion, and writes down what keeps the token alive: all of it, or
/// nothing.
///
/// # Errors
/// [`MachineFailure::ClientChanged`] where another request was faster, or something has changed: the next try finds out which.
async fn begin(asserted: &Asserted<'_>, issuer: &str, request: &TokenRequest<'_>) -> Result<(), MachineFailure> {
    let accepted = Entry::new(Event::AssertionAccepted, Actor::Client)
        .user(asserted.user_id)
        .client(asserted.client_id)
        .detail(json!({ "issuer": issuer }));
    let mut batch = Batch::default();
    let used = batch.add(asserted.use_up(request.client_proof().condition()));
    batch.push(audit::record_if_changed(&accepted, request.context));
    batch.push(asserted.allow());
    batch.push(asserted.begin_family());
    request.use_up(asserted.succeeded(), &mut batch);
    match request.context.db.run(batch).await?.read(used)? {
        true => Ok(()),
        false => Err(request.not_ready(None)),
    }
}
