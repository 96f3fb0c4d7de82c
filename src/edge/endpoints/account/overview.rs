//! `/account`: who is signed in, and the way to everything else.

use crate::{
    account::user_agent::UserAgent,
    config::Way,
    db::{
        pushed_requests,
        sessions::{self, OwnSession},
        users,
    },
    edge::{
        http::{failure::PageFailure, request::Incoming},
        people::account_access::AccountRequest,
        platform::context::Context,
    },
    oidc::proven::Strength,
    pages::{
        Moment,
        account::{Numbers, OverviewPage, RecentBrowser},
    },
    reply::Reply,
    routes::Endpoint,
    time::UnixTime,
};

/// How many other browsers are named.
const MOST_RECENT: usize = 3;

/// `GET /account`.
pub async fn show(request: &mut Incoming, context: &Context) -> Result<Reply, PageFailure> {
    let mut account_request = AccountRequest::at(Endpoint::Account, request, context)?;
    let (hash, lifetimes) = (&account_request.session_hash, &context.config.lifetimes);
    let summary = account_request
        .batch
        .add(users::summarize(hash, lifetimes, context.now));
    let browsers = account_request
        .batch
        .add(sessions::list_own(hash, lifetimes, context.now));
    let asking = context
        .config
        .backchannel_authentication
        .then(|| pushed_requests::list_asking(hash, context.now));
    let asking = account_request.batch.add_if(asking);
    let (signed_in, rows) = account_request.enter(context).await?;
    let asking = rows.read_if(asking)?.unwrap_or_default().len();
    let summary = rows.read(summary)?;
    let moment = |at| Moment::new(at, context.now, signed_in.language);
    let recent = |session: OwnSession| {
        let UserAgent { browser, system } = UserAgent::parse(&session.user_agent);
        RecentBrowser {
            browser,
            system,
            last_seen: moment(UnixTime(session.last_seen_at)),
        }
    };
    let browsers = rows.read(browsers)?.into_iter();
    let others = browsers.filter(|session| !session.is_current()).take(MOST_RECENT);
    let proven = &signed_in.session.authentication.proven;
    let numbers = summary.as_ref().map(|summary| Numbers {
        passkeys: summary.passkeys,
        codes: summary.codes,
        recovery_codes: summary.recovery_codes,
        trusted: summary.trusted,
        browsers: summary.browsers,
        apps: summary.apps,
    });
    let numbers = numbers.unwrap_or_default();
    let claims = &signed_in.user().claims;
    let is_verified = claims.as_map().get("email_verified").is_some_and(|flag| flag == true);
    let set_at = summary.as_ref().and_then(|summary| summary.password_set_at);
    let html = OverviewPage {
        frame: signed_in.frame(Endpoint::Account),
        username: signed_in.user().username.as_str(),
        email: claims.text("email").map(|email| (email, is_verified)),
        numbers,
        password_set: set_at.map(|at| moment(UnixTime(at))),
        recent: others.map(recent).collect(),
        shown: proven.strength(),
        signed_in: moment(proven.at),
        asking: i64::try_from(asking).unwrap_or_default(),
        can_show_more: proven.strength() == Strength::OneFactor && can_show_more(&numbers, context),
    }
    .to_html();
    Ok(signed_in.page(200, html))
}

/// Whether somebody has more to show than a password.
fn can_show_more(numbers: &Numbers, context: &Context) -> bool {
    let config = &context.config;
    config.has_codes() && numbers.codes > 0 || config.sign_in.has(Way::Passkey) && numbers.passkeys > 0
}

/// `GET /.well-known/change-password` ("A Well-Known URL for Changing Passwords" section 2).
pub fn change_password(context: &Context) -> Reply {
    let ways = &context.config.sign_in;
    let page = match (ways.has(Way::Password), ways.has(Way::Passkey)) {
        (true, _) => Endpoint::AccountPassword,
        (false, true) => Endpoint::AccountPasskeys,
        (false, false) => Endpoint::AccountEmail,
    };
    Reply::see_other(page.path().to_owned())
}
