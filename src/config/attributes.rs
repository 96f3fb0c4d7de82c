//! `ATTRIBUTES`: what the operator keeps of people beside the claims that every provider knows, each with a type, who may see and edit
//! it, and the scope by which apps ask for it.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::{Resources, reserved_claims, resources::LIMENS};
use crate::{
    named::named,
    readable::is_line,
    web::{
        json,
        json_schema::{Titles, tag_of_title},
    },
};

/// The most attributes, and the most characters of a name.
const MOST: usize = 50;
const LONGEST_NAME: usize = 40;

/// The most bytes of a text, of a text in a list, and the most texts in one.
pub const LONGEST_TEXT: usize = 500;
const LONGEST_IN_LIST: usize = 200;
const MOST_IN_LIST: usize = 50;

const HOW: &str = r#"must be a JSON object by name, such as {"department": {"title": "Department", "title#de": "Abteilung", "type": "text", "scope": "employee", "person": "see"}}"#;

/// An attribute.
#[derive(Clone, Debug, PartialEq)]
pub struct Attribute {
    pub kind: AttributeKind,
    titles: Titles,
    /// The scope that asks for it. Without one no scope does.
    pub scope: Option<String>,
    pub person: PersonMay,
}

named! {
    /// The type of an attribute.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    #[allow(missing_docs)] // The names say it.
    pub enum AttributeKind {
        Text = "text",
        Number = "number",
        Flag = "flag",
        /// Texts.
        List = "list",
    }
}

named! {
    /// What people may do with an attribute of their own.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
    #[allow(missing_docs)] // The names say it.
    pub enum PersonMay {
        Nothing = "nothing",
        See = "see",
        Edit = "edit",
    }
}

/// All of them, by name.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Attributes(BTreeMap<String, Attribute>);

impl AttributeKind {
    /// Whether a value is of the type.
    pub fn admits(self, value: &Value) -> bool {
        let is_text = |value: &Value, longest: usize| {
            let text = value.as_str();
            text.is_some_and(|text| (1..=longest).contains(&text.len()) && is_line(text))
        };
        match self {
            Self::Text => is_text(value, LONGEST_TEXT),
            Self::Number => value.is_number(),
            Self::Flag => value.is_boolean(),
            Self::List => value
                .as_array()
                .is_some_and(|list| list.len() <= MOST_IN_LIST && list.iter().all(|one| is_text(one, LONGEST_IN_LIST))),
        }
    }

    /// What a value of the type is.
    pub fn describe(self) -> &'static str {
        match self {
            Self::Text => "a text of 1 to 500 bytes in one line, all of which can be seen",
            Self::Number => "a number",
            Self::Flag => "true or false",
            Self::List => "a list of at most 50 texts of 1 to 200 bytes in one line, all of which can be seen",
        }
    }
}

impl Attribute {
    /// What it is called in a language, or at all.
    pub fn title<'a>(&'a self, name: &'a str, language: &str) -> &'a str {
        self.titles.find(language).unwrap_or(name)
    }

    fn parse(name: &str, written: &Value, resources: &Resources) -> Result<Self, String> {
        let members = written.as_object().ok_or(HOW)?;
        let word = |member: &str, usual: &'static str| match members.get(member) {
            None => Ok(usual),
            Some(value) => value.as_str().ok_or(HOW),
        };
        let kind = word("type", "text")?;
        let kind = AttributeKind::parse(kind);
        let kind = kind.ok_or_else(|| format!("needs one of text, number, flag and list as type of {name}"))?;
        let person = PersonMay::parse(word("person", "nothing")?);
        let person = person.ok_or_else(|| format!("needs one of nothing, see and edit as person of {name}"))?;
        let scope = members
            .get("scope")
            .map(|scope| scope.as_str().ok_or(HOW))
            .transpose()?;
        let is_free = |scope: &&str| {
            let is_token = (1..=LONGEST_NAME * 2).contains(&scope.len())
                && scope
                    .bytes()
                    .all(|byte| byte.is_ascii_graphic() && !b"\"\\".contains(&byte));
            is_token
                && !LIMENS.contains(scope)
                && *scope != "groups"
                && resources.iter().all(|(_, api)| !api.scopes.contains_key(*scope))
        };
        if !scope.as_ref().is_none_or(is_free) {
            return Err(format!(
                "needs a scope of {name} that means nothing else, as profile and those of RESOURCES do"
            ));
        }
        let is_known = |member: &str| ["type", "person", "scope"].contains(&member) || tag_of_title(member).is_some();
        if let Some(member) = members.keys().find(|member| !is_known(member)) {
            return Err(format!("has a member of {name} that is not known: {member}"));
        }
        let titles = Titles::read(members).map_err(|problem| format!("has a problem with {name}: {problem}"))?;
        Ok(Self {
            kind,
            titles,
            scope: scope.map(str::to_owned),
            person,
        })
    }
}

