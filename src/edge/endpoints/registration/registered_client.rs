//! `/register/{client_id}` and its `renew_secret` (RFC 7592 section 2).

use super::access;
use crate::{
    admin::body,
    db::clients::ClientRecord,
    edge::{
        clients::{
            issued_credentials::{self, Issued},
            registration::{self, RegisteringParty, Renewed},
        },
        http::{failure::MachineFailure, request::Incoming},
        platform::context::Context,
    },
    oidc::{
        client::{
            StoredSecret, client_auth,
            client_metadata::ClientMetadata,
            registration::{self as messages, RenewalRequest, UpdateRequest},
            self_service::RegisteredBy,
            terms::Terms,
        },
        error::{ErrorCode, OAuthError},
    },
    reply::{Body, Reply},
    secret::Hash,
};

/// `GET /register/{client_id}`.
pub async fn show(request: &mut Incoming, context: &Context) -> Result<Reply, MachineFailure> {
    let (record, _) = access::authorized_client(request, context).await?;
    Ok(Reply::json(200, &issued_credentials::describe(&record, None, context)))
}

/// `PUT /register/{client_id}`: what is left out goes back to its default.
pub async fn replace(request: &mut Incoming, context: &Context) -> Result<Reply, MachineFailure> {
    let (record, registered_by) = access::changeable_client(request, context).await?;
    let terms = Terms::of(
        &context.config,
        registered_by,
        Some(&registration::before(&record, context)),
    );
    let client = &record.client;
    let update = UpdateRequest::parse(&request.json().await?, (&client.client_id, &client.metadata), &terms)?;
    if let Some(secret) = &update.client_secret {
        let roots = &context.config.roots;
        let is_it = |hash: &Hash| client_auth::is_secret(secret, &client.client_id, Some(hash), roots);
        let works = |stored: &StoredSecret| stored.valid(context.now).any(|secret| is_it(&secret.hash));
        if !record.secret.as_ref().is_some_and(works) {
            let error = "client_secret is not that of this client";
            return Err(OAuthError::new(ErrorCode::InvalidClientMetadata, error).into());
        }
    }
    change(
        record,
        update.metadata,
        access::registering_party(registered_by, request),
        context,
    )
    .await
}

/// `PATCH /register/{client_id}`: what is left out stays, null clears (RFC 7396).
pub async fn patch(request: &mut Incoming, context: &Context) -> Result<Reply, MachineFailure> {
    let (record, registered_by) = access::changeable_client(request, context).await?;
    let patch = request.json().await?;
    let terms = Terms::of(
        &context.config,
        registered_by,
        Some(&registration::before(&record, context)),
    );
    let metadata = messages::merge_patch(&record.client.metadata, &patch, &terms)?;
    change(
        record,
        metadata,
        access::registering_party(registered_by, request),
        context,
    )
    .await
}

/// `DELETE /register/{client_id}`: codes, tokens and consents go with the client.
pub async fn delete(request: &mut Incoming, context: &Context) -> Result<Reply, MachineFailure> {
    let (record, registered_by) = access::authorized_client(request, context).await?;
    let deleted = registration::delete(&record, access::registering_party(registered_by, request), context).await?;
    if registered_by == RegisteredBy::Anybody && !deleted {
        // Another request has taken the token back.
        return Err(access::unauthorized());
    }
    Ok(Reply::new(204, Body::Empty))
}

/// `POST /register/{client_id}/renew_secret`: the secret before works on for as long as the client asks.
pub async fn renew_secret(request: &mut Incoming, context: &Context) -> Result<Reply, MachineFailure> {
    let (record, registered_by) = access::changeable_client(request, context).await?;
    let members = body::optional_members(&request.optional_json().await?, &RenewalRequest::MEMBERS)?;
    let renewal = RenewalRequest::read(&members)?;
    match registration::renew_secret(
        record,
        &renewal,
        access::registering_party(registered_by, request),
        context,
    )
    .await?
    {
        Renewed::NoSecret => Err(OAuthError::invalid_request("the client has no secret").into()),
        Renewed::Stored(stored) => answer(stored.map(|stored| *stored), context),
    }
}

async fn change(
    record: ClientRecord,
    metadata: ClientMetadata,
    registering_party: RegisteringParty<'_>,
    context: &Context,
) -> Result<Reply, MachineFailure> {
    answer(
        registration::change(record, metadata, registering_party, context).await?,
        context,
    )
}

fn answer(stored: Option<(ClientRecord, Issued)>, context: &Context) -> Result<Reply, MachineFailure> {
    let Some((record, issued)) = stored else {
        let error = OAuthError::invalid_request("another request has changed or deleted it; read it again");
        return Err(MachineFailure::status(409, error));
    };
    Ok(Reply::json(
        200,
        &issued_credentials::describe(&record, Some(&issued), context),
    ))
}
