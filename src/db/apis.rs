//! `apis`: those that operators declared.

use serde::Deserialize;
use serde_json::{Map, Value};

use super::{Query, Rows, Statement, clients::is_operators, from_json};
use crate::{
    config::lookup_key,
    fault::Fault,
    oidc::{
        client::client_metadata::ClientMetadata,
        declared_api::{ApiSettings, DeclaredApi},
    },
    secret::Hash,
    time::UnixTime,
};

/// The most APIs.
pub const MOST: i64 = 500;

/// An API as it is stored.
#[derive(Clone, Debug)]
pub struct StoredApi {
    pub id: String,
    /// Rises with every change.
    pub version: i64,
    pub api: DeclaredApi,
    /// What of it is not right any more, and counts for nothing therefore.
    pub problem: Option<String>,
    /// When the secret was made with which it asks about tokens, where it has one.
    pub secret_made_at: Option<UnixTime>,
    /// Until when the one before works.
    pub previous_secret_until: Option<UnixTime>,
    pub created_at: UnixTime,
    pub updated_at: UnixTime,
}

const COLUMNS: &str =
    "a.id, a.version, a.identifier, a.settings, a.secret_made_at, a.previous_secret_until, a.created_at, a.updated_at";

#[derive(Deserialize)]
struct Row {
    id: String,
    version: i64,
    identifier: String,
    settings: String,
    secret_made_at: Option<i64>,
    previous_secret_until: Option<i64>,
    created_at: i64,
    updated_at: i64,
}

impl Row {
    fn into_stored(self) -> Result<StoredApi, Fault> {
        let (api, problem) = declared(self.identifier, &from_json(&self.settings)?);
        Ok(StoredApi {
            id: self.id,
            version: self.version,
            api,
            problem,
            secret_made_at: self.secret_made_at.map(UnixTime),
            previous_secret_until: self.previous_secret_until.map(UnixTime),
            created_at: UnixTime(self.created_at),
            updated_at: UnixTime(self.updated_at),
        })
    }
}

fn declared(identifier: String, settings: &Map<String, Value>) -> (DeclaredApi, Option<String>) {
    let (settings, problem) = ApiSettings::read_stored(&identifier, settings);
    (DeclaredApi { identifier, settings }, problem)
}

/// Holds for an API `a` that the client of that id may ask for: see [`ApiSettings`].
pub(super) fn is_open_to(client_id: &str) -> String {
    format!(
        "(EXISTS (SELECT 1 FROM json_each(a.settings, '$.apps') named WHERE named.key = {client_id})
          OR (json_extract(a.settings, '$.open_to') = 'all_apps'
              AND (json_extract(a.settings, '$.self_registered_apps') = 1
                   OR EXISTS (SELECT 1 FROM clients own WHERE own.id = {client_id} AND {}))))",
        is_operators("own")
    )
}

/// The column `apis` of a row of `table`: those that it is for, as far as its client may ask for them. Read by [`read_column`].
pub(super) fn column(table: &str) -> String {
    format!(
        "(SELECT json_group_array(json_array(a.identifier, json(a.settings))) FROM apis a
          WHERE a.identifier IN (SELECT value FROM json_each({table}.resources)) AND {}) AS apis",
        is_open_to(&format!("{table}.client_id"))
    )
}

pub(super) fn read_column(text: &str) -> Result<Vec<DeclaredApi>, Fault> {
    // Most rows are for none.
    if text == "[]" {
        return Ok(Vec::new());
    }
    let all: Vec<(String, Map<String, Value>)> = from_json(text)?;
    let declared = |(identifier, settings)| declared(identifier, &settings).0;
    Ok(all.into_iter().map(declared).collect())
}

/// Those of a JSON array of keys, as [`lookup_key`] gives them, that a client may ask for.
pub fn find_open(keys: &str, client_id: &str) -> Query<Vec<DeclaredApi>> {
    Statement::new(format!(
        "SELECT {COLUMNS} FROM apis a, (SELECT ? AS id) asking WHERE a.lookup_key IN (SELECT value FROM json_each(?)) AND {}",
        is_open_to("asking.id")
    ))
    .bind(client_id)
    .bind(keys)
    .read_by(read_declared)
}

/// Those of a JSON array of keys, whoever may ask for them.
pub fn find_any(keys: &str) -> Query<Vec<DeclaredApi>> {
    Statement::new(format!(
        "SELECT {COLUMNS} FROM apis a WHERE a.lookup_key IN (SELECT value FROM json_each(?))"
    ))
    .bind(keys)
    .read_by(read_declared)
}

/// Holds where the client may ask for each API of a JSON array of identifiers.
pub fn are_open(identifiers: &str, client_id: &str) -> Statement {
    Statement::new(format!(
        "NOT EXISTS (SELECT 1 FROM json_each(?) wanted, (SELECT ? AS id) asking
                     WHERE NOT EXISTS (SELECT 1 FROM apis a WHERE a.identifier = wanted.value AND {}))",
        is_open_to("asking.id")
    ))
    .bind(identifiers)
    .bind(client_id)
}

fn read_declared(rows: &Rows) -> Result<Vec<DeclaredApi>, Fault> {
    Ok(read_all(rows)?.into_iter().map(|stored| stored.api).collect())
}

fn read_all(rows: &Rows) -> Result<Vec<StoredApi>, Fault> {
    rows.all::<Row>()?.into_iter().map(Row::into_stored).collect()
}

