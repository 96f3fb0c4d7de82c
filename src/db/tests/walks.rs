//! Walks along the keys of a table: what has expired goes without an index for it, and the audit is read piece by piece.

use super::sqlite::Sqlite;
use crate::{
    admin::audit_filter::AuditFilter,
    audit::Event,
    db::{Batch, Statement, audit_log, ended_sessions, housekeeping, session_endings::Ending},
    time::{Lifetime, UnixTime},
};

const NOW: UnixTime = UnixTime(1_800_000_000);

/// `many` counters, of which each `nth` has expired long ago.
fn counters(many: usize, nth: usize) -> Sqlite {
    let database = Sqlite::migrated();
    let long_ago = NOW - Lifetime::days(2);
    let sql = format!(
        "INSERT INTO throttles (key, failures, expires_at)
         WITH RECURSIVE n (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < {many})
         SELECT lower(hex(randomblob(16))), 1, IIF(n % {nth} = 0, {}, {}) FROM n",
        long_ago.seconds(),
        NOW.seconds()
    );
    database.0.execute(&sql, []).unwrap();
    database
}

fn count(database: &Sqlite, condition: &str) -> i64 {
    let sql = format!("SELECT COUNT(*) FROM throttles WHERE {condition}");
    database.0.query_row(&sql, [], |row| row.get(0)).unwrap()
}

/// One run from `start` on; whether there is more.
fn tidy(database: &mut Sqlite, start: &str) -> bool {
    let mut batch = Batch::default();
    let handles = housekeeping::tidy(start, NOW).map(|query| batch.add(query));
    let answer = database.run(&batch).unwrap();
    handles.into_iter().any(|handle| answer.read(handle).unwrap())
}

#[test]
fn all_of_a_small_table_is_met_wherever_the_walk_starts() {
    for start in ["", "0", "8", "zzz"] {
        let mut database = counters(300, 2);
        assert!(!tidy(&mut database, start));
        assert_eq!(count(&database, "TRUE"), 150, "{start}");
    }
}

#[test]
fn a_large_table_is_walked_on_while_much_of_it_has_expired() {
    let mut database = counters(40_000, 2);
    let expired = format!("expires_at < {}", NOW.seconds());
    assert!(tidy(&mut database, "5"), "some 2,500 of 5,000");
    assert!((17_000..18_000).contains(&count(&database, &expired)));
    for start in ["0", "2", "4", "6", "8", "a", "c", "e"] {
        while tidy(&mut database, start) {}
    }
    assert!(count(&database, &expired) < 5_000);
    assert_eq!(count(&database, "TRUE") - count(&database, &expired), 20_000);
}

/// An audit of many sign-ins and a few rare events, one a second.
fn audit_of(many: i64) -> Sqlite {
    let database = Sqlite::migrated();
    let sql = format!(
        "INSERT INTO audit (at, event, outcome, actor, user_id, client_id, request_id)
         WITH RECURSIVE n (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < {many})
         SELECT n, IIF(n % 10000 = 0, 'key_created', 'sign_in'), 'success', 'person', 'u', IIF(n = 5, 'rare', 'c'), 'r' FROM n"
    );
    database.0.execute(&sql, []).unwrap();
    database
}

/// The ids of a page, and where the next one goes on.
fn page(database: &mut Sqlite, filter: &AuditFilter<'_>) -> (Vec<i64>, Option<i64>) {
    let mut batch = Batch::default();
    let (events, end) = (
        batch.add(audit_log::list(filter, 3)),
        batch.add(audit_log::find_end(filter)),
    );
    let answer = database.run(&batch).unwrap();
    let ids = answer.read(events).unwrap().iter().map(|row| row.id).collect();
    (ids, answer.read(end).unwrap())
}

#[test]
fn what_is_rare_is_found_at_once_or_on_the_next_pages() {
    let mut database = audit_of(50_000);
    let rare = AuditFilter {
        event: Some(Event::KeyCreated),
        ..AuditFilter::default()
    };
    assert_eq!(page(&mut database, &rare), (vec![50_000, 40_000, 30_000], None));
    let mut of_client = AuditFilter {
        client_id: Some("rare"),
        ..AuditFilter::default()
    };
    assert_eq!(page(&mut database, &of_client), (vec![], Some(30_001)));
    of_client.before = Some(30_001);
    assert_eq!(page(&mut database, &of_client), (vec![], Some(10_001)));
    of_client.before = Some(10_001);
    assert_eq!(page(&mut database, &of_client), (vec![5], None));
}

#[test]
fn a_time_is_found_without_a_walk_to_it() {
    let mut database = audit_of(50_000);
    for (since, until, expected) in [
        (None, Some(4), vec![3, 2, 1]),
        (Some(7), Some(9), vec![8, 7]),
        (Some(49_999), None, vec![50_000, 49_999]),
        (Some(60_000), None, vec![]),
        (None, Some(0), vec![]),
    ] {
        let filter = AuditFilter {
            since: since.map(UnixTime),
            until: until.map(UnixTime),
            ..AuditFilter::default()
        };
        assert_eq!(page(&mut database, &filter), (expected, None), "{since:?} {until:?}");
    }
    assert_eq!(
        page(
            &mut Sqlite::migrated(),
            &AuditFilter {
                until: Some(NOW),
                ..AuditFilter::default()
            }
        ),
        (vec![], None)
    );
}

