//! `credentials` of other kinds than passwords (those stand in `users`), and the `challenges` that were answered.

use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    Query, Rows, Statement,
    conditions::{behind, enabled, needs_no_second_factor},
    credential_owner::{FactorChange, Owner},
    from_json,
    throttles::{self, Count},
    to_json, users,
};
use crate::{
    account::{
        passkey::{Challenge, MOST, New, Passkey, State, provider},
        sign_in::Has,
        throttle::Counter,
        user::User,
    },
    config::{Config, SecondFactor, Way},
    fault::Fault,
    secret::Hash,
    time::UnixTime,
};

/// The passkey of a row, with its person.
pub fn find_passkey(row_id: &str) -> Query<Option<(Passkey, State, User)>> {
    Statement::new(format!(
        "SELECT c.secret AS passkey, c.counter, c.backed_up, {}
         FROM credentials c JOIN users u ON u.id = c.user_id WHERE c.id = ? AND c.kind = 'passkey'",
        users::COLUMNS
    ))
    .bind(row_id)
    .read_by(read_passkey)
}

fn read_passkey(rows: &Rows) -> Result<Option<(Passkey, State, User)>, Fault> {
    #[derive(Deserialize)]
    struct Row {
        passkey: String,
        counter: u32,
        backed_up: i64,
        #[serde(flatten)]
        user: users::Row,
    }
    let Some(row) = rows.first::<Row>()? else {
        return Ok(None);
    };
    let state = State {
        counter: row.counter,
        backed_up: row.backed_up != 0,
    };
    Ok(Some((from_json(&row.passkey)?, state, row.user.into_user()?)))
}

/// A challenge that was answered, and what the answer counts against.
pub struct Answered<'a> {
    pub challenge: &'a Challenge,
    pub counter: &'a Counter,
}

impl Answered<'_> {
    /// Counts the answer. Goes before the statement that it is for.
    pub fn count(&self, now: UnixTime) -> Query<Count> {
        throttles::count_address(self.counter, now)
    }

    /// Holds where nobody has answered the challenge, and the counter is within its limit.
    fn may_count(&self, now: UnixTime) -> Statement {
        Statement::new(
            "NOT EXISTS (SELECT 1 FROM challenges a WHERE a.expires_at = ? AND a.id = ?)
             AND NOT EXISTS (SELECT 1 FROM throttles t WHERE t.key = ? AND t.failures > ? AND t.expires_at > ?)",
        )
        .bind(self.challenge.expires_at)
        .bind(&self.challenge.id)
        .bind(&self.counter.key)
        .bind(self.counter.limit)
        .bind(now)
    }

    /// Notes that the challenge was answered, if the statement before changed a row.
    fn note_if_changed(&self) -> Statement {
        Statement::new("INSERT INTO challenges (expires_at, id) SELECT ?, ? WHERE changes() > 0")
            .bind(self.challenge.expires_at)
            .bind(&self.challenge.id)
    }
}

/// Counts a use of a passkey, and uses it and its challenge up, if nobody has answered that, the counter of the passkey still rises, and
/// it was not used too often. What hangs on it comes next, where `changes() > 0`.
pub fn use_passkey(row_id: &str, now_in: State, answered: &Answered<'_>, now: UnixTime) -> [Statement; 3] {
    let statement = Statement::new(concat!(
        "UPDATE credentials SET counter = ?, backed_up = ?, last_used_at = ?
         WHERE id = ? AND kind = 'passkey' AND (counter < ? OR counter = 0 AND ? = 0)
           AND ",
        enabled!("credentials.user_id"),
        " AND "
    ))
    .bind(now_in.counter)
    .bind(now_in.backed_up)
    .bind(now)
    .bind(row_id)
    .bind(now_in.counter)
    .bind(now_in.counter);
    [
        answered.count(now).into(),
        statement.append(answered.may_count(now)),
        answered.note_if_changed(),
    ]
}

