//! WebFinger (RFC 7033, OIDC Discovery 1.0 section 2): which issuer answers for a person's address.

use serde_json::{Value, json};

use super::{error::OAuthError, params::Params};
use crate::config::Config;

/// The relation that clients look for.
const ISSUER: &str = "http://openid.net/specs/connect/1.0/issuer";

/// The answer for `resource`. It is the same whether or not there is such a person, so that strangers do not learn who has an account.
/// `None` for people of another domain.
///
/// # Errors
/// `invalid_request` where `resource` is missing, is given twice, or is no address of a person: "If the "resource" parameter is a
/// value for which the server has no information, the server MUST indicate that it was unable to match the request".
pub fn descriptor(params: &Params, config: &Config) -> Result<Option<Value>, OAuthError> {
    let resource = params.required("resource")?;
    let malformed = || OAuthError::invalid_request("resource must be acct: and an address such as ada@acme.org");
    let address = resource.strip_prefix("acct:").ok_or_else(malformed)?;
    let (name, domain) = address
        .rsplit_once('@')
        .filter(|(name, _)| !name.is_empty())
        .ok_or_else(malformed)?;
    let is_name = name.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'@') && name.len() <= 200;
    if !is_name {
        return Err(malformed());
    }
    if !config
        .webfinger_domains
        .iter()
        .any(|known| known.eq_ignore_ascii_case(domain))
    {
        return Ok(None);
    }
    // "rel ... When used, it MUST be ... repeated" for several; only links of these are given.
    let asked: Vec<_> = params.all("rel").collect();
    let links = if asked.is_empty() || asked.contains(&ISSUER) {
        json!([{ "rel": ISSUER, "href": config.issuer.as_str() }])
    } else {
        json!([])
    };
    Ok(Some(json!({ "subject": resource, "links": links })))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(query: &str) -> Result<Option<Value>, OAuthError> {
        let config = Config::parse(|name| match name {
            "ISSUER" => Some("https://id.acme.org".to_owned()),
            "KEK_1" => Some("AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8".to_owned()),
            "WEBFINGER_DOMAINS" => Some("acme.org".to_owned()),
            _ => None,
        });
        descriptor(&Params::parse(query).unwrap(), &config.unwrap())
    }

    #[test]
    fn the_issuer_of_an_address_is_told_for_domains_of_the_operators() {
        let link = json!([{ "rel": ISSUER, "href": "https://id.acme.org" }]);
        for query in [
            "resource=acct:ada@acme.org",
            "resource=acct%3Anobody%40acme.org&rel=http://openid.net/specs/connect/1.0/issuer",
            "resource=acct:ada@ACME.org&rel=x&rel=http://openid.net/specs/connect/1.0/issuer",
        ] {
            assert_eq!(answer(query).unwrap().unwrap()["links"], link, "{query}");
        }
        let other = answer("resource=acct:ada@acme.org&rel=avatar").unwrap().unwrap();
        assert_eq!(other, json!({"subject": "acct:ada@acme.org", "links": []}));
    }

    #[test]
    fn other_domains_are_nobodys_and_what_is_no_address_is_refused() {
        assert_eq!(answer("resource=acct:ada@other.org"), Ok(None));
        assert_eq!(answer("resource=acct:ada@sub.acme.org"), Ok(None));
        for query in [
            "",
            "resource=ada@acme.org",
            "resource=https://acme.org/ada",
            "resource=acct:@acme.org",
            "resource=acct:acme.org",
            "resource=acct:a%20b@acme.org",
            "resource=acct:a@b@acme.org",
            "resource=acct:a@acme.org&resource=acct:b@acme.org",
        ] {
            assert!(answer(query).is_err(), "{query}");
        }
    }
}
