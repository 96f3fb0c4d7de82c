//! `group_members`.

use serde::Deserialize;

use super::{Query, Rows, Statement, audit, conditions::fail_where, to_json, users};
use crate::{
    account::{group::MOST_OF_PERSON, user::User},
    audit::{Entry, Occasion},
};

/// People and groups, each with each: either is one alone. What a change adds, or what it removes.
pub struct Pairs(String);

/// What keeps a change from being made.
#[derive(Deserialize)]
pub struct Problem {
    pub kind: ProblemKind,
    pub user_id: String,
    pub group_id: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ProblemKind {
    NoUser,
    NoGroup,
    /// The person would be in more than [`MOST_OF_PERSON`] groups.
    TooMany,
}

/// The rows of [`Pairs`], as a table `p`.
const PAIRS: &str =
    "(SELECT json_extract(value, '$[0]') AS user_id, json_extract(value, '$[1]') AS group_id FROM json_each(?)) p";

impl Pairs {
    pub fn new<'a>(user_ids: &[&'a str], group_ids: &[&'a str]) -> Self {
        let pairs = user_ids
            .iter()
            .flat_map(|user| group_ids.iter().map(move |group| [*user, *group]));
        Self(to_json(&pairs.collect::<Vec<_>>()))
    }

    /// The first thing that keeps the pairs from being added, or from being removed.
    pub fn find_problem(&self, adds: bool) -> Query<Option<Problem>> {
        self.problem(adds).read_by(Rows::first)
    }

    /// Fails, and with it the batch that it begins, where something keeps the pairs from being added.
    pub fn demand(&self) -> Statement {
        fail_where(self.problem(true))
    }

    fn problem(&self, adds: bool) -> Statement {
        Statement::new(format!(
            "SELECT * FROM (SELECT p.user_id, p.group_id, CASE
                WHEN NOT EXISTS (SELECT 1 FROM users u WHERE u.id = p.user_id) THEN 'no_user'
                WHEN NOT EXISTS (SELECT 1 FROM groups g WHERE g.id = p.group_id) THEN 'no_group'
                WHEN ? AND (SELECT COUNT(*) FROM json_each(?) n WHERE json_extract(n.value, '$[0]') = p.user_id)
                    + (SELECT COUNT(*) FROM group_members m WHERE m.user_id = p.user_id AND m.group_id NOT IN (
                        SELECT json_extract(n.value, '$[1]') FROM json_each(?) n)) > {MOST_OF_PERSON} THEN 'too_many'
             END AS kind FROM {PAIRS}) WHERE kind IS NOT NULL LIMIT 1"
        ))
        .bind(adds)
        .bind(&self.0)
        .bind(&self.0)
        .bind(&self.0)
    }

    /// Adds them.
    pub fn insert(&self) -> Statement {
        Statement::new(format!(
            "INSERT INTO group_members (user_id, group_id)
             SELECT p.user_id, p.group_id FROM {PAIRS}
             WHERE EXISTS (SELECT 1 FROM users u WHERE u.id = p.user_id) AND EXISTS (SELECT 1 FROM groups g WHERE g.id = p.group_id)
             ON CONFLICT DO NOTHING"
        ))
        .bind(&self.0)
    }

    /// Takes them away, and says whether there was one.
    pub fn delete(&self) -> Query<bool> {
        Statement::new(format!(
            "DELETE FROM group_members WHERE (user_id, group_id) IN (SELECT p.user_id, p.group_id FROM {PAIRS})"
        ))
        .bind(&self.0)
        .read_by(|rows| Ok(rows.changes() > 0))
    }

    /// Writes an event down for each person whom [`Pairs::insert`], which comes next, adds to a group.
    pub fn record_insert(&self, entry: &Entry<'_>, on: &impl Occasion) -> Statement {
        self.record("NOT EXISTS", entry, on)
    }

    /// The same for [`Pairs::delete`].
    pub fn record_delete(&self, entry: &Entry<'_>, on: &impl Occasion) -> Statement {
        self.record("EXISTS", entry, on)
    }

    fn record(&self, where_there_is: &str, entry: &Entry<'_>, on: &impl Occasion) -> Statement {
        let people = Statement::new(format!(
            "SELECT DISTINCT u.id AS user_id, NULL AS client_id, NULL AS session_id FROM {PAIRS} JOIN users u ON u.id = p.user_id
             WHERE {where_there_is} (SELECT 1 FROM group_members m WHERE m.user_id = p.user_id AND m.group_id = p.group_id)"
        ));
        audit::record_each(entry, people.bind(&self.0), on)
    }
}

/// At most `limit` people of a group in the order of their ids, from the one behind `after` on.
pub fn list(group_id: &str, after: &str, limit: i64) -> Query<Vec<User>> {
    Statement::new(format!(
        "SELECT {} FROM group_members m JOIN users u ON u.id = m.user_id
         WHERE m.group_id = ? AND m.user_id > ? ORDER BY m.user_id LIMIT ?",
        users::COLUMNS
    ))
    .bind(group_id)
    .bind(after)
    .bind(limit)
    .read_by(users::read_all)
}
