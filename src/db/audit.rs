//! `audit`: what happened (src/audit.rs). An event is written down in the batch that makes it happen, so that neither is
//! without the other, and no trip is added.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{
    Query, Rows, Statement, from_json,
    housekeeping::{BATCH, is_full},
    session_endings::Ending,
    throttles,
};
use crate::{
    account::throttle::WINDOW,
    admin::audit_filter::{AuditFilter, Export},
    audit::{Actor, Entry, Event, Occasion},
    fault::Fault,
    secret::Hash,
    time::{Lifetime, UnixTime},
};

/// The most events of strangers that are written down in a [`WINDOW`]: about somebody, and about nobody. Guesses at an account have
/// their own limit ([`record_guess`]), so that nothing hides them.
const MOST_OF_STRANGERS: i64 = 250;

/// The most events of strangers about nobody's account that are kept, whatever their age.
const MOST_KEPT_OF_STRANGERS: i64 = 20_000;

/// How long what a person or a client brings about again is the same event.
const AGAIN: Lifetime = Lifetime::minutes(1);

/// The most events of one kind, and the most of all kinds, that a person or a client brings about in [`AGAIN`] and that are
/// written down about a person.
const MOST_OF_A_KIND: i64 = 10;
const MOST_OF_ALL_KINDS: i64 = 50;

/// The most events of strangers that are kept about each account.
const MOST_KEPT_OF_ACCOUNT: i64 = 100;

/// How far back among the rows of an account the one is looked for that counts the guesses of a [`WINDOW`].
const NEAR: i64 = 20;

/// The columns that every entry fills, and those that some take from a table.
const INSERT: &str = "INSERT INTO audit (at, event, outcome, actor, operator, network, request_id, detail, user_id, client_id, session_id)";

/// What [`bind`] binds, as a table `e`.
const ENTRY: &str = "(SELECT ? AS at, ? AS event, ? AS outcome, ? AS actor, ? AS operator, ? AS network, ? AS request_id, ? AS detail) e";

/// Writes an event down.
pub fn record(entry: &Entry<'_>, on: &impl Occasion) -> Statement {
    write(entry, on, "TRUE")
}

/// Writes an event down if the statement before it in the batch changed a row.
pub fn record_if_changed(entry: &Entry<'_>, on: &impl Occasion) -> Statement {
    write(entry, on, "changes() > 0")
}

fn write(entry: &Entry<'_>, on: &impl Occasion, condition: &str) -> Statement {
    let ids = bind_ids(
        Statement::new("SELECT ? AS user_id, ? AS client_id, ? AS session_id"),
        entry,
    );
    let again = "r.client_id IS x.client_id AND r.network IS x.network AND r.detail IS x.detail";
    insert_limited(entry, on, ids, again, condition)
}

/// Writes an event down for each session that ends, in the batch that ends them, before it does. Whose they are is read from
/// them.
pub fn record_ending(entry: &Entry<'_>, which: &Ending<'_>, on: &impl Occasion) -> Statement {
    let ended = Statement::new(format!(
        "SELECT s.user_id, NULL AS client_id, s.id AS session_id FROM sessions s WHERE {}",
        which.condition()
    ));
    record_each(entry, which.bind(ended), on)
}

/// Writes an event down for each row of a query that gives `user_id`, `client_id` and `session_id`.
pub(super) fn record_each(entry: &Entry<'_>, query: Statement, on: &impl Occasion) -> Statement {
    let again = "r.client_id IS x.client_id AND r.session_id IS x.session_id";
    insert_limited(entry, on, query, again, "TRUE")
}

