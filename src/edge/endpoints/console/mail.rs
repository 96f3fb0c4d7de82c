//! `/admin/mail`: mails that wait, were sent or were given up.

use crate::{
    admin::{console_form::mail::MailAction, paging::Page},
    db::mail_outbox::{self, ListedMail},
    edge::{
        http::{
            failure::{PageFailure, Problem},
            request::Incoming,
        },
        people::{console_access::Console, operations::mails},
        platform::{apart::apart, context::Context},
    },
    oidc::error::OAuthError,
    pages::console::{ConsoleMailPage, ConsoleNotice, ShownMail},
    reply::Reply,
    routes::{Call, Endpoint, Method},
    time::UnixTime,
};

const SECTION: Endpoint = Endpoint::ConsoleMail;

const CHANGES: [Call; 1] = [(Endpoint::AdminMailRetry, Method::Post)];

/// `GET /admin/mail?state=&after=`, the newest first. What is in them is not told: it may let somebody in.
pub async fn show(request: &mut Incoming, context: &Context) -> Result<Reply, PageFailure> {
    let console = Console::open(request, &[(Endpoint::AdminMails, Method::Get)], context).await?;
    let asked = request.asked(&["state", "after", "done"])?;
    let state = asked.text("state");
    if !["", "waiting", "sent", "failed"].contains(&state) {
        return Err(Problem::BadRequest(OAuthError::invalid_request("there is no such state")).into());
    }
    let params = super::page_behind(asked.filled("after"))?;
    let page = Page::parse(&params, &[]).map_err(Problem::BadRequest)?;
    let after = Some(page.after_text().map_err(Problem::BadRequest)?).filter(|after| !after.is_empty());
    let wanted = Some(state).filter(|state| !state.is_empty());
    let mails = context.db.read(mail_outbox::list(wanted, after, page.limit)).await?;
    let last = page.next(&mails);
    let next = last.map(|last| super::address(SECTION.path(), [("state", state), ("after", last.id.as_str())]));
    let mail = |mail: ListedMail| ShownMail {
        id: mail.id,
        kind: mail.kind,
        address: mail.address,
        state: mail.state,
        attempts: mail.attempts,
        problem: mail.problem,
        written: console.moment(UnixTime(mail.created_at)),
    };
    let html = ConsoleMailPage {
        frame: console.frame(SECTION),
        confirm: console.confirm_for(&CHANGES),
        state,
        mails: mails.into_iter().map(mail).collect(),
        next: next.transpose()?,
        may_change: console.signed_in_just_now && CHANGES.iter().any(|call| console.may(*call)),
    }
    .to_html();
    Ok(console.page(200, html))
}

/// `POST /admin/mail`: tries a mail again, or forgets it.
pub async fn submit(request: &mut Incoming, context: &Context) -> Result<Reply, PageFailure> {
    let (console, form) = Console::submit(request, context).await?;
    let action = MailAction::parse(&form).map_err(Problem::BadRequest)?;
    console.require(action.call(), context)?;
    let notice = match action {
        MailAction::Retry(id) => super::notice_of(apart(mails::retry(id, context)).await, ConsoleNotice::MailTried)?,
        MailAction::Delete(id) => super::notice_of(apart(mails::delete(id, context)).await, ConsoleNotice::Deleted)?,
    };
    Ok(console.done(notice, context))
}
