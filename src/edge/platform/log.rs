//! Log lines: JSON, with level, event and request id, and without tokens, codes, passwords, headers, cookies or queries; but for
//! mails in development. What may be logged is what these functions take: a [`Fault`], whose operation is a constant and whose cause is a message of the
//! platform, and texts that are written in the source.

use serde_json::{Value, json};

use crate::fault::Fault;

/// A failure of ours.
pub fn fault(request_id: &str, fault: &Fault) {
    let line = json!({ "level": "error", "event": "fault", "request_id": request_id, "fault": fault.to_string() });
    worker::console_error!("{line}");
}

/// A request that no answer could be made for: the platform refused what it was given.
pub fn unanswered(error: &worker::Error) {
    let line =
        json!({ "level": "error", "event": "unanswered", "request_id": Value::Null, "fault": error.to_string() });
    worker::console_error!("{line}");
}

/// What became of the notice of a logout that a client did not take.
pub fn logout_notice(request_id: &str, (client_id, attempts): (&str, i64), outcome: &str) {
    let line = json!({
        "level": "warn", "event": "logout_notice", "request_id": request_id, "client_id": client_id,
        "attempts": attempts, "outcome": outcome,
    });
    worker::console_log!("{line}");
}

/// An app that could not be told of an answer (CIBA).
pub fn app_not_told(request_id: &str, (client_id, attempts): (&str, i64), outcome: &str) {
    let line = json!({
        "level": "warn", "event": "app_not_told", "request_id": request_id, "client_id": client_id,
        "attempts": attempts, "outcome": outcome,
    });
    worker::console_log!("{line}");
}

/// A webhook that did not take an event. What it answered is for operators alone.
pub fn webhook_failed(request_id: &str, (webhook_id, failures): (&str, i64)) {
    let line = json!({
        "level": "warn", "event": "webhook_failed", "request_id": request_id, "webhook_id": webhook_id, "failures": failures,
    });
    worker::console_log!("{line}");
}

/// A mail that was not taken away. What was answered may name its address, so the outbox alone has that.
pub fn mail_not_taken(request_id: &str, kind: &'static str, attempts: i64, outcome: &'static str) {
    let line = json!({
        "level": "warn", "event": "mail_not_taken", "request_id": request_id, "kind": kind, "attempts": attempts,
        "outcome": outcome,
    });
    worker::console_log!("{line}");
}

/// A mail, in development, where nothing takes it away: the one line that has what it should not have elsewhere.
pub fn mail(request_id: &str, to: &str, subject: &str, text: &str) {
    let line = json!({
        "level": "info", "event": "mail", "request_id": request_id, "to": to, "subject": subject, "text": text,
    });
    worker::console_log!("{line}");
}

/// What is wrong with the deployment, once an isolate.
pub fn deployment(warning: &str) {
    let line = json!({ "level": "warn", "event": "deployment", "request_id": Value::Null, "problem": warning });
    worker::console_log!("{line}");
}

/// A request that a developer has to fix. `detail` has what they sent of what is no secret.
pub fn refused(request_id: &str, event: &str, detail: &Value) {
    let line = json!({ "level": "warn", "event": event, "request_id": request_id, "detail": detail });
    worker::console_log!("{line}");
}

/// What the periodic run did.
pub fn cron(request_id: &str, outcome: &'static str) {
    let line = json!({ "level": "info", "event": "cron", "request_id": request_id, "outcome": outcome });
    worker::console_log!("{line}");
}

/// Why Limen does not serve: names of settings, never their values. There is no request id, for nothing was begun.
pub fn unconfigured(problem: &str) {
    let line = json!({ "level": "error", "event": "unconfigured", "request_id": Value::Null, "problem": problem });
    worker::console_error!("{line}");
}
