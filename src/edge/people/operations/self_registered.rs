//! Apps that registered themselves are approved, refused, and cleaned up.

use serde_json::{Value, json};

use crate::{
    admin::client_approval::{Unused, Verdicts},
    audit::{Actor, Entry, Event},
    db::{Batch, audit, client_approval},
    edge::{clients::copy, http::failure::MachineFailure, platform::context::Context},
    fault::Fault,
    oidc::error::OAuthError,
};

/// How far unused apps are counted.
pub const COUNTED: i64 = 10_000;

/// The most that one call deletes: with each goes what hangs on it.
const MOST_DELETED: i64 = 500;

/// What became of apps that were to be approved or refused.
#[derive(Default)]
pub struct Judged {
    pub approved: Vec<String>,
    pub refused: Vec<String>,
    /// Those that are not there, do not wait, have changed since they were seen, or were given scopes of the admin API.
    pub not_waiting: Vec<String>,
}

/// Approves apps, and deletes those that are refused. Each by itself: one that waits no more stands in nobody's way.
///
/// # Errors
/// A fault.
pub async fn judge(verdicts: &Verdicts, context: &Context) -> Result<Judged, Fault> {
    let mut batch = Batch::default();
    let mut asked = Vec::new();
    let approved = verdicts.approve.iter().map(|app| (&app.client_id, app.version, true));
    for (client_id, version, approves) in approved.chain(verdicts.refuse.iter().map(|id| (id, None, false))) {
        let (query, event, detail) = match approves {
            true => (
                client_approval::approve(client_id, version, context.now),
                Event::ClientChanged,
                json!({ "changed": ["disabled"], "approved": true }),
            ),
            false => (
                client_approval::refuse(client_id),
                Event::ClientDeleted,
                json!({ "refused": true }),
            ),
        };
        asked.push((client_id, approves, batch.add(query)));
        let entry = Entry::new(event, Actor::Operator).client(client_id).detail(detail);
        batch.push(audit::record_if_changed(&entry, context));
    }
    let rows = context.db.run(batch).await?;
    let mut judged = Judged::default();
    for (client_id, approves, done) in asked {
        let list = match (rows.read(done)?, approves) {
            (false, _) => &mut judged.not_waiting,
            (true, true) => &mut judged.approved,
            (true, false) => &mut judged.refused,
        };
        list.push(client_id.clone());
        copy::forget(client_id, context);
    }
    Ok(judged)
}

/// How many apps nobody uses.
///
/// # Errors
/// A fault.
pub async fn count(unused: Unused, context: &Context) -> Result<i64, Fault> {
    context
        .db
        .read(client_approval::count_unused(unused, context.now, COUNTED))
        .await
}

/// Deletes apps that nobody uses, some at a time, if there are no more than the operator was told. Says how many went, and how many are
/// left.
///
/// # Errors
/// 409 where there are more.
pub async fn clean_up(unused: Unused, most: i64, context: &Context) -> Result<(usize, i64), MachineFailure> {
    let found = count(unused, context).await?;
    if found > most {
        let why = format!("there are {found} such apps by now, more than the {most} of the request: count again");
        return Err(MachineFailure::status(409, OAuthError::invalid_request(why)));
    }
    let entry = Entry::new(Event::ClientDeleted, Actor::Operator);
    let mut detail = unused.describe();
    detail.insert("found".to_owned(), json!(found));
    let mut batch = Batch::default();
    let deleted = batch.add(client_approval::delete_unused(
        unused,
        context.now,
        most.min(MOST_DELETED),
    ));
    batch.push(audit::record_if_changed(&entry.detail(Value::Object(detail)), context));
    let left = batch.add(client_approval::count_unused(unused, context.now, COUNTED));
    let rows = context.db.run(batch).await?;
    let deleted = rows.read(deleted)?;
    for client_id in &deleted {
        copy::forget(client_id, context);
    }
    Ok((deleted.len(), rows.read(left)?))
}
