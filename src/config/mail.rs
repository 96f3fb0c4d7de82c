//! `MAIL` and what belongs to it: whether and how Limen sends mails.

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

use super::{Issuer, reader::Reader};
use crate::{
    named::named,
    web::{
        fetch_url::{FetchUrl, LoopbackFetches},
        host::is_name,
    },
};

/// How mails are sent, and from whom.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MailSettings {
    /// `MAIL`.
    pub transport: Transport,
    /// `MAIL_FROM`.
    pub from: Mailbox,
    /// `MAIL_REPLY_TO`.
    pub reply_to: Option<Mailbox>,
    /// `MAIL_DAILY_LIMIT`: the most mails in 24 hours.
    pub daily_limit: i64,
    /// `MAIL_NOTICES`: what people are told of.
    pub notices: Vec<Notices>,
}

named! {
    /// What people are told of by mail, by the name in `MAIL_NOTICES`.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub enum Notices {
        /// A sign-in from a browser in which they did not sign in before.
        NewBrowser = "new_browser",
        /// A device that may use the account.
        Devices = "devices",
        /// A new password.
        Password = "password",
        /// A passkey or an authenticator app was added or removed, or recovery codes were made.
        Factors = "factors",
        /// A way back in was used: a recovery code, or a link.
        Recovery = "recovery",
    }
}

impl Notices {
    /// Reads `on`, `off`, or some of the names.
    fn read<F: Fn(&str) -> Option<String>>(reader: &mut Reader<F>) -> Vec<Self> {
        let text = reader.shown_or("MAIL_NOTICES", "on");
        match text.as_str() {
            "on" => Self::ALL.to_vec(),
            "off" => Vec::new(),
            text => {
                let found: Option<Vec<_>> = text.split_whitespace().map(Self::parse).collect();
                if found.is_none() {
                    let names = Self::ALL.map(Self::as_str).join(" ");
                    let problem = format!("MAIL_NOTICES must be on, off, or some of: {names}");
                    reader.problems.push(problem);
                }
                found.unwrap_or_default()
            }
        }
    }
}

/// What takes mails away.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Transport {
    /// Nothing: they are shown on a page and in the log. On loopback issuers alone.
    Development,
    /// The `send_email` binding `EMAIL`.
    Cloudflare,
    /// A provider's HTTP API.
    Http(MailApi),
}

/// A provider's HTTP API.
#[derive(Clone, PartialEq, Eq)]
pub struct MailApi {
    /// Whose shapes it has.
    pub provider: Provider,
    /// `MAIL_API_KEY`.
    pub key: String,
    /// `MAIL_API_URL`, without a slash at its end.
    pub base: String,
    /// The sending domain, for those whose address has it: that of `MAIL_FROM`, or `MAIL_DOMAIN`.
    pub domain: String,
}

/// The key opens a mail account, so it never shows in a log.
impl std::fmt::Debug for MailApi {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "MailApi({}, ..)", self.provider.as_str())
    }
}

named! {
    /// Whose shapes an API has, by the name in `MAIL`.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    #[allow(missing_docs)] // The names say it.
    pub enum Provider {
        Resend = "resend",
        Postmark = "postmark",
        Mailgun = "mailgun",
        Brevo = "brevo",
    }
}

/// An address with, perhaps, a name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mailbox {
    /// What people are shown.
    pub name: Option<String>,
    /// The address.
    pub address: String,
}

impl Transport {
    /// Its name, in `MAIL` and for operators.
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Development => "development",
            Self::Cloudflare => "cloudflare",
            Self::Http(api) => api.provider.as_str(),
        }
    }
}

impl Provider {
    fn base(self) -> &'static str {
        match self {
            Self::Resend => "https://api.resend.com",
            Self::Postmark => "https://api.postmarkapp.com",
            Self::Mailgun => "https://api.mailgun.net",
            Self::Brevo => "https://api.brevo.com",
        }
    }
}

/// Where people find help when Limen has none: `SUPPORT_CONTACT`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Contact {
    /// What a link to it has.
    pub href: String,
    /// What is shown of it.
    pub shown: String,
}

