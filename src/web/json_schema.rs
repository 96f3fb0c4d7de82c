//! A part of JSON Schema (draft 2020-12), enough to say what an object of authorization details may be (RFC 9396 section 2): a schema
//! with any other keyword is refused, so that none is passed over in silence. Every object is closed, and every array says what its items are:
//! nobody adds a member that the schema does not name.

use std::{
    cmp::Ordering,
    collections::{BTreeMap, BTreeSet},
};

use serde_json::{Map, Number, Value};

use crate::{readable::is_line, web::language_tag::is_language_tag};

/// The deepest that a schema may be.
const DEEPEST: usize = 8;

/// The most bytes of the name of a member, and the most characters of a title.
const LONGEST_NAME: usize = 64;
const LONGEST_TITLE: usize = 200;

/// What JSON has to be.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Schema {
    types: Vec<Kind>,
    one_of: Option<Vec<Value>>,
    properties: BTreeMap<String, Schema>,
    required: Vec<String>,
    items: Option<Box<Schema>>,
    unique: bool,
    /// Of numbers, of the length of text in characters, of how many items.
    number: Bounds,
    length: Bounds,
    count: Bounds,
    titles: Titles,
}

/// What something is called before people, by language tag in lower case; without a tag, by none.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Titles(BTreeMap<String, String>);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Null,
    Boolean,
    Integer,
    Number,
    String,
    Array,
    Object,
}

#[derive(Clone, Debug, Default, PartialEq)]
struct Bounds {
    least: Option<Number>,
    most: Option<Number>,
}

impl Schema {
    /// The keywords that are taken.
    pub const KEYWORDS: [&'static str; 18] = [
        "$schema",
        "title",
        "description",
        "type",
        "enum",
        "const",
        "properties",
        "required",
        "additionalProperties",
        "items",
        "uniqueItems",
        "minimum",
        "maximum",
        "minLength",
        "maxLength",
        "minItems",
        "maxItems",
        "examples",
    ];

    /// Reads a schema.
    ///
    /// # Errors
    /// Says what is wrong with it, for the operator.
    pub fn parse(value: &Value) -> Result<Self, String> {
        Self::parse_within(value, DEEPEST)
    }

    fn parse_within(value: &Value, depth: usize) -> Result<Self, String> {
        let members = value.as_object().ok_or("a schema must be an object")?;
        let depth = depth.checked_sub(1).ok_or("a schema is too deep")?;
        let is_known = |name: &str| Self::KEYWORDS.contains(&name) || tag_of_title(name).is_some();
        if let Some(other) = members.keys().find(|name| !is_known(name)) {
            return Err(format!(
                "the schema has {other:?}, and takes only: {}",
                Self::KEYWORDS.join(" ")
            ));
        }
        let named = |name: &str| members.get(name);
        let inner = |value: &Value| Self::parse_within(value, depth);
        let properties = named("properties").map_or(Ok(BTreeMap::new()), |all| {
            let all = all.as_object().ok_or("properties must be an object")?;
            all.iter()
                .map(|(name, one)| Ok((name.clone(), inner(one)?)))
                .collect::<Result<BTreeMap<_, _>, String>>()
        })?;
        check_names(&properties)?;
        let one_of = match (named("enum"), named("const")) {
            (Some(_), Some(_)) => return Err("enum and const exclude each other".to_owned()),
            (Some(values), None) => Some(values.as_array().ok_or("enum must be an array")?.clone()),
            (None, value) => value.map(|value| vec![value.clone()]),
        };
        if (one_of.iter().flatten()).any(|value| value.is_object() || value.is_array()) {
            return Err("enum and const take no objects and no arrays".to_owned());
        }
        let types = kinds(named("type"))?;
        if types.is_empty() && one_of.is_none() {
            return Err("each schema needs a type, an enum or a const".to_owned());
        }
        let is_closed = match named("additionalProperties") {
            None => false,
            Some(Value::Bool(false)) => true,
            Some(_) => return Err("additionalProperties must be false".to_owned()),
        };
        if types.contains(&Kind::Object) && !is_closed {
            return Err("each schema of an object needs \"additionalProperties\": false".to_owned());
        }
        if types.contains(&Kind::Array) && named("items").is_none() {
            return Err("each schema of an array needs items".to_owned());
        }
        let required = texts(named("required"))?;
        if let Some(other) = required.iter().find(|name| !properties.contains_key(*name)) {
            return Err(format!("required has {other:?}, which properties does not name"));
        }
        Ok(Self {
            types,
            one_of,
            properties,
            required,
            items: named("items").map(inner).transpose()?.map(Box::new),
            unique: named("uniqueItems")
                .map_or(Some(false), Value::as_bool)
                .ok_or("uniqueItems must be true or false")?,
            number: Bounds::read(members, ("minimum", "maximum"), |_| true)?,
            length: Bounds::read(members, ("minLength", "maxLength"), Number::is_u64)?,
            count: Bounds::read(members, ("minItems", "maxItems"), Number::is_u64)?,
            titles: Titles::read(members)?,
        })
    }

