//! `app_roles`.

use serde::{Deserialize, Serialize};

use super::{
    Query, Rows, Statement, audit,
    conditions::{behind, fail_where},
    to_json,
};
use crate::{
    admin::role::{Holder, MOST_AT_APP, MOST_OF_HOLDER, RoleOfHolder},
    audit::{Entry, Occasion},
    secret::Hash,
};

/// What the client `c` is called, and whether it is told of roles.
macro_rules! named {
    () => {
        "COALESCE(json_extract(c.metadata, '$.client_name'), c.id) AS app, json_extract(c.metadata, '$.roles_claim') IS NOT NULL AS is_told"
    };
}

/// Holds for a client `c` that is told roles in a text, in which none can have a blank.
pub(super) const IS_TOLD_AS_TEXT: &str = "COALESCE(json_extract(c.metadata, '$.roles_format'), '') = 'text'";

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
    /// Whether the app is told of roles.
    pub is_told: i64,
}

/// The first `limit` apps by their ids, in the order of their names, with no role.
pub fn list_apps(limit: i64) -> Query<Vec<RoleOfGroup>> {
    Statement::new(concat!(
        "SELECT * FROM (SELECT c.id AS client_id, '' AS role, ",
        named!(),
        " FROM clients c WHERE c.id > '' ORDER BY c.id LIMIT ?) ORDER BY app"
    ))
    .bind(limit)
    .read_by(Rows::all)
}

/// At most `limit` roles of a group, app by app.
pub fn list_of_group(group_id: &str, limit: i64) -> Query<Vec<RoleOfGroup>> {
    Statement::new(concat!(
        "SELECT ar.client_id, ar.role, ",
        named!(),
        " FROM app_roles ar JOIN clients c ON c.id = ar.client_id WHERE ar.group_id = ? ORDER BY ar.client_id, ar.role LIMIT ?"
    ))
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

    /// The first thing that keeps these from being given, and those from being taken.
    pub fn find_problem(&self, taken: &Self) -> Query<Option<Problem>> {
        self.problem(taken).read_by(Rows::first)
    }

    /// Fails, and with it the batch that it begins, where there is such a thing.
    pub fn demand(&self, taken: &Self) -> Statement {
        fail_where(self.problem(taken))
    }

    /// `more` is how many more roles a holder `h` has then: what is given and not there yet, without what is taken and is there.
    fn problem(&self, taken: &Self) -> Statement {
        Statement::new(format!(
            "WITH p AS MATERIALIZED (SELECT role, group_id, user_id, MAX(given) AS given FROM (
                    SELECT *, 1 AS given FROM {ROWS} UNION ALL SELECT *, 0 FROM {ROWS}) GROUP BY role, group_id, user_id),
                app AS MATERIALIZED (SELECT c.id, {IS_TOLD_AS_TEXT} AS is_text
                    FROM (SELECT 1) LEFT JOIN clients c ON c.id = ?),
                h AS MATERIALIZED (SELECT p.group_id, p.user_id, MAX(p.given AND instr(p.role, ' ') > 0) AS has_blank,
                        SUM(p.given - EXISTS (SELECT 1 FROM app_roles ar WHERE {IS_ROW} AND ar.client_id = ?)) AS more
                    FROM p GROUP BY p.group_id, p.user_id)
             SELECT kind, group_id, user_id FROM (SELECT h.group_id, h.user_id, CASE
                WHEN app.id IS NULL THEN 'no_client'
                WHEN NOT EXISTS (SELECT 1 FROM groups g WHERE g.id = h.group_id)
                    AND NOT EXISTS (SELECT 1 FROM users u WHERE u.id = h.user_id) THEN 'no_holder'
                WHEN h.has_blank AND app.is_text THEN 'blank'
                WHEN h.more > 0 AND h.more + (SELECT COUNT(*) FROM app_roles ar
                    WHERE (ar.group_id = h.group_id OR ar.user_id = h.user_id) AND ar.client_id = app.id) > {MOST_AT_APP} THEN 'too_many_at_app'
                WHEN h.more > 0 AND h.more + (SELECT COUNT(*) FROM app_roles ar
                    WHERE ar.group_id = h.group_id OR ar.user_id = h.user_id) > {MOST_OF_HOLDER} THEN 'too_many'
                END AS kind FROM h, app) WHERE kind IS NOT NULL LIMIT 1"
        ))
        .bind(&self.json)
        .bind(&taken.json)
        .bind(self.client_id)
        .bind(self.client_id)
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

/// What keeps a change from being made.
#[derive(Deserialize)]
pub struct Problem {
    pub kind: ProblemKind,
    /// The holder: one of the two.
    pub group_id: Option<String>,
    pub user_id: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ProblemKind {
    NoClient,
    NoHolder,
    /// A role has a blank, and the app is told its roles in a text.
    Blank,
    /// The holder would have more than [`MOST_AT_APP`].
    TooManyAtApp,
    /// The holder would have more than [`MOST_OF_HOLDER`].
    TooMany,
}
