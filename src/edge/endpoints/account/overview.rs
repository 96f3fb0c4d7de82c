//! `/account`: who is signed in, and the way to everything else.

use crate::{
    config::Way,
    db::users,
    edge::{
        http::{failure::PageFailure, request::Incoming},
        people::account_access::AccountRequest,
        platform::context::Context,
    },
    pages::{Moment, account::OverviewPage},
    reply::Reply,
    routes::Endpoint,
    time::UnixTime,
};

/// `GET /account`.
pub async fn show(request: &mut Incoming, context: &Context) -> Result<Reply, PageFailure> {
    let mut account_request = AccountRequest::at(Endpoint::Account, request, context)?;
    let summary = users::summarize(&account_request.session_hash, &context.config.lifetimes, context.now);
    let summary = account_request.batch.add(summary);
    let (signed_in, rows) = account_request.enter(context).await?;
    let summary = rows.read(summary)?;
    let claims = &signed_in.user().claims;
    let is_verified = claims.as_map().get("email_verified").is_some_and(|flag| flag == true);
    let set_at = summary.as_ref().and_then(|summary| summary.password_set_at);
    let html = OverviewPage {
        frame: signed_in.frame(Endpoint::Account),
        username: signed_in.user().username.as_str(),
        email: claims.text("email").map(|email| (email, is_verified)),
        passkeys: summary.as_ref().map_or(0, |summary| summary.passkeys),
        codes: summary.as_ref().map_or(0, |summary| summary.codes),
        password_set: set_at.map(|at| Moment::new(UnixTime(at), context.now, signed_in.language)),
        browsers: summary.as_ref().map_or(1, |summary| summary.browsers),
        apps: summary.as_ref().map_or(0, |summary| summary.apps),
    }
    .to_html();
    Ok(signed_in.page(200, html))
}

/// `GET /.well-known/change-password` ("A Well-Known URL for Changing Passwords" section 2).
pub fn change_password(context: &Context) -> Reply {
    let page = match context.config.sign_in.has(Way::Password) {
        true => Endpoint::AccountPassword,
        false => Endpoint::AccountPasskeys,
    };
    Reply::see_other(page.path().to_owned())
}
