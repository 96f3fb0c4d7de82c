//! What operators decide about how an app looks and where it opens, and what they note about it.

use serde_json::{Map, Value, json};

use super::body;
use crate::{
    config::Accent,
    oidc::{client::app_look::AppLook, error::OAuthError, params::Params},
    readable::{is_readable, is_unprintable},
    web::host,
};

/// The most characters of notes, and of a launch address.
const LONGEST_NOTES: usize = 2_000;
const LONGEST_ADDRESS: usize = 2_000;

/// What an operator wants to be otherwise. What is left out stays.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct ClientChanges {
    /// Nothing takes them away.
    pub notes: Option<Option<String>>,
    accent: Option<Option<Accent>>,
    launch_uri: Option<Option<String>>,
}

impl ClientChanges {
    /// Reads a merge patch (RFC 7396) of `notes`, `accent_color` and `launch_uri`.
    ///
    /// # Errors
    /// `invalid_request`, naming the member.
    pub fn parse(patch: &[u8]) -> Result<Self, OAuthError> {
        let members = body::members(patch, &["notes", "accent_color", "launch_uri"]).map_err(|error| {
            // It may be one that apps register.
            let elsewhere = "; what an app registers is changed by PATCH /register/{client_id}, with the admin token";
            OAuthError::invalid_request(format!("{}{elsewhere}", error.description))
        })?;
        Ok(Self {
            notes: member(&members, "notes", notes)?,
            accent: member(&members, "accent_color", Accent::parse)?,
            launch_uri: member(&members, "launch_uri", launch_uri)?,
        })
    }

    /// Reads the form of the console, whose empty fields take things away.
    ///
    /// # Errors
    /// `invalid_request`, naming the field.
    pub fn of_form(form: &Params) -> Result<Self, OAuthError> {
        let mut patch = Map::new();
        for name in ["notes", "accent_color", "launch_uri"] {
            let text = form.single(name)?.unwrap_or_default().trim().replace("\r\n", "\n");
            patch.insert(name.to_owned(), if text.is_empty() { Value::Null } else { text.into() });
        }
        Self::parse(Value::Object(patch).to_string().as_bytes())
    }

    /// The look as it is afterwards.
    pub fn apply(&self, before: &AppLook) -> AppLook {
        AppLook {
            logo: before.logo.clone(),
            accent: self.accent.unwrap_or(before.accent),
            launch_uri: self.launch_uri.clone().unwrap_or_else(|| before.launch_uri.clone()),
        }
    }
}

/// What the audit says of a change of the look.
pub fn names_unlike(before: &AppLook, after: &AppLook) -> Vec<&'static str> {
    let mut names = Vec::new();
    names.extend((before.logo != after.logo).then_some("logo"));
    names.extend((before.accent != after.accent).then_some("accent_color"));
    names.extend((before.launch_uri != after.launch_uri).then_some("launch_uri"));
    names
}

/// The look as JSON, for operators.
pub fn describe_look(look: &AppLook, members: &mut Map<String, Value>) {
    members.insert("launch_uri".to_owned(), json!(look.launch_uri));
    members.insert(
        "accent_color".to_owned(),
        json!(look.accent.map(|accent| accent.to_string())),
    );
}

fn member<T>(
    members: &Map<String, Value>,
    name: &str,
    parse: impl Fn(&str) -> Result<T, String>,
) -> Result<Option<Option<T>>, OAuthError> {
    let wrong = |why: &str| OAuthError::invalid_request(format!("{name} {why}"));
    match members.get(name) {
        None => Ok(None),
        Some(Value::Null) => Ok(Some(None)),
        Some(Value::String(text)) => parse(text).map(|value| Some(Some(value))).map_err(|why| wrong(&why)),
        Some(_) => Err(wrong("must be a text, or null")),
    }
}

/// What operators note about an app.
///
/// # Errors
/// What it must be.
pub fn notes(text: &str) -> Result<String, String> {
    let is_plain = !text.contains(|c: char| is_unprintable(c) && !matches!(c, '\n' | '\t'));
    match is_plain && is_readable(text) && text.chars().count() <= LONGEST_NOTES {
        true => Ok(text.to_owned()),
        false => Err(format!(
            "must have 1 to {LONGEST_NOTES} characters, something to see, and no control characters but line breaks and tabs, nor any that turn the \
             direction of a text"
        )),
    }
}

fn launch_uri(text: &str) -> Result<String, String> {
    match host::is_https(text) && text.len() <= LONGEST_ADDRESS {
        true => Ok(text.to_owned()),
        false => Err("must be an https URL such as https://app.acme.org/start, without a user or password".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(patch: &Value) -> Result<ClientChanges, OAuthError> {
        ClientChanges::parse(patch.to_string().as_bytes())
    }

    #[test]
    fn what_is_left_out_stays_and_null_takes_away() {
        let before = AppLook {
            logo: Some("d".to_owned()),
            accent: Accent::parse("#0b57d0").ok(),
            launch_uri: Some("https://app.acme.org/start".to_owned()),
        };
        assert_eq!(of(&json!({})).unwrap().apply(&before), before);
        let bare = of(&json!({ "accent_color": null, "launch_uri": null, "notes": null })).unwrap();
        assert_eq!(bare.notes, Some(None));
        let after = bare.apply(&before);
        assert_eq!(
            (after.accent, after.launch_uri.as_deref(), after.logo.as_deref()),
            (None, None, Some("d"))
        );
        assert_eq!(names_unlike(&before, &after), ["accent_color", "launch_uri"]);
        let changed = of(&json!({ "accent_color": "#1a237e", "launch_uri": "https://b.acme.org/" })).unwrap();
        assert_eq!(
            changed.apply(&before).launch_uri.as_deref(),
            Some("https://b.acme.org/")
        );
    }

    #[test]
    fn all_of_the_form_counts() {
        let form = "notes=+Ask+Ada%0D%0Afirst+&accent_color=&launch_uri=https://app.acme.org/";
        let changes = ClientChanges::of_form(&Params::parse(form).unwrap()).unwrap();
        assert_eq!(changes.notes, Some(Some("Ask Ada\nfirst".to_owned())));
        assert_eq!(
            (changes.accent, changes.launch_uri),
            (Some(None), Some(Some("https://app.acme.org/".to_owned())))
        );
    }

    #[test]
    fn what_is_wrong_is_named() {
        for (patch, name) in [
            (json!({ "notes": "" }), "notes"),
            (json!({ "notes": "a\u{0}" }), "notes"),
            (json!({ "notes": "ask\u{202e}ada" }), "notes"),
            (json!({ "notes": "\u{200b}" }), "notes"),
            (json!({ "notes": "x".repeat(2_001) }), "notes"),
            (json!({ "notes": 7 }), "notes"),
            (json!({ "accent_color": "blue" }), "accent_color"),
            (json!({ "accent_color": "#ffcc00" }), "accent_color"),
            (json!({ "launch_uri": "http://app.acme.org/" }), "launch_uri"),
            (json!({ "launch_uri": "javascript:alert(1)" }), "launch_uri"),
            (
                json!({ "launch_uri": "https://id.acme.org@evil.example/" }),
                "launch_uri",
            ),
            (json!({ "launch_uri": "/start" }), "launch_uri"),
            (json!({ "logo": "x" }), "logo"),
        ] {
            let refused = of(&patch).unwrap_err();
            assert!(
                refused.description.starts_with(name),
                "{patch}: {}",
                refused.description
            );
        }
    }
}
