//! `/admin/api/audit`: what happened, for operators.

use serde_json::json;

use crate::{
    admin::{
        audit_filter::{AuditFilter, Export},
        paging,
    },
    edge::{
        http::{failure::MachineFailure, request::Incoming},
        people::operations,
        platform::context::Context,
    },
    reply::{Body, Reply},
};

/// `GET /admin/api/audit?user=&client=&event=&since=&until=&after=&limit=`, the newest first.
pub async fn list(request: &mut Incoming, context: &Context) -> Result<Reply, MachineFailure> {
    let params = request.query_params()?;
    let (filter, page) = AuditFilter::parse(&params)?;
    let (events, next) = operations::audit::page(&filter, &page, context).await?;
    let described = events.iter().map(|event| json!(event)).collect();
    let listed = paging::list("events", described, next.map(|id| id.to_string()));
    Ok(Reply::json(200, &listed))
}

/// `GET /admin/api/audit/export?since=&after=`: a line of JSON an event, the oldest first, from the event behind `after` on.
pub async fn export(request: &mut Incoming, context: &Context) -> Result<Reply, MachineFailure> {
    let export = Export::parse(&request.query_params()?)?;
    let lines = operations::audit::lines(&export, context).await?;
    Ok(Reply::new(200, Body::JsonLines(lines)))
}
