//! `mail_outbox`: mails that wait, those of the last day that were sent, and those that were given up.

use serde::{Deserialize, Serialize};

use super::{Query, Rows, Statement, to_json, users};
use crate::{
    account::email,
    fault::Fault,
    mail::{Kind, MOST_TESTS_A_DAY, NewMail, NewNotice, Waiting},
    time::{Lifetime, UnixTime},
};

/// How long a run has a mail for itself: longer than a provider may take for all that it took.
const LEASE: Lifetime = Lifetime::minutes(2);

/// The time in which mails are counted, and how long those that were sent are kept.
pub(super) const DAY: Lifetime = Lifetime::days(1);

/// Writes a mail down, if there is no limit that it goes over: of its kind for the person and for the address, and
/// `daily_limit` of all for the deployment.
pub fn write(mail: &NewMail<'_>, daily_limit: i64, now: UnixTime) -> Query<bool> {
    insert(Statement::always(), mail, daily_limit, now).any()
}

/// Writes a mail down likewise, if `condition` holds.
pub fn write_where(condition: Statement, mail: &NewMail<'_>, daily_limit: i64, now: UnixTime) -> Statement {
    insert(condition, mail, daily_limit, now)
}

fn insert(condition: Statement, mail: &NewMail<'_>, daily_limit: i64, now: UnixTime) -> Statement {
    insert_to(
        Statement::new("?").bind(mail.address),
        condition,
        mail,
        (daily_limit, now),
    )
}

fn insert_to(
    address: Statement,
    condition: Statement,
    mail: &NewMail<'_>,
    (daily_limit, now): (i64, UnixTime),
) -> Statement {
    let (since, most) = (now - DAY, mail.kind.most_a_day());
    let daily_limit = mail.kind.share_of(daily_limit);
    let folded = email::fold_for_limits(mail.address);
    // Whether a code goes out tells whether somebody has the address, so those who ask for one are counted where they ask.
    let counted = mail.user_id.filter(|_| mail.kind != Kind::ConfirmAddress);
    let condition = match mail.kind {
        Kind::Test => condition.and(few_tests(since)),
        _ => condition,
    };
    Statement::new(
        "INSERT INTO mail_outbox (id, user_id, kind, address, folded, language, facts, root, attempts, due_at, created_at, expires_at)
         SELECT ?, ?, ?, ",
    )
    .bind(mail.id)
    .bind(mail.user_id)
    .bind(mail.kind.as_str())
    .append(address)
    .append(Statement::new(", ?, ?, ?, ?, 0, ?, ?, ? WHERE "))
    .bind(&folded)
    .bind(mail.language)
    .bind(&to_json(&mail.facts))
    .bind(mail.root)
    .bind(now)
    .bind(now)
    .bind(now + mail.kind.lifetime())
    .append(condition)
    .append(Statement::new(format!(
        " AND (SELECT COUNT(*) FROM mail_outbox WHERE user_id = ? AND created_at > ? AND kind = ?) < {most}
           AND (SELECT COUNT(*) FROM mail_outbox WHERE folded = ? AND created_at > ? AND kind = ?) < {most}
           AND (SELECT COUNT(*) FROM (SELECT 1 FROM mail_outbox WHERE created_at > ? LIMIT ?)) < ?
         RETURNING id"
    )))
    .bind(counted)
    .bind(since)
    .bind(mail.kind.as_str())
    .bind(&folded)
    .bind(since)
    .bind(mail.kind.as_str())
    .bind(since)
    .bind(daily_limit)
    .bind(daily_limit)
}

/// Holds where another test may be sent, to whomever.
fn few_tests(since: UnixTime) -> Statement {
    Statement::new(format!(
        "(SELECT COUNT(*) FROM mail_outbox WHERE created_at > ? AND kind = ?) < {MOST_TESTS_A_DAY}"
    ))
    .bind(since)
    .bind(Kind::Test.as_str())
}

/// Writes a mail down likewise for whoever but `user_id` keeps an address that is compared as that of the mail: it goes to
/// theirs, not to what somebody typed.
pub fn write_to_holder(mail: &NewMail<'_>, user_id: &str, daily_limit: i64, now: UnixTime) -> Statement {
    let folded = email::fold(mail.address);
    let taken = users::address_is_anothers(&folded, user_id);
    let address = Statement::new("(SELECT u.email FROM users u WHERE u.email_folded = ?)").bind(&folded);
    insert_to(address, taken, mail, (daily_limit, now))
}

/// Holds where a mail was written down.
pub fn exists(id: &str) -> Statement {
    Statement::new("EXISTS (SELECT 1 FROM mail_outbox WHERE id = ?)").bind(id)
}

