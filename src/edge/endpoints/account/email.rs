//! `/account/email`: the e-mail address, which is also a name to sign in with. To change it takes the password; where mails are sent, it
//! also takes a code that went to the new address, and the address before can undo the change.

use serde_json::{Map, Value};

use crate::{
    account::{
        address_change::{self, Parting, is_same},
        email, throttle,
        user::User,
    },
    audit::Event,
    db::{
        Batch, Statement, audit,
        credential_owner::FactorChange,
        email_undo,
        mail_codes::{self, CodeKey, NewCode, Waiting},
        mail_outbox, released_addresses, throttles, users,
    },
    edge::{
        http::{
            failure::{PageFailure, Problem},
            request::Incoming,
        },
        mail::outbox,
        people::{
            account_access::{Confirmation, SignedInBrowser},
            folding,
            mail_code::{self, AskedAddress, Verdict},
        },
        platform::{context::Context, random},
    },
    fault::Fault,
    mail::{CodeKind, Facts, Kind, NewMail},
    oidc::{error::OAuthError, params::Params},
    pages::{
        Language,
        account::{EmailPage, EmailProblem, Notice, PasswordCheck, Sure},
    },
    reply::Reply,
    routes::Endpoint,
    secret::Purpose,
    time::Lifetime,
};

const PAGE: Endpoint = Endpoint::AccountEmail;

/// What the page shows of what the person is about.
#[derive(Default)]
struct EmailForm<'a> {
    /// What they typed as their new address.
    entered: &'a str,
    /// The address that a code was sent to.
    waiting: Option<&'a str>,
    /// The code that the link in the mail has.
    code: &'a str,
    problem: Option<EmailProblem>,
}

/// `GET /account/email`; with `code`, the link of a mail.
pub async fn show(request: &mut Incoming, context: &Context) -> Result<Reply, PageFailure> {
    let query = request.query_params().map_err(Problem::BadRequest)?;
    let signed_in = SignedInBrowser::enter(PAGE, request, context).await?;
    let waiting = waiting(&signed_in, context).await?;
    let shown = EmailForm {
        waiting: waiting.as_ref().map(|waiting| waiting.typed.as_str()),
        code: query.text("code"),
        ..EmailForm::default()
    };
    Ok(signed_in.page(200, html(&signed_in, &shown, context)))
}

/// What the person waits for in this browser.
async fn waiting(signed_in: &SignedInBrowser, context: &Context) -> Result<Option<Waiting>, Fault> {
    if context.config.mail.is_none() {
        return Ok(None);
    }
    let browser = signed_in.browser.mail_code_hash(context);
    let find = mail_codes::find_latest(&browser, CodeKind::Address, Some(&signed_in.user().id), context.now);
    context.db.read(find).await
}

