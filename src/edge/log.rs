//! Log lines: JSON, with a request id, and without tokens, codes, passwords or headers.

use serde_json::json;

use super::fault::Fault;

/// A failure of ours.
pub fn fault(request_id: &str, fault: &Fault) {
    let line = json!({ "level": "error", "event": "fault", "request_id": request_id, "fault": fault.to_string() });
    worker::console_error!("{line}");
}

/// What became of the notice of a logout that a client did not take.
pub fn logout_notice(client_id: &str, attempts: i64, outcome: &str) {
    let line = json!({
        "level": "warn", "event": "logout_notice", "client_id": client_id, "attempts": attempts, "outcome": outcome,
    });
    worker::console_log!("{line}");
}

/// What the periodic run did.
pub fn cron(outcome: &str) {
    let line = json!({ "level": "info", "event": "cron", "outcome": outcome });
    worker::console_log!("{line}");
}
