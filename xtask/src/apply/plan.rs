//! From what is declared and what there is to what is to be done.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use super::declared::{App, Declared};
use super::state::{HeldApp, State, encoded};
use super::step::{Action, Ids, Step, Verb};

/// The steps, in an order in which each finds what it needs.
///
/// # Errors
/// What cannot be done.
pub fn plan(declared: &Declared, state: &State, prune: bool) -> Result<Vec<Step>, String> {
    let mut steps = Vec::new();
    groups(declared, state, &mut steps);
    let names: BTreeSet<_> = {
        let declared = declared.groups.iter().flat_map(|groups| groups.keys());
        declared.chain(state.groups.keys()).map(String::as_str).collect()
    };
    for (name, app) in declared.apps.iter().flatten() {
        if state.doubles.contains(name) {
            return Err(format!(
                "There are several apps that are called {name}: give each another name first."
            ));
        }
        for group in groups_of(app) {
            if !names.contains(group.as_str()) {
                return Err(format!(
                    "The app {name} names the group {group}, which there is not, neither in the file nor in the deployment."
                ));
            }
        }
        let held = state.apps.get(name);
        metadata_of(name, app, held, state, &mut steps);
        roles_of(name, app, held, prune, &mut steps);
    }
    for (identifier, api) in declared.apis.iter().flatten() {
        api_of(identifier, api, declared, state, &mut steps)?;
    }
    if prune {
        pruned(declared, state, &mut steps);
    }
    Ok(steps)
}

fn groups(declared: &Declared, state: &State, steps: &mut Vec<Step>) {
    for (name, group) in declared.groups.iter().flatten() {
        let held = state.groups.get(name);
        let mut members = Vec::new();
        let mut body = Map::new();
        if let Some(required) = group.second_factor_required {
            let old = held.is_some_and(|held| held.second_factor_required);
            if old != required {
                members.push(("second_factor_required".to_owned(), json!(old), json!(required)));
                body.insert("second_factor_required".to_owned(), json!(required));
            }
        }
        let mut attributes = Map::new();
        for (attribute, new) in &group.attributes {
            let old = held
                .and_then(|held| held.attributes.get(attribute))
                .unwrap_or(&Value::Null);
            if !same(old, new) {
                members.push((format!("attributes.{attribute}"), old.clone(), new.clone()));
                attributes.insert(attribute.clone(), new.clone());
            }
        }
        if !attributes.is_empty() {
            body.insert("attributes".to_owned(), attributes.into());
        }
        let (verb, method, path) = match held {
            None => {
                body.insert("name".to_owned(), json!(name));
                (Verb::Create, "POST", "/admin/api/groups".to_owned())
            }
            Some(_) if members.is_empty() => continue,
            Some(held) => (
                Verb::Change,
                "PATCH",
                format!("/admin/api/groups/{}", encoded(&held.id)),
            ),
        };
        steps.push(Step {
            verb,
            kind: "group",
            name: name.clone(),
            members,
            action: Action::Send {
                method,
                path,
                body: Some(body.into()),
            },
        });
    }
}

/// The names of all groups that an app names.
fn groups_of(app: &App) -> Vec<String> {
    let allowed = app
        .metadata
        .get("allowed_groups")
        .and_then(Value::as_array)
        .into_iter()
        .flatten();
    let of_roles = app.roles.iter().flat_map(|roles| roles.values()).flatten();
    allowed
        .filter_map(Value::as_str)
        .map(str::to_owned)
        .chain(of_roles.cloned())
        .collect()
}

fn metadata_of(name: &str, app: &App, held: Option<&HeldApp>, state: &State, steps: &mut Vec<Step>) {
    let mut members = Vec::new();
    let mut body = Map::new();
    for (member, new) in &app.metadata {
        let old = held
            .and_then(|held| held.metadata.get(member))
            .cloned()
            .unwrap_or_default();
        // Groups go by their names in the file, and by their ids in a registration.
        let old = match member.as_str() {
            "allowed_groups" => names_of(&old, state),
            _ => old,
        };
        if !same(&old, new) {
            members.push((member.clone(), old, new.clone()));
            body.insert(member.clone(), new.clone());
        }
    }
    let method = match held {
        None => "POST",
        Some(_) if members.is_empty() => return,
        Some(_) => "PATCH",
    };
    let path = match held {
        None => "/register".to_owned(),
        Some(held) => format!("/register/{}", encoded(&held.id)),
    };
    if held.is_none() {
        body.insert("client_name".to_owned(), json!(name));
    }
    let action = match body.contains_key("allowed_groups") {
        false => Action::Send {
            method,
            path,
            body: Some(body.into()),
        },
        true => Action::Later {
            make: Box::new(move |ids| {
                let mut body = body.clone();
                if let Some(Value::Array(names)) = body.get("allowed_groups") {
                    let ids: Result<Vec<_>, _> = names
                        .iter()
                        .map(|name| id_of_group(name.as_str().unwrap_or_default(), ids))
                        .collect();
                    body.insert("allowed_groups".to_owned(), json!(ids?));
                }
                Ok((method, path.clone(), Some(body.into())))
            }),
        },
    };
    steps.push(Step {
        verb: if held.is_none() { Verb::Create } else { Verb::Change },
        kind: "app",
        name: name.to_owned(),
        members,
        action,
    });
}

