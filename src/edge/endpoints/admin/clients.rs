//! `/admin/api/clients`: apps, for operators. One by one they are read and changed at `/register/{client_id}`.

use serde_json::{Value, json};

use crate::{
    admin::{client_filter::ClientFilter, paging},
    db::client_list::Listed,
    edge::{
        http::{failure::MachineFailure, request::Incoming},
        people::operations,
        platform::context::Context,
    },
    pages::{Language, app_name},
    reply::Reply,
};

/// `GET /admin/api/clients`: apps, filtered ([`ClientFilter`]).
pub async fn list(request: &mut Incoming, context: &Context) -> Result<Reply, MachineFailure> {
    let params = request.query_params()?;
    let (filter, page) = ClientFilter::parse(&params)?;
    let (clients, next) = operations::clients::page(&filter, &page, context).await?;
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
