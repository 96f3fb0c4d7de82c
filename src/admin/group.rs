//! Groups, as operators see and change them.

use serde_json::{Map, Value, json};

use super::body;
use crate::{
    account::group::{Group, Label},
    config::{Attributes, SecondFactor},
    oidc::error::OAuthError,
};

/// The most ids that one request adds, and the most that it removes.
const MOST_IDS: usize = 1_000;

/// The most bytes of an id.
const LONGEST_ID: usize = 100;

/// Who is added and who is removed.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct MemberChanges {
    pub add: Vec<String>,
    pub remove: Vec<String>,
}

impl MemberChanges {
    /// Reads `{"add": [...], "remove": [...]}`, either of which may be left out.
    ///
    /// # Errors
    /// `invalid_request`, also for an id in both.
    pub fn parse(body: &[u8]) -> Result<Self, OAuthError> {
        let members = body::members(body, &["add", "remove"])?;
        let (add, remove) = (ids(&members, "add")?, ids(&members, "remove")?);
        if add.iter().any(|id| remove.contains(id)) {
            return Err(OAuthError::invalid_request("an id is in add and in remove"));
        }
        Ok(Self { add, remove })
    }
}

/// What a request says of a group.
#[derive(Debug, PartialEq, Eq)]
pub struct WantedGroup {
    pub name: Option<Label>,
    pub second_factor_required: Option<bool>,
    /// Changes of its attributes (RFC 7396).
    pub attributes: Option<Map<String, Value>>,
}

impl WantedGroup {
    /// Reads `{"name": "...", "second_factor_required": true, "attributes": {...}}`, of which one is there.
    ///
    /// # Errors
    /// `invalid_request`; also where a second factor is required that nobody can show, as `policy` says.
    pub fn parse(body: &[u8], policy: SecondFactor, known: &Attributes) -> Result<Self, OAuthError> {
        let members = body::members(body, &["name", "second_factor_required", "attributes"])?;
        let name = |value: &Value| {
            let name = value.as_str().and_then(Label::parse);
            name.ok_or_else(|| OAuthError::invalid_request(format!("name {}", Label::RULE)))
        };
        let required = |value: &Value| match (value, policy) {
            (Value::Bool(true), SecondFactor::Off) => Err(OAuthError::invalid_request("SECOND_FACTOR is off")),
            (Value::Bool(required), _) => Ok(*required),
            _ => Err(OAuthError::invalid_request(
                "second_factor_required must be true or false",
            )),
        };
        let attributes = |value: &Value| match value {
            Value::Object(changes) => {
                known.check(changes).map_err(OAuthError::invalid_request)?;
                Ok(changes.clone())
            }
            _ => Err(OAuthError::invalid_request("attributes must be an object")),
        };
        let wanted = Self {
            name: members.get("name").map(name).transpose()?,
            second_factor_required: members.get("second_factor_required").map(required).transpose()?,
            attributes: members.get("attributes").map(attributes).transpose()?,
        };
        match wanted.name.is_none() && wanted.second_factor_required.is_none() && wanted.attributes.is_none() {
            true => Err(OAuthError::invalid_request(
                "name, second_factor_required or attributes is missing",
            )),
            false => Ok(wanted),
        }
    }
}

/// A group as JSON.
pub fn describe(group: &Group) -> Value {
    json!({
        "id": group.id,
        "name": group.name.as_str(),
        "second_factor_required": group.second_factor_required,
        "attributes": group.attributes,
        "created_at": group.created_at,
        "updated_at": group.updated_at,
    })
}

fn ids(members: &Map<String, Value>, name: &str) -> Result<Vec<String>, OAuthError> {
    let wrong = || OAuthError::invalid_request(format!("{name} must be a list of at most 1000 ids"));
    let Some(list) = members.get(name) else {
        return Ok(Vec::new());
    };
    let list = list
        .as_array()
        .filter(|list| list.len() <= MOST_IDS)
        .ok_or_else(wrong)?;
    let id = |value: &Value| value.as_str().filter(|id| id.len() <= LONGEST_ID).map(str::to_owned);
    let mut ids = list.iter().map(id).collect::<Option<Vec<_>>>().ok_or_else(wrong)?;
    ids.sort_unstable();
    ids.dedup();
    Ok(ids)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(body: &Value) -> Result<MemberChanges, OAuthError> {
        MemberChanges::parse(body.to_string().as_bytes())
    }

    #[test]
    fn a_change_of_members_names_each_id_once() {
        let changes = parse(&json!({ "add": ["b", "a", "b"] })).unwrap();
        assert_eq!(
            (changes.add, changes.remove),
            (vec!["a".to_owned(), "b".to_owned()], vec![])
        );
        assert_eq!(parse(&json!({})).unwrap(), MemberChanges::default());
        let many: Vec<_> = (0..1_001).map(|n| n.to_string()).collect();
        for wrong in [
            json!([]),
            json!({ "add": "a" }),
            json!({ "add": [7] }),
            json!({ "add": null }),
            json!({ "add": ["a"], "remove": ["a"] }),
            json!({ "users": ["a"] }),
            json!({ "add": many }),
            json!({ "add": ["x".repeat(101)] }),
        ] {
            assert!(parse(&wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_group_has_a_label_and_may_require_a_second_factor_where_there_are_any() {
        let wanted = |body: &str| WantedGroup::parse(body.as_bytes(), SecondFactor::Optional, &Attributes::default());
        let admins = wanted(r#"{"name": "Admins"}"#).unwrap();
        assert_eq!(
            (admins.name.as_ref().map(Label::as_str), admins.second_factor_required),
            (Some("Admins"), None)
        );
        for (required, word) in [(true, "true"), (false, "false")] {
            let body = format!(r#"{{"second_factor_required": {word}}}"#);
            let read = wanted(&body).unwrap();
            assert_eq!((read.name, read.second_factor_required), (None, Some(required)));
            let off = WantedGroup::parse(body.as_bytes(), SecondFactor::Off, &Attributes::default());
            assert_eq!(off.is_err(), required);
        }
        for wrong in [
            r#"{"name": ""}"#,
            r#"{"name": "a,b"}"#,
            r#"{"name": 7}"#,
            r#"{"name": null}"#,
            "{}",
            r#"{"name": "a", "id": "x"}"#,
            r#"{"name": "a", "second_factor_required": "true"}"#,
            r#"{"name": "a", "second_factor_required": null}"#,
            r#"{"attributes": []}"#,
            r#"{"attributes": {"unknown": "x"}}"#,
            r#"{"name": "a", "second_factor_required": 1}"#,
        ] {
            assert!(wanted(wrong).is_err(), "{wrong}");
        }
    }
}
