//! `/account/requests`: what apps ask a person without their browser (CIBA). Who wants to answer is led to the page on which every app is
//! allowed something, after a fresh sign-in.

use super::authorization_request;
use crate::{
    audit::{Actor, Entry, Event},
    db::pushed_requests::{self, Asked},
    edge::{
        authorization::client_request::turn_down,
        http::{
            failure::{PageFailure, Problem},
            request::Incoming,
        },
        people::account_access::{AccountRequest, SignedInBrowser},
        platform::{apart::apart, context::Context},
    },
    fault::Fault,
    oidc::{ciba::Asking, fetcher::Fetcher, params::Params},
    pages::{
        AskingApp, Language, Moment,
        account::{Notice, RequestsPage, ShownRequest},
        app_name,
    },
    reply::Reply,
    routes::Endpoint,
    secret::Hash,
};

const PAGE: Endpoint = Endpoint::AccountRequests;

/// `GET /account/requests`.
pub async fn show(request: &mut Incoming, context: &Context) -> Result<Reply, PageFailure> {
    check_switched_on(context)?;
    let mut account_request = AccountRequest::at(PAGE, request, context)?;
    let asked = account_request
        .batch
        .add(pushed_requests::list_asking(&account_request.session_hash, context.now));
    let (signed_in, rows) = account_request.enter(context).await?;
    let shown = |asked: Asked| shown(asked, signed_in.language, context);
    let requests: Result<_, Fault> = rows.read(asked)?.into_iter().map(shown).collect();
    let html = RequestsPage {
        frame: signed_in.frame(PAGE),
        requests: requests?,
    }
    .to_html();
    Ok(signed_in.page(200, html))
}

/// `POST /account/requests` with the `id` of a request: `deny` it at once, or go on to the page on which it is answered.
pub async fn submit(request: &mut Incoming, context: &Context) -> Result<Reply, PageFailure> {
    check_switched_on(context)?;
    let (signed_in, form) = SignedInBrowser::submit(PAGE, request, context).await?;
    let hash = Hash::stored(form.text("id").to_owned());
    let find = pushed_requests::find_asking(&hash, &signed_in.user().id, context.now);
    let Some(found) = context.db.read(find).await? else {
        return Ok(signed_in.done(PAGE, Notice::RequestOver, context));
    };
    if form.text("deny").is_empty() {
        let begun = authorization_request::begin(found, Fetcher::Backchannel, &signed_in.browser, context);
        return apart(begun).await;
    }
    let entry = Entry::new(Event::ConsentRefused, Actor::Person)
        .user(&signed_in.user().id)
        .client(&found.client_id)
        .session(&signed_in.session.authentication.session_id);
    let handed_in = found.handed_in(Fetcher::Backchannel);
    let notice = match turn_down(&handed_in, &found.client_id, Some(&entry), context).await? {
        true => Notice::RequestDenied,
        false => Notice::RequestOver,
    };
    Ok(signed_in.done(PAGE, notice, context))
}

fn check_switched_on(context: &Context) -> Result<(), Problem> {
    match context.config.backchannel_authentication {
        true => Ok(()),
        false => Err(Problem::NotFound),
    }
}

fn shown(asked: Asked, language: Language, context: &Context) -> Result<ShownRequest, Fault> {
    let metadata = asked.metadata()?;
    let query = Params::parse(&asked.query).map_err(|_| Fault::new("pushed_requests", "a query that is none"))?;
    let Asking {
        binding_message,
        network,
        at,
    } = Asking::of(&query);
    Ok(ShownRequest {
        client_name: app_name(&asked.client_id, &metadata, language).into_owned(),
        client_uri: metadata.client_uri.best_for(&[language.tag()]).map(str::to_owned),
        asking: AskingApp {
            binding_message,
            network,
            at: Moment::new(at, context.now, language),
        },
        id: asked.hash,
    })
}
