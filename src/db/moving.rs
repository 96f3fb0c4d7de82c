//! The lines of an export, made of the rows by SQL itself: they pass through as text.

use serde::Deserialize;

use super::{Query, Rows, Statement};
use crate::{admin::moving::Part, audit::Event, fault::Fault};

/// A line of an export.
#[derive(Deserialize)]
pub struct Exported {
    /// Where the next page goes on.
    pub key: String,
    /// The line, as JSON.
    pub line: String,
}

/// At most `limit` lines of a part in the order of their keys, from the one behind `after` on.
pub fn export(part: Part, after: &str, limit: i64) -> Query<Vec<Exported>> {
    Statement::new(format!("SELECT {} LIMIT ?", lines(part)))
        .bind(after)
        .bind(limit)
        .read_by(read)
}

fn read(rows: &Rows) -> Result<Vec<Exported>, Fault> {
    rows.all()
}

/// What is in no line: sessions, codes, tokens, invitations, links and API keys, which end with the deployment that made them; signing
/// keys; what waits to be sent; the audit.
fn lines(part: Part) -> &'static str {
    match part {
        Part::Groups => {
            "id AS key, json_object('kind', 'group', 'id', id, 'name', name,
                'second_factor_required', json(IIF(second_factor_required, 'true', 'false')),
                'attributes', json(COALESCE(attributes, '{}')), 'created_at', created_at, 'updated_at', updated_at) AS line
             FROM groups WHERE id > ? ORDER BY id"
        }
        Part::Apps => {
            "id AS key, json_object('kind', 'app', 'id', id, 'metadata', json(metadata), 'secret_hash', secret_hash,
                'wrapped_secret', wrapped_secret, 'previous_secret_hash', previous_secret_hash,
                'previous_wrapped_secret', previous_wrapped_secret, 'previous_secret_expires_at', previous_secret_expires_at,
                'secret_details', json(COALESCE(secret_details, 'null')),
                'registration_token_hash', registration_token_hash, 'issued_at', issued_at,
                'registered_openly', json(IIF(registered_openly, 'true', 'false')),
                'document', json(IIF(document_fresh_until IS NULL, 'false', 'true')), 'notes', notes,
                'logo', (SELECT content FROM client_logos WHERE client_id = clients.id AND digest = metadata ->> '$.limen_logo')) AS line
             FROM clients WHERE id > ? ORDER BY id"
        }
        Part::Apis => {
            "id AS key, json_object('kind', 'api', 'id', id, 'identifier', identifier, 'settings', json(settings),
                'secret_hash', secret_hash, 'created_at', created_at, 'updated_at', updated_at) AS line
             FROM apis WHERE id > ? ORDER BY id"
        }
        Part::People => {
            "id AS key, json_object('kind', 'person', 'id', id, 'username', username, 'claims', json(claims),
                'disabled_at', disabled_at, 'created_at', created_at, 'updated_at', updated_at, 'subject_salt', subject_salt) AS line
             FROM users WHERE id > ? ORDER BY id"
        }
        Part::Credentials => {
            "id AS key, json_object('kind', 'credential', 'id', id, 'user', user_id, 'type', kind,
                'secret', json(IIF(kind IN ('passkey', 'recovery_codes'), secret, json_quote(secret))), 'name', name,
                'counter', counter, 'backed_up', json(IIF(backed_up, 'true', 'false')), 'created_at', created_at,
                'last_used_at', last_used_at, 'must_change', json(IIF(must_change, 'true', 'false'))) AS line
             FROM credentials WHERE id > ? AND kind IN ('password', 'passkey', 'totp', 'recovery_codes') ORDER BY id"
        }
        Part::Terms => {
            "user_id AS key, json_object('kind', 'terms', 'user', user_id,
                'accepted', json_group_array(json_object('version', version, 'accepted_at', accepted_at))) AS line
             FROM accepted_terms WHERE user_id > ? GROUP BY user_id ORDER BY user_id"
        }
        Part::Memberships => {
            "user_id AS key, json_object('kind', 'memberships', 'user', user_id, 'groups', json_group_array(group_id)) AS line
             FROM group_members WHERE user_id > ? GROUP BY user_id ORDER BY user_id"
        }
        Part::Roles => {
            "CAST(id AS TEXT) AS key,
                json_object('kind', 'role', 'app', client_id, 'role', role, 'group', group_id, 'user', user_id) AS line
             FROM app_roles WHERE id > CAST(? AS INTEGER) ORDER BY id"
        }
        Part::Operators => {
            "user_id AS key, json_object('kind', 'operator', 'user', user_id, 'roles', json(roles)) AS line
             FROM operators WHERE user_id > ? ORDER BY user_id"
        }
        Part::Consents => {
            "id AS key, json_object('kind', 'consent', 'id', id, 'user', user_id, 'app', client_id, 'scope', json(scope),
                'claims', json(claims), 'resources', json(resources), 'details', json(details),
                'asked', json(IIF(asked, 'true', 'false')), 'created_at', created_at, 'updated_at', updated_at,
                'last_used_at', last_used_at) AS line
             FROM grants WHERE id > ? ORDER BY id"
        }
        Part::Webhooks => {
            "id AS key, json_object('kind', 'webhook', 'id', id, 'name', name, 'url', url, 'format', format, 'app', client_id,
                'events', json(COALESCE(events, 'null')), 'root', root, 'generation', generation, 'previous_root', previous_root,
                'previous_until', previous_until, 'created_at', created_at) AS line
             FROM webhooks WHERE id > ? ORDER BY id"
        }
    }
}

/// Those of a JSON array of ids of nobody here whose roles of operators the audit knows: they were operators, and are deleted.
pub fn former_operators(ids: &str) -> Query<Vec<String>> {
    Statement::new(
        "SELECT i.value AS id FROM json_each(?) i
         WHERE NOT EXISTS (SELECT 1 FROM users u WHERE u.id = i.value)
           AND EXISTS (SELECT 1 FROM audit a WHERE a.user_id = i.value AND a.event = ?)",
    )
    .bind(ids)
    .bind(Event::OperatorRolesChanged.as_str())
    .read_by(read_ids)
}

/// Those of a JSON array of ids of apps that are not here, and that a declared API names: whoever has the id may do there what it says.
pub fn named_by_apis(ids: &str) -> Query<Vec<String>> {
    Statement::new(
        "SELECT DISTINCT named.key AS id FROM apis a JOIN json_each(a.settings, '$.apps') named
         WHERE named.key IN (SELECT value FROM json_each(?))
           AND NOT EXISTS (SELECT 1 FROM clients c WHERE c.id = named.key)",
    )
    .bind(ids)
    .read_by(read_ids)
}

fn read_ids(rows: &Rows) -> Result<Vec<String>, Fault> {
    #[derive(Deserialize)]
    struct Row {
        id: String,
    }
    Ok(rows.all::<Row>()?.into_iter().map(|row| row.id).collect())
}
