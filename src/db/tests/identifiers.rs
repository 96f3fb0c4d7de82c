//! Ids that are given, on a real SQLite: none is what somebody else is known by, and a line of an import says so.

use serde_json::json;

use super::{occasion::NOW, sqlite::Sqlite};
use crate::{
    account::user::{User, Username},
    db::{
        Batch, Query, Statement,
        clients::{self, ClientRecord},
        moved_rows::{self, Standing},
        users,
    },
    oidc::{claims::StandardClaims, client::Client, subject::SubjectSalt},
    time::UnixTime,
};

fn database() -> Sqlite {
    let database = Sqlite::migrated();
    let people = "INSERT INTO users (id, username, username_folded, claims, created_at, updated_at, folded_at)
            VALUES ('Ada-Id', 'ada-1', 'ada-1', '{}', 0, 7, 7), ('bob', 'bobby', 'bobby', '{}', 0, 7, 7);
        INSERT INTO clients (id, version, metadata, auth_method, issued_at, updated_at) VALUES ('till', 1, '{}', 'none', 0, 0);";
    database.0.execute_batch(people).unwrap();
    database
}

fn person(id: &str, username: &str) -> User {
    User {
        id: id.to_owned(),
        subject_salt: SubjectSalt::new([1; 32]),
        username: Username::parse(username).unwrap(),
        claims: StandardClaims::default(),
        disabled_at: None,
        created_at: NOW,
        updated_at: NOW,
        memberships: Default::default(),
    }
}

fn app(id: &str) -> ClientRecord {
    ClientRecord {
        client: Client {
            client_id: id.to_owned(),
            version: 1,
            issued_at: NOW,
            metadata: serde_json::from_value(json!({ "redirect_uris": ["https://app.acme.org/cb"] })).unwrap(),
            document_fresh_until: None,
        },
        secret: None,
        registration_token_hash: None,
        registered_openly: false,
        unused_since: None,
        last_used_at: None,
    }
}

fn run<T>(database: &mut Sqlite, query: Query<T>) -> T {
    let mut batch = Batch::default();
    let handle = batch.add(query);
    database.run(&batch).unwrap().read(handle).unwrap()
}

#[test]
fn a_person_gets_no_id_that_is_an_apps_or_somebody_elses_name() {
    let mut database = database();
    for id in ["till", "ada-1", "ADA-1", "bob"] {
        let mallory = person(id, "mallory");
        assert!(!run(&mut database, users::insert(&mallory)), "{id}");
        let standing = run(&mut database, moved_rows::person(&mallory));
        let expected = if id == "bob" { Standing::Other } else { Standing::Taken };
        assert_eq!(standing, expected, "{id}");
    }
    assert!(run(&mut database, users::insert(&person("mallory", "mallory"))));
}

#[test]
fn nobody_is_called_as_another_persons_id() {
    let mut database = database();
    let mallory = person("m", "bob");
    assert!(!run(&mut database, users::insert(&mallory)));
    assert!(!run(&mut database, users::insert_where(&mallory, Statement::always())));
    let read = person("m", "mallory");
    assert!(run(&mut database, users::insert(&read)));
    assert!(run(&mut database, users::find_rival(&mallory, &read)));
    assert!(!run(&mut database, users::update(&mallory, &read)));
    for (username, is_free) in [("ada-id", false), ("Ada-ID", false), ("ada-ids", true)] {
        assert_eq!(
            run(&mut database, users::insert(&person("n", username))),
            is_free,
            "{username}"
        );
    }
    assert!(run(
        &mut database,
        users::insert(&person("Ab0123456789abcdefghij", "random"))
    ));
    assert!(run(
        &mut database,
        users::insert(&person("o", "ab0123456789abcdefghij"))
    ));
    let own = person("Ada-Id", "ada-1");
    assert!(run(
        &mut database,
        users::update(
            &person("Ada-Id", "ada-id"),
            &User {
                updated_at: UnixTime(7),
                ..own
            }
        )
    ));
    let bob = person("bob", "bobby");
    let own = person("bob", "bob");
    assert!(!run(&mut database, users::find_rival(&own, &bob)));
    assert!(run(&mut database, users::update(&own, &bob)));
}

#[test]
fn an_app_comes_by_no_id_of_a_person() {
    let mut database = database();
    assert!(!run(&mut database, clients::insert_moved(&app("Ada-Id"), None, NOW)));
    let standing = |id| moved_rows::app(id, "{}", (None, None));
    assert_eq!(run(&mut database, standing("Ada-Id")), Standing::Taken);
    assert!(!run(&mut database, clients::insert_moved(&app("till"), None, NOW)));
    assert_eq!(run(&mut database, standing("till")), Standing::Same);
    assert!(run(&mut database, clients::insert_moved(&app("counter"), None, NOW)));
    assert_eq!(run(&mut database, standing("counter")), Standing::Other);
}
