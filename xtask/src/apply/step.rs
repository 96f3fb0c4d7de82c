//! What is to be done, step by step, and the ids that steps find and make.

use std::collections::BTreeMap;
use std::fmt::{self, Write};

use serde_json::Value;

use crate::terminal;

/// A request: its method, its path and its body.
pub type Request = (&'static str, String, Option<Value>);

/// Makes a request of the ids that there are by then.
pub type MakeRequest = Box<dyn Fn(&Ids) -> Result<Request, String>>;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verb {
    Create,
    Change,
    Delete,
}

/// What a step is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Group,
    App,
    RolesAt,
    Api,
}

impl fmt::Display for Kind {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Group => "group",
            Self::App => "app",
            Self::RolesAt => "roles at",
            Self::Api => "API",
        })
    }
}

/// Something that is done.
pub struct Step {
    pub verb: Verb,
    pub kind: Kind,
    pub name: String,
    /// What becomes of its members: the name, what is there, and what will be.
    pub members: Vec<(String, Value, Value)>,
    pub request: MakeRequest,
}

impl Step {
    pub fn title(&self) -> String {
        let verb = match self.verb {
            Verb::Create => "create",
            Verb::Change => "change",
            Verb::Delete => "DELETE",
        };
        format!("{verb} {} {}", self.kind, terminal::line(&self.name))
    }

    /// The step, and what becomes of each member: old -> new.
    pub fn describe(&self) -> String {
        let sign = match self.verb {
            Verb::Create => '+',
            Verb::Change => '~',
            Verb::Delete => '-',
        };
        let mut text = format!("{sign} {}", self.title());
        for (name, old, new) in &self.members {
            let name = terminal::line(name);
            // Writing to a text does not fail.
            let _ = match (self.verb, old) {
                (Verb::Create, Value::Null) => write!(text, "\n    {name}: {new}"),
                _ => write!(text, "\n    {name}: {old} -> {new}"),
            };
        }
        text
    }
}

/// How many steps of each kind there are.
pub fn count(steps: &[Step]) -> String {
    let of = |verb| steps.iter().filter(|step| step.verb == verb).count();
    format!(
        "{} to create, {} to change, {} to delete.",
        of(Verb::Create),
        of(Verb::Change),
        of(Verb::Delete)
    )
}

/// Ids by names: of what there was when it was planned, and of what was made since. Something else may be called so by then.
#[derive(Default)]
pub struct Ids {
    pub groups: BTreeMap<String, String>,
    pub apps: BTreeMap<String, String>,
}

impl Ids {
    pub fn group(&self, name: &str) -> Result<&str, String> {
        let id = self.groups.get(name).map(String::as_str);
        id.ok_or_else(|| format!("The group {name} is gone."))
    }

    pub fn app(&self, name: &str) -> Result<&str, String> {
        let id = self.apps.get(name).map(String::as_str);
        id.ok_or_else(|| format!("The app {name} is gone."))
    }

    /// Notes what a step has made, as Limen answered.
    pub fn note(&mut self, step: &Step, told: &Value) {
        let (of_kind, member) = match step.kind {
            Kind::Group => (&mut self.groups, "id"),
            Kind::App => (&mut self.apps, "client_id"),
            Kind::RolesAt | Kind::Api => return,
        };
        if let (Verb::Create, Some(id)) = (step.verb, told.get(member).and_then(Value::as_str)) {
            of_kind.insert(step.name.clone(), id.to_owned());
        }
    }
}
