//! `clients`.

use serde::Deserialize;

use super::{Rows, Statement, from_json};
use crate::{
    edge::fault::Fault,
    oidc::{
        client::{Client, StoredSecret},
        client_auth::ClientCredentials,
        client_metadata::AuthMethod,
    },
    secret::{Hash, RootKeys},
    time::UnixTime,
};

#[derive(Deserialize)]
struct Row {
    id: String,
    version: i64,
    metadata: String,
    secret_hash: Option<String>,
    previous_secret_hash: Option<String>,
    previous_secret_expires_at: Option<i64>,
    registration_token_hash: Option<String>,
    issued_at: i64,
    registered_openly: i64,
}

/// A client with its secrets.
pub struct ClientRecord {
    pub client: Client,
    pub secret: Option<StoredSecret>,
    pub registration_token_hash: Option<Hash>,
    /// Whether anybody could have registered it.
    pub registered_openly: bool,
}

pub fn find(client_id: &str) -> Statement {
    Statement::new(
        "SELECT id, version, metadata, secret_hash, previous_secret_hash, previous_secret_expires_at,
                registration_token_hash, issued_at, registered_openly
         FROM clients WHERE id = ?",
    )
    .bind(client_id)
}

pub fn read(rows: &Rows) -> Result<Option<ClientRecord>, Fault> {
    let Some(row) = rows.first::<Row>()? else {
        return Ok(None);
    };
    let previous = row.previous_secret_hash.zip(row.previous_secret_expires_at);
    Ok(Some(ClientRecord {
        client: Client {
            client_id: row.id,
            version: row.version,
            issued_at: UnixTime(row.issued_at),
            metadata: from_json(&row.metadata)?,
        },
        secret: row.secret_hash.map(|hash| StoredSecret {
            current: Hash::stored(hash),
            previous: previous.map(|(hash, until)| (Hash::stored(hash), UnixTime(until))),
        }),
        registration_token_hash: row.registration_token_hash.map(Hash::stored),
        registered_openly: row.registered_openly != 0,
    }))
}

/// A new client.
pub fn insert(record: &ClientRecord) -> Statement {
    let client = &record.client;
    Statement::new(
        "INSERT INTO clients (id, version, metadata, auth_method, secret_hash, registration_token_hash, registered_openly,
                              issued_at, updated_at)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
    )
    .bind(&client.client_id)
    .bind(client.version)
    .bind(&to_json(client))
    .bind(client.metadata.token_endpoint_auth_method.as_str())
    .bind(record.secret.as_ref().map(|secret| &secret.current))
    .bind(record.registration_token_hash.as_ref())
    .bind(record.registered_openly)
    .bind(client.issued_at)
    .bind(client.issued_at)
}

/// Changes a client whose version is still `read`. It returns no row when it is not.
pub fn update(record: &ClientRecord, read: i64, now: UnixTime) -> Statement {
    let client = &record.client;
    let previous = record.secret.as_ref().and_then(|secret| secret.previous.as_ref());
    Statement::new(
        "UPDATE clients SET version = ?, metadata = ?, auth_method = ?, secret_hash = ?, previous_secret_hash = ?,
                            previous_secret_expires_at = ?, registration_token_hash = ?, updated_at = ?
         WHERE id = ? AND version = ? RETURNING id",
    )
    .bind(client.version)
    .bind(&to_json(client))
    .bind(client.metadata.token_endpoint_auth_method.as_str())
    .bind(record.secret.as_ref().map(|secret| &secret.current))
    .bind(previous.map(|(hash, _)| hash))
    .bind(previous.map(|(_, until)| *until))
    .bind(record.registration_token_hash.as_ref())
    .bind(now)
    .bind(&client.client_id)
    .bind(read)
}

fn to_json(client: &Client) -> String {
    serde_json::Value::Object(client.metadata.to_json()).to_string()
}

/// Stores a secret's hash under another root, unless the secret was changed meanwhile.
pub fn rehash(client_id: &str, old: &Hash, new: &Hash) -> Statement {
    Statement::new("UPDATE clients SET secret_hash = ? WHERE id = ? AND secret_hash = ?")
        .bind(new)
        .bind(client_id)
        .bind(old)
}

pub fn delete(client_id: &str) -> Statement {
    Statement::new("DELETE FROM clients WHERE id = ? RETURNING id").bind(client_id)
}

/// A client's credentials as a condition in SQL, for statements that must not act for anybody else. Comparing keyed hashes
/// in SQL tells a caller nothing by its time: they cannot choose a hash.
pub struct Proof<'a> {
    client_id: &'a str,
    method: AuthMethod,
    hashes: String,
    now: UnixTime,
}

impl<'a> Proof<'a> {
    /// Holds when the client is registered for the method presented, and the secret is its own.
    pub const CONDITION: &'static str = "EXISTS (
        SELECT 1 FROM clients
        WHERE clients.id = ? AND auth_method = ? AND (
            auth_method = 'none'
            OR secret_hash IN (SELECT value FROM json_each(?))
            OR (previous_secret_expires_at > ? AND previous_secret_hash IN (SELECT value FROM json_each(?)))))";

    pub fn new(credentials: &'a ClientCredentials, roots: &RootKeys, now: UnixTime) -> Self {
        let hashes = credentials.secret_hashes(roots);
        let hashes: Vec<_> = hashes.iter().map(Hash::as_str).collect();
        Self {
            client_id: &credentials.client_id,
            method: credentials.method,
            hashes: serde_json::to_string(&hashes).unwrap_or_default(),
            now,
        }
    }

    /// Binds the values of [`Proof::CONDITION`].
    pub fn bind(&self, statement: Statement) -> Statement {
        statement
            .bind(self.client_id)
            .bind(self.method.as_str())
            .bind(&self.hashes)
            .bind(self.now)
            .bind(&self.hashes)
    }
}
