//! `signing_keys`: those that Limen signs with, and those that clients encrypt to.

use serde::Deserialize;

use super::{Query, Rows, Statement, from_json};
use crate::{
    fault::Fault,
    oidc::jose::{
        jwt::SigningAlg,
        provider_key::{CLOCK_SKEW, DecryptionAlg, KeyAlg, ProviderKey, Schedule},
        published_jwks::KNOWN_TO_ALL_AFTER,
    },
    secret::KekVersion,
    time::{Lifetime, UnixTime},
};

/// The private half of a key, wrapped under a root.
#[derive(Clone)]
pub struct WrappedKey {
    pub wrapped: String,
    pub kek_version: KekVersion,
}

/// The key that signs now.
#[derive(Clone, Deserialize)]
pub struct CurrentKey {
    pub kid: String,
    pub alg: String,
    /// Absent when the caller said that it has the key already.
    pub wrapped_key: Option<String>,
    pub kek_version: KekVersion,
    /// Whether a successor still has to be made.
    pub wants_successor: i64,
}

/// The key that signs a client's tokens now. The private half comes along only when `kid` is not among those `at_hand`.
pub fn current_for_client(client_id: &str, at_hand: &str, now: UnixTime) -> Query<Option<CurrentKey>> {
    let registered = registered_alg("id_token_signed_response_alg");
    let alg = format!("COALESCE(NULLIF({registered}, 'none'), 'RS256')");
    current_where(&alg, client_id, at_hand, now)
}

/// The key that signs what UserInfo tells a client now. No row where it gets it unsigned.
pub fn current_for_userinfo(client_id: &str, at_hand: &str, now: UnixTime) -> Query<Option<CurrentKey>> {
    let alg = registered_alg("userinfo_signed_response_alg");
    current_where(&alg, client_id, at_hand, now)
}

/// The key that signs what introspection tells a client now.
pub fn current_for_introspection(client_id: &str, at_hand: &str, now: UnixTime) -> Query<Option<CurrentKey>> {
    let alg = format!(
        "COALESCE({}, 'RS256')",
        registered_alg("introspection_signed_response_alg")
    );
    current_where(&alg, client_id, at_hand, now)
}

/// What the client of the `?` registered in `field`, as SQL.
fn registered_alg(field: &str) -> String {
    format!("(SELECT json_extract(metadata, '$.{field}') FROM clients WHERE id = ?)")
}

fn current_where(alg: &str, client_id: &str, at_hand: &str, now: UnixTime) -> Query<Option<CurrentKey>> {
    Statement::new(format!("{CURRENT} WHERE k.alg = {alg} {CONDITION}"))
        .bind(now)
        .bind(at_hand)
        .bind(client_id)
        .bind(now)
        .bind(now)
        .read_by(Rows::first)
}

/// The key that signs with `alg` now.
pub fn current(alg: SigningAlg, at_hand: &str, now: UnixTime) -> Query<Option<CurrentKey>> {
    Statement::new(format!("{CURRENT} WHERE k.alg = ? {CONDITION}"))
        .bind(now)
        .bind(at_hand)
        .bind(alg.as_str())
        .bind(now)
        .bind(now)
        .read_by(Rows::first)
}

/// Its `kid` alone, if it is among those `at_hand`: a query within another statement.
pub(super) fn current_at_hand(alg: SigningAlg, at_hand: &str, now: UnixTime) -> Statement {
    Statement::new(format!(
        "SELECT value FROM json_each(?) INTERSECT
         SELECT kid FROM (SELECT k.kid FROM signing_keys k WHERE k.alg = ? {CONDITION})"
    ))
    .bind(at_hand)
    .bind(alg.as_str())
    .bind(now)
    .bind(now)
}

const CURRENT: &str = "SELECT k.kid, k.alg, k.kek_version,
        NOT EXISTS (SELECT 1 FROM signing_keys n WHERE n.alg = k.alg AND n.revoked_at IS NULL AND n.activate_at > ?)
            AS wants_successor,
        CASE WHEN k.kid IN (SELECT value FROM json_each(?)) THEN NULL ELSE k.wrapped_key END AS wrapped_key
    FROM signing_keys k";