    /// Whether `value` is what it says.
    pub fn fits(&self, value: &Value) -> bool {
        let is_kind = self.types.is_empty() || self.types.iter().any(|kind| kind.is_of(value));
        let is_one = self.one_of.as_ref().is_none_or(|all| all.contains(value));
        is_kind
            && is_one
            && match value {
                Value::Object(members) => self.fits_members(members),
                Value::Array(items) => {
                    self.count.have(&items.len().into())
                        && self
                            .items
                            .as_ref()
                            .is_none_or(|schema| items.iter().all(|item| schema.fits(item)))
                        && !(self.unique
                            && items
                                .iter()
                                .enumerate()
                                .any(|(at, item)| items.iter().skip(at + 1).any(|other| other == item)))
                }
                Value::String(text) => self.length.have(&text.chars().count().into()),
                Value::Number(number) => self.number.have(number),
                Value::Null | Value::Bool(_) => true,
            }
    }

    fn fits_members(&self, members: &Map<String, Value>) -> bool {
        let fits = |(name, value): (&String, &Value)| self.member(name).is_some_and(|schema| schema.fits(value));
        self.required.iter().all(|name| members.contains_key(name)) && members.iter().all(fits)
    }

    /// What it is called before people who read a language.
    pub fn title(&self, language: &str) -> Option<&str> {
        self.titles.find(language)
    }

    /// What it says of a member.
    pub fn member(&self, name: &str) -> Option<&Self> {
        self.properties.get(name)
    }

    /// What it says of the items of an array.
    pub fn item(&self) -> Option<&Self> {
        self.items.as_deref()
    }
}

impl Titles {
    /// Reads `title` and `title#de` among members.
    ///
    /// # Errors
    /// Where one cannot be shown.
    pub fn read(members: &Map<String, Value>) -> Result<Self, String> {
        Self::read_as("title", members)
    }

    /// The same of texts by another name, such as `description` and `description#de`.
    ///
    /// # Errors
    /// As [`Titles::read`].
    pub fn read_as(name: &str, members: &Map<String, Value>) -> Result<Self, String> {
        let all = members
            .iter()
            .filter_map(|(member, value)| Some((tag_of(name, member)?, value)));
        let read = |(tag, value): (&str, &Value)| Ok((tag.to_ascii_lowercase(), title(name, value)?));
        all.map(read).collect::<Result<_, _>>().map(Self)
    }

    /// The same text in every language.
    pub fn plain(text: &str) -> Self {
        Self([(String::new(), text.to_owned())].into())
    }

    /// The one in a language, and no other in its place.
    pub fn find_own(&self, language: &str) -> Option<&str> {
        self.0.get(language).map(String::as_str)
    }

    /// The members that [`Titles::read_as`] reads.
    pub fn write_as(&self, name: &str, members: &mut Map<String, Value>) {
        for (tag, text) in &self.0 {
            let member = match tag.as_str() {
                "" => name.to_owned(),
                tag => format!("{name}#{tag}"),
            };
            members.insert(member, text.as_str().into());
        }
    }

    /// The one in a language, or without one.
    pub fn find(&self, language: &str) -> Option<&str> {
        self.0.get(language).or_else(|| self.0.get("")).map(String::as_str)
    }
}

/// The language of a title, by the name of the member that has it: none of `title`, `de` of `title#de`.
pub fn tag_of_title(member: &str) -> Option<&str> {
    tag_of("title", member)
}

