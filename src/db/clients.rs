//! `clients`.

use serde::Deserialize;

use super::{Query, Rows, Statement, client_secrets, conditions::is_closed, from_json, identifiers};
use crate::{
    fault::Fault,
    memory::Memory,
    oidc::client::{Client, StoredSecret, client_metadata::ClientMetadata},
    secret::Hash,
    time::{Lifetime, UnixTime},
};

#[derive(Deserialize)]
struct Row {
    id: String,
    version: i64,
    metadata: String,
    secret_hash: Option<String>,
    previous_secret_hash: Option<String>,
    previous_secret_expires_at: Option<i64>,
    wrapped_secret: Option<String>,
    previous_wrapped_secret: Option<String>,
    secret_details: Option<String>,
    secret_uses: Option<String>,
    registration_token_hash: Option<String>,
    issued_at: i64,
    registered_openly: i64,
    document_fresh_until: Option<i64>,
    unused_since: Option<i64>,
    last_used_at: Option<i64>,
}

/// A client with its secrets.
pub struct ClientRecord {
    pub client: Client,
    pub secret: Option<StoredSecret>,
    pub registration_token_hash: Option<Hash>,
    /// Whether anybody could have registered it.
    pub registered_openly: bool,
    /// Since when nobody has used a client that anybody can bring about, about to the day; `None` while it is kept: somebody allows
    /// it something, or the operator has changed it.
    pub unused_since: Option<UnixTime>,
    /// When it last proved who it is, or lost its last consent, as far as that is written down.
    pub last_used_at: Option<UnixTime>,
}

/// How often a use is written down: less than a day, so that whoever is used every day is not among those who wait for longer.
const MARKED_EVERY: Lifetime = Lifetime::hours(12);

impl ClientRecord {
    /// Whether it registered itself, whoever has changed it since.
    pub fn came_openly(&self) -> bool {
        self.registered_openly || self.client.metadata.came_openly
    }

    /// Whether its use is to be written down by [`mark_used`].
    pub fn is_use_due(&self, now: UnixTime) -> bool {
        self.unused_since.is_some() && self.last_used_at.is_none_or(|at| at <= now - MARKED_EVERY)
    }
}

const COLUMNS: &str = "id, version, metadata, secret_hash, previous_secret_hash, previous_secret_expires_at,
    wrapped_secret, previous_wrapped_secret, secret_details, secret_uses, registration_token_hash, issued_at, registered_openly,
    document_fresh_until, unused_since, last_used_at";

pub fn find(client_id: &str) -> Query<Option<ClientRecord>> {
    Statement::new(format!("SELECT {COLUMNS} FROM clients WHERE id = ?"))
        .bind(client_id)
        .read_by(read)
}

/// Whether a client is not for a person: it is disabled, or for groups that they are not in.
pub fn is_closed_to(client_id: &str, user_id: &str) -> Query<bool> {
    Statement::new(format!("SELECT 1 WHERE {}", is_closed("?", "?")))
        .bind(client_id)
        .bind(user_id)
        .any()
}

/// The version of a client.
pub fn find_version(client_id: &str) -> Query<Option<i64>> {
    Statement::new("SELECT version FROM clients WHERE id = ?")
        .bind(client_id)
        .read_by(read_version)
}

fn read_version(rows: &Rows) -> Result<Option<i64>, Fault> {
    #[derive(Deserialize)]
    struct Version {
        version: i64,
    }
    Ok(rows.first::<Version>()?.map(|row| row.version))
}

fn read(rows: &Rows) -> Result<Option<ClientRecord>, Fault> {
    let Some(row) = rows.first::<Row>()? else {
        return Ok(None);
    };
    let secret = client_secrets::read(client_secrets::Columns {
        current: (row.secret_hash, row.wrapped_secret),
        previous: (row.previous_secret_hash, row.previous_wrapped_secret),
        previous_ends_at: row.previous_secret_expires_at.map(UnixTime),
        details: row.secret_details.as_deref(),
        uses: row.secret_uses.as_deref(),
    })?;
    Ok(Some(ClientRecord {
        client: Client {
            client_id: row.id,
            version: row.version,
            issued_at: UnixTime(row.issued_at),
            metadata: metadata_of(&row.metadata)?,
            document_fresh_until: row.document_fresh_until.map(UnixTime),
        },
        secret,
        registration_token_hash: row.registration_token_hash.map(Hash::stored),
        registered_openly: row.registered_openly != 0,
        unused_since: row.unused_since.map(UnixTime),
        last_used_at: row.last_used_at.map(UnixTime),
    }))
}

/// The most client metadata that is kept parsed.
const MOST_PARSED: usize = 100;

