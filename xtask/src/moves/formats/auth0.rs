//! Files of Auth0: the export of password hashes (a JSON document a line), the export of users (a document a line, or a list), and apps as
//! `GET /api/v2/clients` gives them.
//!
//! "How to Use the Password Hashes Export from Auth0" (support.auth0.com): `_id.$oid`, `alt_id`, `passwordHash`, `identifiers`. "Bulk User
//! Import Database Schema and Examples" (auth0.com/docs): `user_id`, `email`, `blocked`, `password_hash`, `custom_password_hash`. Management
//! API, "Get clients": `client_id`, `client_secret`, `callbacks`, `allowed_logout_urls`, `grant_types`, `token_endpoint_auth_method`.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::people::{People, Person};
use super::registration::App;
use super::{Converted, Entry, entry, flag, json as parse, list, members, of_same_names, seconds, text, texts};

/// Members that are called as claims of OpenID Connect.
const CLAIMS: [&str; 4] = ["given_name", "family_name", "nickname", "picture"];

/// What says something of a person, and whether that is confirmed: both are of one document.
const CONFIRMED: [(&str, &str); 2] = [("email", "email_verified"), ("phone_number", "phone_verified")];

pub fn convert(files: &[String], to: &mut Converted) -> Result<(), String> {
    let (mut all, mut known) = (Vec::<(String, Value)>::new(), BTreeMap::<String, usize>::new());
    for (n, file) in files.iter().enumerate() {
        for (place, object) in objects(file)? {
            let place = match files.len() {
                1 => place,
                _ => format!("file {}, {place}", n + 1),
            };
            if object.get("client_id").is_some() {
                app(&object, place, to);
                continue;
            }
            let id = id_of(&object);
            let before = known
                .get(&id)
                .and_then(|at| all.get_mut(*at))
                .filter(|_| !id.is_empty());
            match before {
                Some((where_else, before)) => {
                    *before = joined(std::mem::take(before), object, [where_else, &place], to);
                    *where_else = format!("{where_else} and {place}");
                }
                None => {
                    known.insert(id, all.len());
                    all.push((place, object));
                }
            }
        }
    }
    let mut people = People::default();
    for (place, object) in all {
        person(&object, place, &mut people, to);
    }
    Ok(())
}

/// What apps know a person by: the whole id, of which files of Auth0 give either.
fn id_of(object: &Value) -> String {
    let native = text(object, "alt_id").or_else(|| object.get("_id")?.get("$oid")?.as_str());
    match (text(object, "user_id"), native) {
        (Some(id), _) if id.contains('|') => id.to_owned(),
        (Some(id), _) | (None, Some(id)) => format!("auth0|{id}"),
        (None, None) => String::new(),
    }
}

/// One person of two documents: the users' own counts where both say something, since the export of hashes says little of people.
fn joined(first: Value, second: Value, places: [&str; 2], to: &mut Converted) -> Value {
    let is_second = first.get("user_id").is_none() && second.get("user_id").is_some();
    let (mut counts, mut other, places) = match is_second {
        true => (second, first, [places[1], places[0]]),
        false => (first, second, places),
    };
    let is_there = |object: &Value, name: &str| object.get(name).is_some_and(|value| !value.is_null());
    for name in [
        "email",
        "email_verified",
        "username",
        "passwordHash",
        "password_hash",
        "name",
        "blocked",
    ] {
        if is_there(&counts, name) && is_there(&other, name) && counts[name] != other[name] {
            let how = format!("has another {name} in {}: what {} says is taken", places[1], places[0]);
            to.change(places[0], id_of(&counts), how);
        }
    }
    let (Some(counting), Some(others)) = (counts.as_object_mut(), other.as_object_mut()) else {
        return counts;
    };
    counting.retain(|_, value| !value.is_null());
    others.retain(|_, value| !value.is_null());
    for (value, confirmed) in CONFIRMED {
        match (counting.get(value), others.get(value)) {
            (Some(here), there) if Some(here) != there => _ = others.remove(confirmed),
            (None, Some(_)) => _ = counting.remove(confirmed),
            _ => {}
        }
    }
    for (name, value) in std::mem::take(others) {
        counting.entry(name).or_insert(value);
    }
    counts
}

