//! What a plan says, and what its steps ask for.

use serde_json::{Value, json};

use super::*;
use crate::apply::state::{HeldApi, HeldApp, HeldGroup};
use crate::apply::step::{Ids, Kind, Verb};

const FILE: &str = "groups:\n  Writers: {second_factor_required: true}\n  Readers:\napps:\n  Notes:\n    redirect_uris: [https://b.org/cb, https://a.org/cb]\n    scope: openid profile\n    allowed_groups: [Writers]\n    consent: null\n    roles: {editor: [Writers]}\n";

fn state() -> State {
    let group = |id: &str| HeldGroup {
        id: id.into(),
        ..HeldGroup::default()
    };
    let app = |id: &str, is_operators| HeldApp {
        id: id.into(),
        is_operators,
        ..HeldApp::default()
    };
    let metadata = json!({ "redirect_uris": ["https://a.org/cb"], "scope": "profile openid", "allowed_groups": ["w"] });
    let notes = HeldApp {
        metadata: metadata.as_object().cloned().unwrap(),
        roles: vec![("viewer".into(), "Old".into())],
        ..app("n", true)
    };
    State {
        groups: [("Writers".into(), group("w")), ("Old".into(), group("o"))].into(),
        apps: [
            ("Notes".into(), notes),
            ("Wild".into(), app("x", false)),
            ("Left".into(), app("l", true)),
        ]
        .into(),
        ..State::default()
    }
}

fn api(id: &str, members: &Value) -> HeldApi {
    HeldApi {
        id: id.into(),
        members: members.as_object().cloned().unwrap(),
    }
}

fn planned(prune: bool) -> Vec<Step> {
    plan(&Declared::parse(FILE).unwrap(), &state(), prune).unwrap()
}

#[test]
fn a_plan_says_what_becomes_of_each_member_and_deletes_nothing() {
    let text: Vec<_> = planned(false).iter().map(Step::describe).collect();
    assert_eq!(
        text,
        [
            "+ create group Readers",
            "~ change group Writers\n    second_factor_required: false -> true",
            "~ change app Notes\n    redirect_uris: [\"https://a.org/cb\"] -> [\"https://b.org/cb\",\"https://a.org/cb\"]",
            "~ change roles at Notes\n    role editor: null -> \"Writers\"",
        ]
    );
}

#[test]
fn what_is_not_declared_goes_with_prune_alone_and_never_what_registered_itself() {
    let deleted: Vec<_> = planned(true)
        .iter()
        .filter(|step| step.verb == Verb::Delete)
        .map(Step::title)
        .collect();
    assert_eq!(
        deleted,
        ["DELETE roles at Notes", "DELETE app Left", "DELETE group Old"]
    );
    let none = plan(&Declared::parse("apps:\n").unwrap(), &state(), true).unwrap();
    assert_eq!(none.len(), 2, "groups are not its business");
}

#[test]
fn ids_of_groups_are_looked_up_when_they_are_there() {
    let declared = Declared::parse(
        "groups:\n  New:\napps:\n  Fresh:\n    redirect_uris: [https://a.org/cb]\n    allowed_groups: [New]\n",
    )
    .unwrap();
    let steps = plan(&declared, &State::default(), false).unwrap();
    assert_eq!(
        steps.iter().map(Step::title).collect::<Vec<_>>(),
        ["create group New", "create app Fresh"]
    );
    let ids = Ids {
        groups: [("New".to_owned(), "g".to_owned())].into(),
        ..Ids::default()
    };
    let (method, path, body) = (steps[1].request)(&ids).unwrap();
    assert_eq!((method, path.as_str()), ("POST", "/register"));
    assert_eq!(body.unwrap()["allowed_groups"], json!(["g"]));
}

