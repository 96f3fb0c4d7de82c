//! `audit`, written: what happened (src/audit.rs). An event is written down in the batch that makes it happen, so that neither is
//! without the other, and no trip is added.

use serde_json::{Value, json};

use super::{
    Query, Statement,
    housekeeping::{BATCH, is_full},
    session_endings::Ending,
    throttles,
};
use crate::{
    account::throttle::WINDOW,
    audit::{Actor, Entry, Event, Occasion},
    time::{Lifetime, UnixTime},
};

/// The most events of strangers that are written down in a [`WINDOW`]: about somebody; and about nobody, of each kind. What an operator, or
/// whoever has the key of one, may not do counts for that operator, and guesses at an account have their own limit ([`record_guess`]), so
/// that nothing hides them.
const MOST_OF_STRANGERS: i64 = 250;

/// The most events of strangers about nobody's account that are kept, whatever their age.
const MOST_KEPT_OF_STRANGERS: i64 = 20_000;

/// How long what a person or a client brings about again is the same event.
const AGAIN: Lifetime = Lifetime::minutes(1);

/// The most events of one kind, and the most of all kinds, that a person or a client brings about in [`AGAIN`] and that are
/// written down about a person.
const MOST_OF_A_KIND: i64 = 10;
const MOST_OF_ALL_KINDS: i64 = 50;

/// The same of ends of sessions that somebody wanted ended: a person has 20 sessions at a time.
const MOST_ENDINGS: i64 = 40;

/// The most events of strangers that are kept about each account.
const MOST_KEPT_OF_ACCOUNT: i64 = 100;

/// How far back among the rows of an account the one is looked for that counts the guesses of a [`WINDOW`].
const NEAR: i64 = 20;

/// The columns that every entry fills, and those that some take from a table.
const INSERT: &str = "INSERT INTO audit (at, event, outcome, actor, operator, operator_user_id, network, request_id, detail, user_id, client_id, session_id)";

/// Whether a webhook waits for such an event and may be sent to: that it is known costs no trip of its own, and where there are none,
/// no row.
const WAKES: &str = " RETURNING EXISTS (SELECT 1 FROM webhooks w WHERE w.due_at <= at AND (w.events IS NULL OR instr(w.events, '\"' || event || '\"'))) AS wakes";

