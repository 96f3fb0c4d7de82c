//! `/login/code`: a code by mail to sign in with. Whoever asks for one types it in the same browser; the link in the mail fills it in
//! there. Neither the pages nor their time tell whether an account has the name: it is looked up after the answer, and a code that is
//! wrong and one that was never sent are one.

use serde_json::json;

use super::login;
use crate::{
    account::{
        sign_in::{self, Next, Policy},
        throttle,
        user::{User, fold_login},
    },
    audit::{Actor, Entry, Event},
    config::Way,
    db::{
        Batch, Statement, audit,
        mail_codes::{self, CodeKey, NewCode, Tried},
        mail_outbox,
        sessions::SignedInBy,
        throttles, trusted_browsers,
        users::{self, WithCredentials},
    },
    edge::{
        http::{
            failure::{PageFailure, Problem},
            request::Incoming,
        },
        mail::outbox,
        people::{
            guesses, mail_code,
            new_session::{AccompanyingStatements, SomebodyShown, Trusting},
            second_factor,
            sign_in::SignInRequest,
        },
        platform::{context::Context, random},
    },
    fault::Fault,
    mail::{CodeKind, Facts, Kind, NewMail, is_code},
    oidc::{params::Params, proven::Proven},
    pages::{Language, LoginProblem, MailCodePage, MailCodeProblem},
    reply::Reply,
    routes::Endpoint,
    secret::Purpose,
    time::Lifetime,
};

/// The most bytes of a name: e-mail addresses have no more.
const LONGEST_NAME: usize = 254;

/// The most bytes of a destination that are kept for the link in the mail.
const LONGEST_DESTINATION: usize = 8_192;

/// `GET /login/code?code=`: the link in a mail. It fills the code in, and tries nothing.
pub async fn show(request: &mut Incoming, context: &Context) -> Result<Reply, PageFailure> {
    require(context)?;
    let params = request.query_params().map_err(Problem::BadRequest)?;
    let code = params.text("code");
    if code.is_empty() {
        return Ok(Reply::see_other(match request.query.as_str() {
            "" => Endpoint::Login.path().to_owned(),
            query => format!("{}?{query}", Endpoint::Login.path()),
        }));
    }
    let browser = crate::edge::http::browser::Browser::of(request, context);
    let find = mail_codes::find_latest(&browser.mail_code_hash(context), CodeKind::SignIn, None, context.now);
    let waiting = context.db.read(find).await?.ok_or(Problem::CodeElsewhere)?;
    let destination = Params::parse(&waiting.destination).map_err(Problem::BadRequest)?;
    let sign_in = SignInRequest::receive(request, &destination, context).await?;
    let name = Name {
        typed: &waiting.typed,
        code,
        can_have_passkey: false,
    };
    Ok(name.page(&sign_in, 200, None, context))
}

/// `POST /login/code` with `username`: asks for a code. With `code` as well: signs in.
pub async fn submit(request: &mut Incoming, context: &Context) -> Result<Reply, PageFailure> {
    let params = request.form().await?;
    require(context)?;
    let sign_in = SignInRequest::submitting(request, &params, login::FORM, context).await?;
    if let Some(reply) = sign_in.turned_down(&params, context).await? {
        return Ok(reply);
    }
    let field = |name| params.text(name);
    let typed = field("username").trim();
    if typed.is_empty() || typed.len() > LONGEST_NAME {
        return Ok(sign_in.page(400, typed, Some(LoginProblem::MissingName), context)?);
    }
    let name = Name {
        typed,
        code: "",
        can_have_passkey: field("can_have_passkey") == "yes",
    };
    let folded = fold_login(typed);
    let key = mail_code::key(&sign_in.browser, CodeKind::SignIn, &folded, context);
    if field("code_form").is_empty() || !field("again").is_empty() {
        return name.ask(&sign_in, key, request, context).await;
    }
    match field("code").trim() {
        "" => Ok(name.page(&sign_in, 400, Some(MailCodeProblem::Missing), context)),
        code => name.try_code(&sign_in, (&key, code), request, context).await,
    }
}

/// What somebody typed as their name.
struct Name<'a> {
    typed: &'a str,
    /// The code that the link in the mail has.
    code: &'a str,
    can_have_passkey: bool,
}

