//! `/signup`: where operators let them, people make accounts for themselves (Initiating User Registration via OpenID Connect
//! 1.0).

use crate::{
    account::{
        passkey::Account,
        password,
        sign_up::{self, NewAccount, Wrong},
        throttle,
    },
    audit::{Actor, Entry, Event},
    config::{SignUp, Way},
    db::{
        Statement, audit,
        credentials::{self, Answered, Owner},
        passwords,
        sessions::Shown,
        users,
    },
    edge::{
        http::{
            failure::{PageFailure, Problem},
            request::Incoming,
        },
        people::{
            folding,
            new_password::{self, problem_of},
            new_session::{AccompanyingStatements, SomebodyShown},
            passkeys::{self, Asked},
            sign_in::SignInRequest,
        },
        platform::{context::Context, random},
    },
    fault::Fault,
    oidc::proven::Proven,
    pages::{PasskeyRequest, SignUpPage, SignUpProblem, Typed},
    reply::Reply,
    routes::Endpoint,
    secret::Purpose,
    time::Lifetime,
};

/// What a form of this page is bound to.
const FORM: &[&str] = &["signup"];

/// `GET /signup`.
pub async fn show(request: &mut Incoming, context: &Context) -> Result<Reply, PageFailure> {
    if context.config.sign_up == SignUp::Off {
        // Who has an account signs in.
        return Ok(Reply::see_other(match request.query.as_str() {
            "" => Endpoint::Login.path().to_owned(),
            query => format!("{}?{query}", Endpoint::Login.path()),
        }));
    }
    let params = request.query_params().map_err(Problem::BadRequest)?;
    let mut sign_in = SignInRequest::receive(request, &params, context).await?;
    let cookie = sign_in.browser.settle(context)?;
    let hint = sign_in.destination.login_hint();
    let typed = match hint.contains('@') {
        true => Typed {
            email: hint,
            ..Typed::default()
        },
        false => Typed {
            username: hint,
            ..Typed::default()
        },
    };
    let page = page(&sign_in, 200, typed, None, context)?;
    Ok(page.with_cookie(cookie))
}

/// `POST /signup`.
pub async fn submit(request: &mut Incoming, context: &Context) -> Result<Reply, PageFailure> {
    let params = request.form().await?;
    require_open(context)?;
    let field = |name| params.text(name);
    let sign_in = SignInRequest::submitting(request, &params, FORM, context).await?;
    if let Some(reply) = sign_in.turned_down(&params, context).await? {
        return Ok(reply);
    }
    let name = sign_up::prepare_name(field("name"));
    let typed = Typed {
        name: &name,
        email: field("email").trim(),
        username: field("username").trim(),
    };
    if let Some(wait) = count(request, context).await? {
        let minutes = wait.minutes_begun();
        let problem = SignUpProblem::TooManyAttempts { minutes };
        let page = page(&sign_in, 429, typed, Some(problem), context)?;
        return Ok(page.retried_after(wait));
    }
    let refuse = |problem| Ok(page(&sign_in, 400, typed, Some(problem), context)?);
    // A passkey was made for the account that the page had an id for.
    let by_passkey = !context.config.sign_in.has(Way::Password);
    let id = match by_passkey {
        true => field("account").to_owned(),
        false => random::id()?,
    };
    let user = match NewAccount::parse(typed.name, typed.email, typed.username) {
        Ok(account) => account.into_user(id, random::bytes()?, context.now),
        Err(wrong) => return refuse(problem_of_wrong(wrong)),
    };
    let entry = Entry {
        client_id: sign_in.destination.client_id(),
        ..Entry::new(Event::SignedUp, Actor::Person).user(&user.id)
    };
    let mut before = vec![users::insert(&user).into(), audit::record_if_changed(&entry, context)];
    // The account and its first session, or neither.
    let signed_in = if by_passkey {
        let asked = Asked::SignUp(&user.id);
        let (new, challenge) = match passkeys::read_new(field("passkey"), &sign_in.browser, &asked, context) {
            Ok(read) => read,
            Err(refused) => return refuse(SignUpProblem::Passkey(passkeys::problem_of(refused))),
        };
        let counter = passkeys::counter(&user.id, context);
        let answer = Answered {
            challenge: &challenge,
            counter: &counter,
        };
        let (insert, answered) = credentials::add_passkey(&new, None, &Owner::Is(&user), &answer, context.now);
        before.extend([insert.into(), answered]);
        let who = SomebodyShown {
            user_id: user.id.clone(),
            proven: Proven::passkey(new.passkey.backup_eligible, context.now),
            shown: Shown::JustNow,
        };
        sign_in.begin_session(who, along(before), request, context).await?
    } else {
        let password = match new_password::read(field("password"), &user, context).await {
            Ok(password) => password,
            Err(unfit) => return refuse(SignUpProblem::Password(problem_of(unfit))),
        };
        let hash = new_password::hash(&password)?;
        before.push(passwords::set(&Owner::Is(&user), &random::id()?, &hash, context.now).into());
        let who = SomebodyShown {
            user_id: user.id.clone(),
            proven: Proven::password(context.now),
            shown: Shown::Password(&hash),
        };
        sign_in.begin_session(who, along(before), request, context).await?
    };
    match signed_in {
        Some(reply) => Ok(reply),
        None => refuse(SignUpProblem::Taken),
    }
}

