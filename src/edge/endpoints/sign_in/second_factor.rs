//! `/login/second`: what somebody shows beside their password before they are signed in, or sets up first.

use serde_json::json;

use super::login;
use crate::{
    account::{
        sign_in::{self, Has, Next},
        totp::TotpSecret,
        trusted_browser::Trust,
        user::User,
    },
    audit::{Actor, Entry, Event},
    config::Way,
    db::{
        Batch, audit,
        credentials::Owner,
        second_factors::{self, Factors, NewApp},
        sessions::{self, Shown},
        users,
    },
    edge::{
        http::{
            cookies,
            failure::{PageFailure, Problem},
            request::Incoming,
        },
        people::{
            new_session::{AccompanyingStatements, SomebodyShown, Trusting},
            passkeys,
            second_factor::{self, Counters, Typed},
            sign_in::SignInRequest,
        },
        platform::{context::Context, random},
    },
    fault::Fault,
    oidc::{params::Params, proven::Proven},
    pages::{Carried, Csp, PasskeyRequest, SecondFactorPage, SecondProblem, SetUpCodeAppPage, content_security_policy},
    reply::Reply,
    routes::Endpoint,
    secret::{Hash, OpaqueToken, Purpose},
    time::Lifetime,
};

/// Somebody who has shown a password, and what they have beside it.
struct Second {
    sign_in: SignInRequest,
    user: User,
    factors: Factors,
    next: Next,
    begun: Begun,
    can_have_passkey: bool,
}

/// How they have begun.
enum Begun {
    /// With a password, just now: nothing is stored of it.
    Password { first: String, password_hash: String },
    /// They are signed in with it.
    Session { hash: Hash, proven: Proven },
}

/// `GET /login/second`.
pub async fn show(request: &mut Incoming, context: &Context) -> Result<Reply, PageFailure> {
    let params = request.query_params().map_err(Problem::BadRequest)?;
    let sign_in = SignInRequest::receive(request, &params, context).await?;
    match Second::load(sign_in, &params, None, context).await? {
        Loaded::Elsewhere(reply) => Ok(reply),
        Loaded::Here(second, _) => Ok(second.page(200, None, context)?),
    }
}

/// `POST /login/second`: `code` or `recovery_code`; `secret` and `code` to set up an app.
pub async fn submit(request: &mut Incoming, context: &Context) -> Result<Reply, PageFailure> {
    let params = request.form().await?;
    let sign_in = SignInRequest::receive(request, &params, context).await?;
    let (second, wait) = match Second::load(sign_in, &params, Some(request), context).await? {
        Loaded::Elsewhere(reply) => return Ok(reply),
        Loaded::Here(second, wait) => (second, wait),
    };
    let field = |name| params.text(name);
    let secret = field("secret");
    if second.next == Next::SetUp {
        return second.set_up(secret, field("code"), request, context).await;
    }
    if !secret.is_empty() {
        // No attempt was counted for a form that sets up an app, so its code is not tried.
        return Ok(second.page(400, None, context)?);
    }
    let typed = match (field("code"), field("recovery_code")) {
        (code, "") => Typed::Code(code.trim()),
        (_, code) => Typed::RecoveryCode(code.trim()),
    };
    if matches!(typed, Typed::Code("")) {
        return Ok(second.page(400, Some(SecondProblem::Missing), context)?);
    }
    if let Some((wait, is_first)) = wait {
        if is_first {
            second_factor::refuse_more(&second.user.id, context).await?;
        }
        let minutes = wait.minutes_begun();
        let page = second.page(429, Some(SecondProblem::TooManyAttempts { minutes }), context)?;
        return Ok(page.retried_after(wait));
    }
    second.try_code(typed, field("trust") == "yes", request, context).await
}

/// Whether somebody is here who has to show something.
enum Loaded {
    /// With how long they have to wait, and whether that is new, where a code was sent.
    Here(Box<Second>, Option<(Lifetime, bool)>),
    Elsewhere(Reply),
}

