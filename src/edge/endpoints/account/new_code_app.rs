//! `/account/second_factors/new`: sets up an app with one-time codes. It is stored once the person has typed a code of it.

use super::second_factors::require_codes;
use crate::{
    account::{
        passkey::name_of,
        totp::{MOST, TotpSecret},
    },
    audit::Event,
    config::Notices,
    db::{
        Batch, audit,
        credential_owner::{FactorChange, Owner},
        credentials::{self, Ways},
        second_factors::{self, NewApp},
    },
    edge::{
        http::{failure::PageFailure, request::Incoming},
        mail::outbox,
        people::{
            account_access::{AccountRequest, SignedInBrowser},
            second_factor,
        },
        platform::context::Context,
    },
    pages::{
        SecondProblem,
        account::{NewCodeAppPage, Notice},
    },
    reply::Reply,
    routes::Endpoint,
    secret::Purpose,
};

/// The page that leads here, and that people go back to.
const PAGE: Endpoint = Endpoint::AccountSecondFactors;

/// `GET /account/second_factors/new`.
pub async fn show(request: &mut Incoming, context: &Context) -> Result<Reply, PageFailure> {
    let mut account_request = AccountRequest::at(PAGE, request, context)?;
    let ways = account_request
        .batch
        .add(credentials::list_own(&account_request.session_hash));
    let (signed_in, rows) = account_request.enter(context).await?;
    require_codes(context)?;
    if !signed_in.may_change_factors(&rows.read(ways)?, context) {
        return Ok(Reply::see_other(PAGE.path().to_owned()));
    }
    Ok(page(
        &signed_in,
        (200, None),
        (&second_factor::new_secret()?, ""),
        context,
    ))
}

/// `POST /account/second_factors/new`: `secret`, as the page had it, and a `code` of it.
pub async fn submit(request: &mut Incoming, context: &Context) -> Result<Reply, PageFailure> {
    let (signed_in, form) = SignedInBrowser::submit(PAGE, request, context).await?;
    require_codes(context)?;
    let ways = context.db.read(credentials::list_own(&signed_in.session_hash)).await?;
    if !signed_in.may_change_factors(&ways, context) {
        return Ok(Reply::see_other(PAGE.path().to_owned()));
    }
    let field = |name| form.text(name);
    let (typed_name, code) = (field("name"), field("code"));
    let key = context.config.roots.current(Purpose::Totp);
    let owner = signed_in.browser.owner_of_secret(&signed_in.user().id);
    let Some(secret) = TotpSecret::open_from_form(field("secret"), &key, &owner, context.now) else {
        let secret = second_factor::new_secret()?;
        return Ok(page(
            &signed_in,
            (400, Some(SecondProblem::Expired)),
            (&secret, typed_name),
            context,
        ));
    };
    let problem = match secret.step_of(code, context.now) {
        Some(step) => return add(&signed_in, (&secret, step), (typed_name, &ways), context).await,
        None if code.trim().is_empty() => SecondProblem::Missing,
        None => SecondProblem::WrongCode,
    };
    Ok(page(&signed_in, (400, Some(problem)), (&secret, typed_name), context))
}

async fn add(
    signed_in: &SignedInBrowser,
    (secret, step): (&TotpSecret, i64),
    (typed_name, ways): (&str, &Ways),
    context: &Context,
) -> Result<Reply, PageFailure> {
    let user_id = &signed_in.user().id;
    let (name, row_id) = (name_of(typed_name), second_factor::row_id(secret, context));
    let new = NewApp {
        row_id: &row_id,
        wrapped: &second_factor::wrap(secret, user_id, &row_id, context).await?,
        name: name.as_deref(),
        step,
    };
    let (codes, hashes) = second_factor::new_recovery_codes(user_id, context)?;
    let entry = signed_in.entry(Event::CodeAppAdded);
    let owner = Owner::Changing(FactorChange::by(&signed_in.session_hash, &context.config));
    let mut batch = Batch::default();
    let added = batch.add(second_factors::add_app(&new, &owner, context.now));
    batch.push(audit::record_if_changed(&entry, context));
    let has_new_codes = batch.add(second_factors::add_recovery_codes(
        user_id,
        &row_id,
        &hashes,
        context.now,
    ));
    let notice = outbox::Notice::of_change(Notices::Factors, Event::CodeAppAdded, user_id, signed_in.language);
    batch.extend(notice.write(credentials::came(user_id, "totp", context.now), context)?);
    let rows = context.db.run(batch).await?;
    outbox::send_later(context);
    if !rows.read(added)? {
        return Ok(match ways.apps.len() as i64 >= MOST {
            true => page(
                signed_in,
                (400, Some(SecondProblem::TooManyApps)),
                (&second_factor::new_secret()?, typed_name),
                context,
            ),
            // The same form came twice.
            false => Reply::see_other(PAGE.path().to_owned()),
        });
    }
    if !rows.read(has_new_codes)? {
        return Ok(signed_in.done(PAGE, Notice::CodeAppAdded, context));
    }
    let html = second_factor::recovery_codes_page(&codes, PAGE.path(), signed_in.language);
    Ok(signed_in.page(200, html))
}

fn page(
    signed_in: &SignedInBrowser,
    (status, problem): (u16, Option<SecondProblem>),
    (secret, name): (&TotpSecret, &str),
    context: &Context,
) -> Reply {
    let html = NewCodeAppPage {
        frame: signed_in.frame(Endpoint::AccountNewCodeApp),
        secret: second_factor::shown(secret, signed_in.user(), &signed_in.browser, context),
        name,
        problem,
    }
    .to_html();
    signed_in.page(status, html)
}
