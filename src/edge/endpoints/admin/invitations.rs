//! `/admin/api/invitations`: links with which people make accounts, for operators.

use serde_json::{Value, json};

use crate::{
    account::invitation::{self, InvitationId},
    admin::{invitation::WantedInvitation, operator_role::OperatorRoles, paging::Page},
    audit::{Actor, Entry, Event},
    config::SignUpPolicy,
    db::{
        Batch, audit,
        invitations::{self, Invitation, NewInvitation},
    },
    edge::{
        http::{failure::MachineFailure, request::Incoming},
        platform::{context::Context, random},
    },
    oidc::error::OAuthError,
    reply::{Body, Reply},
    routes::Endpoint,
    secret::Purpose,
};

/// `POST /admin/api/invitations`.
pub async fn make(request: &mut Incoming, context: &Context) -> Result<Reply, MachineFailure> {
    let wanted = WantedInvitation::parse(&request.optional_json().await?)?;
    if context.config.sign_up.policy == SignUpPolicy::Off && !wanted.first {
        let off = "SIGNUP is off: invitation lets whoever has a link make an account";
        return Err(MachineFailure::status(409, OAuthError::invalid_request(off)));
    }
    if wanted.first
        && let Some(operator) = &request.operator
    {
        // Whoever comes in by it is an owner.
        operator
            .covers(&OperatorRoles::owner())
            .map_err(|error| MachineFailure::Bearer(Some(error)))?;
    }
    let (secret, hash) = context.new_token(Purpose::SetUpLink)?;
    let id = InvitationId {
        expires_at: context.now + wanted.lifetime,
        random: random::id()?,
    };
    let new = NewInvitation {
        id: &id,
        hash: &hash,
        email: wanted.email.as_deref(),
        email_verified: wanted.email_verified,
        first: wanted.first,
        note: wanted.note.as_deref(),
    };
    let entry = Entry::new(Event::InvitationMade, Actor::Operator).detail(json!({ "invitation": id.to_string() }));
    let mut batch = Batch::default();
    let made = batch.add(match wanted.first {
        true => invitations::insert_first(&new, context.now),
        false => invitations::insert(&new, context.now),
    });
    batch.push(audit::record_if_changed(&entry, context));
    if !context.db.run(batch).await?.read(made)? {
        let error = OAuthError::invalid_request("there is somebody with an account already");
        return Err(MachineFailure::status(409, error));
    }
    let path = format!(
        "{}?invitation={}",
        Endpoint::SignUp.path(),
        invitation::write(&id, &secret)
    );
    let mut described = describe(&Invitation {
        id,
        email: wanted.email,
        email_verified: wanted.email_verified,
        first: wanted.first,
        note: wanted.note,
        created_at: context.now,
    });
    if let Value::Object(members) = &mut described {
        members.insert("url".to_owned(), context.config.issuer.url(&path).into());
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
    let id = InvitationId::parse(request.segment(0)).ok_or_else(|| MachineFailure::no_such("invitation"))?;
    let entry = Entry::new(Event::InvitationRevoked, Actor::Operator).detail(json!({ "invitation": id.to_string() }));
    let mut batch = Batch::default();
    let revoked = batch.add(invitations::revoke(&id));
    batch.push(audit::record_if_changed(&entry, context));
    match context.db.run(batch).await?.read(revoked)? {
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
