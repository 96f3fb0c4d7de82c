//! `/account/second_factors`: apps with one-time codes, recovery codes, and trusted browsers, in which no code is asked for. To change
//! them, a person must have signed in just now, with their second factor if they have one.

use crate::{
    account::{passkey::name_of, user_agent::UserAgent},
    audit::Event,
    config::Notices,
    db::{
        Batch, audit,
        credential_owner::FactorChange,
        credentials::{self, OwnApp, Ways},
        second_factors,
        trusted_browsers::{self, TrustedBrowser},
    },
    edge::{
        http::{
            failure::{PageFailure, Problem},
            request::Incoming,
        },
        mail::outbox,
        people::{
            account_access::{AccountRequest, SignedInBrowser},
            second_factor,
        },
        platform::context::Context,
    },
    oidc::error::OAuthError,
    pages::{
        Moment,
        account::{Notice, SecondFactorsPage, ShownCodeApp, ShownTrustedBrowser},
    },
    reply::Reply,
    routes::Endpoint,
    time::UnixTime,
};

const PAGE: Endpoint = Endpoint::AccountSecondFactors;

/// What the page is about.
struct Found {
    ways: Ways,
    browsers: Vec<TrustedBrowser>,
}

impl Found {
    async fn look_up(signed_in: &SignedInBrowser, context: &Context) -> Result<Self, PageFailure> {
        let mut batch = Batch::default();
        let ways = batch.add(credentials::list_own(&signed_in.session_hash));
        let browsers = batch.add(trusted_browsers::list_own(&signed_in.session_hash, context.now));
        let rows = context.db.run(batch).await?;
        Ok(Self {
            ways: rows.read(ways)?,
            browsers: rows.read(browsers)?,
        })
    }
}

/// `GET /account/second_factors`.
pub async fn show(request: &mut Incoming, context: &Context) -> Result<Reply, PageFailure> {
    let mut account_request = AccountRequest::at(PAGE, request, context)?;
    let (hash, batch) = (&account_request.session_hash, &mut account_request.batch);
    let ways = batch.add(credentials::list_own(hash));
    let browsers = batch.add(trusted_browsers::list_own(hash, context.now));
    let (signed_in, rows) = account_request.enter(context).await?;
    require_codes(context)?;
    let found = Found {
        ways: rows.read(ways)?,
        browsers: rows.read(browsers)?,
    };
    Ok(page(&signed_in, &found, false, context))
}

/// `POST /account/second_factors`: `rename`, `remove`, `renew` or `untrust`.
pub async fn submit(request: &mut Incoming, context: &Context) -> Result<Reply, PageFailure> {
    let (signed_in, form) = SignedInBrowser::submit(PAGE, request, context).await?;
    require_codes(context)?;
    let field = |name| Some(form.text(name)).filter(|text| !text.is_empty());
    let hash = &signed_in.session_hash;
    if let Some(row_id) = field("rename") {
        let name = name_of(field("name").unwrap_or_default());
        context
            .db
            .execute([credentials::rename_own(hash, row_id, name.as_deref())])
            .await?;
        return Ok(signed_in.done(PAGE, Notice::CodeAppRenamed, context));
    }
    if let Some(id) = field("untrust") {
        let entry = signed_in.entry(Event::BrowserTrustEnded);
        let mut batch = Batch::default();
        batch.push(trusted_browsers::remove_own(hash, id));
        batch.push(audit::record_if_changed(&entry, context));
        context.db.run(batch).await?;
        return Ok(signed_in.done(PAGE, Notice::TrustEnded, context));
    }
    let found = Found::look_up(&signed_in, context).await?;
    if !signed_in.may_change_factors(&found.ways, context) {
        return Ok(page(&signed_in, &found, false, context));
    }
    match (field("remove"), field("renew")) {
        (Some(row_id), None) => remove(&signed_in, row_id, &found, context).await,
        (None, Some(_)) => renew(&signed_in, context).await,
        _ => Err(Problem::BadRequest(OAuthError::invalid_request("rename, remove, renew or untrust")).into()),
    }
}

