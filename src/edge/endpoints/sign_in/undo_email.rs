//! `/recover/email`: the page behind the link that the address before gets when an address was changed. It gives the address back, ends
//! all sessions, takes away what was added since, and leads to a page on which the person chooses how they sign in.

use crate::{
    account::set_up,
    audit::{Actor, Entry, Event},
    config::Way,
    db::{
        Batch, audit,
        email_undo::{self, Undo, UndoLink},
        session_endings::Ending,
        users,
    },
    edge::{
        http::{
            browser::Browser,
            failure::{PageFailure, Problem},
            request::Incoming,
        },
        platform::context::Context,
        sessions::ending,
    },
    oidc::{error::OAuthError, params::Params},
    pages::{Csp, UndoEmailPage, content_security_policy},
    reply::Reply,
    routes::{self, Endpoint},
    secret::Purpose,
};

/// What a form of this page is bound to.
const FORM: &[&str] = &["undo email"];

/// `GET /recover/email?link=`.
pub async fn show(request: &mut Incoming, context: &Context) -> Result<Reply, PageFailure> {
    let params = request.query_params().map_err(Problem::BadRequest)?;
    let mut browser = Browser::of(request, context);
    let (_, undo) = find(&params, context).await?;
    let cookie = browser.settle(context)?;
    Ok(page(200, &undo, &params, &browser, context).with_cookie(cookie))
}

/// `POST /recover/email`.
pub async fn submit(request: &mut Incoming, context: &Context) -> Result<Reply, PageFailure> {
    let params = request.form().await?;
    let browser = Browser::of(request, context);
    if !browser.sent_form(params.text("csrf"), FORM, context) {
        return Err(Problem::ForeignForm.into());
    }
    let (link, undo) = find(&params, context).await?;
    let told = |problem| Problem::BadRequest(OAuthError::invalid_request(problem));
    let restored = undo
        .user
        .with_confirmed_email(&undo.address, context.now)
        .map_err(told)?;
    let folded = restored.email_folded().unwrap_or_default();
    let (token, hash) = context.new_token(Purpose::SetUpLink)?;
    let entry = Entry::new(Event::EmailRestored, Actor::Person).user(&restored.id);
    let ended = Entry::new(Event::SessionEnded, Actor::Person);
    let everything = Ending::EverythingOf(&restored);
    let works = || link.condition(context.now);
    let mut batch = Batch::default();
    batch.push(users::release_address(&folded, &restored.id, works(), context.now));
    let done = batch.add(users::update_if(&restored, &undo.user, works()));
    batch.push(audit::record_if_changed(&entry, context));
    batch.push(audit::record_ending(&ended, &everything, context));
    ending::end_sessions(&everything, &mut batch, context);
    batch.extend(email_undo::take_back(&restored, undo.changed_at));
    batch.push(email_undo::make_recovery_link(&restored, &hash, context.now));
    if !context.db.run(batch).await?.read(done)? {
        // Somebody else has the address by now, or another request has done it.
        find(&params, context).await?;
        return Ok(page(409, &undo, &params, &browser, context));
    }
    ending::announce(context);
    let ways = &context.config.sign_in;
    Ok(Reply::see_other(
        match ways.has(Way::Password) || ways.has(Way::Passkey) {
            true => format!(
                "{}?link={}",
                Endpoint::RecoveryLink.path(),
                set_up::write(&restored.id, &token)
            ),
            false => routes::sign_in_to(Endpoint::Account),
        },
    ))
}

async fn find(params: &Params, context: &Context) -> Result<(UndoLink, Undo), PageFailure> {
    let link = set_up::read(params.text("link")).and_then(|(user_id, secret)| {
        Some(UndoLink {
            user_id: user_id.to_owned(),
            hash: secret.hash(&context.config.roots, Purpose::SetUpLink)?,
        })
    });
    let link = link.ok_or(Problem::UndoOver)?;
    let undo = context.db.read(email_undo::find(&link, context.now)).await?;
    Ok((link, undo.ok_or(Problem::UndoOver)?))
}

fn page(status: u16, undo: &Undo, params: &Params, browser: &Browser, context: &Context) -> Reply {
    let html = UndoEmailPage {
        language: browser.language(None),
        username: undo.user.username.as_str(),
        address: &undo.address,
        link: params.text("link"),
        csrf: &browser.csrf(FORM, context),
        taken: status != 200,
    }
    .to_html();
    Reply::page(status, html, content_security_policy(Csp::default()))
}