/// The documents of a file: a list, an object with a list, or one a line.
fn objects(file: &str) -> Result<Vec<(String, Value)>, String> {
    let whole = serde_json::from_str::<Value>(file).ok();
    let listed = |name: &str, list: &[Value]| {
        list.iter()
            .enumerate()
            .map(|(n, one)| (format!("{name}[{n}]"), one.clone()))
            .collect()
    };
    match whole {
        Some(Value::Array(list)) => Ok(listed("", &list)),
        Some(object) => {
            let inner = ["clients", "users"]
                .into_iter()
                .find(|name| object.get(*name).is_some_and(Value::is_array));
            Ok(match inner {
                Some(name) => listed(name, list(&object, name)),
                None => vec![("line 1".to_owned(), object)],
            })
        }
        None => {
            let lines = file.lines().enumerate().filter(|(_, line)| !line.trim().is_empty());
            let read = |(n, line): (usize, &str)| Ok((format!("line {}", n + 1), parse(line)?));
            lines.map(read).collect()
        }
    }
}

fn person(object: &Value, place: String, people: &mut People, to: &mut Converted) {
    let identifier = |kind: &str| {
        list(object, "identifiers")
            .iter()
            .find(|one| text(one, "type") == Some(kind))
    };
    let email = text(object, "email").or_else(|| text(identifier("email")?, "value"));
    let of_email = identifier("email").filter(|one| text(one, "value") == email);
    let verified = flag(object, "email_verified").or_else(|| flag(of_email?, "verified"));
    let username = text(object, "username").or_else(|| text(identifier("username")?, "value"));
    let id = id_of(object);
    let mut entry = Entry::new(place, email.or(username).unwrap_or(&id), to);
    let phone = text(object, "phone_number").or_else(|| text(identifier("phone_number")?, "value"));
    let mut claims = of_same_names(&CLAIMS, |name| text(object, name));
    claims.extend(members([
        ("name", json!(text(object, "name").filter(|name| Some(*name) != email))),
        ("phone_number", json!(phone)),
        (
            "phone_number_verified",
            json!(phone.and(flag(object, "phone_verified"))),
        ),
    ]));
    let person = Person {
        id: id.clone(),
        username,
        email,
        email_verified: verified.unwrap_or_default(),
        claims,
        disabled: flag(object, "blocked").unwrap_or_default(),
        created_at: text(object, "created_at").and_then(seconds),
        groups: Vec::new(),
    };
    let Some(user) = people.add(person, &mut entry) else {
        return;
    };
    for name in ["user_metadata", "app_metadata"] {
        let held = object.get(name).and_then(Value::as_object);
        if held.is_some_and(|held| !held.is_empty()) {
            entry.leave(format!(
                "{name}: name attributes in ATTRIBUTES and set them by the admin API"
            ));
        }
    }
    match hash(object) {
        Some((hash, why_not)) => entry.add_password(&user, hash, &why_not),
        None => entry.leave("no password hash is in the files; they set one up by a link, or sign in by mail"),
    }
    let factors = object.get("multifactor");
    let has_factors = factors.is_some_and(|held| held.as_array().is_none_or(|held| !held.is_empty()));
    if object.get("mfa_factors").is_some() || has_factors {
        entry.leave(entry::SECOND_FACTORS);
    }
}

/// The hash of the password, and what is said of it where its form is not known. `custom_password_hash` is what was imported there from
/// elsewhere.
fn hash(object: &Value) -> Option<(&str, String)> {
    if let Some(hash) = text(object, "passwordHash").or_else(|| text(object, "password_hash")) {
        let why_not = "the hash of its password is of a form that is not known here";
        return Some((hash, why_not.to_owned()));
    }
    let custom = object.get("custom_password_hash")?;
    let algorithm = text(custom, "algorithm").unwrap_or_default();
    let is_taken = matches!(algorithm, "argon2" | "bcrypt" | "pbkdf2" | "scrypt");
    let hash = custom.get("hash").and_then(|hash| text(hash, "value"));
    let why_not = format!("custom_password_hash of {algorithm} in this form is not known here");
    Some((hash.filter(|_| is_taken).unwrap_or_default(), why_not))
}

