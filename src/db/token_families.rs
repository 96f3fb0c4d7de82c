//! `token_families` and `revoked_tokens`: what keeps tokens alive.

use serde::Deserialize;

use super::{
    Query, Rows, Statement, audit,
    authorization::Life,
    conditions::{disabled_client, enabled, is_closed},
    dpop_proofs, from_json,
    memberships::{Along, App, asks_for_groups},
    preconditions::Preconditions,
    proof::Proof,
    scope_from_json, scope_to_json, throttles, to_json, users,
};
use crate::{
    account::{throttle::Counter, user::User},
    audit::{Actor, Entry, Event, Occasion},
    config::Lifetimes,
    fault::Fault,
    oidc::{
        claims_request::ClaimsRequest,
        resource_indicator::Targets,
        scope::Scope,
        single_use::SingleUse,
        token::{access_token::AccessTokenClaims, exchange::Granted, refresh_grant::RefreshToken},
    },
    secret::Hash,
    time::UnixTime,
};

/// Inserts a family that begins, with its columns in this order.
pub(super) const INSERT: &str =
    "INSERT INTO token_families (id, client_id, user_id, grant_id, session_id, scope, claims, resources, details, refreshable, generation,
                                 turned_at, auth_time, acr, amr, created_at, expires_at, binding)";

/// Begins the family of an access token from the authorization endpoint, if its preconditions hold. No refresh token comes of it:
/// "The implicit grant type ... does not support the issuance of refresh tokens" (RFC 6749 section 4.2).
pub fn begin(family_id: &str, preconditions: &Preconditions<'_>, lifetimes: &Lifetimes) -> Statement {
    Statement::new(format!(
        "{INSERT} SELECT ?, c.id, u.id, g.id, s.id, ?, ?, ?, ?, 0, 0, ?, s.auth_time, s.acr, s.amr, ?, ?, NULL"
    ))
    .bind(family_id)
    .bind(&scope_to_json(&preconditions.request.front_channel_scope()))
    .bind(&to_json(&preconditions.request.claims))
    .bind(&to_json(&preconditions.request.resources))
    .bind(&to_json(&preconditions.request.details))
    .bind(preconditions.now)
    .bind(preconditions.now)
    .bind(preconditions.now + lifetimes.access_token)
    .append(preconditions.from())
}

/// Holds for a family whose refresh token works: neither expired nor idle for too long, its person not disabled. Its consent
/// and its client stand, or the row would be gone.
pub(super) const ALIVE: &str = concat!(
    "token_families.expires_at > ? AND token_families.turned_at > ? AND ",
    enabled!("token_families.user_id")
);

/// What the audit says of a family.
pub(super) const IDS: &str = "SELECT user_id, client_id, session_id FROM token_families";

/// Writes down why [`end`], which comes next, ends a family.
pub fn record_end(entry: &Entry<'_>, family_id: &str, on: &impl Occasion) -> Statement {
    audit::record_each(entry, Statement::new(format!("{IDS} WHERE id = ?")).bind(family_id), on)
}

/// Ends a family, and all its tokens with it.
pub fn end(family_id: &str) -> Statement {
    Statement::new("DELETE FROM token_families WHERE id = ?").bind(family_id)
}

/// Ends a family on its client's word (RFC 7009), and writes it down.
pub fn end_for_client(family_id: &str, client_id: &str, proof: &Proof<'_>, on: &impl Occasion) -> [Statement; 2] {
    let entry = Entry::new(Event::TokenRevoked, Actor::Client);
    let theirs = |verb: &str| {
        Statement::new(format!("{verb} WHERE id = ? AND client_id = ? AND "))
            .bind(family_id)
            .bind(client_id)
            .append(proof.condition())
    };
    [
        audit::record_each(&entry, theirs(IDS), on),
        theirs("DELETE FROM token_families"),
    ]
}

