//! Leases, notices that wait, and what is written down of somebody who does the same again and again.

use serde_json::json;

use super::{
    occasion::{NOW, Then},
    sqlite::Sqlite,
};
use crate::{
    audit::{Actor, Entry, Event},
    db::{
        Batch, audit, housekeeping,
        logout_outbox::{self, Notice},
    },
    oidc::{client::Client, subject::SubjectSalt},
    time::{Lifetime, UnixTime},
    web::retry,
};

#[test]
fn a_lease_is_given_back_by_its_holder_alone() {
    let mut database = Sqlite::migrated();
    let span = Lifetime::minutes(10);
    let mut take = |released_at: Option<UnixTime>, at| {
        let mut batch = Batch::default();
        batch.extend(released_at.map(|taken_at| housekeeping::release_lease("cron", taken_at, span)));
        let taken = batch.add(housekeeping::take_lease("cron", at, span));
        database.run(&batch).unwrap().read(taken).unwrap()
    };
    assert!(take(None, NOW));
    let later = NOW + span;
    assert!(take(None, later), "it was over");
    assert!(!take(Some(NOW), later), "and is not given back by who had it before");
    assert!(take(Some(later), later));
}

#[test]
fn a_new_password_is_hidden_by_nothing_else_and_fills_nothing_either() {
    let mut database = Sqlite::migrated();
    let mut batch = Batch::default();
    for n in 0..200 {
        let detail = json!({ "n": n });
        let event = [
            Event::DataExported,
            Event::ProfileChanged,
            Event::ConsentGiven,
            Event::SignIn,
            Event::SignOut,
            Event::TokenRevoked,
        ];
        let entry = Entry::new(event[n % event.len()], Actor::Person)
            .user("u")
            .detail(detail);
        batch.push(audit::record(&entry, &Then));
    }
    for _ in 0..100 {
        batch.push(audit::record(
            &Entry::new(Event::PasswordChanged, Actor::Person).user("u"),
            &Then,
        ));
        batch.push(audit::record(
            &Entry::new(Event::EmailChanged, Actor::Person).user("u"),
            &Then,
        ));
    }
    database.run(&batch).unwrap();
    let count = |event: &str| -> i64 {
        let sql = "SELECT COUNT(*) FROM audit WHERE event = ?";
        database.0.query_row(sql, [event], |row| row.get(0)).unwrap()
    };
    assert_eq!(
        [count("password_changed"), count("email_changed"), count("flooded")],
        [10, 10, 1]
    );
}

/// Whoever signs in too often, or lets an app be allowed again and again, does not hide it.
#[test]
fn the_end_of_a_session_that_somebody_wants_is_hidden_by_nothing_else() {
    let mut database = Sqlite::migrated();
    let mut batch = Batch::default();
    for n in 0..200 {
        let surplus = Entry::new(Event::SessionEnded, Actor::Person).detail(json!({ "surplus": true }));
        let unasked = Entry::new(Event::ConsentGiven, Actor::System).detail(json!({ "n": n }));
        for entry in [surplus, unasked] {
            let session = format!("s{n}");
            batch.push(audit::record(&entry.user("u").session(&session), &Then));
        }
    }
    for n in 0..100 {
        let session = format!("t{n}");
        let wanted = Entry::new(Event::SessionEnded, Actor::Person)
            .user("u")
            .session(&session);
        batch.push(audit::record(&wanted, &Then));
    }
    database.run(&batch).unwrap();
    let count = |what: &str| -> i64 {
        let sql = format!("SELECT COUNT(*) FROM audit WHERE {what}");
        database.0.query_row(&sql, [], |row| row.get(0)).unwrap()
    };
    assert_eq!(count("event = 'session_ended' AND detail IS NULL"), 40);
    assert_eq!(count("event = 'session_ended' AND detail IS NOT NULL"), 1);
    assert_eq!(count("event = 'consent_given'"), 10);
    assert_eq!(
        count("event = 'flooded'"),
        2,
        "of the person, and of what was allowed unasked"
    );
}

#[test]
fn what_nobody_answers_waits_as_long_as_its_own_failures_say() {
    let mut database = Sqlite::migrated();
    let parents: String = (0..12)
        .map(|n| {
            format!(
                "INSERT INTO clients (id, version, metadata, auth_method, issued_at, updated_at) VALUES ('c{n}', 1, '{{}}', 'none', 0, 0);
                 INSERT INTO logout_outbox (id, client_id, user_id, session_id, target, attempts, due_at, created_at)
                 VALUES ('n{n}', 'c{n}', 'u', 's', 'https://rp.acme.org/', {n}, {due}, 0);",
                due = NOW.seconds() + if n == 11 { 5 } else { 0 },
            )
        })
        .collect();
    database.0.execute_batch(&parents).unwrap();
    let notice = Notice {
        id: "n0".to_owned(),
        client: Client {
            client_id: "c0".to_owned(),
            version: 1,
            issued_at: NOW,
            metadata: serde_json::from_str("{}").unwrap(),
            document_fresh_until: None,
        },
        user_id: "u".to_owned(),
        subject_salt: SubjectSalt::new([1; 32]),
        session_id: "s".to_owned(),
        target: Some("https://rp.acme.org/".to_owned()),
        attempts: 0,
        created_at: NOW,
    };
    let postpone = logout_outbox::postpone_all(&notice, r#"["c3"]"#, NOW);
    let mut batch = Batch::default();
    batch.push(postpone);
    database.run(&batch).unwrap();
    for n in 0..12 {
        let sql = format!("SELECT attempts, due_at FROM logout_outbox WHERE id = 'n{n}'");
        let read = |row: &rusqlite::Row<'_>| Ok((row.get(0)?, row.get(1)?));
        let (attempts, due): (i64, i64) = database.0.query_row(&sql, [], read).unwrap();
        let expected = match n {
            3 => (1, retry::wait(1)),
            11 => (11, Lifetime(5)),
            n => (n + 1, retry::wait(n + 1)),
        };
        assert_eq!((attempts, UnixTime(due).since(NOW)), expected, "{n}");
    }
}
