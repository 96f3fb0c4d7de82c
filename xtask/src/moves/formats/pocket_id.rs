//! `database.json` of an export of Pocket ID (`pocket-id export`, a ZIP): its tables as they are, bytes as `{"__binary__": base64}`
//! (backend/internal/service/export_service.go of Pocket ID). People sign in by passkeys alone: those move where the host stays the same.

use serde_json::{Value, json};

use super::people::{People, Person};
use super::registration::App;
use super::{Converted, Entry, entry, flag, hashes, json as parse, list, members, text};

pub fn convert(files: &[String], to: &mut Converted) -> Result<(), String> {
    for file in files {
        let document = parse(file)?;
        let tables = document
            .get("tables")
            .ok_or("A file has no tables: it has to be database.json of the ZIP that `pocket-id export` makes")?;
        tables_of(tables, to);
    }
    Ok(())
}

fn tables_of(tables: &Value, to: &mut Converted) {
    let mut people = People::default();
    let mut names = Vec::new();
    for (n, group) in list(tables, "user_groups").iter().enumerate() {
        let (id, name) = (
            text(group, "id").unwrap_or_default(),
            text(group, "name").unwrap_or_default(),
        );
        names.push((id, name));
        let mut entry = Entry::new(format!("user_groups[{n}]"), name, to);
        people.group(name, Some(id), &mut entry);
    }
    let group_name = |id: &str| {
        names
            .iter()
            .find(|(known, _)| *known == id)
            .map(|(_, name)| (*name).to_owned())
    };
    for (n, client) in list(tables, "oidc_clients").iter().enumerate() {
        app(client, tables, format!("oidc_clients[{n}]"), to);
    }
    for (n, user) in list(tables, "users").iter().enumerate() {
        let id = text(user, "id").unwrap_or_default();
        let theirs = list(tables, "user_groups_users")
            .iter()
            .filter(|row| text(row, "user_id") == Some(id));
        let groups = theirs
            .filter_map(|row| group_name(text(row, "user_group_id")?))
            .collect();
        person(user, groups, format!("users[{n}]"), &mut people, to);
    }
    for (n, row) in list(tables, "webauthn_credentials").iter().enumerate() {
        let place = format!("webauthn_credentials[{n}]");
        match passkey(row) {
            Some(line) => to.add(place, line),
            None => to.leave(place, text(row, "name").unwrap_or("a passkey"), "it cannot be read"),
        }
    }
}

fn person(user: &Value, groups: Vec<String>, place: String, people: &mut People, to: &mut Converted) {
    let (given, family) = (text(user, "first_name"), text(user, "last_name"));
    let name: Vec<_> = [given, family].into_iter().flatten().collect();
    let name = text(user, "display_name").map_or_else(|| name.join(" "), str::to_owned);
    let username = text(user, "username");
    let mut entry = Entry::new(place, username.unwrap_or_default(), to);
    let claims = members([
        ("name", json!(name)),
        ("given_name", json!(given)),
        ("family_name", json!(family)),
        ("locale", json!(text(user, "locale"))),
    ]);
    let person = Person {
        id: text(user, "id").unwrap_or_default().to_owned(),
        username,
        email: text(user, "email"),
        email_verified: flag(user, "email_verified").unwrap_or_default(),
        claims,
        disabled: flag(user, "disabled").unwrap_or_default(),
        created_at: hashes::number(user.get("created_at")),
        groups,
    };
    people.add(person, &mut entry);
    if flag(user, "is_admin") == Some(true) {
        entry.leave("they are an administrator there: an owner gives roles of operators here");
    }
}

/// Bytes, which the export writes as a text where they happen to be one.
fn bytes(row: &Value, name: &str) -> Option<Vec<u8>> {
    match row.get(name)? {
        Value::String(text) => Some(text.as_bytes().to_vec()),
        object => hashes::from_base64(object.get("__binary__")?.as_str()?),
    }
}

fn passkey(row: &Value) -> Option<Value> {
    let transports = match row.get("transport") {
        Some(Value::String(text)) => serde_json::from_str(text).ok()?,
        Some(list @ Value::Array(_)) => list.clone(),
        _ => json!([]),
    };
    let mut secret = json!({
        "id": hashes::in_base64url(&bytes(row, "credential_id")?),
        "cose": hashes::in_base64url(&bytes(row, "public_key")?),
        "transports": transports,
        "backup_eligible": flag(row, "backup_eligible").unwrap_or_default(),
    });
    if let Some(aaguid) = text(row, "aaguid").filter(|aaguid| aaguid.len() == 36) {
        secret["aaguid"] = aaguid.into();
    }
    let mut line = json!({
        "kind": "credential", "user": text(row, "user_id")?, "type": "passkey", "secret": secret,
        "backed_up": flag(row, "backup_state").unwrap_or_default(),
    });
    if let Some(name) = text(row, "name") {
        line["name"] = name.into();
    }
    if let Some(at) = hashes::number(row.get("created_at")) {
        line["created_at"] = at.into();
    }
    Some(line)
}

