//! Lists of `users`, filtered and sorted. Each goes along an index, and no further than a bounded number of rows: where few of these
//! are wanted, a page has few people, or none, and says where the next one goes on.

use serde::Deserialize;

use super::{
    Query, Rows, Statement, read_count,
    users::{COLUMNS, Row},
};
use crate::{
    account::user::User,
    admin::people_filter::{Order, PeopleFilter, Place},
    fault::Fault,
};

/// The most people that are looked at for a page.
const WALK: i64 = 5_000;

/// How many names and addresses are looked at for one that is wanted: most people who are found by their name are met again by their address.
const SPARE: i64 = 4;

/// Comes after whatever begins as what is before it.
const LAST: char = '\u{10ffff}';

/// A person, and where in the order they are.
pub struct Listed {
    pub user: User,
    pub place: Place,
}

/// At most `limit` people, of those that are met on the walk.
pub fn list(filter: &PeopleFilter<'_>, limit: i64) -> Query<Vec<Listed>> {
    Statement::new("SELECT * FROM (")
        .append(filter.walk(filter.reach(limit)))
        .append(Statement::new(
            ") u WHERE u.again = 0 AND (? IS NULL OR u.id = ?) AND (? IS NULL OR (u.disabled_at IS NOT NULL) = ?) AND (? IS NULL OR
                EXISTS (SELECT 1 FROM group_members m WHERE m.user_id = u.id AND m.group_id = ?)) LIMIT ?",
        ))
        .bind(filter.id)
        .bind(filter.id)
        .bind(filter.disabled)
        .bind(filter.disabled)
        .bind(filter.group)
        .bind(filter.group)
        .bind(limit)
        .read_by(read)
}

/// The last place that [`list`] looks at where it finds fewer than `limit`, if there are more.
pub fn find_end(filter: &PeopleFilter<'_>, limit: i64) -> Query<Option<Place>> {
    let reach = filter.reach(limit);
    Statement::new("SELECT id, key FROM (")
        .append(filter.walk(reach))
        .append(Statement::new(") LIMIT 1 OFFSET ?"))
        .bind(reach - 1)
        .read_by(|rows| Ok(rows.first::<PlaceRow>()?.map(PlaceRow::into_place)))
}

/// How many people there are, counted no further than `most`.
pub fn count(most: i64) -> Query<i64> {
    Statement::new("SELECT COUNT(*) AS count FROM (SELECT 1 FROM users WHERE id > '' LIMIT ?)")
        .bind(most)
        .read_by(read_count)
}

