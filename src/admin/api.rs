//! APIs that operators declare, as they write and see them (see `oidc::declared_api`).

use serde_json::{Map, Value, json};

use super::body;
use crate::{
    config::{Api, Config},
    oidc::{
        client::registration::merge,
        declared_api::{self, ALL, ApiSettings, DeclaredApi, MEMBERS},
        error::OAuthError,
    },
};

/// The member that stays as it was when the API was declared.
const IDENTIFIER: &str = "identifier";

/// The most bytes of a member that is written down as it is.
const LONGEST_TOLD: usize = 400;

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
    refuse_opening_null(&api.settings, &patch).map_err(OAuthError::invalid_request)?;
    let mut members = api.settings.members();
    merge(&mut members, patch);
    let settings = ApiSettings::read(&members).map_err(OAuthError::invalid_request)?;
    settings.check(config).map_err(OAuthError::invalid_request)?;
    Ok(settings)
}

/// Whether a `null` would open the API, which programs send for what they do not know. What opens one is said in words.
fn refuse_opening_null(before: &ApiSettings, patch: &Map<String, Value>) -> Result<(), String> {
    if patch.get("open_to") == Some(&Value::Null) {
        return Err("open_to must be all_apps or named_apps: null would open the API to every app".to_owned());
    }
    let stays_open = match patch.get("open_to") {
        None => before.open_to_all,
        Some(open_to) => open_to == "all_apps",
    };
    let said = |client_id: &str| match patch.get("apps") {
        None => None,
        Some(Value::Object(apps)) => apps.get(client_id),
        Some(other) => Some(other),
    };
    let named = patch.get("apps").and_then(Value::as_object).into_iter().flatten();
    for (client_id, rule) in named {
        if rule.get("scopes") == Some(&Value::Null) {
            return Err(format!(
                r#"apps.{client_id}.scopes must be a list of scopes, or "{ALL}": null would give the app every scope"#
            ));
        }
    }
    let limited = before.apps.iter().filter(|(_, scopes)| scopes.is_some());
    for (client_id, _) in limited {
        if stays_open && said(client_id) == Some(&Value::Null) {
            return Err(format!(
                r#"apps.{client_id} keeps an app to scopes of its own, and without it the app may ask for each, since open_to is all_apps: send {{"scopes": "{ALL}"}} for it if that is meant, or open_to named_apps"#
            ));
        }
    }
    Ok(())
}

/// What operators see of an API that is in force as it is declared, or of which the variable wins.
pub fn describe(api: &DeclaredApi, problem: Option<&str>, config: &Config) -> Map<String, Value> {
    let mut members = api.settings.members();
    members.insert("problem".to_owned(), json!(self::problem(api, problem, config)));
    members.insert(IDENTIFIER.to_owned(), json!(api.identifier));
    members.insert(
        "in_force".to_owned(),
        json!(config.resources.find(&api.identifier).is_none()),
    );
    members
}

/// What of an API counts for nothing, since a later version or a setting has it for itself: as it was read, or as the deployment is
/// configured.
pub fn problem(api: &DeclaredApi, read: Option<&str>, config: &Config) -> Option<String> {
    read.map(str::to_owned).or_else(|| api.settings.check(config).err())
}

/// What they see of one of the variable `RESOURCES`, which they change there.
pub fn describe_of_variable(api: &Api) -> Value {
    let scopes: Vec<_> = api.scopes().collect();
    json!({ "identifier": api.identifier, "name": api.name, "scopes": scopes })
}

/// What the audit says of a new API.
pub fn summary(settings: &ApiSettings) -> Value {
    Value::Object(settings.members().into_iter().map(in_short).collect())
}

/// What the audit says of a change: which members are others now, and in short what they were before.
pub fn changes(before: &ApiSettings, after: &ApiSettings) -> Value {
    let (mut before, after) = (before.members(), after.members());
    before.retain(|name, value| after.get(name) != Some(value));
    let names: Vec<_> = before.keys().cloned().collect();
    let before: Map<_, _> = before.into_iter().map(in_short).collect();
    json!({ "changed": names, "before": before })
}

/// A member, of which the number of its own stands where it is long.
fn in_short((name, value): (String, Value)) -> (String, Value) {
    let short = match &value {
        Value::Object(members) if value.to_string().len() > LONGEST_TOLD => json!(members.len()),
        _ => value,
    };
    (name, short)
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
    #[test]
    fn a_null_opens_nothing() {
        let api = |open_to: &str| {
            let apps = json!({ "reader": { "scopes": ["a"] }, "all": {} });
            new(&json!({ "identifier": "https://a.org", "name": "A", "scopes": { "a": "A" }, "open_to": open_to, "apps": apps })).unwrap()
        };
        let patch = |open_to: &str, patch: Value| {
            let patch = parse_patch(patch.to_string().as_bytes()).unwrap();
            patched(&api(open_to), patch, &config()).map_err(|error| error.description.into_owned())
        };
        for (open_to, body, why) in [
            (
                "named_apps",
                json!({ "open_to": null }),
                "open_to must be all_apps or named_apps",
            ),
            ("all_apps", json!({ "open_to": null }), "open_to must be"),
            (
                "named_apps",
                json!({ "apps": { "reader": { "scopes": null } } }),
                "a list of scopes, or 'all'",
            ),
            (
                "all_apps",
                json!({ "apps": { "reader": null } }),
                "send {'scopes': 'all'}",
            ),
            ("all_apps", json!({ "apps": null }), "apps.reader keeps"),
            (
                "named_apps",
                json!({ "apps": null, "open_to": "all_apps" }),
                "apps.reader keeps",
            ),
        ] {
            let refused = patch(open_to, body.clone()).unwrap_err();
            assert!(refused.contains(why), "{body}: {refused}");
        }
        let all = patch("named_apps", json!({ "apps": { "reader": { "scopes": "all" } } })).unwrap();
        assert_eq!(all.apps["reader"], None);
        assert!(
            patch("named_apps", json!({ "apps": { "reader": null } }))
                .unwrap()
                .apps
                .contains_key("all")
        );
        assert!(
            patch("all_apps", json!({ "apps": null, "open_to": "named_apps" }))
                .unwrap()
                .apps
                .is_empty()
        );
        assert!(patch("all_apps", json!({ "apps": { "all": null } })).is_ok());
        let null = json!({ "identifier": "https://b.org", "name": "B", "apps": { "x": { "scopes": null } } });
        assert!(new(&null).unwrap_err().contains("must be a list of scopes"));
    }

    #[test]
    fn the_audit_is_told_in_short() {
        let scopes: Map<_, _> = (0..50)
            .map(|n| (format!("scope:{n}"), json!("x".repeat(200))))
            .collect();
        let long =
            new(&json!({ "identifier": "https://a.org", "name": "A", "scopes": scopes, "access_token_lifetime": 60 }))
                .unwrap();
        let told = summary(&long.settings);
        assert_eq!(
            (told["scopes"].clone(), told["access_token_lifetime"].clone()),
            (json!(50), json!(60))
        );
        let short = new(&json!({ "identifier": "https://a.org", "name": "A", "scopes": { "a": "A" } })).unwrap();
        let told = changes(&long.settings, &short.settings);
        assert_eq!(told["before"], json!({ "scopes": 50, "access_token_lifetime": 60 }));
        assert_eq!(summary(&short.settings)["scopes"], json!({ "a": { "title": "A" } }));
    }
}
