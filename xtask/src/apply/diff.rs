//! What becomes of the members of a thing, and the step that makes it so.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use super::step::{Ids, Kind, Step, Verb};
use crate::http::encoded;

/// The members that are to be others.
#[derive(Default)]
pub struct Diff {
    /// The name, what is there, and what will be.
    pub members: Vec<(String, Value, Value)>,
    /// The new values, as a request has them.
    pub body: Map<String, Value>,
}

impl Diff {
    /// What is wanted and not so yet.
    pub fn between(wanted: &Map<String, Value>, held: impl Fn(&str) -> Value) -> Self {
        let mut diff = Self::default();
        for (name, new) in wanted {
            diff.add(name, held(name), new);
        }
        diff
    }

    pub fn add(&mut self, name: &str, old: Value, new: &Value) {
        if !same(name, &old, new) {
            self.set(name, old, new.clone());
        }
    }

    /// Notes a member that is to be another.
    pub fn set(&mut self, name: &str, old: Value, new: Value) {
        self.members.push((name.to_owned(), old, new.clone()));
        self.body.insert(name.to_owned(), new);
    }

    /// Adds what becomes of a member that has members itself.
    pub fn add_within(&mut self, name: &str, inner: Self) {
        if !inner.body.is_empty() {
            let members = inner.members.into_iter();
            let named = members.map(|(member, old, new)| (format!("{name}.{member}"), old, new));
            self.members.extend(named);
            self.body.insert(name.to_owned(), inner.body.into());
        }
    }
}

/// Where things of a kind are.
pub struct Place {
    pub kind: Kind,
    /// The path of their list, below which each has its own by its id.
    pub list: &'static str,
    /// The member that has the name of a new one.
    pub named: &'static str,
}

impl Place {
    /// Makes or changes a thing, of which `held` is the id; nothing where it is as wanted. `fill` puts ids for names.
    pub fn step(
        &self,
        name: &str,
        held: Option<&str>,
        diff: Diff,
        fill: impl Fn(&mut Map<String, Value>, &Ids) -> Result<(), String> + 'static,
    ) -> Option<Step> {
        let Diff { members, mut body } = diff;
        let (verb, method, path) = match held {
            None => {
                body.insert(self.named.to_owned(), json!(name));
                (Verb::Create, "POST", self.list.to_owned())
            }
            Some(_) if members.is_empty() => return None,
            Some(id) => (Verb::Change, "PATCH", self.path(id)),
        };
        Some(Step {
            verb,
            kind: self.kind,
            name: name.to_owned(),
            members,
            request: Box::new(move |ids| {
                let mut body = body.clone();
                fill(&mut body, ids)?;
                Ok((method, path.clone(), Some(body.into())))
            }),
        })
    }

    pub fn delete(&self, name: &str, id: &str) -> Step {
        let path = self.path(id);
        Step {
            verb: Verb::Delete,
            kind: self.kind,
            name: name.to_owned(),
            members: Vec::new(),
            request: Box::new(move |_| Ok(("DELETE", path.clone(), None))),
        }
    }

    fn path(&self, id: &str) -> String {
        format!("{}/{}", self.list, encoded(id))
    }
}

/// Whether a member is as it is wanted: lists of texts and scopes have no order, nothing is the same as nothing, and an object is as it is
/// wanted where the members are that the file names.
fn same(name: &str, old: &Value, new: &Value) -> bool {
    let words = |value: &Value| -> Option<BTreeSet<String>> {
        let text = value.as_str().filter(|_| name == "scope")?;
        Some(text.split_whitespace().map(str::to_owned).collect())
    };
    let nothing = |value: &Value| {
        matches!(value, Value::Null | Value::Bool(false)) || value.as_array().is_some_and(Vec::is_empty) || *value == ""
    };
    says(old, new) || (nothing(old) && nothing(new)) || words(old).is_some_and(|old| Some(old) == words(new))
}

/// Whether a merge patch (RFC 7396) with `new` would leave `old` as it is, in whatever order lists of texts are.
pub fn says(old: &Value, new: &Value) -> bool {
    let texts = |value: &Value| -> Option<BTreeSet<String>> {
        let list = value.as_array()?.iter();
        list.map(|one| one.as_str().map(str::to_owned)).collect()
    };
    match (old, new) {
        (Value::Object(old), Value::Object(new)) => new
            .iter()
            .all(|(name, new)| says(old.get(name).unwrap_or(&Value::Null), new)),
        _ => old == new || texts(old).is_some_and(|old| Some(old) == texts(new)),
    }
}
