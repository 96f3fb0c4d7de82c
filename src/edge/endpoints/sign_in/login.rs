//! `/login`: username or e-mail address, and password; or a passkey.

use crate::{
    account::{
        passkey::Refused,
        sign_in::{self, Next, Policy},
        user::User,
    },
    config::Way,
    db::sessions::SignedInBy,
    edge::{
        http::{
            failure::{PageFailure, Problem},
            request::Incoming,
        },
        people::{
            new_session::{AccompanyingStatements, SomebodyShown, Trusting},
            passkeys,
            password_check::{self, Verdict},
            second_factor,
            sign_in::{Destination, SignInRequest},
        },
        platform::{context::Context, random},
    },
    fault::Fault,
    oidc::{authorize::Prompt, params::Params, proven::Proven},
    pages::{LoginPage, LoginProblem, PasskeyRequest},
    reply::Reply,
    routes::Endpoint,
};

/// What a form of this page is bound to.
pub(super) const FORM: &[&str] = &["login"];

/// `GET /login`.
pub async fn show(request: &mut Incoming, context: &Context) -> Result<Reply, PageFailure> {
    let params = request.query_params().map_err(Problem::BadRequest)?;
    let mut sign_in = SignInRequest::receive(request, &params, context).await?;
    if let Some(reply) = sign_in.goes_on(context) {
        return Ok(reply);
    }
    let cookie = sign_in.browser.settle(context)?;
    let hint = sign_in.destination.login_hint().to_owned();
    let page = sign_in.page(200, &hint, sign_in.missing_sign_up(context), context)?;
    Ok(page.with_cookie(cookie))
}

/// `POST /login`.
pub async fn submit(request: &mut Incoming, context: &Context) -> Result<Reply, PageFailure> {
    let params = request.form().await?;
    let field = |name| params.text(name);
    let sign_in = SignInRequest::submitting(request, &params, FORM, context).await?;
    if let Some(reply) = sign_in.turned_down(&params, context).await? {
        return Ok(reply);
    }
    match field("passkey") {
        "" if context.config.sign_in.has(Way::Password) => with_password(&sign_in, &params, request, context).await,
        answer if context.config.sign_in.has(Way::Passkey) => {
            let expected = (field("person"), !field("after_password").is_empty());
            with_passkey(&sign_in, answer, expected, (request, context)).await
        }
        _ => Ok(sign_in.page(400, "", Some(LoginProblem::WrongCredentials), context)?),
    }
}

async fn with_password(
    sign_in: &SignInRequest,
    params: &Params,
    request: &Incoming,
    context: &Context,
) -> Result<Reply, PageFailure> {
    let field = |name| params.text(name);
    let (login, password) = (field("username").trim(), field("password"));
    if login.is_empty() || password.is_empty() {
        return Ok(sign_in.page(400, login, Some(LoginProblem::Missing), context)?);
    }
    match password_check::at_sign_in((login, password), &sign_in.browser, &request.address(), context).await? {
        Verdict::Passed {
            user_id,
            password_hash,
            noting,
            standing_hash,
            has,
            required_by_group,
            is_trusted,
        } => {
            let can_have_passkey = field("can_have_passkey") == "yes" && context.config.sign_in.has(Way::Passkey);
            let (policy, demand) = (Policy::of(&context.config, required_by_group), sign_in.demand(context));
            match sign_in::next(policy, demand, has, is_trusted) {
                Next::SignedIn | Next::NeedsPasskey => {}
                Next::Show(_) | Next::SetUp => {
                    // The password was right, whatever comes of the rest.
                    context.db.execute(noting).await?;
                    return Ok(second_factor::after_first_factor(
                        sign_in,
                        (&user_id, &standing_hash),
                        can_have_passkey,
                        context,
                    ));
                }
            }
            let used = sign_in.browser.trusts.iter().find(|trust| trust.user_id == user_id);
            let with = AccompanyingStatements {
                after: noting,
                may_offer_passkey: can_have_passkey && !is_trusted,
                trust: used.filter(|_| is_trusted).cloned().map(Trusting::Used),
                ..AccompanyingStatements::default()
            };
            let who = SomebodyShown {
                user_id,
                proven: Proven::password(context.now),
                shown: SignedInBy::Password(&password_hash),
            };
            match sign_in.begin_session(who, with, request, context).await? {
                Some(reply) => Ok(reply),
                None => Ok(sign_in.page(400, "", Some(LoginProblem::WrongCredentials), context)?),
            }
        }
        Verdict::Failed => Ok(sign_in.page(400, login, Some(LoginProblem::WrongCredentials), context)?),
        Verdict::TooMany { wait } => {
            let minutes = wait.minutes_begun();
            let page = sign_in.page(429, login, Some(LoginProblem::TooManyAttempts { minutes }), context)?;
            Ok(page.retried_after(wait))
        }
    }
}

