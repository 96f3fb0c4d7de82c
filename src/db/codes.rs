//! `codes`.

use serde::Deserialize;

use super::{
    Rows, Statement, basis::Basis, from_json, proof::Proof, readiness::Ready, scope_from_json, scope_to_json, to_json,
};
use crate::{
    account::user::User,
    config::Lifetimes,
    fault::Fault,
    oidc::{
        authorization::Authorization,
        client::Client,
        pkce::CodeChallenge,
        proven::{Amr, Proven},
        token::code_grant::{CodeRequest, Standing},
    },
    secret::Hash,
    time::UnixTime,
};

/// Inserts a code, if its basis stands.
pub fn insert(hash: &Hash, redirect_uri: &str, basis: &Basis<'_>, lifetimes: &Lifetimes) -> Statement {
    let request = basis.request;
    Statement::new(
        "INSERT INTO codes (hash, client_id, user_id, grant_id, session_id, redirect_uri, scope, claims, resources, nonce, code_challenge,
                            refreshable, auth_time, acr, amr, issued_at, expires_at)
         SELECT ?, c.id, u.id, g.id, s.id, ?, ?, ?, ?, ?, ?, ?, s.auth_time, s.acr, s.amr, ?, ?",
    )
    .bind(hash)
    .bind(redirect_uri)
    .bind(&scope_to_json(&request.scope))
    .bind(&to_json(&request.claims))
    .bind(&to_json(&request.resources))
    .bind(request.nonce.as_deref())
    .bind(request.code_challenge.as_ref().map(CodeChallenge::as_str))
    .bind(request.refreshable)
    .bind(basis.now)
    .bind(basis.now + lifetimes.code)
    .append(basis.from())
}

/// A request to redeem a code, as statements.
pub struct Redemption<'a> {
    pub hash: &'a Hash,
    pub request: &'a CodeRequest,
    pub proof: &'a Proof<'a>,
    pub ready: &'a Ready,
    /// The identifiers that tokens can be for, as JSON.
    pub audiences: &'a str,
    /// The family that the tokens will belong to.
    pub family_id: &'a str,
    pub client_id: &'a str,
    pub now: UnixTime,
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
    /// How the code stands to the request: the first thing that keeps it from being redeemed, or `good`. It is the condition of
    /// [`Redemption::redeem`], and the reason that is told. `IS NOT` holds for a request without verifier to a code without
    /// challenge, and for nothing else that differs.
    fn standing(&self) -> Statement {
        Statement::new(
            "CASE
                WHEN client_id <> ? THEN 'foreign'
                WHEN redirect_uri <> COALESCE(?, redirect_uri) THEN 'redirect_uri'
                WHEN code_challenge IS NOT ? THEN 'code_verifier'
                WHEN used_at IS NOT NULL THEN 'replayed'
                WHEN expires_at <= ? THEN 'expired'
                WHEN EXISTS (SELECT value FROM json_each(?) EXCEPT SELECT value FROM json_each(codes.resources)) THEN 'target'
                WHEN ? AND codes.resources <> '[]' AND NOT EXISTS (
                    SELECT value FROM json_each(codes.resources) INTERSECT SELECT value FROM json_each(?)) THEN 'no_target'
                WHEN NOT EXISTS (SELECT 1 FROM users WHERE users.id = codes.user_id AND disabled_at IS NULL) THEN 'ended'
                WHEN NOT ",
        )
        .bind(self.client_id)
        .bind(self.request.redirect_uri.as_ref())
        .bind(self.request.code_challenge.as_ref().map(CodeChallenge::as_str))
        .bind(self.now)
        .bind(&to_json(&self.request.resources.foreign()))
        .bind(self.request.resources.is_empty())
        .bind(self.audiences)
        .append(self.ready.condition(self.now))
        .append(Statement::new(
            " THEN 'not_ready'
                WHEN ? AND EXISTS (SELECT 1 FROM json_each(codes.scope) WHERE value = 'openid') THEN 'unreadable'
                ELSE 'good' END",
        ))
        .bind(self.ready.unreadable.is_some())
    }

    /// How the code stands, before it is redeemed.
    pub fn find(&self) -> Statement {
        Statement::new("SELECT ")
            .append(self.standing())
            .append(Statement::new(" AS standing, family_id FROM codes WHERE hash = ?"))
            .bind(self.hash)
    }

    /// What [`Redemption::find`] found, with the family of a code that was used before.
    pub fn read_standing(rows: &Rows) -> Result<Option<(Standing, Option<String>)>, Fault> {
        #[derive(Deserialize)]
        struct Row {
            standing: Standing,
            family_id: Option<String>,
        }
        Ok(rows.first::<Row>()?.map(|row| (row.standing, row.family_id)))
    }

    /// Burns the code, if it is the caller's and nothing keeps it from being redeemed: nobody else can burn it.
    pub fn redeem(&self) -> Statement {
        let statement = Statement::new("UPDATE codes SET used_at = ?, family_id = ? WHERE hash = ? AND ")
            .bind(self.now)
            .bind(self.family_id)
            .bind(self.hash)
            .append(self.proof.condition())
            .append(Statement::new(" AND 'good' = "))
            .append(self.standing());
        statement.append(Statement::new(
            " RETURNING session_id, scope, claims, resources, nonce, auth_time, acr, amr, refreshable",
        ))
    }

    /// Holds where [`Redemption::redeem`], before in the batch, burned the code.
    pub fn succeeded(&self) -> Statement {
        Statement::new("EXISTS (SELECT 1 FROM codes WHERE hash = ? AND family_id = ?)")
            .bind(self.hash)
            .bind(self.family_id)
    }

    /// Begins the family of the tokens, if [`Redemption::redeem`] burned the code just now.
    pub fn begin_family(&self, lifetimes: &Lifetimes) -> Statement {
        Statement::new(
            "INSERT INTO token_families (id, client_id, user_id, grant_id, session_id, scope, claims, resources, refreshable,
                                         generation, turned_at, auth_time, acr, amr, created_at, expires_at)
             SELECT family_id, client_id, user_id, grant_id, session_id, scope, claims, resources, refreshable, 0, used_at,
                    auth_time, acr, amr, used_at, CASE refreshable WHEN 1 THEN ? ELSE ? END
             FROM codes WHERE hash = ? AND family_id = ?",
        )
        .bind(self.now + lifetimes.refresh_token.max(lifetimes.access_token))
        .bind(self.now + lifetimes.access_token)
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
            proven: Proven {
                at: UnixTime(row.auth_time),
                acr: row.acr,
                amr: Amr::stored(&row.amr),
            },
            refreshable: row.refreshable != 0,
        }))
    }
}
