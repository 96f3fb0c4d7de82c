//! How people sign in at Keycloak: passwords, one-time codes and passkeys.

use serde_json::{Value, json};

use super::{first_text, hashes, seconds_of, text, texts};

/// A line of the export.
///
/// # Errors
/// Why it is left.
pub fn read(credential: &Value, user: &str) -> Result<Value, String> {
    let inner = |name: &str| text(credential, name).and_then(|text| serde_json::from_str::<Value>(text).ok());
    let (data, secret) = (inner("credentialData"), inner("secretData"));
    let broken = || "its credentialData or secretData cannot be read".to_owned();
    let created = seconds_of(credential, "createdDate");
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
        Ok(line)
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
            let bytes = |name: &str| text(&data, name).and_then(hashes::from_base64).ok_or_else(broken);
            let (id, key) = (bytes("credentialId")?, bytes("credentialPublicKey")?);
            if kind == "webauthn" {
                return Err("a security key of the second step: passkeys verify the person, and it may not".to_owned());
            }
            let secret = json!({
                "id": hashes::in_base64url(&id),
                "cose": hashes::in_base64url(&key),
                "aaguid": text(&data, "aaguid").unwrap_or("00000000-0000-0000-0000-000000000000"),
                "transports": texts(&data, "transports"),
            });
            let counter = hashes::number(data.get("counter")).unwrap_or_default();
            line("passkey", json!({ "secret": secret, "counter": counter }))
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
            let word = |name: &str| first_text(parameters.get(name)?);
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