async fn remove(
    signed_in: &SignedInBrowser,
    row_id: &str,
    found: &Found,
    context: &Context,
) -> Result<Reply, PageFailure> {
    if !found.ways.apps.iter().any(|app| app.row_id == row_id) {
        return Ok(signed_in.done(PAGE, Notice::CodeAppRemoved, context));
    }
    let entry = signed_in.entry(Event::CodeAppRemoved);
    let policy = context.config.second_factor;
    let change = FactorChange::by(&signed_in.session_hash, &context.config);
    let mut batch = Batch::default();
    let removed = batch.add(second_factors::remove_own_app(&change, row_id, policy));
    batch.push(audit::record_if_changed(&entry, context));
    batch.push(second_factors::remove_idle_recovery_codes(&signed_in.user().id));
    let (user_id, of) = (&signed_in.user().id, Notices::Factors);
    let notice = outbox::Notice::of_change(of, Event::CodeAppRemoved, user_id, signed_in.language);
    batch.extend(notice.write(credentials::is_gone(row_id), context)?);
    let removed = context.db.run(batch).await?.read(removed)?;
    outbox::send_later(context);
    match removed {
        true => Ok(signed_in.done(PAGE, Notice::CodeAppRemoved, context)),
        // It is the last, or another request gave them something that this browser has not shown.
        false => {
            let found = Found::look_up(signed_in, context).await?;
            Ok(page(
                signed_in,
                &found,
                signed_in.may_change_factors(&found.ways, context),
                context,
            ))
        }
    }
}

async fn renew(signed_in: &SignedInBrowser, context: &Context) -> Result<Reply, PageFailure> {
    let user_id = &signed_in.user().id;
    let (codes, hashes) = second_factor::new_recovery_codes(user_id, context)?;
    let entry = signed_in.entry(Event::RecoveryCodesMade);
    let change = FactorChange::by(&signed_in.session_hash, &context.config);
    let mut batch = Batch::default();
    let renewed = batch.add(second_factors::renew_recovery_codes(
        user_id,
        &change,
        &hashes,
        context.now,
    ));
    batch.push(audit::record_if_changed(&entry, context));
    let notice = outbox::Notice::of_change(Notices::Factors, Event::RecoveryCodesMade, user_id, signed_in.language);
    batch.extend(notice.write(credentials::came(user_id, "recovery_codes", context.now), context)?);
    let renewed = context.db.run(batch).await?.read(renewed)?;
    outbox::send_later(context);
    if !renewed {
        let found = Found::look_up(signed_in, context).await?;
        return Ok(page(signed_in, &found, false, context));
    }
    let html = second_factor::recovery_codes_page(&codes, PAGE.path(), signed_in.language);
    Ok(signed_in.page(200, html))
}

pub(super) fn require_codes(context: &Context) -> Result<(), PageFailure> {
    match context.config.has_codes() {
        true => Ok(()),
        false => Err(Problem::NotFound.into()),
    }
}

fn page(signed_in: &SignedInBrowser, found: &Found, is_last: bool, context: &Context) -> Reply {
    let moment = |at| Moment::new(at, context.now, signed_in.language);
    let app = |app: &OwnApp| ShownCodeApp {
        id: app.row_id.clone(),
        name: app.name.clone(),
        added: moment(app.created_at),
        last_used: app.last_used_at.map(moment),
    };
    let browser = |browser: &TrustedBrowser| {
        let agent = UserAgent::parse(&browser.user_agent);
        ShownTrustedBrowser {
            id: browser.id.clone(),
            browser: agent.browser,
            system: agent.system,
            last_used: moment(UnixTime(browser.last_used_at)),
        }
    };
    let html = SecondFactorsPage {
        frame: signed_in.frame(PAGE),
        apps: found.ways.apps.iter().map(app).collect(),
        recovery_codes: found.ways.recovery_codes.as_ref().map(|codes| codes.left),
        browsers: found.browsers.iter().map(browser).collect(),
        may_change: signed_in.may_change_factors(&found.ways, context),
        is_last,
    }
    .to_html();
    signed_in.page(if is_last { 400 } else { 200 }, html)
}
