//! `/admin/api/audit`: what happened, for operators.

use serde_json::json;

use crate::{
    admin::{audit_filter::AuditFilter, paging},
    db::{Batch, audit},
    edge::{
        http::{failure::MachineFailure, request::Incoming},
        people::operator,
        platform::context::Context,
    },
    reply::Reply,
};

/// `GET /admin/api/audit?user=&client=&event=&since=&until=&before=&limit=`, the newest first.
pub async fn list(request: &mut Incoming, context: &Context) -> Result<Reply, MachineFailure> {
    operator::require(request, context)?;
    let params = request.query_params()?;
    let (filter, limit) = (AuditFilter::parse(&params)?, paging::limit(&params)?);
    let mut batch = Batch::default();
    let events = batch.add(audit::list(&filter, limit));
    let end = batch.add(audit::find_end(&filter));
    let rows = context.db.run(batch).await?;
    let events = rows.read(events)?;
    let next = match paging::next(&events, limit) {
        Some(last) => Some(last.id),
        None => rows.read(end)?,
    };
    Ok(Reply::json(200, &json!({ "events": events, "next": next })))
}
