//! Security Event Tokens (RFC 8417) of events of the audit: what the Continuous Access Evaluation Profile (CAEP 1.0) and the RISC Profile
//! 1.0 have a type for, as the OpenID Shared Signals Framework 1.0 (SSF) shapes it.

use serde::Serialize;
use serde_json::{Map, Value, json};

use super::happened::Happened;
use crate::{
    audit::Event,
    oidc::{authentication::sid, client::Client, subject::subject},
    secret::webhook_secret::WebhookSecret,
    time::UnixTime,
    web::json,
};

/// `typ`: "SSF events MUST use explicit typing as defined in Section 2.3 of RFC 8417" (SSF section 4.1.1).
pub const TYPE: &str = "secevent+jwt";

const CAEP: &str = "https://schemas.openid.net/secevent/caep/event-type/";
const RISC: &str = "https://schemas.openid.net/secevent/risc/event-type/";
const VERIFICATION: &str = "https://schemas.openid.net/secevent/ssf/event-type/verification";

/// What an event of the audit is called there.
enum Kind {
    /// CAEP section 3.1, about a session that only its app knows.
    SessionRevoked,
    /// CAEP section 3.3: the type of a credential, and what was done to it.
    CredentialChange(&'static str, &'static str),
    /// A type of RISC without members.
    Risc(&'static str),
}

fn kind(event: Event) -> Option<Kind> {
    Some(match event {
        Event::SignOut | Event::SessionEnded => Kind::SessionRevoked,
        Event::PasswordChanged => Kind::CredentialChange("password", "update"),
        // "any other credential type supported mutually": whether it is on a device or roams is not known.
        Event::PasskeyAdded => Kind::CredentialChange("passkey", "create"),
        Event::PasskeyRemoved => Kind::CredentialChange("passkey", "delete"),
        Event::CodeAppAdded => Kind::CredentialChange("app", "create"),
        Event::CodeAppRemoved => Kind::CredentialChange("app", "delete"),
        Event::NewPasswordRequired => Kind::Risc("account-credential-change-required"),
        Event::UserDisabled => Kind::Risc("account-disabled"),
        Event::UserEnabled => Kind::Risc("account-enabled"),
        Event::UserDeleted | Event::AccountDeleted => Kind::Risc("account-purged"),
        Event::RecoveryUsed => Kind::Risc("recovery-activated"),
        // "If an identifier used as a username or recovery option is changed, at a provider that is not authoritative over that
        // identifier, then Recovery Information Changed SHOULD be used instead" of Identifier Changed.
        Event::EmailChanged
        | Event::EmailRestored
        | Event::EmailReleased
        | Event::RecoveryCodesMade
        | Event::RecoveryCodesRemoved => Kind::Risc("recovery-information-changed"),
        _ => return None,
    })
}

/// The names of events of the audit that have a type, in their order.
pub fn names() -> Vec<String> {
    let mapped = Event::ALL.iter().filter(|event| kind(**event).is_some());
    let mut names: Vec<_> = mapped.map(|event| event.as_str().to_owned()).collect();
    names.sort_unstable();
    names
}

/// Who is told.
pub struct Receiver<'a> {
    pub issuer: &'a str,
    pub webhook_id: &'a str,
    /// What names are made with that nobody else gets.
    pub secret: &'a WebhookSecret,
    /// Where it is told.
    pub url: &'a str,
    /// The app that it belongs to: it knows people and sessions by names of its own.
    pub client: Option<&'a Client>,
}

/// The claims. There is no `sub` and no `exp`: "The JWT \"sub\" claim MUST NOT be present in any SET containing an SSF event", "The
/// \"exp\" claim MUST NOT be used in SETs" (SSF sections 4.1.2 and 4.1.6).
#[derive(Debug, Serialize)]
pub struct Claims<'a> {
    iss: &'a str,
    /// Of the attempt.
    iat: UnixTime,
    /// Of the event and the receiver, the same in each attempt. Two apps that know a person by different names must not find out by it
    /// that they are one.
    pub jti: String,
    aud: &'a str,
    /// "If the value is present, it MUST be unique to the underlying event that caused the Transmitter to generate" it: of the request
    /// and the receiver.
    txn: String,
    /// "Time of event" (RFC 8417 section 2.2).
    toe: UnixTime,
    sub_id: Value,
    events: Value,
}