/// Gives somebody a new passkey, if nobody has it, nobody has answered the challenge, and they have not too many: none, where
/// nobody was asked for it. What hangs on it
/// comes after both statements, where `changes() > 0`. The first says whether it did.
pub fn add_passkey(
    new: &New,
    name: Option<&str>,
    owner: &Owner<'_>,
    answered: &Answered<'_>,
    now: UnixTime,
) -> (Query<bool>, Statement) {
    let statement = Statement::new(
        "INSERT INTO credentials (id, user_id, kind, secret, created_at, name, counter, backed_up)
         SELECT ?, owner, 'passkey', ?, ?, ?, ?, ? FROM (",
    )
    .bind(&new.passkey.row_id())
    .bind(&to_json(&new.passkey))
    .bind(now)
    .bind(name)
    .bind(new.state.counter)
    .bind(new.state.backed_up)
    .append(owner.query())
    .append(Statement::new(
        ") WHERE (SELECT COUNT(*) FROM credentials o WHERE o.user_id = owner AND o.kind = 'passkey') < ? AND ",
    ))
    .bind(if new.silently { 1 } else { MOST })
    .append(answered.may_count(now))
    .append(Statement::new(" ON CONFLICT DO NOTHING RETURNING id"));
    (statement.any(), answered.note_if_changed())
}

/// Holds where a person was given something of a kind at that time.
pub fn came(user_id: &str, kind: &'static str, at: UnixTime) -> Statement {
    Statement::new("EXISTS (SELECT 1 FROM credentials n WHERE n.user_id = ? AND n.kind = ? AND n.created_at = ?)")
        .bind(user_id)
        .bind(kind)
        .bind(at)
}

/// Holds where a person has such a credential, of one of `kinds`, a JSON array.
pub fn is_theirs(user_id: &str, row_id: &str, kinds: &'static str) -> Statement {
    Statement::new(
        "EXISTS (SELECT 1 FROM credentials n WHERE n.id = ? AND n.user_id = ? AND n.kind IN (SELECT value FROM json_each(?)))",
    )
    .bind(row_id)
    .bind(user_id)
    .bind(kinds)
}

/// Holds where there is no such credential any more.
pub fn is_gone(row_id: &str) -> Statement {
    Statement::new("NOT EXISTS (SELECT 1 FROM credentials n WHERE n.id = ?)").bind(row_id)
}

/// Holds where one was used at that time.
pub fn was_used(row_id: &str, at: UnixTime) -> Statement {
    Statement::new("EXISTS (SELECT 1 FROM credentials n WHERE n.id = ? AND n.last_used_at = ?)")
        .bind(row_id)
        .bind(at)
}

/// Calls a passkey or an app of the person behind a session something else; `None` takes the name away.
pub fn rename_own(session_hash: &Hash, row_id: &str, name: Option<&str>) -> Statement {
    Statement::new(concat!(
        "UPDATE credentials SET name = ? WHERE id = ? AND kind IN ('passkey', 'totp') AND user_id = ",
        behind!(),
        " RETURNING id"
    ))
    .bind(name)
    .bind(row_id)
    .bind(session_hash)
}

/// Takes a passkey from the person of a change, if they have another of `kinds`, a JSON array: the ways to sign in that there
/// are, among which `mail_code` is an address that they have confirmed; and where they must have a second factor, if they have
/// another of these.
pub fn remove_own(change: &FactorChange<'_>, row_id: &str, kinds: &str, policy: SecondFactor) -> Query<bool> {
    Statement::new("DELETE FROM credentials WHERE id = ? AND kind = 'passkey' AND user_id = (")
        .bind(row_id)
        .append(change.person())
        .append(Statement::new(
            ") AND (EXISTS (SELECT 1 FROM credentials o WHERE o.user_id = credentials.user_id AND o.id <> credentials.id
                            AND o.kind IN (SELECT value FROM json_each(?)))
                    OR EXISTS (SELECT 1 FROM json_each(?) w JOIN users u ON u.id = credentials.user_id
                               WHERE w.value = 'mail_code' AND json_extract(u.claims, '$.email_verified') IS 1))
               AND (",
        ))
        .bind(kinds)
        .bind(kinds)
        .append(needs_no_second_factor(policy, "credentials.user_id"))
        .append(Statement::new(
            " OR EXISTS (SELECT 1 FROM credentials o WHERE o.user_id = credentials.user_id AND o.id <> credentials.id
                                  AND o.kind IN ('totp', 'passkey')))
             RETURNING id",
        ))
        .any()
}

/// Takes a passkey from a person.
pub fn remove(user_id: &str, row_id: &str) -> Query<bool> {
    Statement::new("DELETE FROM credentials WHERE id = ? AND kind = 'passkey' AND user_id = ? RETURNING id")
        .bind(row_id)
        .bind(user_id)
        .any()
}

/// A passkey, as its person sees it beside their others.
#[derive(Clone, Debug)]
pub struct OwnPasskey {
    pub row_id: String,
    pub passkey: Passkey,
    pub name: Option<String>,
    pub created_at: UnixTime,
    pub last_used_at: Option<UnixTime>,
    pub backed_up: bool,
}

impl OwnPasskey {
    /// As the admin API and the copy of an account have it.
    pub fn describe(&self) -> Value {
        json!({
            "id": self.row_id,
            "name": self.name,
            "provider": provider(&self.passkey.aaguid),
            "aaguid": self.passkey.aaguid,
            "alg": self.passkey.alg,
            "transports": self.passkey.transports,
            "backup_eligible": self.passkey.backup_eligible,
            "backed_up": self.backed_up,
            "created_at": self.created_at,
            "last_used_at": self.last_used_at,
        })
    }
}

/// An app that shows one-time codes, as its person sees it beside their others.
#[derive(Clone, Debug)]
pub struct OwnApp {
    pub row_id: String,
    pub name: Option<String>,
    pub created_at: UnixTime,
    pub last_used_at: Option<UnixTime>,
}