#[test]
fn an_api_goes_by_its_identifier_and_names_apps_and_loses_what_is_not_declared_any_more() {
    let file =
        "apis:\n  https://api.acme.org:\n    name: Notes\n    scopes: {read: {title: Read}}\n    apps: {Notes: {}}\n";
    let declared = Declared::parse(file).unwrap();
    let titles =
        |state: &State, prune| -> Vec<_> { plan(&declared, state, prune).unwrap().iter().map(Step::title).collect() };
    assert_eq!(titles(&state(), false), ["create API https://api.acme.org"]);
    let mut there = state();
    let held = json!({ "name": "Notes", "scopes": { "read": { "title": "Read" } }, "apps": { "n": {} } });
    there.apis.insert("https://api.acme.org".into(), api("a", &held));
    there.apis.insert("https://old.acme.org".into(), api("b", &json!({})));
    assert_eq!(titles(&there, true), ["DELETE API https://old.acme.org"]);
    let more = json!({ "name": "Notes", "scopes": { "read": { "title": "Read" }, "write": {} }, "apps": { "n": {}, "x": {} } });
    there.apis.insert("https://api.acme.org".into(), api("a", &more));
    let steps = plan(&declared, &there, false).unwrap();
    let ids = Ids {
        apps: [("Notes".to_owned(), "n".to_owned())].into(),
        ..Ids::default()
    };
    let (method, path, body) = (steps[0].request)(&ids).unwrap();
    assert_eq!((method, path.as_str()), ("PATCH", "/admin/api/apis/a"));
    assert_eq!(
        body.unwrap(),
        json!({ "scopes": { "write": null }, "apps": { "x": null } })
    );
    let strange = Declared::parse("apis:\n  https://api.acme.org:\n    apps: {Nobody: {}}\n").unwrap();
    assert!(plan(&strange, &there, false).is_err_and(|why| why.contains("Nobody")));
}

#[test]
fn what_an_api_has_within_a_declared_scope_or_app_stays_and_differs_in_nothing() {
    let planned = |file: &str| {
        let text = format!("apis:\n  https://api.acme.org:\n{file}");
        let mut there = state();
        let scopes = json!({ "read": { "title": "Read", "title#fr": "Lire", "description": "All of them" }, "write": { "title": "Write" } });
        let apps = json!({ "n": { "scopes": ["write", "read"] }, "x": {} });
        let held = json!({ "name": "Acme Notes", "scopes": scopes, "apps": apps });
        there.apis.insert("https://api.acme.org".into(), api("a", &held));
        let steps = plan(&Declared::parse(&text).unwrap(), &there, false).unwrap();
        let asked = steps
            .first()
            .map(|step| (step.request)(&there.ids()).unwrap().2.unwrap());
        (steps.first().map(Step::describe), asked.unwrap_or_default())
    };
    for same in [
        "    scopes: {read: {title: Read}, write: {}}\n",
        "    scopes: {read: Read, write: {title: Write, description: null}}\n",
        "    apps: {Notes: {}, Wild: {}}\n",
        "    apps: {Notes: {scopes: [read, write]}, Wild: {scopes: all}}\n",
    ] {
        assert_eq!(planned(same), (None, Value::Null), "{same}");
    }
    let (told, asked) = planned(
        "    scopes: {read: {title: Read all}, write: {}, new: {}}\n    apps: {Notes: {scopes: []}, Wild: {scopes: [read]}}\n",
    );
    assert_eq!(
        asked,
        json!({ "scopes": { "read": { "title": "Read all" }, "new": {} }, "apps": { "n": { "scopes": [] }, "x": { "scopes": ["read"] } } })
    );
    assert!(told.unwrap().contains("scopes.new: null -> {}"));
    assert_eq!(
        planned("    scopes: {read: {description: null}, write: {}}\n").1,
        json!({ "scopes": { "read": { "description": null } } }),
        "null clears"
    );
    assert_eq!(
        planned("    apps: {Notes: {scopes: all}, Wild: {}}\n").1,
        json!({ "apps": { "n": { "scopes": "all" } } })
    );
    assert_eq!(
        planned("    name: Notes Acme\n").1,
        json!({ "name": "Notes Acme" }),
        "a name is no set of words"
    );
}

#[test]
fn ids_are_those_of_the_plan_and_of_what_was_made_since_whatever_is_called_so_by_then() {
    let steps = planned(false);
    let roles = steps.iter().find(|step| step.kind == Kind::RolesAt).unwrap();
    let mut ids = state().ids();
    for step in steps.iter().filter(|step| step.verb == Verb::Create) {
        ids.note(step, &json!({ "id": "made", "client_id": "made" }));
    }
    let (_, path, _) = (roles.request)(&ids).unwrap();
    assert_eq!(path, "/admin/api/clients/n/roles");
    assert_eq!(ids.apps["Notes"], "n");
    assert!(
        steps
            .iter()
            .any(|step| step.verb == Verb::Create && ids.groups[&step.name] == "made")
    );
}

#[test]
fn a_group_that_there_is_not_and_a_name_of_two_apps_are_refused() {
    let declared = Declared::parse("apps:\n  Notes:\n    allowed_groups: [Nobody]\n").unwrap();
    assert!(plan(&declared, &State::default(), false).is_err_and(|why| why.contains("Nobody")));
    let mut double = state();
    double.doubles.push("Notes".into());
    assert!(plan(&Declared::parse(FILE).unwrap(), &double, false).is_err_and(|why| why.contains("several")));
}
