//! What holds for every input of Limen's parsers and judges, as functions over bytes: they panic where it does not.
//!
//! The native tests run them over the inputs that are kept (`fuzz/inputs`) and over changes of these, and `cargo xtask fuzz` lets a
//! fuzzer look for others. They exist in tests and with the feature `properties` alone, never in the Worker.

mod browser;
mod jose;
mod looks;
mod operators;
mod people;
mod protocol;
mod web;

use crate::config::{Config, ConfigError};

/// A property of what one parser makes of bytes.
pub type Property = fn(&[u8]);

/// All of them, by the name of their folder in `fuzz/inputs`.
pub const ALL: [(&str, Property); 55] = [
    ("params", protocol::params),
    ("scope", protocol::scope),
    ("authorization_request", protocol::authorization_request),
    ("claims_request", protocol::claims_request),
    ("redirect_uri", protocol::redirect_uri),
    ("registration", protocol::registration),
    ("merge_patch", protocol::merge_patch),
    ("client_id_document", protocol::client_id_document),
    ("client_credentials", protocol::client_credentials),
    ("resource_indicator", protocol::resource_indicator),
    ("interaction", protocol::interaction),
    ("refresh_token", protocol::refresh_token),
    ("user_code", protocol::user_code),
    ("backchannel_request", protocol::backchannel_request),
    ("configuration", protocol::configuration),
    ("jwt", jose::jwt),
    ("jwe", jose::jwe),
    ("jwks", jose::jwks),
    ("client_assertion", jose::client_assertion),
    ("dpop_proof", jose::dpop_proof),
    ("fetch_url", web::fetch_url),
    ("json", web::json),
    ("freshness", web::freshness),
    ("distinguished_name", web::distinguished_name),
    ("language_tag", web::language_tag),
    ("cookie", web::cookie),
    ("network", web::network),
    ("route", web::route),
    ("names", people::names),
    ("policy", people::policy),
    ("moved_line", people::moved_line),
    ("authorization_details", protocol::authorization_details),
    ("request_object", protocol::request_object),
    ("sign_out", protocol::sign_out),
    ("passkey", browser::passkey),
    ("passkey_answer", browser::passkey_answer),
    ("passkey_client_data", browser::passkey_client_data),
    ("typed_code", browser::typed_code),
    ("browser_cookie", browser::browser_cookie),
    ("link", browser::link),
    ("request_header", browser::request_header),
    ("password", browser::password),
    ("picture", looks::picture),
    ("logo", looks::logo),
    ("accent", looks::accent),
    ("label", looks::label),
    ("mail", looks::mail),
    ("person_change", operators::person_change),
    ("profile_form", operators::profile_form),
    ("admin_body", operators::admin_body),
    ("declared_api", operators::declared_api),
    ("webhook", operators::webhook),
    ("bulk", operators::bulk),
    ("list", operators::list),
    ("own_claims", operators::own_claims),
];

/// Runs the property of that name. `false` where there is none.
pub fn check(name: &str, input: &[u8]) -> bool {
    let found = ALL.iter().find(|(known, _)| *known == name);
    found.map(|(_, property)| property(input)).is_some()
}

/// The input as text; what is not UTF-8 is refused before a parser sees it.
fn text(input: &[u8]) -> Option<&str> {
    std::str::from_utf8(input).ok()
}

/// The first line of the input, and the rest: for parsers of two texts.
fn two_texts(input: &[u8]) -> Option<(&str, &str)> {
    let text = text(input)?;
    Some(text.split_once('\n').unwrap_or((text, "")))
}

/// A deployment with everything switched on.
fn config() -> Config {
    match config_with(&[]) {
        Ok(config) => config,
        Err(problem) => unreachable!("{problem}"),
    }
}

/// The same with settings in addition, where these can be.
fn config_with(more: &[(&str, &str)]) -> Result<Config, ConfigError> {
    Config::parse(|name| {
        let value = match name {
            "ISSUER" => "https://id.acme.test",
            "KEK_1" => "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8",
            "REGISTRATION" | "SIGNUP" => "open",
            "FRONT_CHANNEL_TOKENS" | "CLIENT_ID_METADATA_DOCUMENTS" => "on",
            "MTLS_ORIGIN" => "https://mtls.acme.test",
            "RESOURCES" => r#"{"https://api.acme.test/":"Notes"}"#,
            "WEBFINGER_DOMAINS" => "acme.test",
            other => more.iter().find(|(known, _)| *known == other)?.1,
        };
        Some(value.to_owned())
    })
}

#[cfg(test)]
mod tests;
