//! Pages of the audit: however it is filtered, they give each row once, the newest first.

use super::sqlite::Sqlite;
use crate::{
    admin::audit_filter::AuditFilter,
    audit::Event,
    db::{
        Batch,
        audit_log::{self, Recorded},
    },
    time::UnixTime,
};

/// A database with 300 rows, some of which were written down in another order than they happened.
fn database() -> Sqlite {
    let database = Sqlite::migrated();
    for n in 0..300 {
        let (at, event) = (
            1_000 + n / 2 + (n % 7) * 3,
            ["sign_in", "sign_out", "user_created"][n as usize % 3],
        );
        let sql = format!(
            "INSERT INTO audit (at, event, outcome, actor, user_id, client_id, request_id)
             VALUES ({at}, '{event}', 'success', 'person', 'u{}', 'c{}', 'r')",
            n % 4,
            n % 5
        );
        database.0.execute(&sql, []).unwrap();
    }
    database
}

fn pages(filter: impl Fn(Option<i64>) -> AuditFilter<'static>) -> Vec<Recorded> {
    let mut database = database();
    let mut all: Vec<Recorded> = Vec::new();
    loop {
        let before = all.last().map(|row| row.id);
        let mut batch = Batch::default();
        let page = batch.add(audit_log::list(&filter(before), 20));
        let page = database.run(&batch).unwrap().read(page).unwrap();
        if page.is_empty() {
            return all;
        }
        all.extend(page);
    }
}

fn ids(rows: &[Recorded]) -> Vec<i64> {
    let mut ids: Vec<_> = rows.iter().map(|row| row.id).collect();
    ids.sort_unstable();
    ids
}

#[test]
fn those_of_a_kind_or_a_time_come_in_the_order_in_which_they_were_written_down() {
    let everything = pages(|before| AuditFilter {
        before,
        ..AuditFilter::default()
    });
    assert_eq!(ids(&everything), (1..=300).collect::<Vec<_>>());
    for (event, since, until) in [
        (None, None, None),
        (Some(Event::SignOut), None, None),
        (Some(Event::SignOut), Some(1_050), Some(1_100)),
        (None, Some(1_050), Some(1_100)),
        (Some(Event::KeyRevoked), None, None),
    ] {
        let found = pages(|before| AuditFilter {
            event,
            since: since.map(UnixTime),
            until: until.map(UnixTime),
            before,
            ..AuditFilter::default()
        });
        assert!(found.is_sorted_by(|one, next| one.id > next.id));
        let wanted: Vec<_> = everything
            .iter()
            .filter(|row| event.is_none_or(|event| row.event == event.as_str()))
            .filter(|row| since.is_none_or(|since| row.at.seconds() >= since))
            .filter(|row| until.is_none_or(|until| row.at.seconds() < until))
            .map(|row| row.id)
            .collect();
        assert_eq!(found.iter().map(|row| row.id).collect::<Vec<_>>(), wanted);
    }
}

#[test]
fn those_about_somebody_come_in_the_order_in_which_they_were_written_down() {
    for (user_id, client_id, expected) in [
        (Some("u1"), None, 75),
        (None, Some("c2"), 60),
        (Some("u1"), Some("c2"), 15),
    ] {
        let found = pages(|before| AuditFilter {
            user_id,
            client_id,
            before,
            ..AuditFilter::default()
        });
        assert!(found.is_sorted_by(|one, next| one.id > next.id));
        assert_eq!(found.len(), expected);
    }
    let found = pages(|before| AuditFilter {
        user_id: Some("u1"),
        event: Some(Event::SignIn),
        until: Some(UnixTime(1_080)),
        before,
        ..AuditFilter::default()
    });
    assert!(
        !found.is_empty()
            && found
                .iter()
                .all(|row| row.event == "sign_in" && row.at < UnixTime(1_080))
    );
}