impl Second {
    /// Loads what somebody has; and counts an attempt where a form was `sent`, which Limen must have shown to this browser.
    async fn load(
        sign_in: SignInRequest,
        params: &Params,
        sent: Option<&Incoming>,
        context: &Context,
    ) -> Result<Loaded, PageFailure> {
        let field = |name| params.text(name);
        let to_login =
            |sign_in: &SignInRequest| Loaded::Elsewhere(Reply::see_other(sign_in.address_of(Endpoint::Login)));
        let first = match field("first") {
            "" => None,
            text => match sign_in.browser.first_factor(text, sign_in.destination_name(), context) {
                Some(first) => Some((text.to_owned(), first)),
                // It took too long.
                None => return Ok(to_login(&sign_in)),
            },
        };
        let user_id = match (&first, &sign_in.session) {
            (Some((_, first)), _) => first.user_id.clone(),
            (None, Some(session)) => session.user.id.clone(),
            (None, None) => return Ok(to_login(&sign_in)),
        };
        if sent.is_some() && !sign_in.browser.sent_form(field("csrf"), &bound_to(&user_id), context) {
            return Err(Problem::ForeignForm.into());
        }
        let mut batch = Batch::default();
        let counters = sent
            .filter(|_| field("secret").is_empty())
            .map(|request| Counters::of(&user_id, &sign_in.browser, request, context));
        let counted = counters.as_ref().map(|counters| counters.count(&mut batch, context));
        let found = batch.add(users::find_with_password(&user_id));
        let factors = batch.add(second_factors::of(&user_id));
        let rows = context.db.run(batch).await?;
        let factors = rows.read(factors)?;
        let wait = match (counters, counted) {
            (Some(counters), Some(counted)) => counters.wait(&counted.read(&rows)?, context),
            _ => None,
        };
        let Some(found) = rows.read(found)?.filter(|found| found.user.disabled_at.is_none()) else {
            return Ok(to_login(&sign_in));
        };
        let key = context.config.roots.current(Purpose::FirstFactor);
        let begun = match (first, &sign_in.session, &sign_in.browser.session_hash) {
            (Some((text, first)), ..) => match found.password_hash.filter(|hash| first.is_of(&key, hash)) {
                Some(password_hash) => Begun::Password {
                    first: text,
                    password_hash,
                },
                None => return Ok(to_login(&sign_in)),
            },
            (None, Some(session), Some(hash)) => Begun::Session {
                hash: hash.clone(),
                proven: session.authentication.proven.clone(),
            },
            (None, ..) => return Ok(to_login(&sign_in)),
        };
        let has = factors.has(&context.config);
        let next = match &begun {
            Begun::Password { .. } => sign_in::next(context.config.second_factor, sign_in.demand(context), has, false),
            Begun::Session { proven, .. } => match sign_in.session.as_ref() {
                Some(session) => sign_in.step_up(proven, session.authentication.trusted_browser, has, context),
                None => Next::SignedIn,
            },
        };
        let elsewhere = match (next, &begun) {
            // Another tab was quicker, or nothing is asked for any more: whoever is signed in goes on.
            (Next::SignedIn, Begun::Session { .. }) => Some(sign_in.go_on()),
            (Next::SignedIn | Next::NeedsPasskey, _) => Some(Reply::see_other(sign_in.address_of(Endpoint::Login))),
            // To set up something takes a password of just now.
            (Next::SetUp, Begun::Session { proven, .. }) if !proven.is_fresh(context.now) => {
                Some(Reply::see_other(sign_in.address_of(Endpoint::Login)))
            }
            _ => None,
        };
        if let Some(reply) = elsewhere {
            return Ok(Loaded::Elsewhere(reply));
        }
        let second = Self {
            can_have_passkey: field("can_have_passkey") == "yes",
            user: found.user,
            sign_in,
            factors,
            next,
            begun,
        };
        Ok(Loaded::Here(Box::new(second), wait))
    }

