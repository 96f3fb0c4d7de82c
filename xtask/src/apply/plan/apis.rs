//! What is to be done about APIs.

use std::mem;

use serde_json::{Map, Value};

use crate::apply::declared::Declared;
use crate::apply::diff::{Diff, Place};
use crate::apply::state::State;
use crate::apply::step::{Kind, Step};

pub const APIS: Place = Place {
    kind: Kind::Api,
    list: "/admin/api/apis",
    named: "identifier",
};

/// The steps.
///
/// # Errors
/// An app that there is not, or of which there are several.
pub fn steps(declared: &Declared, state: &State) -> Result<Vec<Step>, String> {
    let mut steps = Vec::new();
    for (identifier, api) in declared.apis.iter().flatten() {
        for name in names_of(Some(api), "apps") {
            let is_declared = declared.apps.as_ref().is_some_and(|apps| apps.contains_key(&name));
            if !is_declared && state.doubles.contains(&name) {
                return Err(format!(
                    "The API {identifier} names the app {name}, and there are several that are called so: give each another name first."
                ));
            }
            if !is_declared && !state.apps.contains_key(&name) {
                return Err(format!(
                    "The API {identifier} names the app {name}, which there is not."
                ));
            }
        }
        steps.extend(step(identifier, api, state));
    }
    Ok(steps)
}

fn step(identifier: &str, api: &Map<String, Value>, state: &State) -> Option<Step> {
    let held = state.apis.get(identifier);
    let held_members = held.map(|held| &held.members);
    let old = |member: &str| {
        let old = held_members.and_then(|held| held.get(member)).cloned();
        match (member, old) {
            // Apps go by their names in the file, and by their ids there.
            ("apps", Some(Value::Object(apps))) => {
                let name = |id: String| state.app_of(&id).map(str::to_owned).unwrap_or(id);
                Value::Object(apps.into_iter().map(|(id, rule)| (name(id), rule)).collect())
            }
            (_, old) => old.unwrap_or_default(),
        }
    };
    let mut diff = Diff::between(api, old);
    // A merge patch leaves in an object what it does not name: what is not declared any more is taken out.
    if let Some(Value::Object(scopes)) = diff.body.get_mut("scopes") {
        for gone in names_of(held_members, "scopes") {
            scopes.entry(gone).or_insert(Value::Null);
        }
    }
    let held_apps = names_of(held_members, "apps");
    APIS.step(identifier, held.map(|held| held.id.as_str()), diff, move |body, ids| {
        if let Some(Value::Object(apps)) = body.get_mut("apps") {
            let by_name = mem::take(apps);
            apps.extend(held_apps.iter().map(|id| (id.clone(), Value::Null)));
            for (name, rule) in by_name {
                apps.insert(ids.app(&name)?.to_owned(), rule);
            }
        }
        Ok(())
    })
}

/// The names of the members of an object that is a member.
fn names_of(api: Option<&Map<String, Value>>, member: &str) -> Vec<String> {
    let object = api.and_then(|api| api.get(member)?.as_object());
    object.into_iter().flat_map(Map::keys).cloned().collect()
}