/// `POST /account/email`: `email`, or `code` for what was asked for; `again` and `forget` are about that, too, and `confirm` asks for
/// a code to the address that is there.
pub async fn submit(request: &mut Incoming, context: &Context) -> Result<Reply, PageFailure> {
    let (signed_in, form) = SignedInBrowser::submit(PAGE, request, context).await?;
    let has = |name| !form.text(name).is_empty();
    if context.config.mail.is_some() && ["code_form", "again", "forget", "confirm"].into_iter().any(has) {
        return about_code(&signed_in, &form, request, context).await;
    }
    if !is_editable(context) {
        return Err(Problem::NotFound.into());
    }
    let typed = form.text("email").trim();
    let refuse = |status, problem| {
        let shown = EmailForm {
            entered: typed,
            problem: Some(problem),
            ..EmailForm::default()
        };
        Ok::<_, PageFailure>(signed_in.page(status, html(&signed_in, &shown, context)))
    };
    let Ok(email) = email::parse(typed) else {
        return refuse(400, EmailProblem::NotAnAddress);
    };
    let forgiving = match signed_in.confirm(form.text("current_password"), context).await? {
        Confirmation::Given(forgiving) => forgiving,
        Confirmation::Refused(refusal) => {
            let shown = EmailForm {
                entered: typed,
                problem: Some(EmailProblem::Password(refusal.check)),
                ..EmailForm::default()
            };
            return Ok(refusal.page(&signed_in, html(&signed_in, &shown, context)));
        }
    };
    let user = signed_in.user();
    if let Some(wait) = count(user, context).await? {
        // The password was right, whatever else is not.
        context.db.execute(forgiving).await?;
        let minutes = wait.minutes_begun();
        let page = refuse(429, EmailProblem::Password(PasswordCheck::TooMany { minutes }))?;
        return Ok(page.retried_after(wait));
    }
    if context.config.mail.is_some() {
        return ask(&signed_in, email, forgiving, context).await;
    }
    let mut changed = user.clone();
    // What was verified is the old address: `with` takes that back.
    let change = Map::from_iter([("email".to_owned(), Value::from(email.as_str()))]);
    changed.claims = user.claims.with(&change).map_err(problem_of)?;
    changed.updated_at = context.now;
    let entry = signed_in.entry(Event::EmailChanged);
    let mut batch = Batch::default();
    let rival = batch.add(users::find_rival(&changed, user));
    let saved = batch.add(users::update_own(&changed, user, &signed_in.session_hash));
    batch.push(audit::record_if_changed(&entry, context));
    batch.extend(forgiving);
    let rows = context.db.run(batch).await?;
    match (rows.read(saved)?, rows.read(rival)?) {
        (true, _) => Ok(signed_in.done(PAGE, Notice::EmailChanged, context)),
        (false, true) => refuse(409, EmailProblem::Taken),
        (false, false) => refuse(409, EmailProblem::ChangedElsewhere),
    }
}

/// Sends a code to an address, whoever has it. Nothing else changes yet.
async fn ask(
    signed_in: &SignedInBrowser,
    address: String,
    forgiving: Vec<Statement>,
    context: &Context,
) -> Result<Reply, PageFailure> {
    let user_id = &signed_in.user().id;
    let key = mail_code::key(&signed_in.browser, CodeKind::Address, &email::fold(&address), context);
    let asked = AskedAddress {
        key,
        address,
        user_id: Some(user_id.clone()),
        language: signed_in.language,
    };
    let new = NewCode {
        typed: &asked.address,
        destination: "",
        user_id: Some(user_id),
    };
    let mut batch = Batch::default();
    batch.push(mail_codes::forget(&asked.key.browser, CodeKind::Address, user_id));
    batch.push(mail_codes::begin(&asked.key, &new, Statement::always(), context.now));
    batch.extend(asked.send(context)?);
    batch.extend(forgiving);
    context.db.run(batch).await?;
    outbox::send_later(context);
    Ok(Reply::see_other(PAGE.path().to_owned()))
}

