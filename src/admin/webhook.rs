//! Webhooks: addresses that events of the audit are sent to, and what operators may say of them.

use serde_json::{Map, Value, json};
use url::Url;

use super::{body, security_event};
use crate::{
    account::group::Label,
    audit::Event,
    named::named,
    oidc::error::OAuthError,
    secret::{KekVersion, RootKeys, webhook_secret::WebhookSecret},
    time::{Lifetime, UnixTime},
    web::{
        fetch_url::{self, FetchUrl, LoopbackFetches},
        host::is_loopback,
    },
};

/// The most webhooks that there are.
pub const MOST: i64 = 10;

/// For how long it counts as failing without anybody being told: less than that is a restart of somebody's server.
pub const PATIENCE: Lifetime = Lifetime::hours(1);

/// The most bytes of the id of an app: some are addresses of documents.
const LONGEST_ID: usize = 2_000;

/// How long the secret before signs, too, where a renewal does not say.
const USUAL_OVERLAP: Lifetime = Lifetime::days(1);

/// The longest that it does.
pub const LONGEST_OVERLAP: Lifetime = Lifetime::days(7);

/// A webhook.
#[derive(Clone, Debug)]
pub struct Webhook {
    pub id: String,
    pub name: Label,
    pub url: String,
    pub format: Format,
    /// The app that it belongs to.
    pub client_id: Option<String>,
    /// The names of events that it is sent; `None` for all.
    pub events: Option<Vec<String>>,
    pub enabled: bool,
    pub secret: SecretInForce,
    /// The last event of the audit that it is done with.
    pub position: i64,
    /// Since when it fails, how often in a row, and the last problem.
    pub failures: i64,
    /// How often the event that comes next was refused.
    pub refusals: i64,
    pub failing_since: Option<UnixTime>,
    pub problem: Option<String>,
    pub given_up_at: Option<UnixTime>,
    /// When it may be sent to; nothing where it is not sent to at all.
    pub due_at: Option<UnixTime>,
    /// How many events were given up.
    pub passed_over: i64,
    pub delivered_at: Option<UnixTime>,
    pub created_at: UnixTime,
    pub updated_at: UnixTime,
}

named! {
    /// What it is sent.
    #[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
    pub enum Format {
        /// What the audit says, signed with a secret of its own.
        #[default]
        Events = "events",
        /// Security Event Tokens, signed with Limen's keys.
        Set = "set",
    }
}

/// Which secret signs, and until when the one before does, too.
#[derive(Clone, Debug)]
pub struct SecretInForce {
    pub generation: i64,
    pub root: KekVersion,
    pub previous: Option<(KekVersion, UnixTime)>,
}

named! {
    /// How a webhook is.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub enum State {
        Well = "ok",
        Off = "off",
        Failing = "failing",
        /// Nothing is sent any more until an operator says so.
        GivenUp = "given_up",
    }
}

impl SecretInForce {
    /// The secret for its owner. `None` where the root key that it comes from is gone.
    pub fn current(&self, webhook_id: &str, roots: &RootKeys) -> Option<WebhookSecret> {
        WebhookSecret::derive(roots, self.root, webhook_id, self.generation)
    }

    /// What names are made with for a receiver that is not given the secret: as long as its root key is there, the same.
    pub fn for_names(&self, webhook_id: &str, roots: &RootKeys) -> Option<WebhookSecret> {
        let instead = || WebhookSecret::derive(roots, roots.current_version(), webhook_id, self.generation);
        self.current(webhook_id, roots).or_else(instead)
    }

    /// All that sign at `now`, the current one first. Empty where the root key of the current one is gone.
    pub fn all(&self, webhook_id: &str, roots: &RootKeys, now: UnixTime) -> Vec<WebhookSecret> {
        let Some(current) = self.current(webhook_id, roots) else {
            return Vec::new();
        };
        let before = self.previous.filter(|(_, until)| *until > now);
        let before = before.and_then(|(root, _)| WebhookSecret::derive(roots, root, webhook_id, self.generation - 1));
        [Some(current), before].into_iter().flatten().collect()
    }
}