impl<'a> Claims<'a> {
    /// What a receiver is told of an event. Nothing for what has no type, or is about nobody, or no session, whom the receiver knows; a
    /// session that it knows by several names is told once for each.
    pub fn of_event(happened: &Happened, receiver: &Receiver<'a>, now: UnixTime) -> Vec<Self> {
        let told = Event::parse(&happened.event).and_then(kind);
        let about = told.and_then(|kind| Some((About::find(&kind, happened, receiver)?, kind)));
        let Some((about, kind)) = about else {
            return Vec::new();
        };
        let user = &about.user;
        let told = match kind {
            Kind::Risc(name) => vec![(format!("{RISC}{name}"), Map::new(), user.clone(), "")],
            Kind::CredentialChange(credential, change) => {
                let members = caep(happened, [("credential_type", credential), ("change_type", change)]);
                vec![(format!("{CAEP}credential-change"), members, user.clone(), "")]
            }
            Kind::SessionRevoked => {
                let revoked = |sub_id, name| (format!("{CAEP}session-revoked"), caep(happened, []), sub_id, name);
                match (&happened.session_id, receiver.client) {
                    // All sessions of the person.
                    (None, _) => vec![revoked(user.clone(), "")],
                    // Of the id of one that no app knows nobody can make anything.
                    (Some(_), None) => Vec::new(),
                    (Some(_), Some(client)) => {
                        let names = about.known_as.iter();
                        let told = names.map(|name| {
                            let session = json!({ "format": "opaque", "id": sid(name, &client.client_id) });
                            let sub_id = json!({ "format": "complex", "user": user, "session": session });
                            revoked(sub_id, name.as_str())
                        });
                        told.collect()
                    }
                }
            }
        };
        let told = told.into_iter();
        let told = told.map(|(uri, members, sub_id, name)| {
            // A database that was set back counts on from an earlier id.
            let event = [happened.id, happened.at.seconds()].map(|number| number.to_string());
            let [id, at] = &event;
            Self {
                jti: receiver.secret.pseudonym(&["jti", id, at, name]),
                txn: receiver.secret.pseudonym(&["txn", &happened.request_id]),
                toe: happened.at,
                ..Self::new(receiver, sub_id, json!({ uri: members }), now)
            }
        });
        told.collect()
    }

    /// By which an operator sees whether a webhook works: a Verification Event, whose subject is the stream (SSF section 8.1.4.1).
    pub fn of_test(random: &str, receiver: &Receiver<'a>, now: UnixTime) -> Self {
        let sub_id = json!({ "format": "opaque", "id": receiver.webhook_id });
        Self {
            jti: format!("test_{random}"),
            txn: random.to_owned(),
            toe: now,
            ..Self::new(receiver, sub_id, json!({ VERIFICATION: {} }), now)
        }
    }

    fn new(receiver: &Receiver<'a>, sub_id: Value, events: Value, now: UnixTime) -> Self {
        Self {
            iss: receiver.issuer,
            iat: now,
            jti: String::new(),
            aud: receiver.client.map_or(receiver.url, |client| client.client_id.as_str()),
            txn: String::new(),
            toe: now,
            sub_id,
            events,
        }
    }
}

/// Whom and what an event is about, by the names that the receiver knows.
struct About {
    /// The person (RFC 9493 section 3.2.3).
    user: Value,
    /// What an app knew the session as: what the `sid`s that it got were made from.
    known_as: Vec<String>,
}

impl About {
    /// An app knows those who let it know them, and the sessions in which it got an ID token; whether it knew somebody who is gone,
    /// nobody can tell any more.
    fn find(kind: &Kind, happened: &Happened, receiver: &Receiver<'_>) -> Option<Self> {
        let user_id = happened.user_id.as_deref()?;
        let known_as: Vec<String> = happened.known_as.as_deref().and_then(json::parse).unwrap_or_default();
        // That is all that it may be told of somebody who lets it know them no more.
        let knows_session = matches!(kind, Kind::SessionRevoked) && !known_as.is_empty();
        let sub = match (receiver.client, &happened.subject_salt) {
            (None, _) => user_id.to_owned(),
            (Some(client), Some(salt)) if happened.is_known == Some(1) || knows_session => {
                subject(client, user_id, salt)
            }
            (Some(_), _) => return None,
        };
        let user = json!({ "format": "iss_sub", "iss": receiver.issuer, "sub": sub });
        Some(Self { user, known_as })
    }
}

