//! For which authorization servers elsewhere an app may get identity assertions (draft-ietf-oauth-identity-assertion-authz-grant). The
//! operator decides it, by the member `id_jag` of the client metadata: a list of rules.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::{config::normal_form, oidc::scope::Scope};

/// The most rules, and the most resources of one.
const MOST: usize = 20;

/// The most bytes of a client id.
const LONGEST_ID: usize = 1_000;

/// What an app may ask for at one authorization server elsewhere.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct IdJagRule {
    /// The issuer of that server, letter by letter.
    pub audience: String,
    /// What the app is called there, if not the same as here.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client_id: Option<String>,
    /// The APIs there that it may name.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub resources: Vec<String>,
    /// The scopes there that it may ask for.
    #[serde(default, skip_serializing_if = "Scope::is_empty")]
    pub scope: Scope,
    /// The client here by which that server signs its people in: they go by the same `sub` there, and the app is theirs to use. Without it
    /// they go by the `sub` by which the asking app knows them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub relying_party: Option<String>,
    /// Whether it is told the person's address, where that is confirmed.
    #[serde(default, skip_serializing_if = "is_false")]
    pub email: bool,
}

impl IdJagRule {
    /// What the list has to be.
    pub const RULE: &'static str = "must be a list of at most 20 objects, each with an audience (an issuer) that no other one has, and perhaps client_id, resources, scope, relying_party and email";

    /// Reads the member.
    pub fn parse_all(value: &Value) -> Option<Vec<Self>> {
        let rules: Vec<Self> = Vec::deserialize(value).ok()?;
        let is_id = |id: &Option<String>| {
            id.as_ref()
                .is_none_or(|id| (1..=LONGEST_ID).contains(&id.len()) && id.bytes().all(|byte| byte.is_ascii_graphic()))
        };
        let fits = |rule: &Self| {
            is_issuer(&rule.audience)
                && is_id(&rule.client_id)
                && is_id(&rule.relying_party)
                && rule.resources.len() <= MOST
                && rule.resources.iter().all(|one| normal_form(one).is_some())
        };
        let is_twice = |(at, rule): (usize, &Self)| rules.iter().skip(at + 1).any(|other| other.is_for(&rule.audience));
        let good = rules.len() <= MOST && rules.iter().all(fits) && !rules.iter().enumerate().any(is_twice);
        good.then_some(rules)
    }

    /// The member, where there are rules.
    pub(super) fn to_json(rules: &[Self]) -> Option<Value> {
        (!rules.is_empty()).then(|| json!(rules))
    }

    /// Whether it is about that issuer. A slash behind the host is no difference: parsers of URLs add it.
    pub fn is_for(&self, audience: &str) -> bool {
        self.audience == audience
            || normal_form(audience).is_some_and(|normal| normal_form(&self.audience) == Some(normal))
    }
}

/// "a URL that uses the https scheme and has no query or fragment components" (RFC 8414 section 2); http is for development.
fn is_issuer(text: &str) -> bool {
    normal_form(text).is_some_and(|url| url.starts_with("https://") || url.starts_with("http://"))
        && !text.contains('?')
}

fn is_false(flag: &bool) -> bool {
    !flag
}

#[cfg(test)]
mod tests {
    use super::*;

    const CHAT: &str = "https://auth.chat.example";

    #[test]
    fn a_rule_says_for_which_server_and_what_there() {
        let whole = json!([{
            "audience": CHAT, "client_id": "f53f", "resources": ["https://api.chat.example/"], "scope": "chat.history chat.read",
            "relying_party": "r", "email": true,
        }, { "audience": "https://b.example/tenant" }]);
        assert_eq!(
            IdJagRule::parse_all(&whole).and_then(|rules| IdJagRule::to_json(&rules)),
            Some(whole)
        );
        assert_eq!(IdJagRule::parse_all(&json!([])), Some(Vec::new()));
    }

    #[test]
    fn a_slash_behind_the_host_is_no_difference_and_every_other_one_is() {
        let rules = IdJagRule::parse_all(&json!([{ "audience": CHAT }])).unwrap();
        for (audience, same) in [
            (CHAT, true),
            ("https://auth.chat.example/", true),
            ("https://auth.chat.example/x", false),
            ("https://auth.chat.example.evil.example", false),
            ("http://auth.chat.example", false),
            ("", false),
        ] {
            assert_eq!(rules.iter().any(|rule| rule.is_for(audience)), same, "{audience}");
        }
    }

    #[test]
    fn whatever_else_is_none() {
        for unfit in [
            json!({}),
            json!([CHAT]),
            json!([{}]),
            json!([{ "audience": "chat" }]),
            json!([{ "audience": "urn:chat" }]),
            json!([{ "audience": "https://a.example?x" }]),
            json!([{ "audience": "https://a.example#x" }]),
            json!([{ "audience": CHAT }, { "audience": "https://auth.chat.example/" }]),
            json!([{ "audience": CHAT, "client_id": "" }]),
            json!([{ "audience": CHAT, "client_id": "a b" }]),
            json!([{ "audience": CHAT, "resources": ["x"] }]),
            json!([{ "audience": CHAT, "scope": ["x"] }]),
            json!([{ "audience": CHAT, "more": true }]),
            json!(vec![json!({ "audience": CHAT }); 21]),
        ] {
            assert_eq!(IdJagRule::parse_all(&unfit), None, "{unfit}");
        }
    }
}
