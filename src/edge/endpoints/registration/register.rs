//! `/register` (OIDC Registration 1.0 section 3, RFC 7591 section 3).

use super::access;
use crate::{
    audit::Event,
    db::{
        Batch,
        clients::{self, ClientRecord},
    },
    edge::{
        clients::{
            issued_credentials::{self, Issued},
            sector_identifier,
        },
        http::{failure::MachineFailure, request::Incoming},
        keys::signer,
        platform::{context::Context, random},
    },
    oidc::client::{Client, registration, self_service::RegisteredBy, terms::Terms},
    reply::Reply,
};

/// `POST /register`.
pub async fn register(request: &mut Incoming, context: &Context) -> Result<Reply, MachineFailure> {
    let registered_by = RegisteredBy::of(request, context).await?;
    let mut metadata = registration::parse(&request.json().await?, &Terms::of(&context.config, registered_by, None))?;
    registered_by.judge(&mut metadata, None, context)?;
    access::check_groups(&metadata, None, context).await?;
    sector_identifier::check(&metadata, None, registered_by, context).await?;
    let client = Client {
        client_id: random::id()?,
        version: 1,
        issued_at: context.now,
        metadata,
        document_fresh_until: None,
    };
    let issued = Issued::for_client(&client, context)?;
    let record = ClientRecord {
        secret: issued.stored_secret(&client, None, context).await?,
        registration_token_hash: issued.registration_token_hash(context),
        registered_openly: registered_by == RegisteredBy::Anybody,
        unused_since: (registered_by == RegisteredBy::Anybody).then_some(context.now),
        last_used_at: None,
        client,
    };
    // Its keys are published before it can ask for a token.
    for alg in record.client.needed_keys() {
        signer::ensure_published(alg, context).await?;
    }
    let mut batch = Batch::default();
    batch.push(clients::insert(&record));
    batch.extend(registered_by.record(Event::ClientRegistered, &record.client.client_id, context));
    context.db.run(batch).await?;
    Ok(Reply::json(
        201,
        &issued_credentials::describe(&record, Some(&issued), context),
    ))
}