/// The statement that writes an entry down for each row of `ids`, where `condition` holds.
///
/// Whoever is signed in can bring some events about as often as they like. What comes `again` within a minute is one row; of
/// what differs, so many are written down, and one more as [`Event::Flooded`], so that the gap is seen. A new password and a new
/// e-mail address count against those of their own kind alone, so that nothing else hides them. The last event of an account is
/// always written down, and so is whatever an operator or Limen itself does.
fn insert_limited(entry: &Entry<'_>, on: &impl Occasion, ids: Statement, again: &str, condition: &str) -> Statement {
    let always = entry.event == Event::AccountDeleted;
    let stands_out = matches!(entry.event, Event::PasswordChanged | Event::EmailChanged);
    let (again, most_of_all_kinds) = match stands_out {
        true => ("FALSE", i64::MAX),
        false => (again, MOST_OF_ALL_KINDS),
    };
    let limited = matches!(entry.actor, Actor::Person | Actor::Client) && !always;
    if !limited {
        let entry = bind(Statement::new(format!("{INSERT} SELECT * FROM {ENTRY}, (")), entry, on);
        return entry.append(ids).append(Statement::new(format!(") WHERE {condition}")));
    }
    // Rows about nobody count for nothing here: `user_id = NULL` holds for none. They have limits of their own.
    let recent = |of: &str| {
        format!(
            "(SELECT * FROM audit WHERE user_id = {of}.user_id ORDER BY id DESC LIMIT {MOST_OF_ALL_KINDS}) r
              WHERE abs(r.at - {of}.at) < {}",
            AGAIN.seconds()
        )
    };
    let flooded = Event::Flooded.as_str();
    let head = format!(
        "{INSERT}
         SELECT at, event, outcome, actor, operator, network, request_id, detail, user_id, client_id, session_id FROM (
            SELECT e.at, e.outcome, e.actor, e.operator, e.network, e.request_id, e.detail, e.user_id, e.client_id, e.session_id,
                   CASE WHEN (SELECT COUNT(*) FILTER (WHERE r.event = e.event) >= {MOST_OF_A_KIND}
                                     OR COUNT(*) >= {most_of_all_kinds}
                              FROM {}) THEN '{flooded}' ELSE e.event END AS event
            FROM (SELECT * FROM {ENTRY}, (",
        recent("e"),
    );
    let tail = format!(
        ")) e) x
         WHERE {condition} AND NOT EXISTS (
            SELECT 1 FROM {}
              AND r.event = x.event AND r.actor = x.actor AND (x.event = '{flooded}' OR ({again})))",
        recent("x"),
    );
    bind(Statement::new(head), entry, on)
        .append(ids)
        .append(Statement::new(tail))
}

fn bind(statement: Statement, entry: &Entry<'_>, on: &impl Occasion) -> Statement {
    let detail = entry.detail.as_ref().map(Value::to_string);
    statement
        .bind(on.now())
        .bind(entry.event.as_str())
        .bind(entry.event.outcome().as_str())
        .bind(entry.actor.as_str())
        .bind(on.operator().filter(|_| entry.actor == Actor::Operator))
        .bind(on.network())
        .bind(on.request_id())
        .bind(detail.as_ref())
}

fn bind_ids(statement: Statement, entry: &Entry<'_>) -> Statement {
    statement
        .bind(entry.user_id)
        .bind(entry.client_id)
        .bind(entry.session_id)
}

/// Writes an event down that strangers can bring about as often as they like: up to a limit in all. The event that reaches it
/// is written down as [`Event::Flooded`], so that the gap is seen.
pub fn record_of_stranger(entry: &Entry<'_>, on: &impl Occasion) -> [Statement; 2] {
    record_up_to_limit(entry, "TRUE", on)
}

/// As [`record_of_stranger`], if the statement before it in the batch changed a row.
pub fn record_of_stranger_if_changed(entry: &Entry<'_>, on: &impl Occasion) -> [Statement; 2] {
    record_up_to_limit(entry, "changes() > 0", on)
}

fn record_up_to_limit(entry: &Entry<'_>, condition: &str, on: &impl Occasion) -> [Statement; 2] {
    let key = match entry.user_id {
        Some(_) => "audit:somebody",
        None => "audit:nobody",
    };
    let counted = Statement::new(format!("SELECT ? AS key WHERE {condition}")).bind(key);
    let count = throttles::count(counted, on.now());
    let write = Statement::new(format!(
        "{INSERT} SELECT column1, CASE failures WHEN ? THEN ? ELSE column2 END, column3, column4, column5, column6, column7,
                         column8, column9, column10, column11
         FROM (VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)) JOIN throttles ON key = ? AND failures <= ? WHERE changes() > 0"
    ))
    .bind(MOST_OF_STRANGERS)
    .bind(Event::Flooded.as_str());
    let write = bind_ids(bind(write, entry, on), entry);
    [count.into(), write.bind(key).bind(MOST_OF_STRANGERS)]
}

/// Writes down a guess at how `entry.user_id` signs in, with the detail of the first. All of a [`WINDOW`] are one row, which counts them and those that came
/// from other networks than the first, so that the person sees them whatever else strangers do, and the table grows by a bounded
/// number of rows an account.
pub fn record_guess(entry: &Entry<'_>, on: &impl Occasion) -> [Statement; 3] {
    // Whoever guesses at these has the password.
    let second_factor = entry
        .detail
        .as_ref()
        .and_then(|detail| detail.get("second_factor")?.as_str());
    let count = Statement::new(
        "UPDATE audit SET detail = json_set(detail, '$.times', json_extract(detail, '$.times') + 1,
                '$.elsewhere', json_extract(detail, '$.elsewhere') + (network IS NOT ?), '$.last_at', ?)
         WHERE id = (SELECT id FROM (SELECT id, at, event, detail FROM audit WHERE user_id = ? ORDER BY id DESC LIMIT ?)
                     WHERE event = ? AND at > ? AND json_extract(detail, '$.times') > 0
                       AND json_extract(detail, '$.second_factor') IS ? LIMIT 1)",
    )
    .bind(on.network())
    .bind(on.now())
    .bind(entry.user_id)
    .bind(NEAR)
    .bind(entry.event.as_str())
    .bind(on.now() - WINDOW)
    .bind(second_factor);
    let mut detail = json!({ "times": 1, "elsewhere": 0 });
    if let (Some(detail), Some(more)) = (detail.as_object_mut(), entry.detail.as_ref().and_then(Value::as_object)) {
        detail.extend(more.clone());
    }
    let first = Entry {
        detail: Some(detail),
        ..entry.clone()
    };
    let trim = Statement::new(
        "DELETE FROM audit WHERE changes() > 0 AND id IN (
            SELECT id FROM audit WHERE user_id = ? AND actor = 'anybody' ORDER BY id DESC LIMIT -1 OFFSET ?)",
    )
    .bind(entry.user_id)
    .bind(MOST_KEPT_OF_ACCOUNT);
    [count, write(&first, on, "changes() = 0"), trim]
}

