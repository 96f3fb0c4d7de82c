//! `/passkeys/offer`: a passkey for somebody who has just signed in with a password, on the way to where they are going. An app may demand
//! one.

use crate::{
    account::sign_in::Next,
    audit::{Actor, Entry, Event},
    db::{credentials, sessions::Session},
    edge::{
        http::{
            failure::{PageFailure, Problem},
            request::Incoming,
        },
        people::{
            passkeys::{self, Asked},
            sign_in::SignInRequest,
        },
        platform::{context::Context, random},
    },
    pages::{OfferPasskeyPage, PasskeyRequest, account::PasskeyProblem},
    reply::Reply,
    secret::Hash,
};

/// `GET /passkeys/offer`. Somebody who is not signed in, or signed in a while ago, is led on at once.
pub async fn show(request: &mut Incoming, context: &Context) -> Result<Reply, PageFailure> {
    let params = request.query_params().map_err(Problem::BadRequest)?;
    let sign_in = SignInRequest::receive(request, &params, context).await?;
    match newly_signed_in(&sign_in, context) {
        Some((session, hash)) => page(&sign_in, (session, hash), None, context).await,
        None => Ok(sign_in.go_on()),
    }
}

/// `POST /passkeys/offer`.
pub async fn submit(request: &mut Incoming, context: &Context) -> Result<Reply, PageFailure> {
    let params = request.form().await?;
    let sign_in = SignInRequest::receive(request, &params, context).await?;
    let Some((session, hash)) = newly_signed_in(&sign_in, context) else {
        return Ok(sign_in.go_on());
    };
    let field = |name| params.text(name);
    if !sign_in.browser.sent_form(field("csrf"), &bound_to(hash), context) {
        return Err(Problem::ForeignForm.into());
    }
    if !field("cancel").is_empty() {
        return Ok(sign_in.given_up(context).await?.unwrap_or_else(|| sign_in.go_on()));
    }
    let asked = match field("silently") {
        "" => Asked::Add(hash.as_str()),
        _ => Asked::AddSilently(hash.as_str()),
    };
    let (new, challenge) = match passkeys::read_new(field("passkey"), &sign_in.browser, &asked, context) {
        Ok(read) => read,
        Err(refused) => {
            return page(&sign_in, (session, hash), Some(passkeys::problem_of(refused)), context).await;
        }
    };
    let entry = Entry::new(Event::PasskeyAdded, Actor::Person)
        .user(&session.user.id)
        .session(&session.authentication.session_id);
    let about = (session.user.id.as_str(), entry, sign_in.language());
    match passkeys::add_behind(hash, (&new, &challenge), None, about, context).await? {
        false if !new.silently => page(&sign_in, (session, hash), Some(PasskeyProblem::Known), context).await,
        // Of those who have one by now, none is made behind their backs.
        _ => Ok(sign_in.go_on()),
    }
}

/// The session of somebody who may add a passkey.
fn newly_signed_in<'a>(sign_in: &'a SignInRequest, context: &Context) -> Option<(&'a Session, &'a Hash)> {
    let session = sign_in.session.as_ref().zip(sign_in.browser.session_hash.as_ref());
    session.filter(|(session, _)| sign_in.may_add_passkey(session, context))
}

fn bound_to(session_hash: &Hash) -> [&str; 2] {
    ["offer", session_hash.as_str()]
}

async fn page(
    sign_in: &SignInRequest,
    (session, hash): (&Session, &Hash),
    problem: Option<PasskeyProblem>,
    context: &Context,
) -> Result<Reply, PageFailure> {
    let (asked, account) = (Asked::Add(hash.as_str()), passkeys::account_of(&session.user));
    // An authenticator puts a new one in the place of one that it has, unless it is told of that.
    let theirs = match sign_in.has.passkeys {
        true => context.db.read(credentials::list_own(hash)).await?.passkeys,
        false => Vec::new(),
    };
    let known: Vec<_> = theirs.iter().map(|own| &own.passkey).collect();
    let options = passkeys::ask_for_new(&sign_in.browser, &asked, &account, &known, context)?;
    let is_needed = sign_in.step_up(session, context) == Next::NeedsPasskey;
    let is_after_password = session.authentication.proven.amr.has_password();
    let silently = match problem.is_none() && !is_needed && is_after_password && known.is_empty() {
        true => {
            let asked = Asked::AddSilently(hash.as_str());
            Some(passkeys::ask_for_new(&sign_in.browser, &asked, &account, &[], context)?)
        }
        false => None,
    };
    let (nonce, language) = (random::id()?, sign_in.language());
    let html = OfferPasskeyPage {
        language,
        purpose: sign_in.purpose(language),
        go_on: &sign_in.way_on(),
        is_needed,
        csrf: &sign_in.browser.csrf(&bound_to(hash), context),
        request: PasskeyRequest {
            options: &options,
            nonce: &nonce,
        },
        silently: silently.as_deref(),
        problem,
    }
    .to_html();
    let status = if problem.is_some() { 400 } else { 200 };
    Ok(Reply::page(status, html, sign_in.page_policy(Some(nonce))))
}
