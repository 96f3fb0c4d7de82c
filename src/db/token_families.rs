//! `token_families` and `revoked_tokens`: what keeps tokens alive.

use serde::Deserialize;

use super::{
    Rows, Statement, audit, basis::Basis, from_json, proof::Proof, readiness::Ready, scope_from_json, scope_to_json,
    throttles, to_json, users,
};
use crate::{
    account::{throttle::Counter, user::User},
    audit::{Actor, Entry, Event, Occasion},
    config::Lifetimes,
    fault::Fault,
    oidc::{
        authorization::Authorization,
        claims_request::ClaimsRequest,
        client::Client,
        proven::{Amr, Proven},
        resource_indicator::Targets,
        scope::Scope,
        token::{
            access_token::AccessTokenClaims,
            refresh_grant::{RefreshToken, Standing, StoredFamily},
        },
    },
    secret::Hash,
    time::UnixTime,
};

/// Begins the family of an access token from the authorization endpoint, if its basis stands. No refresh token comes of it:
/// "The implicit grant type ... does not support the issuance of refresh tokens" (RFC 6749 section 4.2).
pub fn begin(family_id: &str, basis: &Basis<'_>, lifetimes: &Lifetimes) -> Statement {
    Statement::new(
        "INSERT INTO token_families (id, client_id, user_id, grant_id, session_id, scope, claims, resources, refreshable, generation,
                                     turned_at, auth_time, acr, amr, created_at, expires_at)
         SELECT ?, c.id, u.id, g.id, s.id, ?, ?, ?, 0, 0, ?, s.auth_time, s.acr, s.amr, ?, ?",
    )
    .bind(family_id)
    .bind(&scope_to_json(&basis.request.front_channel_scope()))
    .bind(&to_json(&basis.request.claims))
    .bind(&to_json(&basis.request.resources))
    .bind(basis.now)
    .bind(basis.now)
    .bind(basis.now + lifetimes.access_token)
    .append(basis.from())
}

/// A request to refresh, as statements.
pub struct Refreshing<'a> {
    pub token: &'a RefreshToken,
    /// What the client asks for, where it does.
    pub scope: Option<&'a Scope>,
    pub resources: &'a Targets,
    pub client_id: &'a str,
    pub proof: &'a Proof<'a>,
    pub ready: &'a Ready,
    /// The identifiers that tokens can be for, as JSON.
    pub audiences: &'a str,
    pub lifetimes: &'a Lifetimes,
    pub now: UnixTime,
}

#[derive(Deserialize)]
struct Row {
    id: String,
    standing: Standing,
    session_id: String,
    scope: String,
    claims: String,
    resources: String,
    refreshable: i64,
    auth_time: i64,
    acr: String,
    amr: String,
}

/// Holds for a family whose refresh token works: neither expired nor idle for too long, its person not disabled. Its consent
/// and its client stand, or the row would be gone.
const ALIVE: &str = "token_families.expires_at > ? AND token_families.turned_at > ?
    AND EXISTS (SELECT 1 FROM users WHERE users.id = token_families.user_id AND disabled_at IS NULL)";

/// What the audit says of a family.
const IDS: &str = "SELECT user_id, client_id, session_id FROM token_families";

