//! What a person is asked to allow a client, and what they answer (OIDC Core section 3.1.2.4).

use serde_json::{Value, json};

use super::{
    authentication::Consent,
    authorization_details::{AUTHORIZATION_DETAILS, AuthorizationDetails},
    authorize::AuthRequest,
    fetcher::Fetcher,
    params::Params,
    scope::Scope,
};
use crate::config::{Api, Config};

/// What a request asks for, by whether the person allowed it before.
#[derive(Debug)]
pub struct Choice<'a> {
    /// What they are asked.
    pub new: Part<'a>,
    /// What stays as it is.
    pub already: Part<'a>,
}

/// Part of what a request asks for.
#[derive(Debug)]
pub struct Part<'a> {
    pub scope: Scope,
    /// Single claims that no scope of the request covers.
    pub claims: Vec<&'static str>,
    pub apis: Vec<&'a Api>,
    /// The details, by type.
    pub details: AuthorizationDetails,
}

impl<'a> Choice<'a> {
    /// Where everything was allowed before and the client asks all the same (`prompt=consent`), everything is asked anew.
    pub fn of(request: &'a AuthRequest, granted: &Consent, config: &'a Config) -> Self {
        let all_anew = request.is_covered_by(granted);
        let scope = match all_anew {
            true => request.scope.clone(),
            false => {
                let elsewhere = request.at_apis.scopes_beyond(&granted.resources);
                request.scope.difference(&granted.scope.difference(&elsewhere))
            }
        };
        let is_new = |claim: &&str| all_anew || !granted.claims.contains(*claim);
        let (claims, old_claims) = request.claims.beyond(&request.scope).into_iter().partition(is_new);
        let is_new = |api: &&Api| all_anew || !granted.resources.contains(&api.identifier);
        let (apis, old_apis) = request.resources.apis(config).partition(is_new);
        let (details, old_details) = match all_anew {
            true => (request.details.clone(), AuthorizationDetails::default()),
            false => request.details.split(&granted.details),
        };
        Self {
            already: Part {
                scope: request.scope.difference(&scope),
                claims: old_claims,
                apis: old_apis,
                details: old_details,
            },
            new: Part {
                scope,
                claims,
                apis,
                details,
            },
        }
    }
}

/// What the person answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    /// They go on with another account.
    Switch,
    Approve,
    Deny,
}

impl Answer {
    /// The answer in a form: a yes alone is one.
    pub fn of(form: &Params) -> Self {
        let is_given = |name| !form.text(name).is_empty();
        match (is_given("switch"), is_given("approve"), is_given("deny")) {
            (true, _, _) => Self::Switch,
            (false, true, false) => Self::Approve,
            (false, _, _) => Self::Deny,
        }
    }
}