pub fn find(api_id: &str) -> Query<Option<StoredApi>> {
    Statement::new(format!("SELECT {COLUMNS} FROM apis a WHERE a.id = ?"))
        .bind(api_id)
        .read_by(|rows| rows.first::<Row>()?.map(Row::into_stored).transpose())
}

/// At most `limit` APIs in the order of their identifiers, from the one behind `after` on, whose name has `part` in it, or whose identifier or id
/// begins with it; letters of ASCII are small in it.
pub fn list(part: &str, after: &str, limit: i64) -> Query<Vec<StoredApi>> {
    Statement::new(format!(
        "SELECT {COLUMNS} FROM apis a WHERE a.identifier > ?
           AND (? = '' OR instr(lower(json_extract(a.settings, '$.name')), ?) > 0 OR instr(lower(a.identifier), ?) = 1 OR instr(lower(a.id), ?) = 1)
         ORDER BY a.identifier LIMIT ?"
    ))
    .bind(after)
    .bind(part)
    .bind(part)
    .bind(part)
    .bind(part)
    .bind(limit)
    .read_by(read_all)
}

/// The first of those that a client may ask for, by identifier.
pub fn list_open(client_id: &str, limit: i64) -> Query<Vec<StoredApi>> {
    Statement::new(format!(
        "SELECT {COLUMNS} FROM apis a, (SELECT ? AS id) asking WHERE {} ORDER BY a.identifier LIMIT ?",
        is_open_to("asking.id")
    ))
    .bind(client_id)
    .bind(limit)
    .read_by(read_all)
}

/// What the apps of a JSON array of ids call themselves, as far as they are there.
pub fn names_of_apps(client_ids: &str) -> Query<Vec<(String, ClientMetadata)>> {
    #[derive(Deserialize)]
    struct App {
        id: String,
        metadata: String,
    }
    Statement::new("SELECT id, metadata FROM clients WHERE id IN (SELECT value FROM json_each(?))")
        .bind(client_ids)
        .read_by(|rows| {
            let apps = rows.all::<App>()?.into_iter();
            apps.map(|app| Ok((app.id, from_json(&app.metadata)?))).collect()
        })
}

/// Whether there are as many as there may be.
pub fn is_full() -> Query<bool> {
    Statement::new("SELECT 1 AS full FROM (SELECT COUNT(*) AS count FROM apis) WHERE count >= ?")
        .bind(MOST)
        .any()
}

/// A new API, with the hash of its secret where one came along. It says no where there is one of that identifier, or there are as many as
/// there may be.
pub fn insert(stored: &StoredApi, secret: Option<&Hash>) -> Query<bool> {
    let api = &stored.api;
    Statement::new(
        "INSERT INTO apis (id, identifier, lookup_key, settings, version, secret_hash, secret_made_at, created_at, updated_at)
         SELECT ?, ?, ?, ?, ?, ?, ?, ?, ? FROM (SELECT COUNT(*) AS count FROM apis) WHERE count < ?
         ON CONFLICT DO NOTHING RETURNING id",
    )
    .bind(&stored.id)
    .bind(&api.identifier)
    .bind(&lookup_key(&api.identifier).unwrap_or_default())
    .bind(&Value::Object(api.settings.members()).to_string())
    .bind(stored.version)
    .bind(secret)
    .bind(stored.secret_made_at)
    .bind(stored.created_at)
    .bind(stored.updated_at)
    .bind(MOST)
    .any()
}

/// The API that presents a secret of this hash.
pub fn find_by_secret(api_id: &str, secret: &Hash, now: UnixTime) -> Query<Option<StoredApi>> {
    Statement::new(format!(
        "SELECT {COLUMNS} FROM apis a WHERE a.id = ? AND (a.secret_hash = ? OR (a.previous_secret_hash = ? AND a.previous_secret_until > ?))"
    ))
    .bind(api_id)
    .bind(secret)
    .bind(secret)
    .bind(now)
    .read_by(|rows| rows.first::<Row>()?.map(Row::into_stored).transpose())
}

/// Gives an API another secret, if it still has the one that was read. That works until a time, where it is to.
pub fn renew_secret(stored: &StoredApi, secret: &Hash, before_until: Option<UnixTime>, now: UnixTime) -> Query<bool> {
    Statement::new(
        "UPDATE apis SET secret_hash = ?, secret_made_at = ?, previous_secret_until = ?,
                previous_secret_hash = CASE WHEN ? IS NOT NULL THEN secret_hash END
         WHERE id = ? AND secret_made_at IS ? RETURNING id",
    )
    .bind(secret)
    .bind(now)
    .bind(before_until)
    .bind(before_until)
    .bind(&stored.id)
    .bind(stored.secret_made_at)
    .any()
}

/// Changes an API, if it is still of the version that was read.
pub fn change(api_id: &str, settings: &ApiSettings, version: i64, now: UnixTime) -> Query<bool> {
    Statement::new(
        "UPDATE apis SET settings = ?, version = version + 1, updated_at = ? WHERE id = ? AND version = ? RETURNING id",
    )
    .bind(&Value::Object(settings.members()).to_string())
    .bind(now)
    .bind(api_id)
    .bind(version)
    .any()
}

/// Tokens for it live until their time; none are made any more.
pub fn delete(api_id: &str) -> Query<bool> {
    Statement::new("DELETE FROM apis WHERE id = ? RETURNING id")
        .bind(api_id)
        .any()
}