/// Takes from the rows about a person what could still tell of them, if the statement before it in the batch, which wrote down
/// that they are deleted, did. Their id is random, and nothing else knows it any more; what happened stays, and from where an
/// operator deleted them.
pub fn forget_if_changed(user_id: &str) -> Statement {
    Statement::new(
        "UPDATE audit SET network = NULL, session_id = NULL, detail = NULL
         WHERE user_id = ? AND event <> ? AND changes() > 0",
    )
    .bind(user_id)
    .bind(Event::UserDeleted.as_str())
}

/// Deletes rows from before `oldest`, and rows of strangers about nobody beyond the most that are kept; a bounded number of each.
/// Each says whether there is probably more. The oldest rows have the smallest ids.
pub fn tidy(oldest: UnixTime) -> [Query<bool>; 2] {
    [
        Statement::new("DELETE FROM audit WHERE at < ? AND id IN (SELECT id FROM audit ORDER BY id LIMIT ?)")
            .bind(oldest)
            .bind(BATCH as i64),
        Statement::new(
            "DELETE FROM audit WHERE id IN (
                SELECT id FROM audit WHERE actor = 'anybody' AND user_id IS NULL ORDER BY id DESC LIMIT ? OFFSET ?)",
        )
        .bind(BATCH as i64)
        .bind(MOST_KEPT_OF_STRANGERS),
    ]
    .map(is_full)
}

/// The most rows that are looked at for a page.
const WALK: i64 = 20_000;

/// How far rows may be from where their time would have them: a request is not written down before it has begun, and hardly a
/// minute later.
const DISORDER: Lifetime = Lifetime::minutes(10);

/// Kinds of events that are rare have an index (migrations/0085_fewer_indexes.sql). The others are found on the way.
const RARE: &str = "event NOT IN ('sign_in', 'sign_out', 'session_ended', 'consent_given', 'token_revoked')";

