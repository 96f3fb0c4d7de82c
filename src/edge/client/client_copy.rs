//! Copies of clients in KV. What was decided from one is checked against the client's version in D1 before it counts.

use crate::{
    edge::{context::Context, db::clients, fault::Fault, platform::log},
    oidc::client::Client,
    time::Lifetime,
};

/// How long a copy is kept.
const KEPT: Lifetime = Lifetime::hours(1);

fn name(client_id: &str) -> String {
    format!("client/{client_id}")
}

/// The client, from its copy if there is one, else from D1.
pub async fn find(client_id: &str, context: &Context) -> Result<Option<Client>, Fault> {
    let copy: Option<Client> = context.kv.get(&name(client_id), &context.config.roots).await;
    // D1 may know already that a document was read anew.
    let is_current = |copy: &Client| copy.document_fresh_until.is_none_or(|until| context.now < until);
    if let Some(copy) = copy.filter(|copy| copy.client_id == client_id && is_current(copy)) {
        return Ok(Some(copy));
    }
    let rows = context.db.run(clients::find(client_id)).await?;
    let client = clients::read(&rows)?.map(|record| record.client);
    if let Some(client) = &client {
        keep(client, context)?;
    }
    Ok(client)
}

/// Keeps a copy, after the answer.
pub fn keep(client: &Client, context: &Context) -> Result<(), Fault> {
    let (client, later) = (client.clone(), context.for_later()?);
    context.background.spawn(async move {
        let put = later
            .kv
            .put(&name(&client.client_id), &client, &later.config.roots, KEPT)
            .await;
        if let Err(fault) = put {
            log::fault(&later.request_id, &fault);
        }
    });
    Ok(())
}

/// Drops the copy of a client that is gone, after the answer.
pub fn forget(client_id: &str, context: &Context) -> Result<(), Fault> {
    let (name, later) = (name(client_id), context.for_later()?);
    context.background.spawn(async move {
        if let Err(fault) = later.kv.delete(&name).await {
            log::fault(&later.request_id, &fault);
        }
    });
    Ok(())
}
