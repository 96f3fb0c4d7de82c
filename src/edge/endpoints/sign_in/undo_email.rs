//! `/recover/email`: the page behind the link that the address before gets when an address was changed. It gives the address back, ends
//! all sessions, takes away what was added since, and leads to a page on which the person chooses how they sign in.

use crate::{
    account::{email, set_up},
    audit::{Actor, Entry, Event},
    db::{
        Batch, audit,
        email_undo::{self, Undo, UndoLink},
        released_addresses,
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
    oidc::params::Params,
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
    let (user_id, folded) = (&undo.user.id, email::fold(&undo.address));
    let (token, hash) = context.new_token(Purpose::SetUpLink)?;
    let entry = Entry::new(Event::EmailRestored, Actor::Person).user(user_id);
    let ended = Entry::new(Event::SessionEnded, Actor::Person);
    let everything = Ending::EverythingRestored(&link);
    let is_free = || {
        link.condition()
            .and(users::address_is_anothers(&folded, user_id).negated())
    };
    // Nothing here asks what else the account is like: a thief who is signed in could change that all the time.
    let mut batch = Batch::default();
    batch.extend(released_addresses::release((&folded, user_id), is_free, context));
    let done = batch.add(link.give_back(&undo.address));
    batch.push(audit::record_if_changed(&entry, context));
    batch.push(audit::record_ending(&ended, &everything, context));
    ending::end_sessions(&everything, &mut batch, context);
    batch.extend(link.take_back(undo.changed_at));
    batch.push(link.make_recovery_link(&hash));
    batch.push(link.use_up(undo.changed_at));
    if !context.db.run(batch).await?.read(done)? {
        // Another request has done it; or else somebody has the address by now.
        find(&params, context).await?;
        return Ok(page(409, &undo, &params, &browser, context));
    }
    ending::announce(context);
    Ok(Reply::see_other(match context.config.sign_in.comes_back_by_mail() {
        true => format!(
            "{}?link={}",
            Endpoint::RecoveryLink.path(),
            set_up::write(user_id, &token)
        ),
        false => routes::sign_in_to(Endpoint::Account),
    }))
}

async fn find(params: &Params, context: &Context) -> Result<(UndoLink, Undo), PageFailure> {
    let link = set_up::read(params.text("link")).and_then(|(user_id, secret)| {
        Some(UndoLink {
            user_id: user_id.to_owned(),
            hash: secret.hash(&context.config.roots, Purpose::SetUpLink)?,
            now: context.now,
        })
    });
    let link = link.ok_or(Problem::UndoOver)?;
    let undo = context.db.read(email_undo::find(&link)).await?;
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