/// An event as it was written down.
#[derive(Deserialize)]
struct Row {
    id: i64,
    at: i64,
    event: String,
    outcome: String,
    actor: String,
    operator: Option<String>,
    user_id: Option<String>,
    username: Option<String>,
    client_id: Option<String>,
    client_name: Option<String>,
    session_id: Option<String>,
    network: Option<String>,
    request_id: String,
    detail: Option<String>,
}

/// An event as it was written down.
#[derive(Serialize)]
pub struct Recorded {
    pub id: i64,
    pub at: UnixTime,
    /// The name of an [`Event`].
    pub event: String,
    pub outcome: String,
    pub actor: String,
    /// Which operator, by the name of their key or app; nothing for the admin token.
    pub operator: Option<String>,
    pub user_id: Option<String>,
    /// What the person is called now. Nobody's, once they are deleted.
    pub username: Option<String>,
    pub client_id: Option<String>,
    /// What the client is called now, likewise.
    pub client_name: Option<String>,
    pub session_id: Option<String>,
    pub network: Option<String>,
    pub request_id: String,
    pub detail: Option<Value>,
}

const RECORDED: &str =
    "id, at, event, outcome, actor, operator, user_id, client_id, session_id, network, request_id, detail";

/// The same of a table `a`, with the names of whom they are about.
const NAMED: &str = "SELECT a.*, u.username, COALESCE(json_extract(c.metadata, '$.client_name'), c.id) AS client_name";
const NAMES: &str = "LEFT JOIN users u ON u.id = a.user_id LEFT JOIN clients c ON c.id = a.client_id";

impl AuditFilter<'_> {
    /// The rows in which those that are wanted are looked for, as conditions of an index: those about a person, those of a rare
    /// kind, or all; of these times, and older than `before`.
    fn place(&self) -> Statement {
        let place = match (self.user_id, self.event) {
            (Some(user_id), _) => Statement::new("user_id = ?").bind(user_id),
            (None, Some(event)) if is_rare(event) => {
                Statement::new(format!("event = ? AND {RARE}")).bind(event.as_str())
            }
            _ => Statement::new("TRUE"),
        };
        let since = self.since.map(|since| first_since(since - DISORDER));
        let until = self.until.map(|until| first_since(until + DISORDER));
        let from = since.map(|id| Statement::new(" AND id >= ").append(id));
        let to = until.map(|id| Statement::new(" AND id < ").append(id));
        let before = self.before.map(|before| Statement::new(" AND id < ?").bind(before));
        [from, to, before].into_iter().flatten().fold(place, Statement::append)
    }
}

fn is_rare(event: Event) -> bool {
    use Event::{ConsentGiven, SessionEnded, SignIn, SignOut, TokenRevoked};
    !matches!(event, SignIn | SignOut | SessionEnded | ConsentGiven | TokenRevoked)
}

/// The id of the first row of `time` or later, found by halves: ids rise with time.
fn first_since(time: UnixTime) -> Statement {
    let middle = "(SELECT at FROM audit WHERE id >= (low + high) / 2 ORDER BY id LIMIT 1)";
    Statement::new(format!(
        "(WITH RECURSIVE halves (low, high) AS (
            SELECT COALESCE((SELECT MIN(id) FROM audit), 0), COALESCE((SELECT MAX(id) FROM audit), 0) + 1
            UNION ALL
            SELECT IIF({middle} < ?, (low + high) / 2 + 1, low), IIF({middle} < ?, high, (low + high) / 2)
            FROM halves WHERE low < high)
          SELECT low FROM halves WHERE low = high)"
    ))
    .bind(time)
    .bind(time)
}

/// At most `limit` rows, the newest first: of those that are met on a walk of at most [`WALK`] rows.
pub fn list(filter: &AuditFilter<'_>, limit: i64) -> Query<Vec<Recorded>> {
    Statement::new(format!(
        "{NAMED} FROM (SELECT * FROM (SELECT {RECORDED} FROM audit WHERE "
    ))
    .append(filter.place())
    .append(Statement::new(format!(
        " ORDER BY id DESC LIMIT ?)
         WHERE (? IS NULL OR client_id = ?) AND (? IS NULL OR operator = ?) AND (? IS NULL OR event = ?) AND (? IS NULL OR at >= ?) AND (? IS NULL OR at < ?)
         LIMIT ?) a {NAMES} ORDER BY a.id DESC"
    )))
    .bind(WALK)
    .bind(filter.client_id)
    .bind(filter.client_id)
    .bind(filter.operator)
    .bind(filter.operator)
    .bind(filter.event.map(Event::as_str))
    .bind(filter.event.map(Event::as_str))
    .bind(filter.since)
    .bind(filter.since)
    .bind(filter.until)
    .bind(filter.until)
    .bind(limit)
    .read_by(read_all)
}

