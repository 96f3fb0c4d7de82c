//! How a mail is handed over: the shapes of Cloudflare's binding and of the APIs of Resend, Postmark, Mailgun and Brevo, and what
//! their answers mean.

use base64::{Engine, engine::general_purpose::STANDARD};
use serde_json::{Value, json};
use url::form_urlencoded;

use crate::config::{MailApi, MailSettings, Mailbox, Provider};

/// The most characters that are kept of an answer.
const LONGEST_PROBLEM: usize = 200;

/// A mail that is ready to go.
pub struct Delivery<'a> {
    /// Its id: where a provider knows such a thing, the same mail is not sent twice.
    pub id: &'a str,
    /// Where it goes.
    pub to: &'a str,
    /// One line.
    pub subject: &'a str,
    /// Its text.
    pub text: &'a str,
    /// The same as HTML.
    pub html: &'a str,
}

/// A POST to a provider.
#[derive(Debug, PartialEq, Eq)]
pub struct ProviderRequest {
    /// Where to.
    pub url: String,
    /// With which headers.
    pub headers: Vec<(&'static str, String)>,
    /// What.
    pub body: String,
}

/// What an answer means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// The mail is on its way.
    Taken,
    /// This mail will never be taken.
    Refused,
    /// It may be taken later, perhaps after the operator has put something right.
    NotNow,
}

/// Mails by programs say so (RFC 3834 section 5), and absence notes stay away.
const AUTOMATIC: (&str, &str) = ("Auto-Submitted", "auto-generated");

/// The same in a header that Cloudflare takes, as it takes all that begin with `X-`.
const AUTOMATIC_AT_CLOUDFLARE: (&str, &str) = ("X-Auto-Response-Suppress", "All");

/// The request by which the provider of `api` takes a mail.
pub fn request(api: &MailApi, settings: &MailSettings, mail: &Delivery<'_>) -> ProviderRequest {
    let from = settings.from.written();
    let reply_to = settings.reply_to.as_ref();
    let json_type = ("content-type", "application/json".to_owned());
    match api.provider {
        Provider::Resend => ProviderRequest {
            url: format!("{}/emails", api.base),
            headers: vec![
                json_type,
                ("authorization", format!("Bearer {}", api.key)),
                ("idempotency-key", mail.id.to_owned()),
            ],
            body: with(
                json!({
                    "from": from, "to": [mail.to], "subject": mail.subject, "text": mail.text, "html": mail.html,
                    "headers": { AUTOMATIC.0: AUTOMATIC.1 },
                }),
                "reply_to",
                reply_to.map(Mailbox::written),
            ),
        },
        Provider::Postmark => ProviderRequest {
            url: format!("{}/email", api.base),
            headers: vec![
                json_type,
                ("accept", "application/json".to_owned()),
                ("x-postmark-server-token", api.key.clone()),
            ],
            body: with(
                json!({
                    "From": from, "To": mail.to, "Subject": mail.subject, "TextBody": mail.text, "HtmlBody": mail.html,
                    "MessageStream": "outbound", "TrackOpens": false, "TrackLinks": "None",
                    "Headers": [{ "Name": AUTOMATIC.0, "Value": AUTOMATIC.1 }],
                }),
                "ReplyTo",
                reply_to.map(Mailbox::written),
            ),
        },
        Provider::Mailgun => {
            let mut form = form_urlencoded::Serializer::new(String::new());
            form.append_pair("from", &from)
                .append_pair("to", mail.to)
                .append_pair("subject", mail.subject)
                .append_pair("text", mail.text)
                .append_pair("html", mail.html)
                .append_pair("o:tracking", "no")
                .append_pair(&format!("h:{}", AUTOMATIC.0), AUTOMATIC.1);
            if let Some(reply_to) = reply_to {
                form.append_pair("h:Reply-To", &reply_to.written());
            }
            ProviderRequest {
                url: format!("{}/v3/{}/messages", api.base, api.domain),
                headers: vec![
                    ("content-type", "application/x-www-form-urlencoded".to_owned()),
                    (
                        "authorization",
                        format!("Basic {}", STANDARD.encode(format!("api:{}", api.key))),
                    ),
                ],
                body: form.finish(),
            }
        }
        Provider::Brevo => ProviderRequest {
            url: format!("{}/v3/smtp/email", api.base),
            headers: vec![
                json_type,
                ("accept", "application/json".to_owned()),
                ("api-key", api.key.clone()),
            ],
            body: with(
                json!({
                    "sender": mailbox(&settings.from), "to": [{ "email": mail.to }], "subject": mail.subject,
                    "textContent": mail.text, "htmlContent": mail.html, "headers": { AUTOMATIC.0: AUTOMATIC.1 },
                }),
                "replyTo",
                reply_to.map(mailbox),
            ),
        },
    }
}

/// The message that Cloudflare's binding takes.
pub fn message(settings: &MailSettings, mail: &Delivery<'_>) -> String {
    with(
        json!({
            "from": mailbox(&settings.from), "to": mail.to, "subject": mail.subject, "text": mail.text, "html": mail.html,
            "headers": { AUTOMATIC_AT_CLOUDFLARE.0: AUTOMATIC_AT_CLOUDFLARE.1 },
        }),
        "replyTo",
        settings.reply_to.as_ref().map(mailbox),
    )
}

/// What the status of a provider's answer means. Wrong keys and exhausted plans are the operator's to put right, so the mail waits.
pub fn judge(status: u16) -> Verdict {
    match status {
        200..=299 => Verdict::Taken,
        400 | 406 | 413 | 415 | 422 => Verdict::Refused,
        _ => Verdict::NotNow,
    }
}