thread_local! {
    /// Client metadata by its text: it is read at every request of a client, and seldom changes.
    static PARSED: Memory<ClientMetadata> = Memory::new(MOST_PARSED);
}

fn metadata_of(text: &str) -> Result<ClientMetadata, Fault> {
    if let Some(known) = PARSED.with(|parsed| parsed.get(text)) {
        return Ok(known);
    }
    let metadata: ClientMetadata = from_json(text)?;
    PARSED.with(|parsed| parsed.put(text, metadata.clone()));
    Ok(metadata)
}

/// A new client.
pub fn insert(record: &ClientRecord) -> Statement {
    let client = &record.client;
    let statement = Statement::new(
        "INSERT INTO clients (version, metadata, auth_method, secret_hash, wrapped_secret, secret_details, registration_token_hash,
                              registered_openly, unused_since, id, issued_at, updated_at)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
    );
    bind_record(statement, record)
        .bind(&client.client_id)
        .bind(client.issued_at)
        .bind(client.issued_at)
}

/// A client of another deployment, with what operators noted about it. It says no where there is one of that id,
/// or a person.
pub fn insert_moved(record: &ClientRecord, notes: Option<&String>, now: UnixTime) -> Query<bool> {
    let client = &record.client;
    let previous = record.secret.as_ref().and_then(|secret| secret.previous.as_ref());
    let statement = Statement::new(
        "INSERT INTO clients (version, metadata, auth_method, secret_hash, wrapped_secret, secret_details, registration_token_hash,
                              registered_openly, unused_since, previous_secret_hash, previous_wrapped_secret,
                              previous_secret_expires_at, document_fresh_until, id, issued_at, updated_at, notes)
         SELECT ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ? WHERE ",
    );
    bind_record(statement, record)
        .bind(previous.map(|(secret, _)| &secret.hash))
        .bind(previous.and_then(|(secret, _)| secret.wrapped.as_ref()))
        .bind(previous.map(|(_, until)| *until))
        .bind(client.document_fresh_until)
        .bind(&client.client_id)
        .bind(client.issued_at)
        .bind(now)
        .bind(notes)
        .append(identifiers::is_free_for_app(&client.client_id))
        .append(Statement::new(" ON CONFLICT DO NOTHING RETURNING id"))
        .any()
}

/// Binds `version`, `metadata`, `auth_method`, `secret_hash`, `wrapped_secret`, `secret_details`, `registration_token_hash`,
/// `registered_openly` and `unused_since`.
fn bind_record(statement: Statement, record: &ClientRecord) -> Statement {
    let secret = record.secret.as_ref().map(|secret| &secret.current);
    bind_client(statement, &record.client)
        .bind(secret.map(|secret| &secret.hash))
        .bind(secret.and_then(|secret| secret.wrapped.as_ref()))
        .bind(record.secret.as_ref().map(client_secrets::details).as_ref())
        .bind(record.registration_token_hash.as_ref())
        .bind(record.registered_openly)
        .bind(record.unused_since)
}

/// Binds `version`, `metadata` and `auth_method`.
fn bind_client(statement: Statement, client: &Client) -> Statement {
    statement
        .bind(client.version)
        .bind(&to_json(client))
        .bind(client.metadata.token_endpoint_auth_method.as_str())
}

/// A client that its document describes, new or as it is now: its version rises when it is described otherwise than before.
/// It gives the client, and none where a client of that name was registered.
pub fn put_described(client: &Client, now: UnixTime) -> Query<Option<ClientRecord>> {
    let statement = Statement::new(format!(
        "INSERT INTO clients (version, metadata, auth_method, id, issued_at, updated_at, document_fresh_until, unused_since)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?)
         ON CONFLICT (id) DO UPDATE SET
            version = version + (metadata <> excluded.metadata), metadata = excluded.metadata,
            auth_method = excluded.auth_method, updated_at = excluded.updated_at,
            document_fresh_until = excluded.document_fresh_until,
            unused_since = IIF(unused_since IS NULL, NULL, excluded.unused_since)
         WHERE document_fresh_until IS NOT NULL
         RETURNING {COLUMNS}"
    ));
    bind_client(statement, client)
        .bind(&client.client_id)
        .bind(client.issued_at)
        .bind(now)
        .bind(client.document_fresh_until)
        .bind(now)
        .read_by(read)
}

/// Notes that a client that nobody allows anything was used, once in [`MARKED_EVERY`].
pub fn mark_used(client_id: &str, now: UnixTime) -> Statement {
    Statement::new(
        "UPDATE clients SET unused_since = ?, last_used_at = ?
         WHERE id = ? AND unused_since IS NOT NULL AND COALESCE(last_used_at <= ?, TRUE)",
    )
    .bind(now)
    .bind(now)
    .bind(client_id)
    .bind(now - MARKED_EVERY)
}