/// Writes a notice down, if its person has a confirmed address, `condition` holds, and there is no limit that it goes over.
pub fn notify(notice: &NewNotice<'_>, condition: Statement, daily_limit: i64, now: UnixTime) -> Statement {
    let (since, most) = (now - DAY, notice.kind.most_a_day());
    let daily_limit = notice.kind.share_of(daily_limit);
    Statement::new(format!(
        "INSERT INTO mail_outbox (id, user_id, kind, address, folded, language, facts, root, attempts, due_at, created_at, expires_at)
         SELECT ?, u.id, ?, u.email, u.email_folded, COALESCE(?, CAST(json_extract(u.claims, '$.locale') AS TEXT), 'en'), json_object('account', u.username, 'detail', ?), ?, 0, ?, ?, ?
         FROM users u WHERE u.id = ? AND u.email_folded IS NOT NULL AND json_extract(u.claims, '$.email_verified') IS 1
           AND (SELECT COUNT(*) FROM mail_outbox WHERE user_id = ? AND created_at > ? AND kind = ?) < {most}
           AND (SELECT COUNT(*) FROM (SELECT 1 FROM mail_outbox WHERE created_at > ? LIMIT ?)) < ?"
    ))
    .bind(notice.id)
    .bind(notice.kind.as_str())
    .bind(notice.language)
    .bind(notice.detail)
    .bind(notice.root)
    .bind(now)
    .bind(now)
    .bind(now + notice.kind.lifetime())
    .bind(notice.user_id)
    .bind(notice.user_id)
    .bind(since)
    .bind(notice.kind.as_str())
    .bind(since)
    .bind(daily_limit)
    .bind(daily_limit)
    .and(condition)
}

/// Holds where no other mail of the same kind and detail to the same person is of use still.
pub fn is_news(notice: &NewNotice<'_>, now: UnixTime) -> Statement {
    Statement::new(
        "NOT EXISTS (SELECT 1 FROM mail_outbox m WHERE m.user_id = ? AND m.expires_at > ? AND m.kind = ?
                       AND json_extract(m.facts, '$.detail') IS ?)",
    )
    .bind(notice.user_id)
    .bind(now)
    .bind(notice.kind.as_str())
    .bind(notice.detail)
}

/// Takes at most `limit` mails that are due, for this run alone: nobody else sends them before the lease is over.
pub fn take(limit: i64, now: UnixTime) -> Query<Vec<Waiting>> {
    take_where(
        "id IN (SELECT id FROM mail_outbox WHERE due_at <= ? ORDER BY due_at LIMIT ?)",
        now,
    )
    .bind(now)
    .bind(limit)
    .append(Statement::new(WAITING))
    .read_by(read)
}

/// Takes one mail, whenever it is due.
pub fn take_one(id: &str, now: UnixTime) -> Query<Vec<Waiting>> {
    take_where("id = ? AND due_at IS NOT NULL", now)
        .bind(id)
        .append(Statement::new(WAITING))
        .read_by(read)
}

fn take_where(condition: &str, now: UnixTime) -> Statement {
    Statement::new(format!("UPDATE mail_outbox SET due_at = ? WHERE {condition}")).bind(now + LEASE)
}

const WAITING: &str = " RETURNING id, user_id, kind, address, language, facts, root, attempts, expires_at";

/// The newest mails, with what is in them: for development.
pub fn list_whole(limit: i64, now: UnixTime) -> Query<Vec<Waiting>> {
    Statement::new(
        "SELECT id, user_id, kind, address, language, facts, root, attempts, expires_at FROM mail_outbox
         WHERE created_at > ? ORDER BY created_at DESC LIMIT ?",
    )
    .bind(now - DAY)
    .bind(limit)
    .read_by(read)
}

fn read(rows: &Rows) -> Result<Vec<Waiting>, Fault> {
    #[derive(Deserialize)]
    struct Row {
        id: String,
        user_id: Option<String>,
        kind: String,
        address: String,
        language: String,
        facts: String,
        root: u32,
        attempts: i64,
        expires_at: i64,
    }
    let waiting = |row: Row| Waiting {
        kind: Kind::parse(&row.kind),
        id: row.id,
        user_id: row.user_id,
        address: row.address,
        language: row.language,
        facts: serde_json::from_str(&row.facts).unwrap_or_default(),
        root: row.root,
        attempts: row.attempts,
        expires_at: UnixTime(row.expires_at),
    };
    Ok(rows.all::<Row>()?.into_iter().map(waiting).collect())
}

