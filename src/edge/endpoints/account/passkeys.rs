//! `/account/passkeys`: a person's passkeys. To add or remove one they must have signed in just now.

use crate::{
    account::passkey::{MOST, name_of, provider},
    audit::Event,
    config::{Notices, Way},
    db::{
        Batch, audit,
        credential_owner::FactorChange,
        credentials::{self, OwnPasskey, Ways},
    },
    edge::{
        http::{
            failure::{PageFailure, Problem},
            request::Incoming,
        },
        mail::outbox,
        people::{
            account_access::{AccountRequest, SignedInBrowser},
            passkeys::{self, Asked},
        },
        platform::context::Context,
    },
    oidc::{error::OAuthError, params::Params},
    pages::{
        Moment, PasskeyRequest,
        account::{Notice, PasskeyProblem, PasskeysPage, ShownPasskey},
    },
    reply::Reply,
    routes::Endpoint,
};

const PAGE: Endpoint = Endpoint::AccountPasskeys;

/// `GET /account/passkeys`.
pub async fn show(request: &mut Incoming, context: &Context) -> Result<Reply, PageFailure> {
    let mut account_request = AccountRequest::at(PAGE, request, context)?;
    let ways = account_request
        .batch
        .add(credentials::list_own(&account_request.session_hash));
    let (signed_in, rows) = account_request.enter(context).await?;
    require_passkeys(context)?;
    page(&signed_in, &rows.read(ways)?, None, context)
}

/// `POST /account/passkeys`: `passkey` adds one, `rename` and `remove` are about one that there is.
pub async fn submit(request: &mut Incoming, context: &Context) -> Result<Reply, PageFailure> {
    let (signed_in, form) = SignedInBrowser::submit(PAGE, request, context).await?;
    require_passkeys(context)?;
    let field = |name| Some(form.text(name)).filter(|text| !text.is_empty());
    if let Some(row_id) = field("rename") {
        let name = name_of(field("name").unwrap_or_default());
        let rename = credentials::rename_own(&signed_in.session_hash, row_id, name.as_deref());
        context.db.execute([rename]).await?;
        return Ok(signed_in.done(PAGE, Notice::PasskeyRenamed, context));
    }
    let ways = context.db.read(credentials::list_own(&signed_in.session_hash)).await?;
    if !signed_in.may_change_factors(&ways, context) {
        return page(&signed_in, &ways, None, context);
    }
    match (field("passkey"), field("remove")) {
        (Some(answer), None) => add(&signed_in, answer, (&form, &ways), context).await,
        (None, Some(row_id)) => remove(&signed_in, row_id, &ways, context).await,
        _ => Err(Problem::BadRequest(OAuthError::invalid_request("passkey, rename or remove")).into()),
    }
}

async fn add(
    signed_in: &SignedInBrowser,
    answer: &str,
    (form, ways): (&Params, &Ways),
    context: &Context,
) -> Result<Reply, PageFailure> {
    let refuse = |problem| page(signed_in, ways, Some(problem), context);
    let asked = Asked::Add(signed_in.session_hash.as_str());
    let (new, challenge) = match passkeys::read_new(answer, &signed_in.browser, &asked, context) {
        Ok(read) => read,
        Err(refused) => return refuse(passkeys::problem_of(refused)),
    };
    let name = name_of(form.text("name"));
    let user_id = signed_in.user().id.as_str();
    let about = (user_id, signed_in.entry(Event::PasskeyAdded), signed_in.language);
    let hash = &signed_in.session_hash;
    if passkeys::add_behind(hash, (&new, &challenge), name.as_deref(), about, context).await? {
        return Ok(signed_in.done(PAGE, Notice::PasskeyAdded, context));
    }
    refused_by_d1(signed_in, context, |ways| match ways.passkeys.len() as i64 >= MOST {
        true => PasskeyProblem::TooMany,
        false => PasskeyProblem::Known,
    })
    .await
}