/// The recovery codes of a person.
#[derive(Clone, Debug)]
pub struct OwnRecoveryCodes {
    pub row_id: String,
    /// How many are left.
    pub left: i64,
    pub created_at: UnixTime,
    pub last_used_at: Option<UnixTime>,
}

/// The ways in which a person signs in.
#[derive(Clone, Debug, Default)]
pub struct Ways {
    pub password_set_at: Option<UnixTime>,
    /// The oldest first.
    pub passkeys: Vec<OwnPasskey>,
    /// The oldest first.
    pub apps: Vec<OwnApp>,
    pub recovery_codes: Option<OwnRecoveryCodes>,
}

impl Ways {
    /// What of it can be shown here beside a password.
    pub fn has(&self, config: &Config) -> Has {
        Has {
            codes: config.has_codes() && !self.apps.is_empty(),
            passkeys: config.sign_in.has(Way::Passkey) && !self.passkeys.is_empty(),
            recovery_codes: config.has_codes() && self.recovery_codes.as_ref().is_some_and(|codes| codes.left > 0),
        }
    }

    /// The second factors, as the admin API and the copy of an account have them.
    pub fn describe_second_factors(&self) -> Vec<Value> {
        let app = |app: &OwnApp| {
            json!({
                "id": app.row_id,
                "type": "totp",
                "name": app.name,
                "created_at": app.created_at,
                "last_used_at": app.last_used_at,
            })
        };
        let codes = |codes: &OwnRecoveryCodes| {
            json!({
                "id": codes.row_id,
                "type": "recovery_codes",
                "left": codes.left,
                "created_at": codes.created_at,
                "last_used_at": codes.last_used_at,
            })
        };
        self.apps
            .iter()
            .map(app)
            .chain(self.recovery_codes.iter().map(codes))
            .collect()
    }
}

/// Those of the person behind a session.
pub fn list_own(session_hash: &Hash) -> Query<Ways> {
    list(behind!()).bind(session_hash).read_by(read_ways)
}

/// Those of a person.
pub fn list_of(user_id: &str) -> Query<Ways> {
    list("?").bind(user_id).read_by(read_ways)
}

fn list(user_id: &str) -> Statement {
    Statement::new(format!(
        "SELECT id, kind, CASE kind WHEN 'passkey' THEN secret END AS passkey, name, created_at, last_used_at, backed_up,
                CASE kind WHEN 'recovery_codes' THEN json_array_length(secret) END AS codes_left
         FROM credentials WHERE user_id = {user_id} ORDER BY created_at, id"
    ))
}

/// A kind that this Worker does not know counts for nothing.
fn read_ways(rows: &Rows) -> Result<Ways, Fault> {
    #[derive(Deserialize)]
    struct Row {
        id: String,
        kind: String,
        passkey: Option<String>,
        codes_left: Option<i64>,
        name: Option<String>,
        created_at: i64,
        last_used_at: Option<i64>,
        backed_up: i64,
    }
    let mut ways = Ways::default();
    for row in rows.all::<Row>()? {
        match (row.kind.as_str(), row.passkey) {
            ("password", _) => ways.password_set_at = Some(UnixTime(row.created_at)),
            ("passkey", Some(passkey)) => ways.passkeys.push(OwnPasskey {
                passkey: from_json(&passkey)?,
                row_id: row.id,
                name: row.name,
                created_at: UnixTime(row.created_at),
                last_used_at: row.last_used_at.map(UnixTime),
                backed_up: row.backed_up != 0,
            }),
            ("totp", _) => ways.apps.push(OwnApp {
                row_id: row.id,
                name: row.name,
                created_at: UnixTime(row.created_at),
                last_used_at: row.last_used_at.map(UnixTime),
            }),
            ("recovery_codes", _) => {
                ways.recovery_codes = Some(OwnRecoveryCodes {
                    row_id: row.id,
                    left: row.codes_left.unwrap_or_default(),
                    created_at: UnixTime(row.created_at),
                    last_used_at: row.last_used_at.map(UnixTime),
                });
            }
            _ => {}
        }
    }
    Ok(ways)
}

/// Notes that a person is asked whether they want a passkey, as their new session `session_id` begins: if they have none, and were
/// not asked since `last`. A row where they are.
pub fn offer(user_id: &str, session_id: &str, last: UnixTime, now: UnixTime) -> Query<bool> {
    Statement::new(
        "UPDATE users SET passkey_offered_at = ?
         WHERE id = ? AND (passkey_offered_at IS NULL OR passkey_offered_at < ?)
           AND NOT EXISTS (SELECT 1 FROM credentials c WHERE c.user_id = users.id AND c.kind = 'passkey')
           AND EXISTS (SELECT 1 FROM sessions s WHERE s.user_id = users.id AND s.id = ? AND s.waits_for = 0)
         RETURNING id",
    )
    .bind(now)
    .bind(user_id)
    .bind(last)
    .bind(session_id)
    .any()
}
