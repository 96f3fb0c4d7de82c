//! `AUTHORIZATION_DETAILS_TYPES`: the types of authorization details (RFC 9396 section 2) that apps may ask for, each with what it may be and what it
//! is called before people.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Map, Value};

use crate::web::{
    json,
    json_schema::{Schema, Titles, tag_of_title},
};

/// The most types.
const MOST: usize = 20;

/// The most bytes of the name of a type.
const LONGEST_NAME: usize = 200;

const HOW: &str = r#"must be a JSON object by type, such as {"payment_initiation": {"title": "Make a payment", "title#de": "Eine Zahlung", "schema": {"type": "object", "additionalProperties": false, "properties": {"type": {"type": "string"}, "amount": {"type": "string"}}}, "apis": ["https://pay.acme.org"]}}"#;

/// A type of authorization details.
#[derive(Clone, Debug, PartialEq)]
pub struct DetailType {
    titles: Titles,
    pub schema: Schema,
    /// The APIs whose tokens have such details. Empty: all.
    pub apis: Vec<String>,
}

/// All of them, by name.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct DetailTypes(BTreeMap<String, DetailType>);

#[derive(Deserialize)]
struct Written {
    schema: Value,
    #[serde(default)]
    apis: Vec<String>,
    #[serde(flatten)]
    titles: Map<String, Value>,
}

impl DetailTypes {
    pub fn find(&self, name: &str) -> Option<&DetailType> {
        self.0.get(name)
    }

    /// `authorization_details_types_supported`.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }

    pub(super) fn parse(text: &str, is_api: impl Fn(&str) -> bool) -> Result<Self, String> {
        let all: BTreeMap<String, Written> = json::parse(text).ok_or(HOW)?;
        if all.len() > MOST {
            return Err("has more than 20 types".to_owned());
        }
        let one = |(name, written): (String, Written)| {
            let is_name = (1..=LONGEST_NAME).contains(&name.len()) && name.bytes().all(|byte| byte.is_ascii_graphic());
            if !is_name {
                return Err("has a type whose name is empty, too long or has blanks".to_owned());
            }
            if let Some(api) = written.apis.iter().find(|api| !is_api(api)) {
                return Err(format!(
                    "has an API that is no absolute URI, or is written otherwise than in RESOURCES: {api}"
                ));
            }
            if let Some(other) = written.titles.keys().find(|member| tag_of_title(member).is_none()) {
                return Err(format!("has a member that is not known: {other}"));
            }
            let titles = Titles::read(&written.titles).map_err(|problem| format!("has for {name}: {problem}"))?;
            if titles.find("").is_none() {
                return Err(format!("needs a title for {name}"));
            }
            let schema =
                Schema::parse(&written.schema).map_err(|problem| format!("has a schema for {name}: {problem}"))?;
            if schema.member("type").is_none() {
                return Err(format!(
                    "has a schema for {name} whose properties lack type, which every detail has"
                ));
            }
            Ok((
                name,
                DetailType {
                    titles,
                    schema,
                    apis: written.apis,
                },
            ))
        };
        all.into_iter().map(one).collect::<Result<_, _>>().map(Self)
    }
}

impl DetailType {
    /// What it is called in a language, or at all.
    pub fn title(&self, language: &str) -> &str {
        self.titles.find(language).unwrap_or_default()
    }
}
