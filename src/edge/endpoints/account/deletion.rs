//! `/account/delete`: the end of an account, by its person.

use crate::{
    audit::{Actor, Entry, Event},
    db::{Batch, audit, logout_outbox, operators, session_endings::Ending, users},
    edge::{
        http::{browser::Browser, cookies, failure::PageFailure, request::Incoming},
        people::account_access::{Confirmation, SignedInBrowser},
        platform::context::Context,
        sessions::ending,
    },
    pages::{
        Csp,
        account::{DeletedPage, DeletionPage, PasswordCheck},
        content_security_policy,
    },
    reply::Reply,
    routes::Endpoint,
};

const PAGE: Endpoint = Endpoint::AccountDeletion;

/// `GET /account/delete`.
pub async fn show(request: &mut Incoming, context: &Context) -> Result<Reply, PageFailure> {
    let signed_in = SignedInBrowser::enter(PAGE, request, context).await?;
    Ok(signed_in.page(200, html(&signed_in, false, None)))
}

/// `POST /account/delete`. What belongs to the person goes with them; apps that know a session are told.
pub async fn submit(request: &mut Incoming, context: &Context) -> Result<Reply, PageFailure> {
    let (signed_in, form) = SignedInBrowser::submit(PAGE, request, context).await?;
    let field = |name| form.text(name);
    if field("confirm") != "yes" {
        return Ok(signed_in.page(400, html(&signed_in, true, None)));
    }
    let forgiving = match signed_in.confirm(field("current_password"), context).await? {
        Confirmation::Given(forgiving) => forgiving,
        Confirmation::Refused(refusal) => {
            let html = html(&signed_in, false, Some(refusal.check));
            return Ok(refusal.page(&signed_in, html));
        }
    };
    let (user_id, session_hash) = (&signed_in.user().id, &signed_in.session_hash);
    let entry = Entry::new(Event::AccountDeleted, Actor::Person).user(user_id);
    let mut batch = Batch::default();
    // Sessions, codes and tokens go with the person.
    batch.push(logout_outbox::write(
        &Ending::EverythingBehind(session_hash),
        context.now,
    ));
    batch.push(operators::record_leaving(user_id, Some(session_hash), context));
    let deleted = batch.add(users::delete_own(session_hash));
    batch.push(audit::record_if_changed(&entry, context));
    batch.push(audit::forget_if_changed(user_id));
    batch.extend(forgiving);
    if !context.db.run(batch).await?.read(deleted)? {
        // Another request has signed them out or deleted them: this page asks them to sign in.
        return Ok(Reply::see_other(PAGE.path().to_owned()));
    }
    ending::announce(context);
    let held = signed_in.held_without_this();
    let reply = Reply::see_other(Endpoint::AccountDeleted.path().to_owned());
    Ok(cookies::hold(reply, &context.config, &held))
}

/// `GET /account/deleted`. Whoever comes here signed in has an account.
pub fn farewell(request: &Incoming, context: &Context) -> Reply {
    let browser = Browser::of(request, context);
    if browser.session_hash.is_some() {
        return Reply::see_other(Endpoint::Account.path().to_owned());
    }
    let language = browser.language(request.query_params().ok().as_ref());
    let html = DeletedPage { language }.to_html();
    Reply::page(200, html, content_security_policy(Csp::default()))
}

fn html(signed_in: &SignedInBrowser, unconfirmed: bool, password: Option<PasswordCheck>) -> String {
    DeletionPage {
        frame: signed_in.frame(PAGE),
        username: signed_in.user().username.as_str(),
        unconfirmed,
        password,
    }
    .to_html()
}
