//! `webhooks`: where events of the audit are sent. Each walks along the audit, and one run at a time takes it on.

use serde::Deserialize;

use super::{Query, Rows, Statement, from_json, to_json};
use crate::{
    account::group::Label,
    admin::{
        webhook::{self, Format, SecretInForce, WantedWebhook, Webhook},
        webhook_delivery::Standing,
    },
    fault::Fault,
    secret::KekVersion,
    time::{Lifetime, UnixTime},
    web::retry,
};

/// How long a run has a webhook for itself: longer than it goes on with one before it says how far it came.
const LEASE: Lifetime = Lifetime::minutes(1);

/// How often a webhook is tested.
pub const TESTED_EVERY: Lifetime = Lifetime(10);

/// The formats that this version can send in.
const FORMATS: &str = "('events', 'set')";

/// Holds for one of an app that is disabled.
const OF_DISABLED: &str =
    "EXISTS (SELECT 1 FROM clients c WHERE c.id = webhooks.client_id AND json_extract(c.metadata, '$.disabled') = 1)";

const COLUMNS: &str = "id, name, url, format, client_id, events, enabled, generation, root, previous_root, previous_until, position, failures, refusals, failing_since,
    problem, given_up_at, due_at, passed_over, delivered_at, created_at, updated_at";

/// A new webhook, that is sent what happens from now on. It says no where there are as many as there may be, one of its id is there, or its app
/// is gone.
pub fn insert(webhook: &Webhook) -> Query<bool> {
    Statement::new(format!(
        "INSERT INTO webhooks (id, name, url, format, client_id, events, enabled, generation, root, previous_root, previous_until, position, due_at,
                               failures, passed_over, created_at, updated_at)
         SELECT ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, (SELECT COALESCE(MAX(id), 0) FROM audit), ?, 0, 0, ?, ?
         WHERE (SELECT COUNT(*) FROM webhooks) < {} AND (? IS NULL OR EXISTS (SELECT 1 FROM clients WHERE clients.id = ?))
         ON CONFLICT DO NOTHING RETURNING id",
        webhook::MOST
    ))
    .bind(&webhook.id)
    .bind(webhook.name.as_str())
    .bind(&webhook.url)
    .bind(webhook.format.as_str())
    .bind(webhook.client_id.as_ref())
    .bind(webhook.events.as_ref().map(to_json).as_ref())
    .bind(webhook.enabled)
    .bind(webhook.secret.generation)
    .bind(webhook.secret.root)
    .bind(webhook.secret.previous.map(|(root, _)| root))
    .bind(webhook.secret.previous.map(|(_, until)| until))
    .bind(webhook.enabled.then_some(0_i64))
    .bind(webhook.created_at)
    .bind(webhook.updated_at)
    .bind(webhook.client_id.as_ref())
    .bind(webhook.client_id.as_ref())
    .any()
}

/// At most `limit` webhooks in the order of their ids, from the one behind `after` on.
pub fn list(after: &str, limit: i64) -> Query<Vec<Webhook>> {
    Statement::new(format!(
        "SELECT {COLUMNS} FROM webhooks WHERE id > ? ORDER BY id LIMIT ?"
    ))
    .bind(after)
    .bind(limit)
    .read_by(read_all)
}

/// The webhook of that id.
pub fn find(id: &str) -> Query<Option<Webhook>> {
    Statement::new(format!("SELECT {COLUMNS} FROM webhooks WHERE id = ?"))
        .bind(id)
        .read_by(read_first)
}