/// Changes a client whose version is still `read`, and says whether it was. A client that was used concurrently stays
/// used.
pub fn update(record: &ClientRecord, read: i64, now: UnixTime) -> Query<bool> {
    let client = &record.client;
    let previous = record.secret.as_ref().and_then(|secret| secret.previous.as_ref());
    let statement = Statement::new(
        "UPDATE clients SET version = ?, metadata = ?, auth_method = ?, secret_hash = ?, wrapped_secret = ?, secret_details = ?,
                            registration_token_hash = ?, registered_openly = ?,
                            unused_since = IIF(unused_since IS NULL, NULL, ?),
                            previous_secret_hash = ?, previous_wrapped_secret = ?, previous_secret_expires_at = ?,
                            secret_uses = IIF(secret_uses IS NULL, NULL, (
                                SELECT json_group_object(u.key, u.value) FROM json_each(secret_uses) u
                                WHERE u.key IN (SELECT i.value FROM json_each(?) i))),
                            updated_at = ?
         WHERE id = ? AND version = ? RETURNING id",
    );
    bind_record(statement, record)
        .bind(previous.map(|(secret, _)| &secret.hash))
        .bind(previous.and_then(|(secret, _)| secret.wrapped.as_ref()))
        .bind(previous.map(|(_, until)| *until))
        .bind(&client_secrets::ids(record.secret.as_ref()))
        .bind(now)
        .bind(&client.client_id)
        .bind(read)
        .any()
}

/// What a client has of people: their consents, with codes and tokens; sessions that it would hear the end of; and what it is
/// yet to be told, by notices of logouts and by its webhooks.
const KNOWS_PEOPLE: [&str; 4] = ["grants", "session_clients", "logout_outbox", "ended_sessions"];

/// Ends all that a client has of people, if its version is still `read`: it is about to know them by another `sub`.
pub fn forget_people(client_id: &str, read: i64) -> [Statement; KNOWS_PEOPLE.len()] {
    KNOWS_PEOPLE.map(|table| {
        Statement::new(format!(
            "DELETE FROM {table} WHERE client_id = ? AND EXISTS (SELECT 1 FROM clients WHERE id = ? AND version = ?)"
        ))
        .bind(client_id)
        .bind(client_id)
        .bind(read)
    })
}

/// The same for a client that its document describes, if it comes to know people by another `sub` with this description, or
/// may do so. The client that has a document need not ask the operator, and a description that another request stores counts too.
pub fn forget_people_of_described(client: &Client) -> [Statement; KNOWS_PEOPLE.len()] {
    const OF_SECTOR: &str = "'$.subject_type', '$.sector_identifier_uri', '$.redirect_uris'";
    let metadata = to_json(client);
    KNOWS_PEOPLE.map(|table| {
        Statement::new(format!(
            "DELETE FROM {table} WHERE client_id = ? AND EXISTS (
                SELECT 1 FROM clients
                WHERE id = ? AND document_fresh_until IS NOT NULL
                  AND 'pairwise' IN (json_extract(metadata, '$.subject_type'), json_extract(?, '$.subject_type'))
                  AND json_extract(metadata, {OF_SECTOR}) <> json_extract(?, {OF_SECTOR}))"
        ))
        .bind(&client.client_id)
        .bind(&client.client_id)
        .bind(&metadata)
        .bind(&metadata)
    })
}

fn to_json(client: &Client) -> String {
    serde_json::Value::Object(client.metadata.to_json()).to_string()
}

pub fn delete(client_id: &str) -> Query<bool> {
    Statement::new("DELETE FROM clients WHERE id = ? RETURNING id")
        .bind(client_id)
        .any()
}

/// Holds for a client that anybody can be: one without a secret, or one that nobody had to be asked for.
pub(super) const ANYBODY: &str = "(auth_method = 'none' OR registered_openly = 1 OR document_fresh_until IS NOT NULL)";

/// Holds for a client `alias` that an operator registered: no later change makes one of theirs of another.
pub(super) fn is_operators(alias: &str) -> String {
    format!(
        "{alias}.registered_openly = 0 AND {alias}.document_fresh_until IS NULL
         AND COALESCE(json_extract({alias}.metadata, '$.limen_came_openly'), 0) = 0"
    )
}

/// Deletes a client on the word of who holds its registration access token, if that is still its token.
pub fn delete_own(client_id: &str, registration_token_hash: Option<&Hash>) -> Query<bool> {
    Statement::new("DELETE FROM clients WHERE id = ? AND registration_token_hash = ? RETURNING id")
        .bind(client_id)
        .bind(registration_token_hash)
        .any()
}
