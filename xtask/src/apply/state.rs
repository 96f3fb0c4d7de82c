//! What a deployment has of groups, apps and APIs, as far as a file declares such.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::declared::Declared;
use super::step::Ids;
use crate::failure::{Failure, Result};
use crate::http::encoded;
use crate::moves::Deployment;

/// A file declares apps of operators. One that registered itself may call itself what it wants, and is never taken for one of these.
const OPERATORS_APPS: &str = "/admin/api/clients?registered_by=operator";

/// Groups and apps by their names, APIs by their identifiers.
#[derive(Debug, Default)]
pub struct State {
    pub groups: BTreeMap<String, HeldGroup>,
    pub apps: BTreeMap<String, HeldApp>,
    /// Names that several apps have.
    pub doubles: Vec<String>,
    /// APIs by their identifiers.
    pub apis: BTreeMap<String, HeldApi>,
}

#[derive(Debug, Default)]
pub struct HeldGroup {
    pub id: String,
    pub second_factor_required: bool,
    pub attributes: Map<String, Value>,
}

#[derive(Debug, Default)]
pub struct HeldApp {
    pub id: String,
    /// Whether an operator registered it.
    pub is_operators: bool,
    /// As `/register` tells it; empty for an app that the file does not name.
    pub metadata: Map<String, Value>,
    /// Roles and the names of groups that have them.
    pub roles: Vec<(String, String)>,
}

#[derive(Debug, Default)]
pub struct HeldApi {
    pub id: String,
    /// As `/admin/api/apis` tells it, with `apps` by id.
    pub members: Map<String, Value>,
}

impl State {
    /// The name of the group with an id.
    pub fn group_of(&self, id: &str) -> Option<&str> {
        let mut groups = self.groups.iter();
        groups.find_map(|(name, held)| (held.id == id).then_some(name.as_str()))
    }

    /// The name of the app with an id.
    pub fn app_of(&self, id: &str) -> Option<&str> {
        let mut apps = self.apps.iter();
        apps.find_map(|(name, held)| (held.id == id).then_some(name.as_str()))
    }

    /// The ids of what is there.
    pub fn ids(&self) -> Ids {
        let groups = self.groups.iter().map(|(name, held)| (name.clone(), held.id.clone()));
        let apps = self.apps.iter().map(|(name, held)| (name.clone(), held.id.clone()));
        Ids {
            groups: groups.collect(),
            apps: apps.collect(),
        }
    }

    /// Reads it. Apps that the file does not name are read by name alone.
    pub fn read(declared: &Declared, deployment: &Deployment) -> Result<Self> {
        let mut state = Self::default();
        for group in pages(deployment, "/admin/api/groups", "groups")? {
            let held = HeldGroup {
                id: text(&group, "id"),
                second_factor_required: group["second_factor_required"] == true,
                attributes: group["attributes"].as_object().cloned().unwrap_or_default(),
            };
            state.groups.insert(text(&group, "name"), held);
        }
        if declared.apis.is_some() {
            for api in pages(deployment, "/admin/api/apis", "apis")? {
                let held = HeldApi {
                    id: text(&api, "id"),
                    members: api.as_object().cloned().unwrap_or_default(),
                };
                state.apis.insert(text(&api, "identifier"), held);
            }
        }
        let named: Vec<_> = declared.apis.iter().flat_map(|apis| apis.values()).collect();
        let names_apps = named.iter().any(|api| api.get("apps").is_some());
        let none = BTreeMap::new();
        let apps = match &declared.apps {
            Some(apps) => apps,
            None if names_apps => &none,
            None => return Ok(state),
        };
        for app in pages(deployment, OPERATORS_APPS, "clients")? {
            let (id, name) = (text(&app, "client_id"), text(&app, "client_name"));
            let mut held = HeldApp {
                is_operators: app["registered_by"] == "operator",
                id,
                ..HeldApp::default()
            };
            if let Some(wanted) = apps.get(&name) {
                let answer = deployment.get(&format!("/register/{}", encoded(&held.id)))?;
                if answer.status != 200 {
                    return Err(Deployment::refused(&answer, &format!("Reading the app {name}")));
                }
                held.metadata = answer.json()?.as_object().cloned().unwrap_or_default();
                if wanted.roles.is_some() {
                    let path = format!("/admin/api/clients/{}/roles", encoded(&held.id));
                    let roles = pages(deployment, &path, "roles")?;
                    let of_groups = roles.iter().filter(|role| role.get("group").is_some());
                    held.roles = of_groups.map(|role| (text(role, "role"), text(role, "name"))).collect();
                }
            }
            if state.apps.insert(name.clone(), held).is_some() {
                state.doubles.push(name);
            }
        }
        Ok(state)
    }
}

/// All rows of a list.
fn pages(deployment: &Deployment, path: &str, name: &str) -> Result<Vec<Value>> {
    let mut rows = Vec::new();
    let mut query = String::new();
    loop {
        let answer = deployment.get(&format!("{path}{query}"))?;
        if answer.status != 200 {
            return Err(Deployment::refused(&answer, &format!("Reading {name}")));
        }
        let page = answer.json()?;
        let list = page.get(name).and_then(Value::as_array);
        rows.extend(
            list.ok_or_else(|| Failure::new(format!("Limen's answer has no {name}.")))?
                .iter()
                .cloned(),
        );
        match page.get("next").and_then(Value::as_str) {
            Some(next) => {
                let joint = if path.contains('?') { '&' } else { '?' };
                query = format!("{joint}after={}", encoded(next));
            }
            None => return Ok(rows),
        }
    }
}

fn text(value: &Value, name: &str) -> String {
    value.get(name).and_then(Value::as_str).unwrap_or_default().to_owned()
}
