//! What is to be done about APIs.

use std::collections::BTreeMap;
use std::mem;

use serde_json::{Map, Value, json};

use crate::apply::declared::Declared;
use crate::apply::diff::{Diff, Place, says};
use crate::apply::state::State;
use crate::apply::step::{Kind, Step};

pub const APIS: Place = Place {
    kind: Kind::Api,
    list: "/admin/api/apis",
    named: "identifier",
};

/// In place of a list of scopes of an app: each that the API has.
const ALL: &str = "all";

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
    let mut diff = Diff::default();
    for (member, new) in api {
        match (member.as_str(), new) {
            ("scopes" | "apps", Value::Object(wanted)) => {
                diff.add_within(member, by_name(member, wanted, &old(member)))
            }
            _ => diff.add(member, old(member), new),
        }
    }
    // The apps that the API names go by their ids, also those that the file has no name for.
    let held_apps: BTreeMap<String, String> = names_of(held_members, "apps")
        .into_iter()
        .map(|id| (state.app_of(&id).unwrap_or(&id).to_owned(), id))
        .collect();
    APIS.step(identifier, held.map(|held| held.id.as_str()), diff, move |body, ids| {
        if let Some(Value::Object(apps)) = body.get_mut("apps") {
            for (name, rule) in mem::take(apps) {
                let id = match held_apps.get(&name) {
                    Some(id) => id,
                    None => ids.app(&name)?,
                };
                apps.insert(id.to_owned(), rule);
            }
        }
        Ok(())
    })
}

/// What becomes of the scopes or of the apps of an API: of each the members that are declared, the others stay; and what is not declared any
/// more goes, which a merge patch has to say.
fn by_name(what: &str, wanted: &Map<String, Value>, held: &Value) -> Diff {
    let mut diff = Diff::default();
    for (name, new) in wanted {
        let old = held.get(name).cloned().unwrap_or_default();
        // Two short forms that Limen takes, and tells in full.
        let (new, is_all) = match new {
            Value::String(title) if what == "scopes" => (json!({ "title": title }), false),
            new => (
                new.clone(),
                old.is_object() && new.get("scopes").is_some_and(|scopes| scopes == ALL),
            ),
        };
        let is_there = match is_all {
            true => old.get("scopes").is_none(),
            false => says(&old, &new),
        };
        if !is_there {
            diff.set(name, old, new);
        }
    }
    for (gone, old) in held
        .as_object()
        .into_iter()
        .flatten()
        .filter(|(name, _)| !wanted.contains_key(*name))
    {
        diff.set(gone, old.clone(), Value::Null);
    }
    diff
}

/// The names of the members of an object that is a member.
fn names_of(api: Option<&Map<String, Value>>, member: &str) -> Vec<String> {
    let object = api.and_then(|api| api.get(member)?.as_object());
    object.into_iter().flat_map(Map::keys).cloned().collect()
}
