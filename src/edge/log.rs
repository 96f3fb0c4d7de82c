//! Log lines: JSON, with a request id, and without tokens, codes, passwords or headers.

use serde_json::json;

use super::fault::Fault;

/// A failure of ours.
pub fn fault(request_id: &str, fault: &Fault) {
    let line = json!({ "level": "error", "event": "fault", "request_id": request_id, "fault": fault.to_string() });
    worker::console_error!("{line}");
}

/// What the periodic run did.
pub fn cron(outcome: &str) {
    let line = json!({ "level": "info", "event": "cron", "outcome": outcome });
    worker::console_log!("{line}");
}