fn api_of(
    identifier: &str,
    api: &Map<String, Value>,
    declared: &Declared,
    state: &State,
    steps: &mut Vec<Step>,
) -> Result<(), String> {
    let held = state.apis.get(identifier);
    let named = api.get("apps").and_then(Value::as_object).into_iter().flatten();
    for (name, _) in named {
        let is_declared = declared.apps.as_ref().is_some_and(|apps| apps.contains_key(name));
        if !is_declared && state.doubles.contains(name) {
            return Err(format!(
                "The API {identifier} names the app {name}, and there are several that are called so: give each another name first."
            ));
        }
        if !is_declared && !state.apps.contains_key(name) {
            return Err(format!(
                "The API {identifier} names the app {name}, which there is not."
            ));
        }
    }
    let mut members = Vec::new();
    let mut body = Map::new();
    for (member, new) in api {
        let old = held.and_then(|(_, held)| held.get(member)).cloned().unwrap_or_default();
        // Apps go by their names in the file, and by their ids there.
        let old = match (member.as_str(), old) {
            ("apps", Value::Object(apps)) => {
                let name = |id: &str| {
                    state
                        .apps
                        .iter()
                        .find(|(_, app)| app.id == id)
                        .map_or(id, |(name, _)| name)
                        .to_owned()
                };
                Value::Object(apps.iter().map(|(id, rule)| (name(id), rule.clone())).collect())
            }
            (_, old) => old,
        };
        if !same(&old, new) {
            members.push((member.clone(), old, new.clone()));
            body.insert(member.clone(), new.clone());
        }
    }
    let (verb, method, path) = match held {
        None => {
            body.insert("identifier".to_owned(), json!(identifier));
            (Verb::Create, "POST", "/admin/api/apis".to_owned())
        }
        Some(_) if members.is_empty() => return Ok(()),
        Some((id, _)) => (Verb::Change, "PATCH", format!("/admin/api/apis/{}", encoded(id))),
    };
    // A merge patch leaves in an object what it does not name: what is not declared any more is taken out.
    let held_scopes = held.and_then(|(_, held)| held.get("scopes")?.as_object());
    if let Some(Value::Object(new)) = body.get_mut("scopes") {
        for (gone, _) in held_scopes.into_iter().flatten() {
            new.entry(gone.clone()).or_insert(Value::Null);
        }
    }
    let held_apps: Vec<String> = held
        .and_then(|(_, held)| held.get("apps")?.as_object())
        .map(|apps| apps.keys().cloned().collect())
        .unwrap_or_default();
    let action = match body.get("apps") {
        Some(Value::Object(_)) => Action::Later {
            make: Box::new(move |ids| {
                let mut body = body.clone();
                if let Some(Value::Object(apps)) = body.get("apps") {
                    let mut by_id: Map<String, Value> = held_apps.iter().map(|id| (id.clone(), Value::Null)).collect();
                    for (name, rule) in apps {
                        let id = ids.apps.get(name);
                        let id = id.ok_or_else(|| format!("The app {name} is gone."))?;
                        by_id.insert(id.clone(), rule.clone());
                    }
                    body.insert("apps".to_owned(), by_id.into());
                }
                Ok((method, path.clone(), Some(body.into())))
            }),
        },
        _ => Action::Send {
            method,
            path,
            body: Some(body.into()),
        },
    };
    steps.push(Step {
        verb,
        kind: "API",
        name: identifier.to_owned(),
        members,
        action,
    });
    Ok(())
}

