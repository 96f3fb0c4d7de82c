//! A client's secret is checked twice: by the statement that acts, and in Rust for the answer. Both always agree.

use std::collections::BTreeMap;

use base64::{Engine, engine::general_purpose::STANDARD};
use serde_json::json;

use super::sqlite::Sqlite;
use crate::{
    db::{
        Batch, Statement,
        clients::{self, ClientRecord},
        proof::Proof,
    },
    oidc::{
        client::{
            Client, SecretAtRest, StoredSecret,
            client_auth::{ClientCredentials, secret_hash},
        },
        params::Params,
    },
    secret::{ClientSecret, RootKeys},
    time::{Lifetime, UnixTime},
};

const NOW: UnixTime = UnixTime(1_800_000_000);

fn roots(versions: &[u32], current: u32) -> RootKeys {
    let keys: BTreeMap<_, _> = versions
        .iter()
        .map(|version| (*version, [*version as u8; 32]))
        .collect();
    RootKeys::new(keys, current, String::new()).unwrap()
}

fn at_rest(secret: &str, roots: &RootKeys) -> SecretAtRest {
    let hash = secret_hash(roots, "c", &ClientSecret::presented(secret.to_owned()));
    SecretAtRest::unnamed(hash, None, secret)
}

/// One that an operator added.
fn ending(secret: &str, ends_at: Option<UnixTime>, roots: &RootKeys) -> SecretAtRest {
    let mut secret = at_rest(secret, roots);
    secret.about.ends_at = ends_at;
    secret
}

/// A client of each method, whose secret was renewed: the one before works for another minute, or no more, as one
/// that was added does; another has no end.
fn records() -> Vec<ClientRecord> {
    let old = roots(&[1], 1);
    let methods = [
        json!({ "token_endpoint_auth_method": "none" }),
        json!({ "token_endpoint_auth_method": "client_secret_basic" }),
        json!({ "token_endpoint_auth_method": "client_secret_post" }),
        json!({ "token_endpoint_auth_method": "client_secret_basic", "limen_any_secret_method": true }),
        json!({ "token_endpoint_auth_method": "private_key_jwt", "jwks_uri": "https://app.acme.org/jwks" }),
    ];
    let record = |metadata: serde_json::Value, until: UnixTime| {
        let mut metadata = metadata;
        metadata["redirect_uris"] = json!(["https://app.acme.org/cb"]);
        ClientRecord {
            client: Client {
                client_id: "c".to_owned(),
                version: 1,
                issued_at: NOW,
                metadata: serde_json::from_value(metadata).unwrap(),
                document_fresh_until: None,
            },
            secret: Some(StoredSecret {
                current: at_rest("current", &old),
                previous: Some((at_rest("previous", &old), until)),
                more: vec![ending("added", None, &old), ending("ending", Some(until), &old)],
            }),
            registration_token_hash: None,
            registered_openly: false,
            unused_since: None,
            last_used_at: None,
        }
    };
    let both = |metadata: &serde_json::Value| [NOW + Lifetime(60), NOW].map(|until| record(metadata.clone(), until));
    methods.iter().flat_map(both).collect()
}

fn credentials() -> Vec<ClientCredentials> {
    let mut all = vec![ClientCredentials::parse(None, &Params::parse("client_id=c").unwrap()).unwrap()];
    for secret in ["current", "previous", "added", "ending", "wrong"] {
        let basic = format!("Basic {}", STANDARD.encode(format!("c:{secret}")));
        all.push(ClientCredentials::parse(Some(&basic), &Params::default()).unwrap());
        let post = Params::parse(&format!("client_id=c&client_secret={secret}")).unwrap();
        all.push(ClientCredentials::parse(None, &post).unwrap());
    }
    all
}

#[test]
fn sql_and_rust_take_the_same_secrets() {
    let mut taken = 0;
    for record in records() {
        let mut database = Sqlite::migrated();
        let mut batch = Batch::default();
        batch.push(clients::insert(&record));
        batch.push(clients::update(&record, 1, NOW));
        database.run(&batch).unwrap();
        for roots in [roots(&[1], 1), roots(&[1, 2], 2), roots(&[2], 2)] {
            for credentials in credentials() {
                let known = Some((&record.client, record.secret.as_ref()));
                let in_rust = credentials.authenticate(known, &roots, NOW).is_ok();
                let proof = Proof::of_secret(&credentials, &roots, NOW);
                let mut batch = Batch::default();
                let holds = batch.add(Statement::new("SELECT 1 WHERE ").append(proof.condition()).any());
                let in_sql = database.run(&batch).unwrap().read(holds).unwrap();
                let method = credentials.method().as_str();
                let registered = record.client.metadata.token_endpoint_auth_method.as_str();
                assert_eq!(in_sql, in_rust, "{method} at a client of {registered}");
                taken += usize::from(in_rust);
            }
        }
    }
    assert!(taken > 10, "{taken} were taken");
}
