//! What the forms about webhooks ask for.

use serde_json::{Value, json};

use super::{asked, unknown};
use crate::{
    admin::webhook::WantedWebhook,
    oidc::{error::OAuthError, params::Params},
    routes::{Call, Endpoint, Method},
    time::UnixTime,
    web::fetch_url::LoopbackFetches,
};

/// What is done to a webhook.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WebhookAction {
    Save,
    /// Switched on, or taken up again; or off.
    Switch(bool),
    Test,
    /// With the secrets before ended at once, or signing for a while, too.
    RenewSecret {
        at_once: bool,
    },
    Delete,
}

impl WebhookAction {
    /// # Errors
    /// `invalid_request`.
    pub fn parse(form: &Params) -> Result<Self, OAuthError> {
        match asked(form, &[])? {
            ("do", "save") => Ok(Self::Save),
            ("do", "switch_on") => Ok(Self::Switch(true)),
            ("do", "switch_off") => Ok(Self::Switch(false)),
            ("do", "test") => Ok(Self::Test),
            ("do", "renew_secret") => Ok(Self::RenewSecret { at_once: false }),
            ("do", "renew_at_once") => Ok(Self::RenewSecret { at_once: true }),
            ("do", "delete") => Ok(Self::Delete),
            _ => Err(unknown()),
        }
    }

    /// The call of the admin API that does the same.
    pub fn call(self) -> Call {
        match self {
            Self::Save | Self::Switch(_) => (Endpoint::AdminWebhook, Method::Patch),
            Self::Test => (Endpoint::AdminWebhookTest, Method::Post),
            Self::RenewSecret { .. } => (Endpoint::AdminWebhookSecret, Method::Post),
            Self::Delete => (Endpoint::AdminWebhook, Method::Delete),
        }
    }
}

/// The webhook that a form describes: without names of events, it is sent all.
///
/// # Errors
/// `invalid_request`.
pub fn webhook(form: &Params, loopback: LoopbackFetches) -> Result<WantedWebhook, OAuthError> {
    let text = |name| Ok::<_, OAuthError>(form.single(name)?.unwrap_or_default().trim());
    let names: Vec<_> = text("events")?
        .split(|separator: char| separator.is_whitespace() || separator == ',')
        .filter(|name| !name.is_empty())
        .collect();
    let events = Some(names).filter(|names| !names.is_empty());
    let mut body = json!({ "name": text("name")?, "url": text("url")?, "events": events });
    if let Value::Object(members) = &mut body {
        for name in ["format", "client_id"] {
            let said = Some(text(name)?).filter(|said| !said.is_empty());
            members.extend(said.map(|said| (name.to_owned(), said.into())));
        }
    }
    let as_of = match text("shown")? {
        "" => None,
        shown => Some(UnixTime(shown.parse().map_err(|_| unknown())?)),
    };
    Ok(WantedWebhook {
        as_of,
        ..WantedWebhook::parse_new(body.to_string().as_bytes(), loopback)?
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::admin::api_key::{Area, KeyScope};

    fn params(form: &str) -> Params {
        Params::parse(form).unwrap()
    }

    #[test]
    fn a_form_about_a_webhook_says_what_the_api_takes() {
        for action in [
            "save",
            "switch_on",
            "switch_off",
            "test",
            "renew_secret",
            "renew_at_once",
            "delete",
        ] {
            let (endpoint, method) = WebhookAction::parse(&params(&format!("do={action}"))).unwrap().call();
            let needed = KeyScope::needed(endpoint.path(), method).unwrap();
            assert_eq!((needed.area, needed.writes), (Area::Webhooks, true), "{action}");
        }
        assert!(WebhookAction::parse(&params("delete=w")).is_err());
        let of = |form: &str| webhook(&params(form), LoopbackFetches::Refused);
        let some =
            of("name=SIEM&url=https://siem.acme.org/&events=sign_in%0D%0Asign_out,+user_deleted&shown=7").unwrap();
        assert_eq!(some.events.flatten().map(|events| events.len()), Some(3));
        assert_eq!(some.as_of, Some(UnixTime(7)));
        let of_app = of("name=SIEM&url=https://siem.acme.org/&format=set&client_id=c").unwrap();
        assert_eq!(of_app.client_id.as_deref(), Some("c"));
        let all = of("name=SIEM&url=https://siem.acme.org/&events=+&format=events&client_id=").unwrap();
        assert_eq!((all.events, all.as_of), (Some(None), None));
        for wrong in [
            "name=SIEM&events=",
            "name=SIEM&url=http://siem.acme.org/",
            "name=SIEM&url=https://siem.acme.org/&events=x",
            "name=SIEM&url=https://siem.acme.org/&shown=x",
        ] {
            assert!(of(wrong).is_err(), "{wrong}");
        }
    }
}