/// Whether that can be the name of an attribute: apps may find it as a claim, beside those that there are.
fn is_name(name: &str) -> bool {
    let is_plain = name
        .bytes()
        .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_');
    is_plain
        && name.starts_with(|first: char| first.is_ascii_lowercase())
        && name.len() <= LONGEST_NAME
        && !reserved_claims::is_reserved(name)
        && !reserved_claims::is_standard(name)
}

impl Attributes {
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub fn find(&self, name: &str) -> Option<&Attribute> {
        self.0.get(name)
    }

    /// All of them, by name.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Attribute)> {
        self.0.iter().map(|(name, attribute)| (name.as_str(), attribute))
    }

    /// The scopes in which some of them are told.
    pub fn scopes(&self) -> impl Iterator<Item = &str> {
        self.0.values().filter_map(|attribute| attribute.scope.as_deref())
    }

    /// Takes from values those that people do not see.
    pub fn hide(&self, values: &mut Map<String, Value>) {
        values.retain(|name, _| self.find(name).is_some_and(|own| own.person >= PersonMay::See));
    }

    /// Those that a scope asks for.
    pub fn of_scope<'a>(&'a self, scope: &'a str) -> impl Iterator<Item = (&'a str, &'a Attribute)> {
        self.iter()
            .filter(move |(_, attribute)| attribute.scope.as_deref() == Some(scope))
    }

    /// Whether changes of values (RFC 7396), where a `null` takes one away, are of what there is and of its types.
    ///
    /// # Errors
    /// Names what is not, and what it should be.
    pub fn check(&self, changes: &Map<String, Value>) -> Result<(), String> {
        for (name, value) in changes.iter().filter(|(_, value)| !value.is_null()) {
            let Some(attribute) = self.find(name) else {
                let shown: String = name.chars().filter(char::is_ascii_graphic).take(LONGEST_NAME).collect();
                let names = self.0.keys().map(String::as_str).collect::<Vec<_>>().join(" ");
                return Err(match names.as_str() {
                    "" => format!("attributes.{shown} is not there: ATTRIBUTES has none"),
                    names => format!("attributes.{shown} is not in ATTRIBUTES, which has: {names}"),
                });
            };
            if !attribute.kind.admits(value) {
                return Err(format!("attributes.{name} must be {}", attribute.kind.describe()));
            }
        }
        Ok(())
    }

    pub(super) fn parse(text: &str, resources: &Resources) -> Result<Self, String> {
        let all: Map<String, Value> = json::parse(text).ok_or(HOW)?;
        if all.len() > MOST {
            return Err(format!("has more than {MOST} attributes"));
        }
        if let Some(name) = all.keys().find(|name| !is_name(name)) {
            return Err(format!(
                "has a name that is reserved, or not of at most {LONGEST_NAME} small letters, digits and underscores: {name}"
            ));
        }
        let one = |(name, written): (String, Value)| Ok((name.clone(), Attribute::parse(&name, &written, resources)?));
        all.into_iter().map(one).collect::<Result<_, _>>().map(Self)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn parse(text: &Value) -> Result<Attributes, String> {
        Attributes::parse(&text.to_string(), &Resources::default())
    }

    #[test]
    fn an_attribute_has_a_type_a_title_a_scope_and_who_may_edit_it() {
        let known = parse(&json!({
            "department": {"title": "Department", "title#de": "Abteilung", "scope": "employee", "person": "see"},
            "badge": {"type": "number", "person": "edit"},
        }))
        .unwrap();
        let department = known.find("department").unwrap();
        assert_eq!(
            (department.kind, department.person),
            (AttributeKind::Text, PersonMay::See)
        );
        assert_eq!(department.title("department", "de"), "Abteilung");
        assert_eq!(department.title("department", "fr"), "Department");
        let badge = known.find("badge").unwrap();
        assert_eq!((badge.title("badge", "de"), badge.scope.as_ref()), ("badge", None));
        assert_eq!(
            known.of_scope("employee").map(|(name, _)| name).collect::<Vec<_>>(),
            ["department"]
        );
    }

    #[test]
    fn no_attribute_has_a_name_that_means_something() {
        for name in reserved_claims::STANDARD.into_iter().chain([
            "sub",
            "iss",
            "scope",
            "client_id",
            "act",
            "username",
            "authorization_details",
        ]) {
            assert!(parse(&json!({ name: {} })).is_err(), "{name}");
        }
        for name in [
            "",
            "A",
            "a-b",
            "a b",
            "1a",
            "_a",
            "a#de",
            "a.b",
            "\u{e4}",
            &"a".repeat(41),
        ] {
            assert!(parse(&json!({ name: {} })).is_err(), "{name}");
        }
    }

    #[test]
    fn what_cannot_be_meant_is_refused() {
        for wrong in [
            json!([]),
            json!({ "a": 1 }),
            json!({ "a": { "type": "date" } }),
            json!({ "a": { "person": "edits" } }),
            json!({ "a": { "scope": "profile" } }),
            json!({ "a": { "scope": "groups" } }),
            json!({ "a": { "scope": "dcr_admin" } }),
            json!({ "a": { "scope": "two words" } }),
            json!({ "a": { "scope": "" } }),
            json!({ "a": { "title": "" } }),
            json!({ "a": { "title": "a\u{202e}b" } }),
            json!({ "a": { "titel": "x" } }),
            json!({ "a": { "title#": "x" } }),
        ] {
            assert!(parse(&wrong).is_err(), "{wrong}");
        }
        let many: Map<_, _> = (0..51).map(|n| (format!("a{n}"), json!({}))).collect();
        assert!(parse(&Value::Object(many)).is_err());
        let resources = Resources::parse(r#"{"https://a.org": {"name": "A", "scopes": {"employee": "E"}}}"#).unwrap();
        assert!(Attributes::parse(r#"{"a": {"scope": "employee"}}"#, &resources).is_err());
    }

    #[test]
    fn values_are_of_their_type_and_of_what_there_is() {
        let known = parse(&json!({
            "t": {}, "n": {"type": "number"}, "f": {"type": "flag"}, "l": {"type": "list"},
        }))
        .unwrap();
        let check = |changes: Value| known.check(changes.as_object().unwrap());
        assert_eq!(check(json!({"t": "x", "n": 1.5, "f": false, "l": ["a", "b"]})), Ok(()));
        assert_eq!(check(json!({"t": null, "gone": null, "l": []})), Ok(()));
        for wrong in [
            json!({"t": ""}),
            json!({"t": 1}),
            json!({"t": "a\nb"}),
            json!({"t": "x".repeat(501)}),
            json!({"n": "1"}),
            json!({"f": "true"}),
            json!({"l": "a"}),
            json!({"l": [1]}),
            json!({"l": [["a"]]}),
            json!({"l": vec!["a"; 51]}),
        ] {
            assert!(check(wrong.clone()).unwrap_err().contains("must be"), "{wrong}");
        }
        assert_eq!(
            check(json!({"dept": "x"})),
            Err("attributes.dept is not in ATTRIBUTES, which has: f l n t".to_owned())
        );
        assert_eq!(
            Attributes::default().check(json!({"a\u{202e}b": "x"}).as_object().unwrap()),
            Err("attributes.ab is not there: ATTRIBUTES has none".to_owned())
        );
    }
}