impl Name<'_> {
    /// Notes that a code is asked for, answers, and sends one if somebody has the name.
    async fn ask(
        &self,
        sign_in: &SignInRequest,
        key: CodeKey,
        request: &Incoming,
        context: &Context,
    ) -> Result<Reply, PageFailure> {
        if let Some(wait) = mail_code::count_for_person(&key.folded, &sign_in.browser, request, context).await? {
            let problem = MailCodeProblem::TooMany {
                minutes: wait.minutes_begun(),
            };
            return Ok(self.page(sign_in, 429, Some(problem), context).retried_after(wait));
        }
        let destination = sign_in.address_of(Endpoint::MailCode);
        let destination = destination.split_once('?').map_or("", |(_, query)| query);
        let new = NewCode {
            typed: self.typed,
            destination: Some(destination)
                .filter(|destination| destination.len() <= LONGEST_DESTINATION)
                .unwrap_or("page=overview"),
            user_id: None,
        };
        let begin = mail_codes::begin(&key, &new, Statement::always(), context.now);
        context.db.execute([begin]).await?;
        let (typed, language) = (self.typed.to_owned(), sign_in.language());
        let known: Vec<_> = sign_in.browser.known(context).ids().map(str::to_owned).collect();
        context.after_answer(async move |later| send(&typed, &key, (&known, language), later).await);
        Ok(self.page(sign_in, 200, None, context))
    }

    async fn try_code(
        &self,
        sign_in: &SignInRequest,
        (key, code): (&CodeKey, &str),
        request: &Incoming,
        context: &Context,
    ) -> Result<Reply, PageFailure> {
        let refuse = |problem| Ok(self.page(sign_in, 400, Some(problem), context));
        let tried = match take_try(key, sign_in, request, context).await? {
            Ok(tried) => tried,
            Err(wait) => {
                let minutes = wait.minutes_begun();
                let page = self.page(sign_in, 429, Some(MailCodeProblem::TooMany { minutes }), context);
                return Ok(page.retried_after(wait));
            }
        };
        let user_id = tried.as_ref().and_then(|tried| tried.user_id.as_deref());
        let is_right = |tried: &&Tried| {
            is_code(
                code,
                (&tried.mail_id, CodeKind::SignIn.digits()),
                tried.root,
                &context.config.roots,
            )
        };
        let (Some(tried), Some(user_id)) = (tried.as_ref().filter(is_right), user_id) else {
            let entry = Entry::new(Event::SignInFailed, Actor::Anybody).detail(json!({ "way": "mail_code" }));
            guesses::record(entry, user_id, context).await?;
            return refuse(MailCodeProblem::Wrong);
        };
        let (found, is_trusted) = find(user_id, sign_in, context).await?;
        // A code dies with the address that it went to; an operator may also have taken back that it is confirmed.
        let may_sign_in = |user: &User| user.disabled_at.is_none() && user.confirmed_email().is_some();
        let Some(found) = found.filter(|found| may_sign_in(&found.user)) else {
            return refuse(MailCodeProblem::Wrong);
        };
        let use_up = mail_codes::use_up(key, &tried.mail_id, user_id, context.now);
        let policy = Policy::of(&context.config, found.required_by_group);
        let demand = sign_in.demand(context);
        match sign_in::next(policy, demand, found.has(&context.config), is_trusted) {
            Next::SignedIn | Next::NeedsPasskey => {}
            Next::Show(_) | Next::SetUp => {
                let address = found.user.confirmed_email().map(second_factor::proof_of_mail);
                return match (context.db.read(use_up).await?, address) {
                    (true, Some(proof)) => Ok(second_factor::after_first_factor(
                        sign_in,
                        (user_id, &proof),
                        self.can_have_passkey,
                        context,
                    )),
                    _ => refuse(MailCodeProblem::Wrong),
                };
            }
        }
        let used = sign_in.browser.trusts.iter().find(|trust| trust.user_id == user_id);
        let with = AccompanyingStatements {
            before: vec![use_up.into()],
            is_no_news: true,
            may_offer_passkey: self.can_have_passkey && context.config.sign_in.has(Way::Passkey) && !is_trusted,
            trust: used.filter(|_| is_trusted).cloned().map(Trusting::Used),
            ..AccompanyingStatements::default()
        };
        let who = SomebodyShown {
            user_id: user_id.to_owned(),
            proven: Proven::mail_code(context.now),
            shown: SignedInBy::JustNow,
        };
        match sign_in.begin_session(who, with, request, context).await? {
            Some(reply) => Ok(reply),
            // Another request was quicker.
            None => refuse(MailCodeProblem::Wrong),
        }
    }

    fn page(&self, sign_in: &SignInRequest, status: u16, problem: Option<MailCodeProblem>, context: &Context) -> Reply {
        let language = sign_in.language();
        let html = MailCodePage {
            language,
            purpose: sign_in.purpose(language),
            csrf: &sign_in.browser.csrf(login::FORM, context),
            username: self.typed,
            code: self.code,
            can_have_passkey: self.can_have_passkey,
            start_again: &sign_in.address_of(Endpoint::Login),
            problem,
        }
        .to_html();
        Reply::page(status, html, sign_in.page_policy(None))
    }
}