fn app(object: &Value, place: String, to: &mut Converted) {
    let name = text(object, "name").unwrap_or_default();
    let mut entry = Entry::new(place, name, to);
    if flag(object, "global") == Some(true) {
        entry.leave("it is Auth0's own app");
        return;
    }
    let method = text(object, "token_endpoint_auth_method");
    let mut grants = Vec::new();
    for grant in texts(object, "grant_types") {
        match grant.as_str() {
            "implicit" | "password" => entry.leave(format!(
                "the grant {grant} is not for new apps: use authorization_code with PKCE"
            )),
            _ => grants.push(grant),
        }
    }
    if matches!(method, Some("private_key_jwt")) || object.get("client_authentication_methods").is_some() {
        entry.leave("it proves itself by a key: register its jwks or jwks_uri");
    }
    let logo = text(object, "logo_uri");
    let app = App {
        id: text(object, "client_id").unwrap_or_default(),
        name,
        redirect_uris: texts(object, "callbacks"),
        post_logout_redirect_uris: texts(object, "allowed_logout_urls"),
        grant_types: grants,
        is_public: method == Some("none"),
        secret: text(object, "client_secret"),
        metadata: members([
            ("initiate_login_uri", json!(text(object, "initiate_login_uri"))),
            ("logo_uri", json!(logo.filter(|uri| uri.starts_with("https://")))),
        ]),
    };
    app.add(&mut entry);
}

#[cfg(test)]
mod tests {
    use super::*;

    const HASHES: &str = r#"{"_id":{"$oid":"5dea9f9c82dd7c0e76e4ec93"},"email_verified":false,"email":"user@acme.org","passwordHash":"$2b$10$N9qo8uLOickgx2ZMRZoMyeIjZAgcfl7p92ldGxad68LJZdL17lhWy","password_set_date":{"$date":"2019-12-06T18:36:12.412Z"},"tenant":"acme","connection":"Username-Password-Authentication","_tmp_is_unique":true,"identifiers":[{"type":"email","value":"user@acme.org","verified":true}]}
{"_id":{"$oid":"5dea9f9c82dd7c0e76e4ec94"},"alt_id":"euclid","passwordHash":"$2b$10$N9qo8uLOickgx2ZMRZoMyeIjZAgcfl7p92ldGxad68LJZdL17lhWy","identifiers":[{"type":"email","value":"euclid@acme.org","verified":true}]}
"#;

    fn converted(file: &str) -> Converted {
        super::super::convert(super::super::Format::Auth0, &[file.to_owned()]).unwrap()
    }

    #[test]
    fn people_of_the_export_of_hashes_keep_their_ids_and_passwords() {
        let to = converted(HASHES);
        let lines: Vec<_> = to.lines.iter().map(|(_, line)| line.clone()).collect();
        assert_eq!(
            lines[0],
            json!({ "kind": "person", "id": "auth0|5dea9f9c82dd7c0e76e4ec93", "username": "user",
                    "claims": { "email": "user@acme.org", "email_verified": false } })
        );
        assert_eq!(lines[1]["id"], "auth0|euclid");
        assert_eq!(lines[1]["claims"]["email_verified"], true);
        assert_eq!(lines[2]["type"], "password");
        assert!(to.left.is_empty(), "{:?}", to.left);
    }

