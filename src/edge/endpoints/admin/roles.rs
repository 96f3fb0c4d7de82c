//! `/admin/api/clients/{client_id}/roles`: which roles people have at an app, for operators.

use serde_json::json;

use crate::{
    admin::{
        paging::Page,
        role::{RoleChanges, RoleOfHolder},
    },
    audit::{Actor, Entry, Event},
    db::{
        Batch,
        app_roles::{self, Assigned, Roles},
        clients,
    },
    edge::{
        http::{failure::MachineFailure, request::Incoming},
        platform::context::Context,
    },
    oidc::{client::app_rules::RolesFormat, error::OAuthError},
    reply::{Body, Reply},
    secret::is_random_id,
};

/// `GET /admin/api/clients/{client_id}/roles?after=&limit=`.
pub async fn list(request: &mut Incoming, context: &Context) -> Result<Reply, MachineFailure> {
    let params = request.query_params()?;
    let page = Page::parse(&params, &[])?;
    let after = page.after(|text| text.parse::<u32>().ok())?.unwrap_or_default();
    let client_id = request.segment(0);
    let mut batch = Batch::default();
    let version = batch.add(clients::find_version(client_id));
    let roles = batch.add(app_roles::list(client_id, after.into(), page.limit));
    let rows = context.db.run(batch).await?;
    rows.read(version)?.ok_or_else(|| MachineFailure::no_such("client"))?;
    let roles = rows.read(roles)?;
    let describe = |assigned: &Assigned| match (&assigned.group_id, &assigned.user_id) {
        (Some(id), _) => json!({ "role": assigned.role, "group": id, "name": assigned.name }),
        (None, id) => json!({ "role": assigned.role, "user": id, "name": assigned.name }),
    };
    let listed = page.describe("roles", &roles, describe, |assigned| assigned.id.to_string());
    Ok(Reply::json(200, &listed))
}

/// `POST /admin/api/clients/{client_id}/roles`: gives roles and takes roles, all of them or none.
pub async fn change(request: &mut Incoming, context: &Context) -> Result<Reply, MachineFailure> {
    let wanted = RoleChanges::parse(&request.json().await?)?;
    let client_id = request.segment(0);
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
        Entry::new(event, Actor::Operator).detail(json!({ "roles": names }))
    };
    let mut batch = Batch::default();
    batch.push(taken.record_delete(&entry(Event::RoleTaken, &wanted.remove), context));
    batch.push(taken.delete());
    batch.push(given.record_insert(&entry(Event::RoleGiven, &wanted.add), context));
    batch.push(given.insert());
    context.db.run(batch).await?;
    Ok(Reply::new(204, Body::Empty))
}
