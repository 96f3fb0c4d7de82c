//! The forms of the console about an API: what is typed, and what it means.

use serde_json::{Map, Value, json};

use super::{asked, unknown};
use crate::{
    oidc::{declared_api::ApiSettings, error::OAuthError, jose::jwt::SigningAlg, params::Params},
    routes::{Call, Endpoint, Method},
    time::Lifetime,
    web::language_tag::is_language_tag,
};

/// What stands for no scope at all behind the id of an app.
const NONE: &str = "-";

/// For how long the secret before a new one works, where it is made at the console.
pub const OVERLAP: Lifetime = Lifetime::days(1);

/// What is done to an API.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ApiAction {
    Save,
    RenewSecret,
    Delete,
}

impl ApiAction {
    /// Reads a form.
    ///
    /// # Errors
    /// `invalid_request`.
    pub fn parse(form: &Params) -> Result<Self, OAuthError> {
        match asked(form, &[])? {
            ("do", "save") => Ok(Self::Save),
            ("do", "renew") => Ok(Self::RenewSecret),
            ("do", "delete") => Ok(Self::Delete),
            _ => Err(unknown()),
        }
    }

    /// The call of the admin API that does the same.
    pub fn call(self) -> Call {
        match self {
            Self::Save => (Endpoint::AdminApi, Method::Patch),
            Self::RenewSecret => (Endpoint::AdminApiSecret, Method::Post),
            Self::Delete => (Endpoint::AdminApi, Method::Delete),
        }
    }
}

/// What the fields of the form have in them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ApiFields {
    pub name: String,
    /// One scope a line: the scope, its title, and behind a `|` its description; in a language behind `#de`.
    pub scopes: String,
    pub named_apps_alone: bool,
    pub self_registered_apps: bool,
    /// One app a line: its id, and the scopes that it may ask for, where not for all.
    pub apps: String,
    pub is_opaque: bool,
    /// The name of an algorithm, or nothing.
    pub alg: String,
    /// Seconds, or nothing.
    pub lifetime: String,
}

impl ApiFields {
    /// What was typed.
    pub fn of_form(form: &Params) -> Self {
        let text = |name| form.text(name).to_owned();
        Self {
            name: text("name"),
            scopes: text("scopes"),
            named_apps_alone: form.text("open_to") == "named_apps",
            self_registered_apps: !form.text("self_registered_apps").is_empty(),
            apps: text("apps"),
            is_opaque: form.text("token_format") == "opaque",
            alg: text("token_signing_alg"),
            lifetime: text("access_token_lifetime"),
        }
    }

    /// What is so now.
    pub fn of_settings(settings: &ApiSettings) -> Self {
        let mut lines = Vec::new();
        for (scope, words) in &settings.scopes {
            let mut members = Map::new();
            words.description.write_as("", &mut members);
            words.title.write_as("", &mut members);
            for tag in members.keys() {
                let language = tag.trim_start_matches('#');
                let description = words.description.find_own(language);
                let description = description.map(|text| format!(" | {text}")).unwrap_or_default();
                lines.push(format!(
                    "{scope}{tag} {}{description}",
                    words.title.find(language).unwrap_or_default()
                ));
            }
        }
        let app = |(client_id, scopes): (&String, &Option<std::collections::BTreeSet<String>>)| match scopes {
            None => client_id.clone(),
            Some(scopes) if scopes.is_empty() => format!("{client_id} {NONE}"),
            Some(scopes) => format!(
                "{client_id} {}",
                scopes.iter().map(String::as_str).collect::<Vec<_>>().join(" ")
            ),
        };
        Self {
            name: settings.name.clone(),
            scopes: lines.join("\n"),
            named_apps_alone: !settings.open_to_all,
            self_registered_apps: settings.self_registered_apps,
            apps: settings.apps.iter().map(app).collect::<Vec<_>>().join("\n"),
            is_opaque: settings.is_opaque,
            alg: settings.alg.map_or("", SigningAlg::as_str).to_owned(),
            lifetime: settings
                .lifetime
                .map(|lifetime| lifetime.seconds().to_string())
                .unwrap_or_default(),
        }
    }

    /// The members of the API that they mean, to be checked as those that a program sends.
    ///
    /// # Errors
    /// Where a line cannot be read.
    pub fn members(&self) -> Result<Map<String, Value>, String> {
        let lifetime = match self.lifetime.trim() {
            "" => Value::Null,
            // What is no number is refused by name.
            seconds => seconds
                .parse::<i64>()
                .map_or_else(|_| json!(seconds), |seconds| json!(seconds)),
        };
        let alg = Some(self.alg.as_str()).filter(|alg| !alg.is_empty());
        let members = [
            ("name", json!(self.name.trim())),
            ("scopes", Value::Object(read_scopes(&self.scopes)?)),
            (
                "open_to",
                json!(if self.named_apps_alone {
                    "named_apps"
                } else {
                    "all_apps"
                }),
            ),
            ("self_registered_apps", json!(self.self_registered_apps)),
            ("apps", Value::Object(read_apps(&self.apps)?)),
            ("token_format", json!(if self.is_opaque { "opaque" } else { "jwt" })),
            ("token_signing_alg", json!(alg)),
            ("access_token_lifetime", lifetime),
        ];
        Ok(members
            .map(|(name, value)| (name.to_owned(), value))
            .into_iter()
            .collect())
    }
}

