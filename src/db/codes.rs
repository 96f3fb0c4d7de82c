//! `codes`.

use serde::Deserialize;

use super::{
    Query, Rows, Statement,
    authorization::{self, AuthorizationRow},
    conditions::enabled,
    preconditions::Preconditions,
    scope_to_json, to_json,
    token_conditions::TokenConditions,
    token_families,
};
use crate::{
    config::{FapiProfile, Lifetimes},
    fault::Fault,
    oidc::{
        authorization::Authorization,
        pkce::CodeChallenge,
        token::code_grant::{CodeRequest, Standing},
    },
    secret::Hash,
};

/// A code that is about to be given.
pub struct NewCode<'a> {
    pub hash: &'a Hash,
    pub redirect_uri: &'a str,
    /// What its tokens belong to where a device fetches them, in place of the session: they do not end when the person signs out of the
    /// browser in which they answered.
    pub apart: Option<String>,
}

/// Inserts a code, if its preconditions hold, and says whether they did. A device may fetch its own for as long as it was told.
pub fn insert(code: &NewCode<'_>, preconditions: &Preconditions<'_>, lifetimes: &Lifetimes) -> Query<bool> {
    let request = preconditions.request;
    let lifetime = match preconditions.client.metadata.is_fapi() {
        true => lifetimes.code.min(FapiProfile::LONGEST_CODE),
        false => lifetimes.code,
    };
    let expires_at = preconditions.now + lifetime;
    let expiry = match &code.apart {
        None => Statement::new("?, ?").bind(preconditions.now).bind(expires_at),
        Some(_) => Statement::new("?, MAX(?, (SELECT expires_at FROM pushed_requests WHERE hash = ?))")
            .bind(preconditions.now)
            .bind(expires_at)
            .bind(code.hash),
    };
    Statement::new(
        "INSERT INTO codes (hash, client_id, user_id, grant_id, session_id, redirect_uri, scope, claims, resources, details, nonce, code_challenge,
                            refreshable, binding, auth_time, acr, amr, issued_at, expires_at)
         SELECT ?, c.id, u.id, g.id, COALESCE(?, s.id), ?, ?, ?, ?, ?, ?, ?, ?, ?, s.auth_time, s.acr, s.amr, ",
    )
    .bind(code.hash)
    .bind(code.apart.as_deref())
    .bind(code.redirect_uri)
    .bind(&scope_to_json(&request.scope))
    .bind(&to_json(&request.claims))
    .bind(&to_json(&request.resources))
    .bind(&to_json(&request.details))
    .bind(request.nonce.as_deref())
    .bind(request.code_challenge.as_ref().map(CodeChallenge::as_str))
    .bind(request.refreshable)
    .bind(request.binding.as_ref().map(to_json).as_ref())
    .append(expiry)
    .append(preconditions.from())
    .append(Statement::new(" RETURNING hash"))
    .any()
}

/// A request to redeem a code, as statements.
pub struct Redemption<'a> {
    pub conditions: TokenConditions<'a>,
    pub hash: &'a Hash,
    pub request: &'a CodeRequest,
    /// The family that the tokens will belong to.
    pub family_id: &'a str,
}

/// What was authorized by a code that is burned now.
#[derive(Deserialize)]
pub struct Redeemed {
    nonce: Option<String>,
    #[serde(flatten)]
    row: AuthorizationRow,
}

/// A code, as it stood before it was redeemed.
#[derive(Deserialize)]
pub struct FoundCode {
    pub standing: Standing,
    /// The family of a code that was used before.
    pub family_id: Option<String>,
}

