//! `/admin/people/invitations`: invitations that work; one is made, or taken back.

use super::{person::link_page, typed::Typed};
use crate::{
    account::invitation::InvitationId,
    admin::{
        console_form::{self, new_person as form_of},
        invitation::WantedInvitation,
        paging::Page,
    },
    config::SignUpPolicy,
    db::invitations::{self, Invitation},
    edge::{
        http::{
            failure::{MachineFailure, PageFailure, Problem},
            request::Incoming,
        },
        people::{console_access::Console, operations::invitations as operation},
        platform::{apart::apart, context::Context},
    },
    oidc::params::Params,
    pages::console::{ConsoleNotice, InvitationsPage, OnceHeading, ShownInvitation},
    reply::Reply,
    routes::{Call, Endpoint, Method},
};

pub(super) const LIST: Call = (Endpoint::AdminInvitations, Method::Get);
const MAKE: Call = (Endpoint::AdminInvitations, Method::Post);
const REVOKE: Call = (Endpoint::AdminInvitation, Method::Delete);

/// `GET /admin/people/invitations?after=`: the first to expire first.
pub async fn show(request: &mut Incoming, context: &Context) -> Result<Reply, PageFailure> {
    let console = Console::open(request, &[LIST], context).await?;
    let asked = request.asked(&["after", "done"])?;
    apart(page(&console, asked.filled("after"), Typed::default(), context)).await
}

async fn page(
    console: &Console,
    after: Option<&str>,
    typed: Typed<'_>,
    context: &Context,
) -> Result<Reply, PageFailure> {
    let params = super::page_behind(after)?;
    let paging = Page::parse(&params, &[]).map_err(Problem::BadRequest)?;
    let after = paging.after(InvitationId::parse).map_err(Problem::BadRequest)?;
    let list = invitations::list(after.as_ref(), paging.limit, context.now);
    let open = context.db.read(list).await?;
    let next = paging.next(&open).map(|last| last.id.to_string());
    let next = next.map(|last| super::address(console.path(), [("after", last.as_str())]));
    let shown = |invitation: &Invitation| ShownInvitation {
        id: invitation.id.to_string(),
        email: invitation.email.clone(),
        note: invitation.note.clone(),
        made: console.moment(invitation.created_at),
        expires: console.moment(invitation.id.expires_at),
    };
    let html = InvitationsPage {
        frame: console.frame(Endpoint::ConsolePeople),
        confirm: console.confirm_for(&[MAKE]),
        invitations: open.iter().map(shown).collect(),
        next: next.transpose()?,
        may_change: console.signed_in_just_now && console.may(MAKE),
        is_off: context.config.sign_up.policy == SignUpPolicy::Off,
        sends_mails: context.config.mail.is_some(),
        by_mail: typed.form().is_some_and(form_of::by_mail),
        typed: ["email", "note"].map(|name| typed.text(name)),
        problem: typed.problem(),
    }
    .to_html();
    Ok(console.page(typed.status(), html))
}

/// `POST /admin/people/invitations`: makes one, whose link is shown for this once or goes by mail; or takes one back.
pub async fn submit(request: &mut Incoming, context: &Context) -> Result<Reply, PageFailure> {
    let (console, form) = Console::submit(request, context).await?;
    match console_form::asked(&form, &["take_back"]).map_err(Problem::BadRequest)? {
        ("do", "invite") => {
            console.require(MAKE, context)?;
            match apart(invite(&console, &form, context)).await {
                Ok(reply) => Ok(reply),
                Err(failure) => {
                    let problem = super::explain(failure)?;
                    apart(page(&console, None, Typed::refused(&form, &problem), context)).await
                }
            }
        }
        ("take_back", id) => {
            console.require(REVOKE, context)?;
            let notice = match operation::revoke(id, context).await? {
                true => ConsoleNotice::LinkRevoked,
                false => ConsoleNotice::NothingDone,
            };
            Ok(console.done(notice, context))
        }
        _ => Err(Problem::BadRequest(console_form::unknown()).into()),
    }
}

async fn invite(console: &Console, form: &Params, context: &Context) -> Result<Reply, MachineFailure> {
    let wanted = WantedInvitation::parse(&form_of::invitation(form)?)?;
    let by_mail = form_of::by_mail(form).then_some(console.signed_in.language);
    let made = operation::make(wanted, by_mail, context).await?;
    let invitation = &made.invitation;
    let name = invitation.email.as_ref().or(invitation.note.as_ref());
    Ok(match made.is_mailed {
        true => console.done(ConsoleNotice::Mailed, context),
        false => link_page(
            console,
            (OnceHeading::Invitation, name.map_or("", String::as_str), console.path()),
            (&made.url, invitation.id.expires_at),
        ),
    })
}
