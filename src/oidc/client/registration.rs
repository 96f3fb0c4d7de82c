//! Client registration messages (RFC 7591 section 3, RFC 7592 section 2, OIDC Registration section 3).

use std::borrow::Cow;

use serde_json::{Map, Value, json};

use super::{
    Client,
    client_metadata::{AuthMethod, ClientMetadata, LONGEST},
    terms::Terms,
};
use crate::{
    oidc::error::{ErrorCode, OAuthError},
    secret::{ClientSecret, OpaqueToken},
    time::{Lifetime, UnixTime},
    web::json,
};

/// Members that only Limen sets: updates "MUST NOT include" them (RFC 7592 section 2.2).
const ISSUED: [&str; 4] = [
    "registration_access_token",
    "registration_client_uri",
    "client_secret_expires_at",
    "client_id_issued_at",
];

/// Likewise, of Limen's own: a client "MUST include all client metadata fields as returned to the client", and cannot know that these are none.
const ISSUED_BESIDE: [&str; 2] = ["registration_renew_secret_uri", "previous_secret_expires_at"];

/// Reads the body of `POST /register`.
///
/// # Errors
/// As [`Terms::take`], and `invalid_client_metadata` when the body is not a JSON object of at most 64 KB, or has
/// a member twice.
pub fn parse(body: &[u8], terms: &Terms) -> Result<ClientMetadata, OAuthError> {
    terms.take(object(body)?)
}

/// `PUT /register/{client_id}`: the whole metadata anew.
#[derive(Debug)]
pub struct UpdateRequest {
    /// What is left out is back at its default.
    pub metadata: ClientMetadata,
    /// "If the client includes the `client_secret` field in the request, the value of this field MUST match the
    /// currently issued client secret": to be checked.
    pub client_secret: Option<ClientSecret>,
}

impl UpdateRequest {
    /// Reads the body of a request about the client `client_id`, which is `current`. Who sends back the method that they were told
    /// has named none yet.
    ///
    /// # Errors
    /// As [`parse`], and `invalid_client_metadata` for another `client_id`, for a `client_secret`
    /// that is no text, and for members that only Limen sets.
    pub fn parse(
        body: &[u8],
        (client_id, current): (&str, &ClientMetadata),
        terms: &Terms,
    ) -> Result<Self, OAuthError> {
        let mut body = object(body)?;
        refuse_members(&body, &ISSUED)?;
        for member in ISSUED_BESIDE {
            body.remove(member);
        }
        if given(&body, "client_id").is_some_and(|given| given != client_id) {
            return Err(refusal("client_id is not that of this client"));
        }
        let client_secret = match given(&body, "client_secret") {
            None => None,
            Some(secret) => {
                let secret = secret.as_str().map(|text| ClientSecret::presented(text.to_owned()));
                Some(secret.ok_or_else(|| refusal("client_secret is not that of this client"))?)
            }
        };
        let mut metadata = terms.take(body)?;
        metadata.any_secret_method |=
            current.any_secret_method && metadata.token_endpoint_auth_method == AuthMethod::default();
        Ok(Self {
            metadata,
            client_secret,
        })
    }
}

/// `PATCH /register/{client_id}`: `current` after the JSON merge patch `patch` (RFC 7396). What the patch leaves out
/// stays, null clears.
///
/// # Errors
/// As [`parse`], and `invalid_client_metadata` for members that are not metadata but Limen's.
pub fn merge_patch(current: &ClientMetadata, patch: &[u8], terms: &Terms) -> Result<ClientMetadata, OAuthError> {
    let patch = object(patch)?;
    refuse_members(&patch, &ISSUED)?;
    refuse_members(&patch, &ISSUED_BESIDE)?;
    refuse_members(&patch, &["client_id", "client_secret"])?;
    let leaves_scope = !patch.contains_key("scope");
    let mut merged = current.to_public_json();
    if current.any_secret_method {
        merged.remove("token_endpoint_auth_method");
    }
    merge(&mut merged, patch);
    let mut patched = terms.take(merged)?;
    if leaves_scope {
        // No scope at all is written as an empty text, which counts as absent where a client sends it.
        patched.scope.clone_from(&current.scope);
    }
    Ok(patched)
}

/// `POST /register/{client_id}/renew_secret`.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct RenewalRequest {
    /// For how long the secret before still works: `overlap_seconds`, of which 0 is none.
    pub overlap: Option<Lifetime>,
    /// Whether those that an operator added end, too: `end_others`.
    pub ends_others: bool,
}

/// The longest overlap of two secrets.
const LONGEST_OVERLAP: Lifetime = Lifetime::days(7);