/// What makes the account, before its session.
fn along(before: Vec<Statement>) -> AccompanyingStatements {
    AccompanyingStatements {
        before,
        ..AccompanyingStatements::default()
    }
}

fn require_open(context: &Context) -> Result<(), PageFailure> {
    match context.config.sign_up {
        SignUp::Open => Ok(()),
        SignUp::Off => Err(Problem::NotFound.into()),
    }
}

/// Counts an attempt from the address, and makes sure that new names are compared with all others. How long to wait, where there
/// were too many.
async fn count(request: &Incoming, context: &Context) -> Result<Option<Lifetime>, PageFailure> {
    let key = context.config.roots.current(Purpose::Throttle);
    let counter = throttle::of_sign_ups(&key, &request.address());
    Ok(folding::count_attempt(&counter, context).await?)
}

/// What the page says of what is wrong.
fn problem_of_wrong(wrong: Wrong) -> SignUpProblem {
    match wrong {
        Wrong::Name => SignUpProblem::Name,
        Wrong::Email => SignUpProblem::Email,
        Wrong::Username => SignUpProblem::Username,
    }
}

fn page(
    sign_in: &SignInRequest,
    status: u16,
    typed: Typed<'_>,
    problem: Option<SignUpProblem>,
    context: &Context,
) -> Result<Reply, Fault> {
    let language = sign_in.language();
    let by_passkey = !context.config.sign_in.has(Way::Password);
    let (id, nonce) = (random::id()?, random::id()?);
    let options = match by_passkey {
        true => {
            // The script fills in the name that is typed.
            let nobody = Account {
                id: &id,
                username: "",
                display_name: "",
            };
            passkeys::ask_for_new(&sign_in.browser, &Asked::SignUp(&id), &nobody, &[], context)?
        }
        false => String::new(),
    };
    let html = SignUpPage {
        language,
        purpose: sign_in.purpose(language),
        sign_in: &sign_in.address_of(Endpoint::Login),
        csrf: &sign_in.browser.csrf(FORM, context),
        typed,
        shortest_password: password::SHORTEST,
        passkey: by_passkey.then_some((
            PasskeyRequest {
                options: &options,
                nonce: &nonce,
            },
            id.as_str(),
        )),
        problem,
    }
    .to_html();
    let policy = sign_in.page_policy(by_passkey.then(|| nonce.clone()));
    Ok(Reply::page(status, html, policy))
}