/// Changes what is wanted, if it is as it was seen, and gives what there is then. Another address, or whether it is on, begins anew with its failures,
/// and what a run under way finds then counts no more.
pub fn change(id: &str, wanted: &WantedWebhook, now: UnixTime) -> Query<Option<Webhook>> {
    let begins_anew = wanted.url.is_some() || wanted.enabled.is_some();
    let is_sent_otherwise = begins_anew || wanted.events.is_some();
    Statement::new(format!(
        "UPDATE webhooks SET name = COALESCE(?, name), url = COALESCE(?, url), events = IIF(?, ?, events), updated_at = ?,
             enabled = COALESCE(?, enabled), due_at = IIF(?, IIF(COALESCE(?, enabled), 0, NULL), due_at),
             failures = IIF(?, 0, failures), failing_since = IIF(?, NULL, failing_since), given_up_at = IIF(?, NULL, given_up_at),
             problem = IIF(?, NULL, problem), lease = IIF(?, NULL, lease), refusals = IIF(?, 0, refusals)
         WHERE id = ? AND (? IS NULL OR updated_at = ?) RETURNING {COLUMNS}"
    ))
    .bind(wanted.name.as_ref().map(Label::as_str))
    .bind(wanted.url.as_ref().map(|url| url.as_str()))
    .bind(wanted.events.is_some())
    .bind(wanted.events.as_ref().and_then(Option::as_ref).map(to_json).as_ref())
    .bind(now)
    .bind(wanted.enabled)
    .bind(begins_anew)
    .bind(wanted.enabled)
    .bind(begins_anew)
    .bind(begins_anew)
    .bind(begins_anew)
    .bind(begins_anew)
    .bind(is_sent_otherwise)
    .bind(is_sent_otherwise)
    .bind(id)
    .bind(wanted.as_of)
    .bind(wanted.as_of)
    .read_by(read_first)
}

/// Gives a webhook another secret, if it is still the one that was read, and the one before that signs no more; that one signs until
/// then, too. One that `replaces` those of before ends both.
pub fn renew_secret(
    read: &Webhook,
    replaces: bool,
    (root, until): (KekVersion, UnixTime),
    now: UnixTime,
) -> Query<Option<Webhook>> {
    Statement::new(format!(
        "UPDATE webhooks SET previous_root = root, previous_until = ?, root = ?, generation = generation + 1, updated_at = ?
         WHERE id = ? AND generation = ? AND (? OR COALESCE(previous_until <= ?, TRUE)) RETURNING {COLUMNS}"
    ))
    .bind(until)
    .bind(root)
    .bind(now)
    .bind(&read.id)
    .bind(read.secret.generation)
    .bind(replaces)
    .bind(now)
    .read_by(read_first)
}

/// Notes that a webhook is tested, and gives it; nothing where it was tested just now.
pub fn mark_tested(id: &str, now: UnixTime) -> Query<Option<Webhook>> {
    Statement::new(format!(
        "UPDATE webhooks SET tested_at = ? WHERE id = ? AND COALESCE(tested_at <= ? OR tested_at > ?, TRUE) RETURNING {COLUMNS}"
    ))
    .bind(now)
    .bind(id)
    .bind(now - TESTED_EVERY)
    .bind(now)
    .read_by(read_first)
}

/// Deletes a webhook. What it was not sent yet, it is not sent any more.
pub fn delete(id: &str) -> Query<bool> {
    Statement::new("DELETE FROM webhooks WHERE id = ? RETURNING id")
        .bind(id)
        .any()
}

/// Takes those that may be sent to and have not seen all of the audit, for this run alone; an app that is disabled is told nothing. A lease that is over was of a run that died;
/// one that lies further ahead than any wait was taken by a clock that has gone back since.
pub fn take(lease: &str, now: UnixTime) -> Query<Vec<Webhook>> {
    Statement::new(format!(
        "UPDATE webhooks SET lease = ?, due_at = ?
         WHERE (due_at <= ? OR due_at > ?) AND format IN {FORMATS} AND position < (SELECT MAX(id) FROM audit)
             AND NOT {OF_DISABLED}
         RETURNING {COLUMNS}"
    ))
    .bind(lease)
    .bind(now + LEASE)
    .bind(now)
    .bind(now + retry::LONGEST_WAIT + LEASE)
    .read_by(read_all)
}

