//! `firebase auth:export users.json --format=JSON`: `users` with `localId`, `email`, `emailVerified`, `passwordHash`, `salt`, `displayName`,
//! `photoUrl`, `createdAt`, `disabled`, `phoneNumber`, `providerUserInfo` ("auth:import and auth:export", firebase.google.com/docs/cli/auth).
//! Firebase's own scrypt encrypts a key of the project with what it makes of a password, and is in no library: such hashes are not taken.

use serde_json::{Value, json};

use super::people::{People, Person};
use super::{Converted, Entry, entry, flag, hashes, json as parse, list, members, text};

pub fn convert(files: &[String], to: &mut Converted) -> Result<(), String> {
    let mut people = People::default();
    for file in files {
        let document = parse(file)?;
        if !document.get("users").is_some_and(Value::is_array) {
            return Err("A file has no users".to_owned());
        }
        for (n, user) in list(&document, "users").iter().enumerate() {
            person(user, format!("users[{n}]"), &mut people, to);
        }
    }
    Ok(())
}

fn person(user: &Value, place: String, people: &mut People, to: &mut Converted) {
    let email = text(user, "email");
    let id = text(user, "localId").unwrap_or_default();
    let mut entry = Entry::new(place, email.unwrap_or(id), to);
    let phone = text(user, "phoneNumber");
    let picture = text(user, "photoUrl").filter(|url| url.starts_with("http"));
    let claims = members([
        ("name", json!(text(user, "displayName"))),
        ("picture", json!(picture)),
        ("phone_number", json!(phone)),
        // Firebase has none but those that somebody confirmed.
        ("phone_number_verified", json!(phone.map(|_| true))),
    ]);
    let person = Person {
        id: id.to_owned(),
        email,
        email_verified: flag(user, "emailVerified").unwrap_or_default(),
        claims,
        disabled: flag(user, "disabled").unwrap_or_default(),
        created_at: hashes::number(user.get("createdAt")).map(|at| at / 1_000),
        ..Person::default()
    };
    let Some(id) = people.add(person, &mut entry) else {
        return;
    };
    let scrypt = "Firebase's own scrypt is not taken: they set a password up by a link, or sign in by mail or passkey";
    match text(user, "passwordHash") {
        Some(hash) => entry.add_password(&id, hash, scrypt),
        None => entry.leave("no password is in the file: they set one up by a link, or sign in by mail or passkey"),
    }
    let others = list(user, "providerUserInfo").iter();
    let others = others.filter_map(|one| text(one, "providerId"));
    for provider in others.filter(|provider| !matches!(*provider, "password" | "phone")) {
        entry.leave(entry::sign_in_by(provider));
    }
    if !list(user, "mfaInfo").is_empty() {
        entry.leave(entry::SECOND_FACTORS);
    }
    if text(user, "customAttributes").is_some() {
        entry.leave("its custom claims: name attributes in ATTRIBUTES and set them by the admin API");
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Format, convert};
    use super::*;

    #[test]
    fn accounts_keep_their_ids_and_are_named_for_their_passwords() {
        let file = json!({ "users": [
            { "localId": "2sLq8pZc4hJf3x9Vd0mQv1uT7kRb", "email": "ada@acme.org", "emailVerified": true, "passwordHash": "lSrfV15cpx95_sZS2W9c9Kp6i_LVgQNDNC_qzrCnh1SAyZvqmZqAjTdn3aoItz-VHjoZilo78198JAdRuid5lQ==",
              "salt": "42xEC-ixf3L2lw==", "displayName": "Ada", "lastSignedInAt": "1486324836000", "createdAt": "1486324836000",
              "providerUserInfo": [{ "providerId": "google.com", "rawId": "1" }, { "providerId": "password" }] },
            { "localId": "x", "phoneNumber": "+15555550100", "disabled": true },
        ] });
        let to = convert(Format::Firebase, &[file.to_string()]).unwrap();
        assert_eq!(to.lines.len(), 2);
        assert_eq!(to.lines[0].1["created_at"], 1_486_324_836);
        assert_eq!(to.lines[1].1["claims"]["phone_number_verified"], true);
        assert_eq!(to.lines[1].1["disabled_at"], 0);
        assert!(
            to.left[0].why.contains("scrypt") && to.left[1].why.contains("google.com"),
            "{:?}",
            to.left
        );
        assert!(convert(Format::Firebase, &["[]".to_owned()]).is_err());
    }
}