fn lines(text: &str) -> impl Iterator<Item = &str> {
    text.lines().map(str::trim).filter(|line| !line.is_empty())
}

fn read_scopes(text: &str) -> Result<Map<String, Value>, String> {
    let mut all = Map::new();
    for line in lines(text) {
        let (scope, words) = line.split_once(char::is_whitespace).unwrap_or((line, ""));
        let (title, description) = match words.split_once('|') {
            Some((title, description)) => (title.trim(), Some(description.trim())),
            None => (words.trim(), None),
        };
        // In a language only where the scope is there without one: a scope may have a # of its own.
        let in_language = scope
            .rsplit_once('#')
            .filter(|(bare, tag)| is_language_tag(tag) && all.contains_key(*bare));
        let (scope, tag) = in_language.map_or((scope, String::new()), |(bare, tag)| (bare, format!("#{tag}")));
        let entry = all.entry(scope).or_insert_with(|| Value::Object(Map::new()));
        let Value::Object(members) = entry else { continue };
        // Without any title the scope is refused for want of one.
        let twice = match title {
            "" if tag.is_empty() => members.contains_key(&format!("title{tag}")),
            title => members.insert(format!("title{tag}"), title.into()).is_some(),
        };
        if twice {
            return Err(format!("scopes: a scope is there twice: {scope}{tag}"));
        }
        if let Some(description) = description {
            members.insert(format!("description{tag}"), description.into());
        }
    }
    Ok(all)
}

fn read_apps(text: &str) -> Result<Map<String, Value>, String> {
    let mut all = Map::new();
    for line in lines(text) {
        let mut words = line.split_whitespace();
        let client_id = words.next().unwrap_or_default();
        let scopes: Vec<_> = words.collect();
        let rule = match scopes.as_slice() {
            [] => json!({}),
            [NONE] => json!({ "scopes": [] }),
            scopes => json!({ "scopes": scopes }),
        };
        if all.insert(client_id.to_owned(), rule).is_some() {
            return Err(format!("apps: an app is there twice: {client_id}"));
        }
    }
    Ok(all)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fields() -> ApiFields {
        ApiFields {
            name: "Acme Files".to_owned(),
            scopes: "a#b With a number sign\nfiles:read Read your files | Names and contents\nfiles:read#de Deine Dateien lesen\nfiles:write Change".to_owned(),
            named_apps_alone: true,
            self_registered_apps: false,
            apps: "all\nnothing -\nreader a#b files:read".to_owned(),
            is_opaque: false,
            alg: "ES256".to_owned(),
            lifetime: "120".to_owned(),
        }
    }

    #[test]
    fn what_is_shown_means_what_is_so() {
        let settings = ApiSettings::read(&fields().members().unwrap()).unwrap();
        assert_eq!(ApiFields::of_settings(&settings), fields());
        let words = &settings.scopes["files:read"];
        assert_eq!(
            (words.title.find("de"), words.description.find("de")),
            (Some("Deine Dateien lesen"), Some("Names and contents"))
        );
        assert_eq!(settings.apps["nothing"].as_ref().map(|scopes| scopes.len()), Some(0));
        assert_eq!(settings.apps["all"], None);
    }

    #[test]
    fn what_cannot_be_read_is_refused() {
        let with = |change: fn(&mut ApiFields)| {
            let mut fields = fields();
            change(&mut fields);
            fields
                .members()
                .and_then(|members| ApiSettings::read(&members).map(|_| ()))
        };
        for (change, why) in [
            (
                (|fields| fields.scopes.push_str("\na#b Again")) as fn(&mut ApiFields),
                "twice",
            ),
            (|fields| fields.apps.push_str("\nall"), "twice"),
            (|fields| fields.apps.push_str("\nx unknown"), "unknown"),
            (|fields| fields.scopes.push_str("\nbare"), "bare"),
            (|fields| fields.lifetime = "soon".to_owned(), "access_token_lifetime"),
            (|fields| fields.alg = "none".to_owned(), "token_signing_alg"),
            (|fields| fields.name = " ".to_owned(), "name"),
        ] {
            let refused = with(change).unwrap_err();
            assert!(refused.contains(why), "{refused}");
        }
    }

    #[test]
    fn what_is_done_is_a_call_of_the_admin_api() {
        let action = |form: &str| ApiAction::parse(&Params::parse(form).unwrap());
        for form in ["do=save", "do=renew", "do=delete"] {
            let (endpoint, method) = action(form).unwrap().call();
            assert_eq!(
                crate::admin::api_key::KeyScope::needed(endpoint.path(), method)
                    .unwrap()
                    .name(),
                "apis:write"
            );
        }
        assert!(action("do=x").is_err() && action("").is_err());
    }
}
