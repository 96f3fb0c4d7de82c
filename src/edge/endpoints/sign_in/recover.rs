//! `/recover`: for people who cannot sign in. They type a name; if an account has it, its person gets a mail with a link that works
//! once. The answer is the same either way, and is sent before the name is looked up.

use crate::{
    account::user::fold_login,
    audit::{Actor, Entry, Event},
    config::Way,
    db::{
        Batch, audit, mail_outbox, set_up_links,
        users::{self, WithCredentials},
    },
    edge::{
        http::{
            failure::{PageFailure, Problem},
            request::Incoming,
        },
        mail::outbox,
        people::{mail_code, sign_in::SignInRequest},
        platform::{context::Context, random},
    },
    fault::Fault,
    mail::Kind,
    pages::{Language, RecoverPage, RecoverState},
    reply::Reply,
    routes::Endpoint,
    time::Lifetime,
};

/// What a form of this page is bound to.
const FORM: &[&str] = &["recover"];

/// The most bytes of a name: e-mail addresses have no more.
const LONGEST_NAME: usize = 254;

/// `GET /recover`.
pub async fn show(request: &mut Incoming, context: &Context) -> Result<Reply, PageFailure> {
    let params = request.query_params().map_err(Problem::BadRequest)?;
    let mut sign_in = SignInRequest::receive(request, &params, context).await?;
    let cookie = sign_in.browser.settle(context)?;
    let hint = sign_in.destination.login_hint().to_owned();
    Ok(page(&sign_in, 200, (&hint, RecoverState::Asked), context).with_cookie(cookie))
}

/// `POST /recover` with `username`: a name or an address.
pub async fn submit(request: &mut Incoming, context: &Context) -> Result<Reply, PageFailure> {
    let params = request.form().await?;
    let sign_in = SignInRequest::submitting(request, &params, FORM, context).await?;
    if !sends_mails(context) {
        return Err(Problem::NotFound.into());
    }
    let name = params.text("username").trim();
    if name.is_empty() || name.len() > LONGEST_NAME {
        return Ok(page(&sign_in, 400, (name, RecoverState::Missing), context));
    }
    let folded = fold_login(name);
    if let Some(wait) = mail_code::count_for_person(&folded, &sign_in.browser, request, context).await? {
        let minutes = wait.minutes_begun();
        let page = page(&sign_in, 429, (name, RecoverState::TooMany { minutes }), context);
        return Ok(page.retried_after(wait));
    }
    let (typed, language) = (name.to_owned(), sign_in.language());
    let known: Vec<_> = sign_in.browser.known(context).ids().map(str::to_owned).collect();
    context.after_answer(async move |later| send((&typed, &folded), &known, language, later).await);
    Ok(page(&sign_in, 200, (name, RecoverState::Sent), context))
}

/// How long the link of before stays the only one, unless its person asks in a browser that they have signed in with: somebody else who asks
/// for one does not take it away from them.
const LEFT_ALONE: Lifetime = Lifetime::minutes(5);

/// Sends a link to the person with that name, if there is one who may sign in and has an address. In the browser the people of `known`
/// have signed in.
async fn send(
    (name, folded): (&str, &str),
    known: &[String],
    language: Language,
    context: &Context,
) -> Result<(), Fault> {
    let found = context.db.read(users::find_by_login(name, folded, true)).await?;
    let Some(WithCredentials { user, .. }) = found.filter(|found| found.user.disabled_at.is_none()) else {
        return Ok(());
    };
    let id = random::id()?;
    let (kind, left_alone) = match known.contains(&user.id) {
        true => (Kind::RecoveryHere, None),
        false => (Kind::Recovery, Some(context.now - LEFT_ALONE)),
    };
    let Some((mail, daily_limit)) = outbox::to_person(kind, &id, &user, language, context) else {
        return Ok(());
    };
    let (_, hash) = outbox::secret_of_link(&id, context)?;
    let asked = Entry::new(Event::RecoveryAsked, Actor::Anybody).user(&user.id);
    let mut batch = Batch::default();
    // Somebody may have changed their address since it was read.
    let is_theirs = users::has_confirmed(&user.id, mail.address);
    let may = match left_alone {
        Some(since) => is_theirs.and(set_up_links::no_recovery_link_since(&user.id, since)),
        None => is_theirs,
    };
    batch.push(mail_outbox::write_where(may, &mail, daily_limit, context.now));
    batch.push(set_up_links::make_recovery_link(&user.id, &hash, &id, context.now));
    batch.extend(audit::record_guess(&asked, context));
    context.db.run(batch).await?;
    outbox::send_due(context).await
}

fn sends_mails(context: &Context) -> bool {
    context.config.mail.is_some() && context.config.sign_in.comes_back_by_mail()
}

fn page(sign_in: &SignInRequest, status: u16, (name, state): (&str, RecoverState), context: &Context) -> Reply {
    let language = sign_in.language();
    let support = context.config.support.as_ref();
    let purpose = sign_in.purpose(language);
    let html = RecoverPage {
        language,
        purpose: purpose.field(),
        sign_in: &sign_in.address_of(Endpoint::Login),
        csrf: &sign_in.browser.csrf(FORM, context),
        name,
        sends_mails: context.config.mail.is_some().then(|| sends_mails(context)),
        second_factor: context.config.has_codes(),
        has_passkeys: context.config.sign_in.has(Way::Passkey),
        contact: support.map(|contact| (contact.href.as_str(), contact.shown.as_str())),
        state,
    }
    .to_html();
    Reply::page(status, html, sign_in.page_policy(None))
}
