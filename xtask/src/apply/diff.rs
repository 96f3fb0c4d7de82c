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
        if !same(&old, new) {
            self.members.push((name.to_owned(), old, new.clone()));
            self.body.insert(name.to_owned(), new.clone());
        }
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

/// Whether two values say the same: lists of texts and scopes have no order, and nothing is the same as nothing.
fn same(old: &Value, new: &Value) -> bool {
    let set = |value: &Value| -> Option<BTreeSet<String>> {
        match value {
            Value::Array(list) => list.iter().map(|one| one.as_str().map(str::to_owned)).collect(),
            Value::String(text) if text.contains(' ') => Some(text.split(' ').map(str::to_owned).collect()),
            _ => None,
        }
    };
    let nothing = |value: &Value| {
        matches!(value, Value::Null | Value::Bool(false)) || value.as_array().is_some_and(Vec::is_empty) || *value == ""
    };
    old == new || (nothing(old) && nothing(new)) || set(old).is_some_and(|old| Some(old) == set(new))
}
