//! `/userinfo` (OIDC Core section 5.3).

use serde_json::{Map, Value};

use crate::{
    account::user::ToldApp,
    db::{
        Batch, clients,
        memberships::Along,
        signing_keys::{self, CurrentKey},
        users,
    },
    edge::{
        clients::memory,
        http::{failure::MachineFailure, request::Incoming},
        keys::signer::{self, Signer},
        platform::context::Context,
        tokens::{
            bearer::{Presented, Sent},
            for_client, readiness,
        },
    },
    oidc::{
        claims_request::Target,
        client::Client,
        error::{ErrorCode, OAuthError},
        params::Params,
        token::access_token::{self, AccessTokenClaims},
    },
    reply::{Body, Reply},
    routes::Method,
};

/// `GET` and `POST /userinfo`. One round trip: the token, the person, the client, and the key that signs for it.
pub async fn userinfo(request: &mut Incoming, context: &Context) -> Result<Reply, MachineFailure> {
    let form = match request.method {
        Method::Post if request.has_form() => request.form().await?,
        _ => Params::default(),
    };
    let authorization = request.authorization();
    let presented = access_token::presented(authorization.as_deref(), &form).map_err(MachineFailure::Bearer)?;
    let sent = Sent::open(presented, context).await;
    let mut batch = Batch::default();
    // What is told of the person depends on a client that is known, or else is read.
    let roles = |client_id: &str| {
        memory::remembered(client_id, context.now)
            .map(|known| readiness::along(&known.record.client, &context.config).roles)
    };
    let along = |claims: &AccessTokenClaims| Along {
        attributes: !context.config.attributes.is_empty(),
        groups: true,
        roles: roles(&claims.client_id).unwrap_or(true),
    };
    let presented = Presented::of(&sent, along, request, &mut batch, context).await?;
    let client_id = presented.client_id_unverified();
    let client = batch.add(clients::find(client_id));
    let known = memory::remembered(client_id, context.now);
    // A client that is not known, or gets its answers signed.
    let may_sign = known.is_none_or(|known| known.record.client.metadata.userinfo_signed_response_alg.is_some());
    let find_key = || signing_keys::current_for_userinfo(client_id, &signer::at_hand(), context.now);
    let signing_key = batch.add_if(may_sign.then(find_key));
    let rows = context.db.run(batch).await?;
    let token = presented.check(&rows, context).await?;
    let Some(user) = token.user.as_ref().filter(|_| token.claims.scope.contains("openid")) else {
        let error = OAuthError::new(ErrorCode::InsufficientScope, "the access token lacks the scope openid");
        return Err(token.refuse(error));
    };
    let Some(record) = rows.read(client)? else {
        return Err(token.refuse(OAuthError::invalid_token("the client of the access token is gone")));
    };
    let (client, along) = (&record.client, readiness::along(&record.client, &context.config));
    client
        .check_proof(token.proof_alg)
        .map_err(|error| token.refuse(error))?;
    let family_id = token.claims.family.as_deref().unwrap_or_default();
    let user = match along.roles && user.memberships.roles.is_none() {
        // It has come to be told of roles since it was last read.
        true => {
            let found = context.db.read(users::find_by_family(family_id, along)).await?;
            found.map(|(user, _)| user)
        }
        false => Some(user.clone()),
    };
    let Some(mut user) = user else {
        return Err(token.refuse(OAuthError::invalid_token("the access token was revoked")));
    };
    if !along.groups {
        // What the person allowed once is not enough.
        user.memberships.groups = None;
    }
    let told_app = ToldApp {
        client,
        attributes: &context.config.attributes,
    };
    let mut claims = user.told_to(told_app, &token.claims_request, &token.claims.scope, Target::Userinfo);
    // "The sub (subject) Claim MUST always be returned in the UserInfo Response."
    claims.insert("sub".to_owned(), Value::from(token.claims.sub.as_str()));
    let signing_key = rows.read_if(signing_key)?.flatten();
    respond(claims, client, signing_key, context).await
}

/// "the Claims are returned in a JWT" to a client that registered to have them signed or encrypted (section 5.3.2).
async fn respond(
    mut claims: Map<String, Value>,
    client: &Client,
    signing_key: Option<CurrentKey>,
    context: &Context,
) -> Result<Reply, MachineFailure> {
    let metadata = &client.metadata;
    let signer = match metadata.userinfo_signed_response_alg {
        Some(alg) => {
            // "If signed, the UserInfo Response MUST contain the Claims iss (issuer) and aud (audience) as members."
            claims.insert("iss".to_owned(), Value::from(context.config.issuer.as_str()));
            claims.insert("aud".to_owned(), Value::from(client.client_id.as_str()));
            let key = match signing_key {
                Some(key) => Some(key),
                // It has come to want that since it was last read.
                None => {
                    context
                        .db
                        .read(signing_keys::current(alg, &signer::at_hand(), context.now))
                        .await?
                }
            };
            Some(Signer::new(key, alg, context).await?)
        }
        None if metadata.userinfo_encryption.is_none() => return Ok(Reply::json(200, &claims)),
        None => None,
    };
    let jwt = for_client::userinfo(&claims, client, signer.as_ref(), context).await?;
    Ok(Reply::new(200, Body::Jwt(jwt)))
}
