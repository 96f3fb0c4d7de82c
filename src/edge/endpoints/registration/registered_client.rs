//! `/register/{client_id}` and its `renew_secret` (RFC 7592 section 2).

use super::access;
use crate::{
    audit::Event,
    db::{
        Batch,
        clients::{self, ClientRecord},
    },
    edge::{
        clients::{
            copy,
            issued_credentials::{self, Issued},
            sector_identifier,
        },
        http::{failure::MachineFailure, request::Incoming},
        keys::signer,
        platform::context::Context,
    },
    oidc::{
        client::{
            SecretChange, StoredSecret, client_auth,
            client_metadata::ClientMetadata,
            registration::{self, RenewalRequest, UpdateRequest},
            sector_identifier::sector,
            self_service::RegisteredBy,
            terms::Terms,
        },
        error::{ErrorCode, OAuthError},
    },
    reply::{Body, Reply},
};

/// `GET /register/{client_id}`.
pub async fn show(request: &mut Incoming, context: &Context) -> Result<Reply, MachineFailure> {
    let (record, _) = access::authorized_client(request, context).await?;
    Ok(Reply::json(200, &issued_credentials::describe(&record, None, context)))
}

/// `PUT /register/{client_id}`: what is left out goes back to its default.
pub async fn replace(request: &mut Incoming, context: &Context) -> Result<Reply, MachineFailure> {
    let (record, registered_by) = access::changeable_client(request, context).await?;
    let terms = Terms::of(&context.config, registered_by, Some(&access::before(&record, context)));
    let client = &record.client;
    let update = UpdateRequest::parse(&request.json().await?, (&client.client_id, &client.metadata), &terms)?;
    if let Some(secret) = &update.client_secret {
        let stored = record.secret.as_ref().map(|stored| &stored.current.hash);
        if !client_auth::is_secret(secret, &record.client.client_id, stored, &context.config.roots) {
            let error = "client_secret is not that of this client";
            return Err(OAuthError::new(ErrorCode::InvalidClientMetadata, error).into());
        }
    }
    change(record, update.metadata, registered_by, context).await
}

/// `PATCH /register/{client_id}`: what is left out stays, null clears (RFC 7396).
pub async fn patch(request: &mut Incoming, context: &Context) -> Result<Reply, MachineFailure> {
    let (record, registered_by) = access::changeable_client(request, context).await?;
    let patch = request.json().await?;
    let terms = Terms::of(&context.config, registered_by, Some(&access::before(&record, context)));
    let metadata = registration::merge_patch(&record.client.metadata, &patch, &terms)?;
    change(record, metadata, registered_by, context).await
}

/// `DELETE /register/{client_id}`: codes, tokens and consents go with the client.
pub async fn delete(request: &mut Incoming, context: &Context) -> Result<Reply, MachineFailure> {
    let (record, registered_by) = access::authorized_client(request, context).await?;
    let client_id = &record.client.client_id;
    let delete = match registered_by {
        RegisteredBy::Operator => clients::delete(client_id),
        RegisteredBy::Anybody => clients::delete_own(client_id, record.registration_token_hash.as_ref()),
    };
    let mut batch = Batch::default();
    let deleted = batch.add(delete);
    batch.extend(registered_by.record(Event::ClientDeleted, client_id, context));
    let deleted = context.db.run(batch).await?.read(deleted)?;
    if registered_by == RegisteredBy::Anybody && !deleted {
        // Another request has taken the token back.
        return Err(access::unauthorized());
    }
    copy::forget(&record.client.client_id, context);
    Ok(Reply::new(204, Body::Empty))
}

/// `POST /register/{client_id}/renew_secret`: the secret before works on for as long as the client asks.
pub async fn renew_secret(request: &mut Incoming, context: &Context) -> Result<Reply, MachineFailure> {
    let (mut record, registered_by) = access::changeable_client(request, context).await?;
    let renewal = RenewalRequest::parse(&request.optional_json().await?)?;
    let Some(old) = record.secret.take() else {
        return Err(OAuthError::invalid_request("the client has no secret").into());
    };
    let previous = renewal.overlap.map(|overlap| (old.current, context.now + overlap));
    let issued = Issued::for_client(&record.client, context)?;
    record.secret = issued.stored_secret(&record.client, previous, context).await?;
    let change = Change {
        registered_by,
        event: Event::ClientSecretRenewed,
        new_sector: false,
    };
    store(record, issued, &change, context).await
}

/// Stores new metadata, with the secret that it calls for.
async fn change(
    mut record: ClientRecord,
    mut metadata: ClientMetadata,
    registered_by: RegisteredBy,
    context: &Context,
) -> Result<Reply, MachineFailure> {
    registered_by.judge(&mut metadata, Some(&record), context)?;
    access::check_groups(&metadata, Some(&record.client.metadata), context).await?;
    access::check_roles(&metadata, &record, context).await?;
    sector_identifier::check(&metadata, Some(&record.client.metadata), registered_by, context).await?;
    let sector_of = |metadata: &ClientMetadata| sector(&record.client.client_id, metadata);
    let change = Change {
        registered_by,
        event: Event::ClientChanged,
        new_sector: sector_of(&record.client.metadata) != sector_of(&metadata),
    };
    record.client.metadata = metadata;
    let secret_change = record.client.secret_change(record.secret.as_ref());
    let issued = match secret_change {
        SecretChange::New => Issued::for_client(&record.client, context)?,
        _ => Issued::registration_access_token(context)?,
    };
    record.secret = match secret_change {
        SecretChange::New => issued.stored_secret(&record.client, None, context).await?,
        SecretChange::Kept => record.secret,
        SecretChange::KeptAsHash => record.secret.map(StoredSecret::hashed_only),
        SecretChange::Dropped => None,
    };
    for alg in record.client.needed_keys() {
        signer::ensure_published(alg, context).await?;
    }
    store(record, issued, &change, context).await
}

/// How a client is changed.
struct Change {
    registered_by: RegisteredBy,
    event: Event,
    /// Whether it comes to know people by another `sub`. What they allowed it, they allowed another one.
    new_sector: bool,
}

/// Stores the client under its next version, unless another request has done so: of parallel changes one happens,
/// whole, and the others are told.
async fn store(
    mut record: ClientRecord,
    issued: Issued,
    change: &Change,
    context: &Context,
) -> Result<Reply, MachineFailure> {
    let read = record.client.version;
    record.client.version = read + 1;
    // What the operator had a hand in is no longer what anybody could have registered.
    record.registered_openly &= change.registered_by == RegisteredBy::Anybody;
    // And it is theirs to remove. A client that changes itself gets its time anew.
    record.unused_since = (change.registered_by == RegisteredBy::Anybody).then_some(context.now);
    record.registration_token_hash = issued.registration_token_hash(context);
    let client_id = &record.client.client_id;
    let mut batch = Batch::default();
    if change.new_sector {
        batch.extend(clients::forget_people(client_id, read));
    }
    let stored = batch.add(clients::update(&record, read, context.now));
    batch.extend(change.registered_by.record(change.event, client_id, context));
    if !context.db.run(batch).await?.read(stored)? {
        let error = OAuthError::invalid_request("another request has changed the client; read it again");
        return Err(MachineFailure::status(409, error));
    }
    copy::keep(&record.client, context);
    Ok(Reply::json(
        200,
        &issued_credentials::describe(&record, Some(&issued), context),
    ))
}