/// What the audit says of a consent to `request`.
pub fn detail(request: &AuthRequest, fetcher: Option<Fetcher>) -> Value {
    let scope: Vec<_> = request.scope.iter().collect();
    let resources = request.resources.foreign();
    let resources = (!resources.is_empty()).then(|| ("resources", json!(resources)));
    let grant = fetcher.map(|fetcher| ("grant_type", json!(fetcher.grant_type())));
    let details: Vec<_> = request.details.values().collect();
    let details = (!details.is_empty()).then(|| (AUTHORIZATION_DETAILS, json!(details)));
    let all = [("scope", json!(scope))]
        .into_iter()
        .chain(resources)
        .chain(details)
        .chain(grant);
    Value::Object(all.map(|(name, value)| (name.to_owned(), value)).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        config::SecondFactor,
        oidc::{
            authorize::Prompt, claims_request::ClaimsRequest, client::client_metadata::ResponseType, proven::Demand,
            resource_indicator::Targets,
        },
    };

    const FILES: &str = "https://files.acme.org";
    const CALENDAR: &str = "https://cal.acme.org";

    fn config() -> Config {
        let resources = format!(r#"{{"{FILES}": "Files", "{CALENDAR}": "Calendar"}}"#);
        Config::parse(|name| match name {
            "ISSUER" => Some("https://id.acme.org".to_owned()),
            "KEK_1" => Some("AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8".to_owned()),
            "RESOURCES" => Some(resources.clone()),
            _ => None,
        })
        .unwrap()
    }

    fn targets(uris: &[&str]) -> Targets {
        let pairs = uris.iter().map(|uri| ("resource".to_owned(), (*uri).to_owned()));
        Targets::parse(&Params::of_pairs(pairs).unwrap(), &config()).unwrap()
    }

    fn request() -> AuthRequest {
        let claims = json!({ "userinfo": { "email": {}, "birthdate": {} } });
        let claims: ClaimsRequest = serde_json::from_value(claims).unwrap();
        AuthRequest {
            response_type: ResponseType::Code,
            scope: Scope::parse("openid phone").unwrap(),
            claims,
            resources: targets(&[FILES, CALENDAR]),
            at_apis: targets(&[FILES, CALENDAR]),
            details: AuthorizationDetails::default(),
            nonce: None,
            code_challenge: None,
            binding: None,
            prompt: Prompt::default(),
            max_age: None,
            id_token_hint: None,
            asked: None,
            refreshable: false,
            demand: Some(Demand::NOTHING),
            second_factor: SecondFactor::Optional,
        }
    }

    fn parts(granted: &Consent) -> [(String, Vec<&'static str>, Vec<String>); 2] {
        let (request, config) = (request(), config());
        let choice = Choice::of(&request, granted, &config);
        [choice.new, choice.already].map(|part| {
            let apis = part.apis.iter().map(|api| api.identifier.clone()).collect();
            (part.scope.to_string(), part.claims, apis)
        })
    }

    #[test]
    fn what_was_allowed_before_is_not_asked_again() {
        let [new, already] = parts(&Consent {
            scope: Scope::parse("openid").unwrap(),
            claims: ["email".to_owned()].into(),
            resources: targets(&[FILES]),
            ..Consent::default()
        });
        assert_eq!(new, ("phone".to_owned(), vec!["birthdate"], vec![CALENDAR.to_owned()]));
        assert_eq!(already, ("openid".to_owned(), vec!["email"], vec![FILES.to_owned()]));
    }

    #[test]
    fn a_client_that_asks_for_consent_once_more_asks_for_everything() {
        let [new, already] = parts(&Consent {
            scope: Scope::parse("openid phone").unwrap(),
            claims: ["email".to_owned(), "birthdate".to_owned()].into(),
            resources: targets(&[FILES, CALENDAR]),
            ..Consent::default()
        });
        assert_eq!((new.0.as_str(), new.1.len(), new.2.len()), ("openid phone", 2, 2));
        assert_eq!(already, (String::new(), vec![], vec![]));
    }

    #[test]
    fn a_scope_that_was_allowed_at_one_api_is_new_at_another() {
        let at = |pairs: &[&str]| pairs.iter().map(|pair| (*pair).to_owned()).collect::<Targets>();
        let asked = AuthRequest {
            scope: Scope::parse("openid write").unwrap(),
            resources: targets(&[CALENDAR]),
            at_apis: at(&[CALENDAR, "https://cal.acme.org write"]),
            ..request()
        };
        let granted = |resources| Consent {
            scope: Scope::parse("openid write").unwrap(),
            claims: ["email".to_owned(), "birthdate".to_owned()].into(),
            resources,
            ..Consent::default()
        };
        let elsewhere = granted(at(&[FILES, CALENDAR, "https://files.acme.org write"]));
        assert!(!asked.is_covered_by(&elsewhere));
        let config = config();
        let choice = Choice::of(&asked, &elsewhere, &config);
        assert_eq!(
            (choice.new.scope.to_string(), choice.already.scope.to_string()),
            ("write".to_owned(), "openid".to_owned())
        );
        assert!(asked.is_covered_by(&granted(asked.at_apis.clone())));
    }

    #[test]
    fn a_yes_alone_is_a_yes() {
        let of = |form| Answer::of(&Params::parse(form).unwrap());
        assert_eq!(of("approve=yes"), Answer::Approve);
        for no in [
            "",
            "deny=yes",
            "approve=yes&deny=yes",
            "approve=",
            "approve=yes&approve=yes",
        ] {
            assert_eq!(of(no), Answer::Deny, "{no}");
        }
        assert_eq!(of("switch=yes&approve=yes"), Answer::Switch);
    }
}
