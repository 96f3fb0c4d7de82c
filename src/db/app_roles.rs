//! `app_roles`.

use serde::{Deserialize, Serialize};

use super::{Query, Rows, Statement, audit, conditions::behind, to_json};
use crate::{
    admin::role::{Holder, RoleOfHolder},
    audit::{Entry, Occasion},
    secret::Hash,
};

/// A role that somebody has at an app.
#[derive(Deserialize)]
pub struct Assigned {
    pub id: i64,
    pub role: String,
    pub group_id: Option<String>,
    pub user_id: Option<String>,
    /// Of the group, or the person's username.
    pub name: String,
}

/// At most `limit` roles at an app in the order in which they were given, from the one behind `after` on.
pub fn list(client_id: &str, after: i64, limit: i64) -> Query<Vec<Assigned>> {
    Statement::new(
        "SELECT ar.id, ar.role, ar.group_id, ar.user_id, COALESCE(g.name, u.username) AS name
         FROM app_roles ar LEFT JOIN groups g ON g.id = ar.group_id LEFT JOIN users u ON u.id = ar.user_id
         WHERE ar.client_id = ? AND ar.id > ? ORDER BY ar.id LIMIT ?",
    )
    .bind(client_id)
    .bind(after)
    .bind(limit)
    .read_by(Rows::all)
}

/// A role that the people of a group have at an app.
#[derive(Deserialize)]
pub struct RoleOfGroup {
    pub client_id: String,
    pub role: String,
    /// What the app is called: a name, or its id.
    pub app: String,
}

/// At most `limit` roles of a group, app by app.
pub fn list_of_group(group_id: &str, limit: i64) -> Query<Vec<RoleOfGroup>> {
    Statement::new(
        "SELECT ar.client_id, ar.role, COALESCE(json_extract(c.metadata, '$.client_name'), c.id) AS app FROM app_roles ar JOIN clients c ON c.id = ar.client_id
         WHERE ar.group_id = ? ORDER BY ar.client_id, ar.role LIMIT ?",
    )
    .bind(group_id)
    .bind(limit)
    .read_by(Rows::all)
}

/// Whether a role at an app has a blank.
pub fn have_blank(client_id: &str) -> Query<bool> {
    Statement::new("SELECT 1 FROM app_roles WHERE client_id = ? AND instr(role, ' ') > 0 LIMIT 1")
        .bind(client_id)
        .any()
}

/// A role of a person's at an app, by themselves or by a group.
#[derive(Deserialize, Serialize)]
pub struct OwnRole {
    pub client_id: String,
    pub role: String,
}

/// The roles of the person behind a session, at all apps.
pub fn list_own(session_hash: &Hash) -> Query<Vec<OwnRole>> {
    Statement::new(format!(
        "SELECT client_id, role FROM app_roles WHERE user_id = {0}
         UNION SELECT ar.client_id, ar.role FROM group_members gm CROSS JOIN app_roles ar ON ar.group_id = gm.group_id
               WHERE gm.user_id = {0}",
        behind!()
    ))
    .bind(session_hash)
    .bind(session_hash)
    .read_by(Rows::all)
}

/// Roles at an app that are given or taken, as JSON: role, group and person of each, one of the latter null.
pub struct Roles<'a> {
    client_id: &'a str,
    json: String,
}

/// The rows of [`Roles`], as a table `p`.
const ROWS: &str = "(SELECT json_extract(value, '$[0]') AS role, json_extract(value, '$[1]') AS group_id, json_extract(value, '$[2]') AS user_id
    FROM json_each(?)) p";

/// Holds where `ar` is the row `p`. Each of the two goes by its own index.
const IS_ROW: &str = "(ar.group_id = p.group_id OR ar.user_id = p.user_id) AND ar.role = p.role";

impl<'a> Roles<'a> {
    pub fn new(client_id: &'a str, roles: &[RoleOfHolder]) -> Self {
        let rows = roles.iter().map(|given| match &given.holder {
            Holder::Group(id) => (given.role.as_str(), Some(id.as_str()), None),
            Holder::User(id) => (given.role.as_str(), None, Some(id.as_str())),
        });
        Self {
            client_id,
            json: to_json(&rows.collect::<Vec<_>>()),
        }
    }

    /// The first id that nobody has: of a group, or of a person.
    pub fn find_missing(&self) -> Query<Option<Missing>> {
        Statement::new(format!(
            "SELECT p.group_id, p.user_id FROM {ROWS}
             WHERE NOT EXISTS (SELECT 1 FROM groups g WHERE g.id = p.group_id) AND NOT EXISTS (SELECT 1 FROM users u WHERE u.id = p.user_id)
             LIMIT 1"
        ))
        .bind(&self.json)
        .read_by(Rows::first)
    }

    /// Gives them.
    pub fn insert(&self) -> Statement {
        Statement::new(format!(
            "INSERT INTO app_roles (client_id, role, group_id, user_id)
             SELECT c.id, p.role, p.group_id, p.user_id FROM clients c, {ROWS}
             WHERE c.id = ? AND (EXISTS (SELECT 1 FROM groups g WHERE g.id = p.group_id) OR EXISTS (SELECT 1 FROM users u WHERE u.id = p.user_id))
             ON CONFLICT DO NOTHING"
        ))
        .bind(&self.json)
        .bind(self.client_id)
    }

    /// Takes them, and says whether there was one.
    pub fn delete(&self) -> Query<bool> {
        Statement::new(format!(
            "DELETE FROM app_roles WHERE id IN (SELECT ar.id FROM {ROWS} JOIN app_roles ar ON {IS_ROW} WHERE ar.client_id = ?)"
        ))
        .bind(&self.json)
        .bind(self.client_id)
        .read_by(|rows| Ok(rows.changes() > 0))
    }

    /// Writes an event down for each person to whom [`Roles::insert`] gives one, and one for all groups.
    pub fn record_insert(&self, entry: &Entry<'_>, on: &impl Occasion) -> Statement {
        self.record("NOT EXISTS", entry, on)
    }

    /// The same for [`Roles::delete`].
    pub fn record_delete(&self, entry: &Entry<'_>, on: &impl Occasion) -> Statement {
        self.record("EXISTS", entry, on)
    }

    fn record(&self, where_there_is: &str, entry: &Entry<'_>, on: &impl Occasion) -> Statement {
        let ids = Statement::new(format!(
            "SELECT DISTINCT p.user_id, c.id AS client_id, NULL AS session_id FROM clients c, {ROWS} WHERE c.id = ?
               AND {where_there_is} (SELECT 1 FROM app_roles ar WHERE {IS_ROW} AND ar.client_id = c.id)"
        ));
        audit::record_each(entry, ids.bind(&self.json).bind(self.client_id), on)
    }
}

/// An id that nobody has.
#[derive(Deserialize)]
pub struct Missing {
    pub group_id: Option<String>,
    pub user_id: Option<String>,
}
