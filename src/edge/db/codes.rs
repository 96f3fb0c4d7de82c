//! `codes`.

use serde::Deserialize;

use super::{Rows, Statement, basis::Basis, clients::Proof, from_json, scope_from_json, scope_to_json, to_json};
use crate::{
    account::user::User,
    config::Lifetimes,
    edge::fault::Fault,
    oidc::{
        authorization::Authorization,
        client::Client,
        pkce::CodeChallenge,
        token::code_grant::{CodeRequest, StoredCode},
    },
    secret::Hash,
    time::UnixTime,
};

/// Inserts a code, if its basis stands.
pub fn insert(hash: &Hash, redirect_uri: &str, basis: &Basis<'_>, lifetimes: &Lifetimes) -> Statement {
    let request = basis.request;
    let statement = Statement::new(format!(
        "INSERT INTO codes (hash, client_id, user_id, grant_id, session_id, redirect_uri, scope, claims, resources, nonce, code_challenge,
                            refreshable, auth_time, acr, amr, issued_at, expires_at)
         SELECT ?, c.id, u.id, g.id, s.id, ?, ?, ?, ?, ?, ?, ?, s.auth_time, s.acr, s.amr, ?, ? {}",
        Basis::FROM
    ))
    .bind(hash)
    .bind(redirect_uri)
    .bind(&scope_to_json(&request.scope))
    .bind(&to_json(&request.claims))
    .bind(&to_json(&request.resources))
    .bind(request.nonce.as_deref())
    .bind(request.code_challenge.as_ref().map(CodeChallenge::as_str))
    .bind(request.refreshable)
    .bind(basis.now)
    .bind(basis.now + lifetimes.code);
    basis.bind(statement)
}

/// A request to redeem a code, as statements.
pub struct Redemption<'a> {
    pub hash: &'a Hash,
    pub request: &'a CodeRequest,
    pub proof: &'a Proof<'a>,
    /// The family that the tokens will belong to.
    pub family_id: &'a str,
    pub client_id: &'a str,
}

#[derive(Deserialize)]
struct StoredRow {
    client_id: String,
    redirect_uri: String,
    code_challenge: Option<String>,
    resources: String,
    expires_at: i64,
    used_at: Option<i64>,
    family_id: Option<String>,
}

#[derive(Deserialize)]
struct RedeemedRow {
    session_id: String,
    scope: String,
    claims: String,
    resources: String,
    nonce: Option<String>,
    auth_time: i64,
    acr: String,
    amr: String,
    refreshable: i64,
}

impl Redemption<'_> {
    /// The code as it stands, to explain a refusal.
    pub fn find(&self) -> Statement {
        Statement::new(
            "SELECT client_id, redirect_uri, code_challenge, resources, expires_at, used_at, family_id FROM codes WHERE hash = ?",
        )
        .bind(self.hash)
    }

    pub fn read_stored(rows: &Rows) -> Result<Option<StoredCode>, Fault> {
        let Some(row) = rows.first::<StoredRow>()? else {
            return Ok(None);
        };
        Ok(Some(StoredCode {
            client_id: row.client_id,
            redirect_uri: row.redirect_uri,
            code_challenge: row.code_challenge,
            resources: from_json(&row.resources)?,
            expires_at: UnixTime(row.expires_at),
            used_at: row.used_at.map(UnixTime),
            family_id: row.family_id,
        }))
    }

    /// Burns the code, if it is the caller's and all that it is bound to agrees: nobody else can burn it. `IS` also matches
    /// a request without verifier to a code without challenge, and nothing else. Where its ID token is encrypted, the client
    /// must still be of the version of the `reader`, who can read it.
    pub fn redeem(&self, reader: Option<i64>, now: UnixTime) -> Statement {
        let statement = Statement::new(format!(
            "UPDATE codes SET used_at = ?, family_id = ?
             WHERE hash = ? AND client_id = ? AND used_at IS NULL AND expires_at > ?
               AND redirect_uri = COALESCE(?, redirect_uri) AND code_challenge IS ?
               AND NOT EXISTS (SELECT value FROM json_each(?) EXCEPT SELECT value FROM json_each(codes.resources))
               AND EXISTS (SELECT 1 FROM users WHERE users.id = codes.user_id AND disabled_at IS NULL)
               AND EXISTS (SELECT 1 FROM clients
                           WHERE clients.id = codes.client_id
                             AND (clients.metadata ->> 'id_token_encrypted_response_alg' IS NULL OR clients.version = ?
                                  OR NOT EXISTS (SELECT 1 FROM json_each(codes.scope) WHERE value = 'openid')))
               AND {}
             RETURNING session_id, scope, claims, resources, nonce, auth_time, acr, amr, refreshable",
            Proof::CONDITION
        ))
        .bind(now)
        .bind(self.family_id)
        .bind(self.hash)
        .bind(self.client_id)
        .bind(now)
        .bind(self.request.redirect_uri.as_ref())
        .bind(self.request.code_challenge.as_ref().map(CodeChallenge::as_str))
        .bind(&to_json(&self.request.resources.foreign()))
        .bind(reader);
        self.proof.bind(statement)
    }

    /// Begins the family of the tokens, if [`Redemption::redeem`] burned the code just now.
    pub fn begin_family(&self, lifetimes: &Lifetimes, now: UnixTime) -> Statement {
        Statement::new(
            "INSERT INTO token_families (id, client_id, user_id, grant_id, session_id, scope, claims, resources, refreshable,
                                         generation, turned_at, auth_time, acr, amr, created_at, expires_at)
             SELECT family_id, client_id, user_id, grant_id, session_id, scope, claims, resources, refreshable, 0, used_at,
                    auth_time, acr, amr, used_at, CASE refreshable WHEN 1 THEN ? ELSE ? END
             FROM codes WHERE hash = ? AND family_id = ?",
        )
        .bind(now + lifetimes.refresh_token.max(lifetimes.access_token))
        .bind(now + lifetimes.access_token)
        .bind(self.hash)
        .bind(self.family_id)
    }

    /// What was authorized, where [`Redemption::redeem`] burned the code.
    pub fn read_redeemed(
        &self,
        rows: &Rows,
        client: &Client,
        user: Option<&User>,
    ) -> Result<Option<Authorization>, Fault> {
        let Some(row) = rows.first::<RedeemedRow>()? else {
            return Ok(None);
        };
        let user = user.ok_or_else(|| Fault::new("codes", "a code without a person"))?;
        Ok(Some(Authorization {
            family_id: self.family_id.to_owned(),
            sub: user.sub_at(client),
            session_id: row.session_id,
            scope: scope_from_json(&row.scope)?,
            claims: from_json(&row.claims)?,
            resources: from_json(&row.resources)?,
            nonce: row.nonce,
            auth_time: UnixTime(row.auth_time),
            acr: row.acr,
            amr: from_json(&row.amr)?,
            refreshable: row.refreshable != 0,
        }))
    }
}
