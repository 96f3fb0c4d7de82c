//! The audit, to be kept elsewhere.

use serde_json::json;

use crate::{admin::audit_filter::Export, db::audit_log, edge::platform::context::Context, fault::Fault};

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
