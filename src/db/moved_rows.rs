//! The rows that lines of an export become. What is there already stays as it is, and the query behind says how it stands to the line.

use serde::Deserialize;
use serde_json::Value;

use super::{
    Query, Rows, Statement, apis::StoredApi, app_roles::IS_TOLD_AS_TEXT, scope_to_json, second_factors, to_json,
};
use crate::{
    account::{
        group::{Group, MOST_OF_PERSON},
        user::User,
    },
    admin::{
        moving::{Credential, CredentialKind, MovedConsent, MovedWebhook},
        operator_role::OperatorRoles,
        role::{Holder, MOST_AT_APP, MOST_OF_HOLDER, RoleOfHolder},
    },
    fault::Fault,
    secret::Hash,
    time::UnixTime,
};

/// How what is stored stands to a line, after it was imported.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    /// It says the same.
    Same,
    /// Something of that name is there, and differs.
    Other,
    /// Something else has what can be there once.
    Taken,
    /// What the line refers to is not there.
    Missing,
    /// There are as many as there may be.
    Full,
    /// A role has a blank, and its app is told roles in a text.
    Blank,
}

fn read(rows: &Rows) -> Result<Standing, Fault> {
    #[derive(Deserialize)]
    struct Row {
        standing: Standing,
    }
    Ok(rows.first::<Row>()?.map_or(Standing::Missing, |row| row.standing))
}

/// How a group stands to its line.
pub fn group(group: &Group) -> Query<Standing> {
    Statement::new(
        "SELECT IIF(EXISTS (SELECT 1 FROM groups WHERE id = ? AND name = ? AND second_factor_required = ?
                            AND COALESCE(attributes, '{}') = ?), 'same',
                IIF(EXISTS (SELECT 1 FROM groups WHERE id = ?), 'other', 'taken')) AS standing",
    )
    .bind(&group.id)
    .bind(group.name.as_str())
    .bind(group.second_factor_required)
    .bind(&Value::Object(group.attributes.clone()).to_string())
    .bind(&group.id)
    .read_by(read)
}

/// How a person stands to their line.
pub fn person(user: &User) -> Query<Standing> {
    Statement::new(
        "SELECT IIF(EXISTS (SELECT 1 FROM users WHERE id = ? AND username = ? AND claims = ? AND disabled_at IS ?), 'same',
                IIF(EXISTS (SELECT 1 FROM users WHERE id = ?), 'other', 'taken')) AS standing",
    )
    .bind(&user.id)
    .bind(user.username.as_str())
    .bind(&user.claims.to_json())
    .bind(user.disabled_at)
    .bind(&user.id)
    .read_by(read)
}

/// How an app stands to its line. `metadata` is what is stored of it; `secret`, its current one, is worth something here. One that was moved to
/// another root key since cannot be compared. Notes are, where the line has some.
/// One that is not there was kept out by a person who has its id.
pub fn app(client_id: &str, metadata: &str, (secret, notes): (Option<&Hash>, Option<&String>)) -> Query<Standing> {
    Statement::new(
        "SELECT CASE
                WHEN c.id IS NULL THEN 'taken'
                WHEN c.metadata = ? AND COALESCE(c.notes = l.notes, l.notes IS NULL) AND (l.hash IS NULL OR c.secret_hash = l.hash
                        OR substr(c.secret_hash, 1, instr(c.secret_hash, '.')) <> substr(l.hash, 1, instr(l.hash, '.'))) THEN 'same'
                ELSE 'other' END AS standing
         FROM (SELECT ? AS hash, ? AS notes) l LEFT JOIN clients c ON c.id = ?",
    )
    .bind(metadata)
    .bind(secret)
    .bind(notes)
    .bind(client_id)
    .read_by(read)
}

