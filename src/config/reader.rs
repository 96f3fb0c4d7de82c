//! Reading one variable after the other. What is wrong is written down, so that all of it is told at once.

use std::{
    cell::RefCell,
    collections::{BTreeMap, BTreeSet},
    fmt,
};

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};

use super::{
    AdminToken, Attributes, ClientIdDocuments, DetailTypes, Issuer, Resources, Setting, TrustedIssuers, admin_api,
    normal_form, setting::Source,
};
use crate::{
    secret::{KekVersion, RootKeys},
    time::Lifetime,
    web::{fetch_url::LoopbackFetches, host::is_name},
};

const HOW_TO_MAKE_A_ROOT: &str = "make one with `openssl rand -base64 32 | tr '+/' '-_' | tr -d '='` and store it with \
                                  `npx wrangler secret put KEK_1 --config wrangler.deploy.toml` (in development: .dev.vars, written by `cargo xtask dev`)";
const MOST_ROOTS: KekVersion = 9;
const SHORTEST_ADMIN_TOKEN: usize = 32;

/// Reads variables by means of `var`, and remembers what is wrong with them.
pub(super) struct Reader<F> {
    pub(super) var: F,
    pub(super) problems: Vec<String>,
    /// What was read, by name, where somebody wants to see it.
    pub(super) settings: Option<RefCell<BTreeMap<String, Setting>>>,
}

impl<F: Fn(&str) -> Option<String>> Reader<F> {
    /// The text of a setting, which is secret unless [`Reader::shown`] or another method reads it, too.
    pub(super) fn text(&self, name: &str) -> Option<String> {
        let text = self.unseen(name);
        if let Some(settings) = &self.settings {
            let source = Self::source_of(text.as_ref());
            settings.borrow_mut().entry(name.to_owned()).or_insert_with(|| Setting {
                name: name.to_owned(),
                value: None,
                source,
                secret: true,
            });
        }
        text
    }

    /// The text of a setting that operators may see.
    pub(super) fn shown(&self, name: &str) -> Option<String> {
        let text = self.unseen(name);
        self.tell(name, text.clone());
        text
    }

    /// The same, with what it is where it is not set.
    pub(super) fn shown_or(&self, name: &str, default: &str) -> String {
        let text = self.unseen(name);
        let source = Self::source_of(text.as_ref());
        let text = text.unwrap_or_else(|| default.to_owned());
        self.tell_of(name, Some(text.clone()), source);
        text
    }

    /// Notes that another setting makes a setting what it is.
    pub(super) fn imply(&self, name: &str, value: &str) {
        self.tell_of(name, Some(value.to_owned()), Source::Implied);
    }

    /// Notes what operators are told of a setting that was read unseen.
    pub(super) fn tell(&self, name: &str, value: Option<String>) {
        let source = Self::source_of(value.as_ref());
        self.tell_of(name, value, source);
    }

    fn tell_of(&self, name: &str, value: Option<String>, source: Source) {
        if let Some(settings) = &self.settings {
            let setting = Setting {
                name: name.to_owned(),
                value,
                source,
                secret: false,
            };
            settings.borrow_mut().insert(name.to_owned(), setting);
        }
    }

    fn source_of(text: Option<&String>) -> Source {
        text.map_or(Source::Default, |_| Source::Variable)
    }

    /// The text of a setting, of which no note is made.
    pub(super) fn unseen(&self, name: &str) -> Option<String> {
        (self.var)(name)
            .map(|text| text.trim().to_owned())
            .filter(|text| !text.is_empty())
    }

    pub(super) fn issuer(&mut self) -> Option<Issuer> {
        let parsed = match self.shown("ISSUER") {
            Some(text) => Issuer::parse(&text),
            None => Err("is missing; set it to the https origin that people will see, in limen.toml under [vars]"),
        };
        parsed
            .map_err(|problem| self.problems.push(format!("ISSUER {problem}")))
            .ok()
    }

    pub(super) fn origin(&mut self, name: &str) -> Option<Issuer> {
        let text = self.shown(name)?;
        Issuer::parse(&text)
            .map_err(|problem| self.problems.push(format!("{name} {problem}")))
            .ok()
    }

    pub(super) fn roots(&mut self) -> Option<RootKeys> {
        let mut roots = BTreeMap::new();
        for version in 1..=MOST_ROOTS {
            let name = format!("KEK_{version}");
            let Some(text) = self.unseen(&name).and_then(|_| self.text(&name)) else {
                continue;
            };
            match parse_root(&text) {
                Ok(root) => _ = roots.insert(version, root),
                Err(problem) => self
                    .problems
                    .push(format!("KEK_{version} {problem}: {HOW_TO_MAKE_A_ROOT}")),
            }
        }
        let current = self
            .shown_or("KEK_CURRENT", "1")
            .parse::<KekVersion>()
            .unwrap_or_default();
        if !(1..=MOST_ROOTS).contains(&current) {
            self.problems.push(format!(
                "KEK_CURRENT must be the number of a root key, 1 to {MOST_ROOTS}"
            ));
        } else if self.text(&format!("KEK_{current}")).is_none() {
            self.problems
                .push(format!("KEK_{current} is missing: {HOW_TO_MAKE_A_ROOT}"));
        }
        RootKeys::new(roots, current, self.shown_or("EPOCH", "1"))
    }

    pub(super) fn admin_token(&mut self) -> Option<AdminToken> {
        let text = self.text("ADMIN_TOKEN")?;
        if text.len() < SHORTEST_ADMIN_TOKEN || has_few_symbols(text.as_bytes()) {
            self.problems.push(format!(
                "ADMIN_TOKEN is too short or too plain: at least {SHORTEST_ADMIN_TOKEN} random characters, \
                 such as those of `openssl rand -hex 32`"
            ));
        }
        Some(AdminToken(text))
    }

