//! The proof of a client that calls, as a condition.

use super::{Statement, client_secrets::HAS_SECRET, dpop_proofs, replay::OneUse};
use crate::{
    oidc::{
        client::{client_auth::ClientCredentials, client_metadata::AuthMethod},
        single_use::SingleUse,
    },
    secret::{Hash, RootKeys},
    time::UnixTime,
};

/// A client's proof as a condition in SQL, for statements that must not act for anybody else. Comparing keyed hashes in SQL
/// tells a caller nothing by its time: they cannot choose a hash.
pub struct Proof<'a> {
    client_id: &'a str,
    by: By<'a>,
    /// The proof of a key that came along.
    dpop: Option<&'a SingleUse>,
    /// Of the page that sends the request.
    origin: Option<&'a str>,
    now: UnixTime,
}

/// Holds where pages of an origin may call for the client.
const IS_OF_ORIGIN: &str = " AND (json_type(clients.metadata, '$.allowed_origins') IS NULL
     OR ? IN (SELECT value FROM json_each(clients.metadata, '$.allowed_origins')))";

/// A client that named no method is registered for the default one, and may send its secret in the body, too.
const OR_ANY_SECRET_METHOD: &str =
    " OR auth_method = 'client_secret_basic' AND json_extract(clients.metadata, '$.limen_any_secret_method')";

enum By<'a> {
    /// A secret, or nothing.
    Secret { method: AuthMethod, hashes: String },
    /// What was checked before against this version of the client, and perhaps counts once.
    Version { version: i64, one_use: Option<&'a OneUse> },
}

impl<'a> Proof<'a> {
    /// Of a client that presents a secret, or nothing.
    pub fn of_secret(credentials: &'a ClientCredentials, roots: &RootKeys, now: UnixTime) -> Self {
        let hashes = credentials.secret_hashes(roots);
        let hashes: Vec<_> = hashes.iter().map(Hash::as_str).collect();
        Self {
            client_id: &credentials.client_id,
            by: By::Secret {
                method: credentials.method(),
                hashes: serde_json::to_string(&hashes).unwrap_or_default(),
            },
            dpop: None,
            origin: None,
            now,
        }
    }

    /// Of a client that was checked when it had this `version`, perhaps by what counts once.
    pub fn of_version(client_id: &'a str, version: i64, one_use: Option<&'a OneUse>, now: UnixTime) -> Self {
        Self {
            client_id,
            by: By::Version { version, one_use },
            dpop: None,
            origin: None,
            now,
        }
    }

    /// The same, from a page of that origin, where it comes from one.
    pub fn with_origin(self, origin: Option<&'a str>) -> Self {
        Self { origin, ..self }
    }

    /// The same, with a proof of a key that was not used before, where one came along.
    pub fn with_dpop(self, dpop: Option<&'a SingleUse>) -> Self {
        Self { dpop, ..self }
    }

    /// Holds when the client is the one that was checked before, and what counts once can be used; or when it is registered for
    /// the method presented, and the secret is its own.
    pub fn condition(&self) -> Statement {
        let client = self.condition_of_client();
        match self.dpop {
            Some(dpop) => client.and(dpop_proofs::is_unused(dpop, self.now)),
            None => client,
        }
    }

    fn condition_of_client(&self) -> Statement {
        match &self.by {
            By::Secret { method, hashes } => Statement::new(format!(
                "EXISTS (
                    SELECT 1 FROM clients
                    WHERE clients.id = ? AND (auth_method = ?{}) AND (auth_method = 'none' OR {HAS_SECRET})",
                match method {
                    AuthMethod::ClientSecretPost => OR_ANY_SECRET_METHOD,
                    _ => "",
                }
            ))
            .bind(self.client_id)
            .bind(method.as_str())
            .bind(hashes)
            .bind(self.now)
            .bind(self.now)
            .append(self.condition_of_origin()),
            By::Version { version, one_use } => {
                let same = Statement::new("EXISTS (SELECT 1 FROM clients WHERE clients.id = ? AND clients.version = ?")
                    .bind(self.client_id)
                    .bind(*version)
                    .append(self.condition_of_origin());
                match one_use {
                    Some(one_use) => same.and(one_use.condition(self.client_id, self.now)),
                    None => same,
                }
            }
        }
    }

    /// The rest of the condition of the client's row, with its end.
    fn condition_of_origin(&self) -> Statement {
        match self.origin {
            Some(origin) => Statement::new(format!("{IS_OF_ORIGIN})")).bind(origin),
            None => Statement::new(")"),
        }
    }
}
