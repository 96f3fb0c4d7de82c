//! `/dev/mail`: in development, the mails that nothing took away. Elsewhere there is no such page.

use crate::{
    config::Transport,
    db::mail_outbox,
    edge::{
        http::{
            failure::{PageFailure, Problem},
            request::Incoming,
        },
        mail::letters,
        platform::context::Context,
    },
    pages::{Csp, DevelopmentMail, DevelopmentMailsPage, content_security_policy},
    reply::Reply,
};

/// The most mails that are shown.
const MOST: i64 = 50;

/// A mail looks as its own style says, and nothing else is in it.
const POLICY: &str =
    "default-src 'none'; style-src 'unsafe-inline'; form-action 'none'; frame-ancestors 'none'; base-uri 'none'";

/// `GET /dev/mail`.
pub async fn list(context: &Context) -> Result<Reply, PageFailure> {
    require(context)?;
    let mails = context.db.read(mail_outbox::list_whole(MOST, context.now)).await?;
    let mails = mails
        .iter()
        .filter_map(|mail| {
            let written = letters::write(mail, context)?;
            Some(DevelopmentMail {
                id: mail.id.clone(),
                to: mail.address.clone(),
                subject: written.subject,
                text: written.text,
            })
        })
        .collect();
    let html = DevelopmentMailsPage { mails }.to_html();
    Ok(Reply::page(200, html, content_security_policy(Csp::default())))
}

/// `GET /dev/mail/{mail_id}`: its HTML.
pub async fn show(request: &mut Incoming, context: &Context) -> Result<Reply, PageFailure> {
    require(context)?;
    let id = request.segment(0);
    let mails = context.db.read(mail_outbox::list_whole(MOST, context.now)).await?;
    let mail = mails.iter().find(|mail| mail.id == id);
    let written = mail.and_then(|mail| letters::write(mail, context));
    let written = written.ok_or(Problem::NotFound)?;
    Ok(Reply::page(200, written.html, POLICY.to_owned()))
}

/// The configuration refuses this transport for all but loopback issuers.
fn require(context: &Context) -> Result<(), Problem> {
    let settings = context.config.mail.as_ref().ok_or(Problem::NotFound)?;
    match settings.transport {
        Transport::Development if !context.config.issuer.is_https() => Ok(()),
        _ => Err(Problem::NotFound),
    }
}