const CONDITION: &str = "AND k.revoked_at IS NULL AND k.activate_at <= ? AND (k.retire_at IS NULL OR k.retire_at > ?)
    ORDER BY k.activate_at DESC LIMIT 1";

#[derive(Deserialize)]
struct Row {
    kid: String,
    alg: String,
    public_jwk: String,
    publish_at: i64,
    activate_at: i64,
    retire_at: Option<i64>,
    remove_at: Option<i64>,
    revoked_at: Option<i64>,
}

const PUBLIC_COLUMNS: &str = "kid, alg, public_jwk, publish_at, activate_at, retire_at, remove_at, revoked_at";

/// The public halves of all keys. Those for what this version does not know, of a newer one that was here before, are left
/// alone.
pub fn all() -> Query<Vec<ProviderKey>> {
    Statement::new(format!(
        "SELECT {PUBLIC_COLUMNS} FROM signing_keys ORDER BY alg, activate_at"
    ))
    .read_by(read_all)
}

/// The public half of one key.
pub fn find(kid: &str) -> Query<Option<ProviderKey>> {
    Statement::new(format!("SELECT {PUBLIC_COLUMNS} FROM signing_keys WHERE kid = ?"))
        .bind(kid)
        .read_by(|rows| Ok(read_all(rows)?.into_iter().next()))
}

fn read_all(rows: &Rows) -> Result<Vec<ProviderKey>, Fault> {
    rows.all::<Row>()?
        .into_iter()
        .filter_map(|row| Some((KeyAlg::parse(&row.alg)?, row)))
        .map(|(alg, row)| {
            Ok(ProviderKey {
                alg,
                jwk: from_json(&row.public_jwk)?,
                kid: row.kid,
                schedule: Schedule {
                    publish_at: UnixTime(row.publish_at),
                    activate_at: UnixTime(row.activate_at),
                    retire_at: row.retire_at.map(UnixTime),
                    remove_at: row.remove_at.map(UnixTime),
                    revoked_at: row.revoked_at.map(UnixTime),
                },
            })
        })
        .collect()
}

/// Adds a key, unless another request has added it: there is one current key an algorithm, and one next.
pub fn insert(key: &ProviderKey, private: &WrappedKey, now: UnixTime) -> Statement {
    Statement::new(
        "INSERT INTO signing_keys (kid, alg, public_jwk, wrapped_key, kek_version, publish_at, activate_at)
         SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7
         WHERE NOT EXISTS (
            SELECT 1 FROM signing_keys
            WHERE alg = ?2 AND revoked_at IS NULL AND (retire_at IS NULL OR retire_at > ?8)
              AND (activate_at > ?8) = (?7 > ?8))",
    )
    .bind(&key.kid)
    .bind(key.alg.as_str())
    .bind(&key.jwk.to_string())
    .bind(&private.wrapped)
    .bind(private.kek_version)
    .bind(key.schedule.publish_at)
    .bind(key.schedule.activate_at)
    .bind(now)
}

/// Sets the end of the keys that `successor`, if it was added, takes over from.
pub fn retire_predecessors(successor: &ProviderKey, longest_token: Lifetime) -> Statement {
    Statement::new(
        "UPDATE signing_keys SET retire_at = ?1, remove_at = ?2
         WHERE alg = ?3 AND kid <> ?4 AND revoked_at IS NULL AND activate_at < ?1 AND (retire_at IS NULL OR retire_at > ?5)
           AND EXISTS (SELECT 1 FROM signing_keys WHERE kid = ?4)",
    )
    .bind(successor.schedule.activate_at)
    .bind(successor.schedule.predecessor_remove_at(longest_token))
    .bind(successor.alg.as_str())
    .bind(&successor.kid)
    .bind(successor.schedule.publish_at)
}

/// Withdraws a key for good, and gives its algorithm. Nothing where there is no such key, or it was withdrawn before.
pub fn revoke(kid: &str, now: UnixTime) -> Query<Option<KeyAlg>> {
    Statement::new("UPDATE signing_keys SET revoked_at = ? WHERE kid = ? AND revoked_at IS NULL RETURNING alg")
        .bind(now)
        .bind(kid)
        .read_by(read_alg)
}

fn read_alg(rows: &Rows) -> Result<Option<KeyAlg>, Fault> {
    #[derive(Deserialize)]
    struct AlgRow {
        alg: String,
    }
    Ok(rows.first::<AlgRow>()?.and_then(|row| KeyAlg::parse(&row.alg)))
}

