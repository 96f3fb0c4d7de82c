//! How somebody comes to the page: as everybody may, by an invitation, or not at all.

use crate::{
    account::invitation::{InvitationId, InvitationLink},
    config::SignUpPolicy,
    db::invitations::{self, Invitation},
    edge::{
        http::failure::{PageFailure, Problem},
        platform::context::Context,
    },
    oidc::params::Params,
};

/// How somebody comes to the page.
pub(super) enum Entrance {
    /// As everybody may, or everybody with an address of certain domains.
    Open,
    /// By a link. Its text comes back with the form.
    Invited {
        link: String,
        shown: InvitationLink,
        invitation: Box<Invitation>,
    },
    /// Nobody may.
    Closed,
}

impl Entrance {
    pub(super) async fn of(params: &Params, context: &Context) -> Result<Self, PageFailure> {
        let link = params.text("invitation");
        match context.config.sign_up.policy {
            _ if !link.is_empty() => {
                let shown = InvitationLink::read(link, &context.config.roots).ok_or(Problem::InvitationOver)?;
                let found = context.db.read(invitations::find(&shown, context.now)).await?;
                // The first person comes in however the door is set.
                let is_open = |found: &Invitation| context.config.sign_up.policy != SignUpPolicy::Off || found.first;
                let invitation = Box::new(found.filter(is_open).ok_or(Problem::InvitationOver)?);
                Ok(Self::Invited {
                    link: link.to_owned(),
                    shown,
                    invitation,
                })
            }
            SignUpPolicy::Open | SignUpPolicy::Domains => Ok(Self::Open),
            SignUpPolicy::Off | SignUpPolicy::Invitation => Ok(Self::Closed),
        }
    }

    /// The address that the account has, whatever is typed, and whether it is verified.
    pub(super) fn address(&self) -> Option<(&str, bool)> {
        match self {
            Self::Invited { invitation, .. } => {
                let address = invitation.email.as_deref()?;
                Some((address, invitation.email_verified))
            }
            _ => None,
        }
    }

    /// The domains of which the address must be; `None` where it may be any.
    pub(super) fn domains<'a>(&self, context: &'a Context) -> Option<&'a [String]> {
        let sign_up = &context.config.sign_up;
        (matches!(self, Self::Open) && sign_up.policy == SignUpPolicy::Domains).then_some(sign_up.domains.as_slice())
    }

    pub(super) fn id(&self) -> Option<&InvitationId> {
        match self {
            Self::Invited { invitation, .. } => Some(&invitation.id),
            _ => None,
        }
    }

    pub(super) fn link(&self) -> Option<&str> {
        match self {
            Self::Invited { link, .. } => Some(link),
            _ => None,
        }
    }
}