/// Likewise of a text by another name.
pub fn tag_of<'a>(text: &str, member: &'a str) -> Option<&'a str> {
    match member.split_once('#') {
        None => (member == text).then_some(""),
        Some((name, tag)) => (name == text && is_language_tag(tag)).then_some(tag),
    }
}

impl Kind {
    fn parse(name: &str) -> Option<Self> {
        Some(match name {
            "null" => Self::Null,
            "boolean" => Self::Boolean,
            "integer" => Self::Integer,
            "number" => Self::Number,
            "string" => Self::String,
            "array" => Self::Array,
            "object" => Self::Object,
            _ => return None,
        })
    }

    fn is_of(self, value: &Value) -> bool {
        match self {
            Self::Null => value.is_null(),
            Self::Boolean => value.is_boolean(),
            Self::Integer => match value {
                Value::Number(number) => {
                    integer(number).is_some() || number.as_f64().is_some_and(|number| number.fract() == 0.0)
                }
                _ => false,
            },
            Self::Number => value.is_number(),
            Self::String => value.is_string(),
            Self::Array => value.is_array(),
            Self::Object => value.is_object(),
        }
    }
}

impl Bounds {
    fn read(
        members: &Map<String, Value>,
        (least, most): (&str, &str),
        is_fit: fn(&Number) -> bool,
    ) -> Result<Self, String> {
        let number = |name: &str| match members.get(name) {
            None => Ok(None),
            Some(Value::Number(number)) if is_fit(number) => Ok(Some(number.clone())),
            Some(_) => Err(format!("{name} must be a number, and a length a whole one from 0")),
        };
        Ok(Self {
            least: number(least)?,
            most: number(most)?,
        })
    }

    fn have(&self, number: &Number) -> bool {
        let is_from = |least: &Number| compare(number, least).is_some_and(Ordering::is_ge);
        let is_up_to = |most: &Number| compare(number, most).is_some_and(Ordering::is_le);
        self.least.as_ref().is_none_or(is_from) && self.most.as_ref().is_none_or(is_up_to)
    }
}

/// Integers to the last digit, which a float may not have.
fn compare(one: &Number, other: &Number) -> Option<Ordering> {
    match (integer(one), integer(other)) {
        (Some(one), Some(other)) => Some(one.cmp(&other)),
        _ => one.as_f64()?.partial_cmp(&other.as_f64()?),
    }
}

fn integer(number: &Number) -> Option<i128> {
    let negative = number.as_i64().map(i128::from);
    negative.or_else(|| number.as_u64().map(i128::from))
}

/// Whether a member may be called so: people read the name where it has no title.
pub fn is_name(name: &str) -> bool {
    (1..=LONGEST_NAME).contains(&name.len())
        && name
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"_.:/#-".contains(&byte))
}

/// Whether people can be shown something under this title, which looks like no path of titles.
fn is_title(title: &str) -> bool {
    (1..=LONGEST_TITLE).contains(&title.chars().count()) && is_line(title) && !title.contains('›')
}

fn title(name: &str, value: &Value) -> Result<String, String> {
    let text = value.as_str().filter(|text| is_title(text));
    let problem =
        || format!("a {name} must be a text of 1 to 200 characters that can be seen, with single blanks and no ›");
    text.map(str::to_owned).ok_or_else(problem)
}

/// Members are told apart by what people read, in each language: no two have the same title, and none has the name of another one as its
/// title.
fn check_names(properties: &BTreeMap<String, Schema>) -> Result<(), String> {
    if let Some(name) = properties.keys().find(|name| !is_name(name)) {
        return Err(format!(
            "properties has {name:?}: a name has 1 to 64 of A-Z a-z 0-9 _ . : / # -"
        ));
    }
    let languages: BTreeSet<_> = properties.values().flat_map(|schema| schema.titles.0.keys()).collect();
    for language in languages {
        let mut titles = BTreeSet::new();
        for (name, schema) in properties {
            let Some(title) = schema.title(language) else { continue };
            if !titles.insert(title) || (title != name && properties.contains_key(title)) {
                return Err(format!(
                    "properties has two members that people would read as {title:?}"
                ));
            }
        }
    }
    Ok(())
}