impl Refreshing<'_> {
    /// How the family stands to the request: the first thing that keeps it from being refreshed, or whether its token is the
    /// `current` one or a `retried` one. It is the condition of all that acts, and the reason that is told.
    fn standing(&self) -> Statement {
        let statement = Statement::new(
            "CASE
                WHEN client_id <> ? OR generation < ? THEN 'foreign'
                WHEN generation > ? OR (generation = ? AND turned_at < ?) THEN 'reused'
                WHEN NOT (refreshable = 1 AND ",
        )
        .bind(self.client_id)
        .bind(self.token.generation)
        .bind(self.token.generation + 1)
        .bind(self.token.generation + 1)
        .bind(self.now - self.lifetimes.refresh_grace)
        .append(Statement::new(ALIVE))
        .bind(self.now)
        .bind(self.now - self.lifetimes.refresh_token_idle);
        statement
            .append(Statement::new(
                ") THEN 'ended'
                WHEN EXISTS (SELECT value FROM json_each(?) EXCEPT SELECT value FROM json_each(token_families.scope)) THEN 'scope'
                WHEN EXISTS (SELECT value FROM json_each(?) EXCEPT SELECT value FROM json_each(token_families.resources))
                    THEN 'target'
                WHEN ? AND token_families.resources <> '[]' AND NOT EXISTS (
                    SELECT value FROM json_each(token_families.resources) INTERSECT SELECT value FROM json_each(?))
                    THEN 'no_target'
                WHEN NOT ",
            ))
            .bind(&self.scope.map(scope_to_json).unwrap_or_else(|| "[]".to_owned()))
            .bind(&to_json(&self.resources.foreign()))
            .bind(self.resources.is_empty())
            .bind(self.audiences)
            .append(self.ready.condition(self.now))
            .append(Statement::new(
                " THEN 'not_ready'
                WHEN ? AND EXISTS (SELECT 1 FROM json_each(token_families.scope) WHERE value = 'openid') THEN 'unreadable'
                WHEN generation = ? THEN 'current'
                ELSE 'retried' END",
            ))
            .bind(self.ready.unreadable.is_some())
            .bind(self.token.generation)
    }

    /// The family as it stands.
    pub fn find(&self) -> Statement {
        Statement::new("SELECT id, session_id, scope, claims, resources, refreshable, auth_time, acr, amr, ")
            .append(self.standing())
            .append(Statement::new(" AS standing FROM token_families WHERE id = ?"))
            .bind(&self.token.family_id)
    }

    pub fn read(rows: &Rows, client: &Client, user: Option<&User>) -> Result<Option<StoredFamily>, Fault> {
        let row = rows.first::<Row>()?.zip(user);
        row.map(|(row, user)| row.into_family(user.sub_at(client))).transpose()
    }

    /// The part of a statement that picks the family, if the client proves itself and it stands like that.
    fn whose_standing_is(&self, standing: &'static str) -> Statement {
        Statement::new("id = ? AND ")
            .bind(&self.token.family_id)
            .append(self.proof.condition())
            .append(Statement::new(" AND ? = "))
            .bind(standing)
            .append(self.standing())
    }

    /// Rotates the family to its next generation, if the token is of the present one and nothing keeps it from being refreshed.
    /// Of any number of parallel requests one does.
    pub fn rotate(&self) -> Statement {
        Statement::new("UPDATE token_families SET generation = generation + 1, turned_at = ? WHERE ")
            .bind(self.now)
            .append(self.whose_standing_is("current"))
    }

    /// Holds where the token's successor is given out: [`Refreshing::rotate`], before in the batch, made it, or a request before.
    pub fn succeeded(&self) -> Statement {
        Statement::new("EXISTS (SELECT 1 FROM token_families WHERE ")
            .append(self.whose_standing_is("retried"))
            .append(Statement::new(")"))
    }

    /// Ends the family, if the token is an older one than a retry can bring.
    pub fn end_if_reused(&self) -> Statement {
        Statement::new("DELETE FROM token_families WHERE ").append(self.whose_standing_is("reused"))
    }

    /// Writes down that [`Refreshing::end_if_reused`], which comes next, ends the family.
    pub fn record_reuse(&self, on: &impl Occasion) -> Statement {
        let entry = Entry::new(Event::RefreshTokenReused, Actor::Client);
        let family = Statement::new(format!("{IDS} WHERE ")).append(self.whose_standing_is("reused"));
        audit::record_each(&entry, family, on)
    }
}

impl Row {
    fn into_family(self, sub: String) -> Result<StoredFamily, Fault> {
        Ok(StoredFamily {
            standing: self.standing,
            authorization: Authorization {
                family_id: self.id,
                sub,
                session_id: self.session_id,
                scope: scope_from_json(&self.scope)?,
                claims: from_json(&self.claims)?,
                resources: from_json(&self.resources)?,
                // "it SHOULD NOT have a nonce Claim" (Core section 12.2).
                nonce: None,
                proven: Proven {
                    at: UnixTime(self.auth_time),
                    acr: self.acr,
                    amr: Amr::stored(&self.amr),
                },
                refreshable: self.refreshable != 0,
            },
        })
    }
}

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
        Some(_) => "SELECT client_id FROM token_families WHERE id = ? AND client_id = ?",
        None => "SELECT id FROM clients WHERE id = ? AND id = ? AND auth_method <> 'none'",
    };
    let id = claims.family.as_ref().unwrap_or(&claims.client_id);
    Statement::new(format!(
        "INSERT INTO revoked_tokens (client_id, jti, expires_at) SELECT *, ?, ? FROM ({owner}) WHERE "
    ))
    .bind(&claims.jti)
    .bind(claims.exp)
    .bind(id)
    .bind(&claims.client_id)
    .append(throttles::within_limit_now(&claims.client_id, counter, now))
    .and(proof.condition())
    .append(Statement::new(" ON CONFLICT DO NOTHING"))
}

