//! People are made.

use serde_json::json;

use super::change;
use crate::{
    account::user::User,
    admin::user::UserChanges,
    audit::{Actor, Entry, Event},
    db::{Batch, audit, group_members::Pairs, moving, users},
    edge::{
        http::failure::MachineFailure,
        people::folding,
        platform::{context::Context, random},
    },
    oidc::{error::OAuthError, subject::SubjectSalt},
};

/// Makes a person as an operator wants them, in those of the groups that there are.
///
/// # Errors
/// `invalid_request`; 409 where a name, an address or an id is taken.
pub async fn create(wanted: &UserChanges, group_ids: &[&str], context: &Context) -> Result<User, MachineFailure> {
    wanted.check_attributes(&context.config.attributes)?;
    folding::all(context).await?;
    let (username, claims) = wanted.for_new()?;
    let id = match wanted.id_for_new()? {
        Some(id) => own_id(id, context).await?,
        None => random::id()?,
    };
    let user = User {
        subject_salt: SubjectSalt::new(random::bytes()?),
        id,
        username,
        claims,
        disabled_at: wanted.disabled_from(context.now),
        created_at: context.now,
        updated_at: context.now,
        memberships: Default::default(),
    };
    let set_password = change::password_statement(&user, wanted.password.as_ref(), context).await?;
    let entry = |event| Entry::new(event, Actor::Operator).user(&user.id);
    let mut batch = Batch::default();
    let created = batch.add(users::insert(&user));
    batch.push(audit::record_if_changed(&entry(Event::UserCreated), context));
    batch.extend(set_password);
    if !group_ids.is_empty() {
        // The id is new: where nobody was made, there is nobody to add.
        let added = Pairs::new(&[&user.id], group_ids);
        let groups = entry(Event::GroupMemberAdded).detail(json!({ "groups": group_ids }));
        batch.push(added.record_insert(&groups, context));
        batch.push(added.insert());
    }
    if !context.db.run(batch).await?.read(created)? {
        return Err(taken());
    }
    Ok(user)
}

/// An id that an operator wants a new person to have.
///
/// # Errors
/// 409 for that of an operator who was deleted: apps and the audit know them by it.
async fn own_id(id: String, context: &Context) -> Result<String, MachineFailure> {
    let former = moving::former_operators(&json!([id]).to_string());
    match context.db.read(former).await?.is_empty() {
        true => Ok(id),
        false => {
            let why = "the id was that of an operator who is deleted: leave id out, or give another";
            Err(MachineFailure::status(409, OAuthError::invalid_request(why)))
        }
    }
}

/// The name or address of somebody is another's.
pub fn taken() -> MachineFailure {
    MachineFailure::status(
        409,
        OAuthError::invalid_request(
            "the username, e-mail address or id is taken, or another request has changed the account",
        ),
    )
}
