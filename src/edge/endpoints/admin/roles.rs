//! `/admin/api/clients/{client_id}/roles`: which roles people have at an app, for operators.

use serde_json::json;

use crate::{
    admin::{
        api_key::{Area, KeyScope},
        paging::Page,
        role::RoleChanges,
    },
    db::{
        Batch,
        app_roles::{self as stored, Assigned},
        clients,
    },
    edge::{
        http::{failure::MachineFailure, request::Incoming},
        people::operations::app_roles,
        platform::context::Context,
    },
    reply::{Body, Reply},
};

/// `GET /admin/api/clients/{client_id}/roles?after=&limit=`.
pub async fn list(request: &mut Incoming, context: &Context) -> Result<Reply, MachineFailure> {
    let params = request.query_params()?;
    let page = Page::parse(&params, &[])?;
    let after = page.after(|text| text.parse::<u32>().ok())?.unwrap_or_default();
    let client_id = request.segment(0);
    let mut batch = Batch::default();
    let version = batch.add(clients::find_version(client_id));
    let roles = batch.add(stored::list(client_id, after.into(), page.limit));
    let rows = context.db.run(batch).await?;
    rows.read(version)?.ok_or_else(|| MachineFailure::no_such("client"))?;
    let roles = rows.read(roles)?;
    // Usernames are of people, as at the members of a group.
    let people = KeyScope {
        area: Area::People,
        writes: false,
    };
    let sees_people = request.caller()?.may(Some(people)).is_ok();
    let describe = |assigned: &Assigned| match (&assigned.group_id, &assigned.user_id) {
        (Some(id), _) => json!({ "role": assigned.role, "group": id, "name": assigned.name }),
        (None, id) if sees_people => json!({ "role": assigned.role, "user": id, "name": assigned.name }),
        (None, id) => json!({ "role": assigned.role, "user": id }),
    };
    let listed = page.describe("roles", &roles, describe, |assigned| assigned.id.to_string());
    Ok(Reply::json(200, &listed))
}

/// `POST /admin/api/clients/{client_id}/roles`: gives roles and takes roles, all of them or none.
pub async fn change(request: &mut Incoming, context: &Context) -> Result<Reply, MachineFailure> {
    let wanted = RoleChanges::parse(&request.json().await?)?;
    let client_id = request.segment(0);
    app_roles::change(client_id, &wanted, context).await?;
    Ok(Reply::new(204, Body::Empty))
}
