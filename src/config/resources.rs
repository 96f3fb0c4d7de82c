//! `RESOURCES`: the APIs, beside Limen's own, that access tokens can be for (RFC 8707).

use std::collections::BTreeMap;

use url::Url;

use crate::web::json;

/// The longest identifier.
const LONGEST: usize = 1_000;

const HOW: &str = r#"must be a JSON object of names by identifier, such as {"https://mcp.acme.org/mcp": "Acme Files"}"#;

/// An API whose tokens this deployment issues.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Api {
    /// Its resource identifier, letter by letter as the API expects it in `aud`.
    pub identifier: String,
    /// What it is called before people.
    pub name: String,
}

/// The APIs that an operator registered, by the [`normal_form`] of their identifiers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Resources(BTreeMap<String, Api>);

impl Resources {
    /// The API that `uri` identifies, in whichever of the ways that one can write it.
    pub fn find(&self, uri: &str) -> Option<&Api> {
        self.0.get(&normal_form(uri)?)
    }

    /// The APIs, each with the normal form of its identifier.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Api)> {
        self.0.iter().map(|(normal, api)| (normal.as_str(), api))
    }

    pub(super) fn parse(text: &str) -> Result<Self, &'static str> {
        let names: BTreeMap<String, String> = json::parse(text).ok_or(HOW)?;
        let mut apis = BTreeMap::new();
        for (identifier, name) in names {
            let normal =
                normal_form(&identifier).ok_or("has an identifier that is no absolute URI, or has a fragment")?;
            let name = name.trim().to_owned();
            if name.is_empty() || name.chars().any(char::is_control) {
                return Err("has an API without a name that can be shown");
            }
            if apis.insert(normal, Api { identifier, name }).is_some() {
                return Err("has the same API twice");
            }
        }
        Ok(Self(apis))
    }
}

/// An absolute URI (RFC 3986 section 4.3: without a fragment) as URL parsers write it: they add a slash to a bare origin, and
/// so do clients whose parsers do. `None` for anything else.
pub fn normal_form(uri: &str) -> Option<String> {
    if uri.len() > LONGEST || !uri.bytes().all(may_be_in_absolute_uri) {
        return None;
    }
    Url::parse(uri).ok().map(String::from)
}

/// `unreserved`, `reserved` but for `#`, and `%` (RFC 3986 section 2).
fn may_be_in_absolute_uri(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"-._~:/?[]@!$&'()*+,;=%".contains(&byte)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_api_is_found_however_its_identifier_is_written_and_keeps_its_own_spelling() {
        let resources = Resources::parse(
            r#"{"https://mcp.acme.org": "Acme Files", "https://api.acme.org/v1": "Acme", "urn:acme:api": "Old"}"#,
        )
        .unwrap();
        for uri in [
            "https://mcp.acme.org",
            "https://mcp.acme.org/",
            "HTTPS://MCP.acme.org:443/",
        ] {
            assert_eq!(resources.find(uri).unwrap().identifier, "https://mcp.acme.org", "{uri}");
        }
        assert_eq!(resources.find("urn:acme:api").unwrap().name, "Old");
        for uri in [
            "https://api.acme.org/v1/",
            "https://api.acme.org/V1",
            "https://api.acme.org/v1?",
            "https://api.acme.org/v1?x",
            "https://api.acme.org",
            "http://api.acme.org/v1",
            "https://acme@api.acme.org/v1",
            "https://api.acme.org./v1",
        ] {
            assert!(resources.find(uri).is_none(), "{uri}");
        }
    }

    #[test]
    fn what_is_no_absolute_uri_has_no_normal_form() {
        let long = format!("https://mcp.acme.org/{}", "a".repeat(LONGEST));
        for uri in [
            "",
            "mcp.acme.org",
            "/mcp",
            "//mcp.acme.org/mcp",
            "https://",
            "https://mcp.acme.org/mcp#",
            "https://mcp.acme.org/mcp#part",
            " https://mcp.acme.org/mcp",
            "https://mcp.acme.org/mcp\n",
            "https://mcp.acme.org\\mcp",
            "https://mcp.acm\u{e9}.org/mcp",
            "https://mcp.acme.org/\u{0}",
            long.as_str(),
        ] {
            assert_eq!(normal_form(uri), None, "{uri:?}");
        }
    }

    #[test]
    fn a_registry_that_cannot_be_meant_is_refused() {
        for text in [
            "https://mcp.acme.org/mcp",
            r#"["https://mcp.acme.org/mcp"]"#,
            r#"{"https://mcp.acme.org/mcp": 1}"#,
            r#"{"https://mcp.acme.org/mcp": " "}"#,
            r#"{"https://mcp.acme.org/mcp": "a\u0007"}"#,
            r#"{"mcp.acme.org": "Acme"}"#,
            r#"{"https://mcp.acme.org": "Acme", "https://mcp.acme.org": "Evil"}"#,
            r#"{"https://mcp.acme.org/#x": "Acme"}"#,
            r#"{"https://mcp.acme.org": "Acme", "https://mcp.acme.org/": "Acme"}"#,
        ] {
            assert!(Resources::parse(text).is_err(), "{text}");
        }
        assert_eq!(Resources::parse("{}"), Ok(Resources::default()));
    }
}
