//! `/admin/api/clients`: apps, for operators. One by one they are read and changed at `/register/{client_id}`.

use serde_json::{Value, json};

use crate::{
    admin::{
        client_approval::{Unused, Verdicts},
        client_filter::ClientFilter,
        paging,
    },
    db::client_list::Listed,
    edge::{
        http::{failure::MachineFailure, request::Incoming},
        people::operations::{self, self_registered},
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

/// `POST /admin/api/clients/approval`: approves apps that registered themselves and wait, and deletes those that are refused.
pub async fn judge(request: &mut Incoming, context: &Context) -> Result<Reply, MachineFailure> {
    let verdicts = Verdicts::parse(&request.json().await?)?;
    let judged = self_registered::judge(&verdicts, context).await?;
    let told = json!({ "approved": judged.approved, "refused": judged.refused, "not_waiting": judged.not_waiting });
    Ok(Reply::json(200, &told))
}

/// `GET /admin/api/clients/unused?unused=&days=&registered_by=`: how many apps nobody uses.
pub async fn count_unused(request: &mut Incoming, context: &Context) -> Result<Reply, MachineFailure> {
    let unused = Unused::parse(&request.query_params()?)?;
    let mut told = unused.describe();
    told.insert(
        "count".to_owned(),
        self_registered::count(unused, context).await?.into(),
    );
    Ok(Reply::json(200, &told))
}

/// `POST /admin/api/clients/unused`: deletes them, some at a time, if there are no more than were counted.
pub async fn clean_up(request: &mut Incoming, context: &Context) -> Result<Reply, MachineFailure> {
    let (unused, most) = Unused::of_body(&request.json().await?)?;
    let (deleted, left) = self_registered::clean_up(unused, most, context).await?;
    Ok(Reply::json(200, &json!({ "deleted": deleted, "left": left })))
}

fn describe(client: &Listed) -> Value {
    json!({
        "client_id": client.client_id,
        "version": client.version,
        "client_name": app_name(&client.client_id, &client.metadata, Language::En),
        "application_type": client.metadata.application_type,
        "grant_types": client.metadata.grant_types,
        "token_endpoint_auth_method": client.metadata.token_endpoint_auth_method,
        "registered_by": client.registered_by.as_str(),
        "disabled": client.metadata.rules.disabled,
        "waiting": client.metadata.waits,
        "client_id_issued_at": client.issued_at,
        "updated_at": client.updated_at,
    })
}
