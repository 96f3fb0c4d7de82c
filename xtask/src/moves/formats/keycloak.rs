//! The export of a realm of Keycloak with its users: `kc.sh export --realm acme --users realm_file --file realm.json` (Keycloak's guide
//! "Importing and exporting realms"). The members are those of `RealmRepresentation` and its parts in the documentation of its Admin REST API.
//! The hash of a password is in `credentialData` and `secretData`, both JSON in a text (`PasswordCredentialModel`), the secret of one-time
//! codes likewise (`OTPCredentialModel`), and passkeys (`WebAuthnCredentialModel`).

use serde_json::{Value, json};

use super::people::{People, Person};
use super::registration::App;
use super::{Converted, flag, hashes, json as parse, list, members, text, texts};

/// Keycloak's own apps.
const OWN: [&str; 6] = [
    "account",
    "account-console",
    "admin-cli",
    "broker",
    "realm-management",
    "security-admin-console",
];

/// What every realm has, and means nothing elsewhere.
const OWN_ROLES: [&str; 2] = ["offline_access", "uma_authorization"];

pub fn convert(files: &[String], to: &mut Converted) -> Result<(), String> {
    let mut people = People::default();
    for file in files {
        let realm = parse(file)?;
        for (n, group) in list(&realm, "groups").iter().enumerate() {
            add_group(group, "", &format!("groups[{n}]"), &mut people, to);
        }
        for (n, client) in list(&realm, "clients").iter().enumerate() {
            app(client, &format!("clients[{n}]"), to);
        }
        for (n, user) in list(&realm, "users").iter().enumerate() {
            person(user, &format!("users[{n}]"), &mut people, to);
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
    let id = people.group(&path, text(group, "id"), place, to);
    for role in roles_of(group, place, &path, to) {
        to.add(
            place,
            json!({ "kind": "role", "app": role.0, "role": role.1, "group": id }),
        );
    }
    for (n, below) in list(group, "subGroups").iter().enumerate() {
        add_group(below, &path, &format!("{place}.subGroups[{n}]"), people, to);
    }
}

/// The roles at apps of a person or a group. Those of the realm are of no app, and are named.
fn roles_of(holder: &Value, place: &str, what: &str, to: &mut Converted) -> Vec<(String, String)> {
    for role in texts(holder, "realmRoles") {
        if !OWN_ROLES.contains(&role.as_str()) && !role.starts_with("default-roles-") {
            to.leave(
                place,
                what,
                format!("the role {role} of the realm is of no app: make a group of it, or give it at apps"),
            );
        }
    }
    let of_clients = holder
        .get("clientRoles")
        .and_then(Value::as_object)
        .into_iter()
        .flatten();
    of_clients
        .filter(|(app, _)| !OWN.contains(&app.as_str()) && !app.ends_with("-realm"))
        .flat_map(|(app, roles)| {
            let roles = roles.as_array().into_iter().flatten().filter_map(Value::as_str);
            roles.map(|role| (app.clone(), role.to_owned())).collect::<Vec<_>>()
        })
        .collect()
}

fn person(user: &Value, place: &str, people: &mut People, to: &mut Converted) {
    let what = text(user, "username").unwrap_or_default();
    if text(user, "serviceAccountClientId").is_some() {
        to.leave(
            place,
            what,
            "it is the account of an app: Limen's have none, they get tokens by client_credentials",
        );
        return;
    }
    let attribute = |name: &str| {
        let value = user.get("attributes")?.get(name)?;
        value
            .as_array()
            .map_or(value.as_str(), |list| list.first()?.as_str())
            .map(str::to_owned)
    };
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
        username: text(user, "username").map(str::to_owned),
        email: text(user, "email").map(str::to_owned),
        email_verified: flag(user, "emailVerified").unwrap_or_default(),
        claims,
        disabled: flag(user, "enabled") == Some(false),
        created_at: user
            .get("createdTimestamp")
            .and_then(Value::as_i64)
            .map(|at| at / 1_000),
        groups: texts(user, "groups"),
    };
    let Some(id) = people.add(person, place, to) else {
        return;
    };
    for (app, role) in roles_of(user, place, what, to) {
        to.add(place, json!({ "kind": "role", "app": app, "role": role, "user": id }));
    }
    let known = ["locale", "phoneNumber"];
    let others = user.get("attributes").and_then(Value::as_object).into_iter().flatten();
    for (name, _) in others.filter(|(name, _)| !known.contains(&name.as_str())) {
        to.leave(
            place,
            what,
            format!("the attribute {name}: name it in ATTRIBUTES and set it by the admin API"),
        );
    }
    for provider in list(user, "federatedIdentities")
        .iter()
        .filter_map(|one| text(one, "identityProvider"))
    {
        to.leave(
            place,
            what,
            format!("the sign-in by {provider}: people sign in at Limen itself"),
        );
    }
    let must_change = list(user, "requiredActions")
        .iter()
        .any(|action| action == "UPDATE_PASSWORD");
    for (n, credential) in list(user, "credentials").iter().enumerate() {
        let place = format!("{place}.credentials[{n}]");
        match read_credential(credential, &id) {
            Ok(Some(mut line)) => {
                if must_change && line["type"] == "password" {
                    line["must_change"] = true.into();
                }
                to.add(place, line);
            }
            Ok(None) => {}
            Err(why) => to.leave(place, what, why),
        }
    }
    for action in list(user, "requiredActions").iter().filter_map(Value::as_str) {
        if action != "UPDATE_PASSWORD" {
            to.leave(
                place,
                what,
                format!("the required action {action} is none that there is here"),
            );
        }
    }
}

fn read_credential(credential: &Value, user: &str) -> Result<Option<Value>, String> {
    let inner = |name: &str| text(credential, name).and_then(|text| serde_json::from_str::<Value>(text).ok());
    let (data, secret) = (inner("credentialData"), inner("secretData"));
    let broken = || "its credentialData or secretData cannot be read".to_owned();
    let created = credential
        .get("createdDate")
        .and_then(Value::as_i64)
        .map(|at| at / 1_000);
    let line = |kind: &str, more: Value| {
        let mut line = json!({ "kind": "credential", "user": user, "type": kind });
        if let (Value::Object(line), Value::Object(more)) = (&mut line, more) {
            line.extend(more);
            if let Some(at) = created {
                line.insert("created_at".to_owned(), at.into());
            }
            if let Some(name) = text(credential, "userLabel") {
                line.insert("name".to_owned(), name.into());
            }
        }
        Ok(Some(line))
    };
    match text(credential, "type").unwrap_or_default() {
        "password" => {
            let (data, secret) = data.zip(secret).ok_or_else(broken)?;
            line("password", json!({ "secret": password(&data, &secret)? }))
        }
        "otp" => {
            let (data, secret) = data.zip(secret).ok_or_else(broken)?;
            line("totp", json!({ "base32": one_time_secret(&data, &secret)? }))
        }
        kind @ ("webauthn" | "webauthn-passwordless") => {
            let data = data.ok_or_else(broken)?;
            let id = text(&data, "credentialId")
                .and_then(hashes::from_base64)
                .ok_or_else(broken)?;
            let key = text(&data, "credentialPublicKey")
                .and_then(hashes::from_base64)
                .ok_or_else(broken)?;
            if kind == "webauthn" {
                return Err("a security key of the second step: passkeys verify the person, and it may not".to_owned());
            }
            let secret = json!({
                "id": in_base64url(&id),
                "cose": in_base64url(&key),
                "aaguid": text(&data, "aaguid").unwrap_or("00000000-0000-0000-0000-000000000000"),
                "transports": texts(&data, "transports"),
            });
            line(
                "passkey",
                json!({ "secret": secret, "counter": hashes::number(data.get("counter")).unwrap_or_default() }),
            )
        }
        "recovery-authn-codes" => Err("recovery codes are not taken: they make new ones".to_owned()),
        other => Err(format!("a credential of type {other} is not known here")),
    }
}

/// Keycloak hashes with PBKDF2, and with Argon2 since version 24. Its keys of PBKDF2 with SHA-256 are longer than the digest.
fn password(data: &Value, secret: &Value) -> Result<String, String> {
    let broken = || "the hash of its password cannot be read".to_owned();
    let bytes = |name: &str| text(secret, name).and_then(hashes::from_base64);
    let (salt, hash) = bytes("salt").zip(bytes("value")).ok_or_else(broken)?;
    let parameters = data.get("additionalParameters").unwrap_or(&Value::Null);
    let algorithm = text(data, "algorithm").unwrap_or_default();
    let rounds = hashes::number(data.get("hashIterations"));
    let made = match algorithm {
        "pbkdf2" => hashes::pbkdf2("sha1", rounds.ok_or_else(broken)?, &salt, &hash),
        "pbkdf2-sha256" => hashes::pbkdf2("sha256", rounds.ok_or_else(broken)?, &salt, &hash),
        "pbkdf2-sha512" => hashes::pbkdf2("sha512", rounds.ok_or_else(broken)?, &salt, &hash),
        "argon2" => {
            let word = |name: &str| {
                let value = parameters.get(name)?;
                value.as_array().map_or(value.as_str(), |list| list.first()?.as_str())
            };
            let number = |name: &str| hashes::number(parameters.get(name));
            let costs = number("memory").zip(rounds).zip(number("parallelism"));
            let ((memory, passes), lanes) = costs.ok_or_else(broken)?;
            hashes::argon2(
                word("type").unwrap_or("id"),
                word("version").unwrap_or("1.3"),
                [memory, passes, lanes],
                &salt,
                &hash,
            )
        }
        _ => None,
    };
    made.ok_or_else(|| format!("a password hashed with {algorithm} is not known here"))
}

/// The secret is a text whose bytes are the key, unless it says that it is base32.
fn one_time_secret(data: &Value, secret: &Value) -> Result<String, String> {
    let is_usual = text(data, "subType") == Some("totp")
        && hashes::number(data.get("digits")) == Some(6)
        && hashes::number(data.get("period")) == Some(30)
        && text(data, "algorithm") == Some("HmacSHA1");
    let value = text(secret, "value").unwrap_or_default();
    let text = match text(data, "secretEncoding") {
        Some("BASE32") => value.trim_end_matches('=').to_owned(),
        _ => hashes::base32(value.as_bytes()),
    };
    match is_usual && text.len() == 32 {
        true => Ok(text),
        false => Err(
            "one-time codes of other than 6 digits, 30 seconds, SHA-1 and a secret of 20 bytes are not taken"
                .to_owned(),
        ),
    }
}

fn in_base64url(bytes: &[u8]) -> String {
    use base64::Engine;
    base64::prelude::BASE64_URL_SAFE_NO_PAD.encode(bytes)
}

fn app(client: &Value, place: &str, to: &mut Converted) {
    let id = text(client, "clientId").unwrap_or_default();
    if OWN.contains(&id) || id.ends_with("-realm") {
        return;
    }
    if text(client, "protocol").is_some_and(|protocol| protocol != "openid-connect") {
        to.leave(place, id, "it does not speak OpenID Connect");
        return;
    }
    if flag(client, "bearerOnly") == Some(true) {
        to.leave(place, id, "it is an API: name it in RESOURCES");
        return;
    }
    let attribute = |name: &str| client.get("attributes").and_then(|held| text(held, name));
    let mut grants = Vec::new();
    for (name, grant) in [
        ("standardFlowEnabled", "authorization_code"),
        ("serviceAccountsEnabled", "client_credentials"),
    ] {
        if flag(client, name) == Some(true) {
            grants.push(grant.to_owned());
        }
    }
    if attribute("oauth2.device.authorization.grant.enabled") == Some("true") {
        grants.push("urn:ietf:params:oauth:grant-type:device_code".to_owned());
    }
    if attribute("use.refresh.tokens") != Some("false") && grants.iter().any(|grant| grant != "client_credentials") {
        grants.push("refresh_token".to_owned());
    }
    if flag(client, "implicitFlowEnabled") == Some(true) {
        to.leave(
            place,
            id,
            "the implicit flow is not for new apps: use authorization_code with PKCE",
        );
    }
    let method = text(client, "clientAuthenticatorType").unwrap_or("client-secret");
    let is_public = flag(client, "publicClient").unwrap_or_default();
    if method != "client-secret" && !is_public {
        to.leave(place, id, format!("it proves itself by {method}: register its keys"));
    }
    let secret = text(client, "secret").filter(|secret| !secret.starts_with('*'));
    if secret.is_none() && !is_public {
        to.leave(place, id, "its secret is not in the file: it needs a new one");
    }
    let logout = attribute("post.logout.redirect.uris").unwrap_or_default();
    let logout = logout
        .split("##")
        .filter(|uri| !uri.is_empty() && !matches!(*uri, "+" | "-"));
    let app = App {
        id: id.to_owned(),
        name: text(client, "name")
            .filter(|name| !name.starts_with("${"))
            .unwrap_or(id)
            .to_owned(),
        redirect_uris: texts(client, "redirectUris"),
        post_logout_redirect_uris: logout.map(str::to_owned).collect(),
        grant_types: grants,
        is_public,
        secret: secret.map(str::to_owned),
        metadata: members([
            (
                "disabled",
                if flag(client, "enabled") == Some(false) {
                    json!(true)
                } else {
                    Value::Null
                },
            ),
            ("backchannel_logout_uri", json!(attribute("backchannel.logout.url"))),
            (
                "consent",
                if flag(client, "consentRequired") == Some(false) {
                    json!("never")
                } else {
                    Value::Null
                },
            ),
        ]),
    };
    app.add(place, to);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn realm() -> Value {
        json!({
            "realm": "acme",
            "groups": [{ "id": "d1c6f1b0-6c2b-4a5e-9a43-0a4b2a1f6a11", "name": "Staff", "path": "/Staff", "subGroups": [
                { "id": "e2", "name": "Writers", "path": "/Staff/Writers", "clientRoles": { "notes": ["editor"] }, "subGroups": [] }] }],
            "clients": [
                { "clientId": "account", "protocol": "openid-connect" },
                { "clientId": "notes", "name": "Notes", "protocol": "openid-connect", "secret": "3x9Vd0mQv1uT7kRb5nYw2sLq8pZc4hJf", "publicClient": false,
                  "enabled": true, "standardFlowEnabled": true, "consentRequired": false, "redirectUris": ["https://notes.acme.org/callback", "/old/*"],
                  "attributes": { "post.logout.redirect.uris": "https://notes.acme.org/##+" } },
                { "clientId": "wiki", "protocol": "saml" },
                { "clientId": "cli", "protocol": "openid-connect", "publicClient": true, "standardFlowEnabled": true, "redirectUris": ["http://127.0.0.1/callback"] },
                { "clientId": "api", "protocol": "openid-connect", "bearerOnly": true },
            ],
            "users": [
                { "id": "6d6d3f0c-7f5e-4e2b-8a55-2d3b1f0c9e77", "createdTimestamp": 1_600_000_000_123_i64, "username": "ada", "enabled": true,
                  "emailVerified": true, "firstName": "Ada", "lastName": "Lovelace", "email": "ada@acme.org", "groups": ["/Staff/Writers"],
                  "realmRoles": ["default-roles-acme", "auditor"], "clientRoles": { "notes": ["admin"], "account": ["view-profile"] },
                  "attributes": { "locale": ["fr"], "shoe_size": ["38"] },
                  "credentials": [
                    { "type": "password", "createdDate": 1_600_000_000_456_i64,
                      "secretData": "{\"value\":\"1u7BLvfSPxQFpwc5jpGSA+88EGl9pZYKhaZ8YPIu9N4=\",\"salt\":\"x/bm4Y3DcuV9eU97ervkPA==\",\"additionalParameters\":{}}",
                      "credentialData": "{\"hashIterations\":27500,\"algorithm\":\"pbkdf2-sha256\",\"additionalParameters\":{}}" },
                    { "type": "otp", "userLabel": "Phone", "secretData": "{\"value\":\"IZ8rTAqwcXeFcPvNyj4D\"}",
                      "credentialData": "{\"subType\":\"totp\",\"digits\":6,\"counter\":0,\"period\":30,\"algorithm\":\"HmacSHA1\"}" },
                    { "type": "webauthn-passwordless", "userLabel": "Laptop", "secretData": "{}",
                      "credentialData": "{\"aaguid\":\"00000000-0000-0000-0000-000000000000\",\"credentialId\":\"AQIDBA==\",\"counter\":7,\"credentialPublicKey\":\"pQECAyYgASFYIA\",\"transports\":[\"internal\"]}" },
                  ] },
                { "id": "7", "username": "bob", "enabled": false, "requiredActions": ["UPDATE_PASSWORD", "CONFIGURE_TOTP"], "credentials": [
                    { "type": "password", "secretData": "{\"value\":\"aGFzaA==\",\"salt\":\"c2FsdA==\"}",
                      "credentialData": "{\"hashIterations\":5,\"algorithm\":\"argon2\",\"additionalParameters\":{\"hashLength\":[\"32\"],\"memory\":[\"7168\"],\"type\":[\"id\"],\"version\":[\"1.3\"],\"parallelism\":[\"1\"]}}" }] },
                { "id": "8", "username": "service-account-notes", "serviceAccountClientId": "notes" },
            ],
        })
    }

    #[test]
    fn a_realm_becomes_groups_apps_people_and_how_they_sign_in() {
        let to = super::super::convert(super::super::Format::Keycloak, &[realm().to_string()]).unwrap();
        let of = |kind: &str| -> Vec<_> {
            to.lines
                .iter()
                .map(|(_, line)| line)
                .filter(|line| line["kind"] == kind)
                .collect()
        };
        assert_eq!(
            of("group")
                .iter()
                .map(|line| line["name"].as_str().unwrap())
                .collect::<Vec<_>>(),
            ["Staff", "Staff/Writers"]
        );
        let apps = of("app");
        assert_eq!(
            apps.iter().map(|line| line["id"].as_str().unwrap()).collect::<Vec<_>>(),
            ["notes", "cli"]
        );
        assert_eq!(apps[0]["metadata"]["consent"], "never");
        assert_eq!(apps[1]["metadata"]["application_type"], "native");
        let ada = of("person")[0];
        assert_eq!(ada["claims"]["name"], "Ada Lovelace");
        assert_eq!(
            (&ada["created_at"], &ada["claims"]["locale"]),
            (&json!(1_600_000_000), &json!("fr"))
        );
        assert_eq!(of("memberships")[0]["groups"], json!(["e2"]));
        assert_eq!(of("role").len(), 2);
        let secrets: Vec<_> = of("credential")
            .iter()
            .map(|line| line.get("secret").or(line.get("base32")).unwrap().to_string())
            .collect();
        assert_eq!(
            secrets[0],
            "\"$pbkdf2-sha256$i=27500,l=32$x/bm4Y3DcuV9eU97ervkPA$1u7BLvfSPxQFpwc5jpGSA+88EGl9pZYKhaZ8YPIu9N4\""
        );
        assert_eq!(secrets[1], format!("\"{}\"", hashes::base32(b"IZ8rTAqwcXeFcPvNyj4D")));
        assert!(secrets[2].contains("\"id\":\"AQIDBA\""), "{}", secrets[2]);
        let must_change: Vec<_> = of("credential")
            .iter()
            .map(|line| line["must_change"] == true)
            .collect();
        assert_eq!(must_change, [false, false, false, true]);
        assert_eq!(secrets[3], "\"$argon2id$v=19$m=7168,t=5,p=1$c2FsdA$aGFzaA\"");
    }

    #[test]
    fn what_cannot_be_taken_is_named_with_its_place() {
        let to = super::super::convert(super::super::Format::Keycloak, &[realm().to_string()]).unwrap();
        let left: Vec<_> = to
            .left
            .iter()
            .map(|left| {
                (
                    left.place.as_str(),
                    left.why.split(' ').take(3).collect::<Vec<_>>().join(" "),
                )
            })
            .collect();
        for (place, why) in [
            ("clients[1]", "the redirect address"),
            ("clients[2]", "it does not"),
            ("clients[4]", "it is an"),
            ("users[0]", "the role auditor"),
            ("users[0]", "the attribute shoe_size:"),
            ("users[1]", "the required action"),
            ("users[2]", "it is the"),
        ] {
            assert!(left.contains(&(place, why.to_owned())), "{place} {why}: {left:?}");
        }
        assert!(super::super::convert(super::super::Format::Keycloak, &["{}".to_owned()]).is_err());
    }
}
