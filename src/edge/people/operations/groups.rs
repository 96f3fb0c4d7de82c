//! Groups are made, changed and deleted.

use serde_json::{Map, Value, json};

use crate::{
    account::group::Group,
    admin::{
        console_form::{self, group::SeenGroup},
        group::WantedGroup,
    },
    audit::{Actor, Entry, Event},
    db::{Batch, audit, groups},
    edge::{
        http::failure::MachineFailure,
        platform::{context::Context, random},
    },
    oidc::{
        claims::{ATTRIBUTES, merged},
        error::OAuthError,
    },
};

/// Makes a group.
///
/// # Errors
/// 409 where its name is taken.
pub async fn create(wanted: WantedGroup, context: &Context) -> Result<Group, MachineFailure> {
    let attributes = kept(&Map::new(), &wanted)?;
    let group = Group {
        id: random::id()?,
        name: wanted
            .name
            .ok_or_else(|| OAuthError::invalid_request("name is missing"))?,
        second_factor_required: wanted.second_factor_required.unwrap_or(false),
        attributes,
        created_at: context.now,
        updated_at: context.now,
    };
    let mut batch = Batch::default();
    let created = batch.add(groups::insert(&group));
    batch.push(audit::record_if_changed(
        &done_to(&group, Event::GroupCreated, None),
        context,
    ));
    match context.db.run(batch).await?.read(created)? {
        true => Ok(group),
        false => Err(taken()),
    }
}

/// Gives a group another name, of which apps are told from the next token on; or says whether its people must show a second factor.
///
/// # Errors
/// 404, and 409 where the name is taken, or the group is not as it was `shown`.
pub async fn change(
    group_id: &str,
    wanted: WantedGroup,
    shown: Option<SeenGroup<'_>>,
    context: &Context,
) -> Result<Group, MachineFailure> {
    let read = find(group_id, context).await?;
    let is_other = |shown: SeenGroup<'_>| shown != SeenGroup::from(&read);
    if shown.is_some_and(is_other) {
        return Err(MachineFailure::status(409, console_form::changed()));
    }
    let mut before = json!({ "name": read.name.as_str(), "second_factor_required": read.second_factor_required });
    if let (Some(_), Value::Object(members)) = (&wanted.attributes, &mut before) {
        members.insert(ATTRIBUTES.to_owned(), read.attributes.clone().into());
    }
    let attributes = kept(&read.attributes, &wanted)?;
    let mut batch = Batch::default();
    let changed = batch.add(groups::change(&read.id, &wanted, shown, context.now));
    let group = Group {
        name: wanted.name.unwrap_or(read.name),
        second_factor_required: wanted.second_factor_required.unwrap_or(read.second_factor_required),
        attributes,
        updated_at: context.now,
        ..read
    };
    batch.push(audit::record_if_changed(
        &done_to(&group, Event::GroupChanged, Some(before)),
        context,
    ));
    match context.db.run(batch).await?.read(changed)? {
        true => Ok(group),
        false => Err(taken()),
    }
}

/// Deletes a group. An app that was for this group alone is for nobody then.
///
/// # Errors
/// 404.
pub async fn delete(group_id: &str, context: &Context) -> Result<(), MachineFailure> {
    let group = find(group_id, context).await?;
    let mut batch = Batch::default();
    batch.push(groups::delete(&group.id));
    batch.push(audit::record_if_changed(
        &done_to(&group, Event::GroupDeleted, None),
        context,
    ));
    context.db.run(batch).await?;
    Ok(())
}

/// The group of that id.
///
/// # Errors
/// 404.
pub async fn find(group_id: &str, context: &Context) -> Result<Group, MachineFailure> {
    let found = context.db.read(groups::find(group_id)).await?;
    found.ok_or_else(|| MachineFailure::no_such("group"))
}

/// Its attributes as they are afterwards, without those that are taken away.
fn kept(before: &Map<String, Value>, wanted: &WantedGroup) -> Result<Map<String, Value>, MachineFailure> {
    let changes = wanted.attributes.clone().unwrap_or_default();
    Ok(merged(before, &changes).map_err(OAuthError::invalid_request)?)
}

/// What an operator does to a group, for the audit.
fn done_to(group: &Group, event: Event, before: Option<Value>) -> Entry<'static> {
    let mut detail = json!({
        "group": group.id,
        "name": group.name.as_str(),
        "second_factor_required": group.second_factor_required,
    });
    if let Value::Object(members) = &mut detail {
        // A change that does not touch its attributes does not repeat them.
        if before.as_ref().is_none_or(|before| before.get(ATTRIBUTES).is_some()) {
            members.insert(ATTRIBUTES.to_owned(), group.attributes.clone().into());
        }
        if let Some(before) = before {
            members.insert("before".to_owned(), before);
        }
    }
    Entry::new(event, Actor::Operator).detail(detail)
}

fn taken() -> MachineFailure {
    MachineFailure::status(
        409,
        OAuthError::invalid_request(
            "the name is taken, or looks like one that is, or another request has changed or deleted the group",
        ),
    )
}
