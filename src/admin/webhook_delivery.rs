//! What a webhook is sent (Standard Webhooks), and what becomes of it by what was answered.

use serde_json::{Value, json};

use super::{happened::Happened, webhook::Webhook};
use crate::{
    readable::as_line,
    secret::webhook_secret::WebhookSecret,
    time::{Lifetime, UnixTime},
    web::{json, retry},
};

/// The most characters of an answer that operators are shown.
const LONGEST_ANSWER: usize = 200;

/// What is sent.
#[derive(Debug, PartialEq, Eq)]
pub struct Message {
    /// `webhook-id`: "it remains the same no matter how many times a webhook that has failed is retried".
    pub id: String,
    pub body: String,
}

impl Message {
    /// Tells of an event what the audit says of it, but for names, which may be addresses: whoever may know them finds them by the ids.
    pub fn of_event(happened: &Happened) -> Self {
        // A database that was set back counts on from an earlier id.
        let id = format!("evt_{}_{}", happened.id, happened.at.seconds());
        let detail: Option<Value> = happened.detail.as_deref().and_then(json::parse);
        let data = json!({
            "audit_id": happened.id,
            "outcome": happened.outcome,
            "actor": happened.actor,
            "operator": happened.operator,
            "operator_user_id": happened.operator_user_id,
            "user_id": happened.user_id,
            "client_id": happened.client_id,
            "session_id": happened.session_id,
            "network": happened.network,
            "request_id": happened.request_id,
            "detail": detail,
        });
        Self::new(id, &happened.event, happened.at, &data)
    }

    /// By which an operator sees whether a webhook works.
    pub fn of_test(webhook: &Webhook, random: &str, now: UnixTime) -> Self {
        let data = json!({ "webhook_id": webhook.id, "name": webhook.name.as_str() });
        Self::new(format!("test_{random}"), "webhook_test", now, &data)
    }

    fn new(id: String, kind: &str, at: UnixTime, data: &Value) -> Self {
        let body = json!({ "id": id, "type": kind, "timestamp": at.to_rfc3339(), "data": data });
        Self {
            id,
            body: body.to_string(),
        }
    }

    /// The headers that go with it: "a space delimited list of signatures", one of each secret.
    pub fn headers(&self, secrets: &[WebhookSecret], now: UnixTime) -> Vec<(&'static str, String)> {
        let signatures = secrets
            .iter()
            .map(|secret| secret.sign(&self.id, now.seconds(), &self.body));
        let signatures: Vec<_> = signatures.collect();
        vec![
            ("content-type", "application/json".to_owned()),
            ("webhook-id", self.id.clone()),
            ("webhook-timestamp", now.seconds().to_string()),
            ("webhook-signature", signatures.join(" ")),
        ]
    }
}

/// Why something was not taken.
#[derive(Debug, PartialEq, Eq)]
pub struct NotTaken {
    pub why: String,
    meaning: Meaning,
    /// How long the receiver asks to be left alone (`Retry-After`, RFC 9110 section 10.2.3).
    after: Lifetime,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Meaning {
    /// It may be taken later.
    Passing,
    /// The receiver can do nothing with this event, and perhaps with the next.
    Refused,
    /// "Sender should disable the webhook endpoint, and stop sending it messages."
    Gone,
}

impl NotTaken {
    /// Nothing was answered, or nothing could be asked.
    pub fn unheard(why: impl Into<String>) -> Self {
        Self {
            why: why.into(),
            meaning: Meaning::Passing,
            after: Lifetime(0),
        }
    }

    /// The same, where the receiver asks to be left alone for as long.
    pub fn not_before(self, after: Option<Lifetime>) -> Self {
        Self {
            after: after.unwrap_or(self.after),
            ..self
        }
    }

