//! `operators`: people who are operators, and their roles.

use serde::Deserialize;
use serde_json::json;

use super::{Query, Rows, Statement, audit, conditions::behind, from_json, to_json};
use crate::{
    account::{invitation::InvitationId, set_up::LinkKind},
    admin::{operator::OperatorPerson, operator_role::OperatorRoles},
    audit::{Actor, Entry, Event, Occasion},
    db::set_up_links::SetUpLink,
    fault::Fault,
    secret::Hash,
    time::UnixTime,
};

/// The most people who are operators.
const MOST: i64 = 200;

const COLUMNS: &str = "o.user_id, u.username, o.roles, o.granted_at FROM operators o JOIN users u ON u.id = o.user_id";

/// Somebody, if they are an operator.
pub fn find(user_id: &str) -> Query<Option<OperatorPerson>> {
    Statement::new(format!("SELECT {COLUMNS} WHERE o.user_id = ?"))
        .bind(user_id)
        .read_by(read_first)
}

/// The roles that somebody had, or none, when it was judged who may change their account.
#[derive(Clone, Debug)]
pub struct JudgedRoles {
    user_id: String,
    stored: Option<String>,
}

impl JudgedRoles {
    pub fn new(user_id: &str, operator: Option<&OperatorPerson>) -> Self {
        Self {
            user_id: user_id.to_owned(),
            stored: operator.map(|operator| operator.stored.clone()),
        }
    }

    /// Fails, and with it the batch that it is in, where they have others by now.
    pub fn demand(&self) -> Statement {
        Statement::new("SELECT json(IIF((SELECT roles FROM operators WHERE user_id = ?) IS ?, '1', 'changed'))")
            .bind(&self.user_id)
            .bind(self.stored.as_ref())
    }

    /// Whether they have others by now.
    pub fn have_changed(&self) -> Query<bool> {
        Statement::new("SELECT 1 WHERE (SELECT roles FROM operators WHERE user_id = ?) IS NOT ?")
            .bind(&self.user_id)
            .bind(self.stored.as_ref())
            .any()
    }
}

/// The person of a session, if they are an operator. Whether the session lives is asked elsewhere.
pub fn find_of_session(session_hash: &Hash) -> Query<Option<OperatorPerson>> {
    Statement::new(format!(
        "SELECT {COLUMNS} WHERE o.user_id = (SELECT user_id FROM sessions WHERE hash = ?)"
    ))
    .bind(session_hash)
    .read_by(read_first)
}

/// The person of a token family, likewise.
pub fn find_of_family(family_id: &str) -> Query<Option<OperatorPerson>> {
    Statement::new(format!(
        "SELECT {COLUMNS} WHERE o.user_id = (SELECT user_id FROM token_families WHERE id = ?)"
    ))
    .bind(family_id)
    .read_by(read_first)
}

/// At most `limit` operators in the order of their ids, from the one behind `after` on.
pub fn list(after: &str, limit: i64) -> Query<Vec<OperatorPerson>> {
    Statement::new(format!(
        "SELECT {COLUMNS} WHERE o.user_id > ? ORDER BY o.user_id LIMIT ?"
    ))
    .bind(after)
    .bind(limit)
    .read_by(read_all)
}

/// Who changes the roles of somebody else: a person must still have the roles that let them.
const STILL_MAY: &str = "(? IS NULL OR EXISTS (SELECT 1 FROM operators g WHERE g.user_id = ? AND g.roles = ?))";

/// Gives a person these roles, in place of those of `before`. It says no where they have other ones by now, there is no such person,
/// there are too many operators, or `by`, where that is a person, has other roles by now.
pub fn set(
    user_id: &str,
    roles: &OperatorRoles,
    before: Option<&OperatorPerson>,
    by: Option<&OperatorPerson>,
    now: UnixTime,
) -> Query<bool> {
    let set = Statement::new(format!(
        "INSERT INTO operators (user_id, roles, granted_at)
         SELECT u.id, ?, ? FROM users u LEFT JOIN operators o ON o.user_id = u.id
         WHERE u.id = ? AND o.roles IS ? AND (o.user_id IS NOT NULL OR (SELECT COUNT(*) FROM operators) < {MOST})
           AND {STILL_MAY}
         ON CONFLICT (user_id) DO UPDATE SET roles = excluded.roles, granted_at = excluded.granted_at RETURNING user_id"
    ))
    .bind(&to_json(&roles.names()))
    .bind(now)
    .bind(user_id)
    .bind(before.map(|before| &before.stored));
    bind_granter(set, by).any()
}