/// Writes down how far the run came that took a webhook, if it still has it. One that was switched off in the
/// meantime stays off.
pub fn finish(id: &str, standing: &Standing, lease: &str) -> Statement {
    Statement::new(
        "UPDATE webhooks SET position = ?, lease = NULL, due_at = IIF(due_at IS NULL, NULL, ?), failures = ?, refusals = ?, failing_since = ?,
             given_up_at = ?, problem = ?, passed_over = passed_over + ?, delivered_at = COALESCE(?, delivered_at)
         WHERE id = ? AND lease = ?",
    )
    .bind(standing.position)
    .bind(standing.due_at)
    .bind(standing.failures)
    .bind(standing.refusals)
    .bind(standing.failing_since)
    .bind(standing.given_up_at)
    .bind(standing.problem.as_ref())
    .bind(standing.passed_over)
    .bind(standing.delivered_at)
    .bind(id)
    .bind(lease)
}

/// Writes down what a run has sent that lost its webhook to the change of an operator, so that it is not sent again. Goes after [`finish`].
pub fn advance(id: &str, reached: i64, passed_over: i64, delivered_at: Option<UnixTime>) -> Statement {
    Statement::new(
        "UPDATE webhooks SET position = ?, passed_over = passed_over + ?, delivered_at = COALESCE(?, delivered_at)
         WHERE id = ? AND lease IS NULL AND position < ?",
    )
    .bind(reached)
    .bind(passed_over)
    .bind(delivered_at)
    .bind(id)
    .bind(reached)
}

/// The names of those that were given up, or have failed for longer than [`webhook::PATIENCE`].
pub fn find_failing(now: UnixTime) -> Query<Vec<String>> {
    Statement::new(format!(
        "SELECT name FROM webhooks
         WHERE enabled AND (given_up_at IS NOT NULL OR failing_since <= ?) AND NOT {OF_DISABLED} ORDER BY name"
    ))
    .bind(now - webhook::PATIENCE)
    .read_by(|rows| {
        #[derive(Deserialize)]
        struct Named {
            name: String,
        }
        Ok(rows.all::<Named>()?.into_iter().map(|row| row.name).collect())
    })
}

fn read_first(rows: &Rows) -> Result<Option<Webhook>, Fault> {
    Ok(read_all(rows)?.into_iter().next())
}

fn read_all(rows: &Rows) -> Result<Vec<Webhook>, Fault> {
    #[derive(Deserialize)]
    struct Row {
        id: String,
        name: String,
        url: String,
        format: String,
        client_id: Option<String>,
        events: Option<String>,
        enabled: i64,
        generation: i64,
        root: KekVersion,
        previous_root: Option<KekVersion>,
        previous_until: Option<UnixTime>,
        position: i64,
        failures: i64,
        refusals: i64,
        failing_since: Option<UnixTime>,
        problem: Option<String>,
        given_up_at: Option<UnixTime>,
        due_at: Option<UnixTime>,
        passed_over: i64,
        delivered_at: Option<UnixTime>,
        created_at: UnixTime,
        updated_at: UnixTime,
    }
    let read = |row: Row| {
        Ok(Webhook {
            id: row.id,
            name: Label::stored(row.name),
            url: row.url,
            // One of a newer version, which was here before, is sent nothing.
            format: Format::parse(&row.format).unwrap_or_default(),
            client_id: row.client_id,
            // Those that nobody can read are none, which is what no webhook wants: see [`Webhook::is_readable`].
            events: row.events.as_deref().map(|text| from_json(text).unwrap_or_default()),
            enabled: row.enabled != 0,
            secret: SecretInForce {
                generation: row.generation,
                root: row.root,
                previous: row.previous_root.zip(row.previous_until),
            },
            position: row.position,
            failures: row.failures,
            refusals: row.refusals,
            failing_since: row.failing_since,
            problem: row.problem,
            given_up_at: row.given_up_at,
            due_at: row.due_at,
            passed_over: row.passed_over,
            delivered_at: row.delivered_at,
            created_at: row.created_at,
            updated_at: row.updated_at,
        })
    };
    rows.all::<Row>()?.into_iter().map(read).collect()
}