    async fn try_code(
        &self,
        typed: Typed<'_>,
        trust: bool,
        request: &Incoming,
        context: &Context,
    ) -> Result<Reply, PageFailure> {
        let (user_id, shown) = (&self.user.id, self.shown());
        let allowed = match typed {
            Typed::Code(_) => shown.codes,
            Typed::RecoveryCode(_) => shown.recovery_codes,
        };
        let using = match allowed {
            true => second_factor::check(typed, (user_id, &self.factors), context).await?,
            false => None,
        };
        let used = Entry::new(Event::RecoveryCodeUsed, Actor::Person)
            .user(user_id)
            .detail(json!({ "left": self.factors.recovery_codes - 1 }));
        let events = match typed {
            Typed::Code(_) => Vec::new(),
            Typed::RecoveryCode(_) => vec![audit::record_if_changed(&used, context)],
        };
        if let Some(using) = using {
            let counters = Counters::of(user_id, &self.sign_in.browser, request, context);
            let with = AccompanyingStatements {
                before: vec![using],
                events,
                after: counters.forgive().into(),
                may_offer_passkey: self.can_have_passkey && context.config.sign_in.has(Way::Passkey),
                trust: match trust && matches!(self.begun, Begun::Password { .. }) {
                    true => Some(Trusting::New(self.new_trust(context)?)),
                    false => None,
                },
                answer: None,
            };
            if let Some(reply) = self.finish(with, request, context).await? {
                return Ok(reply);
            }
        }
        second_factor::refuse(user_id, typed, context).await?;
        let problem = match typed {
            Typed::Code(_) => SecondProblem::WrongCode,
            Typed::RecoveryCode(_) => SecondProblem::WrongRecoveryCode,
        };
        Ok(self.page(400, Some(problem), context)?)
    }

    /// Adds the app that a code confirms, signs its person in, and shows them their recovery codes.
    async fn set_up(
        &self,
        sealed: &str,
        code: &str,
        request: &Incoming,
        context: &Context,
    ) -> Result<Reply, PageFailure> {
        let user_id = &self.user.id;
        let key = context.config.roots.current(Purpose::Totp);
        let owner = self.sign_in.browser.owner_of_secret(user_id);
        let Some(secret) = TotpSecret::open_from_form(sealed, &key, &owner, context.now) else {
            return Ok(self.page(400, Some(SecondProblem::Expired), context)?);
        };
        let Some(step) = secret.step_of(code, context.now) else {
            let problem = if code.trim().is_empty() {
                SecondProblem::Missing
            } else {
                SecondProblem::WrongCode
            };
            return Ok(self.set_up_page((400, Some(problem)), &secret, context)?);
        };
        let row_id = second_factor::row_id(&secret, context);
        let new = NewApp {
            row_id: &row_id,
            wrapped: &second_factor::wrap(&secret, user_id, &row_id, context).await?,
            name: None,
            step,
        };
        let owner = match &self.begun {
            Begun::Password { password_hash, .. } => Owner::WithPasswordAlone { user_id, password_hash },
            Begun::Session { hash, .. } => Owner::Behind(hash),
        };
        let (codes, hashes) = second_factor::new_recovery_codes(user_id, context)?;
        let added = Entry::new(Event::CodeAppAdded, Actor::Person).user(user_id);
        let html = second_factor::recovery_codes_page(&codes, &self.sign_in.way_on(), self.sign_in.language());
        let with = AccompanyingStatements {
            before: vec![second_factors::add_app(&new, &owner, context.now).into()],
            events: vec![audit::record_if_changed(&added, context)],
            after: vec![second_factors::add_recovery_codes(user_id, &row_id, &hashes, context.now).into()],
            answer: Some(Reply::page(200, html, content_security_policy(Csp::default()))),
            ..AccompanyingStatements::default()
        };
        match self.finish(with, request, context).await? {
            Some(reply) => Ok(reply),
            // Another tab was quicker.
            None => Ok(Reply::see_other(self.sign_in.address_of(Endpoint::Login))),
        }
    }

    /// Begins a session, or makes the one that there is stronger.
    async fn finish(
        &self,
        with: AccompanyingStatements,
        request: &Incoming,
        context: &Context,
    ) -> Result<Option<Reply>, Fault> {
        match &self.begun {
            Begun::Password { password_hash, .. } => {
                let who = SomebodyShown {
                    user_id: self.user.id.clone(),
                    proven: Proven::password(context.now).and_code(),
                    shown: Shown::PasswordAndJustNow(password_hash),
                };
                self.sign_in.begin_session(who, with, request, context).await
            }
            Begun::Session { hash, proven } => self.strengthen(hash, &proven.and_code(), with, context).await,
        }
    }