async fn remove(
    signed_in: &SignedInBrowser,
    row_id: &str,
    ways: &Ways,
    context: &Context,
) -> Result<Reply, PageFailure> {
    let Some(own) = ways.passkeys.iter().find(|own| own.row_id == row_id) else {
        return Ok(signed_in.done(PAGE, Notice::PasskeyRemoved, context));
    };
    let entry = signed_in
        .entry(Event::PasskeyRemoved)
        .detail(passkeys::audit_detail(&own.passkey));
    let (kinds, policy) = (context.config.sign_in.kinds(), context.config.second_factor);
    let change = FactorChange::by(&signed_in.session_hash, &context.config);
    let mut batch = Batch::default();
    let removed = batch.add(credentials::remove_own(&change, row_id, &kinds, policy));
    batch.push(audit::record_if_changed(&entry, context));
    let (user_id, of) = (&signed_in.user().id, Notices::Factors);
    let notice = outbox::Notice::of_change(of, Event::PasskeyRemoved, user_id, signed_in.language);
    batch.extend(notice.write(credentials::is_gone(row_id), context)?);
    let removed = context.db.run(batch).await?.read(removed)?;
    outbox::send_later(context);
    match removed {
        true => Ok(signed_in.done(PAGE, Notice::PasskeyRemoved, context)),
        false => refused_by_d1(signed_in, context, |_| PasskeyProblem::OnlyWay).await,
    }
}

/// The page for somebody whose change did not come about: another request may have given them something to sign in with that this
/// browser has not shown, and otherwise it is `problem`.
async fn refused_by_d1(
    signed_in: &SignedInBrowser,
    context: &Context,
    problem: fn(&Ways) -> PasskeyProblem,
) -> Result<Reply, PageFailure> {
    let ways = context.db.read(credentials::list_own(&signed_in.session_hash)).await?;
    let problem = signed_in.may_change_factors(&ways, context).then(|| problem(&ways));
    page(signed_in, &ways, problem, context)
}

fn require_passkeys(context: &Context) -> Result<(), PageFailure> {
    match context.config.sign_in.has(Way::Passkey) {
        true => Ok(()),
        false => Err(Problem::NotFound.into()),
    }
}

fn page(
    signed_in: &SignedInBrowser,
    ways: &Ways,
    problem: Option<PasskeyProblem>,
    context: &Context,
) -> Result<Reply, PageFailure> {
    let may_change = signed_in.may_change_factors(ways, context);
    let known: Vec<_> = ways.passkeys.iter().map(|own| &own.passkey).collect();
    let asked = Asked::Add(signed_in.session_hash.as_str());
    let account = passkeys::account_of(signed_in.user());
    let options = passkeys::ask_for_new(&signed_in.browser, &asked, &account, &known, context)?;
    let has_password = ways.password_set_at.is_some() && context.config.sign_in.has(Way::Password);
    let has_mail_code = signed_in.user().confirmed_email().is_some() && context.config.sign_in.has(Way::MailCode);
    let moment = |at| Moment::new(at, context.now, signed_in.language);
    let shown = |own: &OwnPasskey| ShownPasskey {
        id: own.row_id.clone(),
        name: own.name.clone(),
        provider: provider(&own.passkey.aaguid),
        added: moment(own.created_at),
        last_used: own.last_used_at.map(moment),
        synced: own.backed_up,
        only_way: !has_password && !has_mail_code && ways.passkeys.len() == 1,
    };
    let frame = signed_in.frame(PAGE);
    let nonce = frame.nonce;
    let html = PasskeysPage {
        frame,
        passkeys: ways.passkeys.iter().map(shown).collect(),
        request: may_change.then_some(PasskeyRequest {
            options: &options,
            nonce,
        }),
        problem,
    }
    .to_html();
    let status = if problem.is_some() { 400 } else { 200 };
    Ok(signed_in.page(status, html))
}