impl Contact {
    /// Reads an address or an https URL.
    fn parse(text: &str) -> Option<Self> {
        let href = match Mailbox::parse(text) {
            Some(Mailbox { name: None, address }) => {
                format!("mailto:{}", utf8_percent_encode(&address, NON_ALPHANUMERIC))
            }
            Some(_) => return None,
            None => FetchUrl::parse(text, LoopbackFetches::Refused).ok()?.url().to_string(),
        };
        Some(Self {
            href,
            shown: text.to_owned(),
        })
    }

    pub(super) fn read<F: Fn(&str) -> Option<String>>(reader: &mut Reader<F>) -> Option<Self> {
        let text = reader.shown("SUPPORT_CONTACT")?;
        let contact = Self::parse(&text);
        if contact.is_none() {
            reader
                .problems
                .push("SUPPORT_CONTACT must be an e-mail address or an https URL".to_owned());
        }
        contact
    }
}

/// The most characters of a name.
const LONGEST_NAME: usize = 100;

/// Whether a name has no sign that would mean something in a header.
fn is_sender_name(name: &str) -> bool {
    let is_odd = |c: char| c.is_control() || "\"\\<>@,;:".contains(c);
    !name.is_empty() && name.chars().count() <= LONGEST_NAME && !name.contains(is_odd)
}

impl Mailbox {
    /// Reads `id@acme.org` or `Acme <id@acme.org>`. A name has no sign that would mean something in a header.
    pub fn parse(text: &str) -> Option<Self> {
        let (name, address) = match text.strip_suffix('>') {
            Some(text) => {
                let (name, address) = text.split_once('<')?;
                (Some(name.trim().trim_matches('"').to_owned()), address)
            }
            None => (None, text),
        };
        let (local, domain) = address.split_once('@')?;
        let is_atom = |part: &str| {
            let is_sign = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$'*+-/=?^_{}~".contains(&byte);
            !part.is_empty() && part.bytes().all(is_sign)
        };
        let is_address = local.len() <= 64 && local.split('.').all(is_atom) && is_name(domain) && domain.contains('.');
        (is_address && name.as_deref().is_none_or(is_sender_name)).then(|| Self {
            name,
            address: address.to_owned(),
        })
    }

    /// As it stands in a header (RFC 5322 section 3.4), where names may have any letters: the name in quotes.
    pub fn written(&self) -> String {
        match &self.name {
            Some(name) => format!("\"{name}\" <{}>", self.address),
            None => self.address.clone(),
        }
    }

    fn domain(&self) -> &str {
        self.address.split_once('@').map_or("", |(_, domain)| domain)
    }
}

impl MailSettings {
    /// `brand` is what the sender is called where `MAIL_FROM` says nothing.
    pub(super) fn read<F: Fn(&str) -> Option<String>>(
        reader: &mut Reader<F>,
        issuer: Option<&Issuer>,
        brand: Option<&str>,
    ) -> Option<Self> {
        let is_loopback = issuer.is_some_and(|issuer| !issuer.is_https());
        let word = reader.shown_or("MAIL", if is_loopback { "development" } else { "off" });
        let word = word.as_str();
        let provider = Provider::parse(word);
        match (word, provider) {
            ("off", _) => return None,
            ("development" | "cloudflare", _) | (_, Some(_)) => {}
            _ => {
                let problem = "MAIL must be one of: off, development, cloudflare, resend, postmark, mailgun, brevo";
                reader.problems.push(problem.to_owned());
                return None;
            }
        }
        if word == "development" && !is_loopback {
            let problem = "MAIL = \"development\" shows mails to everybody: it works with an http ISSUER on a loopback host alone";
            reader.problems.push(problem.to_owned());
        }
        let from = mailbox(reader, "MAIL_FROM").or_else(|| {
            (word == "development").then(|| Mailbox {
                name: None,
                address: "limen@localhost.localdomain".to_owned(),
            })
        });
        if from.is_none() && reader.unseen("MAIL_FROM").is_none() {
            let problem = format!("MAIL is {word}, which needs a MAIL_FROM, such as Acme <id@acme.org>");
            reader.problems.push(problem);
        }
        let reply_to = mailbox(reader, "MAIL_REPLY_TO");
        let daily_limit = reader.number("MAIL_DAILY_LIMIT", 1_000, 1_000_000);
        let notices = Notices::read(reader);
        let mut from = from?;
        if from.name.is_none() {
            from.name = brand.filter(|name| is_sender_name(name)).map(str::to_owned);
        }
        let transport = match (word, provider) {
            (_, Some(provider)) => Transport::Http(api(reader, provider, &from)?),
            ("cloudflare", _) => Transport::Cloudflare,
            _ => Transport::Development,
        };
        Some(Self {
            transport,
            from,
            reply_to,
            daily_limit,
            notices,
        })
    }
}

