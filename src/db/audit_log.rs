//! `audit`, read: by operators, who filter it, and by the people whom events are about.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Query, Rows, Statement, json_column};
use crate::{
    admin::{
        audit_filter::{AuditFilter, Export},
        happened::Happened,
    },
    audit::Event,
    fault::Fault,
    secret::Hash,
    time::{Lifetime, UnixTime},
};

/// The most rows that are looked at for a page.
const WALK: i64 = 20_000;

/// How far rows may be from where their time would have them: a request is not written down before it has begun, and hardly a
/// minute later.
const DISORDER: Lifetime = Lifetime::minutes(10);

/// Kinds of events that are rare have an index (migrations/0085_fewer_indexes.sql). The others are found on the way.
const RARE: &str = "event NOT IN ('sign_in', 'sign_out', 'session_ended', 'consent_given', 'token_revoked')";

/// An event as it was written down.
#[derive(Serialize, Deserialize)]
pub struct Recorded {
    pub id: i64,
    pub at: UnixTime,
    /// The name of an [`Event`].
    pub event: String,
    pub outcome: String,
    pub actor: String,
    /// Which operator, by the name of their key or app; nothing for the admin token.
    pub operator: Option<String>,
    /// Which person, where an operator is one.
    pub operator_user_id: Option<String>,
    /// What they are called now, likewise.
    pub operator_username: Option<String>,
    pub user_id: Option<String>,
    /// What the person is called now. Nobody's, once they are deleted.
    pub username: Option<String>,
    pub client_id: Option<String>,
    /// What the client is called now, likewise.
    pub client_name: Option<String>,
    pub session_id: Option<String>,
    pub network: Option<String>,
    pub request_id: String,
    #[serde(deserialize_with = "json_column")]
    pub detail: Option<Value>,
}

const RECORDED: &str = "id, at, event, outcome, actor, operator, operator_user_id, user_id, client_id, session_id, network, request_id, detail";

/// The same of a table `a`, with the names of whom they are about.
const NAMED: &str = "SELECT a.*, u.username, o.username AS operator_username, COALESCE(json_extract(c.metadata, '$.client_name'), c.id) AS client_name";
const NAMES: &str = "LEFT JOIN users u ON u.id = a.user_id LEFT JOIN users o ON o.id = a.operator_user_id LEFT JOIN clients c ON c.id = a.client_id";

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
         WHERE (? IS NULL OR client_id = ?) AND (? IS NULL OR operator = ?) AND (? IS NULL OR operator_user_id = ?) AND (? IS NULL OR event = ?) AND (? IS NULL OR at >= ?) AND (? IS NULL OR at < ?)
         LIMIT ?) a {NAMES} ORDER BY a.id DESC"
    )))
    .bind(WALK)
    .bind(filter.client_id)
    .bind(filter.client_id)
    .bind(filter.operator)
    .bind(filter.operator)
    .bind(filter.operator_user_id)
    .bind(filter.operator_user_id)
    .bind(filter.event.map(Event::as_str))
    .bind(filter.event.map(Event::as_str))
    .bind(filter.since)
    .bind(filter.since)
    .bind(filter.until)
    .bind(filter.until)
    .bind(limit)
    .read_by(Rows::all)
}

/// The sign-ins of a day.
#[derive(Clone, Copy, Debug, Deserialize)]
pub struct DayOfSignIns {
    /// Days since 1970, in UTC.
    pub day: i64,
    pub succeeded: i64,
    /// One for each row that counts guesses.
    pub failed: i64,
    /// How many rows the day has.
    pub rows: i64,
}

/// The sign-ins since a day, by day, the last first, as far as a walk of [`WALK`] rows goes.
pub fn sign_ins_by_day(since: UnixTime) -> Query<Vec<DayOfSignIns>> {
    Statement::new(
        "SELECT at / 86400 AS day, COUNT(*) AS rows,
                COUNT(*) FILTER (WHERE event = 'sign_in') AS succeeded,
                COUNT(*) FILTER (WHERE event = 'sign_in_failed') AS failed
         FROM (SELECT at, event FROM audit ORDER BY id DESC LIMIT ?) WHERE at >= ? GROUP BY 1 ORDER BY 1 DESC",
    )
    .bind(WALK)
    .bind(since)
    .read_by(Rows::all)
}

/// Whether the walk of [`sign_ins_by_day`] ended before it had met all of these days.
pub fn is_cut_short(days: &[DayOfSignIns]) -> bool {
    days.iter().map(|day| day.rows).sum::<i64>() >= WALK
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
        .read_by(Rows::all)
}

/// Where a walk from `position` on ends: ids rise by one, and the oldest rows go first, so that there is no row to be counted.
fn end_of_walk(position: i64) -> Statement {
    Statement::new("MIN((SELECT MAX(id) FROM audit), MAX(?, (SELECT MIN(id) FROM audit) - 1) + ?)")
        .bind(position)
        .bind(WALK)
}

/// At most `limit` events behind `position` that are of those `kinds` (names as a JSON array; `None` for all), the oldest first, of those that are met on a walk to
/// [`walk_end`]. They come in the order of the table, so that no more of it is read than that. For an app, with what it knows of whom and what they are about.
pub fn walk(position: i64, kinds: Option<&str>, client_id: Option<&str>, limit: i64) -> Query<Vec<Happened>> {
    let met = Statement::new(format!("SELECT {RECORDED} FROM audit WHERE id > ? AND id <= "))
        .bind(position)
        .append(end_of_walk(position))
        .append(Statement::new(
            " AND (? IS NULL OR event IN (SELECT value FROM json_each(?))) ORDER BY id LIMIT ?",
        ))
        .bind(kinds)
        .bind(kinds)
        .bind(limit);
    let events = match client_id {
        None => met,
        Some(client_id) => Statement::new(
            "SELECT m.*, u.subject_salt, EXISTS (SELECT 1 FROM grants g WHERE g.user_id = m.user_id AND g.client_id = ?) AS is_known,
                    (SELECT json_group_array(e.known_as) FROM ended_sessions e WHERE e.session_id = m.session_id AND e.client_id = ?) AS known_as
             FROM (",
        )
        .bind(client_id)
        .bind(client_id)
        .append(met)
        .append(Statement::new(") m LEFT JOIN users u ON u.id = m.user_id ORDER BY m.id")),
    };
    events.read_by(Rows::all)
}

/// Where that walk ends.
pub fn walk_end(position: i64) -> Query<Option<i64>> {
    Statement::new("SELECT CAST(")
        .append(end_of_walk(position))
        .append(Statement::new(" AS INTEGER) AS id"))
        .read_by(read_end)
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
        id: Option<i64>,
    }
    Ok(rows.first::<End>()?.and_then(|end| end.id))
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