/// Makes the person an owner who comes in by the invitation for the first one.
pub fn begin_with_first(id: &InvitationId, user_id: &str, now: UnixTime) -> Statement {
    Statement::new(
        "INSERT INTO operators (user_id, roles, granted_at)
         SELECT u.id, ?, ? FROM users u JOIN invitations i ON i.expires_at = ? AND i.id = ? AND i.first = 1
         WHERE u.id = ? ON CONFLICT DO NOTHING",
    )
    .bind(&to_json(&OperatorRoles::owner().names()))
    .bind(now)
    .bind(id.expires_at)
    .bind(&id.random)
    .bind(user_id)
}

/// Takes all roles from an operator, if they are still those, and `by` may still do so. Two owners who do it to each other at once
/// leave one.
pub fn remove(operator: &OperatorPerson, by: Option<&OperatorPerson>) -> Query<bool> {
    let remove = Statement::new(format!(
        "DELETE FROM operators WHERE user_id = ? AND roles = ? AND {STILL_MAY} RETURNING user_id"
    ))
    .bind(&operator.user_id)
    .bind(&operator.stored);
    bind_granter(remove, by).any()
}

/// Writes down that somebody who is deleted next in the batch loses their roles, if they are an operator: by the person behind the session
/// of `own`, if they are that person, or by an operator. So the audit knows for as long as it can that the id was an operator's
/// ([`super::moving::former_operators`]), however long ago they became one.
pub fn record_leaving(user_id: &str, own: Option<&Hash>, on: &impl Occasion) -> Statement {
    let (actor, condition) = match own {
        Some(session_hash) => (
            Actor::Person,
            Statement::new(concat!("o.user_id = ", behind!())).bind(session_hash),
        ),
        None => (Actor::Operator, Statement::always()),
    };
    let entry = Entry::new(Event::OperatorRolesChanged, actor).detail(json!({ "roles": [] }));
    let leaving =
        Statement::new("SELECT o.user_id, NULL AS client_id, NULL AS session_id FROM operators o WHERE o.user_id = ?");
    audit::record_each(&entry, leaving.bind(user_id).and(condition), on)
}

fn bind_granter(statement: Statement, by: Option<&OperatorPerson>) -> Statement {
    statement
        .bind(by.map(|by| &by.user_id))
        .bind(by.map(|by| &by.user_id))
        .bind(by.map(|by| &by.stored))
}

/// Ends the set-up link of somebody who became an operator at `now`: whoever made it may do less than they can.
pub fn end_set_up_link(user_id: &str, now: UnixTime) -> Statement {
    Statement::new(
        "DELETE FROM credentials WHERE id = ? AND kind = 'set_up_link'
         AND EXISTS (SELECT 1 FROM operators WHERE user_id = ? AND granted_at = ?)",
    )
    .bind(&SetUpLink::row_id(LinkKind::SetUp, user_id))
    .bind(user_id)
    .bind(now)
}

fn read_first(rows: &Rows) -> Result<Option<OperatorPerson>, Fault> {
    Ok(read_all(rows)?.into_iter().next())
}

fn read_all(rows: &Rows) -> Result<Vec<OperatorPerson>, Fault> {
    #[derive(Deserialize)]
    struct Row {
        user_id: String,
        username: String,
        roles: String,
        granted_at: i64,
    }
    let read = |row: Row| {
        let names: Vec<String> = from_json(&row.roles)?;
        Ok(OperatorPerson {
            user_id: row.user_id,
            username: row.username,
            roles: OperatorRoles::stored(names.iter().map(String::as_str)),
            granted_at: UnixTime(row.granted_at),
            stored: row.roles,
        })
    };
    rows.all::<Row>()?.into_iter().map(read).collect()
}
