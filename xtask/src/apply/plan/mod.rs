//! From what is declared and what there is to what is to be done.

mod apis;
mod apps;
mod groups;
#[cfg(test)]
mod tests;

use super::declared::Declared;
use super::state::State;
use super::step::Step;
use apis::APIS;
use apps::APPS;
use groups::GROUPS;

/// The steps, in an order in which each finds what it needs.
///
/// # Errors
/// What cannot be done.
pub fn plan(declared: &Declared, state: &State, prune: bool) -> Result<Vec<Step>, String> {
    let mut steps = groups::steps(declared, state);
    steps.extend(apps::steps(declared, state, prune)?);
    steps.extend(apis::steps(declared, state)?);
    if prune {
        steps.extend(pruned(declared, state));
    }
    Ok(steps)
}

/// Deletes what the file does not name, where it names any of the kind. Apps that registered themselves are nobody's to declare.
fn pruned(declared: &Declared, state: &State) -> Vec<Step> {
    let mut steps = Vec::new();
    if let Some(declared) = &declared.apps {
        let of_operators = state.apps.iter().filter(|(_, held)| held.is_operators);
        let gone = of_operators.filter(|(name, _)| !declared.contains_key(*name));
        steps.extend(gone.map(|(name, held)| APPS.delete(name, &held.id)));
    }
    if let Some(declared) = &declared.apis {
        let gone = state.apis.iter().filter(|(name, _)| !declared.contains_key(*name));
        steps.extend(gone.map(|(name, held)| APIS.delete(name, &held.id)));
    }
    if let Some(declared) = &declared.groups {
        let gone = state.groups.iter().filter(|(name, _)| !declared.contains_key(*name));
        steps.extend(gone.map(|(name, held)| GROUPS.delete(name, &held.id)));
    }
    steps
}
