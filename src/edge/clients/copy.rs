//! Copies of clients: in the isolate for seconds, in KV for an hour. What was decided from one is checked against the client's
//! version in D1 before it counts.

use crate::{
    db::clients, edge::platform::context::Context, fault::Fault, memory::ShortMemory, oidc::client::Client,
    time::Lifetime,
};

/// How long KV keeps a copy.
const KEPT: Lifetime = Lifetime::hours(1);

/// How long an isolate keeps one.
const IN_ISOLATE: Lifetime = Lifetime(30);

/// The most copies in an isolate.
const MOST_IN_ISOLATE: usize = 100;

thread_local! {
    static MEMORY: ShortMemory<Client> = ShortMemory::new(MOST_IN_ISOLATE, IN_ISOLATE);
}

fn name(client_id: &str) -> String {
    format!("client/{client_id}")
}

/// The client, from its copy if there is one, else from D1.
pub async fn find(client_id: &str, context: &Context) -> Result<Option<Client>, Fault> {
    // D1 may know already that a document was read anew.
    let is_current = |copy: &Client| !copy.is_described_by_document() || copy.is_document_fresh(context.now);
    if let Some(copy) = MEMORY
        .with(|memory| memory.get(client_id, context.now))
        .filter(is_current)
    {
        return Ok(Some(copy));
    }
    let copy: Option<Client> = context.kv.get(&name(client_id), &context.config.roots).await;
    if let Some(copy) = copy.filter(|copy| copy.client_id == client_id && is_current(copy)) {
        remember(&copy, context);
        return Ok(Some(copy));
    }
    let record = context.db.read(clients::find(client_id)).await?;
    let client = record.map(|record| record.client);
    if let Some(client) = &client {
        keep(client, context);
    }
    Ok(client)
}

/// Keeps a copy, after the answer.
pub fn keep(client: &Client, context: &Context) {
    remember(client, context);
    let client = client.clone();
    context.after_answer(async move |later| {
        let name = name(&client.client_id);
        later.kv.put(&name, &client, &later.config.roots, KEPT).await
    });
}

/// Drops the copy of a client that is gone, after the answer.
pub fn forget(client_id: &str, context: &Context) {
    MEMORY.with(|memory| memory.forget(client_id));
    let name = name(client_id);
    context.after_answer(async move |later| later.kv.delete(&name).await);
}

fn remember(client: &Client, context: &Context) {
    MEMORY.with(|memory| memory.put(&client.client_id, client.clone(), context.now));
}