    pub(super) fn client_id_documents(&mut self) -> ClientIdDocuments {
        let parsed = self
            .shown("CLIENT_ID_METADATA_DOCUMENTS")
            .map_or(Ok(ClientIdDocuments::Off), |text| ClientIdDocuments::parse(&text));
        parsed.unwrap_or_else(|problem| {
            self.problems.push(format!("CLIENT_ID_METADATA_DOCUMENTS {problem}"));
            ClientIdDocuments::Off
        })
    }

    fn resources(&mut self) -> Resources {
        self.structured("RESOURCES", Resources::parse)
    }

    pub(super) fn detail_types(&mut self, apis: &Resources) -> DetailTypes {
        // Of the others operators may declare one: that is not known before D1 is asked.
        let is_api = |uri: &str| match apis.find(uri) {
            Some(api) => api.identifier == uri,
            None => normal_form(uri).is_some(),
        };
        self.structured("AUTHORIZATION_DETAILS_TYPES", |text| DetailTypes::parse(text, is_api))
    }

    pub(super) fn attributes(&mut self, resources: &Resources) -> Attributes {
        self.structured("ATTRIBUTES", |text| Attributes::parse(text, resources))
    }

    pub(super) fn trusted_issuers(&mut self, own: Option<&Issuer>, loopback: LoopbackFetches) -> TrustedIssuers {
        self.structured("TRUSTED_ISSUERS", |text| TrustedIssuers::parse(text, own, loopback))
    }

    /// A setting that has a text of its own form, or nothing of the kind.
    pub(super) fn structured<T: Default, E: fmt::Display>(
        &mut self,
        name: &str,
        parse: impl FnOnce(&str) -> Result<T, E>,
    ) -> T {
        let parsed = self.shown(name).map_or_else(|| Ok(T::default()), |text| parse(&text));
        parsed.unwrap_or_else(|problem| {
            self.problems.push(format!("{name} {problem}"));
            T::default()
        })
    }

    /// `RESOURCES`, and the admin API where it is one.
    pub(super) fn all_resources(&mut self, issuer: Option<&Issuer>) -> Resources {
        let resources = self.resources();
        let takes_tokens = self.choice("ADMIN_ACCESS_TOKENS", false, &[("off", false), ("on", true)]);
        let Some(issuer) = issuer.filter(|_| takes_tokens) else {
            return resources;
        };
        resources
            .with_admin_api(admin_api::api(issuer))
            .unwrap_or_else(|problem| {
                self.problems.push(format!("RESOURCES {problem}"));
                Resources::default()
            })
    }

    pub(super) fn choice<T: Copy + PartialEq>(&mut self, name: &str, default: T, choices: &[(&str, T)]) -> T {
        let word = choices.iter().find(|(_, value)| *value == default);
        let text = self.shown_or(name, word.map_or("", |(word, _)| *word));
        match choices.iter().find(|(word, _)| *word == text) {
            Some((_, value)) => *value,
            None if self.unseen(name).is_none() => default,
            None => {
                let words: Vec<_> = choices.iter().map(|(word, _)| *word).collect();
                self.problems
                    .push(format!("{name} must be one of: {}", words.join(", ")));
                default
            }
        }
    }

    /// Some of `all`, separated by blanks; all of them where the variable is not set, and none for `none`.
    pub(super) fn words(&mut self, name: &str, all: &[&str]) -> Vec<String> {
        let text = self.shown_or(name, &all.join(" "));
        let words: Vec<_> = text
            .split_whitespace()
            .filter(|_| text != "none")
            .map(str::to_owned)
            .collect();
        if !words.iter().all(|word| all.contains(&word.as_str())) {
            self.problems
                .push(format!("{name} must be none, or some of: {}", all.join(" ")));
        }
        words
    }

    /// Names of hosts, separated by blanks.
    pub(super) fn domains(&mut self, name: &str) -> Vec<String> {
        let text = self.shown(name).unwrap_or_default();
        let domains: Vec<_> = text.split_whitespace().map(str::to_ascii_lowercase).collect();
        if !domains.iter().all(|domain| is_name(domain)) {
            self.problems
                .push(format!("{name} must be domains such as acme.org, separated by spaces"));
        }
        domains
    }

    pub(super) fn lifetime(&mut self, name: &str, default: Lifetime, longest: Lifetime) -> Lifetime {
        Lifetime(self.whole_number(name, "number of seconds", default.seconds(), longest.seconds()))
    }

    /// From 1 to `most`.
    pub(super) fn number(&mut self, name: &str, default: i64, most: i64) -> i64 {
        self.whole_number(name, "number", default, most)
    }

    fn whole_number(&mut self, name: &str, what: &str, default: i64, most: i64) -> i64 {
        let text = self.shown_or(name, &default.to_string());
        match text.parse() {
            Ok(number) if (1..=most).contains(&number) => number,
            _ => {
                self.problems.push(format!("{name} must be a {what} from 1 to {most}"));
                default
            }
        }
    }
}

fn parse_root(text: &str) -> Result<[u8; 32], &'static str> {
    let bytes = URL_SAFE_NO_PAD
        .decode(text.trim_end_matches('='))
        .map_err(|_| "is not base64url")?;
    let root: [u8; 32] = bytes.try_into().map_err(|_| "is not 32 bytes long")?;
    if has_few_symbols(&root) {
        Err("is not random")
    } else {
        Ok(root)
    }
}

/// Whether a supposed secret is made of so few different bytes that nobody drew it at random. Of 32 random bytes, or of
/// 32 random hexadecimal digits, fewer than eight different ones do not happen.
fn has_few_symbols(secret: &[u8]) -> bool {
    secret.iter().collect::<BTreeSet<_>>().len() < 8
}
