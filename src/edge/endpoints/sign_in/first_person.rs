//! `/setup/first`: while nobody has an account, whoever holds `ADMIN_TOKEN` gets an invitation for the first one. Then the page is gone.

use serde_json::json;

use crate::{
    account::{
        invitation::{self, InvitationId},
        throttle,
    },
    audit::{Actor, Entry, Event},
    db::{
        Batch, audit,
        invitations::{self, NewInvitation},
        throttles, users,
    },
    edge::{
        http::{
            browser::Browser,
            failure::{PageFailure, Problem},
            request::Incoming,
        },
        people::operator,
        platform::{context::Context, random},
    },
    pages::{Csp, FirstPersonPage, FirstPersonProblem, content_security_policy},
    reply::Reply,
    secret::Purpose,
    time::Lifetime,
};

/// What a form of this page is bound to.
const FORM: &[&str] = &["first person"];

/// How long the invitation works.
const INVITED: Lifetime = Lifetime::hours(1);

/// `GET /setup/first`.
pub async fn show(request: &mut Incoming, context: &Context) -> Result<Reply, PageFailure> {
    let mut browser = Browser::of(request, context);
    if context.config.admin_token.is_none() || context.db.read(users::is_anybody()).await? {
        return Err(Problem::NotFound.into());
    }
    let cookie = browser.settle(context)?;
    Ok(page(&browser, 200, None, context).with_cookie(cookie))
}

/// `POST /setup/first` with `admin_token`.
pub async fn submit(request: &mut Incoming, context: &Context) -> Result<Reply, PageFailure> {
    let params = request.form().await?;
    let browser = Browser::of(request, context);
    if !browser.sent_form(params.text("csrf"), FORM, context) {
        return Err(Problem::ForeignForm.into());
    }
    let key = context.config.roots.current(Purpose::Throttle);
    let counter = throttle::of_first_person(&key, &request.address());
    let mut batch = Batch::default();
    let counted = batch.add(throttles::count_address(&counter, context.now));
    let anybody = batch.add(users::is_anybody());
    let rows = context.db.run(batch).await?;
    let is_anybody = rows.read(anybody)?;
    let Some(token) = context.config.admin_token.as_ref().filter(|_| !is_anybody) else {
        return Err(Problem::NotFound.into());
    };
    if let Some(wait) = rows.read(counted)?.wait(&counter, context.now) {
        let minutes = wait.minutes_begun();
        let problem = Some(FirstPersonProblem::TooMany { minutes });
        return Ok(page(&browser, 429, problem, context).retried_after(wait));
    }
    if !token.matches(params.text("admin_token").trim()) {
        operator::record_refusal(context);
        return Ok(page(&browser, 400, Some(FirstPersonProblem::WrongToken), context));
    }
    let (secret, hash) = context.new_token(Purpose::SetUpLink)?;
    let id = InvitationId {
        expires_at: context.now + INVITED,
        random: random::id()?,
    };
    let new = NewInvitation {
        id: &id,
        hash: &hash,
        email: None,
        email_verified: false,
        mail_id: None,
        first: true,
        note: None,
    };
    let entry = Entry::new(Event::InvitationMade, Actor::Operator).detail(json!({ "invitation": id.to_string() }));
    let mut batch = Batch::default();
    let made = batch.add(invitations::insert_first(&new, context.now));
    batch.push(audit::record_if_changed(&entry, context));
    match context.db.run(batch).await?.read(made)? {
        true => Ok(Reply::see_other(invitation::path(&invitation::write(&id, &secret)))),
        false => Err(Problem::NotFound.into()),
    }
}

fn page(browser: &Browser, status: u16, problem: Option<FirstPersonProblem>, context: &Context) -> Reply {
    let html = FirstPersonPage {
        language: browser.language(None),
        csrf: &browser.csrf(FORM, context),
        problem,
    }
    .to_html();
    Reply::page(status, html, content_security_policy(Csp::default()))
}