impl PeopleFilter<'_> {
    /// How many are looked at for a page: whoever is met is wanted, or a few may be among many.
    fn reach(&self, limit: i64) -> i64 {
        match (self.id, self.disabled, self.group, &self.order) {
            (None, None, None, Order::Name(beginning)) if !beginning.is_empty() => WALK.min(limit * SPARE),
            (None, None, None, _) => limit,
            _ => WALK,
        }
    }

    /// The first `reach` people whom a page looks at, in their order: those with a name or an address, those of a group, or all.
    fn walk(&self, reach: i64) -> Statement {
        let walk = match (&self.order, self.group) {
            _ if self.username.is_some() || self.email.is_some() => self.named(),
            (Order::Name(beginning), _) => self.by_name(beginning, reach),
            (Order::Newest, _) => self.by_age(),
            (Order::Id, Some(group)) => self.of_group(group),
            (Order::Id, None) => self.by_id(),
        };
        walk.append(Statement::new(" LIMIT ?").bind(reach))
    }

    /// What the page comes after: its id, and its key.
    fn after(&self) -> (&str, &str) {
        let after = self.after.as_ref();
        after.map_or(("", ""), |place| (&place.id, &place.key))
    }

    /// One alone, where it is asked for by id.
    fn by_id(&self) -> Statement {
        // A page of people who are disabled finds these at once.
        let index = match self.disabled {
            Some(true) if self.id.is_none() => "INDEXED BY users_disabled WHERE u.disabled_at IS NOT NULL AND",
            _ => "WHERE",
        };
        let only = self.id.map(|id| Statement::new(" AND u.id = ?").bind(id));
        let all = Statement::new(format!(
            "SELECT {COLUMNS}, '' AS key, 0 AS again FROM users u {index} u.id > ?"
        ))
        .bind(self.after().0);
        only.into_iter()
            .fold(all, Statement::append)
            .append(Statement::new(" ORDER BY u.id"))
    }

    fn by_age(&self) -> Statement {
        let (id, key) = match self.after() {
            ("", _) => (LAST.to_string(), i64::from(u32::MAX)),
            (id, key) => (id.to_owned(), key.parse().unwrap_or_default()),
        };
        Statement::new(format!(
            "SELECT {COLUMNS}, CAST(u.created_at AS TEXT) AS key, 0 AS again FROM users u
             WHERE u.created_at <= ? AND (u.created_at < ? OR u.id < ?) ORDER BY u.created_at DESC, u.id DESC"
        ))
        .bind(key)
        .bind(key)
        .bind(&id)
    }

    /// Along both indexes at once: whoever has such a name is met `again` by their address, which counts as looked at. Everybody has a name.
    fn by_name(&self, beginning: &str, reach: i64) -> Statement {
        let end = format!("{beginning}{LAST}");
        let (id, key) = self.after();
        let from = key.max(beginning);
        let along = |column: &str, again: Statement| {
            Statement::new(format!("SELECT * FROM (SELECT {COLUMNS}, u.{column} AS key, "))
                .append(again)
                .append(Statement::new(format!(
                    " AS again FROM users u WHERE u.{column} >= ? AND u.{column} < ? AND (u.{column} > ? OR u.id > ?)
                      ORDER BY u.{column} LIMIT ?)"
                )))
                .bind(from)
                .bind(&end)
                .bind(key)
                .bind(id)
                .bind(reach)
        };
        let by_username = along("username_folded", Statement::new("0"));
        if beginning.is_empty() {
            return by_username;
        }
        let has_name = Statement::new("(u.username_folded >= ? AND u.username_folded < ?) IS TRUE");
        let by_address = along("email_folded", has_name.bind(beginning).bind(&end));
        Statement::new("SELECT * FROM (")
            .append(by_username)
            .append(Statement::new(" UNION ALL "))
            .append(by_address)
            .append(Statement::new(") ORDER BY key, id"))
    }

    fn of_group(&self, group_id: &str) -> Statement {
        Statement::new(format!(
            "SELECT {COLUMNS}, '' AS key, 0 AS again FROM group_members m JOIN users u ON u.id = m.user_id
             WHERE m.group_id = ? AND m.user_id > ? ORDER BY m.user_id"
        ))
        .bind(group_id)
        .bind(self.after().0)
    }

    /// Who has this name, this address, or both: one person at most has either.
    fn named(&self) -> Statement {
        let named = [("username_folded", &self.username), ("email_folded", &self.email)];
        let conditions = named
            .into_iter()
            .filter_map(|(column, value)| Some(Statement::new(format!(" AND u.{column} = ?")).bind(value.as_ref()?)));
        let all = Statement::new(format!(
            "SELECT {COLUMNS}, '' AS key, 0 AS again FROM users u WHERE u.id > ?"
        ))
        .bind(self.after().0);
        conditions.fold(all, Statement::append)
    }
}

#[derive(Deserialize)]
struct PlaceRow {
    id: String,
    key: String,
}

impl PlaceRow {
    fn into_place(self) -> Place {
        Place {
            id: self.id,
            key: self.key,
        }
    }
}

fn read(rows: &Rows) -> Result<Vec<Listed>, Fault> {
    #[derive(Deserialize)]
    struct ListedRow {
        key: String,
        #[serde(flatten)]
        user: Row,
    }
    let listed = |row: ListedRow| {
        let user = row.user.into_user()?;
        let place = Place {
            id: user.id.clone(),
            key: row.key,
        };
        Ok(Listed { user, place })
    };
    rows.all::<ListedRow>()?.into_iter().map(listed).collect()
}
