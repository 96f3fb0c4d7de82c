//! Roles at apps are given and taken.

use serde_json::json;

use crate::{
    admin::role::{Holder, RoleChanges, RoleOfHolder},
    audit::{Actor, Entry, Event},
    db::{Batch, app_roles::Roles, clients},
    edge::{http::failure::MachineFailure, platform::context::Context},
    oidc::{client::app_rules::RolesFormat, error::OAuthError},
    secret::is_random_id,
};

/// Gives roles at an app and takes roles, all of them or none. Says whether one was taken.
///
/// # Errors
/// 404 for an app, a group or a person that there is not; `invalid_request` for a role that the app cannot be told.
pub async fn change(client_id: &str, wanted: &RoleChanges, context: &Context) -> Result<bool, MachineFailure> {
    let (given, taken) = (
        Roles::new(client_id, &wanted.add),
        Roles::new(client_id, &wanted.remove),
    );
    let mut batch = Batch::default();
    let client = batch.add(clients::find(client_id));
    let missing = [batch.add(given.find_missing()), batch.add(taken.find_missing())];
    let rows = context.db.run(batch).await?;
    let record = rows.read(client)?.ok_or_else(|| MachineFailure::no_such("client"))?;
    let is_text = record.client.metadata.rules.roles_format == RolesFormat::Text;
    if is_text && wanted.add.iter().any(|given| given.role.as_str().contains(' ')) {
        let why = "a role of this client can have no blank: it is told in a text (roles_format)";
        return Err(OAuthError::invalid_request(why).into());
    }
    for missing in missing {
        if let Some(missing) = rows.read(missing)? {
            let (what, id) = match &missing.group_id {
                Some(id) => ("group", id.as_str()),
                None => ("user", missing.user_id.as_deref().unwrap_or_default()),
            };
            let why = match is_random_id(id) {
                true => format!("there is no {what} {id}"),
                false => format!("there is no such {what}"),
            };
            return Err(MachineFailure::status(404, OAuthError::invalid_request(why)));
        }
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
    batch.push(taken.record_delete(&entry(Event::RoleTaken, &wanted.remove), context));
    let was_taken = batch.add(taken.delete());
    batch.push(given.record_insert(&entry(Event::RoleGiven, &wanted.add), context));
    batch.push(given.insert());
    Ok(context.db.run(batch).await?.read(was_taken)?)
}
