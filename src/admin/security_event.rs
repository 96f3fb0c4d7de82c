//! Security Event Tokens (RFC 8417) of events of the audit: what the Continuous Access Evaluation Profile (CAEP 1.0) and the RISC Profile
//! 1.0 have a type for, as the OpenID Shared Signals Framework 1.0 (SSF) shapes it.

use serde::Serialize;
use serde_json::{Map, Value, json};

use super::happened::Happened;
use crate::{
    audit::Event,
    oidc::{authentication::sid, client::Client, subject::subject},
    time::UnixTime,
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
    /// Of the event, the same in each attempt.
    pub jti: String,
    aud: &'a str,
    /// "If the value is present, it MUST be unique to the underlying event that caused the Transmitter to generate" it: the request.
    txn: &'a str,
    /// "Time of event" (RFC 8417 section 2.2).
    toe: UnixTime,
    sub_id: Value,
    events: Value,
}

impl<'a> Claims<'a> {
    /// What a receiver is told of an event. `None` for what has no type, or is about nobody whom the receiver knows.
    pub fn of_event(happened: &'a Happened, receiver: &Receiver<'a>, now: UnixTime) -> Option<Self> {
        let kind = kind(Event::parse(&happened.event)?)?;
        let user = user(happened, receiver)?;
        let (uri, members, sub_id) = match kind {
            Kind::Risc(name) => (format!("{RISC}{name}"), Map::new(), user),
            Kind::CredentialChange(credential, change) => {
                let members = caep(happened, [("credential_type", credential), ("change_type", change)]);
                (format!("{CAEP}credential-change"), members, user)
            }
            Kind::SessionRevoked => {
                let sub_id = match (&happened.session_id, receiver.client) {
                    (Some(session_id), Some(client)) => json!({
                        "format": "complex",
                        "user": user,
                        "session": { "format": "opaque", "id": sid(session_id, &client.client_id) },
                    }),
                    // All sessions of the person.
                    (None, _) => user,
                    // Of the id of one that no app knows nobody can make anything.
                    (Some(_), None) => return None,
                };
                (format!("{CAEP}session-revoked"), caep(happened, []), sub_id)
            }
        };
        let jti = format!("evt_{}_{}_{}", happened.id, happened.at.seconds(), receiver.webhook_id);
        Some(Self {
            jti,
            txn: &happened.request_id,
            toe: happened.at,
            ..Self::new(receiver, sub_id, json!({ uri: members }), now)
        })
    }

    /// By which an operator sees whether a webhook works: a Verification Event, whose subject is the stream (SSF section 8.1.4.1).
    pub fn of_test(random: &'a str, receiver: &Receiver<'a>, now: UnixTime) -> Self {
        let sub_id = json!({ "format": "opaque", "id": receiver.webhook_id });
        Self {
            jti: format!("test_{random}"),
            txn: random,
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
            txn: "",
            toe: now,
            sub_id,
            events,
        }
    }
}

/// The person as the receiver knows them (RFC 9493 section 3.2.3). An app knows those who let it, by its own names; whether it
/// knew somebody who is gone, nobody can tell any more.
fn user(happened: &Happened, receiver: &Receiver<'_>) -> Option<Value> {
    let user_id = happened.user_id.as_deref()?;
    let sub = match (receiver.client, &happened.subject_salt) {
        (None, _) => user_id.to_owned(),
        (Some(client), Some(salt)) if happened.is_known == Some(1) => subject(client, user_id, salt),
        (Some(_), _) => return None,
    };
    Some(json!({ "format": "iss_sub", "iss": receiver.issuer, "sub": sub }))
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
    use super::*;
    use crate::oidc::subject::SubjectSalt;

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
        }
    }

    fn set(happened: &Happened, client: Option<&Client>) -> Option<Value> {
        let receiver = Receiver {
            issuer: ISSUER,
            webhook_id: "w",
            url: "https://app.acme.org/events",
            client,
        };
        let claims = Claims::of_event(happened, &receiver, NOW)?;
        Some(serde_json::to_value(claims).unwrap())
    }

    #[test]
    fn a_set_has_the_claims_of_the_framework_and_neither_sub_nor_exp() {
        assert_eq!(
            set(&happened(Event::UserDisabled), None).unwrap(),
            json!({
                "iss": ISSUER,
                "iat": 1_800_000_100,
                "jti": "evt_7_1800000000_w",
                "aud": "https://app.acme.org/events",
                "txn": "r",
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
        let one = Happened {
            session_id: Some("s".to_owned()),
            ..happened(Event::SignOut)
        };
        let told = set(&one, Some(&client("public"))).unwrap();
        assert_eq!(
            told["sub_id"],
            json!({
                "format": "complex",
                "user": { "format": "iss_sub", "iss": ISSUER, "sub": "u" },
                "session": { "format": "opaque", "id": sid("s", "c") },
            })
        );
        assert!(told["events"][format!("{CAEP}session-revoked")].is_object());
        assert_eq!(set(&one, None), None);
        let all = set(&happened(Event::SessionEnded), None).unwrap();
        assert_eq!(all["sub_id"]["format"], "iss_sub", "all sessions of the person");
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
            url: "https://app.acme.org/events",
            client: None,
        };
        let test = serde_json::to_value(Claims::of_test("x", &receiver, NOW)).unwrap();
        assert_eq!(test["sub_id"], json!({ "format": "opaque", "id": "w" }));
        assert_eq!(test["events"], json!({ VERIFICATION: {} }));
    }
}