/// What the person does about a code.
async fn about_code(
    signed_in: &SignedInBrowser,
    form: &Params,
    request: &Incoming,
    context: &Context,
) -> Result<Reply, PageFailure> {
    let (user, has) = (signed_in.user(), |name| !form.text(name).is_empty());
    let waiting = waiting(signed_in, context).await?;
    let address = match &waiting {
        _ if has("confirm") => user.claims.text("email"),
        Some(waiting) => Some(waiting.typed.as_str()),
        None => None,
    };
    // Where people may not change their address, they confirm the one that they have.
    let address = address.filter(|address| is_editable(context) || user.claims.text("email") == Some(*address));
    // It took too long, or another tab did something else.
    let Some(address) = address else {
        return Ok(Reply::see_other(PAGE.path().to_owned()));
    };
    let key = mail_code::key(&signed_in.browser, CodeKind::Address, &email::fold(address), context);
    let refuse = |status, problem| {
        let shown = EmailForm {
            waiting: waiting.as_ref().map(|waiting| waiting.typed.as_str()),
            problem: Some(problem),
            ..EmailForm::default()
        };
        Ok::<_, PageFailure>(signed_in.page(status, html(signed_in, &shown, context)))
    };
    if has("forget") {
        let forget = mail_codes::forget(&key.browser, CodeKind::Address, &user.id);
        context.db.execute([forget]).await?;
        return Ok(Reply::see_other(PAGE.path().to_owned()));
    }
    // Without a password the address is a way in: it takes somebody who has just shown what they have, at each step.
    if signed_in.sure == Sure::Passkey {
        let shown = EmailForm {
            waiting: waiting.as_ref().map(|waiting| waiting.typed.as_str()),
            code: form.text("code"),
            ..EmailForm::default()
        };
        return Ok(signed_in.page(400, html(signed_in, &shown, context)));
    }
    if has("again") || has("confirm") {
        if let Some(wait) = count(user, context).await? {
            let minutes = wait.minutes_begun();
            let page = refuse(429, EmailProblem::Password(PasswordCheck::TooMany { minutes }))?;
            return Ok(page.retried_after(wait));
        }
        return ask(signed_in, address.to_owned(), Vec::new(), context).await;
    }
    let typed = form.text("code").trim();
    if typed.is_empty() {
        return refuse(400, EmailProblem::NoCode);
    }
    match mail_code::try_code(&key, typed, request, context).await? {
        Verdict::Right(tried) if tried.user_id.as_deref() == Some(&user.id) && tried.typed == address => {
            match change(signed_in, &key, (&tried.mail_id, address), context).await? {
                Ok(reply) => Ok(reply),
                Err(problem) => refuse(409, problem),
            }
        }
        Verdict::Right(_) | Verdict::Wrong => refuse(400, EmailProblem::WrongCode),
        Verdict::TooMany { wait } => {
            let minutes = wait.minutes_begun();
            let page = refuse(429, EmailProblem::Password(PasswordCheck::TooMany { minutes }))?;
            Ok(page.retried_after(wait))
        }
    }
}