fn names_of(ids: &Value, state: &State) -> Value {
    let name = |id: &Value| {
        let found = state
            .groups
            .iter()
            .find(|(_, group)| Some(group.id.as_str()) == id.as_str());
        found.map_or_else(|| id.clone(), |(name, _)| json!(name))
    };
    match ids {
        Value::Array(list) => list.iter().map(name).collect(),
        other => other.clone(),
    }
}

fn id_of_group(name: &str, ids: &Ids) -> Result<String, String> {
    ids.groups
        .get(name)
        .cloned()
        .ok_or_else(|| format!("The group {name} is gone."))
}

fn roles_of(name: &str, app: &App, held: Option<&HeldApp>, prune: bool, steps: &mut Vec<Step>) {
    let Some(roles) = &app.roles else { return };
    let wanted: BTreeSet<(String, String)> = roles
        .iter()
        .flat_map(|(role, groups)| groups.iter().map(|group| (role.clone(), group.clone())))
        .collect();
    let has: BTreeSet<_> = held
        .map(|held| held.roles.iter().cloned().collect())
        .unwrap_or_default();
    let add: Vec<_> = wanted.difference(&has).cloned().collect();
    let remove: Vec<_> = has.difference(&wanted).filter(|_| prune).cloned().collect();
    if add.is_empty() && remove.is_empty() {
        return;
    }
    let given = add
        .iter()
        .map(|(role, group)| (format!("role {role}"), Value::Null, json!(group)));
    let taken = remove
        .iter()
        .map(|(role, group)| (format!("role {role}"), json!(group), Value::Null));
    let members = given.chain(taken).collect();
    let app_name = name.to_owned();
    steps.push(Step {
        verb: if remove.is_empty() { Verb::Change } else { Verb::Delete },
        kind: "roles at",
        name: name.to_owned(),
        members,
        action: Action::Later {
            make: Box::new(move |ids| {
                let list = |roles: &[(String, String)]| {
                    let role = |(role, group): &(String, String)| {
                        Ok(json!({ "role": role, "group": id_of_group(group, ids)? }))
                    };
                    roles.iter().map(role).collect::<Result<Vec<_>, String>>()
                };
                let body = json!({ "add": list(&add)?, "remove": list(&remove)? });
                let id = ids.apps.get(&app_name);
                let id = id.ok_or_else(|| format!("The app {app_name} is gone."))?;
                Ok(("POST", format!("/admin/api/clients/{}/roles", encoded(id)), Some(body)))
            }),
        },
    });
}

/// Deletes what the file does not name, where it names any of the kind. Apps that registered themselves are nobody's to declare.
fn pruned(declared: &Declared, state: &State, steps: &mut Vec<Step>) {
    let mut delete = |kind, name: &str, path: String| {
        steps.push(Step {
            verb: Verb::Delete,
            kind,
            name: name.to_owned(),
            members: Vec::new(),
            action: Action::Send {
                method: "DELETE",
                path,
                body: None,
            },
        });
    };
    if let Some(apps) = &declared.apps {
        for (name, held) in state
            .apps
            .iter()
            .filter(|(name, held)| held.is_operators && !apps.contains_key(*name))
        {
            delete("app", name, format!("/register/{}", encoded(&held.id)));
        }
    }
    if let Some(apis) = &declared.apis {
        for (name, (id, _)) in state.apis.iter().filter(|(name, _)| !apis.contains_key(*name)) {
            delete("API", name, format!("/admin/api/apis/{}", encoded(id)));
        }
    }
    if let Some(groups) = &declared.groups {
        for (name, held) in state.groups.iter().filter(|(name, _)| !groups.contains_key(*name)) {
            delete("group", name, format!("/admin/api/groups/{}", encoded(&held.id)));
        }
    }
}

/// Whether two values say the same: lists of texts and scopes have no order, and nothing is the same as nothing.
fn same(old: &Value, new: &Value) -> bool {
    let set = |value: &Value| -> Option<BTreeSet<String>> {
        match value {
            Value::Array(list) => list.iter().map(|one| one.as_str().map(str::to_owned)).collect(),
            Value::String(text) if text.contains(' ') => Some(text.split(' ').map(str::to_owned).collect()),
            _ => None,
        }
    };
    let nothing = |value: &Value| {
        matches!(value, Value::Null | Value::Bool(false)) || value.as_array().is_some_and(Vec::is_empty) || *value == ""
    };
    old == new || (nothing(old) && nothing(new)) || set(old).is_some_and(|old| Some(old) == set(new))
}

#[cfg(test)]
mod tests {
    use super::super::state::HeldGroup;
    use super::*;