impl Redemption<'_> {
    /// How the code stands to the request: the first thing that keeps it from being redeemed, or `good`. It is the condition of
    /// [`Redemption::redeem`], and the reason that is told. `IS NOT` holds for a request without verifier to a code without
    /// challenge, and for nothing else that differs.
    fn standing(&self) -> Statement {
        let conditions = &self.conditions;
        Statement::new(
            "CASE
                WHEN client_id <> ? THEN 'foreign'
                WHEN redirect_uri <> COALESCE(?, redirect_uri) THEN 'redirect_uri'
                WHEN code_challenge IS NOT ? THEN 'code_verifier'",
        )
        .bind(conditions.client_id)
        .bind(self.request.redirect_uri.as_ref())
        .bind(self.request.code_challenge.as_ref().map(CodeChallenge::as_str))
        .append(conditions.case_of_binding("codes", Statement::new("'binding'")))
        .append(Statement::new(
            " WHEN used_at IS NOT NULL THEN 'replayed' WHEN expires_at <= ? THEN 'expired'",
        ))
        .bind(conditions.now)
        .append(self.cases_of_basis())
        .append(Statement::new(" ELSE 'good' END"))
    }

    /// The cases in which what the code rests on does not stand: it has to as often as tokens are made.
    fn cases_of_basis(&self) -> Statement {
        let conditions = &self.conditions;
        conditions
            .cases_of_targets("codes")
            .append(conditions.case_of_details("codes"))
            .append(Statement::new(concat!(
                " WHEN NOT ",
                enabled!("codes.user_id"),
                " THEN 'ended'"
            )))
            .append(conditions.cases_of_readiness("codes"))
            .append(conditions.case_of_person("codes"))
    }

    /// How the code stands, before it is redeemed.
    pub fn find(&self) -> Query<Option<FoundCode>> {
        Statement::new("SELECT ")
            .append(self.standing())
            .append(Statement::new(" AS standing, family_id FROM codes WHERE hash = ?"))
            .bind(self.hash)
            .read_by(Rows::first)
    }

    /// Burns the code, if it is the caller's and nothing keeps it from being redeemed: nobody else can burn it.
    pub fn redeem(&self) -> Query<Option<Redeemed>> {
        Statement::new("UPDATE codes SET used_at = ?, family_id = ? WHERE hash = ? AND ")
            .bind(self.conditions.now)
            .bind(self.family_id)
            .bind(self.hash)
            .append(self.conditions.proof.condition())
            .append(Statement::new(" AND 'good' = "))
            .append(self.standing())
            .append(Statement::new(format!(
                " RETURNING nonce, {}",
                authorization::columns("codes")
            )))
            .read_by(Rows::first)
    }

    /// Holds where [`Redemption::redeem`], before in the batch, burned the code.
    pub fn succeeded(&self) -> Statement {
        Statement::new("EXISTS (SELECT 1 FROM codes WHERE hash = ? AND family_id = ?)")
            .bind(self.hash)
            .bind(self.family_id)
    }

    /// Begins the family of the tokens, if [`Redemption::redeem`] burned the code just now. That of a public client is bound: "the
    /// refresh token MUST be bound to the respective public key"; what others refresh with is "already sender-constrained" by how they
    /// authenticate (RFC 9449 section 5).
    pub fn begin_family(&self) -> Statement {
        let TokenConditions {
            lifetimes,
            now,
            binding,
            ready,
            ..
        } = &self.conditions;
        Statement::new(format!(
            "{} SELECT family_id, client_id, user_id, grant_id, session_id, scope, claims, resources, details, refreshable, 0, used_at,
                    auth_time, acr, amr, used_at, CASE refreshable WHEN 1 THEN MAX(?, MIN(?, used_at + COALESCE((
                        SELECT json_extract(metadata, '$.refresh_token_lifetime') FROM clients WHERE clients.id = codes.client_id), 1e10)))
                    ELSE ? END,
                    CASE (SELECT auth_method FROM clients WHERE clients.id = codes.client_id) WHEN 'none' THEN ? END
             FROM codes WHERE hash = ? AND family_id = ?",
            token_families::INSERT
        ))
        .bind(*now + ready.tokens_live)
        .bind(*now + lifetimes.refresh_token)
        .bind(*now + ready.tokens_live)
        .bind(*binding)
        .bind(self.hash)
        .bind(self.family_id)
    }

    /// What was authorized by a code that was redeemed for tokens which its client may not have got yet: none of them was refreshed.
    pub fn find_undelivered(&self) -> Query<Option<Undelivered>> {
        Statement::new("SELECT CASE WHEN client_id <> ? THEN 'foreign'")
            .bind(self.conditions.client_id)
            .append(self.conditions.case_of_binding("codes", Statement::new("'binding'")))
            .append(self.cases_of_basis())
            .append(Statement::new(format!(
                " ELSE 'good' END AS standing, family_id, nonce, {} FROM codes WHERE hash = ?
                   AND EXISTS (SELECT 1 FROM token_families f WHERE f.id = codes.family_id AND f.generation = 0)",
                authorization::columns("codes")
            )))
            .bind(self.hash)
            .read_by(Rows::first)
    }
}

/// See [`Redemption::find_undelivered`].
#[derive(Deserialize)]
pub struct Undelivered {
    /// How it stands now.
    pub standing: Standing,
    pub family_id: String,
    #[serde(flatten)]
    pub redeemed: Redeemed,
}

impl Redeemed {
    /// What was authorized, by the person whom the client knows as `sub`.
    pub fn into_authorization(self, family_id: String, sub: String) -> Result<Authorization, Fault> {
        Ok(Authorization {
            nonce: self.nonce,
            ..self.row.into_authorization(family_id, sub)?
        })
    }
}
