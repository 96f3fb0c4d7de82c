//! Second factors among the `credentials`: apps with one-time codes, and recovery codes.

use serde::Deserialize;

use super::{
    Query, Rows, Statement,
    conditions::{behind, needs_no_second_factor},
    credential_owner::{FactorChange, Owner},
};
use crate::{
    account::{sign_in::Has, totp},
    config::{Config, SecondFactor, Way},
    fault::Fault,
    secret::{Hash, WrappedSecret},
    time::UnixTime,
};

/// What a person has beside a password.
#[derive(Default)]
pub struct Factors {
    /// Their apps.
    pub apps: Vec<StoredApp>,
    /// How many recovery codes are left.
    pub recovery_codes: i64,
    has_passkeys: bool,
    /// Whether they have a password at all.
    pub has_password: bool,
}

/// An app that shows one-time codes.
pub struct StoredApp {
    pub row_id: String,
    pub wrapped: WrappedSecret,
}

impl Factors {
    /// What of it can be shown here.
    pub fn has(&self, config: &Config) -> Has {
        let codes = config.has_codes() && !self.apps.is_empty();
        Has {
            codes,
            passkeys: self.has_passkeys && config.sign_in.has(Way::Passkey),
            recovery_codes: config.has_codes() && self.recovery_codes > 0,
        }
    }
}

/// The columns and the condition of [`Factors`], without whose they are.
macro_rules! select {
    () => {
        "SELECT id, kind, CASE kind WHEN 'totp' THEN secret END AS wrapped,
                CASE kind WHEN 'recovery_codes' THEN json_array_length(secret) END AS codes_left
         FROM credentials WHERE kind IN ('password', 'totp', 'recovery_codes', 'passkey') AND user_id = "
    };
}

/// The second factors of a person.
pub fn of(user_id: &str) -> Query<Factors> {
    Statement::new(concat!(select!(), "?")).bind(user_id).read_by(read)
}

/// Those of the person behind a session.
pub fn of_session(session_hash: &Hash) -> Query<Factors> {
    Statement::new(concat!(select!(), behind!()))
        .bind(session_hash)
        .read_by(read)
}

fn read(rows: &Rows) -> Result<Factors, Fault> {
    #[derive(Deserialize)]
    struct Row {
        id: String,
        kind: String,
        wrapped: Option<String>,
        codes_left: Option<i64>,
    }
    let mut factors = Factors::default();
    for row in rows.all::<Row>()? {
        match (row.wrapped, row.codes_left) {
            (Some(wrapped), _) => factors.apps.push(StoredApp {
                row_id: row.id,
                wrapped: WrappedSecret::stored(wrapped),
            }),
            (None, Some(left)) => factors.recovery_codes = left,
            (None, None) => {
                factors.has_passkeys |= row.kind == "passkey";
                factors.has_password |= row.kind == "password";
            }
        }
    }
    Ok(factors)
}

/// Uses a step of an app up, if neither it nor a later one was used. What hangs on it comes next, where `changes() > 0`.
pub fn use_step(row_id: &str, step: i64, now: UnixTime) -> Statement {
    Statement::new(
        "UPDATE credentials SET counter = ?, last_used_at = ? WHERE id = ? AND kind = 'totp' AND counter < ?
           AND EXISTS (SELECT 1 FROM users WHERE users.id = credentials.user_id AND disabled_at IS NULL)",
    )
    .bind(step)
    .bind(now)
    .bind(row_id)
    .bind(step)
}

/// Uses one of a person's recovery codes up, if it is still there. `hashes` are what may be stored of it, as a JSON array. What
/// hangs on it comes next, where `changes() > 0`.
pub fn use_recovery_code(user_id: &str, hashes: &str, now: UnixTime) -> Statement {
    Statement::new(
        "UPDATE credentials SET last_used_at = ?,
            secret = (SELECT json_group_array(s.value) FROM json_each(credentials.secret) s
                      WHERE s.value NOT IN (SELECT value FROM json_each(?)))
         WHERE id = ? AND kind = 'recovery_codes'
           AND EXISTS (SELECT 1 FROM json_each(credentials.secret) s WHERE s.value IN (SELECT value FROM json_each(?)))
           AND EXISTS (SELECT 1 FROM users WHERE users.id = credentials.user_id AND disabled_at IS NULL)",
    )
    .bind(now)
    .bind(hashes)
    .bind(&recovery_row(user_id))
    .bind(hashes)
}

/// Moves the secret of an app to the current root, if it is still as it was read.
pub fn move_app(read: &StoredApp, moved: &WrappedSecret) -> Statement {
    Statement::new("UPDATE credentials SET secret = ? WHERE id = ? AND kind = 'totp' AND secret = ?")
        .bind(moved)
        .bind(&read.row_id)
        .bind(&read.wrapped)
}