/// Members of an event of CAEP (CAEP section 2).
fn caep<const N: usize>(happened: &Happened, more: [(&str, &str); N]) -> Map<String, Value> {
    let who = match happened.actor.as_str() {
        "operator" => "admin",
        "person" => "user",
        _ => "system",
    };
    let members = [("initiating_entity", who)].into_iter().chain(more);
    let mut members: Map<_, _> = members.map(|(name, value)| (name.to_owned(), value.into())).collect();
    members.insert("event_timestamp".to_owned(), happened.at.seconds().into());
    members
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use super::*;
    use crate::{oidc::subject::SubjectSalt, secret::RootKeys};

    const ISSUER: &str = "https://id.acme.org";
    const NOW: UnixTime = UnixTime(1_800_000_100);

    fn client(subject_type: &str) -> Client {
        let metadata = json!({ "redirect_uris": ["https://app.acme.org/cb"], "subject_type": subject_type });
        Client {
            client_id: "c".to_owned(),
            version: 1,
            issued_at: UnixTime(0),
            document_fresh_until: None,
            metadata: serde_json::from_value(metadata).unwrap(),
        }
    }

    fn happened(event: Event) -> Happened {
        Happened {
            id: 7,
            at: UnixTime(1_800_000_000),
            event: event.as_str().to_owned(),
            outcome: "success".to_owned(),
            actor: "operator".to_owned(),
            operator: None,
            operator_user_id: None,
            user_id: Some("u".to_owned()),
            client_id: None,
            session_id: None,
            network: None,
            request_id: "r".to_owned(),
            detail: None,
            subject_salt: Some(SubjectSalt::new([1; 32])),
            is_known: Some(1),
            known_as: None,
        }
    }

    fn secret(webhook_id: &str) -> WebhookSecret {
        let roots = RootKeys::new(BTreeMap::from([(1, [1; 32])]), 1, String::new()).unwrap();
        WebhookSecret::derive(&roots, 1, webhook_id, 1).unwrap()
    }

    fn sets(happened: &Happened, client: Option<&Client>, secret: &WebhookSecret) -> Vec<Value> {
        let receiver = Receiver {
            issuer: ISSUER,
            webhook_id: "w",
            secret,
            url: "https://app.acme.org/events",
            client,
        };
        let claims = Claims::of_event(happened, &receiver, NOW);
        claims
            .into_iter()
            .map(|one| serde_json::to_value(one).unwrap())
            .collect()
    }

    fn set(happened: &Happened, client: Option<&Client>) -> Option<Value> {
        let mut sets = sets(happened, client, &secret("w"));
        assert!(sets.len() <= 1, "{sets:?}");
        sets.pop()
    }

    #[test]
    fn a_set_has_the_claims_of_the_framework_and_neither_sub_nor_exp() {
        assert_eq!(
            set(&happened(Event::UserDisabled), None).unwrap(),
            json!({
                "iss": ISSUER,
                "iat": 1_800_000_100,
                "jti": secret("w").pseudonym(&["jti", "7", "1800000000", ""]),
                "aud": "https://app.acme.org/events",
                "txn": secret("w").pseudonym(&["txn", "r"]),
                "toe": 1_800_000_000,
                "sub_id": { "format": "iss_sub", "iss": ISSUER, "sub": "u" },
                "events": { "https://schemas.openid.net/secevent/risc/event-type/account-disabled": {} },
            })
        );
    }

    #[test]
    fn a_credential_change_says_which_kind_of_credential_and_what_was_done() {
        let members = |event, actor: &str| {
            let changed = Happened {
                actor: actor.to_owned(),
                ..happened(event)
            };
            set(&changed, None).unwrap()["events"][format!("{CAEP}credential-change")].clone()
        };
        assert_eq!(
            members(Event::PasswordChanged, "operator"),
            json!({
                "credential_type": "password", "change_type": "update",
                "initiating_entity": "admin", "event_timestamp": 1_800_000_000,
            })
        );
        let removed = members(Event::PasskeyRemoved, "person");
        assert_eq!(
            (&removed["change_type"], &removed["initiating_entity"]),
            (&json!("delete"), &json!("user"))
        );
        assert_eq!(members(Event::CodeAppAdded, "anybody")["initiating_entity"], "system");
    }

    #[test]
    fn an_app_is_told_of_those_whom_it_knows_by_the_names_that_it_knows() {
        let (public, pairwise) = (client("public"), client("pairwise"));
        let sub =
            |happened: &Happened, client: &Client| set(happened, Some(client)).map(|set| set["sub_id"]["sub"].clone());
        let known = happened(Event::UserDisabled);
        assert_eq!(sub(&known, &public), Some(json!("u")));
        let salt = SubjectSalt::new([1; 32]);
        assert_eq!(sub(&known, &pairwise), Some(json!(subject(&pairwise, "u", &salt))));
        assert_eq!(set(&known, Some(&public)).unwrap()["aud"], "c");
        let stranger = Happened {
            is_known: Some(0),
            ..known
        };
        assert_eq!((sub(&stranger, &public), sub(&stranger, &pairwise)), (None, None));
        let gone = Happened {
            subject_salt: None,
            is_known: Some(0),
            ..happened(Event::AccountDeleted)
        };
        assert_eq!((sub(&gone, &public), sub(&gone, &pairwise)), (None, None));
        let nobody = Happened {
            user_id: None,
            ..happened(Event::UserDisabled)
        };
        assert_eq!(set(&nobody, None), None);
    }

    #[test]
    fn a_session_is_told_to_the_app_that_knows_it_by_its_sid() {
        let of_session = |known_as: Option<&str>, is_known| Happened {
            session_id: Some("s".to_owned()),
            known_as: known_as.map(str::to_owned),
            is_known: Some(is_known),
            ..happened(Event::SignOut)
        };
        let client = client("public");
        // The session took the place of another one of the browser, from whose time the app has its `sid`.
        let told = set(&of_session(Some(r#"["before"]"#), 0), Some(&client)).unwrap();
        assert_eq!(
            told["sub_id"],
            json!({
                "format": "complex",
                "user": { "format": "iss_sub", "iss": ISSUER, "sub": "u" },
                "session": { "format": "opaque", "id": sid("before", "c") },
            })
        );
        assert!(told["events"][format!("{CAEP}session-revoked")].is_object());
        let both = sets(&of_session(Some(r#"["before","s"]"#), 1), Some(&client), &secret("w"));
        let different: BTreeSet<_> = both.iter().map(|set| set["jti"].to_string()).collect();
        assert_eq!((both.len(), different.len()), (2, 2));
        for not_its in [None, Some("[]"), Some("x")] {
            assert_eq!(set(&of_session(not_its, 1), Some(&client)), None, "{not_its:?}");
        }
        assert_eq!(set(&of_session(None, 0), None), None);
        let of_somebody_else_now = Happened {
            event: Event::PasswordChanged.as_str().to_owned(),
            ..of_session(Some(r#"["before"]"#), 0)
        };
        assert_eq!(
            set(&of_somebody_else_now, Some(&client)),
            None,
            "that it knew the session opens nothing else"
        );
        let all = set(&happened(Event::SessionEnded), None).unwrap();
        assert_eq!(all["sub_id"]["format"], "iss_sub", "all sessions of the person");
    }

    #[test]
    fn nothing_in_two_receivers_sets_says_that_they_are_of_the_same_event() {
        let happened = happened(Event::PasswordChanged);
        let [one, other] =
            ["w", "v"].map(|webhook| sets(&happened, Some(&client("pairwise")), &secret(webhook)).remove(0));
        for member in ["jti", "txn"] {
            assert_ne!(one[member], other[member]);
        }
        let text = one.to_string();
        assert!(!text.contains("\"r\"") && !text.contains("evt_7"));
        assert_eq!(
            one["txn"],
            sets(&Happened { id: 8, ..happened }, None, &secret("w"))[0]["txn"]
        );
    }

    #[test]
    fn what_has_no_type_is_not_told() {
        assert_eq!(set(&happened(Event::SignIn), None), None);
        let names = names();
        assert!(names.contains(&"account_deleted".to_owned()) && !names.contains(&"consent_given".to_owned()));
        assert!(names.iter().all(|name| Event::parse(name).is_some()));
        let receiver = Receiver {
            issuer: ISSUER,
            webhook_id: "w",
            secret: &secret("w"),
            url: "https://app.acme.org/events",
            client: None,
        };
        let test = serde_json::to_value(Claims::of_test("x", &receiver, NOW)).unwrap();
        assert_eq!(test["sub_id"], json!({ "format": "opaque", "id": "w" }));
        assert_eq!(test["events"], json!({ VERIFICATION: {} }));
    }
}