/// What [`bind`] binds, as a table `e`.
const ENTRY: &str = "(SELECT ? AS at, ? AS event, ? AS outcome, ? AS actor, ? AS operator, ? AS operator_user_id, ? AS network, ? AS request_id, ? AS detail) e";

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
/// what differs, so many are written down, and one more as [`Event::Flooded`], so that the gap is seen. A new password, a new e-mail
/// address and the end of a session that somebody wants ended count against those of their own kind alone, so that nothing else hides
/// them. The last event of an account, the end of an operator's roles with it, and whatever an operator or Limen itself does, are always
/// written down, but for what Limen allows an app unasked: a person's browser brings that about.
fn insert_limited(entry: &Entry<'_>, on: &impl Occasion, ids: Statement, again: &str, condition: &str) -> Statement {
    let always = matches!(entry.event, Event::AccountDeleted | Event::OperatorRolesChanged);
    // The end of a session that was one too many has a detail: whoever signs in often enough brings it about.
    let ends = matches!(entry.event, Event::SignOut | Event::SessionEnded) && entry.detail.is_none();
    let stands_out = matches!(entry.event, Event::PasswordChanged | Event::EmailChanged);
    let (again, alike, most_of_kind, most_of_all_kinds) = match (ends, stands_out) {
        (true, _) => (
            "FALSE",
            "r.event = e.event AND r.detail IS NULL",
            MOST_ENDINGS,
            i64::MAX,
        ),
        (_, true) => ("FALSE", "r.event = e.event", MOST_OF_A_KIND, i64::MAX),
        _ => (again, "r.event = e.event", MOST_OF_A_KIND, MOST_OF_ALL_KINDS),
    };
    let is_brought_about = match entry.actor {
        Actor::Person | Actor::Client => true,
        Actor::System => entry.event == Event::ConsentGiven,
        _ => false,
    };
    let limited = is_brought_about && !always;
    if !limited {
        let statement = bind(Statement::new(format!("{INSERT} SELECT * FROM {ENTRY}, (")), entry, on);
        let statement = statement
            .append(ids)
            .append(Statement::new(format!(") WHERE {condition}")));
        return statement.waking(entry.event.as_str(), WAKES);
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
         SELECT at, event, outcome, actor, operator, operator_user_id, network, request_id, detail, user_id, client_id, session_id FROM (
            SELECT e.at, e.outcome, e.actor, e.operator, e.operator_user_id, e.network, e.request_id, e.detail, e.user_id, e.client_id, e.session_id,
                   CASE WHEN (SELECT COUNT(*) FILTER (WHERE {alike}) >= {most_of_kind}
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
        .waking(entry.event.as_str(), WAKES)
}

fn bind(statement: Statement, entry: &Entry<'_>, on: &impl Occasion) -> Statement {
    let detail = entry.detail.as_ref().map(Value::to_string);
    statement
        .bind(on.now())
        .bind(entry.event.as_str())
        .bind(entry.event.outcome().as_str())
        .bind(entry.actor.as_str())
        .bind(on.operator().filter(|_| entry.actor == Actor::Operator))
        .bind(on.operator_user_id().filter(|_| entry.actor == Actor::Operator))
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
    let event = entry.event.as_str();
    let key = match (entry.actor, entry.user_id) {
        // A program may be called as a person's id is.
        (Actor::Operator, _) => match on.operator_user_id() {
            Some(person) => format!("audit:person:{person}"),
            None => format!("audit:program:{}", on.operator().unwrap_or_default()),
        },
        (_, Some(_)) => "audit:somebody".to_owned(),
        (_, None) => format!("audit:nobody:{event}"),
    };
    let counted = Statement::new(format!("SELECT ? AS key WHERE {condition}")).bind(&key);
    let count = throttles::count(counted, on.now());
    let write = Statement::new(format!(
        "{INSERT} SELECT column1, CASE failures WHEN ? THEN ? ELSE column2 END, column3, column4, column5, column6, column7,
                         column8, column9, column10, column11, column12
         FROM (VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)) JOIN throttles ON key = ? AND failures <= ? WHERE changes() > 0"
    ))
    .bind(MOST_OF_STRANGERS)
    .bind(Event::Flooded.as_str());
    let write = bind_ids(bind(write, entry, on), entry)
        .bind(&key)
        .bind(MOST_OF_STRANGERS);
    [count.into(), write.waking(event, WAKES)]
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
    .bind(second_factor)
    // One more of the same: it is measured, and no webhook waits for it.
    .waking(entry.event.as_str(), " RETURNING 0 AS wakes");
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
/// that they are deleted, did. Their id is random, and nothing else knows it any more; what happened stays, from where an
/// operator deleted them, and that an operator's roles were taken away.
pub fn forget_if_changed(user_id: &str) -> Statement {
    Statement::new(
        "UPDATE audit SET network = NULL, session_id = NULL,
            detail = IIF(event = ? AND json_array_length(detail, '$.roles') = 0, detail, NULL)
         WHERE user_id = ? AND event <> ? AND changes() > 0",
    )
    .bind(Event::OperatorRolesChanged.as_str())
    .bind(user_id)
    .bind(Event::UserDeleted.as_str())
}

/// Deletes rows from before `oldest`, and rows of strangers about nobody beyond the most that are kept; a bounded number of each.
/// Each says whether there is probably more. The oldest rows have the smallest ids, and the newest stays: the next one's id follows
/// it, so that no id comes twice.
pub fn tidy(oldest: UnixTime) -> [Query<bool>; 2] {
    [
        Statement::new("DELETE FROM audit WHERE at < ? AND id < (SELECT MAX(id) FROM audit) AND id IN (SELECT id FROM audit ORDER BY id LIMIT ?)")
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
