//! Where a claim of an app is told.

use serde_json::{Map, Value, json};

use crate::{
    config::is_reserved,
    oidc::{
        claims::{self, GROUPS},
        params,
    },
};

/// Where a claim is told: its name, or the names of the members that lead to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClaimPath(Vec<String>);

/// The most members on the way to a claim, and the most bytes of a name.
const DEEPEST: usize = 5;
const LONGEST_NAME: usize = 200;

/// Whether a claim is about something else already. One of OIDC Core section 5.1 is about something else than groups and roles.
fn is_taken(name: &str) -> bool {
    let base = name.split('#').next().unwrap_or_default();
    // There are libraries that do not tell `SUB` from `sub`.
    let about_another = base != GROUPS && claims::find(&base.to_ascii_lowercase()).is_some();
    is_reserved(name) || about_another
}

impl ClaimPath {
    /// A claim by its name.
    pub(super) fn of(name: &str) -> Self {
        Self(vec![name.to_owned()])
    }

    pub const RULE: &'static str = "must be the name of a claim, or a list of names that lead to it, none reserved and none of __proto__, constructor and prototype";

    /// What is wrong with what could not be read: which claim is taken, or what it has to be.
    pub(super) fn problem(value: &Value) -> String {
        let first = value.as_str().or_else(|| value.get(0)?.as_str());
        match first.filter(|first| is_taken(first)).and_then(params::nameable) {
            Some(name) => format!(
                "has {name}, which is reserved: Limen or a specification says something else by it; choose another name"
            ),
            None => Self::RULE.to_owned(),
        }
    }

    /// Reads a name, or a list of names.
    pub fn parse(value: &Value) -> Option<Self> {
        let names = match value {
            Value::String(name) => vec![name.clone()],
            Value::Array(names) => names
                .iter()
                .map(|name| name.as_str().map(str::to_owned))
                .collect::<Option<_>>()?,
            _ => return None,
        };
        let fits = |name: &String| {
            (1..=LONGEST_NAME).contains(&name.len()) && name.bytes().all(|byte| byte.is_ascii_graphic())
        };
        let is_free = !is_taken(names.first()?);
        (names.len() <= DEEPEST && names.iter().all(fits) && is_free).then_some(Self(names))
    }

    /// Whether none of its names means something to every object of JavaScript: a program that copies claims member by member would change
    /// all of its objects. What is stored is read with such a name, and told.
    pub(super) fn is_plain(&self) -> bool {
        !self
            .0
            .iter()
            .any(|name| ["__proto__", "constructor", "prototype"].contains(&name.as_str()))
    }

    pub(super) fn to_json(&self) -> Value {
        match self.0.as_slice() {
            [name] => json!(name),
            names => json!(names),
        }
    }

    /// Puts `value` there, beside what else there is on the way.
    pub(super) fn place(&self, value: Value, told: &mut Map<String, Value>) {
        let Some((last, way)) = self.0.split_last() else { return };
        let mut at = told;
        for name in way {
            let member = at.entry(name.clone()).or_insert_with(|| json!({}));
            if !member.is_object() {
                *member = json!({});
            }
            match member.as_object_mut() {
                Some(object) => at = object,
                None => return,
            }
        }
        at.insert(last.clone(), value);
    }
}
