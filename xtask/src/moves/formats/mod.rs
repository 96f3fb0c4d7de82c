//! What other providers write down, as lines of an export of Limen's. Each converter is a function of the files' texts.

mod auth0;
mod authelia;
mod cognito;
mod csv;
mod firebase;
mod hashes;
mod keycloak;
mod people;
mod pocket_id;
mod registration;

use serde_json::{Map, Value};

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

/// Something that could not be taken, and why.
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
    pub left: Vec<Left>,
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

/// Seconds of a moment such as `2024-03-01T09:30:00.123Z`, or with an offset (RFC 3339). None for what is no such text.
fn seconds(text: &str) -> Option<i64> {
    let (date, rest) = text.split_at_checked(10)?;
    let mut numbers = date.split('-').map(|part| part.parse::<i64>().ok());
    let (year, month, day) = (numbers.next()??, numbers.next()??, numbers.next()??);
    let rest = rest.strip_prefix(['T', 't', ' '])?;
    let (time, offset) = rest.split_at(rest.find(['Z', 'z', '+', '-']).unwrap_or(rest.len()));
    let whole = time.split('.').next()?;
    let mut numbers = whole.split(':').map(|part| part.parse::<i64>().ok());
    let (hour, minute, second) = (numbers.next()??, numbers.next()??, numbers.next().unwrap_or(Some(0))?);
    let shift = match offset.split_at_checked(1) {
        Some((sign @ ("+" | "-"), rest)) => {
            let (hours, minutes) = rest.split_once(':').unwrap_or(rest.split_at_checked(2)?);
            let shift = hours.parse::<i64>().ok()? * 3_600 + minutes.parse::<i64>().ok()? * 60;
            if sign == "+" { shift } else { -shift }
        }
        _ => 0,
    };
    let is_date = (1..=12).contains(&month) && (1..=31).contains(&day) && (1970..=9999).contains(&year);
    if !is_date || hour > 24 || minute > 60 || second > 60 {
        return None;
    }
    // Days since 1970 by the civil calendar, in which a year begins with March.
    let (shifted_year, shifted_month) = if month <= 2 {
        (year - 1, month + 9)
    } else {
        (year, month - 3)
    };
    let (era, of_era) = (shifted_year / 400, shifted_year % 400);
    let of_year = (153 * shifted_month + 2) / 5 + day - 1;
    let days = era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468;
    Some(days * 86_400 + hour * 3_600 + minute * 60 + second - shift)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_read_as_seconds() {
        for (text, at) in [
            ("1970-01-01T00:00:00Z", 0),
            ("2000-02-29T12:00:00.999Z", 951_825_600),
            ("2024-03-01T09:30:00+02:00", 1_709_278_200),
            ("2024-03-01 09:30:00-0530", 1_709_305_200),
            ("2026-11-30T03:10:00Z", 1_796_008_200),
        ] {
            assert_eq!(seconds(text), Some(at), "{text}");
        }
        for odd in [
            "",
            "2024",
            "2024-13-01T00:00:00Z",
            "yesterday at noon",
            "2024-03-01",
            "2024-03-01T99:00:00Z",
        ] {
            assert_eq!(seconds(odd), None, "{odd}");
        }
    }

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