/// Revokes one access token on its client's word (RFC 7009). The row counts for tokens of that client alone, and is written
/// only where there can be such a token: in a family of the client, or for a client that gets tokens of its own; and only as
/// often as `counter` allows where anybody can be the client.
pub fn revoke_access_token(
    claims: &AccessTokenClaims,
    proof: &Proof<'_>,
    counter: &Counter,
    now: UnixTime,
) -> Statement {
    let owner = match &claims.family {
        Some(_) => "SELECT c.id FROM clients c JOIN token_families f ON f.id = ? AND f.client_id = ? WHERE c.id = ?",
        None => {
            "SELECT id FROM clients WHERE id = ? AND id = ? AND id = ? AND auth_method <> 'none' AND EXISTS (
                SELECT 1 FROM json_each(metadata, '$.grant_types') WHERE value IN (
                    'client_credentials', 'urn:ietf:params:oauth:grant-type:jwt-bearer', 'urn:ietf:params:oauth:grant-type:token-exchange'))"
        }
    };
    let id = claims.family.as_ref().unwrap_or(&claims.client_id);
    Statement::new(format!(
        "INSERT INTO revoked_tokens (client_id, jti, expires_at) SELECT *, ?, ? FROM ({owner}) WHERE "
    ))
    .bind(&claims.jti)
    .bind(claims.exp)
    .bind(id)
    .bind(claims.granted_to())
    .bind(&claims.client_id)
    .append(throttles::within_limit_now(&claims.client_id, counter, now))
    .and(proof.condition())
    .append(Statement::new(" ON CONFLICT DO NOTHING"))
}

/// Uses up the proof that came with an access token, where its family can still be there: nobody else makes rows. Says whether it was
/// used for the first time.
pub fn use_up_dpop_proof(family_id: &str, claims: &AccessTokenClaims, proof: &SingleUse, now: UnixTime) -> Query<bool> {
    let alive = Statement::new(
        "EXISTS (SELECT 1 FROM token_families f WHERE f.id = ? AND f.client_id = ? AND f.expires_at > ?)",
    )
    .bind(family_id)
    .bind(&claims.client_id)
    .bind(now);
    dpop_proofs::use_up(proof, alive, now)
}

/// What an access token is alive with.
pub struct Alive {
    /// The person, where it is a person's.
    pub user: Option<User>,
    /// What the person allowed beside the scopes.
    pub claims_request: ClaimsRequest,
}

/// What an access token is alive with: its family and the person, or its client. Nothing where it was revoked. The claims are only
/// as good as the token's signature, which the caller checks.
pub fn find_live(claims: &AccessTokenClaims, along: Along, now: UnixTime) -> Query<Option<Alive>> {
    match &claims.family {
        Some(family_id) => Statement::new(format!("SELECT {}, f.claims AS claims_request", users::COLUMNS))
            .append(along.columns(App::Column("f.client_id"), &asks_for_groups("f")))
            .append(living_with(family_id, claims, now))
            .read_by(read_live_of_person),
        None => Statement::new(
            "SELECT c.id FROM clients c
             WHERE c.id = ? AND json_extract(c.metadata, '$.disabled') IS NOT 1
               AND NOT EXISTS (SELECT 1 FROM revoked_tokens r WHERE r.client_id = c.id AND r.jti = ?)",
        )
        .bind(&claims.client_id)
        .bind(&claims.jti)
        .read_by(|rows| {
            Ok(rows.any().then(|| Alive {
                user: None,
                claims_request: ClaimsRequest::default(),
            }))
        }),
    }
}

/// The family with which a person's access token lives, and the person.
fn living_with(family_id: &str, claims: &AccessTokenClaims, now: UnixTime) -> Statement {
    let living = Statement::new(concat!(
        " FROM token_families f JOIN users u ON u.id = f.user_id AND u.disabled_at IS NULL
         WHERE f.id = ? AND f.client_id = ? AND f.expires_at > ?
           AND NOT EXISTS (SELECT 1 FROM revoked_tokens r WHERE r.client_id = ? AND r.jti = ?) AND NOT ",
        disabled_client!("f.client_id")
    ));
    let living = living
        .bind(family_id)
        .bind(claims.granted_to())
        .bind(now)
        .bind(&claims.client_id)
        .bind(&claims.jti);
    match &claims.family_client {
        None => living,
        Some(_) => living
            .append(Statement::new(" AND EXISTS (SELECT 1 FROM clients c WHERE c.id = ? AND json_extract(c.metadata, '$.disabled') IS NOT 1)"))
            .bind(&claims.client_id),
    }
}

/// The person whose token `client_id` may exchange, as far as D1 can tell: it lives, and that client is for them. With what they let
/// the app have that the token began with.
pub fn find_exchangeable(claims: &AccessTokenClaims, client_id: &str, now: UnixTime) -> Query<Option<(User, Granted)>> {
    Statement::new(format!("SELECT f.scope, f.resources, {}", users::COLUMNS))
        .append(exchangeable(claims, client_id, now))
        .read_by(read_exchangeable)
}