/// The most rows of an export.
const LONGEST_EXPORT: i64 = 2_000;

/// The rows of an export, the oldest first. None is left where there is none: each is written down with a greater id.
pub fn export(export: &Export) -> Query<Vec<Recorded>> {
    let since = export.since.map(|since| {
        let from = first_since(since - DISORDER);
        Statement::new(" AND id >= ")
            .append(from)
            .append(Statement::new(" AND at >= ?"))
            .bind(since)
    });
    let rows = Statement::new(format!("{NAMED} FROM (SELECT {RECORDED} FROM audit WHERE id > ?"))
        .bind(export.after.unwrap_or_default());
    since
        .into_iter()
        .fold(rows, Statement::append)
        .append(Statement::new(format!(" ORDER BY id LIMIT ?) a {NAMES} ORDER BY a.id")).bind(LONGEST_EXPORT))
        .read_by(read_all)
}

/// The last row that [`list`] looks at where it finds fewer than its limit, if there are more.
pub fn find_end(filter: &AuditFilter<'_>) -> Query<Option<i64>> {
    Statement::new("SELECT id FROM audit WHERE ")
        .append(filter.place())
        .append(Statement::new(" ORDER BY id DESC LIMIT 1 OFFSET ?"))
        .bind(WALK - 1)
        .read_by(read_end)
}

fn read_end(rows: &Rows) -> Result<Option<i64>, Fault> {
    #[derive(Deserialize)]
    struct End {
        id: i64,
    }
    Ok(rows.first::<End>()?.map(|end| end.id))
}

fn read_all(rows: &Rows) -> Result<Vec<Recorded>, Fault> {
    rows.all::<Row>()?.into_iter().map(Row::into_recorded).collect()
}

impl Row {
    fn into_recorded(self) -> Result<Recorded, Fault> {
        Ok(Recorded {
            detail: self.detail.as_deref().map(from_json).transpose()?,
            id: self.id,
            at: UnixTime(self.at),
            event: self.event,
            outcome: self.outcome,
            actor: self.actor,
            operator: self.operator,
            user_id: self.user_id,
            username: self.username,
            client_id: self.client_id,
            client_name: self.client_name,
            session_id: self.session_id,
            network: self.network,
            request_id: self.request_id,
        })
    }
}

/// An event, as the person whom it is about sees it.
#[derive(Deserialize)]
pub struct OwnEvent {
    pub id: i64,
    pub at: i64,
    pub event: String,
    pub actor: String,
    pub client_id: Option<String>,
    /// What the client is called, as long as it is there.
    pub client_name: Option<String>,
    /// How often it happened, where one row counts several.
    pub times: Option<i64>,
    /// Where it came from, unless it was an operator or an app: where those are is not the person's to know.
    pub network: Option<String>,
}

/// At most `limit` events about the person behind a session, older than `before`, the newest first.
pub fn list_own(session_hash: &Hash, before: Option<i64>, limit: i64) -> Query<Vec<OwnEvent>> {
    Statement::new(
        "SELECT a.id, a.at, a.event, a.actor, a.client_id,
                json_extract(a.detail, '$.times') AS times,
                CASE WHEN a.actor IN ('person', 'anybody') THEN a.network END AS network,
                COALESCE(json_extract(c.metadata, '$.client_name'), c.id) AS client_name
         FROM audit a LEFT JOIN clients c ON c.id = a.client_id
         WHERE a.user_id = (SELECT user_id FROM sessions WHERE hash = ?) AND (? IS NULL OR a.id < ?)
         ORDER BY a.id DESC LIMIT ?",
    )
    .bind(session_hash)
    .bind(before)
    .bind(before)
    .bind(limit)
    .read_by(Rows::all)
}
