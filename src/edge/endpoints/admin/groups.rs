//! `/admin/api/groups`: groups of people, for operators.

use serde_json::json;

use crate::{
    account::group::{self, Group},
    admin::{
        group::{Stated, describe},
        paging::Page,
    },
    audit::{Actor, Entry, Event},
    db::{Batch, audit, groups},
    edge::{
        http::{failure::MachineFailure, request::Incoming},
        platform::{context::Context, random},
    },
    oidc::error::OAuthError,
    reply::{Body, Reply},
};

/// `POST /admin/api/groups`.
pub async fn create(request: &mut Incoming, context: &Context) -> Result<Reply, MachineFailure> {
    let stated = Stated::parse(&request.json().await?, context.config.second_factor)?;
    let group = Group {
        id: random::id()?,
        name: stated
            .name
            .ok_or_else(|| OAuthError::invalid_request("name is missing"))?,
        second_factor_required: stated.second_factor_required.unwrap_or(false),
        created_at: context.now,
        updated_at: context.now,
    };
    let mut batch = Batch::default();
    let created = batch.add(groups::insert(&group));
    batch.push(audit::record_if_changed(&done_to(&group, Event::GroupCreated), context));
    match context.db.run(batch).await?.read(created)? {
        true => Ok(Reply::json(201, &describe(&group))),
        false => Err(taken()),
    }
}

/// `GET /admin/api/groups?search=&after=&limit=`: by name, all or those whose names begin so in any spelling.
pub async fn list(request: &mut Incoming, context: &Context) -> Result<Reply, MachineFailure> {
    let params = request.query_params()?;
    let page = Page::parse(&params, &["search"])?;
    let beginning = group::fold(params.single("search")?.unwrap_or_default());
    let list = groups::list(&beginning, page.after_text()?, page.limit);
    let found = context.db.read(list).await?;
    let listed = page.describe("groups", &found, describe, |group| group.name.folded());
    Ok(Reply::json(200, &listed))
}

/// `GET /admin/api/groups/{group_id}`.
pub async fn show(request: &mut Incoming, context: &Context) -> Result<Reply, MachineFailure> {
    Ok(Reply::json(200, &describe(&find(request.segment(0), context).await?)))
}

/// `PATCH /admin/api/groups/{group_id}`: another name, of which apps are told from the next token on; or whether its people must show
/// a second factor.
pub async fn change(request: &mut Incoming, context: &Context) -> Result<Reply, MachineFailure> {
    let stated = Stated::parse(&request.json().await?, context.config.second_factor)?;
    let read = find(request.segment(0), context).await?;
    let (name, required) = (stated.name.as_ref(), stated.second_factor_required);
    let mut batch = Batch::default();
    let changed = batch.add(groups::change(&read.id, name, required, context.now));
    let group = Group {
        name: stated.name.clone().unwrap_or(read.name),
        second_factor_required: required.unwrap_or(read.second_factor_required),
        updated_at: context.now,
        ..read
    };
    batch.push(audit::record_if_changed(&done_to(&group, Event::GroupChanged), context));
    match context.db.run(batch).await?.read(changed)? {
        true => Ok(Reply::json(200, &describe(&group))),
        false => Err(taken()),
    }
}

/// `DELETE /admin/api/groups/{group_id}`. An app that was for this group alone is for nobody then.
pub async fn delete(request: &mut Incoming, context: &Context) -> Result<Reply, MachineFailure> {
    let group = find(request.segment(0), context).await?;
    let mut batch = Batch::default();
    batch.push(groups::delete(&group.id));
    batch.push(audit::record_if_changed(&done_to(&group, Event::GroupDeleted), context));
    context.db.run(batch).await?;
    Ok(Reply::new(204, Body::Empty))
}

/// The group of that id.
pub async fn find(group_id: &str, context: &Context) -> Result<Group, MachineFailure> {
    let found = context.db.read(groups::find(group_id)).await?;
    found.ok_or_else(|| MachineFailure::no_such("group"))
}

/// What an operator does to a group, for the audit.
fn done_to(group: &Group, event: Event) -> Entry<'static> {
    Entry::new(event, Actor::Operator).detail(json!({
        "group": group.id,
        "name": group.name.as_str(),
        "second_factor_required": group.second_factor_required,
    }))
}

fn taken() -> MachineFailure {
    MachineFailure::status(
        409,
        OAuthError::invalid_request(
            "the name is taken, or looks like one that is, or another request has deleted the group",
        ),
    )
}
