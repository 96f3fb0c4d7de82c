//! `/admin/api/invitations`: links with which people make accounts, for operators.

use serde_json::{Value, json};

use crate::{
    account::invitation::InvitationId,
    admin::{invitation::WantedInvitation, operator_role::OperatorRoles, paging::Page},
    db::invitations::{self, Invitation},
    edge::{
        http::{failure::MachineFailure, request::Incoming},
        people::operations::invitations as operation,
        platform::context::Context,
    },
    reply::{Body, Reply},
};

/// `POST /admin/api/invitations`.
pub async fn make(request: &mut Incoming, context: &Context) -> Result<Reply, MachineFailure> {
    let wanted = WantedInvitation::parse(&request.optional_json().await?)?;
    if wanted.first
        && let Some(operator) = &request.operator
    {
        // Whoever comes in by it is an owner.
        operator
            .covers(&OperatorRoles::owner())
            .map_err(|error| MachineFailure::Bearer(Some(error)))?;
    }
    let made = operation::make(wanted, None, context).await?;
    let mut described = describe(&made.invitation);
    if let Value::Object(members) = &mut described {
        members.insert("url".to_owned(), made.url.into());
    }
    Ok(Reply::json(201, &described))
}

/// `GET /admin/api/invitations?after=&limit=`: those that work, the first to expire first. What is in their links is not told.
pub async fn list(request: &mut Incoming, context: &Context) -> Result<Reply, MachineFailure> {
    let params = request.query_params()?;
    let page = Page::parse(&params, &[])?;
    let after = page.after(InvitationId::parse)?;
    let list = invitations::list(after.as_ref(), page.limit, context.now);
    let open = context.db.read(list).await?;
    let listed = page.describe("invitations", &open, describe, |invitation| invitation.id.to_string());
    Ok(Reply::json(200, &listed))
}

/// `DELETE /admin/api/invitations/{invitation_id}`: its link works no more.
pub async fn revoke(request: &mut Incoming, context: &Context) -> Result<Reply, MachineFailure> {
    match operation::revoke(request.segment(0), context).await? {
        true => Ok(Reply::new(204, Body::Empty)),
        false => Err(MachineFailure::no_such("invitation")),
    }
}

fn describe(invitation: &Invitation) -> Value {
    json!({
        "id": invitation.id.to_string(),
        "email": invitation.email,
        "email_verified": invitation.email_verified,
        "first": invitation.first,
        "note": invitation.note,
        "created_at": invitation.created_at,
        "expires_at": invitation.id.expires_at,
    })
}