fn read_exchangeable(rows: &Rows) -> Result<Option<(User, Granted)>, Fault> {
    #[derive(Deserialize)]
    struct Row {
        scope: String,
        resources: String,
        #[serde(flatten)]
        user: users::Row,
    }
    let Some(row) = rows.first::<Row>()? else {
        return Ok(None);
    };
    let granted = Granted {
        scope: scope_from_json(&row.scope)?,
        resources: from_json(&row.resources)?,
    };
    Ok(Some((row.user.into_user()?, granted)))
}

/// Holds where [`find_exchangeable`] finds somebody.
pub fn is_exchangeable(claims: &AccessTokenClaims, client_id: &str, now: UnixTime) -> Statement {
    Statement::new("EXISTS (SELECT 1")
        .append(exchangeable(claims, client_id, now))
        .append(Statement::new(")"))
}

fn exchangeable(claims: &AccessTokenClaims, client_id: &str, now: UnixTime) -> Statement {
    // A client's own token has no family, and no person whom another could act for.
    let family_id = claims.family.as_deref().unwrap_or_default();
    living_with(family_id, claims, now)
        .append(Statement::new(format!(" AND NOT {}", is_closed("?", "f.user_id"))))
        .bind(client_id)
}

fn read_live_of_person(rows: &Rows) -> Result<Option<Alive>, Fault> {
    #[derive(Deserialize)]
    struct Live {
        claims_request: String,
        #[serde(flatten)]
        user: users::Row,
    }
    let Some(live) = rows.first::<Live>()? else {
        return Ok(None);
    };
    Ok(Some(Alive {
        user: Some(live.user.into_user()?),
        claims_request: from_json(&live.claims_request)?,
    }))
}

/// What introspection tells of a family.
pub struct RefreshStanding {
    pub user: User,
    pub scope: Scope,
    pub life: Life,
}

/// The family of a refresh token of `client_id`, if that very token works now, and the client is for its person.
pub fn find_refreshable(
    token: &RefreshToken,
    client_id: &str,
    lifetimes: &Lifetimes,
    now: UnixTime,
) -> Query<Option<RefreshStanding>> {
    Statement::new(format!(
        "SELECT scope, turned_at, token_families.expires_at, {}
         FROM token_families JOIN users u ON u.id = token_families.user_id
         WHERE token_families.id = ? AND client_id = ? AND generation = ? AND refreshable = 1 AND {ALIVE} AND NOT {}",
        users::COLUMNS,
        is_closed("token_families.client_id", "token_families.user_id"),
    ))
    .bind(&token.family_id)
    .bind(client_id)
    .bind(token.generation)
    .bind(now)
    .bind(now - lifetimes.refresh_token_idle)
    .read_by(read_refreshable)
}

fn read_refreshable(rows: &Rows) -> Result<Option<RefreshStanding>, Fault> {
    #[derive(Deserialize)]
    struct Row {
        scope: String,
        #[serde(flatten)]
        life: Life,
        #[serde(flatten)]
        user: users::Row,
    }
    let Some(row) = rows.first::<Row>()? else {
        return Ok(None);
    };
    Ok(Some(RefreshStanding {
        user: row.user.into_user()?,
        scope: scope_from_json(&row.scope)?,
        life: row.life,
    }))
}

/// The tokens that an app has, as the person whom they are about sees them.
#[derive(Deserialize)]
pub struct OwnFamily {
    pub client_id: String,
    scope: String,
    resources: String,
    pub created_at: i64,
    pub turned_at: i64,
    pub expires_at: i64,
}

impl OwnFamily {
    pub fn scope(&self) -> Result<Scope, Fault> {
        scope_from_json(&self.scope)
    }

    pub fn resources(&self) -> Result<Targets, Fault> {
        from_json(&self.resources)
    }
}

/// What keeps tokens of the person behind a session alive.
pub fn list_own(session_hash: &Hash, now: UnixTime) -> Query<Vec<OwnFamily>> {
    Statement::new(
        "SELECT client_id, scope, resources, created_at, turned_at, expires_at FROM token_families
         WHERE grant_id IN (SELECT g.id FROM grants g JOIN sessions s ON s.user_id = g.user_id WHERE s.hash = ?)
           AND expires_at > ? ORDER BY created_at",
    )
    .bind(session_hash)
    .bind(now)
    .read_by(Rows::all)
}