    /// What Auth0 gives of people in two files is of the same people.
    #[test]
    fn both_files_of_a_person_become_one_whatever_their_order() {
        let users = r#"{"user_id":"auth0|5dea9f9c82dd7c0e76e4ec93","email":"user@acme.org","email_verified":true,"name":"Ada Auth","given_name":"Ada","created_at":"2021-10-06T10:00:00.000Z"}
{"user_id":"google-oauth2|1","email":"gus@acme.org","name":"Gus"}
"#;
        let convert = |files: [&str; 2]| {
            let files = files.map(str::to_owned);
            super::super::convert(super::super::Format::Auth0, &files).unwrap()
        };
        for files in [[HASHES, users], [users, HASHES]] {
            let to = convert(files);
            let of = |kind: &str| -> Vec<_> {
                let lines = to.lines.iter().map(|(_, line)| line);
                lines.filter(|line| line["kind"] == kind).collect()
            };
            let ada: Vec<_> = of("person")
                .into_iter()
                .filter(|line| line["id"] == "auth0|5dea9f9c82dd7c0e76e4ec93")
                .collect();
            assert_eq!(
                ada,
                [
                    &json!({ "kind": "person", "id": "auth0|5dea9f9c82dd7c0e76e4ec93", "username": "user",
                    "claims": { "email": "user@acme.org", "email_verified": true, "name": "Ada Auth", "given_name": "Ada" },
                    "created_at": 1_633_514_400, "updated_at": 1_633_514_400 })
                ]
            );
            assert_eq!((of("person").len(), of("credential").len()), (3, 2));
            // Of the first person both files say something else of the address; the other has no password.
            let changed: Vec<_> = to.changed.iter().map(|changed| changed.why.as_str()).collect();
            assert!(
                changed.len() == 1 && changed[0].contains("has another email_verified"),
                "{changed:?}"
            );
            assert!(to.left.len() == 1 && to.left[0].what == "gus@acme.org", "{:?}", to.left);
            let both = "line 1 and file ";
            assert!(to.lines.iter().any(|(place, _)| place.contains(both)), "{:?}", to.lines);
        }
        // What one file says of an address confirms no other.
        let changed = users.replacen("user@acme.org\",\"email_verified\":true", "new@acme.org\"", 1);
        let confirmed = HASHES.replacen("\"email_verified\":false", "\"email_verified\":true", 1);
        for files in [[&changed, confirmed.as_str()], [confirmed.as_str(), &changed]] {
            let to = convert(files);
            let ada = to
                .lines
                .iter()
                .find(|(_, line)| line["id"] == "auth0|5dea9f9c82dd7c0e76e4ec93");
            let claims = &ada.unwrap().1["claims"];
            assert_eq!(
                (&claims["email"], &claims["email_verified"]),
                (&json!("new@acme.org"), &json!(false))
            );
        }
    }

    #[test]
    fn users_without_hashes_and_with_odd_ones_are_named() {
        let to = converted(
            r#"[{"user_id":"auth0|1","email":"a@acme.org","created_at":"2024-03-01T09:30:00.000Z","blocked":true,"user_metadata":{"x":1}},
                {"user_id":"google-oauth2|2","email":"b@acme.org","custom_password_hash":{"algorithm":"md5","hash":{"value":"x"}}}]"#,
        );
        assert_eq!(to.lines[0].1["disabled_at"], 1_709_285_400);
        assert_eq!(to.lines[1].1["id"], "google-oauth2|2");
        let whys: Vec<_> = to
            .left
            .iter()
            .map(|left| (left.place.as_str(), left.why.split(' ').next().unwrap()))
            .collect();
        assert_eq!(
            whys,
            [
                ("[0]", "user_metadata:"),
                ("[0]", "no"),
                ("[1]", "custom_password_hash")
            ]
        );
    }

    #[test]
    fn apps_keep_their_ids_secrets_and_addresses() {
        let secret = "abcdefghijklmnopqrstuvwxyz0123456789";
        let file = json!([
            { "client_id": "All", "global": true, "name": "All Applications" },
            { "client_id": "AaiyAPdpYdesoKnqjj8HJqRn4T5titww", "name": "Notes", "client_secret": secret, "app_type": "regular_web",
              "callbacks": ["https://notes.acme.org/callback", "https://*.acme.org/callback"], "allowed_logout_urls": ["https://notes.acme.org"],
              "grant_types": ["authorization_code", "implicit", "refresh_token", "http://auth0.com/oauth/grant-type/password-realm"],
              "token_endpoint_auth_method": "client_secret_post" },
            { "client_id": "spa", "name": "Spa", "callbacks": ["https://spa.acme.org"], "token_endpoint_auth_method": "none" },
        ]);
        let to = converted(&file.to_string());
        let app = &to.lines[0].1;
        assert_eq!(app["secret"], secret);
        assert_eq!(
            app["metadata"]["redirect_uris"],
            json!(["https://notes.acme.org/callback"])
        );
        assert_eq!(
            app["metadata"]["grant_types"],
            json!(["authorization_code", "refresh_token"])
        );
        assert_eq!(to.lines[1].1["metadata"]["token_endpoint_auth_method"], "none");
        assert_eq!(to.left.len(), 4, "{:?}", to.left);
    }
}