/// An app that is set up.
pub struct NewApp<'a> {
    pub row_id: &'a str,
    pub wrapped: &'a WrappedSecret,
    pub name: Option<&'a str>,
    /// The step of the code by which it was confirmed.
    pub step: i64,
}

/// Gives somebody an app, if it is not there yet, and they have not too many. What hangs on it comes next, where `changes() > 0`.
pub fn add_app(new: &NewApp<'_>, owner: &Owner<'_>, now: UnixTime) -> Query<bool> {
    Statement::new(
        "INSERT INTO credentials (id, user_id, kind, secret, created_at, name, counter, last_used_at)
         SELECT ?, owner, 'totp', ?, ?, ?, ?, ? FROM (",
    )
    .bind(new.row_id)
    .bind(new.wrapped)
    .bind(now)
    .bind(new.name)
    .bind(new.step)
    .bind(now)
    .append(owner.query())
    .append(Statement::new(
        ") WHERE (SELECT COUNT(*) FROM credentials o WHERE o.user_id = owner AND o.kind = 'totp') < ?
         ON CONFLICT DO NOTHING RETURNING id",
    ))
    .bind(totp::MOST)
    .any()
}

/// Gives the person of an app recovery codes, if they have none. `hashes` is a JSON array.
pub fn add_recovery_codes(user_id: &str, app_row_id: &str, hashes: &str, now: UnixTime) -> Query<bool> {
    Statement::new(
        "INSERT INTO credentials (id, user_id, kind, secret, created_at)
         SELECT ?, t.user_id, 'recovery_codes', ?, ? FROM credentials t WHERE t.id = ? AND t.kind = 'totp' AND t.user_id = ?
         ON CONFLICT DO NOTHING RETURNING id",
    )
    .bind(&recovery_row(user_id))
    .bind(hashes)
    .bind(now)
    .bind(app_row_id)
    .bind(user_id)
    .any()
}

/// Gives the person of a change recovery codes in place of those they had, if they have an app.
pub fn renew_recovery_codes(user_id: &str, change: &FactorChange<'_>, hashes: &str, now: UnixTime) -> Query<bool> {
    Statement::new("INSERT INTO credentials (id, user_id, kind, secret, created_at) SELECT ?, owner, 'recovery_codes', ?, ? FROM (")
        .bind(&recovery_row(user_id))
        .bind(hashes)
        .bind(now)
        .append(change.person())
        .append(Statement::new(
            ") WHERE owner = ? AND EXISTS (SELECT 1 FROM credentials t WHERE t.user_id = owner AND t.kind = 'totp')
             ON CONFLICT (id) DO UPDATE SET secret = excluded.secret, created_at = excluded.created_at, last_used_at = NULL
             RETURNING id",
        ))
        .bind(user_id)
        .any()
}

/// Takes an app from the person of a change; where they must have a second factor, if they have another that they could show.
pub fn remove_own_app(change: &FactorChange<'_>, row_id: &str, policy: SecondFactor) -> Query<bool> {
    Statement::new("DELETE FROM credentials WHERE id = ? AND kind = 'totp' AND user_id = (")
        .bind(row_id)
        .append(change.person())
        .append(Statement::new(") AND ("))
        .append(needs_no_second_factor(policy, "credentials.user_id"))
        .append(Statement::new(
            " OR EXISTS (SELECT 1 FROM credentials o WHERE o.user_id = credentials.user_id AND o.id <> credentials.id
                                  AND (o.kind = 'totp' OR ? AND o.kind = 'passkey')))
             RETURNING id",
        ))
        .bind(change.passkeys_count)
        .any()
}

/// Takes an app, or all recovery codes, from a person.
pub fn remove(user_id: &str, row_id: &str) -> Query<bool> {
    Statement::new(
        "DELETE FROM credentials WHERE id = ? AND kind IN ('totp', 'recovery_codes') AND user_id = ? RETURNING id",
    )
    .bind(row_id)
    .bind(user_id)
    .any()
}

/// Takes the recovery codes from a person who has no app any more: there is nothing that they stand in for.
pub fn remove_idle_recovery_codes(user_id: &str) -> Statement {
    Statement::new(
        "DELETE FROM credentials WHERE id = ? AND kind = 'recovery_codes'
           AND NOT EXISTS (SELECT 1 FROM credentials t WHERE t.user_id = credentials.user_id AND t.kind = 'totp')",
    )
    .bind(&recovery_row(user_id))
}

/// Before the id of a person, the id of the row of their recovery codes.
const RECOVERY_ROW: &str = "recovery_codes.";

pub fn recovery_row(user_id: &str) -> String {
    format!("{RECOVERY_ROW}{user_id}")
}

/// Whether that is the id of such a row.
pub fn is_recovery_row(row_id: &str) -> bool {
    row_id.starts_with(RECOVERY_ROW)
}
