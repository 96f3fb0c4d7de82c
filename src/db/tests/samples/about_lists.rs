//! Lists for operators.

use super::*;
use crate::{
    admin::{
        client_filter::{ClientFilter, Provenance},
        people_filter::{Order, PeopleFilter, Place},
    },
    db::{client_list, people_list},
};

pub(super) fn add_to(all: &mut Samples) {
    for filter in people() {
        add(all, "people_list::list", [people_list::list(&filter, 100)]);
        add(all, "people_list::find_end", [people_list::find_end(&filter, 100)]);
    }
    let none = ClientFilter::default;
    for filter in [
        none(),
        ClientFilter {
            client_id: Some("c"),
            ..none()
        },
        ClientFilter {
            client_id: None,
            search: Some("a".to_owned()),
            grant: Some("client_credentials"),
            registered_by: Some(Provenance::Itself),
            disabled: Some(true),
            waiting: Some(true),
            after: "c",
        },
    ] {
        add(all, "client_list::list", [client_list::list(&filter, 100)]);
        add(all, "client_list::find_end", [client_list::find_end(&filter)]);
    }
}

/// One for each of the orders and ways to find people.
fn people() -> Vec<PeopleFilter<'static>> {
    let none = PeopleFilter::default;
    let after = |key: &str| {
        Some(Place {
            id: "u".to_owned(),
            key: key.to_owned(),
        })
    };
    vec![
        none(),
        PeopleFilter {
            id: Some("u"),
            ..none()
        },
        PeopleFilter {
            username: Some("ada".to_owned()),
            ..none()
        },
        PeopleFilter {
            email: Some("ada@acme.org".to_owned()),
            ..none()
        },
        PeopleFilter {
            username: Some("ada".to_owned()),
            email: Some("ada@acme.org".to_owned()),
            disabled: Some(false),
            ..none()
        },
        PeopleFilter {
            disabled: Some(true),
            after: after(""),
            ..none()
        },
        PeopleFilter {
            group: Some("g"),
            disabled: Some(true),
            ..none()
        },
        PeopleFilter {
            order: Order::Newest,
            after: after("7"),
            disabled: Some(false),
            ..none()
        },
        PeopleFilter {
            order: Order::Name("ada".to_owned()),
            after: after("adam"),
            ..none()
        },
    ]
}
