//! `/admin/api/clients`: apps, for operators. One by one they are read and changed at `/register/{client_id}`.

use serde_json::{Value, json};

use crate::{
    admin::{client_filter::ClientFilter, paging},
    db::{
        Batch,
        client_list::{self, Listed},
    },
    edge::{
        http::{failure::MachineFailure, request::Incoming},
        platform::context::Context,
    },
    pages::{Language, app_name},
    reply::Reply,
};

/// `GET /admin/api/clients`: apps, filtered ([`ClientFilter`]).
pub async fn list(request: &mut Incoming, context: &Context) -> Result<Reply, MachineFailure> {
    let params = request.query_params()?;
    let (filter, page) = ClientFilter::parse(&params)?;
    let mut batch = Batch::default();
    let clients = batch.add(client_list::list(&filter, page.limit));
    let end = batch.add(client_list::find_end(&filter));
    let rows = context.db.run(batch).await?;
    let clients = rows.read(clients)?;
    let next = match page.next(&clients) {
        Some(last) => Some(last.client_id.clone()),
        None => rows.read(end)?,
    };
    let described = clients.iter().map(describe).collect();
    Ok(Reply::json(200, &paging::list("clients", described, next)))
}

fn describe(client: &Listed) -> Value {
    json!({
        "client_id": client.client_id,
        "client_name": app_name(&client.client_id, &client.metadata, Language::En),
        "application_type": client.metadata.application_type,
        "grant_types": client.metadata.grant_types,
        "token_endpoint_auth_method": client.metadata.token_endpoint_auth_method,
        "registered_by": client.registered_by.as_str(),
        "disabled": client.metadata.rules.disabled,
        "client_id_issued_at": client.issued_at,
        "updated_at": client.updated_at,
    })
}