/// Counts a try of a code, for the network, for the day and for the code itself, and gives that. How long to wait, where there were
/// too many.
async fn take_try(
    key: &CodeKey,
    sign_in: &SignInRequest,
    request: &Incoming,
    context: &Context,
) -> Result<Result<Option<Tried>, Lifetime>, Fault> {
    let secret = context.config.roots.current(Purpose::Throttle);
    let network = throttle::of_codes(&secret, &request.address());
    let today = throttle::of_codes_a_day(&secret, &key.folded);
    let own = |browser: &str, user_id: &str| throttle::of_codes_a_day_in(&secret, browser, user_id);
    let guess = throttles::Guess {
        folded: &key.folded,
        account: &today,
        address: &network,
        known: &sign_in.browser.own(own, context),
    };
    let mut batch = Batch::default();
    let counted = batch.add(throttles::count_address_of(&guess, context.now));
    // Nobody uses up the day of a name, or of an account, but by codes that were asked for, each of which is a mail to its person.
    let is_open = mail_codes::is_open(key, context.now);
    let counted_today = batch.add(throttles::count_account_where(is_open, &guess, context.now));
    let tried = batch.add(mail_codes::try_once(key, context.now));
    let rows = context.db.run(batch).await?;
    let wait = rows.read(counted)?.wait(&network, context.now);
    match wait.max(rows.read(counted_today)?.wait(&today, context.now)) {
        Some(wait) => Ok(Err(wait)),
        None => Ok(Ok(rows.read(tried)?)),
    }
}

/// The person of a right code, and whether they trust the browser.
async fn find(
    user_id: &str,
    sign_in: &SignInRequest,
    context: &Context,
) -> Result<(Option<WithCredentials>, bool), Fault> {
    let (trusts, roots) = (&sign_in.browser.trusts, &context.config.roots);
    let mut batch = Batch::default();
    let found = batch.add(users::find_with_password(user_id));
    let shown = (!trusts.is_empty()).then(|| trusted_browsers::find_shown(trusts, roots, context.now));
    let trusting = batch.add_if(shown);
    let rows = context.db.run(batch).await?;
    let trusting = rows.read_if(trusting)?.unwrap_or_default();
    Ok((rows.read(found)?, trusting.iter().any(|id| id == user_id)))
}

/// Sends a code to the person with that name, if there is one who may sign in and has confirmed their address.
async fn send(
    name: &str,
    key: &CodeKey,
    (known, language): (&[String], Language),
    context: &Context,
) -> Result<(), Fault> {
    let found = context.db.read(users::find_by_login(name, &key.folded, true)).await?;
    let user = found.map(|found| found.user).filter(|user| user.disabled_at.is_none());
    let (Some(user), Some(settings)) = (user, &context.config.mail) else {
        return Ok(());
    };
    let Some(address) = user.confirmed_email() else {
        return Ok(());
    };
    let id = random::id()?;
    let mail = NewMail {
        id: &id,
        user_id: Some(&user.id),
        kind: match known.contains(&user.id) {
            true => Kind::SignInCodeHere,
            false => Kind::SignInCode,
        },
        address,
        language: language.tag(),
        facts: Facts {
            account: user.username.as_str().to_owned(),
            detail: None,
        },
        root: context.config.roots.current_version(),
    };
    let asked = Entry::new(Event::MailCodeAsked, Actor::Anybody).user(&user.id);
    let mut batch = Batch::default();
    // Somebody may have changed their address since it was read.
    let is_theirs = users::has_confirmed(&user.id, address);
    batch.push(mail_outbox::write_where(
        is_theirs,
        &mail,
        settings.daily_limit,
        context.now,
    ));
    batch.push(mail_codes::attach(key, (&id, mail.root), Some(&user.id)));
    batch.extend(audit::record_guess(&asked, context));
    context.db.run(batch).await?;
    outbox::send_due(context).await
}

fn require(context: &Context) -> Result<(), Problem> {
    match context.config.sign_in.has(Way::MailCode) {
        true => Ok(()),
        false => Err(Problem::NotFound),
    }
}
