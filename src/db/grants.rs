//! `grants`: what people allowed clients.

use std::collections::BTreeSet;

use serde::Deserialize;

use super::{
    Query, Rows, Statement,
    clients::is_operators,
    conditions::{self, behind},
    from_json, scope_from_json, scope_to_json, to_json,
};
use crate::{
    fault::Fault,
    oidc::{
        authentication::Consent,
        authorization_details::AuthorizationDetails,
        authorize::AuthRequest,
        claims,
        client::{Client, client_metadata::ClientMetadata},
        resource_indicator::Targets,
        scope::Scope,
    },
    secret::Hash,
    time::UnixTime,
};

/// The columns of [`Row`], of a table `g`.
pub(super) const COLUMNS: &str = "g.id AS grant_id, g.scope AS granted_scope, g.claims AS granted_claims,
    g.resources AS granted_resources, g.details AS granted_details";

#[derive(Deserialize)]
pub(super) struct Row {
    grant_id: String,
    granted_scope: String,
    granted_claims: String,
    granted_resources: String,
    granted_details: String,
}

impl Row {
    pub fn into_consent(self) -> Result<Consent, Fault> {
        Ok(Consent {
            grant_id: self.grant_id,
            scope: scope_from_json(&self.granted_scope)?,
            claims: from_json(&self.granted_claims)?,
            resources: from_json(&self.granted_resources)?,
            details: from_json(&self.granted_details)?,
        })
    }
}

/// What else a client may name for the first time where it redeems a row of `table`, behind an `EXCEPT`: any API for a client of the
/// operator's, and for others those that the person allowed it. A row that is for an API is for no other. Its `?` is the
/// identifiers that tokens can be for, as JSON.
pub(super) fn apis_named_late(table: &str) -> String {
    format!(
        "EXCEPT SELECT a.value FROM json_each(?) a
         WHERE {table}.resources IN ('[]', '[\"own\"]')
           AND (EXISTS (SELECT 1 FROM clients late WHERE late.id = {table}.client_id AND {})
                OR EXISTS (SELECT 1 FROM grants g, json_each(g.resources) allowed
                           WHERE g.id = {table}.grant_id AND allowed.value = a.value))",
        is_operators("late")
    )
}

/// A consent that is given.
pub struct Allowing<'a> {
    pub grant_id: &'a str,
    pub session_hash: &'a Hash,
    /// As the person was shown it.
    pub client: &'a Client,
    pub request: &'a AuthRequest,
    /// The reference of the pushed request, where it was one.
    pub pushed: Option<&'a Hash>,
}

