//! Sessions that wait, on a real SQLite: nothing finds them but what lets them count.

use super::{occasion::NOW, samples::lifetimes, sqlite::Sqlite};
use crate::{
    db::{
        Batch, Query, Statement, accepted_terms,
        credential_owner::{FactorChange, Owner},
        credentials, passwords,
        session_endings::Ending,
        sessions::{self, NewSession, SignedInBy},
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

fn sign_in(database: &mut Sqlite, id: &str, shown: SignedInBy<'_>, terms: Option<&str>) -> Option<WaitsFor> {
    let authentication = Authentication {
        trusted_browser: false,
        required_by_group: false,
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

const WITH_PASSWORD: SignedInBy<'_> = SignedInBy::Password("$argon2id$");

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
    assert_eq!(
        sign_in(&mut database, "wrong", SignedInBy::Password("another"), None),
        None
    );
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
    let change = FactorChange {
        session_hash: &token,
        codes_count: true,
        passkeys_count: true,
    };
    assert!(!run(
        &mut database,
        passwords::set(&Owner::Changing(change), "n", "new", NOW)
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
    let later = NOW + Lifetime::minutes(50);
    let release = |terms| {
        let done = (terms, Some("new"));
        waiting_sessions::release(&while_waiting(&hash("s")), &hash("new"), done, &lifetimes, later)
    };
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
        passwords::set(&Owner::Waiting(&waiting.hash), "n", "new", later)
    ));
    assert!(
        !run(&mut database, release(Some("2"))),
        "the terms are of another version by now"
    );
    assert!(run(&mut database, release(Some("1"))));
    assert!(!run(&mut database, release(Some("1"))), "once");
    assert!(!lives(&mut database, "s", NOW));
    assert!(lives(&mut database, "new", NOW));
    let times = |row: &rusqlite::Row<'_>| Ok((UnixTime(row.get(0)?), UnixTime(row.get(1)?)));
    let times = database
        .0
        .query_row("SELECT expires_at, last_seen_at FROM sessions", [], times)
        .unwrap();
    assert_eq!(times, (NOW + lifetimes.session, later));
}

#[test]
fn it_is_gone_once_the_password_was_changed_elsewhere() {
    let (mut database, lifetimes) = (database(), lifetimes());
    let waiting = while_waiting(&hash("s"));
    run(&mut database, passwords::require_another("u"));
    sign_in(&mut database, "s", WITH_PASSWORD, None);
    assert!(run(&mut database, sessions::find_waiting(&hash("s"), NOW)).is_some());
    let by_link = "UPDATE credentials SET secret = 'theirs', must_change = 0, created_at = ? WHERE id = 'p'";
    database.0.execute(by_link, [(NOW + Lifetime::minutes(1)).0]).unwrap();
    for demanded_again in [false, true] {
        if demanded_again {
            run(&mut database, passwords::require_another("u"));
        }
        assert!(run(&mut database, sessions::find_waiting(&hash("s"), NOW)).is_none());
        let set = passwords::set(&Owner::Waiting(&waiting), "n", "stolen", NOW);
        assert!(!run(&mut database, set));
        let done = (None, Some("stolen"));
        let release = waiting_sessions::release(&waiting, &hash("new"), done, &lifetimes, NOW);
        assert!(!run(&mut database, release));
    }
    // And what did not come to count signs nobody out.
    let others = Ending::OthersThan {
        user_id: "u",
        kept: &hash("new"),
    };
    sign_in(&mut database, "t", SignedInBy::Password("theirs"), None);
    assert!(!run(&mut database, others.delete()));
}

#[test]
fn who_has_shown_a_password_and_then_a_passkey_waits_too() {
    let mut database = database();
    run(&mut database, passwords::require_another("u"));
    for (shown, waits) in [(SignedInBy::JustNowAfterPassword, true), (SignedInBy::JustNow, false)] {
        let authentication = Authentication {
            trusted_browser: false,
            required_by_group: false,
            session_id: "s".to_owned(),
            user_id: "u".to_owned(),
            proven: Proven::password(NOW),
        };
        let session = NewSession {
            hash: &hash("s"),
            authentication: &authentication,
            shown,
            user_agent: "Firefox",
            terms: None,
        };
        let mut batch = Batch::default();
        batch.push(Statement::new("DELETE FROM sessions"));
        batch.push(Statement::new("UPDATE users SET updated_at = 8"));
        let begun = batch.add(sessions::insert(&session, &lifetimes()));
        let begun = database.run(&batch).unwrap().read(begun).unwrap().unwrap();
        assert_eq!(begun.password, waits);
    }
}

#[test]
fn a_place_in_the_cookie_is_that_of_its_person() {
    let mut database = database();
    sign_in(&mut database, "s", WITH_PASSWORD, Some("1"));
    sign_in(&mut database, "n", WITH_PASSWORD, None);
    database
        .0
        .execute_batch(
            "INSERT INTO users (id, username, username_folded, claims, created_at, updated_at, folded_at)
               VALUES ('o', 'ada', 'ada', '{}', 0, 7, 7);
             INSERT INTO sessions (hash, expires_at, id, user_id, auth_time, acr, amr, user_agent, created_at, last_seen_at, trusted, waits_for)
               SELECT '1.o' || value, expires_at, 'o' || value, 'o', auth_time, acr, amr, user_agent, created_at, last_seen_at, 0, 0
               FROM sessions, json_each('[1, 2, 3, 4]') WHERE sessions.id = 'n'",
        )
        .unwrap();
    // The new session takes the place of the one that waits, so the four others stay.
    let held = sessions::json_of(&["s", "o1", "o2", "o3", "o4"].map(hash));
    let evicted = Ending::Evicted {
        hashes: &held,
        user_id: "u",
        session_id: "n",
    };
    assert!(!run(&mut database, evicted.delete()));
}

#[test]
fn terms_are_accepted_with_what_makes_the_account_or_not_at_all() {
    let mut database = database();
    for (made, count) in [
        ("UPDATE users SET updated_at = 9 WHERE id = 'x'", 0),
        ("UPDATE users SET updated_at = 9", 1),
    ] {
        let mut batch = Batch::default();
        batch.push(Statement::new(made));
        batch.push(accepted_terms::accept_if_changed("u", "1", NOW));
        let changed = batch.add(Statement::new("SELECT id FROM users WHERE changes() > 0").any());
        let changed = database.run(&batch).unwrap().read(changed).unwrap();
        assert_eq!(
            (run(&mut database, accepted_terms::list_of("u")).len(), changed),
            (count, count == 1)
        );
    }
}

#[test]
fn it_waits_for_an_hour() {
    let mut database = database();
    sign_in(&mut database, "s", WITH_PASSWORD, Some("1"));
    let mut is_there = |at| run(&mut database, sessions::find_waiting(&hash("s"), at)).is_some();
    assert!(is_there(NOW + Lifetime::minutes(59)));
    assert!(!is_there(NOW + Lifetime::minutes(60)));
}
