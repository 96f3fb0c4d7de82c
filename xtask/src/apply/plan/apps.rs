//! What is to be done about apps: their metadata, and the roles of groups at them.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use crate::apply::declared::{App, Declared};
use crate::apply::diff::{Diff, Place};
use crate::apply::state::{HeldApp, State};
use crate::apply::step::{Ids, Kind, Step, Verb};
use crate::http::encoded;

pub const APPS: Place = Place {
    kind: Kind::App,
    list: "/register",
    named: "client_name",
};

/// The steps.
///
/// # Errors
/// An app of which there are several, and a group that there is not.
pub fn steps(declared: &Declared, state: &State, prune: bool) -> Result<Vec<Step>, String> {
    let mut steps = Vec::new();
    for (name, app) in declared.apps.iter().flatten() {
        if state.doubles.contains(name) {
            return Err(format!(
                "There are several apps that are called {name}: give each another name first."
            ));
        }
        let is_there = |group: &str| {
            let declared = declared.groups.as_ref();
            state.groups.contains_key(group) || declared.is_some_and(|groups| groups.contains_key(group))
        };
        if let Some(group) = groups_of(app).find(|group| !is_there(group)) {
            return Err(format!(
                "The app {name} names the group {group}, which there is not, neither in the file nor in the deployment."
            ));
        }
        let held = state.apps.get(name);
        steps.extend(metadata(name, app, held, state));
        steps.extend(roles(name, app, held, prune));
    }
    Ok(steps)
}

/// The names of all groups that an app names.
fn groups_of(app: &App) -> impl Iterator<Item = &str> {
    let allowed = app.metadata.get("allowed_groups").and_then(Value::as_array);
    let of_roles = app.roles.iter().flat_map(|roles| roles.values()).flatten();
    let allowed = allowed.into_iter().flatten().filter_map(Value::as_str);
    allowed.chain(of_roles.map(String::as_str))
}

fn metadata(name: &str, app: &App, held: Option<&HeldApp>, state: &State) -> Option<Step> {
    let old = |member: &str| {
        let old = held.and_then(|held| held.metadata.get(member)).cloned();
        match (member, old) {
            // Groups go by their names in the file, and by their ids in a registration.
            ("allowed_groups", Some(Value::Array(ids))) => ids.into_iter().map(|id| name_of(id, state)).collect(),
            (_, old) => old.unwrap_or_default(),
        }
    };
    let diff = Diff::between(&app.metadata, old);
    APPS.step(name, held.map(|held| held.id.as_str()), diff, groups_by_id)
}

fn name_of(id: Value, state: &State) -> Value {
    let name = id.as_str().and_then(|id| state.group_of(id));
    name.map_or(id, |name| json!(name))
}

fn groups_by_id(body: &mut Map<String, Value>, ids: &Ids) -> Result<(), String> {
    for group in body
        .get_mut("allowed_groups")
        .and_then(Value::as_array_mut)
        .into_iter()
        .flatten()
    {
        *group = json!(ids.group(group.as_str().unwrap_or_default())?);
    }
    Ok(())
}

fn roles(name: &str, app: &App, held: Option<&HeldApp>, prune: bool) -> Option<Step> {
    let wanted: BTreeSet<(String, String)> = (app.roles.as_ref()?.iter())
        .flat_map(|(role, groups)| groups.iter().map(|group| (role.clone(), group.clone())))
        .collect();
    let has: BTreeSet<_> = held.into_iter().flat_map(|held| held.roles.iter().cloned()).collect();
    let add: Vec<_> = wanted.difference(&has).cloned().collect();
    let remove: Vec<_> = has.difference(&wanted).filter(|_| prune).cloned().collect();
    if add.is_empty() && remove.is_empty() {
        return None;
    }
    let member = |role: &str, old: Value, new: Value| (format!("role {role}"), old, new);
    let given = add.iter().map(|(role, group)| member(role, Value::Null, json!(group)));
    let taken = remove
        .iter()
        .map(|(role, group)| member(role, json!(group), Value::Null));
    let members = given.chain(taken).collect();
    let app = name.to_owned();
    Some(Step {
        verb: if remove.is_empty() { Verb::Change } else { Verb::Delete },
        kind: Kind::RolesAt,
        name: name.to_owned(),
        members,
        request: Box::new(move |ids| {
            let role = |(role, group): &(String, String)| Ok(json!({ "role": role, "group": ids.group(group)? }));
            let list = |roles: &[(String, String)]| roles.iter().map(role).collect::<Result<Vec<_>, String>>();
            let body = json!({ "add": list(&add)?, "remove": list(&remove)? });
            let path = format!("/admin/api/clients/{}/roles", encoded(ids.app(&app)?));
            Ok(("POST", path, Some(body)))
        }),
    })
}
