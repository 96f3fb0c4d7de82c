//! Sessions that wait, on a real SQLite: nothing finds them but what lets them count.

use super::{occasion::NOW, samples::lifetimes, sqlite::Sqlite};
use crate::{
    db::{
        Batch, Query, accepted_terms,
        credentials::{self, Owner},
        passwords,
        sessions::{self, NewSession, Shown},
        waiting_sessions::{self, WaitsFor, json_of_either, while_waiting},
    },
    oidc::{authentication::Authentication, proven::Proven},
    secret::Hash,
    time::{Lifetime, UnixTime},
};

const PERSON: &str = r#"
    INSERT INTO users (id, username, username_folded, claims, created_at, updated_at, folded_at) VALUES ('u', 'grace', 'grace', '{}', 0, 7, 7);
    INSERT INTO credentials (id, user_id, kind, secret, created_at) VALUES ('p', 'u', 'password', '$argon2id$', 7);"#;

fn database() -> Sqlite {
    let database = Sqlite::migrated();
    database.0.execute_batch(PERSON).unwrap();
    database
}

fn run<T>(database: &mut Sqlite, query: Query<T>) -> T {
    let mut batch = Batch::default();
    let handle = batch.add(query);
    database.run(&batch).unwrap().read(handle).unwrap()
}

fn hash(token: &str) -> Hash {
    Hash::stored(format!("1.{token}"))
}

fn sign_in(database: &mut Sqlite, id: &str, shown: Shown<'_>, terms: Option<&str>) -> Option<WaitsFor> {
    let authentication = Authentication {
        trusted_browser: false,
        session_id: id.to_owned(),
        user_id: "u".to_owned(),
        proven: Proven::password(NOW),
    };
    let session = NewSession {
        hash: &hash(id),
        authentication: &authentication,
        shown,
        user_agent: "Firefox",
        terms,
    };
    run(database, sessions::insert(&session, &lifetimes()))
}

const WITH_PASSWORD: Shown<'_> = Shown::Password("$argon2id$");

fn lives(database: &mut Sqlite, id: &str, now: UnixTime) -> bool {
    run(database, sessions::find(&hash(id), &lifetimes(), now)).is_some()
}

#[test]
fn a_session_waits_for_what_is_missing() {
    let mut database = database();
    let none = sign_in(&mut database, "none", WITH_PASSWORD, None).unwrap();
    assert!(!none.is_something());
    assert!(lives(&mut database, "none", NOW));
    let terms = sign_in(&mut database, "terms", WITH_PASSWORD, Some("1")).unwrap();
    assert_eq!((terms.terms, terms.password), (true, false));
    assert!(run(&mut database, passwords::require_another("u")));
    let both = sign_in(&mut database, "both", WITH_PASSWORD, Some("1")).unwrap();
    assert_eq!((both.terms, both.password), (true, true));
    assert_eq!(sign_in(&mut database, "wrong", Shown::Password("another"), None), None);
}

#[test]
fn nothing_finds_a_session_that_waits_for_its_cookie() {
    let (mut database, lifetimes) = (database(), lifetimes());
    sign_in(&mut database, "s", WITH_PASSWORD, Some("1"));
    let (token, either) = (hash("s"), json_of_either([hash("s")].iter()));
    assert!(!lives(&mut database, "s", NOW));
    let held = sessions::json_of([&token]);
    assert!(run(&mut database, sessions::find_held(&held, &lifetimes, NOW)).is_empty());
    assert!(run(&mut database, sessions::list_own(&token, &lifetimes, NOW)).is_empty());
    assert!(run(&mut database, sessions::list_of("u", &lifetimes, NOW)).is_empty());
    assert!(!run(&mut database, passwords::change(&token, "new", NOW)));
    assert!(!run(
        &mut database,
        passwords::set(&Owner::Behind(&token), "n", "new", NOW)
    ));
    assert!(!run(&mut database, credentials::offer("u", "s", NOW, NOW)));
    // An older Worker looks for the cookie's hash alone.
    let old = "SELECT COUNT(*) FROM sessions WHERE hash = '1.s'";
    assert_eq!(database.0.query_row(old, [], |row| row.get::<_, i64>(0)).unwrap(), 0);
    // Who signs in again in that browser is rid of it, and its token is no longer held.
    sign_in(&mut database, "t", WITH_PASSWORD, None);
    assert_eq!(run(&mut database, sessions::supersede("t", "u", &either)), [token]);
}

#[test]
fn it_counts_under_another_cookie_when_all_is_done_and_as_long_as_others() {
    let (mut database, lifetimes) = (database(), lifetimes());
    run(&mut database, passwords::require_another("u"));
    sign_in(&mut database, "s", WITH_PASSWORD, Some("1"));
    let waiting = run(&mut database, sessions::find_waiting(&hash("s"), NOW)).unwrap();
    assert_eq!(waiting.hash, while_waiting(&hash("s")));
    let release = |terms| waiting_sessions::release(&while_waiting(&hash("s")), &hash("new"), terms, &lifetimes);
    assert!(!run(&mut database, release(Some("1"))));
    let mut batch = Batch::default();
    batch.push(accepted_terms::accept_behind(&waiting.hash, "1", NOW));
    database.run(&batch).unwrap();
    assert!(
        !run(&mut database, release(Some("1"))),
        "the password is still to be changed"
    );
    assert!(run(
        &mut database,
        passwords::set(&Owner::Behind(&waiting.hash), "n", "new", NOW)
    ));
    assert!(
        !run(&mut database, release(Some("2"))),
        "the terms are of another version by now"
    );
    assert!(run(&mut database, release(Some("1"))));
    assert!(!run(&mut database, release(Some("1"))), "once");
    assert!(!lives(&mut database, "s", NOW));
    assert!(lives(&mut database, "new", NOW));
    let expires_at = |row: &rusqlite::Row<'_>| row.get::<_, i64>(0);
    let expires_at = database
        .0
        .query_row("SELECT expires_at FROM sessions", [], expires_at)
        .unwrap();
    assert_eq!(UnixTime(expires_at), NOW + lifetimes.session);
}

#[test]
fn it_waits_for_an_hour() {
    let mut database = database();
    sign_in(&mut database, "s", WITH_PASSWORD, Some("1"));
    let mut is_there = |at| run(&mut database, sessions::find_waiting(&hash("s"), at)).is_some();
    assert!(is_there(NOW + Lifetime::minutes(59)));
    assert!(!is_there(NOW + Lifetime::minutes(60)));
}