impl Webhook {
    /// One that is sent every event from now on, and has been sent none.
    pub fn new(id: String, (name, url): (Label, String), secret: SecretInForce, now: UnixTime) -> Self {
        Self {
            id,
            name,
            url,
            format: Format::default(),
            client_id: None,
            events: None,
            enabled: true,
            secret,
            position: 0,
            failures: 0,
            refusals: 0,
            failing_since: None,
            problem: None,
            given_up_at: None,
            due_at: None,
            passed_over: 0,
            delivered_at: None,
            created_at: now,
            updated_at: now,
        }
    }

    /// How it is.
    pub fn state(&self) -> State {
        match (self.enabled, self.given_up_at, self.failing_since) {
            (false, ..) => State::Off,
            (true, Some(_), _) => State::GivenUp,
            (true, None, Some(_)) => State::Failing,
            (true, None, None) => State::Well,
        }
    }

    /// Whether the names of its events could be read: one that wants none does not exist.
    pub fn is_readable(&self) -> bool {
        self.events.as_ref().is_none_or(|names| !names.is_empty())
    }

    /// When it is sent to next, while it fails.
    pub fn next_attempt_at(&self) -> Option<UnixTime> {
        let waits = self.state() == State::Failing;
        self.due_at.filter(|at| waits && at.seconds() > 0)
    }

    /// How the audit names it.
    pub fn named_for_audit(&self) -> Value {
        json!({ "webhook": self.id, "name": self.name.as_str(), "url": origin(&self.url) })
    }

    /// As JSON, without its secret.
    pub fn describe(&self, now: UnixTime) -> Value {
        let state = self.state();
        json!({
            "id": self.id,
            "name": self.name.as_str(),
            "url": self.url,
            "format": self.format.as_str(),
            "client_id": self.client_id,
            "events": self.events,
            "enabled": self.enabled,
            "state": state.as_str(),
            "failures": self.failures,
            "failing_since": self.failing_since,
            "problem": self.problem,
            "next_attempt_at": self.next_attempt_at(),
            "passed_over": self.passed_over,
            "delivered_at": self.delivered_at,
            "previous_secret_until": self.secret.previous.map(|(_, until)| until).filter(|until| *until > now),
            "created_at": self.created_at,
            "updated_at": self.updated_at,
        })
    }
}

/// What the audit says of an address: its path and query may be all that keeps others from posting there.
pub fn origin(url: &str) -> Option<String> {
    let url = fetch_url::absolute(url).ok()?;
    Some(url.origin().ascii_serialization())
}

/// Why such an address is refused.
pub const OWN: &str = "url must not be at the host of this provider, which would be told of what it does itself";

/// Whether an address is at the host of the issuer, which would be told of what it does itself. On a loopback host ports tell programs apart.
pub fn is_own(url: &FetchUrl, issuer: &str) -> bool {
    let own = fetch_url::absolute(issuer).ok();
    let host = |url: &Url| url.host_str().map(|host| host.trim_end_matches('.').to_owned());
    own.is_some_and(|own| {
        let has_same_port = own.port_or_known_default() == url.url().port_or_known_default();
        let is_loopback = own.host().is_some_and(|host| is_loopback(&host));
        host(&own) == host(url.url()) && (has_same_port || !is_loopback)
    })
}

/// What a request says of a webhook.
#[derive(Debug, Default)]
pub struct WantedWebhook {
    pub name: Option<Label>,
    pub url: Option<FetchUrl>,
    /// What a new one is sent, and the app that it belongs to: neither changes.
    pub format: Format,
    pub client_id: Option<String>,
    /// `Some(None)` for all events.
    pub events: Option<Option<Vec<String>>>,
    pub enabled: Option<bool>,
    /// Where the change is of what somebody saw: when that was changed last.
    pub as_of: Option<UnixTime>,
}