impl RenewalRequest {
    /// The members that it has. That of an API has the first alone.
    pub const MEMBERS: [&str; 2] = ["overlap_seconds", "end_others"];

    /// Reads the members, none of which has to be there.
    ///
    /// # Errors
    /// `invalid_request` for anything but `{"overlap_seconds": n, "end_others": false}` with n from 0 to 604800.
    pub fn read(body: &Map<String, Value>) -> Result<Self, OAuthError> {
        let wrong = || OAuthError::invalid_request("overlap_seconds must be a whole number from 0 to 604800");
        let overlap = match given(body, "overlap_seconds") {
            None => 0,
            Some(seconds) => seconds.as_i64().ok_or_else(wrong)?,
        };
        let ends_others = given(body, "end_others").map_or(Ok(false), |ends| {
            let wrong = || OAuthError::invalid_request("end_others must be true or false");
            ends.as_bool().ok_or_else(wrong)
        })?;
        let overlap = match overlap {
            0 => None,
            1.. if overlap <= LONGEST_OVERLAP.seconds() => Some(Lifetime(overlap)),
            _ => return Err(wrong()),
        };
        Ok(Self { overlap, ends_others })
    }
}

/// The client information response (RFC 7591 section 3.2.1).
#[derive(Debug)]
pub struct ClientInformation<'a> {
    /// The client as registered.
    pub client: &'a Client,
    /// `client_secret`, where one was just issued, and when it expires, if ever.
    pub secret: Option<(&'a ClientSecret, Option<UnixTime>)>,
    /// `previous_secret_expires_at`: until when the secret before the last renewal still works.
    pub previous_secret_expires_at: Option<UnixTime>,
    /// `registration_access_token`, where one was just issued.
    pub registration_access_token: Option<&'a OpaqueToken>,
    /// `registration_client_uri`.
    pub registration_client_uri: &'a str,
    /// `registration_renew_secret_uri`, a member of Limen's own: where a client that has a secret renews it.
    pub registration_renew_secret_uri: Option<&'a str>,
}

impl ClientInformation<'_> {
    /// The wire form.
    pub fn to_json(&self) -> Value {
        let mut wire = self.client.metadata.to_public_json();
        let mut put = |name: &str, value: Value| wire.insert(name.to_owned(), value);
        put("client_id", json!(self.client.client_id));
        put("client_id_issued_at", json!(self.client.issued_at));
        if let Some((secret, expires_at)) = self.secret {
            put("client_secret", json!(secret.expose()));
            // "REQUIRED if client_secret is issued ... 0 if it will not expire", in seconds.
            put("client_secret_expires_at", json!(expires_at.unwrap_or_default()));
        }
        if let Some(expires_at) = self.previous_secret_expires_at {
            put("previous_secret_expires_at", json!(expires_at));
        }
        if let Some(token) = self.registration_access_token {
            put("registration_access_token", json!(token.expose()));
        }
        put("registration_client_uri", json!(self.registration_client_uri));
        if let Some(uri) = self.registration_renew_secret_uri {
            put("registration_renew_secret_uri", json!(uri));
        }
        Value::Object(wire)
    }
}

/// `MergePatch(Target, Patch)` of RFC 7396 section 2, for a patch that is an object.
pub fn merge(target: &mut Map<String, Value>, patch: Map<String, Value>) {
    for (name, value) in patch {
        match value {
            Value::Null => _ = target.remove(&name),
            Value::Object(patch) => {
                let mut member = match target.remove(&name) {
                    Some(Value::Object(member)) => member,
                    _ => Map::new(),
                };
                merge(&mut member, patch);
                target.insert(name, Value::Object(member));
            }
            value => _ = target.insert(name, value),
        }
    }
}

/// A JSON object of at most 64 KB in which no name stands twice.
///
/// # Errors
/// `invalid_client_metadata`.
pub(super) fn object(body: &[u8]) -> Result<Map<String, Value>, OAuthError> {
    if body.len() > LONGEST {
        return Err(refusal("the body is longer than 64 KB"));
    }
    json::parse(body).ok_or_else(|| refusal("the body is not a JSON object whose members differ in name"))
}

fn refuse_members(body: &Map<String, Value>, names: &[&str]) -> Result<(), OAuthError> {
    match names.iter().find(|name| given(body, name).is_some()) {
        Some(name) => Err(refusal(format!("{name} cannot be set"))),
        None => Ok(()),
    }
}

fn given<'a>(body: &'a Map<String, Value>, name: &str) -> Option<&'a Value> {
    body.get(name).filter(|value| !value.is_null())
}

fn refusal(description: impl Into<Cow<'static, str>>) -> OAuthError {
    OAuthError::new(ErrorCode::InvalidClientMetadata, description)
}

#[cfg(test)]
mod tests;
