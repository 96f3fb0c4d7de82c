//! `/account/password`: a new password, which ends all other sessions.

use crate::{
    account::password::NewPassword,
    audit::{Actor, Entry, Event},
    config::Way,
    db::{
        Batch, Statement, audit,
        credential_owner::{FactorChange, Owner},
        credentials, passwords,
        session_endings::Ending,
        sessions,
    },
    edge::{
        http::{
            cookies,
            failure::{PageFailure, Problem},
            request::Incoming,
        },
        mail::outbox,
        people::{
            account_access::{Confirmation, SignedInBrowser},
            new_password,
        },
        platform::{context::Context, random},
        sessions::ending,
    },
    pages::{
        NewPasswordProblem,
        account::{Notice, PasswordCheck, PasswordPage, PasswordProblem, Sure},
    },
    reply::Reply,
    routes::Endpoint,
    secret::Purpose,
};

const PAGE: Endpoint = Endpoint::AccountPassword;

/// `GET /account/password`.
pub async fn show(request: &mut Incoming, context: &Context) -> Result<Reply, PageFailure> {
    let signed_in = SignedInBrowser::enter(PAGE, request, context).await?;
    require_passwords(context)?;
    Ok(signed_in.page(200, html(&signed_in, None)))
}

/// `POST /account/password`.
pub async fn submit(request: &mut Incoming, context: &Context) -> Result<Reply, PageFailure> {
    let (signed_in, form) = SignedInBrowser::submit(PAGE, request, context).await?;
    require_passwords(context)?;
    let field = |name| form.text(name);
    let refuse = |problem| Ok(signed_in.page(400, html(&signed_in, Some(problem))));
    let new = match new_password::parse(field("new_password"), signed_in.user(), context) {
        Ok(new) if new.is(field("repeat_password")) => new,
        Ok(_) => return refuse(PasswordProblem::NotTheSame),
        Err(unfit) => return refuse(PasswordProblem::New(NewPasswordProblem::Unfit(unfit))),
    };
    match signed_in.confirm(field("current_password"), context).await? {
        Confirmation::Given(forgiving) => {
            if new_password::is_to_change(field("new_password"), &signed_in.user().id, context).await? {
                context.db.execute(forgiving).await?;
                return refuse(PasswordProblem::New(NewPasswordProblem::Same));
            }
            // Others are asked about it only for whoever knows the current one.
            match new_password::check_leaks(new, signed_in.user(), context).await {
                Ok(new) => change(&signed_in, forgiving, &new, context).await,
                Err(unfit) => {
                    context.db.execute(forgiving).await?;
                    refuse(PasswordProblem::New(NewPasswordProblem::Unfit(unfit)))
                }
            }
        }
        Confirmation::Refused(refusal) => {
            let html = html(&signed_in, Some(PasswordProblem::Current(refusal.check)));
            Ok(refusal.page(&signed_in, html))
        }
    }
}

/// Sets the password, gives this session another cookie, and ends the others, all or nothing.
async fn change(
    signed_in: &SignedInBrowser,
    forgiving: Vec<Statement>,
    new: &NewPassword,
    context: &Context,
) -> Result<Reply, PageFailure> {
    let (token, cookie_hash) = context.new_token(Purpose::Session)?;
    let password_hash = new_password::hash(new)?;
    let (user_id, session_id) = (&signed_in.user().id, &signed_in.session.authentication.session_id);
    let entry = signed_in.entry(Event::PasswordChanged);
    let others = Ending::Others {
        user_id,
        kept: session_id,
    };
    let ended = Entry::new(Event::SessionEnded, Actor::Person);
    let (session_hash, now) = (&signed_in.session_hash, context.now);
    let mut batch = Batch::default();
    let changed = batch.add(match signed_in.sure {
        // They need not have one.
        Sure::Already => {
            let owner = Owner::Changing(FactorChange::by(session_hash, &context.config));
            passwords::set(&owner, &random::id()?, &password_hash, now)
        }
        _ => passwords::change(session_hash, &password_hash, now),
    });
    batch.push(audit::record_if_changed(&entry, context));
    let shown_at = signed_in.shown_now(context);
    let renewed = batch.add(sessions::renew(session_hash, &cookie_hash, &password_hash, shown_at));
    batch.push(audit::record_ending(&ended, &others, context));
    ending::end_sessions(&others, &mut batch, context);
    batch.extend(forgiving);
    let notice = outbox::Notice::of_password(user_id, signed_in.language);
    batch.extend(notice.write(credentials::came(user_id, "password", now), context)?);
    let rows = context.db.run(batch).await?;
    if !(rows.read(changed)? && rows.read(renewed)?) {
        // Another request has ended the session or taken the password away.
        let problem = Some(PasswordProblem::Current(PasswordCheck::Wrong));
        return Ok(signed_in.page(409, html(signed_in, problem)));
    }
    ending::announce(context);
    outbox::send_later(context);
    let gone = [signed_in.session_hash.clone()];
    let held = signed_in.browser.held.clone().begin(token, cookie_hash, &gone);
    let reply = signed_in.done(PAGE, Notice::PasswordChanged, context);
    Ok(cookies::hold(reply, &context.config, &held))
}

fn require_passwords(context: &Context) -> Result<(), PageFailure> {
    match context.config.sign_in.has(Way::Password) {
        true => Ok(()),
        false => Err(Problem::NotFound.into()),
    }
}

fn html(signed_in: &SignedInBrowser, problem: Option<PasswordProblem>) -> String {
    PasswordPage {
        frame: signed_in.frame(PAGE),
        username: signed_in.user().username.as_str(),
        problem,
    }
    .to_html()
}