fn mailbox<F: Fn(&str) -> Option<String>>(reader: &mut Reader<F>, name: &str) -> Option<Mailbox> {
    let text = reader.shown(name)?;
    let mailbox = Mailbox::parse(&text);
    if mailbox.is_none() {
        reader.problems.push(format!(
            "{name} must be an address, such as id@acme.org or Acme <id@acme.org>"
        ));
    }
    mailbox
}

fn api<F: Fn(&str) -> Option<String>>(reader: &mut Reader<F>, provider: Provider, from: &Mailbox) -> Option<MailApi> {
    let key = reader.text("MAIL_API_KEY");
    // It goes into a header.
    let key = key.filter(|key| key.len() >= 8 && key.bytes().all(|byte| byte.is_ascii_graphic()));
    if key.is_none() {
        reader.problems.push(format!(
            "MAIL is {}, which needs a MAIL_API_KEY: store it with `npx wrangler secret put MAIL_API_KEY --config wrangler.deploy.toml`",
            provider.as_str()
        ));
    }
    let base = reader.shown_or("MAIL_API_URL", provider.base());
    let base = base.trim_end_matches('/').to_owned();
    if FetchUrl::parse(&base, LoopbackFetches::Refused).is_err() {
        reader
            .problems
            .push("MAIL_API_URL must be an https URL on a public host, such as https://api.eu.mailgun.net".to_owned());
    }
    let domain = reader.shown_or("MAIL_DOMAIN", from.domain());
    if !is_name(&domain) {
        reader
            .problems
            .push("MAIL_DOMAIN must be a domain such as mg.acme.org".to_owned());
    }
    Some(MailApi {
        provider,
        key: key?,
        base,
        domain,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sender_is_an_address_with_or_without_a_name() {
        for (text, name, address) in [
            ("id@acme.org", None, "id@acme.org"),
            ("Acme <id@acme.org>", Some("Acme"), "id@acme.org"),
            (
                "\"J\u{fc}rgens B\u{fc}ro\" <no-reply@mail.acme.org>",
                Some("J\u{fc}rgens B\u{fc}ro"),
                "no-reply@mail.acme.org",
            ),
        ] {
            let mailbox = Mailbox::parse(text).unwrap();
            assert_eq!((mailbox.name.as_deref(), mailbox.address.as_str()), (name, address));
        }
        let written = Mailbox::parse("Acme <id@acme.org>").unwrap().written();
        assert_eq!(written, "\"Acme\" <id@acme.org>");
    }

    #[test]
    fn people_find_help_at_an_address_or_a_page() {
        let href = |text: &str| Contact::parse(text).map(|contact| contact.href);
        assert_eq!(href("help@acme.org").as_deref(), Some("mailto:help%40acme%2Eorg"));
        assert_eq!(
            href("https://acme.org/help?a=b").as_deref(),
            Some("https://acme.org/help?a=b")
        );
        for text in [
            "javascript:alert(1)",
            "http://acme.org",
            "A <help@acme.org>",
            "acme",
            "a@b.org?subject=x&bcc=c",
        ] {
            assert_eq!(href(text), None, "{text}");
        }
    }

    #[test]
    fn nothing_in_a_sender_can_become_a_header_of_its_own() {
        for text in [
            "",
            "acme",
            "@acme.org",
            "id@",
            "id@acme",
            "id@acme.org\r\nBcc: x@y.org",
            "A\r\nBcc: x <id@acme.org>",
            "A\u{0} <id@acme.org>",
            "a, b <id@acme.org>",
            "A\" <x@y.org>, \"B <id@acme.org>",
            "<id@acme.org>",
            "A <id@acme.org",
            "a@b@acme.org",
            "a b@acme.org",
            ".a@acme.org",
            "id@acme..org",
            "id@[127.0.0.1]",
        ] {
            assert_eq!(Mailbox::parse(text), None, "{text:?}");
        }
    }
}
