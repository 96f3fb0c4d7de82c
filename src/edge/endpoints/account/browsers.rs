//! `/account/browsers`: where a person is signed in, and how to end that.

use crate::{
    account::user_agent::UserAgent,
    audit::{Actor, Entry, Event},
    db::{
        Batch, audit,
        session_endings::Ending,
        sessions::{self, OwnSession},
    },
    edge::{
        http::{
            cookies,
            failure::{PageFailure, Problem},
            request::Incoming,
        },
        people::account_access::{AccountRequest, SignedInBrowser},
        platform::context::Context,
        sessions::ending,
    },
    oidc::error::OAuthError,
    pages::{
        Moment,
        account::{BrowsersPage, Notice, ShownBrowser},
    },
    reply::Reply,
    routes::Endpoint,
    time::UnixTime,
};

const PAGE: Endpoint = Endpoint::AccountBrowsers;

/// `GET /account/browsers`.
pub async fn show(request: &mut Incoming, context: &Context) -> Result<Reply, PageFailure> {
    let mut account_request = AccountRequest::at(PAGE, request, context)?;
    let list = sessions::list_own(&account_request.session_hash, &context.config.lifetimes, context.now);
    let list = account_request.batch.add(list);
    let (signed_in, rows) = account_request.enter(context).await?;
    let shown = |session: OwnSession| {
        let agent = UserAgent::parse(&session.user_agent);
        let moment = |at| Moment::new(UnixTime(at), context.now, signed_in.language);
        ShownBrowser {
            browser: agent.browser,
            system: agent.system,
            signed_in: moment(session.created_at),
            last_seen: moment(session.last_seen_at),
            current: session.is_current(),
            session_id: session.id,
        }
    };
    let html = BrowsersPage {
        frame: signed_in.frame(PAGE),
        browsers: rows.read(list)?.into_iter().map(shown).collect(),
    }
    .to_html();
    Ok(signed_in.page(200, html))
}

/// `POST /account/browsers`: ends one session, or all but this one.
pub async fn submit(request: &mut Incoming, context: &Context) -> Result<Reply, PageFailure> {
    let (signed_in, form) = SignedInBrowser::submit(PAGE, request, context).await?;
    let user_id = &signed_in.user().id;
    let current = &signed_in.session.authentication.session_id;
    let chosen = form.single("session").map_err(Problem::BadRequest)?;
    let others = form.single("others").map_err(Problem::BadRequest)?;
    // The condition names the session that asks, and so the person: the id of somebody else's session ends nothing.
    let which = match (chosen, others) {
        (Some(session_id), None) => Ending::One {
            by: &signed_in.session_hash,
            session_id,
        },
        (None, Some(_)) => Ending::Others { user_id, kept: current },
        _ => return Err(Problem::BadRequest(OAuthError::invalid_request("session or others")).into()),
    };
    let event = match chosen == Some(current.as_str()) {
        true => Event::SignOut,
        false => Event::SessionEnded,
    };
    let mut batch = Batch::default();
    batch.push(audit::record_ending(&Entry::new(event, Actor::Person), &which, context));
    ending::end_sessions(&which, &mut batch, context);
    context.db.run(batch).await?;
    ending::announce(context);
    if event == Event::SignOut {
        let held = signed_in.held_without_this();
        let reply = Reply::see_other(Endpoint::Account.path().to_owned());
        return Ok(cookies::hold(reply, &context.config, &held));
    }
    let notice = match which {
        Ending::Others { .. } => Notice::OthersSignedOut,
        _ => Notice::SignedOut,
    };
    Ok(signed_in.done(PAGE, notice, context))
}