impl WantedWebhook {
    /// Reads a new one: `{"name": "...", "url": "https://...", "events": ["sign_in", ...], "enabled": true}`, of which the last two may be
    /// left out; `"format": "set"`, and `client_id` beside it, make it one of Security Event Tokens, which is sent those events alone
    /// that have a type of theirs.
    ///
    /// # Errors
    /// `invalid_request`.
    pub fn parse_new(body: &[u8], loopback: LoopbackFetches) -> Result<Self, OAuthError> {
        let members = body::members(body, &[MEMBERS, &["format", "client_id"]].concat())?;
        let mut wanted = Self::of(&members, loopback)?;
        if let Some(format) = members.get("format") {
            let format = format.as_str().and_then(Format::parse);
            wanted.format = format.ok_or_else(|| OAuthError::invalid_request("format must be events or set"))?;
        }
        wanted.client_id = match (members.get("client_id"), wanted.format) {
            (None | Some(Value::Null), _) => None,
            (Some(Value::String(id)), Format::Set) if id.len() <= LONGEST_ID => Some(id.clone()),
            (Some(_), Format::Set) => return Err(OAuthError::invalid_request("client_id must be that of an app")),
            (Some(_), Format::Events) => return Err(OAuthError::invalid_request("client_id is for the format set")),
        };
        wanted.check_events(wanted.format)?;
        if wanted.format == Format::Set && wanted.events.as_ref().is_none_or(Option::is_none) {
            wanted.events = Some(Some(security_event::names()));
        }
        let missing = |name| OAuthError::invalid_request(format!("{name} is missing"));
        match (&wanted.name, &wanted.url) {
            (None, _) => Err(missing("name")),
            (_, None) => Err(missing("url")),
            _ => Ok(wanted),
        }
    }

    /// Reads a change of one (RFC 7396): `null` of `events` is for all.
    ///
    /// # Errors
    /// `invalid_request`.
    pub fn parse(body: &[u8], loopback: LoopbackFetches) -> Result<Self, OAuthError> {
        let members = body::members(body, MEMBERS)?;
        if members.is_empty() {
            let all = MEMBERS.join(", ");
            return Err(OAuthError::invalid_request(format!("one of {all} must be there")));
        }
        Self::of(&members, loopback)
    }

    /// What is changed of a webhook of that format.
    ///
    /// # Errors
    /// `invalid_request` for events that have no type among those of Security Event Tokens.
    pub fn for_format(mut self, format: Format) -> Result<Self, OAuthError> {
        self.check_events(format)?;
        if format == Format::Set && self.events == Some(None) {
            self.events = Some(Some(security_event::names()));
        }
        Ok(self)
    }

    fn check_events(&self, format: Format) -> Result<(), OAuthError> {
        let (Format::Set, Some(Some(events))) = (format, &self.events) else {
            return Ok(());
        };
        let known = security_event::names();
        match events.iter().find(|name| !known.contains(name)) {
            None => Ok(()),
            Some(name) => Err(OAuthError::invalid_request(format!(
                "events: {name} has no type among those of Security Event Tokens, which are for {}",
                known.join(", ")
            ))),
        }
    }

    fn of(members: &Map<String, Value>, loopback: LoopbackFetches) -> Result<Self, OAuthError> {
        let name = |value: &Value| {
            let name = value.as_str().and_then(Label::parse);
            name.ok_or_else(|| OAuthError::invalid_request(format!("name {}", Label::RULE)))
        };
        let url = |value: &Value| {
            let read = value.as_str().ok_or("must be an https URL");
            let read = read.and_then(|text| FetchUrl::parse(text, loopback));
            read.map_err(|why| OAuthError::invalid_request(format!("url {why}")))
        };
        let enabled = |value: &Value| {
            let wrong = || OAuthError::invalid_request("enabled must be true or false");
            value.as_bool().ok_or_else(wrong)
        };
        Ok(Self {
            name: members.get("name").map(name).transpose()?,
            url: members.get("url").map(url).transpose()?,
            events: members.get("events").map(events).transpose()?,
            enabled: members.get("enabled").map(enabled).transpose()?,
            ..Self::default()
        })
    }
}

const MEMBERS: &[&str] = &["name", "url", "events", "enabled"];

