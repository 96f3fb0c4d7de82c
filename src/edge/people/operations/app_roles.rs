//! Roles at apps are given and taken.

use serde_json::json;

use crate::{
    admin::role::{Holder, MOST_AT_APP, MOST_OF_HOLDER, RoleChanges, RoleOfHolder},
    audit::{Actor, Entry, Event},
    db::{
        Batch,
        app_roles::{Problem, ProblemKind, Roles},
        clients,
    },
    edge::{http::failure::MachineFailure, platform::context::Context},
    oidc::error::OAuthError,
};

/// Gives roles at an app and takes roles, all of them or none. Says whether one was taken.
///
/// # Errors
/// 404 for an app, a group or a person that there is not; `invalid_request` for a role that the app cannot be told; 409 for more roles than a
/// holder may have.
pub async fn change(client_id: &str, wanted: &RoleChanges, context: &Context) -> Result<bool, MachineFailure> {
    let (given, taken) = (
        Roles::new(client_id, &wanted.add),
        Roles::new(client_id, &wanted.remove),
    );
    let mut batch = Batch::default();
    let client = batch.add(clients::find_version(client_id));
    let problem = batch.add(given.find_problem(&taken));
    let rows = context.db.run(batch).await?;
    rows.read(client)?.ok_or_else(|| MachineFailure::no_such("client"))?;
    if let Some(problem) = rows.read(problem)? {
        return Err(refusal(&problem));
    }
    let entry = |event, roles: &[RoleOfHolder]| {
        let mut names: Vec<_> = roles.iter().map(|given| given.role.as_str()).collect();
        names.sort_unstable();
        names.dedup();
        let groups = roles.iter().filter_map(|given| match &given.holder {
            Holder::Group(id) => Some(id.as_str()),
            Holder::User(_) => None,
        });
        let mut groups: Vec<_> = groups.collect();
        groups.sort_unstable();
        groups.dedup();
        Entry::new(event, Actor::Operator).detail(match groups.is_empty() {
            true => json!({ "roles": names }),
            false => json!({ "roles": names, "groups": groups }),
        })
    };
    let mut batch = Batch::default();
    batch.push(given.demand(&taken));
    batch.push(taken.record_delete(&entry(Event::RoleTaken, &wanted.remove), context));
    let was_taken = batch.add(taken.delete());
    batch.push(given.record_insert(&entry(Event::RoleGiven, &wanted.add), context));
    batch.push(given.insert());
    match context.db.run(batch).await {
        Ok(rows) => Ok(rows.read(was_taken)?),
        // Something went between the two trips, and nothing has happened.
        Err(fault) => match context.db.read(given.find_problem(&taken)).await? {
            Some(problem) => Err(refusal(&problem)),
            None => Err(fault.into()),
        },
    }
}

fn refusal(problem: &Problem) -> MachineFailure {
    let (what, id) = match &problem.group_id {
        Some(id) => ("group", id.as_str()),
        None => ("user", problem.user_id.as_deref().unwrap_or_default()),
    };
    let (status, why) = match problem.kind {
        ProblemKind::NoClient => return MachineFailure::no_such("client"),
        ProblemKind::NoHolder => return MachineFailure::no_such_id(what, id),
        ProblemKind::Blank => {
            let why = "a role of this client can have no blank: it is told in a text (roles_format)";
            (400, why.to_owned())
        }
        ProblemKind::TooManyAtApp => (
            409,
            format!("the {what} {id} would have more than {MOST_AT_APP} roles at this client; nothing was done"),
        ),
        ProblemKind::TooMany => (
            409,
            format!("the {what} {id} would have more than {MOST_OF_HOLDER} roles at all clients; nothing was done"),
        ),
    };
    MachineFailure::status(status, OAuthError::invalid_request(why))
}
