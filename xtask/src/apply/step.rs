//! What is to be done, step by step, and the ids that steps find and make.

use std::collections::BTreeMap;
use std::fmt::Write;

use serde_json::Value;

use crate::terminal;

/// A request: its method, its path and its body.
pub type Request = (&'static str, String, Option<Value>);

pub enum Action {
    Send {
        method: &'static str,
        path: String,
        body: Option<Value>,
    },
    /// A request that needs ids of what steps before it make.
    Later { make: Make },
}

/// Makes a request of ids.
pub type Make = Box<dyn Fn(&Ids) -> Result<Request, String>>;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verb {
    Create,
    Change,
    Delete,
}

/// Something that is done.
pub struct Step {
    pub verb: Verb,
    pub kind: &'static str,
    pub name: String,
    /// What becomes of its members: the name, what is there, and what will be.
    pub members: Vec<(String, Value, Value)>,
    pub action: Action,
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
pub struct Ids {
    pub groups: BTreeMap<String, String>,
    pub apps: BTreeMap<String, String>,
}

impl Ids {
    /// Notes what a step has made, as Limen answered.
    pub fn note(&mut self, step: &Step, told: &Value) {
        let (of_kind, member) = match step.kind {
            "group" => (&mut self.groups, "id"),
            "app" => (&mut self.apps, "client_id"),
            _ => return,
        };
        if let (Verb::Create, Some(id)) = (step.verb, told.get(member).and_then(Value::as_str)) {
            of_kind.insert(step.name.clone(), id.to_owned());
        }
    }
}
