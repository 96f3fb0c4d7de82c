//! What is to be done about groups.

use serde_json::json;

use crate::apply::declared::{Declared, Group};
use crate::apply::diff::{Diff, Place};
use crate::apply::state::{HeldGroup, State};
use crate::apply::step::{Kind, Step};

pub const GROUPS: Place = Place {
    kind: Kind::Group,
    list: "/admin/api/groups",
    named: "name",
};

pub fn steps(declared: &Declared, state: &State) -> Vec<Step> {
    let groups = declared.groups.iter().flatten();
    let step = |(name, group): (&String, &Group)| step(name, group, state.groups.get(name));
    groups.filter_map(step).collect()
}

fn step(name: &str, group: &Group, held: Option<&HeldGroup>) -> Option<Step> {
    let mut diff = Diff::default();
    if let Some(required) = group.second_factor_required {
        let old = held.is_some_and(|held| held.second_factor_required);
        diff.add("second_factor_required", json!(old), &json!(required));
    }
    let attribute = |name: &str| held.and_then(|held| held.attributes.get(name));
    let attributes = Diff::between(&group.attributes, |name| attribute(name).cloned().unwrap_or_default());
    diff.add_within("attributes", attributes);
    GROUPS.step(name, held.map(|held| held.id.as_str()), diff, |_, _| Ok(()))
}