    const FILE: &str = "groups:\n  Writers: {second_factor_required: true}\n  Readers:\napps:\n  Notes:\n    redirect_uris: [https://b.org/cb, https://a.org/cb]\n    scope: openid profile\n    allowed_groups: [Writers]\n    consent: null\n    roles: {editor: [Writers]}\n";

    fn state() -> State {
        let mut state = State::default();
        state.groups.insert(
            "Writers".into(),
            HeldGroup {
                id: "w".into(),
                ..HeldGroup::default()
            },
        );
        state.groups.insert(
            "Old".into(),
            HeldGroup {
                id: "o".into(),
                ..HeldGroup::default()
            },
        );
        let metadata =
            json!({ "redirect_uris": ["https://a.org/cb"], "scope": "profile openid", "allowed_groups": ["w"] });
        let held = HeldApp {
            id: "n".into(),
            is_operators: true,
            metadata: metadata.as_object().cloned().unwrap(),
            roles: vec![("viewer".into(), "Old".into())],
        };
        state.apps.insert("Notes".into(), held);
        state.apps.insert(
            "Wild".into(),
            HeldApp {
                id: "x".into(),
                ..HeldApp::default()
            },
        );
        state.apps.insert(
            "Left".into(),
            HeldApp {
                id: "l".into(),
                is_operators: true,
                ..HeldApp::default()
            },
        );
        state
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
        let Action::Later { make } = &steps[1].action else {
            panic!("it needs an id")
        };
        let ids = Ids {
            groups: [("New".to_owned(), "g".to_owned())].into(),
            apps: Default::default(),
        };
        let (method, path, body) = make(&ids).unwrap();
        assert_eq!((method, path.as_str()), ("POST", "/register"));
        assert_eq!(body.unwrap()["allowed_groups"], json!(["g"]));
    }

    #[test]
    fn an_api_goes_by_its_identifier_and_names_apps_and_loses_what_is_not_declared_any_more() {
        let file = "apis:\n  https://api.acme.org:\n    name: Notes\n    scopes: {read: {title: Read}}\n    apps: {Notes: {}}\n";
        let declared = Declared::parse(file).unwrap();
        let titles = |state: &State, prune| -> Vec<_> {
            plan(&declared, state, prune).unwrap().iter().map(Step::title).collect()
        };
        assert_eq!(titles(&state(), false), ["create API https://api.acme.org"]);
        let mut there = state();
        let held = json!({ "name": "Notes", "scopes": { "read": { "title": "Read" } }, "apps": { "n": {} } });
        there.apis.insert(
            "https://api.acme.org".into(),
            ("a".into(), held.as_object().cloned().unwrap()),
        );
        there
            .apis
            .insert("https://old.acme.org".into(), ("b".into(), Map::new()));
        assert_eq!(titles(&there, true), ["DELETE API https://old.acme.org"]);
        let more = json!({ "name": "Notes", "scopes": { "read": { "title": "Read" }, "write": {} }, "apps": { "n": {}, "x": {} } });
        there.apis.insert(
            "https://api.acme.org".into(),
            ("a".into(), more.as_object().cloned().unwrap()),
        );
        let steps = plan(&declared, &there, false).unwrap();
        let Action::Later { make } = &steps[0].action else {
            panic!("it needs an id")
        };
        let ids = Ids {
            groups: Default::default(),
            apps: [("Notes".to_owned(), "n".to_owned())].into(),
        };
        let (method, path, body) = make(&ids).unwrap();
        assert_eq!((method, path.as_str()), ("PATCH", "/admin/api/apis/a"));
        assert_eq!(
            body.unwrap(),
            json!({ "scopes": { "read": { "title": "Read" }, "write": null }, "apps": { "n": {}, "x": null } })
        );
        let strange = Declared::parse("apis:\n  https://api.acme.org:\n    apps: {Nobody: {}}\n").unwrap();
        assert!(plan(&strange, &there, false).is_err_and(|why| why.contains("Nobody")));
    }

    #[test]
    fn ids_are_those_of_the_plan_and_of_what_was_made_since_whatever_is_called_so_by_then() {
        let steps = planned(false);
        let roles = steps.iter().find(|step| step.kind == "roles at").unwrap();
        let Action::Later { make } = &roles.action else {
            panic!("it needs ids of groups")
        };
        let mut ids = state().ids();
        for step in steps.iter().filter(|step| step.verb == Verb::Create) {
            ids.note(step, &json!({ "id": "made", "client_id": "made" }));
        }
        let (_, path, _) = make(&ids).unwrap();
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
}
