//! `api_keys`: of those that programs present, keyed hashes.

use serde::Deserialize;

use super::{Query, Rows, Statement, from_json, to_json};
use crate::{
    account::group::Label,
    admin::api_key::{self, ApiKey, KeyScope},
    fault::Fault,
    secret::Hash,
    time::{Lifetime, UnixTime},
};

/// The most keys that there are.
const MOST: i64 = 200;

/// How often a use is written down.
const MARKED_EVERY: Lifetime = Lifetime::hours(1);

const COLUMNS: &str =
    "k.id, k.name, k.scopes, k.made_by, k.made_by_user, k.made_by_client, k.created_at, k.expires_at, k.last_used_at";

impl ApiKey {
    /// Whether its use is to be written down by [`mark_used`].
    pub fn is_use_due(&self, now: UnixTime) -> bool {
        self.last_used_at.is_none_or(|at| at <= now - MARKED_EVERY)
    }
}

/// The key of that hash, while it lives.
pub fn find(hash: &Hash, now: UnixTime) -> Query<Option<ApiKey>> {
    Statement::new(format!(
        "SELECT {COLUMNS} FROM api_keys k WHERE k.hash = ? AND k.expires_at > ?"
    ))
    .bind(hash)
    .bind(now)
    .read_by(|rows| Ok(read_all(rows)?.into_iter().next()))
}

/// Notes that a key was used, once in [`MARKED_EVERY`].
pub fn mark_used(id: &str, now: UnixTime) -> Statement {
    Statement::new("UPDATE api_keys SET last_used_at = ? WHERE id = ? AND COALESCE(last_used_at <= ?, TRUE)")
        .bind(now)
        .bind(id)
        .bind(now - MARKED_EVERY)
}

/// A new key. It says no where the name is taken, in any spelling, there are too many, or the key that makes it is gone.
pub fn insert(key: &ApiKey, hash: &Hash) -> Query<bool> {
    Statement::new(format!(
        "INSERT INTO api_keys (id, hash, name, name_folded, scopes, made_by, made_by_user, made_by_client, created_at, expires_at)
         SELECT ?, ?, ?, ?, ?, m.id, ?, ?, ?, ? FROM (SELECT ? AS made_by) w LEFT JOIN api_keys m ON m.id = w.made_by
         WHERE m.id IS w.made_by AND (SELECT COUNT(*) FROM api_keys) < {MOST}
         ON CONFLICT DO NOTHING RETURNING id"
    ))
    .bind(&key.id)
    .bind(hash)
    .bind(key.name.as_str())
    .bind(&key.name.folded())
    .bind(&to_json(&api_key::names(&key.scopes)))
    .bind(key.made_by_user.as_ref())
    .bind(key.made_by_client.as_ref())
    .bind(key.created_at)
    .bind(key.expires_at)
    .bind(key.made_by.as_ref())
    .any()
}

/// At most `limit` keys in the order of their ids, from the one behind `after` on, those that have expired, too; with the names of those who made
/// them.
pub fn list(after: &str, limit: i64) -> Query<Vec<ApiKey>> {
    Statement::new(format!(
        "SELECT {COLUMNS}, CASE WHEN k.made_by IS NOT NULL THEN m.name WHEN k.made_by_user IS NOT NULL THEN u.username
                ELSE json_extract(c.metadata, '$.client_name') END AS maker
         FROM api_keys k LEFT JOIN api_keys m ON m.id = k.made_by LEFT JOIN users u ON u.id = k.made_by_user
              LEFT JOIN clients c ON c.id = k.made_by_client
         WHERE k.id > ? ORDER BY k.id LIMIT ?"
    ))
    .bind(after)
    .bind(limit)
    .read_by(read_all)
}

/// A key, and all that come of it: those that it made, and those that these made.
pub fn find_with_made(id: &str) -> Query<Vec<ApiKey>> {
    Statement::new(format!(
        "WITH RECURSIVE line (id) AS (
            SELECT id FROM api_keys WHERE id = ?
            UNION SELECT made.id FROM line CROSS JOIN api_keys made ON made.made_by = line.id)
         SELECT {COLUMNS} FROM line CROSS JOIN api_keys k ON k.id = line.id"
    ))
    .bind(id)
    .read_by(read_all)
}

/// Ends a key, and with it those that come of it.
pub fn delete(id: &str) -> Query<bool> {
    Statement::new("DELETE FROM api_keys WHERE id = ? RETURNING id")
        .bind(id)
        .any()
}

fn read_all(rows: &Rows) -> Result<Vec<ApiKey>, Fault> {
    #[derive(Deserialize)]
    struct Row {
        id: String,
        name: String,
        scopes: String,
        made_by: Option<String>,
        made_by_user: Option<String>,
        made_by_client: Option<String>,
        #[serde(default)]
        maker: Option<String>,
        created_at: i64,
        expires_at: i64,
        last_used_at: Option<i64>,
    }
    let read = |row: Row| {
        // A scope that this version does not know, of a newer one that was here before, gives nothing.
        let scopes: Vec<String> = from_json(&row.scopes)?;
        Ok(ApiKey {
            id: row.id,
            name: Label::stored(row.name),
            scopes: scopes.iter().filter_map(|name| KeyScope::parse(name)).collect(),
            made_by: row.made_by,
            made_by_user: row.made_by_user,
            made_by_client: row.made_by_client,
            maker: row.maker,
            created_at: UnixTime(row.created_at),
            expires_at: UnixTime(row.expires_at),
            last_used_at: row.last_used_at.map(UnixTime),
        })
    };
    rows.all::<Row>()?.into_iter().map(read).collect()
}
