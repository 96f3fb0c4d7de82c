//! `/admin/api/groups/{group_id}/members` and `/admin/api/users/{user_id}/groups`: who is in which group, for operators.

use serde_json::json;

use crate::{
    admin::{
        group::{self, MemberChanges},
        paging::Page,
        user,
    },
    db::{Batch, group_members, groups, users},
    edge::{
        http::{failure::MachineFailure, request::Incoming},
        people::operations::members::Change,
        platform::context::Context,
    },
    reply::{Body, Reply},
};

/// `GET /admin/api/groups/{group_id}/members?after=&limit=`.
pub async fn list(request: &mut Incoming, context: &Context) -> Result<Reply, MachineFailure> {
    let params = request.query_params()?;
    let page = Page::parse(&params, &[])?;
    let group_id = request.segment(0);
    let mut batch = Batch::default();
    let group = batch.add(groups::find(group_id));
    let members = batch.add(group_members::list(group_id, page.after_text()?, page.limit));
    let rows = context.db.run(batch).await?;
    rows.read(group)?.ok_or_else(|| MachineFailure::no_such("group"))?;
    let members = rows.read(members)?;
    let listed = page.describe("members", &members, user::describe, |user| user.id.clone());
    Ok(Reply::json(200, &listed))
}

/// `POST /admin/api/groups/{group_id}/members`: adds and removes people, all of them or none.
pub async fn change(request: &mut Incoming, context: &Context) -> Result<Reply, MachineFailure> {
    let wanted = MemberChanges::parse(&request.json().await?)?;
    let (people, group) = (wanted, [request.segment(0)]);
    let change = Change {
        add: (&texts(&people.add), &group),
        remove: (&texts(&people.remove), &group),
    };
    change.make(context).await?;
    Ok(Reply::new(204, Body::Empty))
}

/// `PUT /admin/api/groups/{group_id}/members/{user_id}`.
pub async fn add(request: &mut Incoming, context: &Context) -> Result<Reply, MachineFailure> {
    Change::add_one(request.segment(1), request.segment(0), context).await?;
    Ok(Reply::new(204, Body::Empty))
}

/// `DELETE /admin/api/groups/{group_id}/members/{user_id}`.
pub async fn remove(request: &mut Incoming, context: &Context) -> Result<Reply, MachineFailure> {
    Change::remove_one(request.segment(1), request.segment(0), context).await?;
    Ok(Reply::new(204, Body::Empty))
}

/// `GET /admin/api/users/{user_id}/groups`.
pub async fn of_person(request: &mut Incoming, context: &Context) -> Result<Reply, MachineFailure> {
    reply_of_person(request.segment(0), context).await
}

/// `POST /admin/api/users/{user_id}/groups`: moves a person between groups at once.
pub async fn change_of_person(request: &mut Incoming, context: &Context) -> Result<Reply, MachineFailure> {
    let groups = MemberChanges::parse(&request.json().await?)?;
    let person = [request.segment(0)];
    let change = Change {
        add: (&person, &texts(&groups.add)),
        remove: (&person, &texts(&groups.remove)),
    };
    change.make(context).await?;
    reply_of_person(request.segment(0), context).await
}

async fn reply_of_person(user_id: &str, context: &Context) -> Result<Reply, MachineFailure> {
    let mut batch = Batch::default();
    let user = batch.add(users::find(user_id));
    let list = batch.add(groups::list_of(user_id));
    let rows = context.db.run(batch).await?;
    rows.read(user)?.ok_or_else(|| MachineFailure::no_such("user"))?;
    let described: Vec<_> = rows.read(list)?.iter().map(group::describe).collect();
    Ok(Reply::json(200, &json!({ "groups": described })))
}

fn texts(ids: &[String]) -> Vec<&str> {
    ids.iter().map(String::as_str).collect()
}
