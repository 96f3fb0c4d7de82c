//! `/device`: where a person types the code that a device shows (RFC 8628 section 3.3). From there on it is an authorization request like
//! others: sign-in, second factor and consent, of which the last names the device and is never left out.

use super::authorization_request;
use crate::{
    account::throttle,
    db::{Batch, pushed_requests, throttles},
    edge::{
        http::{
            browser::Browser,
            failure::{PageFailure, Problem},
            request::Incoming,
        },
        platform::{apart::apart, context::Context},
    },
    oidc::{device::UserCode, fetcher::Fetcher},
    pages::{Csp, DevicePage, DeviceProblem, content_security_policy},
    reply::Reply,
    routes::Endpoint,
    secret::Purpose,
};

/// What a form of this page is bound to.
const FORM: &[&str] = &["device"];

/// `GET /device`. The code in a link (`verification_uri_complete`) is filled in, and nothing more: the person compares it, and goes on.
pub async fn show(request: &mut Incoming, context: &Context) -> Result<Reply, PageFailure> {
    check_switched_on(context)?;
    let params = request.query_params().map_err(Problem::BadRequest)?;
    let mut browser = Browser::of(request, context);
    let cookie = browser.settle(context)?;
    let code = UserCode::parse(params.text("user_code"));
    Ok(page(&browser, 200, (code.as_ref(), None), context).with_cookie(cookie))
}

/// `POST /device` with `user_code`.
pub async fn submit(request: &mut Incoming, context: &Context) -> Result<Reply, PageFailure> {
    check_switched_on(context)?;
    let form = request.form().await?;
    let browser = Browser::of(request, context);
    if !browser.sent_form(form.text("csrf"), FORM, context) {
        return Err(Problem::ForeignForm.into());
    }
    let Some(code) = UserCode::parse(form.text("user_code")) else {
        return Ok(page(&browser, 400, (None, Some(DeviceProblem::Wrong)), context));
    };
    let key = context.config.roots.current(Purpose::Throttle);
    let counter = throttle::of_user_codes(&key, &request.address());
    let mut batch = Batch::default();
    let counted = batch.add(throttles::count_address(&counter, context.now));
    let found = pushed_requests::find_by_user_code(&code.hashes(&context.config.roots), context.now);
    let found = batch.add(found);
    let rows = context.db.run(batch).await?;
    if let Some(wait) = rows.read(counted)?.wait(&counter, context.now) {
        let minutes = wait.minutes_begun();
        let problem = Some(DeviceProblem::TooMany { minutes });
        return Ok(page(&browser, 429, (Some(&code), problem), context).retried_after(wait));
    }
    let Some(asked) = rows.read(found)? else {
        return Ok(page(&browser, 400, (Some(&code), Some(DeviceProblem::Wrong)), context));
    };
    // Only what is no code counts.
    context.db.execute([throttles::forgive(&counter)]).await?;
    apart(authorization_request::begin(asked, Fetcher::Device, &browser, context)).await
}

fn check_switched_on(context: &Context) -> Result<(), Problem> {
    match context.config.device_authorization {
        true => Ok(()),
        false => Err(Problem::NotFound),
    }
}

fn page(
    browser: &Browser,
    status: u16,
    (code, problem): (Option<&UserCode>, Option<DeviceProblem>),
    context: &Context,
) -> Reply {
    let code = code.map(UserCode::shown);
    let address = context.config.issuer.url(Endpoint::Device.path());
    let link = code.as_ref().map(|code| format!("{address}?user_code={code}"));
    let html = DevicePage {
        language: browser.language(None),
        csrf: &browser.csrf(FORM, context),
        user_code: code.as_deref(),
        link: link.as_deref().filter(|_| problem.is_none()),
        problem,
    }
    .to_html();
    Reply::page(status, html, content_security_policy(Csp::default()))
}