/// The person of an access token, if its family lives, or a row without a person, if its client does. No row: the token was
/// revoked. The claims are only as good as the token's signature, which the caller checks.
pub fn find_live(claims: &AccessTokenClaims, now: UnixTime) -> Statement {
    match &claims.family {
        Some(family_id) => Statement::new(format!(
            "SELECT {}, f.claims AS claims_request FROM token_families f JOIN users u ON u.id = f.user_id AND u.disabled_at IS NULL
             WHERE f.id = ? AND f.client_id = ? AND f.expires_at > ?
               AND NOT EXISTS (SELECT 1 FROM revoked_tokens r WHERE r.client_id = f.client_id AND r.jti = ?)",
            users::COLUMNS
        ))
        .bind(family_id)
        .bind(&claims.client_id)
        .bind(now)
        .bind(&claims.jti),
        None => Statement::new(
            "SELECT c.id FROM clients c
             WHERE c.id = ? AND NOT EXISTS (SELECT 1 FROM revoked_tokens r WHERE r.client_id = c.id AND r.jti = ?)",
        )
        .bind(&claims.client_id)
        .bind(&claims.jti),
    }
}

/// What the person of [`find_live`]'s row allowed beside the scopes.
pub fn read_claims_request(rows: &Rows) -> Result<ClaimsRequest, Fault> {
    #[derive(Deserialize)]
    struct Live {
        #[serde(default)]
        claims_request: Option<String>,
    }
    let text = rows.first::<Live>()?.and_then(|row| row.claims_request);
    text.map_or_else(|| Ok(ClaimsRequest::default()), |text| from_json(&text))
}

/// What introspection tells of a family.
pub struct RefreshStanding {
    pub user: User,
    pub scope: Scope,
    pub expires_at: UnixTime,
}

/// The family of a refresh token of `client_id`, if that very token works now.
pub fn find_refreshable(token: &RefreshToken, client_id: &str, lifetimes: &Lifetimes, now: UnixTime) -> Statement {
    Statement::new(format!(
        "SELECT scope, token_families.expires_at, {}
         FROM token_families JOIN users u ON u.id = token_families.user_id
         WHERE token_families.id = ? AND client_id = ? AND generation = ? AND refreshable = 1 AND {ALIVE}",
        users::COLUMNS
    ))
    .bind(&token.family_id)
    .bind(client_id)
    .bind(token.generation)
    .bind(now)
    .bind(now - lifetimes.refresh_token_idle)
}

pub fn read_refreshable(rows: &Rows) -> Result<Option<RefreshStanding>, Fault> {
    #[derive(Deserialize)]
    struct Row {
        scope: String,
        expires_at: i64,
        #[serde(flatten)]
        user: users::Row,
    }
    let Some(row) = rows.first::<Row>()? else {
        return Ok(None);
    };
    Ok(Some(RefreshStanding {
        user: row.user.into_user()?,
        scope: scope_from_json(&row.scope)?,
        expires_at: UnixTime(row.expires_at),
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
pub fn list_own(session_hash: &Hash, now: UnixTime) -> Statement {
    Statement::new(
        "SELECT client_id, scope, resources, created_at, turned_at, expires_at FROM token_families
         WHERE grant_id IN (SELECT g.id FROM grants g JOIN sessions s ON s.user_id = g.user_id WHERE s.hash = ?)
           AND expires_at > ? ORDER BY created_at",
    )
    .bind(session_hash)
    .bind(now)
}

pub fn read_own(rows: &Rows) -> Result<Vec<OwnFamily>, Fault> {
    rows.all()
}
