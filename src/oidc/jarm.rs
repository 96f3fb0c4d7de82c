//! Authorization responses in a JWT (JWT Secured Authorization Response Mode for OAuth 2.0, JARM).

use serde_json::{Map, Value};

use super::client::Client;
use crate::{
    config::Issuer,
    time::{Lifetime, UnixTime},
};

/// "A maximum JWT lifetime of 10 minutes is RECOMMENDED" (section 2.1).
const LIFETIME: Lifetime = Lifetime::minutes(10);

/// The claims of a response with the parameters `fields` (section 2.1): "iss", "aud", "exp", and the parameters.
pub fn claims(
    fields: Vec<(&'static str, String)>,
    client: &Client,
    issuer: &Issuer,
    now: UnixTime,
) -> Map<String, Value> {
    let mut claims: Map<_, _> = fields
        .into_iter()
        .map(|(name, value)| {
            // The one number among them (RFC 6749 section 5.1).
            let number = value.parse::<i64>().ok().filter(|_| name == "expires_in");
            (name.to_owned(), number.map_or_else(|| Value::from(value), Value::from))
        })
        .collect();
    claims.insert("iss".to_owned(), issuer.as_str().into());
    claims.insert("aud".to_owned(), client.client_id.as_str().into());
    claims.insert("exp".to_owned(), (now + LIFETIME).seconds().into());
    claims
}
