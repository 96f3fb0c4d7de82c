//! `clientDataJSON` (WebAuthn Level 3 section 5.8.1): what the browser says that it was asked, and by whom.

use serde_json::{Map, Value};

use super::{Refused, RelyingParty};
use crate::web::json;

/// Which ceremony the browser took part in.
#[derive(Clone, Copy)]
pub(super) enum Ceremony {
    Registration,
    SignIn,
}

/// What is left to check of it: the challenge.
pub(super) struct ClientData(Map<String, Value>);

impl ClientData {
    /// Reads and checks the bytes for a page of `site` (section 7.1 steps 5 to 11, section 7.2 steps 9 to 16).
    pub(super) fn parse(bytes: &[u8], ceremony: Ceremony, site: &RelyingParty<'_>) -> Result<Self, Refused> {
        let data: Map<String, Value> = json::parse(bytes).ok_or(Refused::NoClientData)?;
        let text = |name: &str| data.get(name).and_then(Value::as_str);
        let kind = match ceremony {
            Ceremony::Registration => "webauthn.create",
            Ceremony::SignIn => "webauthn.get",
        };
        if text("type") != Some(kind) {
            return Err(Refused::WrongType);
        }
        if text("origin") != Some(site.origin) {
            return Err(Refused::WrongOrigin);
        }
        // No page of Limen's that asks for a passkey can be framed.
        let framed = data.get("crossOrigin").is_some_and(|flag| *flag != Value::Bool(false));
        if framed || data.contains_key("topOrigin") {
            return Err(Refused::CrossOrigin);
        }
        Ok(Self(data))
    }

    /// The challenge, as Limen wrote it.
    pub(super) fn challenge(&self) -> &str {
        self.0.get("challenge").and_then(Value::as_str).unwrap_or_default()
    }
}
