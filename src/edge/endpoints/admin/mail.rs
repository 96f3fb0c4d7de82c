//! `/admin/api/mail`: mails that wait, were sent or were given up, for operators; and a mail to see whether they arrive.

use serde_json::{Value, json};

use crate::{
    account::email,
    admin::{body, paging::Page},
    audit::{Actor, Entry, Event},
    db::{Batch, audit, mail_outbox},
    edge::{
        http::{failure::MachineFailure, request::Incoming},
        mail::outbox,
        people::operations::mails,
        platform::{context::Context, random},
    },
    mail::{Facts, Kind, MOST_TESTS_A_DAY, NewMail},
    oidc::error::OAuthError,
    pages::Language,
    reply::{Body, Reply},
};

/// `GET /admin/api/mail?state=&after=&limit=`: the newest first. What is in them is not told: it may let somebody in.
pub async fn list(request: &mut Incoming, context: &Context) -> Result<Reply, MachineFailure> {
    let params = request.query_params()?;
    let page = Page::parse(&params, &["state"])?;
    let state = params.single("state")?;
    if state.is_some_and(|state| !["waiting", "sent", "failed"].contains(&state)) {
        return Err(OAuthError::invalid_request("state must be waiting, sent or failed").into());
    }
    let after = Some(page.after_text()?).filter(|after| !after.is_empty());
    let mails = context.db.read(mail_outbox::list(state, after, page.limit)).await?;
    let listed = page.describe("mails", &mails, |mail| json!(mail), |mail| mail.id.clone());
    Ok(Reply::json(200, &listed))
}

/// `POST /admin/api/mail/test` with `to`, and perhaps `language`: sends a mail at once, and tells what became of it.
pub async fn test(request: &mut Incoming, context: &Context) -> Result<Reply, MachineFailure> {
    let wrong = || {
        OAuthError::invalid_request("the body must be a JSON object with to, an e-mail address, and perhaps language")
    };
    let body = body::members(&request.json().await?, &["to", "language"])?;
    let text = |name: &str| match body.get(name) {
        None => Ok(""),
        Some(Value::String(text)) => Ok(text.as_str()),
        Some(_) => Err(wrong()),
    };
    let to = email::parse(text("to")?).map_err(|why| OAuthError::invalid_request(format!("to {why}")))?;
    let settings = mails::settings(context)?;
    let id = random::id()?;
    let mail = NewMail {
        id: &id,
        user_id: None,
        kind: Kind::Test,
        address: &to,
        language: Language::of_tag(text("language")?).tag(),
        facts: Facts::default(),
        root: context.config.roots.current_version(),
    };
    let tested = Entry::new(Event::MailTested, Actor::Operator);
    let mut batch = Batch::default();
    let written = batch.add(mail_outbox::write(&mail, settings.daily_limit, context.now));
    batch.push(audit::record_if_changed(&tested, context));
    if !context.db.run(batch).await?.read(written)? {
        let why = format!(
            "there are {MOST_TESTS_A_DAY} tests in 24 hours at most, and they may use half of MAIL_DAILY_LIMIT: test again later, or see at GET /admin/api/mail what became of those before"
        );
        return Err(MachineFailure::status(429, OAuthError::invalid_request(why)));
    }
    outbox::send_one(&id, context).await?;
    let shown = context.db.read(mail_outbox::find(&id)).await?;
    Ok(Reply::json(200, &shown))
}

/// `POST /admin/api/mail/{mail_id}/retry`: tries a mail again that waits or was given up.
pub async fn retry(request: &mut Incoming, context: &Context) -> Result<Reply, MachineFailure> {
    let id = request.segment(0);
    mails::retry(id, context).await?;
    let shown = context.db.read(mail_outbox::find(id)).await?;
    Ok(Reply::json(200, &shown))
}

/// `DELETE /admin/api/mail/{mail_id}`: forgets a mail that waits or was given up.
pub async fn delete(request: &mut Incoming, context: &Context) -> Result<Reply, MachineFailure> {
    mails::delete(request.segment(0), context).await?;
    Ok(Reply::new(204, Body::Empty))
}
