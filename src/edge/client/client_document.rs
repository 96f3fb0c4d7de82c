//! Clients that nobody registered: a document at the URL that is their `client_id` describes them
//! (draft-ietf-oauth-client-id-metadata-document section 4). What was read becomes a row of `clients`, with a version like any
//! other client's, so that codes and consents can hang on it; it is read anew when it is no longer fresh.

use super::{client_copy, sector_identifier};
use crate::{
    account::throttle,
    edge::{
        context::Context,
        db::{clients, throttles},
        fault::Fault,
        keys,
        platform::{fetch, log},
    },
    oidc::{
        client::{
            Client,
            client_id_document::{self, ClientIdUrl, LONGEST},
            client_metadata::{ClientMetadata, Supported},
        },
        error::OAuthError,
        params::Params,
    },
    secret::Purpose,
    time::{Lifetime, UnixTime},
};

/// Why there is no such client.
pub enum NoClient {
    /// Its document is not to be had, or not right. The developer of the client is told.
    Document(OAuthError),
    /// Somebody makes Limen fetch documents all the time.
    TooMany(Lifetime),
    Fault(Fault),
}

impl From<OAuthError> for NoClient {
    fn from(error: OAuthError) -> Self {
        Self::Document(error)
    }
}

impl From<Fault> for NoClient {
    fn from(fault: Fault) -> Self {
        Self::Fault(fault)
    }
}

/// The client of that name, registered or described by a document.
///
/// # Errors
/// As [`find`].
pub async fn find_any(client_id: &str, context: &Context) -> Result<Option<Client>, NoClient> {
    if client_id_document::is_url(client_id) {
        find(client_id, context).await.map(Some)
    } else {
        Ok(client_copy::find(client_id, context).await?)
    }
}

/// The client whose `client_id` is a URL: from its copy, else from D1, else from its document.
///
/// # Errors
/// When it is not allowed here, or its document cannot be had: "the authorization server SHOULD abort the authorization
/// request" (section 4).
pub async fn find(client_id: &str, context: &Context) -> Result<Client, NoClient> {
    let url = ClientIdUrl::parse(client_id, &context.config)?;
    let known = client_copy::find(client_id, context).await?;
    match known.filter(|client| is_fresh(client, context.now)) {
        Some(client) => Ok(client),
        None => read(&url, context).await,
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
pub fn refresh_later(client: &Client, context: &Context) -> Result<(), Fault> {
    if !client.is_described_by_document() || is_fresh(client, context.now) {
        return Ok(());
    }
    let (client_id, later) = (client.client_id.clone(), context.for_later()?);
    context.background.spawn(async move {
        let Ok(url) = ClientIdUrl::parse(&client_id, &later.config) else {
            return;
        };
        // That a document is away for a while harms nobody who was let in before.
        if let Err(NoClient::Fault(fault)) = read(&url, &later).await {
            log::fault(&later.request_id, &fault);
        }
    });
    Ok(())
}

fn is_fresh(client: &Client, now: UnixTime) -> bool {
    client.document_fresh_until.is_some_and(|until| now < until)
}

/// Fetches the document, and stores what it says.
async fn read(url: &ClientIdUrl, context: &Context) -> Result<Client, NoClient> {
    count(context).await?;
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
        keys::ensure_published(alg, context).await?;
    }
    let [consents, sessions, notices] = clients::forget_people_of_described(&client);
    let put = clients::put_described(&client, context.now);
    let [.., rows] = context.db.batch([consents, sessions, notices, put]).await?;
    let record = clients::read(&rows)?.ok_or_else(|| client_id_document::unusable("is that of a registered client"))?;
    client_copy::keep(&record.client, context)?;
    Ok(record.client)
}

/// The version of a client that D1 does not know. It may be one that was deleted, of which KV or an isolate still has a copy: that
/// must not pass for this one, so it has had no such version.
fn first_version(now: UnixTime) -> i64 {
    now.seconds()
}

async fn fetch_metadata(url: &ClientIdUrl, context: &Context) -> Result<(ClientMetadata, Lifetime), OAuthError> {
    let fetched = fetch::get(url.document(), "application/json", LONGEST).await;
    let fetched = fetched.map_err(|failure| client_id_document::unusable(failure.why()))?;
    let supported = Supported::of(&context.config);
    let metadata = url.read(&fetched.body, &fetched.content_type, &supported)?;
    sector_identifier::check(&metadata, None, context).await?;
    Ok((metadata, client_id_document::fresh_for(fetched.max_age)))
}

/// Counts a fetch of what a stranger named against the network that it was asked from: nobody shall use Limen to knock at
/// others' doors.
///
/// # Errors
/// When there were too many.
pub async fn count(context: &Context) -> Result<(), NoClient> {
    let key = context.config.roots.current(Purpose::Throttle);
    let counter = throttle::of_documents(&key, context.network.as_deref().unwrap_or_default());
    let counted = context.db.run(throttles::count_address(&counter, context.now)).await?;
    match throttles::read_wait(&counted, &counter, context.now)? {
        Some(wait) => Err(NoClient::TooMany(wait)),
        None => Ok(()),
    }
}