    /// How long to wait after so many failures in a row: no less than the receiver asks for, and no longer than a day.
    fn wait(&self, failures: i64) -> Lifetime {
        retry::wait(failures).max(self.after).min(retry::LONGEST_WAIT)
    }
}

/// What a status says: "A webhook delivery is considered successful if it was responded to with a `2xx` status code".
///
/// # Errors
/// Why it was not taken, with the beginning of the answer.
pub fn judge(status: u16, answer: &str) -> Result<(), NotTaken> {
    let meaning = match status {
        200..=299 => return Ok(()),
        410 => Meaning::Gone,
        400 | 413 | 422 => Meaning::Refused,
        _ => Meaning::Passing,
    };
    let why = match status {
        300..=399 => format!("answered with status {status}, a redirect, which is not followed"),
        _ => format!("answered with status {status}"),
    };
    // A receiver's words are shown to operators: as one line, without what would hide or turn round some of it.
    let answer: String = as_line(answer).chars().take(LONGEST_ANSWER).collect();
    let why = match answer.trim_end() {
        "" => why,
        text => format!("{why}: {text}"),
    };
    Err(NotTaken {
        why,
        meaning,
        after: Lifetime(0),
    })
}

/// How far a run came with a webhook.
#[derive(Debug, Default)]
pub struct Progress {
    /// The last event that it is done with.
    pub position: i64,
    pub was_taken: bool,
    pub passed_over: i64,
    /// What was not taken, by the id of the event, which comes right behind `position` among those that are wanted.
    pub failed: Option<(i64, NotTaken)>,
}

/// What becomes of a webhook.
#[derive(Debug, PartialEq, Eq)]
pub struct Standing {
    pub position: i64,
    /// When it is sent to next. `None` where it is given up.
    pub due_at: Option<UnixTime>,
    pub failures: i64,
    /// How often the event that comes next was refused.
    pub refusals: i64,
    pub failing_since: Option<UnixTime>,
    pub given_up_at: Option<UnixTime>,
    pub problem: Option<String>,
    pub passed_over: i64,
    pub delivered_at: Option<UnixTime>,
}

/// Due whenever something happens.
const AT_ONCE: UnixTime = UnixTime(0);

/// Whether an event is too old to be sent: it was tried for as long, or the webhook was off.
pub fn is_too_old(at: UnixTime, now: UnixTime) -> bool {
    now.since(at) >= retry::KEPT
}

/// Whether one that fails is asked once more by an event that is too old, before it is given up: whether it still fails nobody knows where no
/// run came, or its app was disabled.
pub fn is_last_try(webhook: &Webhook, progress: &Progress, now: UnixTime) -> bool {
    !progress.was_taken && webhook.failing_since.is_some_and(|since| is_too_old(since, now))
}

impl Standing {
    fn given_up(self, now: UnixTime) -> Self {
        Self {
            due_at: None,
            given_up_at: Some(now),
            ..self
        }
    }
}

impl Progress {
    /// What becomes of a `webhook` that failed as often before. It is given up where it fails once more after it has for [`retry::KEPT`], and
    /// an event has waited for as long, or is refused for good.
    pub fn standing(self, webhook: &Webhook, now: UnixTime) -> Standing {
        let (failures_before, since) = match self.was_taken {
            true => (0, None),
            false => (webhook.failures, webhook.failing_since),
        };
        let standing = Standing {
            position: self.position,
            due_at: Some(AT_ONCE),
            failures: failures_before,
            refusals: match self.position > webhook.position {
                true => 0,
                false => webhook.refusals,
            },
            failing_since: since,
            given_up_at: None,
            problem: webhook.problem.clone().filter(|_| since.is_some()),
            passed_over: self.passed_over,
            delivered_at: self.was_taken.then_some(now),
        };
        let Some((event, not_taken)) = self.failed else {
            return standing;
        };
        // One failure long after another says little where nothing was to be sent between them.
        let fails_too_long = since.is_some_and(|since| is_too_old(since, now));
        let is_over = self.passed_over > 0 && fails_too_long;
        let wait = not_taken.wait(failures_before + 1);
        let refusals = standing.refusals + i64::from(not_taken.meaning == Meaning::Refused);
        let (failures, since) = (failures_before + 1, since.unwrap_or(now));
        let standing = Standing {
            failing_since: Some(since),
            problem: Some(not_taken.why),
            refusals,
            ..standing
        };
        if not_taken.meaning == Meaning::Gone || is_over {
            return Standing { failures, ..standing }.given_up(now);
        }
        if refusals < retry::MOST_REFUSALS {
            return Standing {
                failures,
                due_at: Some(now + wait),
                ..standing
            };
        }
        let passed_over = Standing {
            position: event,
            failures: 0,
            refusals: 0,
            passed_over: standing.passed_over + 1,
            ..standing
        };
        match fails_too_long {
            true => passed_over.given_up(now),
            false => passed_over,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{account::group::Label, admin::webhook::SecretInForce};

    const NOW: UnixTime = UnixTime(1_800_000_000);

    fn webhook(failures: i64, failing_for: Option<Lifetime>) -> Webhook {
        let secret = SecretInForce {
            generation: 1,
            root: 1,
            previous: None,
        };
        let (name, url) = (Label::parse("SIEM").unwrap(), "https://siem.acme.org/in".to_owned());
        Webhook {
            position: 7,
            failures,
            failing_since: failing_for.map(|span| NOW - span),
            problem: failing_for.map(|_| "before".to_owned()),
            ..Webhook::new("w".to_owned(), (name, url), secret, NOW)
        }
    }

    fn failed(status: u16) -> Progress {
        Progress {
            position: 8,
            failed: judge(status, "").err().map(|not_taken| (9, not_taken)),
            ..Progress::default()
        }
    }

    #[test]
    fn a_message_says_what_the_audit_says_and_keeps_its_id() {
        let happened = Happened {
            id: 7,
            at: UnixTime(1_795_910_405),
            event: "user_disabled".to_owned(),
            outcome: "success".to_owned(),
            actor: "operator".to_owned(),
            operator: None,
            operator_user_id: Some("o".to_owned()),
            user_id: Some("u".to_owned()),
            client_id: None,
            session_id: None,
            network: None,
            request_id: "r".to_owned(),
            detail: Some(r#"{"a":1}"#.to_owned()),
            subject_salt: None,
            is_known: None,
            known_as: None,
        };
        let message = Message::of_event(&happened);
        assert_eq!(message.id, "evt_7_1795910405");
        let body: Value = serde_json::from_str(&message.body).unwrap();
        assert_eq!(
            (&body["id"], &body["type"], &body["timestamp"]),
            (
                &json!(message.id),
                &json!("user_disabled"),
                &json!("2026-11-29T00:00:05Z")
            )
        );
        assert_eq!(body["data"]["user_id"], "u");
        assert_eq!(body["data"]["detail"], json!({ "a": 1 }));
        assert_eq!(Message::of_event(&happened), message);
        let test = Message::of_test(&webhook(0, None), "x", NOW);
        assert!(test.id == "test_x" && test.body.contains(r#""type":"webhook_test""#));
    }

    #[test]
    fn any_status_of_200_to_299_is_a_success() {
        assert!(
            [200, 202, 204, 299]
                .into_iter()
                .all(|status| judge(status, "x").is_ok())
        );
        for (status, meaning) in [
            (100, Meaning::Passing),
            (301, Meaning::Passing),
            (400, Meaning::Refused),
            (401, Meaning::Passing),
            (404, Meaning::Passing),
            (410, Meaning::Gone),
            (422, Meaning::Refused),
            (429, Meaning::Passing),
            (500, Meaning::Passing),
        ] {
            assert_eq!(judge(status, "").unwrap_err().meaning, meaning, "{status}");
        }
        let why = judge(500, &format!(" {}", "\u{e9}".repeat(900))).unwrap_err().why;
        assert_eq!(why.chars().count(), "answered with status 500: ".len() + 200);
        let why = judge(500, "no\0thing\u{202e} \r\n here\u{7}").unwrap_err().why;
        assert_eq!(why, "answered with status 500: no thing here");
    }

    #[test]
    fn pauses_grow_and_a_success_ends_them() {
        let first = failed(500).standing(&webhook(0, None), NOW);
        assert_eq!((first.failures, first.failing_since), (1, Some(NOW)));
        assert_eq!(first.due_at, Some(NOW + Lifetime::minutes(1)));
        assert_eq!(first.problem.as_deref(), Some("answered with status 500"));
        assert_eq!(first.position, 8, "what was taken before is done with");
        let third = failed(500).standing(&webhook(2, Some(Lifetime::minutes(5))), NOW);
        assert_eq!(third.due_at, Some(NOW + Lifetime::minutes(16)));
        assert_eq!(third.failing_since, Some(NOW - Lifetime::minutes(5)));
        let taken = Progress {
            position: 9,
            was_taken: true,
            ..Progress::default()
        };
        let taken = taken.standing(&webhook(5, Some(Lifetime::days(1))), NOW);
        assert_eq!((taken.failures, taken.failing_since, taken.problem), (0, None, None));
        assert_eq!((taken.due_at, taken.delivered_at), (Some(AT_ONCE), Some(NOW)));
        let nothing_wanted = Progress {
            position: 9,
            ..Progress::default()
        };
        let same = nothing_wanted.standing(&webhook(5, Some(Lifetime::hours(1))), NOW);
        assert_eq!((same.failures, same.delivered_at), (5, None));
        assert_eq!(same.problem.as_deref(), Some("before"));
    }

    #[test]
    fn it_is_given_up_after_three_days_or_where_it_is_gone() {
        let late = Progress {
            passed_over: 1,
            ..failed(500)
        };
        let late = late.standing(&webhook(9, Some(retry::KEPT)), NOW);
        assert_eq!((late.due_at, late.given_up_at), (None, Some(NOW)));
        // Nothing has waited for so long: that it failed once, three days ago, is another matter.
        let once_more = failed(500).standing(&webhook(0, Some(retry::KEPT)), NOW);
        assert_eq!((once_more.given_up_at, once_more.failures), (None, 1));
        let too_old = Progress {
            position: 9,
            passed_over: 1,
            ..Progress::default()
        };
        // No run came, or its app was disabled: that is nothing that it did.
        let unasked = too_old.standing(&webhook(9, Some(retry::KEPT)), NOW);
        assert_eq!((unasked.given_up_at, unasked.position), (None, 9));
        assert_eq!((unasked.failures, unasked.problem.as_deref()), (9, Some("before")));
        let gone = failed(410).standing(&webhook(0, None), NOW);
        assert_eq!((gone.due_at, gone.given_up_at), (None, Some(NOW)));
        assert_eq!(gone.position, 8);
    }

    #[test]
    fn an_event_that_is_refused_three_times_holds_up_no_other() {
        let refused = |refusals| {
            let webhook = Webhook {
                position: 8,
                refusals,
                ..webhook(refusals, Some(Lifetime::minutes(9)))
            };
            failed(400).standing(&webhook, NOW)
        };
        let first = refused(1);
        assert_eq!((first.position, first.passed_over, first.refusals), (8, 0, 2));
        let third = refused(2);
        assert_eq!((third.position, third.passed_over, third.failures), (9, 1, 0));
        assert_eq!((third.due_at, third.refusals), (Some(AT_ONCE), 0));
        assert_eq!(third.failing_since, Some(NOW - Lifetime::minutes(9)), "no success yet");
        // One that refuses whatever comes is not asked for ever.
        let webhook = Webhook {
            position: 8,
            refusals: 2,
            ..webhook(2, Some(retry::KEPT))
        };
        let always = failed(400).standing(&webhook, NOW);
        assert_eq!((always.given_up_at, always.due_at), (Some(NOW), None));
        assert_eq!((always.position, always.passed_over), (9, 1));
    }

    #[test]
    fn failures_of_another_kind_are_no_refusals_and_those_of_another_event_neither() {
        let after_failures = Webhook {
            position: 8,
            ..webhook(2, Some(Lifetime::minutes(9)))
        };
        let refused = failed(400).standing(&after_failures, NOW);
        assert_eq!((refused.position, refused.failures, refused.refusals), (8, 3, 1));
        let of_another = Webhook {
            refusals: 2,
            ..webhook(2, Some(Lifetime::minutes(9)))
        };
        assert_eq!(failed(400).standing(&of_another, NOW).refusals, 1);
        let kept = Webhook {
            refusals: 2,
            ..after_failures
        };
        assert_eq!(failed(500).standing(&kept, NOW).refusals, 2);
    }

    #[test]
    fn a_receiver_that_asks_to_be_left_alone_is_for_a_day_at_most() {
        let due = |after| {
            let busy = judge(503, "").unwrap_err().not_before(after);
            let progress = Progress {
                position: 8,
                failed: Some((9, busy)),
                ..Progress::default()
            };
            progress.standing(&webhook(0, None), NOW).due_at.unwrap()
        };
        assert_eq!(due(None), NOW + Lifetime::minutes(1));
        assert_eq!(due(Some(Lifetime(5))), NOW + Lifetime::minutes(1));
        assert_eq!(due(Some(Lifetime::minutes(30))), NOW + Lifetime::minutes(30));
        assert_eq!(due(Some(Lifetime(i64::MAX))), NOW + Lifetime::days(1));
    }
}