/// How an API stands to its line.
pub fn api(stored: &StoredApi) -> Query<Standing> {
    Statement::new(
        "SELECT IIF(EXISTS (SELECT 1 FROM apis WHERE id = ? AND identifier = ? AND settings = ?), 'same',
                IIF(EXISTS (SELECT 1 FROM apis WHERE id = ?), 'other', 'taken')) AS standing",
    )
    .bind(&stored.id)
    .bind(&stored.api.identifier)
    .bind(&Value::Object(stored.api.settings.members()).to_string())
    .bind(&stored.id)
    .read_by(read)
}

/// How a webhook stands to its line. Its secret is compared where it can be.
pub fn webhook(moved: &MovedWebhook) -> Query<Standing> {
    let webhook = &moved.webhook;
    let known = moved.has_known_secret.then_some(webhook.secret.generation);
    Statement::new(
        "SELECT CASE
                WHEN w.id IS NOT NULL THEN IIF(w.name = ? AND w.url = ? AND w.format = ? AND w.client_id IS l.client_id AND w.events IS ?
                    AND (l.generation IS NULL OR w.generation = l.generation AND w.root = ?), 'same', 'other')
                WHEN l.client_id IS NULL OR EXISTS (SELECT 1 FROM clients c WHERE c.id = l.client_id) THEN 'full'
                ELSE 'missing' END AS standing
         FROM (SELECT ? AS client_id, ? AS generation) l LEFT JOIN webhooks w ON w.id = ?",
    )
    .bind(webhook.name.as_str())
    .bind(&webhook.url)
    .bind(webhook.format.as_str())
    .bind(webhook.events.as_ref().map(to_json).as_ref())
    .bind(webhook.secret.root)
    .bind(webhook.client_id.as_ref())
    .bind(known)
    .bind(&webhook.id)
    .read_by(read)
}

/// Which terms a person has accepted.
pub fn add_terms(user_id: &str, accepted: &[(String, UnixTime)]) -> Query<bool> {
    Statement::new(
        "INSERT INTO accepted_terms (user_id, version, accepted_at)
         SELECT u.id, json_extract(a.value, '$[0]'), json_extract(a.value, '$[1]') FROM users u, json_each(?) a WHERE u.id = ?
         ON CONFLICT DO NOTHING RETURNING user_id",
    )
    .bind(&to_json(&accepted))
    .bind(user_id)
    .any()
}

/// How somebody stands to a line that needs no more than that they are there.
pub fn somebody(user_id: &str) -> Query<Standing> {
    Statement::new("SELECT 'same' AS standing FROM users WHERE id = ?")
        .bind(user_id)
        .read_by(read)
}

/// A way to sign in, if its person is there and has not too many of the kind.
pub fn add_credential(credential: &Credential, secret: &str) -> Query<bool> {
    let (kind, most) = credential.kind.named();
    Statement::new(
        "INSERT INTO credentials (id, user_id, kind, secret, created_at, name, counter, backed_up, last_used_at, must_change)
         SELECT ?, u.id, ?, ?, ?, ?, ?, ?, ?, ? FROM users u
         WHERE u.id = ? AND (SELECT COUNT(*) FROM credentials o WHERE o.user_id = u.id AND o.kind = ?) < ?
         ON CONFLICT DO NOTHING RETURNING id",
    )
    .bind(&row_id(credential))
    .bind(kind)
    .bind(secret)
    .bind(credential.created_at)
    .bind(credential.name.as_ref())
    .bind(credential.counter)
    .bind(credential.backed_up)
    .bind(credential.last_used_at)
    .bind(credential.must_change)
    .bind(&credential.user_id)
    .bind(kind)
    .bind(most)
    .any()
}

