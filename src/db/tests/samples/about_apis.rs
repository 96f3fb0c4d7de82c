//! APIs that operators declared.

use serde_json::{Map, Value};

use super::*;
use crate::{
    db::apis::{self, StoredApi},
    oidc::declared_api::{ApiSettings, DeclaredApi},
};

pub(super) fn add_to(all: &mut Samples) {
    let settings = ApiSettings::read(&Map::from_iter([("name".to_owned(), Value::from("A"))])).unwrap();
    let stored = StoredApi {
        id: "a".to_owned(),
        version: 1,
        api: DeclaredApi {
            identifier: "https://a.org".to_owned(),
            settings: settings.clone(),
        },
        problem: None,
        secret_made_at: None,
        previous_secret_until: None,
        created_at: NOW,
        updated_at: NOW,
    };
    add(all, "apis::find", [apis::find("a")]);
    add(all, "apis::find_open", [apis::find_open("[]", "c")]);
    add(all, "apis::find_any", [apis::find_any("[]")]);
    add(all, "apis::list", [apis::list("a", "", 10)]);
    add(all, "apis::list_open", [apis::list_open("c", 10)]);
    add(all, "apis::names_of_apps", [apis::names_of_apps("[]")]);
    add(all, "apis::is_full", [apis::is_full()]);
    add(all, "apis::insert", [apis::insert(&stored, None)]);
    add(all, "apis::change", [apis::change("a", &settings, 1, NOW)]);
    add(all, "apis::delete", [apis::delete("a")]);
    add(all, "apis::find_by_secret", [apis::find_by_secret("a", &hash(), NOW)]);
    add(
        all,
        "apis::renew_secret",
        [apis::renew_secret(&stored, &hash(), Some(NOW), NOW)],
    );
    let open = Statement::new("SELECT ").append(apis::are_open("[]", "c"));
    add(all, "apis::are_open", [open]);
}