async fn with_passkey(
    sign_in: &SignInRequest,
    answer: &str,
    (expected, after_password): (&str, bool),
    (request, context): (&Incoming, &Context),
) -> Result<Reply, PageFailure> {
    let checked = passkeys::check_sign_in(answer, &sign_in.browser, sign_in.destination_name(), context).await?;
    let passed = match checked {
        Ok(passed) => passed,
        Err(Refused::WrongChallenge) => return Ok(sign_in.page(400, "", Some(LoginProblem::Expired), context)?),
        Err(_) => return Ok(sign_in.page(400, "", Some(LoginProblem::Passkey), context)?),
    };
    // As a second factor it must be of the person who has shown their password: otherwise the wrong account would go on.
    if !expected.is_empty() && passed.user_id != expected {
        return Ok(sign_in.page(400, "", Some(LoginProblem::OtherPerson), context)?);
    }
    let with = AccompanyingStatements {
        before: passed.using.into(),
        ..AccompanyingStatements::default()
    };
    let who = SomebodyShown {
        user_id: passed.user_id,
        proven: passed.proven,
        // Who leaves it out signs in with the passkey alone, as everybody may.
        shown: match after_password && context.config.sign_in.has(Way::Password) {
            true => SignedInBy::JustNowAfterPassword,
            false => SignedInBy::JustNow,
        },
    };
    match sign_in.begin_session(who, with, request, context).await? {
        Some(reply) => Ok(reply),
        // Disabled, or the same answer came twice.
        None => Ok(sign_in.page(400, "", Some(LoginProblem::Passkey), context)?),
    }
}

impl SignInRequest {
    /// What is said to a person who was sent here to make an account, where sign-up is off.
    fn missing_sign_up(&self, context: &Context) -> Option<LoginProblem> {
        let Destination::Request { client_request, .. } = &self.destination else {
            return None;
        };
        let wants = !context.config.sign_up.is_for_everybody() && Prompt::asks_for_account(&client_request.params);
        wants.then_some(LoginProblem::NoSignUp)
    }

    pub(super) fn page(
        &self,
        status: u16,
        username: &str,
        problem: Option<LoginProblem>,
        context: &Context,
    ) -> Result<Reply, Fault> {
        let ways = &context.config.sign_in;
        let has_passkeys = ways.has(Way::Passkey);
        let has_other_ways = ways.has(Way::Password) || ways.has(Way::MailCode);
        let options = match has_passkeys {
            true => passkeys::ask_to_sign_in(&self.browser, self.destination_name(), context)?,
            false => String::new(),
        };
        let nonce = random::id()?;
        let session = self.session.as_ref().filter(|_| !self.wants_another);
        // Somebody who is signed in shows that it is them, unless another name was typed.
        let is_theirs = |user: &User| {
            username.is_empty() || username == user.username.as_str() || Some(username) == user.claims.text("email")
        };
        let signed_in = session.map(|session| &session.user).filter(|user| is_theirs(user));
        let signed_in = signed_in.map(|user| user.username.as_str());
        let language = self.language();
        let brand = &context.config.brand;
        let html = LoginPage {
            language,
            purpose: self.purpose(language),
            sign_up: self.sign_up_address(context),
            recover: &self.address_of(Endpoint::Recover),
            csrf: &self.browser.csrf(FORM, context),
            username: signed_in.unwrap_or(username),
            problem,
            nonce: &nonce,
            passkey: has_passkeys.then_some(PasskeyRequest {
                options: &options,
                nonce: &nonce,
            }),
            passkey_first: ways.puts_passkeys_first(),
            has_passwords: ways.has(Way::Password),
            asks_for_passkey: has_other_ways && !self.can_do_without_passkey(context),
            mail_code: ways.has(Way::MailCode).then(|| ways.puts_mail_codes_first()),
            another: signed_in.map(|_| format!("{}&another=yes", self.address_of(Endpoint::Login))),
            own: (brand.heading.of(language.tag()), brand.welcome.of(language.tag())),
        }
        .to_html();
        let policy = self.page_policy(Some(nonce));
        Ok(Reply::page(status, html, policy))
    }
}
