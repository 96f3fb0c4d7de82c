//! The secrets in a row of `clients`: two have columns of their own, for conditions in SQL; the others are in `secret_details`, with what
//! is known of all. When each was used is in `secret_uses`.

use serde_json::{Map, Value, json};

use super::{Statement, from_json};
use crate::{
    fault::Fault,
    oidc::client::{SecretAtRest, StoredSecret, stored_secret::AboutSecret},
    secret::{Hash, WrappedSecret},
    time::UnixTime,
};

/// The ids of secrets of which nothing is known: those from before that was kept.
const UNKNOWN: (&str, &str) = ("1", "0");

/// The columns of a row that are about secrets: hash and wrapped secret of each that has columns of its own.
pub(super) struct Columns<'a> {
    pub current: (Option<String>, Option<String>),
    pub previous: (Option<String>, Option<String>),
    pub previous_ends_at: Option<UnixTime>,
    pub details: Option<&'a str>,
    pub uses: Option<&'a str>,
}

pub(super) fn read(columns: Columns<'_>) -> Result<Option<StoredSecret>, Fault> {
    let Some(hash) = columns.current.0 else {
        return Ok(None);
    };
    let parse = |text: Option<&str>| text.map_or(Ok(Value::Null), from_json::<Value>);
    let (details, uses) = (parse(columns.details)?, parse(columns.uses)?);
    let at_rest = |hash: String, wrapped: Option<String>, known: &Value, id: &str| {
        let id = known.get("id").and_then(Value::as_str).unwrap_or(id);
        let time = |value: Option<&Value>| value.and_then(Value::as_f64).map(|at| UnixTime(at as i64));
        let name = known.get("name").and_then(Value::as_str);
        SecretAtRest {
            hash: Hash::stored(hash),
            wrapped: wrapped.map(WrappedSecret::stored),
            about: AboutSecret {
                id: id.to_owned(),
                name: name.map(str::to_owned),
                made_at: time(known.get("made_at")),
                ends_at: time(known.get("ends_at")),
                used_at: time(uses.get(id)),
            },
        }
    };
    let of_more = |(id, known): (&String, &Value)| {
        let text = |name: &str| known.get(name).and_then(Value::as_str).map(str::to_owned);
        Some(at_rest(text("hash")?, text("wrapped"), known, id))
    };
    let more = details.get("more").and_then(Value::as_object);
    let mut more: Vec<_> = more.into_iter().flatten().filter_map(of_more).collect();
    more.sort_by(|one, other| (one.about.made_at, &one.about.id).cmp(&(other.about.made_at, &other.about.id)));
    let of_own = |name: &str| details.get(name).unwrap_or(&Value::Null);
    let (previous, wrapped) = columns.previous;
    let previous = previous.map(|hash| at_rest(hash, wrapped, of_own("previous"), UNKNOWN.1));
    Ok(Some(StoredSecret {
        current: at_rest(hash, columns.current.1, of_own("main"), UNKNOWN.0),
        previous: previous.zip(columns.previous_ends_at),
        more,
    }))
}

/// `secret_details`.
pub(super) fn details(stored: &StoredSecret) -> String {
    let known = |about: &AboutSecret| {
        let members = [
            ("id", json!(about.id)),
            ("name", json!(about.name)),
            ("made_at", json!(about.made_at)),
            ("ends_at", json!(about.ends_at)),
        ];
        members.map(|(name, value)| (name.to_owned(), value))
    };
    let of_more = |secret: &SecretAtRest| {
        let at_rest = [
            ("hash", json!(secret.hash.as_str())),
            ("wrapped", json!(secret.wrapped.as_ref().map(WrappedSecret::as_str))),
        ];
        let at_rest = at_rest.map(|(name, value)| (name.to_owned(), value));
        let all = known(&secret.about).into_iter().chain(at_rest);
        (secret.about.id.clone(), Value::Object(all.collect()))
    };
    let more: Map<String, Value> = stored.more.iter().map(of_more).collect();
    let previous = stored.previous.as_ref().map(|(secret, _)| &secret.about);
    let own = [("main", Some(&stored.current.about)), ("previous", previous)];
    let mut details: Map<String, Value> = own
        .into_iter()
        .filter_map(|(name, about)| Some((name.to_owned(), Value::Object(known(about?).into_iter().collect()))))
        .collect();
    if !more.is_empty() {
        details.insert("more".to_owned(), Value::Object(more));
    }
    Value::Object(details).to_string()
}

/// The ids of all of them, as a JSON array.
pub(super) fn ids(stored: Option<&StoredSecret>) -> String {
    let all = stored.iter().flat_map(|stored| {
        let previous = stored.previous.iter().map(|(secret, _)| secret);
        std::iter::once(&stored.current).chain(previous).chain(&stored.more)
    });
    all.map(|secret| secret.about.id.as_str())
        .collect::<Value>()
        .to_string()
}

/// Holds for a row of `clients` with one of these hashes, as a JSON array, among the secrets that work `now`: three values.
pub(super) const HAS_SECRET: &str = "EXISTS (
    SELECT 1 FROM json_each(?) h
    WHERE h.value = secret_hash
       OR h.value = previous_secret_hash AND previous_secret_expires_at > ?
       OR EXISTS (SELECT 1 FROM json_each(secret_details, '$.more') m
                  WHERE m.value ->> 'hash' = h.value AND COALESCE(m.value ->> 'ends_at' > ?, TRUE)))";

/// Notes that a secret was used, once a day.
pub fn mark_used(client_id: &str, id: &str, now: UnixTime) -> Statement {
    let path = format!("$.\"{id}\"");
    Statement::new(
        "UPDATE clients SET secret_uses = json_set(COALESCE(secret_uses, '{}'), ?, CAST(? AS INTEGER))
         WHERE id = ? AND COALESCE(json_extract(secret_uses, ?) <= ?, TRUE)",
    )
    .bind(&path)
    .bind(now)
    .bind(client_id)
    .bind(&path)
    .bind(AboutSecret::marked_before(now))
}

/// Stores a secret as it is under another root, wherever it is, unless another request has changed it.
pub fn move_to_root(client_id: &str, old: &Hash, new: &SecretAtRest) -> [Statement; 3] {
    let at = |member: &str| format!("$.more.\"{}\".{member}", new.about.id);
    let own = |hash: &str, wrapped: &str| {
        Statement::new(format!(
            "UPDATE clients SET {hash} = ?, {wrapped} = ? WHERE id = ? AND {hash} = ?"
        ))
        .bind(&new.hash)
        .bind(new.wrapped.as_ref())
        .bind(client_id)
        .bind(old)
    };
    let among_more = Statement::new(
        "UPDATE clients SET secret_details = json_set(secret_details, ?, ?, ?, ?)
         WHERE id = ? AND json_extract(secret_details, ?) = ?",
    )
    .bind(&at("hash"))
    .bind(&new.hash)
    .bind(&at("wrapped"))
    .bind(new.wrapped.as_ref())
    .bind(client_id)
    .bind(&at("hash"))
    .bind(old);
    let current = own("secret_hash", "wrapped_secret");
    let previous = own("previous_secret_hash", "previous_wrapped_secret");
    [current, previous, among_more]
}
