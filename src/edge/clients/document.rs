//! Clients that nobody registered: a document at the URL that is their `client_id` describes them
//! (draft-ietf-oauth-client-id-metadata-document section 4). What was read becomes a row of `clients`, with a version like any
//! other client's, so that codes and consents can hang on it; it is read anew when it is no longer fresh.

use super::{
    copy,
    outbound::{self, NoClient, Refusal, Wanted},
    sector_identifier,
};
use crate::{
    db::{
        Batch, clients,
        fetches::{Charge, SPAN},
    },
    edge::{
        keys::signer,
        platform::{apart::apart, context::Context},
    },
    oidc::{
        client::{
            Client,
            client_id_document::{self, ClientIdUrl, LONGEST},
            client_metadata::ClientMetadata,
            self_service::RegisteredBy,
        },
        params::Params,
    },
    time::{Lifetime, UnixTime},
};

/// The client of that name, registered or described by a document.
///
/// # Errors
/// As [`find`].
pub async fn find_any(client_id: &str, context: &Context) -> Result<Option<Client>, NoClient> {
    if client_id_document::is_url(client_id) {
        apart(find(client_id, context)).await.map(Some)
    } else {
        Ok(copy::find(client_id, context).await?)
    }
}

/// Whether a client of that name may be used here: what the operator allows may have changed since a page was shown to somebody.
///
/// # Errors
/// Where its document is not allowed, or not any more.
pub fn check_allowed(client_id: &str, context: &Context) -> Result<(), NoClient> {
    match client_id_document::is_url(client_id) {
        true => Ok(ClientIdUrl::parse(client_id, &context.config).map(|_| ())?),
        false => Ok(()),
    }
}

/// How long what a document said counts while it may not be asked for.
const KEPT_OVER: Lifetime = Lifetime::days(1);

/// The client whose `client_id` is a URL: from its copy, else from D1, else from its document. Where Limen is made to ask for too
/// much, a client that is known goes on as it was.
///
/// # Errors
/// When it is not allowed here, or its document cannot be had: "the authorization server SHOULD abort the authorization
/// request" (section 4).
pub async fn find(client_id: &str, context: &Context) -> Result<Client, NoClient> {
    let url = ClientIdUrl::parse(client_id, &context.config)?;
    let known = copy::find(client_id, context).await?;
    if let Some(client) = known.as_ref().filter(|client| client.is_document_fresh(context.now)) {
        return Ok(client.clone());
    }
    match read(&url, context).await {
        Err(NoClient::TooMany(wait)) => known
            .filter(|client| client.is_document_fresh(context.now - KEPT_OVER))
            .ok_or(NoClient::TooMany(wait)),
        outcome => outcome,
    }
}

/// Reads the document of the client that sends `params`, where it may be its first request: what else it needs is in D1 then.
///
/// # Errors
/// As [`find`].
pub async fn make_known(params: &Params, context: &Context) -> Result<(), NoClient> {
    match params.single("client_id")? {
        Some(client_id) if client_id_document::is_url(client_id) => find(client_id, context).await.map(|_| ()),
        _ => Ok(()),
    }
}

/// Reads the document of a client once more, after the answer, where it is no longer fresh.
pub fn refresh_later(client: &Client, context: &Context) {
    if !client.is_described_by_document() || client.is_document_fresh(context.now) {
        return;
    }
    let client_id = client.client_id.clone();
    context.after_answer(async move |later| {
        let Ok(url) = ClientIdUrl::parse(&client_id, &later.config) else {
            return Ok(());
        };
        match read(&url, later).await {
            Err(NoClient::Fault(fault)) => Err(fault),
            // That a document is away for a while harms nobody who was let in before.
            _ => Ok(()),
        }
    });
}

/// Fetches the document, and stores what it says.
async fn read(url: &ClientIdUrl, context: &Context) -> Result<Client, NoClient> {
    let (metadata, fresh) = fetch_metadata(url, context).await?;
    let client = Client {
        client_id: url.as_str().to_owned(),
        version: first_version(context.now),
        issued_at: context.now,
        metadata,
        document_fresh_until: Some(context.now + fresh),
    };
    // Its keys are published before it can ask for a token.
    for alg in client.needed_keys() {
        signer::ensure_published(alg, context).await?;
    }
    let mut batch = Batch::default();
    batch.extend(clients::forget_people_of_described(&client));
    let put = batch.add(clients::put_described(&client, context.now));
    let record = context.db.run(batch).await?.read(put)?;
    let record = record.ok_or_else(|| client_id_document::unusable("is that of a registered client"))?;
    copy::keep(&record.client, context);
    Ok(record.client)
}

/// The version of a client that D1 does not know. It may be one that was deleted, of which KV or an isolate still has a copy: that
/// must not pass for this one, so it has had no such version.
fn first_version(now: UnixTime) -> i64 {
    now.seconds()
}

async fn fetch_metadata(url: &ClientIdUrl, context: &Context) -> Result<(ClientMetadata, Lifetime), NoClient> {
    let wanted = Wanted {
        url: url.document(),
        accept: "application/json",
        longest: LONGEST,
    };
    let charge = Charge {
        owner: Some(url.as_str().to_owned()),
        ..outbound::charge_anybody(outbound::documents_of_network(context), url.document(), context)
    };
    let told = outbound::ask_or_recall(&wanted, Some(&charge), context).await;
    let told = told.map_err(|refusal| match refusal {
        Refusal::TooMany(wait) => NoClient::TooMany(wait),
        Refusal::Fault(fault) => NoClient::Fault(fault),
        Refusal::NotFetched(failure) => client_id_document::unusable(failure.why()).into(),
    })?;
    let read = match &told.answer {
        Ok(fetched) => url
            .read(&fetched.body, &fetched.content_type, &context.config)
            .map(|metadata| (metadata, fetched.max_age)),
        Err(failure) => Err(client_id_document::unusable(failure.why())),
    };
    let (metadata, max_age) = read.map_err(|error| match told.is_old {
        // "The authorization server MUST NOT cache error responses. The authorization server also MUST NOT cache documents
        // which are invalid or malformed" (section 4.4).
        true => NoClient::TooSoon(SPAN),
        false => error.into(),
    })?;
    sector_identifier::check(&metadata, None, RegisteredBy::Anybody, context).await?;
    Ok((metadata, client_id_document::fresh_for(max_age)))
}