fn app(client: &Value, tables: &Value, place: String, to: &mut Converted) {
    let urls = |name: &str| -> Vec<String> {
        match client.get(name) {
            Some(Value::String(text)) => serde_json::from_str(text).unwrap_or_default(),
            Some(Value::Array(list)) => list.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
            _ => Vec::new(),
        }
    };
    let id = text(client, "id").unwrap_or_default();
    let name = text(client, "name").unwrap_or(id);
    let mut entry = Entry::new(place, name, to);
    let is_public = flag(client, "is_public").unwrap_or_default();
    let allowed: Vec<_> = list(tables, "oidc_clients_allowed_user_groups")
        .iter()
        .filter(|row| text(row, "oidc_client_id") == Some(id))
        .filter_map(|row| text(row, "user_group_id"))
        .collect();
    let is_restricted = flag(client, "is_group_restricted").unwrap_or(!allowed.is_empty());
    if is_restricted && allowed.is_empty() {
        entry.leave("it is for no group there: whoever may use it here is to be said");
    }
    let app = App {
        id,
        name,
        redirect_uris: urls("callback_urls"),
        post_logout_redirect_uris: urls("logout_callback_urls"),
        grant_types: ["authorization_code", "refresh_token"].map(str::to_owned).to_vec(),
        is_public,
        secret: None,
        metadata: members([
            ("allowed_groups", json!(is_restricted.then_some(allowed))),
            ("client_uri", json!(text(client, "launch_url"))),
        ]),
    };
    if app.add(&mut entry) && !is_public {
        entry.leave(entry::SECRET_IS_A_HASH);
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Format, convert};
    use super::*;

    #[test]
    fn people_move_with_their_passkeys_and_groups() {
        let user = "1cd19686-f9a6-43f4-a41f-14a0bf5b4036";
        let file = json!({ "provider": "sqlite", "version": 20251117141000_i64, "tables": {
            "users": [{ "id": user, "created_at": 1_731_936_000, "username": "tim", "email": "tim@acme.org", "first_name": "Tim",
                        "last_name": "Cook", "display_name": "Tim Cook", "is_admin": true, "disabled": false, "locale": null }],
            "user_groups": [{ "id": "c7ae7c01-28a3-4f3c-9572-1ee734ea8368", "name": "developers", "friendly_name": "Developers" }],
            "user_groups_users": [{ "user_id": user, "user_group_id": "c7ae7c01-28a3-4f3c-9572-1ee734ea8368" }],
            "webauthn_credentials": [{ "id": "w", "created_at": 1_731_936_000, "name": "Passkey 1", "credential_id": "test-credential-1",
                "public_key": { "__binary__": "pQECAyYgASFYIPzVxg==" }, "attestation_type": "none", "transport": "[\"internal\"]",
                "backup_eligible": true, "backup_state": true, "user_id": user }],
            "oidc_clients": [{ "id": "3654a746-35d4-4321-ac61-0bdcff2b4055", "name": "Nextcloud", "secret": "$2a$10$9dypwot8nGuCjT6wQWWpJOckZfRprhe2EkwpKizxS/fpVHrOLEJHC",
                "callback_urls": "[\"http://nextcloud/auth/callback\",\"https://cloud.acme.org/cb\"]", "logout_callback_urls": "[]", "is_public": false, "is_group_restricted": true }],
            "oidc_clients_allowed_user_groups": [{ "oidc_client_id": "3654a746-35d4-4321-ac61-0bdcff2b4055", "user_group_id": "c7ae7c01-28a3-4f3c-9572-1ee734ea8368" }],
        } });
        let to = convert(Format::PocketId, &[file.to_string()]).unwrap();
        let kinds: Vec<_> = to
            .lines
            .iter()
            .map(|(_, line)| line["kind"].as_str().unwrap())
            .collect();
        assert_eq!(kinds, ["group", "app", "person", "credential", "memberships"]);
        assert_eq!(
            to.lines[1].1["metadata"]["allowed_groups"],
            json!(["c7ae7c01-28a3-4f3c-9572-1ee734ea8368"])
        );
        assert_eq!(
            to.lines[3].1["secret"]["id"],
            hashes::in_base64url(b"test-credential-1")
        );
        assert_eq!(to.lines[3].1["secret"]["transports"], json!(["internal"]));
        assert_eq!(to.left.len(), 2, "{:?}", to.left);
        assert!(convert(Format::PocketId, &["{}".to_owned()]).is_err());
    }
}
