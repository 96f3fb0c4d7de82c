//! APIs that operators declare, as they write and see them (see `oidc::declared_api`).

use serde_json::{Map, Value, json};

use super::body;
use crate::{
    config::{Api, Config},
    oidc::{
        client::registration::merge,
        declared_api::{self, ApiSettings, DeclaredApi, MEMBERS},
        error::OAuthError,
    },
};

/// The member that stays as it was when the API was declared.
const IDENTIFIER: &str = "identifier";

/// The most bytes of what is written down of a change, beyond the names of what was changed.
const LONGEST_BEFORE: usize = 4_096;

/// Reads a new API.
///
/// # Errors
/// `invalid_request`, naming what is wrong.
pub fn parse_new(body: &[u8], config: &Config) -> Result<DeclaredApi, OAuthError> {
    let members = body::members(body, &known())?;
    read_new(&members, config).map_err(OAuthError::invalid_request)
}

/// The same of its members.
///
/// # Errors
/// What is wrong.
pub fn read_new(members: &Map<String, Value>, config: &Config) -> Result<DeclaredApi, String> {
    let identifier = declared_api::read_identifier(members.get(IDENTIFIER), config)?;
    let settings = ApiSettings::read(members)?;
    settings.check(config)?;
    Ok(DeclaredApi { identifier, settings })
}

/// Reads a merge patch (RFC 7396) of an API.
///
/// # Errors
/// `invalid_request`, naming what is not known.
pub fn parse_patch(body: &[u8]) -> Result<Map<String, Value>, OAuthError> {
    body::members(body, &known())
}

fn known() -> Vec<&'static str> {
    [IDENTIFIER].into_iter().chain(MEMBERS).collect()
}

/// What becomes of `api` by a merge patch.
///
/// # Errors
/// `invalid_request`, naming what is wrong.
pub fn patched(api: &DeclaredApi, patch: Map<String, Value>, config: &Config) -> Result<ApiSettings, OAuthError> {
    let is_other = |identifier: &Value| *identifier != api.identifier;
    if patch.get(IDENTIFIER).is_some_and(is_other) {
        let why = "identifier stays as it is, for it is in tokens and in what people allowed: declare another API for another one";
        return Err(OAuthError::invalid_request(why));
    }
    let mut members = api.settings.members();
    merge(&mut members, patch);
    let settings = ApiSettings::read(&members).map_err(OAuthError::invalid_request)?;
    settings.check(config).map_err(OAuthError::invalid_request)?;
    Ok(settings)
}

/// What operators see of an API that is in force as it is declared, or of which the variable wins.
pub fn describe(api: &DeclaredApi, config: &Config) -> Map<String, Value> {
    let mut members = api.settings.members();
    members.insert(IDENTIFIER.to_owned(), json!(api.identifier));
    members.insert(
        "in_force".to_owned(),
        json!(config.resources.find(&api.identifier).is_none()),
    );
    members
}

/// What they see of one of the variable `RESOURCES`, which they change there.
pub fn describe_of_variable(api: &Api) -> Value {
    let scopes: Vec<_> = api.scopes().collect();
    json!({ "identifier": api.identifier, "name": api.name, "scopes": scopes })
}

/// What the audit says of a change: which members are others now, and what they were before, where that is not much.
pub fn changes(before: &ApiSettings, after: &ApiSettings) -> Value {
    let (mut before, after) = (before.members(), after.members());
    before.retain(|name, value| after.get(name) != Some(value));
    let names: Vec<_> = before.keys().cloned().collect();
    let before = Value::Object(before);
    match before.to_string().len() {
        0..=LONGEST_BEFORE => json!({ "changed": names, "before": before }),
        _ => json!({ "changed": names }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config() -> Config {
        Config::parse(|name| match name {
            "ISSUER" => Some("https://id.acme.org".to_owned()),
            "KEK_1" => Some("AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8".to_owned()),
            "RESOURCES" => Some(r#"{"https://v.org": "V"}"#.to_owned()),
            "ATTRIBUTES" => Some(r#"{"team": {"scope": "employee"}}"#.to_owned()),
            _ => None,
        })
        .unwrap()
    }

    fn new(body: &Value) -> Result<DeclaredApi, String> {
        parse_new(body.to_string().as_bytes(), &config()).map_err(|error| error.description.into_owned())
    }

    #[test]
    fn a_new_api_has_an_identifier_that_nothing_else_here_has() {
        let with = |identifier: Value| new(&json!({ "identifier": identifier, "name": "A" }));
        assert_eq!(
            with(json!("https://a.org/mcp")).unwrap().identifier,
            "https://a.org/mcp"
        );
        for (identifier, why) in [
            (json!("https://v.org/"), "RESOURCES"),
            (json!("https://id.acme.org"), "this server itself"),
            (json!("https://id.acme.org/admin/api"), "this server itself"),
            (json!("a.org"), "absolute URI"),
            (json!("https://a.org#x"), "absolute URI"),
            (json!(7), "absolute URI"),
            (Value::Null, "absolute URI"),
        ] {
            let refused = with(identifier.clone()).unwrap_err();
            assert!(refused.contains(why), "{identifier}: {refused}");
        }
        assert!(with(json!("https://id.acme.org.evil.test")).is_ok());
        assert!(
            new(&json!({ "identifier": "https://a.org", "name": "A", "id": "x" }))
                .unwrap_err()
                .contains("id is no member")
        );
        let employee = json!({ "identifier": "https://a.org", "name": "A", "scopes": { "employee": "E" } });
        assert!(new(&employee).unwrap_err().contains("ATTRIBUTES"));
    }

    #[test]
    fn a_patch_changes_what_it_names_and_a_null_takes_away() {
        let api = new(&json!({
            "identifier": "https://a.org", "name": "A", "scopes": { "a": "A", "b": "B" }, "access_token_lifetime": 60,
        }))
        .unwrap();
        let patch = |patch: Value| {
            let patch = parse_patch(patch.to_string().as_bytes()).unwrap();
            patched(&api, patch, &config()).map_err(|error| error.description.into_owned())
        };
        let after = patch(json!({ "scopes": { "b": null, "c": "C" }, "access_token_lifetime": null })).unwrap();
        assert_eq!(after.scopes.keys().collect::<Vec<_>>(), ["a", "c"]);
        assert_eq!((after.lifetime, after.name.as_str()), (None, "A"));
        assert_eq!(
            changes(&api.settings, &after)["changed"],
            json!(["access_token_lifetime", "scopes"])
        );
        assert_eq!(changes(&api.settings, &after)["before"]["access_token_lifetime"], 60);
        assert!(patch(json!({ "identifier": "https://a.org" })).is_ok());
        assert!(
            patch(json!({ "identifier": "https://b.org" }))
                .unwrap_err()
                .contains("stays")
        );
        assert!(patch(json!({ "name": null })).unwrap_err().contains("name is missing"));
    }
}