/// Remembers that the person behind a session allows a client what it asks for, beside what they allowed before, if the client
/// is still the one that they were shown, and a pushed request was not answered before.
pub fn allow(allowing: &Allowing<'_>, now: UnixTime) -> Statement {
    let (client, request) = (allowing.client, allowing.request);
    let claims: BTreeSet<_> = claims::of_scope(&request.scope)
        .chain(request.claims.beyond(&request.scope))
        .collect();
    Statement::new(
        "INSERT INTO grants (id, user_id, client_id, scope, claims, resources, details, created_at, updated_at)
         SELECT ?, user_id, ?, ?, ?, ?, ?, ?, ? FROM sessions
         WHERE hash = ? AND EXISTS (SELECT 1 FROM clients WHERE clients.id = ? AND version = ?)
           AND (? OR EXISTS (SELECT 1 FROM pushed_requests p WHERE p.hash = ? AND p.client_id = ?
                                    AND COALESCE(p.user_id, sessions.user_id) = sessions.user_id AND ",
    )
    .bind(allowing.grant_id)
    .bind(&client.client_id)
    .bind(&scope_to_json(&request.scope))
    .bind(&to_json(&claims))
    .bind(&to_json(&request.at_apis))
    .bind(&to_json(&request.details))
    .bind(now)
    .bind(now)
    .bind(allowing.session_hash)
    .bind(&client.client_id)
    .bind(client.version)
    .bind(allowing.pushed.is_none())
    .bind(allowing.pushed)
    .bind(&client.client_id)
    .append(conditions::waits(now))
    .append(Statement::new(
        "))
         ON CONFLICT (user_id, client_id) DO UPDATE SET updated_at = excluded.updated_at, asked = 1,
            scope = (SELECT json_group_array(value) FROM (
                SELECT value FROM json_each(grants.scope) UNION SELECT value FROM json_each(excluded.scope))),
            claims = (SELECT json_group_array(value) FROM (
                SELECT value FROM json_each(grants.claims) UNION SELECT value FROM json_each(excluded.claims))),
            resources = (SELECT json_group_array(value) FROM (
                SELECT value FROM json_each(grants.resources) UNION SELECT value FROM json_each(excluded.resources))),
            details = CASE excluded.details WHEN '[]' THEN grants.details ELSE excluded.details END",
    ))
}

/// Takes back what a person allowed a client; codes and tokens go with it.
pub fn revoke(user_id: &str, client_id: &str) -> Query<bool> {
    Statement::new("DELETE FROM grants WHERE user_id = ? AND client_id = ? RETURNING id")
        .bind(user_id)
        .bind(client_id)
        .any()
}

/// Takes back what the person behind a session allowed a client: if that session is already gone, nothing is taken back.
pub fn revoke_own(session_hash: &Hash, client_id: &str) -> Statement {
    Statement::new(concat!(
        "DELETE FROM grants WHERE user_id = ",
        behind!(),
        " AND client_id = ? RETURNING id"
    ))
    .bind(session_hash)
    .bind(client_id)
}

/// A consent, as the person who gave it sees it.
pub struct OwnGrant {
    pub client_id: String,
    /// What the client registered.
    pub metadata: ClientMetadata,
    pub scope: Scope,
    /// The names of the claims that were allowed.
    pub claims: Vec<String>,
    /// The APIs that its tokens may be for.
    pub resources: Targets,
    /// What was allowed in more words: last, and before where tokens still give it.
    pub details: AuthorizationDetails,
    /// Whether the person was asked. If not, the app hands in assertions of another issuer.
    pub asked: bool,
    pub created_at: UnixTime,
    /// When what was allowed last grew or was allowed anew.
    pub updated_at: UnixTime,
    /// When the client last got tokens by it.
    pub last_used_at: Option<UnixTime>,
}

/// The consents of the person behind a session: those last used come first.
pub fn list_own(session_hash: &Hash, now: UnixTime) -> Query<Vec<OwnGrant>> {
    list(behind!(), now).bind(session_hash).read_by(read_own)
}

/// The consents of a person, in the same order.
pub fn list_of(user_id: &str, now: UnixTime) -> Query<Vec<OwnGrant>> {
    list("?", now).bind(user_id).read_by(read_own)
}

/// A consent has the details that were allowed last. Tokens that came of those before go on giving them.
fn list(user_id: &str, now: UnixTime) -> Statement {
    Statement::new(format!(
        "SELECT g.client_id, g.scope, g.claims, g.resources, g.asked, g.created_at, g.updated_at, g.last_used_at, c.metadata,
            (SELECT json_group_array(value) FROM (
                SELECT value FROM json_each(g.details) UNION
                SELECT held.value FROM token_families f JOIN json_each(f.details) held
                WHERE f.grant_id = g.id AND f.details <> '[]' AND f.expires_at > ?)) details
         FROM grants g JOIN clients c ON c.id = g.client_id
         WHERE g.user_id = {user_id}
         ORDER BY COALESCE(g.last_used_at, g.updated_at) DESC, g.id"
    ))
    .bind(now)
}

fn read_own(rows: &Rows) -> Result<Vec<OwnGrant>, Fault> {
    #[derive(Deserialize)]
    struct OwnRow {
        client_id: String,
        scope: String,
        claims: String,
        resources: String,
        details: String,
        asked: i64,
        created_at: i64,
        updated_at: i64,
        last_used_at: Option<i64>,
        metadata: String,
    }
    let read = |row: OwnRow| {
        Ok(OwnGrant {
            client_id: row.client_id,
            metadata: from_json(&row.metadata)?,
            scope: scope_from_json(&row.scope)?,
            claims: from_json(&row.claims)?,
            resources: from_json::<Targets>(&row.resources)?.without_scopes(),
            details: from_json(&row.details)?,
            asked: row.asked != 0,
            created_at: UnixTime(row.created_at),
            updated_at: UnixTime(row.updated_at),
            last_used_at: row.last_used_at.map(UnixTime),
        })
    };
    rows.all::<OwnRow>()?.into_iter().map(read).collect()
}