/// How a way to sign in stands to its line. A passkey or a key of one-time codes is known by its id, also when it was used since; recovery codes change
/// under theirs. So does a password, whose row says since when it is that one: another hash of the same is made at a sign-in. A line that does not say
/// since when tells nothing more than its id.
pub fn credential(credential: &Credential, secret: &str) -> Query<Standing> {
    let (kind, _) = credential.kind.named();
    let (is_known_by_id, dated) = match credential.kind {
        CredentialKind::Password(_) => (!credential.is_dated, Some(credential.created_at)),
        CredentialKind::RecoveryCodes(_) => (false, None),
        _ => (true, None),
    };
    Statement::new(
        "SELECT IIF(EXISTS (SELECT 1 FROM credentials WHERE id = ? AND user_id = u.id AND kind = ? AND (? OR secret = ? OR created_at = ?)), 'same',
                IIF(EXISTS (SELECT 1 FROM credentials WHERE id = ? AND user_id <> u.id), 'taken', 'other')) AS standing
         FROM users u WHERE u.id = ?",
    )
    .bind(&row_id(credential))
    .bind(kind)
    .bind(is_known_by_id)
    .bind(secret)
    .bind(dated)
    .bind(&row_id(credential))
    .bind(&credential.user_id)
    .read_by(read)
}

fn row_id(credential: &Credential) -> String {
    match &credential.kind {
        CredentialKind::RecoveryCodes(_) => second_factors::recovery_row(&credential.user_id),
        _ => credential.row_id.clone(),
    }
}

/// Holds where a person `u` and all groups of a JSON array are there, and the person is in not too many with them.
const CAN_JOIN: &str =
    "NOT EXISTS (SELECT 1 FROM json_each(?) w WHERE NOT EXISTS (SELECT 1 FROM groups g WHERE g.id = w.value))
    AND json_array_length(?) + (SELECT COUNT(*) FROM group_members m WHERE m.user_id = u.id
                                AND m.group_id NOT IN (SELECT value FROM json_each(?)))";

/// The groups that a person is in, if all of them are there.
pub fn add_memberships(user_id: &str, group_ids: &[String]) -> Query<bool> {
    let ids = to_json(&group_ids);
    Statement::new(format!(
        "INSERT INTO group_members (user_id, group_id) SELECT u.id, j.value FROM users u, json_each(?) j
         WHERE u.id = ? AND {CAN_JOIN} <= {MOST_OF_PERSON} ON CONFLICT DO NOTHING RETURNING user_id"
    ))
    .bind(&ids)
    .bind(user_id)
    .bind(&ids)
    .bind(&ids)
    .bind(&ids)
    .any()
}

/// How the groups of a person stand to their line: one that they are in beside those differs, too.
pub fn memberships(user_id: &str, group_ids: &[String]) -> Query<Standing> {
    let ids = to_json(&group_ids);
    Statement::new(
        "SELECT IIF(EXISTS (SELECT 1 FROM json_each(?) w WHERE NOT EXISTS (SELECT 1 FROM groups g WHERE g.id = w.value)), 'missing',
                IIF(EXISTS (SELECT 1 FROM json_each(?) w WHERE NOT EXISTS (
                    SELECT 1 FROM group_members m WHERE m.user_id = u.id AND m.group_id = w.value))
                    OR EXISTS (SELECT 1 FROM group_members m WHERE m.user_id = u.id AND m.group_id NOT IN (SELECT value FROM json_each(?))),
                    'other', 'same')) AS standing
         FROM users u WHERE u.id = ?",
    )
    .bind(&ids)
    .bind(&ids)
    .bind(&ids)
    .bind(user_id)
    .read_by(read)
}

