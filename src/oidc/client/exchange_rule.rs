//! Which access tokens an app may exchange for which (RFC 8693). The operator decides it, by the member `token_exchange` of the client
//! metadata: `{"from": [...], "to": [...]}`.

use serde_json::{Map, Value, json};

use crate::config::normal_form;

/// The most APIs on either side.
const MOST: usize = 20;

/// Which tokens may be exchanged for which. With no `to`, none may.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ExchangeRule {
    /// The APIs that the app is: tokens for them may be exchanged, beside those that were issued to the app itself.
    pub from: Vec<String>,
    /// The APIs that it may get tokens for.
    pub to: Vec<String>,
}

impl ExchangeRule {
    /// What it has to be.
    pub const RULE: &'static str =
        r#"must be {"from": [...], "to": [...]} with the identifiers of at most 20 APIs each, and at least one in to"#;

    /// Reads the member.
    pub fn parse(value: &Value) -> Option<Self> {
        let members = value.as_object()?;
        if !members.keys().all(|name| name == "from" || name == "to") {
            return None;
        }
        let (from, to) = (apis(members, "from")?, apis(members, "to")?);
        (!to.is_empty()).then_some(Self { from, to })
    }

    /// The member, where there is a rule.
    pub(super) fn to_json(&self) -> Option<Value> {
        (!self.to.is_empty()).then(|| json!({ "from": self.from, "to": self.to }))
    }
}

fn apis(members: &Map<String, Value>, side: &str) -> Option<Vec<String>> {
    let Some(list) = members.get(side) else {
        return Some(Vec::new());
    };
    let list = list.as_array().filter(|list| list.len() <= MOST)?;
    list.iter()
        .map(|one| {
            one.as_str()
                .filter(|text| normal_form(text).is_some())
                .map(str::to_owned)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILES: &str = "https://files.acme.org";
    const CALENDAR: &str = "https://cal.acme.org/mcp";

    #[test]
    fn a_rule_says_from_where_and_to_where() {
        for rule in [
            json!({ "from": [FILES], "to": [CALENDAR] }),
            json!({ "from": [], "to": [CALENDAR, FILES] }),
        ] {
            assert_eq!(ExchangeRule::parse(&rule).and_then(|read| read.to_json()), Some(rule));
        }
        assert!(ExchangeRule::parse(&json!({ "to": [FILES] })).is_some_and(|rule| rule.from.is_empty()));
    }

    #[test]
    fn whatever_else_is_none() {
        for unfit in [
            json!({}),
            json!([FILES]),
            json!(FILES),
            json!(true),
            json!({ "from": [FILES] }),
            json!({ "from": [FILES], "to": [] }),
            json!({ "from": FILES, "to": [CALENDAR] }),
            json!({ "to": [7] }),
            json!({ "to": ["cal.acme.org"] }),
            json!({ "to": ["https://cal.acme.org#x"] }),
            json!({ "to": [CALENDAR], "scope": "x" }),
            json!({ "to": vec![CALENDAR; 21] }),
        ] {
            assert_eq!(ExchangeRule::parse(&unfit), None, "{unfit}");
        }
    }
}
