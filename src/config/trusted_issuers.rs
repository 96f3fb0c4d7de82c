//! `TRUSTED_ISSUERS`: the identity providers whose assertions about people count here (ID-JAG, RFC 7523), as the operator's word.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::Issuer;
use crate::web::{
    fetch_url::{FetchUrl, LoopbackFetches},
    host::is_name,
    json,
};

/// The most issuers, and the most clients and domains of one.
const MOST: usize = 20;

const HOW: &str = r#"must be a JSON object by issuer, such as {"https://idp.acme.org": {"jwks_uri": "https://idp.acme.org/keys", "email_domains": ["acme.org"]}}"#;

/// An identity provider whose assertions count here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TrustedIssuer {
    /// Letter by letter as in `iss`.
    pub issuer: String,
    /// Where its keys are.
    pub jwks_uri: String,
    /// The clients here that may hand in its assertions: of those with the grant, which is the operator's to give. Empty: all of them.
    clients: Vec<String>,
    /// The domains for whose addresses it speaks, in small letters: whoever has confirmed such an address here is the one whom an assertion
    /// with it is about.
    pub email_domains: Vec<String>,
    /// Which of the organizations that share the issuer, as its assertions say in `tenant`. None where it is no such issuer.
    pub tenant: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    jwks_uri: String,
    #[serde(default)]
    clients: Vec<String>,
    email_domains: Vec<String>,
    tenant: Option<String>,
}

/// All of them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TrustedIssuers(Vec<TrustedIssuer>);

impl TrustedIssuers {
    /// Whether there is none: then no assertion counts.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The one whose assertions have that `iss`.
    pub fn find(&self, iss: &str) -> Option<&TrustedIssuer> {
        self.0.iter().find(|trusted| trusted.issuer == iss)
    }

    /// Whether a client is named in one of them.
    pub fn names(&self, client_id: &str) -> bool {
        let mut named = self.0.iter().flat_map(|trusted| &trusted.clients);
        named.any(|one| one == client_id)
    }

    pub(super) fn parse(text: &str, own: Option<&Issuer>, loopback: LoopbackFetches) -> Result<Self, &'static str> {
        let all: BTreeMap<String, Written> = json::parse(text).ok_or(HOW)?;
        if all.len() > MOST {
            return Err("has more than 20 issuers");
        }
        let one = |(issuer, written): (String, Written)| {
            let is_url = FetchUrl::parse(&issuer, loopback).is_ok() && !issuer.contains('?');
            if !is_url {
                return Err("has an issuer that is no https URL with a public name");
            }
            // "the IdP MUST NOT issue access tokens in response to an ID-JAG it issued itself" (ID-JAG section 9.3).
            if own.is_some_and(|own| issuer.trim_end_matches('/') == own.as_str()) {
                return Err("must not have ISSUER itself");
            }
            if FetchUrl::parse(&written.jwks_uri, loopback).is_err() {
                return Err("has a jwks_uri that is no https URL with a public name");
            }
            if written.clients.len() > MOST || !(1..=MOST).contains(&written.email_domains.len()) {
                return Err("needs 1 to 20 email_domains for each issuer, and takes at most 20 clients");
            }
            let email_domains: Vec<_> = written
                .email_domains
                .iter()
                .map(|one| one.to_ascii_lowercase())
                .collect();
            if !email_domains
                .iter()
                .all(|domain| is_name(domain) && !domain.ends_with('.'))
            {
                return Err("must have domains such as acme.org in email_domains");
            }
            Ok(TrustedIssuer {
                issuer,
                jwks_uri: written.jwks_uri,
                clients: written.clients,
                email_domains,
                tenant: written.tenant,
            })
        };
        all.into_iter().map(one).collect::<Result<_, _>>().map(Self)
    }
}

impl TrustedIssuer {
    /// Whether a client may hand in its assertions.
    pub fn is_for(&self, client_id: &str) -> bool {
        self.clients.is_empty() || self.clients.iter().any(|one| one == client_id)
    }

    /// Whether it speaks for the owner of an address.
    pub fn speaks_for(&self, address: &str) -> bool {
        let domain = address.rsplit_once('@').map(|(_, domain)| domain.to_ascii_lowercase());
        domain.is_some_and(|domain| self.email_domains.contains(&domain))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<TrustedIssuers, &'static str> {
        let own = Issuer::parse("https://id.acme.org").unwrap();
        TrustedIssuers::parse(text, Some(&own), LoopbackFetches::Refused)
    }

    fn with(issuer: &str, jwks_uri: &str, clients: &str, domains: &str) -> String {
        format!(r#"{{"{issuer}": {{"jwks_uri": "{jwks_uri}", "clients": {clients}, "email_domains": {domains}}}}}"#)
    }

    const IDP: &str = "https://idp.example";
    const KEYS: &str = "https://idp.example/keys";

    #[test]
    fn an_issuer_is_found_letter_by_letter_and_speaks_for_its_domains() {
        let all = parse(&with(IDP, KEYS, r#"["c"]"#, r#"["Acme.org", "acme.com"]"#)).unwrap();
        assert!(all.find("https://idp.example/").is_none() && all.find("https://IDP.example").is_none());
        let idp = all.find(IDP).unwrap();
        for (address, spoken_for) in [
            ("ada@acme.org", true),
            ("ada@ACME.ORG", true),
            ("ada@acme.com", true),
            ("ada@x@acme.org", true),
            ("ada@sub.acme.org", false),
            ("ada@evilacme.org", false),
            ("ada@acme.org.evil.example", false),
            ("acme.org", false),
            ("", false),
        ] {
            assert_eq!(idp.speaks_for(address), spoken_for, "{address}");
        }
        assert!(idp.is_for("c") && !idp.is_for("d"));
        let all = parse(&with(IDP, KEYS, "[]", r#"["acme.org"]"#)).unwrap();
        assert!(all.find(IDP).unwrap().is_for("d"));
        assert!(parse("{}").unwrap().is_empty());
    }

    #[test]
    fn what_cannot_be_meant_is_refused() {
        let (clients, domains) = (r#"["c"]"#, r#"["acme.org"]"#);
        for text in [
            "x".to_owned(),
            "[]".to_owned(),
            format!(r#"{{"{IDP}": "{KEYS}"}}"#),
            format!(r#"{{"{IDP}": {{"jwks_uri": "{KEYS}"}}}}"#),
            with("http://idp.example", KEYS, clients, domains),
            with("https://10.0.0.1", KEYS, clients, domains),
            with("https://idp.example?x", KEYS, clients, domains),
            with("https://id.acme.org", KEYS, clients, domains),
            with("https://id.acme.org/", KEYS, clients, domains),
            with(IDP, "http://idp.example/keys", clients, domains),
            with(IDP, "https://localhost/keys", clients, domains),
            with(IDP, KEYS, clients, "[]"),
            with(IDP, KEYS, clients, r#"["*"]"#),
            with(IDP, KEYS, clients, r#"["@acme.org"]"#),
            with(IDP, KEYS, clients, r#"["acme.org."]"#),
            with(IDP, KEYS, clients, r#"["acme.org"], "more": true"#),
        ] {
            assert!(parse(&text).is_err(), "{text}");
        }
    }
}
