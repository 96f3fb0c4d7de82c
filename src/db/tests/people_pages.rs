//! Pages of people: however they are filtered and sorted, they give each person once, in that order.

use super::sqlite::Sqlite;
use crate::{
    admin::people_filter::{Order, PeopleFilter, Place},
    db::{Batch, people_list},
};

/// 300 people; of every third the address begins as the names of others do, and two accounts are as old as each other.
fn database() -> Sqlite {
    let database = Sqlite::migrated();
    database
        .0
        .execute_batch(
            "INSERT INTO groups (id, name, name_folded, created_at, updated_at) VALUES ('g', 'G', 'g', 0, 0);",
        )
        .unwrap();
    for n in 0..300 {
        let name = ["ada", "bob", "zoe"][n % 3];
        let disabled = if n % 5 == 0 { "7" } else { "NULL" };
        let sql = format!(
            "INSERT INTO users (id, username, username_folded, email, email_folded, claims, disabled_at, created_at, updated_at)
             VALUES ('u{n:03}', '{name}{n}', '{name}{n}', 'ada{n}@acme.org', 'ada{n}@acme.org', '{{}}', {disabled}, {}, 0);",
            1_000 + n / 2
        );
        database.0.execute_batch(&sql).unwrap();
        if n % 7 == 0 {
            let sql = format!("INSERT INTO group_members VALUES ('u{n:03}', 'g')");
            database.0.execute_batch(&sql).unwrap();
        }
    }
    database
}

/// The ids and keys of all pages of 7, one behind the other.
fn pages(filter: impl Fn(Option<Place>) -> PeopleFilter<'static>) -> Vec<Place> {
    let mut database = database();
    let mut all: Vec<Place> = Vec::new();
    let mut after = None;
    loop {
        let mut batch = Batch::default();
        let filter = filter(after.take());
        let (page, end) = (
            batch.add(people_list::list(&filter, 7)),
            batch.add(people_list::find_end(&filter, 7)),
        );
        let rows = database.run(&batch).unwrap();
        let page: Vec<_> = rows
            .read(page)
            .unwrap()
            .into_iter()
            .map(|listed| listed.place)
            .collect();
        let next = match page.len() {
            7 => page.last().map(|last| Place {
                id: last.id.clone(),
                key: last.key.clone(),
            }),
            _ => rows.read(end).unwrap(),
        };
        all.extend(page);
        if next.is_none() {
            return all;
        }
        after = next;
    }
}

fn ids(places: &[Place]) -> Vec<&str> {
    places.iter().map(|place| place.id.as_str()).collect()
}

#[test]
fn each_person_comes_once_in_every_order() {
    let none = PeopleFilter::default;
    let cases: [(fn() -> Order, usize); 7] = [
        (|| Order::Id, 300),
        (|| Order::Newest, 300),
        (|| Order::Name(String::new()), 300),
        // By name or, where that is another, by address.
        (|| Order::Name("ada".to_owned()), 300),
        (|| Order::Name("ada1".to_owned()), 111),
        (|| Order::Name("bob".to_owned()), 100),
        (|| Order::Name("carol".to_owned()), 0),
    ];
    for (order, expected) in cases {
        let all = pages(|after| PeopleFilter {
            order: order(),
            after,
            ..none()
        });
        let mut once = ids(&all);
        once.sort_unstable();
        once.dedup();
        assert_eq!((all.len(), once.len()), (expected, expected), "{:?}", order());
        match order() {
            Order::Newest => assert!(all.is_sorted_by(|one, next| (&one.key, &one.id) > (&next.key, &next.id))),
            _ => assert!(all.is_sorted_by(|one, next| (&one.key, &one.id) < (&next.key, &next.id))),
        }
    }
}

#[test]
fn filters_narrow_a_list_together() {
    let cases: [(fn() -> PeopleFilter<'static>, usize); 9] = [
        (
            || PeopleFilter {
                disabled: Some(true),
                ..PeopleFilter::default()
            },
            60,
        ),
        (
            || PeopleFilter {
                disabled: Some(false),
                ..PeopleFilter::default()
            },
            240,
        ),
        (
            || PeopleFilter {
                group: Some("g"),
                ..PeopleFilter::default()
            },
            43,
        ),
        (
            || PeopleFilter {
                group: Some("g"),
                disabled: Some(true),
                ..PeopleFilter::default()
            },
            9,
        ),
        (
            || PeopleFilter {
                id: Some("u007"),
                group: Some("g"),
                ..PeopleFilter::default()
            },
            1,
        ),
        (
            || PeopleFilter {
                id: Some("u008"),
                group: Some("g"),
                ..PeopleFilter::default()
            },
            0,
        ),
        (
            || PeopleFilter {
                username: Some("bob1".to_owned()),
                ..PeopleFilter::default()
            },
            1,
        ),
        (
            || PeopleFilter {
                username: Some("bob1".to_owned()),
                email: Some("ada2@acme.org".to_owned()),
                ..PeopleFilter::default()
            },
            0,
        ),
        (
            || PeopleFilter {
                disabled: Some(true),
                order: Order::Newest,
                ..PeopleFilter::default()
            },
            60,
        ),
    ];
    for (filter, expected) in cases {
        let found = pages(|after| PeopleFilter { after, ..filter() });
        assert_eq!(found.len(), expected, "{:?}", filter());
    }
}