    async fn strengthen(
        &self,
        hash: &Hash,
        proven: &Proven,
        with: AccompanyingStatements,
        context: &Context,
    ) -> Result<Option<Reply>, Fault> {
        let (token, new_hash) = context.new_token(Purpose::Session)?;
        let session = self.sign_in.session.as_ref();
        let entry = Entry {
            client_id: self.sign_in.destination.client_id(),
            session_id: session.map(|session| session.authentication.session_id.as_str()),
            ..Entry::new(Event::SignIn, Actor::Person)
                .user(&self.user.id)
                .detail(json!({ "amr": proven.amr, "step_up": true }))
        };
        let mut batch = Batch::default();
        batch.extend(with.before);
        let done = batch.add(sessions::strengthen(hash, &new_hash, proven));
        batch.push(audit::record_if_changed(&entry, context));
        batch.extend(with.events);
        batch.extend(with.after);
        if !context.db.run(batch).await?.read(done)? {
            return Ok(None);
        }
        let gone = [hash.clone()];
        let held = self.sign_in.browser.held.clone().begin(token, new_hash, &gone);
        let reply = with.answer.unwrap_or_else(|| self.sign_in.go_on());
        Ok(Some(cookies::hold(reply, &context.config, &held)))
    }

    fn new_trust(&self, context: &Context) -> Result<Trust, Fault> {
        let secret = OpaqueToken::new(&context.config.roots, random::bytes()?);
        Ok(Trust::new(&self.user.id, random::id()?, secret))
    }

    /// What the person may show here.
    fn shown(&self) -> Has {
        match self.next {
            Next::Show(has) => has,
            _ => Has::default(),
        }
    }

    fn carried(&self) -> Carried<'_> {
        Carried {
            first: match &self.begun {
                Begun::Password { first, .. } => Some(first),
                Begun::Session { .. } => None,
            },
            can_have_passkey: self.can_have_passkey,
        }
    }

    fn page(&self, status: u16, problem: Option<SecondProblem>, context: &Context) -> Result<Reply, Fault> {
        if self.next == Next::SetUp {
            return self.set_up_page((status, problem), &second_factor::new_secret()?, context);
        }
        let (sign_in, language, shown) = (&self.sign_in, self.sign_in.language(), self.shown());
        let options = match shown.passkeys {
            true => passkeys::ask_to_sign_in(&sign_in.browser, sign_in.destination_name(), context)?,
            false => String::new(),
        };
        let (nonce, csrf_of_login) = (random::id()?, sign_in.browser.csrf(login::FORM, context));
        let request = PasskeyRequest {
            options: &options,
            nonce: &nonce,
        };
        let html = SecondFactorPage {
            language,
            purpose: sign_in.purpose(language),
            username: self.user.username.as_str(),
            csrf: &sign_in.browser.csrf(&bound_to(&self.user.id), context),
            carried: self.carried(),
            has: shown,
            passkey: shown.passkeys.then_some((request, csrf_of_login.as_str())),
            can_trust: matches!(self.begun, Begun::Password { .. }),
            start_again: &sign_in.address_of(Endpoint::Login),
            problem,
        }
        .to_html();
        let policy = sign_in.page_policy(shown.passkeys.then(|| nonce.clone()));
        Ok(Reply::page(status, html, policy))
    }

    fn set_up_page(
        &self,
        (status, problem): (u16, Option<SecondProblem>),
        secret: &TotpSecret,
        context: &Context,
    ) -> Result<Reply, Fault> {
        let (sign_in, language) = (&self.sign_in, self.sign_in.language());
        let html = SetUpCodeAppPage {
            language,
            purpose: sign_in.purpose(language),
            csrf: &sign_in.browser.csrf(&bound_to(&self.user.id), context),
            carried: self.carried(),
            secret: second_factor::shown(secret, &self.user, &sign_in.browser, context),
            start_again: &sign_in.address_of(Endpoint::Login),
            problem,
        }
        .to_html();
        Ok(Reply::page(status, html, sign_in.page_policy(None)))
    }
}

fn bound_to(user_id: &str) -> [&str; 2] {
    ["second factor", user_id]
}