/// An audit whose events up to `first` were deleted.
fn audit(first: i64, last: i64) -> Sqlite {
    let database = Sqlite::migrated();
    let sql = format!(
        "INSERT INTO audit (id, at, event, outcome, actor, request_id)
         WITH RECURSIVE n (n) AS (SELECT {first} UNION ALL SELECT n + 1 FROM n WHERE n < {last})
         SELECT n, n, IIF(n % 3 = 0, 'sign_in', 'sign_out'), 'success', 'person', 'r' FROM n"
    );
    database.0.execute(&sql, []).unwrap();
    database
}

fn next_of(database: &mut Sqlite, position: i64, limit: i64) -> (Vec<i64>, Option<i64>) {
    let mut batch = Batch::default();
    let events = batch.add(audit_log::walk(position, Some(r#"["sign_in"]"#), None, limit));
    let end = batch.add(audit_log::walk_end(position));
    let answer = database.run(&batch).unwrap();
    let events = answer.read(events).unwrap();
    (events.iter().map(|event| event.id).collect(), answer.read(end).unwrap())
}

#[test]
fn a_webhook_is_read_the_next_events_in_their_order_and_what_was_deleted_costs_nothing() {
    let mut database = audit(50_001, 80_000);
    assert_eq!(
        next_of(&mut database, 50_010, 3),
        (vec![50_013, 50_016, 50_019], Some(70_010))
    );
    assert_eq!(next_of(&mut database, 7, 2), (vec![50_001, 50_004], Some(70_000)));
    assert_eq!(next_of(&mut database, 79_998, 20), (Vec::new(), Some(80_000)));
    assert_eq!(next_of(&mut Sqlite::migrated(), 7, 20), (Vec::new(), None));
}

#[test]
fn no_more_of_the_audit_is_read_for_a_webhook_than_it_is_sent() {
    let database = Sqlite::migrated();
    let plan = |client_id| {
        let walk = audit_log::walk(7, Some(r#"["sign_in"]"#), client_id, 20);
        database.plan(&walk.into()).unwrap().join("\n")
    };
    let walk = "SEARCH audit USING INTEGER PRIMARY KEY (rowid>? AND rowid<?)";
    assert!(
        plan(None).contains(walk) && !plan(None).contains("TEMP B-TREE"),
        "{}",
        plan(None)
    );
    // What is sorted there are the few that were found.
    assert!(plan(Some("c")).contains(walk), "{}", plan(Some("c")));
    let end: Statement = audit_log::walk_end(7).into();
    assert!(!database.plan(&end).unwrap().join("\n").contains("SCAN audit"));
}

#[test]
fn what_a_session_was_known_as_is_kept_for_apps_with_webhooks_and_for_as_long_as_they_may_wait() {
    let mut database = Sqlite::migrated();
    database
        .0
        .execute_batch(
            "INSERT INTO users (id, username, claims, created_at, updated_at) VALUES ('u', 'grace', '{}', 0, 0);
             INSERT INTO clients (id, version, metadata, auth_method, issued_at, updated_at)
                 VALUES ('c', 1, '{}', 'none', 0, 0), ('other', 1, '{}', 'none', 0, 0);
             INSERT INTO sessions (hash, id, user_id, auth_time, acr, amr, user_agent, created_at, last_seen_at, expires_at)
                 VALUES ('h', 's', 'u', 0, '', '[]', '', 0, 0, 9);
             INSERT INTO session_clients (session_id, client_id, known_as, first_at, last_at)
                 VALUES ('s', 'c', 'before', 0, 0), ('s', 'c', 's', 0, 0), ('s', 'other', 's', 0, 0);",
        )
        .unwrap();
    let end = |database: &mut Sqlite| {
        let mut batch = Batch::default();
        let which = Ending::Everything { user_id: "u" };
        batch.push(ended_sessions::write(&which, NOW));
        database.run(&batch).unwrap();
        let sql = "SELECT COUNT(*) FROM ended_sessions";
        database.0.query_row(sql, [], |row| row.get::<_, i64>(0)).unwrap()
    };
    assert_eq!(end(&mut database), 0, "nobody waits for it");
    let webhook = "INSERT INTO webhooks (id, name, url, format, client_id, enabled, generation, root, position, failures, passed_over,
                                         created_at, updated_at)
                   VALUES ('w', 'w', 'https://app.acme.org/', 'set', 'c', 1, 1, 1, 0, 0, 0, 0, 0)";
    database.0.execute(webhook, []).unwrap();
    let written = |database: &Sqlite, event: &str, session: &str| {
        let audit = format!(
            "INSERT INTO audit (at, event, outcome, actor, user_id, session_id, request_id)
             VALUES (0, '{event}', 'success', 'person', 'u', '{session}', 'r')"
        );
        database.0.execute(&audit, []).unwrap();
    };
    written(&database, "sign_in", "s");
    written(&database, "session_ended", "another");
    assert_eq!(
        end(&mut database),
        0,
        "of an end that is not written down nobody is told"
    );
    written(&database, "session_ended", "s");
    assert_eq!(end(&mut database), 2);
    let tidied = |database: &mut Sqlite, now| {
        let mut batch = Batch::default();
        batch.push(ended_sessions::tidy(now));
        database.run(&batch).unwrap();
        let sql = "SELECT COUNT(*) FROM ended_sessions";
        database.0.query_row(sql, [], |row| row.get::<_, i64>(0)).unwrap()
    };
    assert_eq!(tidied(&mut database, NOW + Lifetime::days(4)), 2);
    assert_eq!(tidied(&mut database, NOW + Lifetime(4 * 86_400 + 1)), 0);
}
