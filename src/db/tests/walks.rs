//! Walks along the keys of a table: what has expired goes without an index for it, and the audit is read piece by piece.

use super::sqlite::Sqlite;
use crate::{
    admin::audit_filter::AuditFilter,
    audit::Event,
    db::{Batch, audit_log, housekeeping},
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
