//! Roles at an app, as operators see and change them.

use serde_json::{Map, Value};

use super::body;
use crate::{account::group::Label, oidc::error::OAuthError};

/// The most roles that one request gives, and the most that it takes.
const MOST: usize = 1_000;

/// The most roles that a person, or a group, has at an app, and the most at all apps: an app is told all of a person's.
pub const MOST_AT_APP: i64 = 200;
pub const MOST_OF_HOLDER: i64 = 1_000;

/// The most bytes of an id.
const LONGEST_ID: usize = 100;

/// Who has a role.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Holder {
    /// The people of a group, by its id.
    Group(String),
    /// A person, by their id.
    User(String),
}

/// A role that somebody has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RoleOfHolder {
    pub role: Label,
    pub holder: Holder,
}

impl RoleOfHolder {
    /// Reads what an operator typed.
    ///
    /// # Errors
    /// `invalid_request`.
    pub fn parse(role: &str, holder: Holder) -> Result<Self, OAuthError> {
        let role = Label::parse(role.trim());
        let role = role.ok_or_else(|| OAuthError::invalid_request(format!("role {}", Label::RULE)))?;
        Ok(Self { role, holder })
    }
}

/// Roles that are given and taken.
#[derive(Debug)]
pub struct RoleChanges {
    pub add: Vec<RoleOfHolder>,
    pub remove: Vec<RoleOfHolder>,
}

impl RoleChanges {
    /// Gives one role.
    pub fn give(role: RoleOfHolder) -> Self {
        Self {
            add: vec![role],
            remove: Vec::new(),
        }
    }

    /// Takes one role.
    pub fn take(role: RoleOfHolder) -> Self {
        Self {
            add: Vec::new(),
            remove: vec![role],
        }
    }

    /// Reads `{"add": [{"role": "...", "group": "..."}, {"role": "...", "user": "..."}], "remove": [...]}`, either of which may be left
    /// out.
    ///
    /// # Errors
    /// `invalid_request`.
    pub fn parse(body: &[u8]) -> Result<Self, OAuthError> {
        let members = body::members(body, &["add", "remove"])?;
        Ok(Self {
            add: roles(&members, "add")?,
            remove: roles(&members, "remove")?,
        })
    }
}

fn roles(members: &Map<String, Value>, name: &str) -> Result<Vec<RoleOfHolder>, OAuthError> {
    let wrong = |at: String, what: &str| {
        OAuthError::invalid_request(format!(
            "{name}{at} must be {what} of a role and either a group or a user; a role {}",
            Label::RULE
        ))
    };
    let Some(list) = members.get(name) else {
        return Ok(Vec::new());
    };
    let list = list
        .as_array()
        .filter(|list| list.len() <= MOST)
        .ok_or_else(|| wrong(String::new(), "a list of at most 1000 objects"))?;
    let numbered = list.iter().enumerate();
    numbered
        .map(|(at, value)| role(value).ok_or_else(|| wrong(format!("[{at}]"), "an object")))
        .collect()
}

fn role(value: &Value) -> Option<RoleOfHolder> {
    let object = value.as_object().filter(|object| object.len() == 2)?;
    let text = |name: &str| object.get(name)?.as_str().map(str::to_owned);
    let id = |name: &str| text(name).filter(|id| id.len() <= LONGEST_ID);
    Some(RoleOfHolder {
        role: Label::parse(&text("role")?)?,
        holder: match id("group") {
            Some(id) => Holder::Group(id),
            None => Holder::User(id("user")?),
        },
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_role_is_given_to_a_group_or_to_a_user() {
        let parse = |body: &Value| RoleChanges::parse(body.to_string().as_bytes());
        let changes =
            parse(&json!({ "add": [{ "role": "Grafana Admin", "group": "g" }, { "role": "viewer", "user": "u" }] }))
                .unwrap();
        let holders: Vec<_> = changes.add.iter().map(|given| given.holder.clone()).collect();
        assert_eq!(holders, [Holder::Group("g".to_owned()), Holder::User("u".to_owned())]);
        assert!(changes.remove.is_empty());
        let slip = parse(&json!({ "add": [{ "role": "a", "group": "g" }, { "role": "a", "groups": "g" }] }));
        let why = slip.unwrap_err().description;
        assert!(
            why.starts_with("add[1] must be an object of a role and either a group or a user"),
            "{why}"
        );
        for wrong in [
            json!({ "add": [{ "role": "a", "group": "g", "user": "u" }] }),
            json!({ "add": [{ "role": "a" }] }),
            json!({ "add": [{ "group": "g" }] }),
            json!({ "add": [{ "role": "a,b", "group": "g" }] }),
            json!({ "add": [{ "role": "a", "groups": "g" }] }),
            json!({ "add": ["a"] }),
            json!({ "roles": [] }),
        ] {
            assert!(parse(&wrong).is_err(), "{wrong}");
        }
    }
}
