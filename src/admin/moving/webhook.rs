//! A webhook, as a line has it.

use serde_json::{Map, Value};

use super::{Moved, members::Members};
use crate::{
    admin::webhook::{self, Format, LONGEST_OVERLAP, SecretInForce, WantedWebhook, Webhook},
    secret::KekVersion,
    time::UnixTime,
};

/// A webhook that comes off: the deployment that it was of may send still, and it is for its operators to say which of the two does.
pub struct MovedWebhook {
    pub webhook: Webhook,
    /// Whether its receiver knows another secret: the root key of it is not here.
    pub needs_secret: bool,
    /// Whether its secret is that of the line.
    pub has_known_secret: bool,
}

impl MovedWebhook {
    pub(super) fn read(line: &Members<'_>, moved: &Moved<'_>) -> Result<Self, String> {
        let member = |(there, here): (&'static str, &str)| Some((here.to_owned(), line.value(there)?.clone()));
        let names = [
            ("name", "name"),
            ("url", "url"),
            ("format", "format"),
            ("app", "client_id"),
            ("events", "events"),
        ];
        let body: Map<String, Value> = names.into_iter().filter_map(member).collect();
        // Judged as if an operator made it.
        let wanted = WantedWebhook::parse_new(
            Value::Object(body).to_string().as_bytes(),
            moved.config.loopback_fetches,
        );
        let wanted = wanted.map_err(|error| error.description.into_owned())?;
        let (Some(name), Some(url)) = (wanted.name, wanted.url) else {
            return Err("name and url must be there".to_owned());
        };
        if webhook::is_own(&url, moved.config.issuer.as_str()) {
            return Err(webhook::OWN.to_owned());
        }
        let root_of = |name| {
            let root = line.number(name)?.and_then(|root| KekVersion::try_from(root).ok());
            Ok::<_, String>(root.filter(|root| moved.has_root_of(&format!("{root}."))))
        };
        let generation = line.number("generation")?.filter(|generation| *generation > 0);
        let known = root_of("root")?.zip(generation);
        let until = line.number("previous_until")?.map(UnixTime);
        let until = until.filter(|until| (moved.now..=moved.now + LONGEST_OVERLAP).contains(until));
        let previous = root_of("previous_root")?.zip(until).filter(|_| known.is_some());
        // One that nobody knows: those that are counted from 1 on may have been given to somebody.
        let (root, generation) = known.unwrap_or((moved.config.roots.current_version(), moved.now.seconds()));
        let secret = SecretInForce {
            generation,
            root,
            previous,
        };
        let created_at = line.past("created_at", moved.now)?.unwrap_or(moved.now);
        Ok(Self {
            needs_secret: wanted.format == Format::Events && known.is_none(),
            has_known_secret: known.is_some(),
            webhook: Webhook {
                format: wanted.format,
                client_id: wanted.client_id,
                events: wanted.events.flatten(),
                enabled: false,
                created_at,
                ..Webhook::new(
                    line.own_id("{webhook_id}")?,
                    (name, url.as_str().to_owned()),
                    secret,
                    moved.now,
                )
            },
        })
    }
}