/// Lets a key that signs do so only until every app's copy of the JWKS has its successor: now, or soon. It stays published for as long
/// as its tokens live. It gives its algorithm, and nothing where it does not sign.
pub fn retire(kid: &str, longest_token: Lifetime, now: UnixTime) -> Query<Option<KeyAlg>> {
    Statement::new(format!(
        "UPDATE signing_keys SET retire_at = known_at, remove_at = known_at + ?4
         FROM (SELECT MAX(?2, publish_at + ?3) AS known_at FROM ({NEXT}))
         WHERE kid = ?1 AND revoked_at IS NULL AND activate_at <= ?2 AND (retire_at IS NULL OR retire_at > ?2)
         RETURNING alg"
    ))
    .bind(kid)
    .bind(now)
    .bind(KNOWN_TO_ALL_AFTER.seconds())
    .bind(Schedule::remove_at(now, longest_token).since(now).seconds())
    .read_by(read_alg)
}

/// Lets the next key take over from `kid` when that retires, if the statement before set when that is.
pub fn take_over_if_changed(kid: &str, now: UnixTime) -> Statement {
    Statement::new(format!(
        "UPDATE signing_keys SET activate_at = (SELECT retire_at FROM signing_keys WHERE kid = ?1)
         WHERE changes() > 0 AND kid = (SELECT kid FROM ({NEXT}))"
    ))
    .bind(kid)
    .bind(now)
}

/// The next key of the algorithm of the key `?1`, at the time `?2`.
const NEXT: &str = "SELECT kid, publish_at FROM signing_keys
    WHERE alg = (SELECT alg FROM signing_keys WHERE kid = ?1) AND revoked_at IS NULL AND activate_at > ?2
    ORDER BY activate_at LIMIT 1";

/// Lets the next key of the algorithm of the withdrawn `kid` sign at once, if nothing else of it does.
pub fn promote_next(kid: &str, now: UnixTime) -> Statement {
    Statement::new(format!(
        "UPDATE signing_keys SET activate_at = ?3
         WHERE kid = (SELECT kid FROM ({NEXT})) AND NOT EXISTS (
            SELECT 1 FROM signing_keys c
            WHERE c.alg = signing_keys.alg AND c.revoked_at IS NULL AND c.activate_at <= ?2
              AND (c.retire_at IS NULL OR c.retire_at > ?2))"
    ))
    .bind(kid)
    .bind(now)
    .bind(now - CLOCK_SKEW)
}

/// The keys that may open what was encrypted under `alg`, the newest first: the one that `kid` names, or all.
pub fn for_decryption(alg: DecryptionAlg, kid: Option<&str>, now: UnixTime) -> Query<Vec<CurrentKey>> {
    Statement::new(
        "SELECT kid, alg, wrapped_key, kek_version, 0 AS wants_successor FROM signing_keys
         WHERE alg = ?1 AND kid = COALESCE(?2, kid) AND revoked_at IS NULL AND (remove_at IS NULL OR remove_at > ?3)
         ORDER BY activate_at DESC LIMIT 4",
    )
    .bind(KeyAlg::Decrypt(alg).as_str())
    .bind(kid)
    .bind(now)
    .read_by(Rows::all)
}

/// Keys that may still be used and are not wrapped under the current root.
pub fn wrapped_under_others(current: KekVersion, now: UnixTime) -> Query<Vec<CurrentKey>> {
    Statement::new(
        "SELECT kid, alg, wrapped_key, kek_version, 0 AS wants_successor FROM signing_keys
         WHERE kek_version <> ? AND revoked_at IS NULL AND (remove_at IS NULL OR remove_at > ?)",
    )
    .bind(current)
    .bind(now)
    .read_by(Rows::all)
}

/// Stores a key as it is under another root, unless another request has done that, perhaps under a newer one.
pub fn rewrap(kid: &str, private: &WrappedKey, read: KekVersion) -> Statement {
    Statement::new("UPDATE signing_keys SET wrapped_key = ?, kek_version = ? WHERE kid = ? AND kek_version = ?")
        .bind(&private.wrapped)
        .bind(private.kek_version)
        .bind(kid)
        .bind(read)
}
