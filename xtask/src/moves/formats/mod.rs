//! What other providers write down, as lines of an export of Limen's. Each converter is a function of the files' texts.

mod auth0;
mod authelia;
mod cognito;
mod csv;
mod entry;
mod firebase;
mod hashes;
mod keycloak;
mod moment;
mod people;
mod pocket_id;
mod registration;

use serde_json::{Map, Value};

use entry::Entry;
use moment::seconds;

/// Whose files they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    Auth0,
    Authelia,
    Cognito,
    Csv,
    Firebase,
    Keycloak,
    PocketId,
}

impl Format {
    pub fn parse(name: &str) -> Option<Self> {
        Some(match name {
            "auth0" => Self::Auth0,
            "authelia" => Self::Authelia,
            "cognito" => Self::Cognito,
            "csv" => Self::Csv,
            "firebase" => Self::Firebase,
            "keycloak" => Self::Keycloak,
            "pocket-id" | "pocketid" => Self::PocketId,
            _ => return None,
        })
    }
}

/// What is said of something: why it could not be taken, or what became of it.
#[derive(Debug, PartialEq, Eq)]
pub struct Left {
    /// Where it stands, such as `line 4` or `users[3]`.
    pub place: String,
    pub what: String,
    pub why: String,
}

/// What files became.
#[derive(Debug, Default, PartialEq)]
pub struct Converted {
    /// Lines, each with where it came from.
    pub lines: Vec<(String, Value)>,
    /// What could not be taken.
    pub left: Vec<Left>,
    /// What was taken, and is otherwise here than it was.
    pub changed: Vec<Left>,
}

impl Converted {
    pub fn add(&mut self, place: impl Into<String>, line: Value) {
        self.lines.push((place.into(), line));
    }

    pub fn leave(&mut self, place: impl Into<String>, what: impl Into<String>, why: impl Into<String>) {
        self.left.push(Left {
            place: place.into(),
            what: what.into(),
            why: why.into(),
        });
    }

    pub fn change(&mut self, place: impl Into<String>, what: impl Into<String>, how: impl Into<String>) {
        self.changed.push(Left {
            place: place.into(),
            what: what.into(),
            why: how.into(),
        });
    }
}

/// Converts files.
///
/// # Errors
/// What is wrong with a file as a whole.
pub fn convert(format: Format, files: &[String]) -> Result<Converted, String> {
    let mut converted = Converted::default();
    let to = &mut converted;
    match format {
        Format::Auth0 => auth0::convert(files, to)?,
        Format::Authelia => authelia::convert(files, to)?,
        Format::Cognito => cognito::convert(files, to)?,
        Format::Csv => csv::convert(files, to)?,
        Format::Firebase => firebase::convert(files, to)?,
        Format::Keycloak => keycloak::convert(files, to)?,
        Format::PocketId => pocket_id::convert(files, to)?,
    }
    sort(&mut converted);
    Ok(converted)
}

/// Puts lines in the order in which they can be taken: what a line refers to comes first.
fn sort(converted: &mut Converted) {
    const ORDER: [&str; 6] = ["group", "app", "person", "credential", "memberships", "role"];
    converted.lines.sort_by_key(|(_, line)| {
        let kind = line.get("kind").and_then(Value::as_str).unwrap_or_default();
        ORDER.iter().position(|known| *known == kind)
    });
}

/// A file as JSON.
fn json(text: &str) -> Result<Value, String> {
    serde_json::from_str(text).map_err(|error| format!("A file is no JSON: {error}"))
}

/// A member that is a text with something in it.
fn text<'a>(object: &'a Value, name: &str) -> Option<&'a str> {
    let text = object.get(name)?.as_str()?.trim();
    (!text.is_empty()).then_some(text)
}

fn flag(object: &Value, name: &str) -> Option<bool> {
    match object.get(name)? {
        Value::Bool(flag) => Some(*flag),
        Value::Number(number) => Some(number.as_i64() != Some(0)),
        Value::String(text) => Some(text == "true" || text == "1"),
        _ => None,
    }
}

/// Members that have the same names there as here.
fn of_same_names<'a>(names: &[&str], value: impl Fn(&str) -> Option<&'a str>) -> Map<String, Value> {
    let member = |name: &&str| Some(((*name).to_owned(), value(name)?.into()));
    names.iter().filter_map(member).collect()
}

fn list<'a>(object: &'a Value, name: &str) -> &'a [Value] {
    object.get(name).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

/// A list of texts.
fn texts(object: &Value, name: &str) -> Vec<String> {
    list(object, name)
        .iter()
        .filter_map(Value::as_str)
        .map(str::to_owned)
        .collect()
}

/// Members without those that are null or empty.
fn members<const N: usize>(pairs: [(&str, Value); N]) -> Map<String, Value> {
    let is_there = |value: &Value| !matches!(value, Value::Null) && value != "" && value != &Value::Array(Vec::new());
    pairs
        .into_iter()
        .filter(|(_, value)| is_there(value))
        .map(|(name, value)| (name.to_owned(), value))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_line_refers_to_comes_before_it() {
        let mut converted = Converted::default();
        for kind in ["memberships", "credential", "role", "person", "app", "group", "person"] {
            converted.add("x", serde_json::json!({ "kind": kind }));
        }
        sort(&mut converted);
        let kinds: Vec<_> = converted
            .lines
            .iter()
            .map(|(_, line)| line["kind"].as_str().unwrap())
            .collect();
        assert_eq!(
            kinds,
            ["group", "app", "person", "person", "credential", "memberships", "role"]
        );
    }
}