fn kinds(value: Option<&Value>) -> Result<Vec<Kind>, String> {
    let names = match value {
        Some(Value::String(one)) => vec![one.clone()],
        Some(Value::Array(none)) if none.is_empty() => return Err("type must name one at least".to_owned()),
        other => texts(other)?,
    };
    let kind = |name: &String| Kind::parse(name).ok_or_else(|| format!("there is no type {name:?}"));
    names.iter().map(kind).collect()
}

fn texts(value: Option<&Value>) -> Result<Vec<String>, String> {
    let Some(value) = value else { return Ok(Vec::new()) };
    let list = value
        .as_array()
        .ok_or("type must be a name or a list of names, and required a list of names")?;
    let text = |one: &Value| one.as_str().map(str::to_owned);
    list.iter()
        .map(text)
        .collect::<Option<_>>()
        .ok_or_else(|| "a list of names has something else".to_owned())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_payment_as_in_rfc_9396_figure_2_is_told_from_what_is_none() {
        let schema = json!({
            "type": "object",
            "required": ["type", "instructedAmount", "creditorName"],
            "additionalProperties": false,
            "properties": {
                "type": { "const": "payment_initiation" },
                "locations": { "type": "array", "items": { "type": "string" }, "maxItems": 3, "uniqueItems": true },
                "instructedAmount": {
                    "type": "object", "required": ["currency", "amount"], "additionalProperties": false,
                    "properties": { "currency": { "enum": ["EUR", "CHF"] }, "amount": { "type": "string", "maxLength": 12 } }
                },
                "creditorName": { "type": "string", "minLength": 1, "title": "Paid to" },
                "times": { "type": "integer", "minimum": 1, "maximum": 12 },
                "account": { "type": "integer", "maximum": 9_007_199_254_740_992_u64 }
            }
        });
        let schema = Schema::parse(&schema).unwrap();
        assert_eq!(
            schema.member("creditorName").and_then(|member| member.title("de")),
            Some("Paid to")
        );
        let good = json!({ "type": "payment_initiation", "instructedAmount": { "currency": "EUR", "amount": "123.50" }, "creditorName": "Merchant A" });
        assert!(schema.fits(&good));
        for (name, value, fits) in [
            ("times", json!(1), true),
            ("times", json!(12.0), true),
            ("times", json!(1.5), false),
            ("times", json!(0), false),
            ("times", json!(13), false),
            ("times", json!("1"), false),
            ("account", json!(9_007_199_254_740_992_u64), true),
            ("account", json!(9_007_199_254_740_993_u64), false),
            ("account", json!(-9_007_199_254_740_993_i64), true),
            ("locations", json!(["a", "b"]), true),
            ("locations", json!(["a", "a"]), false),
            ("locations", json!(["a", "b", "c", "d"]), false),
            ("locations", json!([7]), false),
            ("creditorName", json!(""), false),
            ("creditorName", json!(null), false),
            ("instructedAmount", json!({ "currency": "USD", "amount": "1" }), false),
            ("instructedAmount", json!({ "currency": "EUR" }), false),
            (
                "instructedAmount",
                json!({ "currency": "EUR", "amount": "1", "x": 1 }),
                false,
            ),
            ("type", json!("other"), false),
            ("more", json!(1), false),
        ] {
            let mut changed = good.clone();
            changed[name] = value.clone();
            assert_eq!(schema.fits(&changed), fits, "{name}: {value}");
        }
    }

    #[test]
    fn a_schema_that_would_not_be_kept_whole_is_refused() {
        let deep = (0..8).fold(
            json!({ "type": "null" }),
            |inner, _| json!({ "type": "array", "items": inner }),
        );
        assert!(Schema::parse(&deep["items"]).is_ok());
        for unfit in [
            json!(true),
            json!({ "pattern": "^a" }),
            json!({ "$ref": "#/x" }),
            json!({ "properties": { "a": { "format": "uri" } } }),
            json!({ "items": { "oneOf": [] } }),
            json!({ "type": "decimal" }),
            json!({ "type": 7 }),
            json!({ "required": "a" }),
            json!({ "enum": "a" }),
            json!({ "enum": [1], "const": 1 }),
            json!({ "type": "number", "minimum": "1" }),
            json!({}),
            json!({ "type": [] }),
            json!({ "type": "string", "maxLength": -1 }),
            json!({ "type": "string", "maxLength": 1.5 }),
            json!({ "type": "string", "minLength": 1.5 }),
            json!({ "type": "array", "items": { "type": "string" }, "maxItems": -1 }),
            json!({ "type": "string", "title": 7 }),
            deep,
        ] {
            assert!(Schema::parse(&unfit).is_err(), "{unfit}");
        }
    }

    #[test]
    fn a_schema_lets_nobody_add_a_member_of_their_own() {
        let closed = json!({ "type": "object", "additionalProperties": false });
        assert!(Schema::parse(&closed).is_ok());
        let within =
            |inner: Value| json!({ "type": "object", "additionalProperties": false, "properties": { "a": inner } });
        for open in [
            json!({ "type": "object" }),
            json!({ "type": ["string", "object"] }),
            json!({ "type": "object", "additionalProperties": true }),
            json!({ "type": "object", "additionalProperties": { "type": "string" } }),
            json!({ "type": "string", "additionalProperties": true }),
            json!({ "type": "array" }),
            json!({ "type": "array", "items": { "type": "object" } }),
            json!({ "type": "array", "items": {} }),
            json!({ "additionalProperties": false }),
            json!({ "enum": [{ "a": 1 }] }),
            json!({ "const": [{}] }),
            json!({ "type": "object", "additionalProperties": false, "required": ["a"] }),
        ] {
            assert!(Schema::parse(&open).is_err(), "{open}");
            assert!(Schema::parse(&within(open.clone())).is_err(), "{open}");
        }
        let problem = Schema::parse(&within(json!({ "type": "object" }))).unwrap_err();
        assert!(problem.contains("\"additionalProperties\": false"), "{problem}");
    }

    #[test]
    fn a_title_may_be_in_other_languages() {
        let schema = json!({ "type": "string", "title": "Paid to", "title#de": "An", "title#pt-BR": "Para" });
        let schema = Schema::parse(&schema).unwrap();
        let said = ["de", "pt-br", "fr", ""].map(|language| schema.title(language).unwrap());
        assert_eq!(said, ["An", "Para", "Paid to", "Paid to"]);
        let only = Schema::parse(&json!({ "type": "string", "title#de": "An" })).unwrap();
        assert_eq!((only.title("de"), only.title("fr")), (Some("An"), None));
    }

    #[test]
    fn what_people_read_tells_members_apart() {
        let of =
            |properties: Value| json!({ "type": "object", "additionalProperties": false, "properties": properties });
        let titled = |title: &str| json!({ "type": "string", "title": title });
        assert!(
            Schema::parse(&of(
                json!({ "a": titled("a"), "b": titled("B"), "https://x.y/z#-_": titled("C") })
            ))
            .is_ok()
        );
        let (long, name) = ("x".repeat(201), "n".repeat(65));
        for unclear in [
            json!({ "a": titled("Same"), "b": titled("Same") }),
            json!({ "a": titled("b"), "b": titled("Other") }),
            json!({ "a": titled("b"), "b": { "type": "string" } }),
            json!({ "a": titled("") }),
            json!({ "a": titled(" x") }),
            json!({ "a": titled("x  y") }),
            json!({ "a": titled("x\u{202e}") }),
            json!({ "a": titled("b › c") }),
            json!({ "a": { "type": "string", "title": "A", "title#de": "Gleich" }, "b": { "type": "string", "title": "B", "title#DE": "Gleich" } }),
            json!({ "a": { "type": "string", "title": "A", "title#de": "B" }, "b": titled("B") }),
            json!({ "a": { "type": "string", "title#de": "b" }, "b": { "type": "string" } }),
            json!({ "a": { "type": "string", "title#": "x" } }),
            json!({ "a": { "type": "string", "title#d_e": "x" } }),
            json!({ "a": { "type": "string", "title#de": 7 } }),
            json!({ "a": { "type": "string", "description#de": "x" } }),
            json!({ "a": titled(&long) }),
            json!({ "": titled("x") }),
            json!({ "a b": titled("x") }),
            json!({ "a\u{200b}": titled("x") }),
            json!({ "ä": titled("x") }),
            json!({ name: titled("x") }),
        ] {
            assert!(Schema::parse(&of(unclear.clone())).is_err(), "{unclear}");
        }
    }
}
