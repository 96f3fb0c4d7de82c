//! `SIGNUP`, `SIGNUP_DOMAINS`, `SIGNUP_FIELDS`, `TERMS_URL`, `TERMS_VERSION`: who may make an account, and what is asked of them.

use super::{ProfileField, reader::Reader};
use crate::web::host::is_https;

/// Who may make an account for themselves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SignUpPolicy {
    /// Operators make accounts.
    Off,
    /// Anybody.
    Open,
    /// Whoever has a link that an operator made.
    Invitation,
    /// Whoever reads mails at an address of one of the domains.
    Domains,
}

/// `SIGNUP` and what belongs to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignUp {
    /// Who may make an account. Where it is not [`SignUpPolicy::Off`], invitations are good as well.
    pub policy: SignUpPolicy,
    /// The domains of addresses, in small letters.
    pub domains: Vec<String>,
    /// What is asked beside an address and a username.
    pub fields: Vec<WantedField>,
    /// What everybody has to accept.
    pub terms: Option<Terms>,
}

/// Terms that people have to accept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Terms {
    /// Where they are.
    pub url: String,
    /// Another version is asked for anew.
    pub version: String,
}

impl Terms {
    /// Where they are, and their version, as pages show them.
    pub fn shown(&self) -> (&str, &str) {
        (&self.url, &self.version)
    }

    /// Whether a form says so, of the version that its page showed.
    pub fn are_accepted(&self, answer: &str, version: &str) -> bool {
        answer == "yes" && version == self.version
    }
}

/// The most characters of a version.
const LONGEST_VERSION: usize = 40;

/// A field of the profile that new people fill in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)] // The names say it.
pub struct WantedField {
    pub field: ProfileField,
    pub required: bool,
}

impl SignUp {
    /// Whether the page for new accounts is for everybody who comes, with an invitation or without.
    pub fn is_for_everybody(&self) -> bool {
        matches!(self.policy, SignUpPolicy::Open | SignUpPolicy::Domains)
    }

    /// Whether an address, as `account::email` writes it, is of one of the domains.
    pub fn takes(&self, address: &str) -> bool {
        let domain = address.rsplit_once('@').map(|(_, domain)| domain);
        self.domains.iter().any(|known| Some(known.as_str()) == domain)
    }

    pub(super) fn read<F: Fn(&str) -> Option<String>>(reader: &mut Reader<F>, sends_mails: bool) -> Self {
        let policy = reader.choice(
            "SIGNUP",
            SignUpPolicy::Off,
            &[
                ("off", SignUpPolicy::Off),
                ("open", SignUpPolicy::Open),
                ("invitation", SignUpPolicy::Invitation),
                ("domains", SignUpPolicy::Domains),
            ],
        );
        let domains = reader.domains("SIGNUP_DOMAINS");
        let problem = match (policy, domains.is_empty()) {
            (SignUpPolicy::Domains, true) => Some("SIGNUP is domains, which needs SIGNUP_DOMAINS"),
            (SignUpPolicy::Domains, false) if !sends_mails => {
                Some("SIGNUP is domains, which needs MAIL: only a mail shows that an address is somebody's")
            }
            (SignUpPolicy::Domains, _) | (_, true) => None,
            (_, false) => Some("SIGNUP_DOMAINS is for SIGNUP = domains"),
        };
        reader.problems.extend(problem.map(str::to_owned));
        Self {
            policy,
            domains,
            fields: fields(reader),
            terms: terms(reader),
        }
    }
}

fn terms<F: Fn(&str) -> Option<String>>(reader: &mut Reader<F>) -> Option<Terms> {
    let (url, version) = (reader.shown("TERMS_URL"), reader.shown("TERMS_VERSION"));
    let (Some(url), Some(version)) = (&url, &version) else {
        if url.is_some() || version.is_some() {
            let problem = "TERMS_URL and TERMS_VERSION go together";
            reader.problems.push(problem.to_owned());
        }
        return None;
    };
    if !is_https(url) {
        reader.problems.push("TERMS_URL must be an https URL".to_owned());
    }
    if version.chars().count() > LONGEST_VERSION || version.chars().any(char::is_control) {
        let problem = format!("TERMS_VERSION must be at most {LONGEST_VERSION} characters, such as 2026-11-29");
        reader.problems.push(problem);
    }
    Some(Terms {
        url: url.clone(),
        version: version.clone(),
    })
}

/// Names of fields, each with a `?` behind it where it may be left empty.
fn fields<F: Fn(&str) -> Option<String>>(reader: &mut Reader<F>) -> Vec<WantedField> {
    let text = reader.shown_or("SIGNUP_FIELDS", "name?");
    let mut wanted: Vec<WantedField> = Vec::new();
    for word in text.split_whitespace().filter(|_| text != "none") {
        let name = word.strip_suffix('?').unwrap_or(word);
        let field = ProfileField::parse(name);
        match field.filter(|field| wanted.iter().all(|other| other.field != *field)) {
            Some(field) => wanted.push(WantedField {
                field,
                required: name == word,
            }),
            None => {
                let names = ProfileField::ALL.map(ProfileField::as_str).join(" ");
                reader.problems.push(format!(
                    "SIGNUP_FIELDS must be none, or some of, each once and with a ? where it may be left empty: {names}"
                ));
                break;
            }
        }
    }
    wanted
}
