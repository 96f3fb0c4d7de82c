//! Invitations are made and taken back.

use serde_json::json;

use crate::{
    account::invitation::{self, InvitationId},
    admin::invitation::WantedInvitation,
    audit::{Actor, Entry, Event},
    config::SignUpPolicy,
    db::{
        Batch, audit,
        invitations::{self, Invitation, NewInvitation},
        mail_outbox,
    },
    edge::{
        http::failure::MachineFailure,
        mail::outbox,
        platform::{context::Context, random},
    },
    fault::Fault,
    mail::{Facts, Kind, NewMail},
    oidc::error::OAuthError,
    pages::Language,
    secret::Purpose,
};

/// An invitation that was made.
pub struct Made {
    pub invitation: Invitation,
    /// Its link, which is known this once.
    pub url: String,
    /// Whether a mail takes it to the address.
    pub is_mailed: bool,
}

/// Makes an invitation. Where it is to go by mail in a language, it does if it has an address and mails are sent, unless this goes over a
/// limit. The link of one that goes by mail shows whose the address is.
///
/// # Errors
/// 409 where nobody makes an account by one; for the first person's, where there is somebody.
pub async fn make(
    wanted: WantedInvitation,
    by_mail: Option<Language>,
    context: &Context,
) -> Result<Made, MachineFailure> {
    if context.config.sign_up.policy == SignUpPolicy::Off && !wanted.first {
        let off = "SIGNUP is off: invitation lets whoever has a link make an account";
        return Err(MachineFailure::status(409, OAuthError::invalid_request(off)));
    }
    let id = InvitationId {
        expires_at: context.now + wanted.lifetime,
        random: random::id()?,
    };
    let mail_id = random::id()?;
    let settings = context.config.mail.as_ref();
    let mail = by_mail.zip(settings).zip(wanted.email.as_deref());
    let mail = mail.map(|((language, settings), address)| {
        let mail = NewMail {
            id: &mail_id,
            user_id: None,
            kind: Kind::Invitation,
            address,
            language: language.tag(),
            facts: Facts {
                account: id.to_string(),
                detail: None,
            },
            root: context.config.roots.current_version(),
        };
        mail_outbox::write(&mail, settings.daily_limit, context.now)
    });
    let (secret, hash) = match mail {
        Some(_) => outbox::secret_of_link(&mail_id, context)?,
        None => context.new_token(Purpose::SetUpLink)?,
    };
    let new = NewInvitation {
        id: &id,
        hash: &hash,
        email: wanted.email.as_deref(),
        email_verified: wanted.email_verified,
        mail_id: mail.as_ref().map(|_| mail_id.as_str()),
        first: wanted.first,
        note: wanted.note.as_deref(),
    };
    let entry = Entry::new(Event::InvitationMade, Actor::Operator).detail(json!({ "invitation": id.to_string() }));
    let mut batch = Batch::default();
    let mailed = batch.add_if(mail);
    let made = batch.add(match wanted.first {
        true => invitations::insert_first(&new, context.now),
        false => invitations::insert(&new, context.now),
    });
    batch.push(audit::record_if_changed(&entry, context));
    let rows = context.db.run(batch).await?;
    if !rows.read(made)? {
        let error = OAuthError::invalid_request("there is somebody with an account already");
        return Err(MachineFailure::status(409, error));
    }
    let is_mailed = rows.read_if(mailed)?.unwrap_or_default();
    outbox::send_later(context);
    let path = invitation::path(&invitation::write(&id, &secret));
    Ok(Made {
        url: context.config.issuer.url(&path),
        is_mailed,
        invitation: Invitation {
            id,
            email: wanted.email,
            email_verified: wanted.email_verified || is_mailed,
            first: wanted.first,
            note: wanted.note,
            created_at: context.now,
        },
    })
}

/// Takes an invitation back, and says whether there was one: its link works no more.
pub async fn revoke(id: &str, context: &Context) -> Result<bool, Fault> {
    let Some(id) = InvitationId::parse(id) else {
        return Ok(false);
    };
    let entry = Entry::new(Event::InvitationRevoked, Actor::Operator).detail(json!({ "invitation": id.to_string() }));
    let mut batch = Batch::default();
    let revoked = batch.add(invitations::revoke(&id));
    batch.push(audit::record_if_changed(&entry, context));
    context.db.run(batch).await?.read(revoked)
}
