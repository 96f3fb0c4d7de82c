//! Groups, as operators see and change them.

use serde_json::{Map, Value, json};

use super::body;
use crate::{
    account::group::{Group, Label},
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

/// Reads `{"name": "..."}`.
///
/// # Errors
/// `invalid_request`.
pub fn parse_name(body: &[u8]) -> Result<Label, OAuthError> {
    let members = body::members(body, &["name"])?;
    let name = members.get("name").and_then(Value::as_str).and_then(Label::parse);
    name.ok_or_else(|| OAuthError::invalid_request(format!("name {}", Label::RULE)))
}

/// A group as JSON.
pub fn describe(group: &Group) -> Value {
    json!({
        "id": group.id,
        "name": group.name.as_str(),
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
    fn a_name_is_a_label() {
        assert_eq!(parse_name(br#"{"name": "Admins"}"#).unwrap().as_str(), "Admins");
        for wrong in [
            &br#"{"name": ""}"#[..],
            br#"{"name": "a,b"}"#,
            br#"{"name": 7}"#,
            b"{}",
            br#"{"name": "a", "id": "x"}"#,
        ] {
            assert!(parse_name(wrong).is_err());
        }
    }
}
