//! The export of a realm of Keycloak with its users: `kc.sh export --realm acme --users realm_file --file realm.json` (Keycloak's guide
//! "Importing and exporting realms"). The members are those of `RealmRepresentation` and its parts in the documentation of its Admin REST API.
//! The hash of a password is in `credentialData` and `secretData`, both JSON in a text (`PasswordCredentialModel`), the secret of one-time
//! codes likewise (`OTPCredentialModel`), and passkeys (`WebAuthnCredentialModel`).

mod app;
mod credential;
mod roles;
#[cfg(test)]
mod tests;

use serde_json::{Value, json};

use super::people::{People, Person};
use super::{Converted, Entry, entry, flag, hashes, json as parse, list, members, text, texts};

/// What every realm has, and means nothing elsewhere.
const OWN_ROLES: [&str; 2] = ["offline_access", "uma_authorization"];

const CHANGE_PASSWORD: &str = "UPDATE_PASSWORD";

pub fn convert(files: &[String], to: &mut Converted) -> Result<(), String> {
    let mut people = People::default();
    for file in files {
        let realm = parse(file)?;
        for (n, group) in list(&realm, "groups").iter().enumerate() {
            add_group(group, "", &format!("groups[{n}]"), &mut people, to);
        }
        for (n, client) in list(&realm, "clients").iter().enumerate() {
            app::add(client, &realm, format!("clients[{n}]"), to);
        }
        for (n, user) in list(&realm, "users").iter().enumerate() {
            person(user, format!("users[{n}]"), &mut people, to);
        }
        if !["users", "clients", "groups"]
            .iter()
            .any(|name| realm.get(*name).is_some())
        {
            return Err("A file is no export of a realm: it has neither users nor clients nor groups".to_owned());
        }
    }
    Ok(())
}

/// A group and those below it: Limen's have no parents, so the path is the name.
fn add_group(group: &Value, above: &str, place: &str, people: &mut People, to: &mut Converted) {
    let Some(name) = text(group, "name") else { return };
    let path = text(group, "path").map_or_else(|| format!("{above}/{name}"), str::to_owned);
    let mut entry = Entry::new(place, &path, to);
    let id = people.group(&path, text(group, "id"), &mut entry);
    for (app, role) in roles_of(group, &mut entry) {
        entry.add(json!({ "kind": "role", "app": app, "role": role, "group": id }));
    }
    for (n, below) in list(group, "subGroups").iter().enumerate() {
        add_group(below, &path, &format!("{place}.subGroups[{n}]"), people, to);
    }
}

/// The roles at apps of a person or a group. Those of the realm are of no app, and are named.
fn roles_of(holder: &Value, entry: &mut Entry) -> Vec<(String, String)> {
    for role in texts(holder, "realmRoles") {
        if !OWN_ROLES.contains(&role.as_str()) && !role.starts_with("default-roles-") {
            entry.leave(format!(
                "the role {role} of the realm is of no app: make a group of it, or give it at apps"
            ));
        }
    }
    let of_clients = holder
        .get("clientRoles")
        .and_then(Value::as_object)
        .into_iter()
        .flatten();
    of_clients
        .filter(|(app, _)| !app::is_own(app))
        .flat_map(|(app, roles)| {
            let roles = roles.as_array().into_iter().flatten().filter_map(Value::as_str);
            roles.map(|role| (app.clone(), role.to_owned())).collect::<Vec<_>>()
        })
        .collect()
}

fn person(user: &Value, place: String, people: &mut People, to: &mut Converted) {
    let username = text(user, "username");
    let mut entry = Entry::new(place, username.unwrap_or_default(), to);
    if text(user, "serviceAccountClientId").is_some() {
        entry.leave("it is the account of an app: Limen's have none, they get tokens by client_credentials");
        return;
    }
    let attribute = |name: &str| first_text(user.get("attributes")?.get(name)?);
    let (given, family) = (text(user, "firstName"), text(user, "lastName"));
    let name: Vec<_> = [given, family].into_iter().flatten().collect();
    let claims = members([
        ("name", json!(name.join(" "))),
        ("given_name", json!(given)),
        ("family_name", json!(family)),
        ("locale", json!(attribute("locale"))),
        ("phone_number", json!(attribute("phoneNumber"))),
    ]);
    let person = Person {
        id: text(user, "id").unwrap_or_default().to_owned(),
        username,
        email: text(user, "email"),
        email_verified: flag(user, "emailVerified").unwrap_or_default(),
        claims,
        disabled: flag(user, "enabled") == Some(false),
        created_at: seconds_of(user, "createdTimestamp"),
        groups: texts(user, "groups"),
    };
    let Some(id) = people.add(person, &mut entry) else {
        return;
    };
    for (app, role) in roles_of(user, &mut entry) {
        entry.add(json!({ "kind": "role", "app": app, "role": role, "user": id }));
    }
    let attributes = user.get("attributes").and_then(Value::as_object);
    for (name, _) in attributes.into_iter().flatten() {
        if !matches!(name.as_str(), "locale" | "phoneNumber") {
            entry.leave(entry::attribute(name));
        }
    }
    let elsewhere = list(user, "federatedIdentities").iter();
    for provider in elsewhere.filter_map(|one| text(one, "identityProvider")) {
        entry.leave(entry::sign_in_by(provider));
    }
    let actions = texts(user, "requiredActions");
    let must_change = actions.iter().any(|action| action == CHANGE_PASSWORD);
    for (n, held) in list(user, "credentials").iter().enumerate() {
        let mut entry = entry.part(&format!(".credentials[{n}]"));
        match credential::read(held, &id) {
            Ok(mut line) => {
                if must_change && line["type"] == "password" {
                    line["must_change"] = true.into();
                }
                entry.add(line);
            }
            Err(why) => entry.leave(why),
        }
    }
    for action in actions.iter().filter(|action| *action != CHANGE_PASSWORD) {
        entry.leave(format!("the required action {action} is none that there is here"));
    }
}

/// A text, or the first of a list.
fn first_text(value: &Value) -> Option<&str> {
    value.as_array().map_or(value.as_str(), |list| list.first()?.as_str())
}

/// The seconds of a moment in milliseconds.
fn seconds_of(object: &Value, name: &str) -> Option<i64> {
    Some(object.get(name)?.as_i64()? / 1_000)
}
