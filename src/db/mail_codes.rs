//! `mail_codes`: codes that were asked for by mail.

use serde::Deserialize;

use super::{Query, Rows, Statement, users};
use crate::{
    account::user::User,
    fault::Fault,
    mail::{CODE_LIFETIME, CodeKind, MOST_TRIES},
    secret::KekVersion,
    time::UnixTime,
};

/// Which code it is: each browser has one for a name or an address, and each kind.
#[derive(Clone, Debug)]
pub struct CodeKey {
    /// A keyed hash of the browser's name.
    pub browser: String,
    pub kind: CodeKind,
    /// What was typed, as it is compared.
    pub folded: String,
}

/// What somebody asks for.
pub struct NewCode<'a> {
    /// As they typed it.
    pub typed: &'a str,
    /// Where a sign-in leads, as the query of a page.
    pub destination: &'a str,
    /// The person, where it is known who asks.
    pub user_id: Option<&'a str>,
}

/// Holds for the row of a code.
const IS: &str = "browser = ? AND kind = ? AND folded = ?";

impl CodeKey {
    fn bind(&self, statement: Statement) -> Statement {
        statement
            .bind(&self.browser)
            .bind(self.kind.as_str())
            .bind(&self.folded)
    }

    /// Holds while the code of the mail `mail_id` is still the one of this key.
    pub fn exists(&self, mail_id: &str, now: UnixTime) -> Statement {
        self.bind(Statement::new(
            "EXISTS (SELECT 1 FROM mail_codes WHERE browser = ? AND kind = ? AND folded = ? AND mail_id = ? AND expires_at > ?)",
        ))
        .bind(mail_id)
        .bind(now)
    }
}

/// Notes what somebody asks for, whoever has that name or address, where `condition` holds. A code from before is good no more.
pub fn begin(key: &CodeKey, new: &NewCode<'_>, condition: Statement, now: UnixTime) -> Statement {
    key.bind(Statement::new(
        "INSERT INTO mail_codes (browser, kind, folded, typed, destination, user_id, tries, expires_at)
         SELECT ?, ?, ?, ?, ?, ?, 0, ? WHERE ",
    ))
    .bind(new.typed)
    .bind(new.destination)
    .bind(new.user_id)
    .bind(now + CODE_LIFETIME)
    .append(condition)
    .append(Statement::new(
        " ON CONFLICT (browser, kind, folded) DO UPDATE SET typed = excluded.typed, destination = excluded.destination,
            user_id = excluded.user_id, mail_id = NULL, root = NULL, tries = 0, expires_at = excluded.expires_at",
    ))
}

/// Makes the code of the mail `mail_id` the one that is asked for, if that mail was written down. Where it shows that somebody reads
/// the mails of an address, that must be the very address that was typed last: others are compared as the same.
pub fn attach(key: &CodeKey, (mail_id, root): (&str, KekVersion), user_id: Option<&str>) -> Statement {
    let statement = Statement::new(format!(
        "UPDATE mail_codes SET mail_id = ?, root = ?, user_id = COALESCE(?, user_id)
         WHERE {IS} AND EXISTS (SELECT 1 FROM mail_outbox m WHERE m.id = ? AND (mail_codes.kind = 'sign_in' OR m.address = mail_codes.typed))"
    ))
    .bind(mail_id)
    .bind(root)
    .bind(user_id);
    key.bind(statement).bind(mail_id)
}

/// A code that may be tried.
#[derive(Debug)]
pub struct Tried {
    pub mail_id: String,
    pub root: KekVersion,
    /// The person, where it is known who asked.
    pub user_id: Option<String>,
    /// What was typed: where the code is for an address, that to which it went.
    pub typed: String,
}

/// What a code has to be to be tried: it was asked for, is not too old, and was not tried too often. Whether one was sent does not count.
const OPEN: &str = "tries < ? AND expires_at > ?";

/// Holds while a code may be tried, whether anybody has the name or not.
pub fn is_open(key: &CodeKey, now: UnixTime) -> Statement {
    key.bind(Statement::new(format!(
        "EXISTS (SELECT 1 FROM mail_codes WHERE {IS} AND {OPEN})"
    )))
    .bind(MOST_TRIES)
    .bind(now)
}

/// Counts a try, and gives what the code is made of. Nothing where none was sent, it is too old, or was tried too often.
pub fn try_once(key: &CodeKey, now: UnixTime) -> Query<Option<Tried>> {
    key.bind(Statement::new(format!(
        "UPDATE mail_codes SET tries = tries + 1 WHERE {IS} AND {OPEN} RETURNING mail_id, root, user_id, typed"
    )))
    .bind(MOST_TRIES)
    .bind(now)
    .read_by(read_tried)
}

fn read_tried(rows: &Rows) -> Result<Option<Tried>, Fault> {
    #[derive(Deserialize)]
    struct Row {
        mail_id: Option<String>,
        root: Option<KekVersion>,
        user_id: Option<String>,
        typed: String,
    }
    Ok(rows.first::<Row>()?.and_then(|row| {
        Some(Tried {
            mail_id: row.mail_id?,
            root: row.root?,
            user_id: row.user_id,
            typed: row.typed,
        })
    }))
}

/// Uses the code of a mail up, if the person of that id is there, and says whether it did.
pub fn use_up(key: &CodeKey, mail_id: &str, user_id: &str, now: UnixTime) -> Query<bool> {
    key.bind(Statement::new(format!("DELETE FROM mail_codes WHERE {IS}")))
        .append(Statement::new(
            " AND mail_id = ? AND expires_at > ? AND EXISTS (SELECT 1 FROM users u WHERE u.id = ? AND u.disabled_at IS NULL)
             RETURNING browser",
        ))
        .bind(mail_id)
        .bind(now)
        .bind(user_id)
        .any()
}

/// Uses the code of a mail up, if the person is now as given.
pub fn use_up_for(key: &CodeKey, mail_id: &str, user: &User) -> Statement {
    let statement = key
        .bind(Statement::new(format!("DELETE FROM mail_codes WHERE {IS}")))
        .append(Statement::new(concat!(
            " AND mail_id = ? AND user_id = ",
            users::as_given!()
        )))
        .bind(mail_id);
    users::bind_as_given(statement, user)
}

/// What was asked for last in a browser, which has not expired: by a person, where one is named.
#[derive(Debug, Deserialize)]
pub struct Waiting {
    pub typed: String,
    pub destination: String,
}

pub fn find_latest(browser: &str, kind: CodeKind, user_id: Option<&str>, now: UnixTime) -> Query<Option<Waiting>> {
    Statement::new(
        "SELECT typed, destination FROM mail_codes
         WHERE browser = ? AND kind = ? AND (? IS NULL OR user_id = ?) AND expires_at > ? ORDER BY expires_at DESC LIMIT 1",
    )
    .bind(browser)
    .bind(kind.as_str())
    .bind(user_id)
    .bind(user_id)
    .bind(now)
    .read_by(read_waiting)
}

fn read_waiting(rows: &Rows) -> Result<Option<Waiting>, Fault> {
    rows.first()
}

/// Forgets what a person asked for in a browser: they want something else, or nothing.
pub fn forget(browser: &str, kind: CodeKind, user_id: &str) -> Statement {
    Statement::new("DELETE FROM mail_codes WHERE browser = ? AND kind = ? AND user_id = ?")
        .bind(browser)
        .bind(kind.as_str())
        .bind(user_id)
}