/// A role at an app, if app and holder are there, the app can be told of it, and the holder has not too many.
pub fn add_role(client_id: &str, given: &RoleOfHolder) -> Query<bool> {
    let (group_id, user_id) = holder(given);
    Statement::new(format!(
        "INSERT INTO app_roles (client_id, role, group_id, user_id)
         SELECT c.id, l.role, l.group_id, l.user_id FROM (SELECT ? AS role, ? AS group_id, ? AS user_id) l, clients c WHERE c.id = ?
            AND (EXISTS (SELECT 1 FROM groups g WHERE g.id = l.group_id) OR EXISTS (SELECT 1 FROM users u WHERE u.id = l.user_id))
            AND NOT (instr(l.role, ' ') > 0 AND {IS_TOLD_AS_TEXT})
            AND (SELECT COUNT(*) FROM app_roles ar WHERE (ar.group_id = l.group_id OR ar.user_id = l.user_id) AND ar.client_id = c.id) < {MOST_AT_APP}
            AND (SELECT COUNT(*) FROM app_roles ar WHERE ar.group_id = l.group_id OR ar.user_id = l.user_id) < {MOST_OF_HOLDER}
         ON CONFLICT DO NOTHING RETURNING id"
    ))
    .bind(given.role.as_str())
    .bind(group_id)
    .bind(user_id)
    .bind(client_id)
    .any()
}

/// How a role stands to its line.
pub fn role(client_id: &str, given: &RoleOfHolder) -> Query<Standing> {
    let (group_id, user_id) = holder(given);
    Statement::new(format!(
        "SELECT CASE WHEN EXISTS (SELECT 1 FROM app_roles ar
                WHERE (ar.group_id = l.group_id OR ar.user_id = l.user_id) AND ar.client_id = c.id AND ar.role = l.role) THEN 'same'
            WHEN instr(l.role, ' ') > 0 AND {IS_TOLD_AS_TEXT} THEN 'blank' ELSE 'full' END AS standing
         FROM (SELECT ? AS role, ? AS group_id, ? AS user_id) l, clients c WHERE c.id = ?
            AND (EXISTS (SELECT 1 FROM groups g WHERE g.id = l.group_id) OR EXISTS (SELECT 1 FROM users u WHERE u.id = l.user_id))"
    ))
    .bind(given.role.as_str())
    .bind(group_id)
    .bind(user_id)
    .bind(client_id)
    .read_by(read)
}

fn holder(given: &RoleOfHolder) -> (Option<&str>, Option<&str>) {
    match &given.holder {
        Holder::Group(id) => (Some(id), None),
        Holder::User(id) => (None, Some(id)),
    }
}

/// How an operator stands to their line.
pub fn operator(user_id: &str, roles: &OperatorRoles) -> Query<Standing> {
    Statement::new(
        "SELECT IIF(o.roles = ?, 'same', 'other') AS standing FROM users u LEFT JOIN operators o ON o.user_id = u.id WHERE u.id = ?",
    )
    .bind(&to_json(&roles.names()))
    .bind(user_id)
    .read_by(read)
}

/// What a person allowed an app, if both are there.
pub fn add_consent(consent: &MovedConsent) -> Query<bool> {
    Statement::new(
        "INSERT INTO grants (id, user_id, client_id, scope, claims, resources, details, asked, created_at, updated_at, last_used_at)
         SELECT ?, u.id, c.id, ?, ?, ?, ?, ?, ?, ?, ? FROM users u, clients c WHERE u.id = ? AND c.id = ?
         ON CONFLICT DO NOTHING RETURNING id",
    )
    .bind(&consent.id)
    .bind(&scope_to_json(&consent.scope))
    .bind(&to_json(&consent.claims))
    .bind(&to_json(&consent.resources))
    .bind(&to_json(&consent.details))
    .bind(consent.asked)
    .bind(consent.created_at)
    .bind(consent.updated_at)
    .bind(consent.last_used_at)
    .bind(&consent.user_id)
    .bind(&consent.client_id)
    .any()
}

/// How what a person allowed stands to its line. It may have grown since.
pub fn consent(consent: &MovedConsent) -> Query<Standing> {
    Statement::new("SELECT IIF(id = ?, 'same', 'other') AS standing FROM grants WHERE user_id = ? AND client_id = ?")
        .bind(&consent.id)
        .bind(&consent.user_id)
        .bind(&consent.client_id)
        .read_by(read)
}
