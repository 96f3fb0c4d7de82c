//! `groups`.

use serde::Deserialize;
use serde_json::Value;

use super::{Query, Rows, Statement, conditions::behind, from_json};
use crate::{
    account::group::{Group, Label},
    admin::{console_form::group::SeenGroup, group::WantedGroup},
    fault::Fault,
    oidc::claims::LONGEST_ATTRIBUTES,
    secret::Hash,
    time::UnixTime,
};

const COLUMNS: &str = "g.id, g.name, g.second_factor_required, g.attributes, g.created_at, g.updated_at";

#[derive(Deserialize)]
struct Row {
    id: String,
    name: String,
    second_factor_required: i64,
    attributes: Option<String>,
    created_at: i64,
    updated_at: i64,
}

impl Row {
    fn into_group(self) -> Result<Group, Fault> {
        Ok(Group {
            id: self.id,
            name: Label::stored(self.name),
            second_factor_required: self.second_factor_required != 0,
            created_at: UnixTime(self.created_at),
            updated_at: UnixTime(self.updated_at),
            attributes: self
                .attributes
                .as_deref()
                .map(from_json)
                .transpose()?
                .unwrap_or_default(),
        })
    }
}

fn read_all(rows: &Rows) -> Result<Vec<Group>, Fault> {
    rows.all::<Row>()?.into_iter().map(Row::into_group).collect()
}

pub fn find(group_id: &str) -> Query<Option<Group>> {
    Statement::new(format!("SELECT {COLUMNS} FROM groups g WHERE g.id = ?"))
        .bind(group_id)
        .read_by(|rows| rows.first::<Row>()?.map(Row::into_group).transpose())
}

/// At most `limit` groups in the order of their folded names, from the one behind `after` on, whose names begin with `beginning`,
/// both folded.
pub fn list(beginning: &str, after: &str, limit: i64) -> Query<Vec<Group>> {
    Statement::new(format!(
        "SELECT {COLUMNS} FROM groups g WHERE g.name_folded > ? AND g.name_folded >= ? AND g.name_folded < ?
         ORDER BY g.name_folded LIMIT ?"
    ))
    .bind(after)
    .bind(beginning)
    // No letter comes after it.
    .bind(&format!("{beginning}\u{10ffff}"))
    .bind(limit)
    .read_by(read_all)
}

/// The groups that a person is in, by name.
pub fn list_of(user_id: &str) -> Query<Vec<Group>> {
    of_person("?").bind(user_id).read_by(read_all)
}

/// The same of the person behind a session.
pub fn list_own(session_hash: &Hash) -> Query<Vec<Group>> {
    of_person(behind!()).bind(session_hash).read_by(read_all)
}

fn of_person(user_id: &str) -> Statement {
    Statement::new(format!(
        "SELECT {COLUMNS} FROM group_members m JOIN groups g ON g.id = m.group_id WHERE m.user_id = {user_id} ORDER BY g.name_folded"
    ))
}

/// The first of the ids of a JSON array that is no group's.
pub fn find_missing(ids: &str) -> Query<Option<String>> {
    Statement::new(
        "SELECT value FROM json_each(?) wanted WHERE NOT EXISTS (SELECT 1 FROM groups g WHERE g.id = wanted.value) LIMIT 1",
    )
    .bind(ids)
    .read_by(read_missing)
}

fn read_missing(rows: &Rows) -> Result<Option<String>, Fault> {
    #[derive(Deserialize)]
    struct Missing {
        value: String,
    }
    Ok(rows.first::<Missing>()?.map(|missing| missing.value))
}

/// A new group. It says no when the name is taken, in any spelling.
pub fn insert(group: &Group) -> Query<bool> {
    Statement::new(
        "INSERT INTO groups (id, name, name_folded, second_factor_required, attributes, created_at, updated_at)
         VALUES (?, ?, ?, ?, NULLIF(?, '{}'), ?, ?)
         ON CONFLICT DO NOTHING RETURNING id",
    )
    .bind(&group.id)
    .bind(group.name.as_str())
    .bind(&group.name.folded())
    .bind(group.second_factor_required)
    .bind(&Value::Object(group.attributes.clone()).to_string())
    .bind(group.created_at)
    .bind(group.updated_at)
    .any()
}

/// Changes of a group what is named. It says no when the name is taken, the group is gone, or it is not as it was shown.
pub fn change(group_id: &str, wanted: &WantedGroup, shown: Option<SeenGroup<'_>>, now: UnixTime) -> Query<bool> {
    let name = wanted.name.as_ref();
    // A merge patch of nothing changes nothing.
    let patch = Value::Object(wanted.attributes.clone().unwrap_or_default()).to_string();
    Statement::new(format!(
        "UPDATE OR IGNORE groups SET name = COALESCE(?, name), name_folded = COALESCE(?, name_folded),
            second_factor_required = COALESCE(?, second_factor_required),
            attributes = NULLIF(json_patch(COALESCE(attributes, '{{}}'), ?), '{{}}'), updated_at = ?
         WHERE id = ? AND name = COALESCE(?, name) AND second_factor_required = COALESCE(?, second_factor_required)
            AND length(CAST(json_patch(COALESCE(attributes, '{{}}'), ?) AS BLOB)) <= {LONGEST_ATTRIBUTES} RETURNING id",
    ))
    .bind(name.map(Label::as_str))
    .bind(name.map(Label::folded).as_ref())
    .bind(wanted.second_factor_required.map(i64::from))
    .bind(&patch)
    .bind(now)
    .bind(group_id)
    .bind(shown.map(|shown| shown.name))
    .bind(shown.map(|shown| i64::from(shown.second_factor_required)))
    .bind(&patch)
    .any()
}

/// Its members and roles go with it.
pub fn delete(group_id: &str) -> Query<bool> {
    Statement::new("DELETE FROM groups WHERE id = ? RETURNING id")
        .bind(group_id)
        .any()
}
