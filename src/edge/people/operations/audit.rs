//! The audit, a page at a time, and to be kept elsewhere.

use serde_json::json;

use crate::{
    admin::{
        audit_filter::{AuditFilter, Export},
        paging::Page,
    },
    db::{
        Batch,
        audit_log::{self, Recorded},
    },
    edge::platform::context::Context,
    fault::Fault,
};

/// The events of a page, the newest first, and behind which the next page begins.
///
/// # Errors
/// A fault.
pub async fn page(
    filter: &AuditFilter<'_>,
    page: &Page<'_>,
    context: &Context,
) -> Result<(Vec<Recorded>, Option<i64>), Fault> {
    let mut batch = Batch::default();
    let events = batch.add(audit_log::list(filter, page.limit));
    let end = batch.add(audit_log::find_end(filter));
    let rows = context.db.run(batch).await?;
    let events = rows.read(events)?;
    let next = match page.next(&events) {
        Some(last) => Some(last.id),
        None => rows.read(end)?,
    };
    Ok((events, next))
}

/// A line of JSON an event, the oldest first.
///
/// # Errors
/// A fault.
pub async fn lines(export: &Export, context: &Context) -> Result<String, Fault> {
    let mut lines = String::new();
    for event in context.db.read(audit_log::export(export)).await? {
        lines.push_str(&json!(event).to_string());
        lines.push('\n');
    }
    Ok(lines)
}
