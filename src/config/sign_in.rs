//! `SIGN_IN`: how people sign in, and in which order the page offers it. `PASSKEY_RP_ID`, `PASSKEY_ORIGINS`: whose passkeys these are.

use url::{Host, Url};

use super::{Issuer, reader::Reader};
use crate::{named::named, web::host::is_name};

named! {
    /// A way to sign in, by its name in `SIGN_IN` and as a kind of credential.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub enum Way {
        /// A username or an e-mail address, and a password.
        Password = "password",
        /// A passkey.
        Passkey = "passkey",
        /// A code that is sent by mail.
        MailCode = "mail_code",
    }
}

impl Way {
    /// Those of a deployment that does not say which. Codes by mail weaken an account whose mails others read, so an operator asks for them.
    const USUAL: [Self; 2] = [Self::Password, Self::Passkey];
}

/// How people sign in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignIn {
    /// The ways, in the operator's order. There is one at least.
    ways: Vec<Way>,
    /// The RP ID of passkeys (WebAuthn Level 3 section 4): a host name.
    pub rp_id: String,
    /// The origins, beside the issuer, that may use passkeys of this RP ID (section 5.11).
    pub related_origins: Vec<String>,
}

impl SignIn {
    /// Whether that is a way to sign in here.
    pub fn has(&self, way: Way) -> bool {
        self.ways.contains(&way)
    }

    /// Whether passkeys come before the other ways.
    pub fn puts_passkeys_first(&self) -> bool {
        self.ways.first() == Some(&Way::Passkey)
    }

    /// Whether codes by mail come before passwords.
    pub fn puts_mail_codes_first(&self) -> bool {
        let place = |way: Way| self.ways.iter().position(|other| *other == way);
        place(Way::MailCode).is_some_and(|code| place(Way::Password).is_none_or(|password| code < password))
    }

    /// Whether a link in a mail can bring back a lost way in: a password; or a passkey, where there is nothing else. Where a code by mail
    /// is a first factor, another mail must not be the second.
    pub fn comes_back_by_mail(&self) -> bool {
        self.has(Way::Password) || self.has(Way::Passkey) && !self.has(Way::MailCode)
    }

    /// The kinds of credentials that are a way in, as a JSON array.
    pub fn kinds(&self) -> String {
        let names: Vec<_> = self.ways.iter().map(|way| format!("\"{}\"", way.as_str())).collect();
        format!("[{}]", names.join(","))
    }

    pub(super) fn read<F: Fn(&str) -> Option<String>>(reader: &mut Reader<F>, issuer: Option<&Issuer>) -> Self {
        let own_host = issuer.and_then(host_name);
        let rp_id = reader.shown("PASSKEY_RP_ID");
        if rp_id.as_deref().is_some_and(|id| !is_host_name(id)) {
            reader
                .problems
                .push("PASSKEY_RP_ID must be a host name in small letters".to_owned());
        }
        let rp_id = rp_id.or(own_host).unwrap_or_default();
        reader.shown_or("PASSKEY_RP_ID", &rp_id);
        let names = Way::ALL.map(Way::as_str);
        let ways = match reader.shown("SIGN_IN") {
            // An IP address has no passkeys.
            None => Way::USUAL
                .into_iter()
                .filter(|way| *way != Way::Passkey || !rp_id.is_empty())
                .collect::<Vec<_>>(),
            Some(text) => {
                let words: Vec<_> = text.split_whitespace().collect();
                let ways: Vec<_> = words.iter().filter_map(|word| Way::parse(word)).collect();
                let twice = ways
                    .iter()
                    .enumerate()
                    .any(|(place, way)| ways.iter().skip(place + 1).any(|other| other == way));
                if ways.is_empty() || ways.len() != words.len() || twice {
                    reader.problems.push(format!(
                        "SIGN_IN must be one or more of, each once: {}",
                        names.join(" ")
                    ));
                }
                if ways.contains(&Way::Passkey) && rp_id.is_empty() && issuer.is_some() {
                    let problem = "SIGN_IN has passkey, which needs an ISSUER with a host name or a PASSKEY_RP_ID";
                    reader.problems.push(problem.to_owned());
                }
                ways
            }
        };
        let words: Vec<_> = ways.iter().map(|way| way.as_str()).collect();
        reader.shown_or("SIGN_IN", &words.join(" "));
        let origins = reader.shown("PASSKEY_ORIGINS").unwrap_or_default();
        let related_origins: Vec<_> = origins.split_whitespace().map(str::to_owned).collect();
        if !related_origins.iter().all(|origin| Issuer::parse(origin).is_ok()) {
            reader
                .problems
                .push("PASSKEY_ORIGINS must be https origins, with spaces between them".to_owned());
        }
        Self {
            ways,
            rp_id,
            related_origins,
        }
    }
}

/// The host of an issuer, where it is a name.
fn host_name(issuer: &Issuer) -> Option<String> {
    match Url::parse(issuer.as_str()).ok()?.host()? {
        Host::Domain(name) => Some(name.to_owned()),
        Host::Ipv4(_) | Host::Ipv6(_) => None,
    }
}

fn is_host_name(text: &str) -> bool {
    // Judged before a parser sees it, which would decode and fold it.
    is_name(text) && matches!(Host::parse(text), Ok(Host::Domain(name)) if name == text)
}