/// What the code of an error of Cloudflare's binding means: those about the recipient or the mail itself are for good.
pub fn judge_code(code: &str) -> Verdict {
    let for_good = [
        "E_RECIPIENT",
        "E_VALIDATION",
        "E_FIELD",
        "E_CONTENT",
        "E_TOO_MANY",
        "E_HEADER",
    ];
    match for_good.iter().any(|start| code.starts_with(start)) {
        true => Verdict::Refused,
        false => Verdict::NotNow,
    }
}

fn mailbox(mailbox: &Mailbox) -> Value {
    // With an empty name the address would stand in quotes at some providers.
    match &mailbox.name {
        Some(name) => json!({ "email": mailbox.address, "name": name }),
        None => json!({ "email": mailbox.address }),
    }
}

fn with(mut body: Value, name: &str, value: Option<impl Into<Value>>) -> String {
    if let (Some(body), Some(value)) = (body.as_object_mut(), value) {
        body.insert(name.to_owned(), value.into());
    }
    body.to_string()
}

/// A provider's answer as one short line, for the operator.
pub fn shortened(text: &str) -> String {
    let line: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    line.trim().chars().take(LONGEST_PROBLEM).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Transport;

    fn settings(reply_to: bool) -> MailSettings {
        MailSettings {
            transport: Transport::Cloudflare,
            from: Mailbox::parse("Acme <id@acme.org>").unwrap(),
            reply_to: reply_to.then(|| Mailbox::parse("help@acme.org").unwrap()),
            daily_limit: 1,
            notices: Vec::new(),
        }
    }

    fn delivery() -> Delivery<'static> {
        Delivery {
            id: "m",
            to: "ada@b.org",
            subject: "S & \u{fc}",
            text: "T\n",
            html: "<p>H",
        }
    }

    fn requested(provider: Provider, reply_to: bool) -> ProviderRequest {
        let api = MailApi {
            provider,
            key: "secret-key".to_owned(),
            base: "https://api.test".to_owned(),
            domain: "mg.acme.org".to_owned(),
        };
        request(&api, &settings(reply_to), &delivery())
    }

    #[test]
    fn json_providers_get_sender_recipient_both_texts_and_where_answers_go() {
        for (provider, url, members) in [
            (
                Provider::Resend,
                "https://api.test/emails",
                ["from", "to", "subject", "text", "html", "reply_to"],
            ),
            (
                Provider::Postmark,
                "https://api.test/email",
                ["From", "To", "Subject", "TextBody", "HtmlBody", "ReplyTo"],
            ),
            (
                Provider::Brevo,
                "https://api.test/v3/smtp/email",
                ["sender", "to", "subject", "textContent", "htmlContent", "replyTo"],
            ),
        ] {
            let request = requested(provider, true);
            assert_eq!(request.url, url);
            assert!(request.headers.iter().any(|(_, value)| value.contains("secret-key")));
            let body: Value = serde_json::from_str(&request.body).unwrap();
            for member in members {
                assert!(body.get(member).is_some(), "{provider:?}: {member}");
            }
            assert!(!requested(provider, false).body.contains("help@acme.org"));
        }
    }

    #[test]
    fn mailgun_gets_a_form_below_its_domain() {
        let request = requested(Provider::Mailgun, true);
        assert_eq!(request.url, "https://api.test/v3/mg.acme.org/messages");
        let fields: Vec<_> = form_urlencoded::parse(request.body.as_bytes()).into_owned().collect();
        let field = |name: &str| {
            fields
                .iter()
                .find(|(known, _)| known == name)
                .map(|(_, value)| value.as_str())
        };
        assert_eq!(field("from"), Some("\"Acme\" <id@acme.org>"));
        assert_eq!(field("subject"), Some("S & \u{fc}"));
        assert_eq!(field("h:Reply-To"), Some("help@acme.org"));
        assert_eq!(field("o:tracking"), Some("no"));
        let basic = format!("Basic {}", STANDARD.encode("api:secret-key"));
        assert!(request.headers.contains(&("authorization", basic)));
    }

    #[test]
    fn the_binding_gets_an_object() {
        let message: Value = serde_json::from_str(&message(&settings(true), &delivery())).unwrap();
        assert_eq!(message["from"], json!({ "email": "id@acme.org", "name": "Acme" }));
        assert_eq!(message["replyTo"], json!({ "email": "help@acme.org" }));
        assert_eq!(message["to"], "ada@b.org");
    }

    #[test]
    fn what_the_operator_can_put_right_is_tried_again() {
        for status in [401, 402, 403, 404, 408, 409, 429, 500, 503, 599, 301] {
            assert_eq!(judge(status), Verdict::NotNow, "{status}");
        }
        for (status, verdict) in [
            (200, Verdict::Taken),
            (202, Verdict::Taken),
            (400, Verdict::Refused),
            (422, Verdict::Refused),
        ] {
            assert_eq!(judge(status), verdict);
        }
        assert_eq!(judge_code("E_RECIPIENT_SUPPRESSED"), Verdict::Refused);
        for code in [
            "E_SENDER_NOT_VERIFIED",
            "E_RATE_LIMIT_EXCEEDED",
            "E_DAILY_LIMIT_EXCEEDED",
            "",
        ] {
            assert_eq!(judge_code(code), Verdict::NotNow, "{code}");
        }
    }

    #[test]
    fn what_a_provider_says_is_kept_as_one_short_line() {
        assert_eq!(shortened("422 {\n\t\"error\": 1\n}\n"), "422 {  \"error\": 1 }");
        assert_eq!(shortened(&"\u{fc}".repeat(1_000)).chars().count(), LONGEST_PROBLEM);
    }
}