/// Gives the person the address that the code of the mail `mail_id` went to, and tells the address before, which can undo it. Where it
/// is refused, nothing has happened, and the code is as good as before.
async fn change(
    signed_in: &SignedInBrowser,
    key: &CodeKey,
    (mail_id, address): (&str, &str),
    context: &Context,
) -> Result<Result<Reply, EmailProblem>, PageFailure> {
    let user = signed_in.user();
    let changed = user.with_confirmed_email(address, context.now).map_err(problem_of)?;
    let is_new = !user.claims.text("email").is_some_and(|email| is_same(email, address));
    // Where these change, so does the address, and nothing is saved.
    let undos = context.db.read(email_undo::list(&user.id, context.now)).await?;
    let parting = address_change::parting(user.confirmed_email(), address, &undos);
    let undo_id = random::id()?;
    let letter = match parting {
        Parting::Undo | Parting::Word => {
            let language = user.claims.text("locale").and_then(Language::speaking);
            let language = language.unwrap_or(signed_in.language);
            outbox::to_person(Kind::AddressChanged, &undo_id, user, language, context)
        }
        Parting::Nothing | Parting::GoneBack => None,
    };
    let is_right = || key.exists(mail_id, context.now);
    // Without a word to the address before, nothing changes.
    let is_told = |condition: Statement| match &letter {
        Some(_) => condition.and(mail_outbox::exists(&undo_id)),
        None => condition,
    };
    // Another request may have given them something to show since.
    let may_change = || match signed_in.sure {
        Sure::Already => FactorChange::by(&signed_in.session_hash, &context.config).may(),
        Sure::Password { .. } | Sure::Passkey => Statement::always(),
    };
    let is_ready = || {
        users::is_as_read(user, &signed_in.session_hash)
            .and(is_right())
            .and(may_change())
            .and(users::address_is_anothers(&key.folded, &user.id).negated())
    };
    let mut batch = Batch::default();
    if let Some((mail, daily_limit)) = &letter {
        let detail = (parting == Parting::Word).then(String::new);
        let facts = Facts {
            detail,
            ..mail.facts.clone()
        };
        let mail = NewMail { facts, ..*mail };
        batch.push(mail_outbox::write_where(is_ready(), &mail, *daily_limit, context.now));
    }
    let of = (key.folded.as_str(), user.id.as_str());
    batch.extend(released_addresses::release(of, || is_told(is_ready()), context));
    let saved = users::update_own_if(
        &changed,
        user,
        &signed_in.session_hash,
        is_told(is_right().and(may_change())),
    );
    let saved = batch.add(saved);
    if let (Parting::Undo, Some(_), Some(before)) = (parting, &letter, user.confirmed_email()) {
        let (_, hash) = outbox::secret_of_link(&undo_id, context)?;
        let make = email_undo::make_if_changed(&user.id, &undo_id, (&hash, before), context.now);
        batch.push(make);
    }
    let event = match is_new {
        true => Event::EmailChanged,
        false => Event::EmailConfirmed,
    };
    batch.push(audit::record_if_changed(&signed_in.entry(event), context));
    if parting == Parting::GoneBack {
        batch.push(email_undo::end_all(&changed));
    }
    batch.push(mail_codes::use_up_for(key, mail_id, &changed));
    let rival = batch.add(users::find_rival(&changed, user));
    let letter_written = batch.add_if(letter.is_some().then(|| mail_outbox::find(&undo_id)));
    let rows = context.db.run(batch).await?;
    let (saved, rival) = (rows.read(saved)?, rows.read(rival)?);
    outbox::send_later(context);
    Ok(match (saved, rows.read_if(letter_written)?) {
        (true, _) if is_new => Ok(signed_in.done(PAGE, Notice::EmailChanged, context)),
        (true, _) => Ok(signed_in.done(PAGE, Notice::EmailConfirmed, context)),
        (false, _) if rival => Err(EmailProblem::Taken),
        (false, Some(None)) => Err(EmailProblem::Later),
        (false, _) => Err(EmailProblem::ChangedElsewhere),
    })
}

/// Counts an address that a person wants, and makes sure that it is compared with all others. How long to wait, where there were
/// too many: nobody shall find out here who has an account.
async fn count(user: &User, context: &Context) -> Result<Option<Lifetime>, Fault> {
    let key = context.config.roots.current(Purpose::Throttle);
    let counter = throttle::of_email_changes(&key, &user.id);
    let wait = folding::count_attempt(&counter, context).await?;
    if wait.is_some() || context.config.mail.is_none() {
        return Ok(wait);
    }
    // Mails that were written down would tell: a code for a free address goes by the limits of its asker, and a word to whoever
    // has it by those of theirs.
    let today = throttle::of_address_codes(&key, &user.id);
    let counted = context.db.read(throttles::count_address(&today, context.now)).await?;
    Ok(counted.wait(&today, context.now))
}

fn problem_of(problem: String) -> Problem {
    Problem::BadRequest(OAuthError::invalid_request(problem))
}

fn html(signed_in: &SignedInBrowser, shown: &EmailForm<'_>, context: &Context) -> String {
    let user = signed_in.user();
    let sends_mails = context.config.mail.is_some();
    EmailPage {
        frame: signed_in.frame(PAGE),
        username: user.username.as_str(),
        current: user.claims.text("email"),
        unconfirmed: sends_mails && user.confirmed_email().is_none(),
        editable: is_editable(context),
        sends_mails,
        waiting: shown.waiting,
        code: shown.code,
        entered: shown.entered,
        problem: shown.problem,
    }
    .to_html()
}

fn is_editable(context: &Context) -> bool {
    context.config.editable_claims.iter().any(|name| name == "email")
}