/// The kinds of events that are wanted, each once.
fn events(value: &Value) -> Result<Option<Vec<String>>, OAuthError> {
    let wrong = |what: &str| {
        OAuthError::invalid_request(format!(
            "events must be null, for all, or a list of names of events of the audit, such as sign_in: {what}"
        ))
    };
    if value.is_null() {
        return Ok(None);
    }
    let list = value.as_array().filter(|list| !list.is_empty());
    let list = list.ok_or_else(|| wrong("this is no list of some"))?;
    let name = |value: &Value| {
        let name = value.as_str().ok_or_else(|| wrong("one of them is no text"))?;
        match Event::parse(name) {
            Some(event) => Ok(event.as_str().to_owned()),
            None if crate::oidc::params::is_word(name) => Err(wrong(&format!("there is no {name}"))),
            None => Err(wrong("one of them is no name")),
        }
    };
    let mut names = list.iter().map(name).collect::<Result<Vec<_>, _>>()?;
    names.sort_unstable();
    names.dedup();
    Ok(Some(names))
}

/// Reads `{"overlap_seconds": 86400}`, or nothing: for how long the secret before signs, too.
///
/// # Errors
/// `invalid_request`.
pub fn overlap(body: &[u8]) -> Result<Lifetime, OAuthError> {
    let members = body::optional_members(body, &["overlap_seconds"])?;
    let Some(value) = members.get("overlap_seconds") else {
        return Ok(USUAL_OVERLAP);
    };
    let seconds = value
        .as_i64()
        .filter(|seconds| (0..=LONGEST_OVERLAP.seconds()).contains(seconds));
    let wrong = || OAuthError::invalid_request("overlap_seconds must be a number from 0 to 604800");
    seconds.map(Lifetime).ok_or_else(wrong)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    const NOW: UnixTime = UnixTime(1_800_000_000);

    fn new(body: &Value) -> Result<WantedWebhook, OAuthError> {
        WantedWebhook::parse_new(body.to_string().as_bytes(), LoopbackFetches::Refused)
    }

    #[test]
    fn a_webhook_has_a_name_a_public_https_address_and_kinds_of_events() {
        let wanted = new(&json!({
            "name": "SIEM", "url": "https://siem.acme.org/in", "events": ["sign_in", "user_deleted", "sign_in"],
        }))
        .unwrap();
        assert_eq!(
            wanted.events,
            Some(Some(vec!["sign_in".to_owned(), "user_deleted".to_owned()]))
        );
        let url = "https://siem.acme.org/in";
        let all = new(&json!({ "name": "a", "url": url, "events": null, "enabled": false })).unwrap();
        assert_eq!((all.events, all.enabled), (Some(None), Some(false)));
        for wrong in [
            json!([]),
            json!({ "url": url }),
            json!({ "name": "a" }),
            json!({ "name": "a,b", "url": url }),
            json!({ "name": "a", "url": 7 }),
            json!({ "name": "a", "url": "http://siem.acme.org/in" }),
            json!({ "name": "a", "url": "https://10.0.0.1/in" }),
            json!({ "name": "a", "url": "https://localhost/in" }),
            json!({ "name": "a", "url": "https://u:p@siem.acme.org/in" }),
            json!({ "name": "a", "url": url, "events": [] }),
            json!({ "name": "a", "url": url, "events": "sign_in" }),
            json!({ "name": "a", "url": url, "events": ["SignIn"] }),
            json!({ "name": "a", "url": url, "events": ["<b>"] }),
            json!({ "name": "a", "url": url, "events": [7] }),
            json!({ "name": "a", "url": url, "enabled": "yes" }),
            json!({ "name": "a", "url": url, "secret": "whsec_" }),
            json!({ "name": "a", "url": url, "format": "jwt" }),
            json!({ "name": "a", "url": url, "format": null }),
            json!({ "name": "a", "url": url, "client_id": "c" }),
            json!({ "name": "a", "url": url, "format": "set", "client_id": 7 }),
            json!({ "name": "a", "url": url, "format": "set", "events": ["sign_in"] }),
        ] {
            assert!(new(&wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn the_audit_has_the_origin_of_an_address_alone() {
        assert_eq!(
            origin("https://hooks.acme.org/services/T0/secret?key=x").as_deref(),
            Some("https://hooks.acme.org")
        );
    }

    #[test]
    fn an_address_of_the_issuer_is_known_as_such() {
        let is_own = |url: &str, issuer: &str| {
            let url = FetchUrl::parse(url, LoopbackFetches::InsecureAllowed).unwrap();
            super::is_own(&url, issuer)
        };
        for own in [
            "https://id.acme.org/x",
            "https://ID.acme.org./",
            "https://id.acme.org:8443/",
        ] {
            assert!(is_own(own, "https://id.acme.org"), "{own}");
        }
        assert!(!is_own("https://siem.acme.org/", "https://id.acme.org"));
        assert!(!is_own("http://localhost:9000/", "http://localhost:8787"));
        assert!(is_own("http://localhost:8787/", "http://localhost:8787"));
    }

    #[test]
    fn security_event_tokens_are_of_the_events_that_have_a_type() {
        let set = |more: Value| {
            let mut body = json!({ "name": "a", "url": "https://app.acme.org/events", "format": "set" });
            body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
            new(&body).unwrap()
        };
        let all = set(json!({ "client_id": "c" }));
        assert_eq!(all.events, Some(Some(security_event::names())));
        assert_eq!(all.client_id.as_deref(), Some("c"));
        let one = set(json!({ "events": ["user_disabled"], "client_id": null }));
        assert_eq!(one.events, Some(Some(vec!["user_disabled".to_owned()])));
        let change = |body: &str| {
            let wanted = WantedWebhook::parse(body.as_bytes(), LoopbackFetches::Refused);
            wanted.and_then(|wanted| wanted.for_format(Format::Set))
        };
        assert_eq!(
            change(r#"{"events": null}"#).unwrap().events,
            Some(Some(security_event::names()))
        );
        assert!(change(r#"{"events": ["sign_in"]}"#).is_err());
        assert!(change(r#"{"format": "events"}"#).is_err() && change(r#"{"client_id": "c"}"#).is_err());
    }

    #[test]
    fn a_change_says_something() {
        let change = |body: &str| WantedWebhook::parse(body.as_bytes(), LoopbackFetches::Refused);
        assert_eq!(change(r#"{"enabled": true}"#).unwrap().enabled, Some(true));
        assert!(change("{}").is_err() && change("[]").is_err() && change(r#"{"id": "x"}"#).is_err());
    }

    #[test]
    fn an_overlap_is_a_day_or_what_is_asked_for_up_to_a_week() {
        assert_eq!(overlap(b""), Ok(Lifetime::days(1)));
        assert_eq!(overlap(b"{}"), Ok(Lifetime::days(1)));
        assert_eq!(overlap(br#"{"overlap_seconds": 0}"#), Ok(Lifetime(0)));
        for wrong in [
            r#"{"overlap_seconds": -1}"#,
            r#"{"overlap_seconds": 604801}"#,
            r#"{"overlap_seconds": "1"}"#,
            r#"{"overlap": 1}"#,
            "7",
        ] {
            assert!(overlap(wrong.as_bytes()).is_err(), "{wrong}");
        }
    }

    #[test]
    fn the_secret_before_signs_until_its_time_is_over() {
        let roots = |versions: &[u32]| {
            let keys: BTreeMap<_, _> = versions
                .iter()
                .map(|version| (*version, [*version as u8; 32]))
                .collect();
            RootKeys::new(keys, 2, String::new()).unwrap()
        };
        let secret = SecretInForce {
            generation: 4,
            root: 2,
            previous: Some((1, NOW + Lifetime(1))),
        };
        let count = |versions: &[u32], now| secret.all("w", &roots(versions), now).len();
        assert_eq!(count(&[1, 2], NOW), 2);
        assert_eq!(count(&[1, 2], NOW + Lifetime(1)), 1);
        assert_eq!(count(&[2], NOW), 1, "the root of the one before is gone");
        let gone = SecretInForce { root: 9, ..secret };
        assert!(gone.all("w", &roots(&[1, 2]), NOW).is_empty());
    }
}