/// A mail is on its way.
pub fn sent(id: &str, now: UnixTime) -> Statement {
    Statement::new(
        "UPDATE mail_outbox SET due_at = NULL, sent_at = ?, attempts = attempts + 1, problem = NULL WHERE id = ?",
    )
    .bind(now)
    .bind(id)
}

/// An attempt has failed. The next is due at `due_at`; without that the mail is given up.
pub fn failed(id: &str, due_at: Option<UnixTime>, problem: &str) -> Statement {
    Statement::new(
        "UPDATE mail_outbox SET due_at = ?, attempts = attempts + 1, problem = ? WHERE id = ? AND sent_at IS NULL",
    )
    .bind(due_at)
    .bind(problem)
    .bind(id)
}

/// A mail, as operators see it.
#[derive(Debug, Deserialize, Serialize)]
pub struct ListedMail {
    pub id: String,
    pub kind: String,
    pub user_id: Option<String>,
    pub address: String,
    /// `waiting`, `sent` or `failed`.
    pub state: String,
    pub attempts: i64,
    pub problem: Option<String>,
    pub created_at: i64,
    pub due_at: Option<i64>,
    pub sent_at: Option<i64>,
    pub expires_at: i64,
}

const STATE: &str = "CASE WHEN sent_at IS NOT NULL THEN 'sent' WHEN due_at IS NULL THEN 'failed' ELSE 'waiting' END";

/// At most `limit` mails older than the one at `before`, the newest first; those in `state`, where it is given.
pub fn list(state: Option<&str>, before: Option<&str>, limit: i64) -> Query<Vec<ListedMail>> {
    Statement::new(format!(
        "SELECT id, kind, user_id, address, {STATE} AS state, attempts, problem, created_at, due_at, sent_at, expires_at
         FROM mail_outbox
         WHERE created_at <= COALESCE((SELECT created_at FROM mail_outbox WHERE id = ?1), 1e15)
           AND (?1 IS NULL OR (created_at, id) < (SELECT created_at, id FROM mail_outbox WHERE id = ?1))
           AND (?2 IS NULL OR {STATE} = ?2)
         ORDER BY created_at DESC, id DESC LIMIT ?3"
    ))
    .bind(before)
    .bind(state)
    .bind(limit)
    .read_by(Rows::all)
}

/// One mail, likewise.
pub fn find(id: &str) -> Query<Option<ListedMail>> {
    Statement::new(format!(
        "SELECT id, kind, user_id, address, {STATE} AS state, attempts, problem, created_at, due_at, sent_at, expires_at
         FROM mail_outbox WHERE id = ?"
    ))
    .bind(id)
    .read_by(Rows::first)
}

/// How many mails are in which state.
#[derive(Clone, Copy, Debug, Default, Deserialize, Serialize)]
pub struct Counts {
    pub waiting: i64,
    pub failed: i64,
    /// In the last 24 hours.
    pub sent: i64,
}

pub fn count(now: UnixTime) -> Query<Option<Counts>> {
    Statement::new(
        "SELECT COUNT(*) FILTER (WHERE due_at IS NOT NULL) AS waiting,
                COUNT(*) FILTER (WHERE due_at IS NULL AND sent_at IS NULL) AS failed,
                COUNT(*) FILTER (WHERE sent_at > ?) AS sent
         FROM mail_outbox WHERE created_at > ?",
    )
    .bind(now - DAY)
    .bind(now - GIVEN_UP_KEPT - DAY)
    .read_by(Rows::first)
}

/// When the oldest mail that waits was written; of many, one of those that are due first.
pub fn find_oldest_waiting() -> Query<Option<UnixTime>> {
    Statement::new(
        "SELECT MIN(created_at) AS at FROM (SELECT created_at FROM mail_outbox WHERE due_at IS NOT NULL ORDER BY due_at LIMIT 200)",
    )
    .read_by(super::read_time)
}

/// How long a mail that was given up is kept.
pub(super) const GIVEN_UP_KEPT: Lifetime = Lifetime::days(30);

/// Makes a mail due that waits or was given up, if it is still of use.
pub fn retry(id: &str, now: UnixTime) -> Query<bool> {
    Statement::new("UPDATE mail_outbox SET due_at = ? WHERE id = ? AND sent_at IS NULL AND expires_at > ? RETURNING id")
        .bind(now)
        .bind(id)
        .bind(now)
        .any()
}

/// Forgets a mail that was not sent. One that was counts in the limits of its day, and stays as long as that.
pub fn delete(id: &str) -> Query<bool> {
    Statement::new("DELETE FROM mail_outbox WHERE id = ? AND sent_at IS NULL RETURNING id")
        .bind(id)
        .any()
}
