//! Reading one variable after the other. What is wrong is written down, so that all of it is told at once.

use std::collections::{BTreeMap, BTreeSet};

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};

use super::{AdminToken, ClientIdDocuments, Issuer, Resources};
use crate::{
    secret::{KekVersion, RootKeys},
    time::Lifetime,
    web::host::is_name,
};

const HOW_TO_MAKE_A_ROOT: &str = "make one with `openssl rand -base64 32 | tr '+/' '-_' | tr -d '='` and store it with \
                                  `npx wrangler secret put KEK_1` (in development: .dev.vars, written by `cargo xtask dev`)";
const MOST_ROOTS: KekVersion = 9;
const SHORTEST_ADMIN_TOKEN: usize = 32;

/// Reads variables by means of `var`, and remembers what is wrong with them.
pub(super) struct Reader<F> {
    pub(super) var: F,
    pub(super) problems: Vec<String>,
}

impl<F: Fn(&str) -> Option<String>> Reader<F> {
    pub(super) fn text(&self, name: &str) -> Option<String> {
        (self.var)(name)
            .map(|text| text.trim().to_owned())
            .filter(|text| !text.is_empty())
    }

    pub(super) fn issuer(&mut self) -> Option<Issuer> {
        let parsed = match self.text("ISSUER") {
            Some(text) => Issuer::parse(&text),
            None => Err("is missing; set it to the https origin that people will see, in wrangler.toml under [vars]"),
        };
        parsed
            .map_err(|problem| self.problems.push(format!("ISSUER {problem}")))
            .ok()
    }

    pub(super) fn origin(&mut self, name: &str) -> Option<Issuer> {
        let text = self.text(name)?;
        Issuer::parse(&text)
            .map_err(|problem| self.problems.push(format!("{name} {problem}")))
            .ok()
    }

    pub(super) fn roots(&mut self) -> Option<RootKeys> {
        let mut roots = BTreeMap::new();
        for version in 1..=MOST_ROOTS {
            let Some(text) = self.text(&format!("KEK_{version}")) else {
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
            .text("KEK_CURRENT")
            .map_or(Ok(1), |text| text.parse::<KekVersion>())
            .unwrap_or_default();
        if !(1..=MOST_ROOTS).contains(&current) {
            self.problems.push(format!(
                "KEK_CURRENT must be the number of a root key, 1 to {MOST_ROOTS}"
            ));
        } else if self.text(&format!("KEK_{current}")).is_none() {
            self.problems
                .push(format!("KEK_{current} is missing: {HOW_TO_MAKE_A_ROOT}"));
        }
        RootKeys::new(roots, current, self.text("EPOCH").unwrap_or_else(|| "1".to_owned()))
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
            .text("CLIENT_ID_METADATA_DOCUMENTS")
            .map_or(Ok(ClientIdDocuments::Off), |text| ClientIdDocuments::parse(&text));
        parsed.unwrap_or_else(|problem| {
            self.problems.push(format!("CLIENT_ID_METADATA_DOCUMENTS {problem}"));
            ClientIdDocuments::Off
        })
    }

    pub(super) fn resources(&mut self) -> Resources {
        let parsed = self
            .text("RESOURCES")
            .map_or_else(|| Ok(Resources::default()), |text| Resources::parse(&text));
        parsed.unwrap_or_else(|problem| {
            self.problems.push(format!("RESOURCES {problem}"));
            Resources::default()
        })
    }

    pub(super) fn choice<T: Copy>(&mut self, name: &str, default: T, choices: &[(&str, T)]) -> T {
        let Some(text) = self.text(name) else { return default };
        match choices.iter().find(|(word, _)| *word == text) {
            Some((_, value)) => *value,
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
        let Some(text) = self.text(name).filter(|text| text != "none") else {
            let unset = self.text(name).is_none();
            return all.iter().filter(|_| unset).map(|word| (*word).to_owned()).collect();
        };
        let words: Vec<_> = text.split_whitespace().map(str::to_owned).collect();
        if !words.iter().all(|word| all.contains(&word.as_str())) {
            self.problems
                .push(format!("{name} must be none, or some of: {}", all.join(" ")));
        }
        words
    }

    /// Names of hosts, separated by blanks.
    pub(super) fn domains(&mut self, name: &str) -> Vec<String> {
        let text = self.text(name).unwrap_or_default();
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
        let Some(text) = self.text(name) else { return default };
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
