//! `/login/finish`: what somebody who has shown who they are has still to do before they are signed in: accept the terms, or choose
//! another password. Until then their session counts for nothing.

use serde_json::json;

use crate::{
    account::{password, throttle},
    audit::{Actor, Entry, Event},
    config::Terms,
    db::{
        Batch, accepted_terms, audit,
        credential_owner::Owner,
        credentials, passwords,
        session_endings::Ending,
        sessions::{self, Waiting},
        throttles, waiting_sessions,
    },
    edge::{
        http::{
            cookies,
            failure::{PageFailure, Problem},
            request::Incoming,
        },
        mail::outbox::{self, Notice},
        people::{new_password, sign_in::SignInRequest},
        platform::{context::Context, random},
        sessions::ending,
    },
    fault::Fault,
    oidc::params::Params,
    pages::{FinishProblem, FinishSignInPage, NewPasswordProblem},
    reply::Reply,
    routes::Endpoint,
    secret::{Hash, Purpose},
    time::Lifetime,
};

/// Somebody whose session waits.
struct Finishing {
    sign_in: SignInRequest,
    /// Of the token of the session.
    hash: Hash,
    waiting: Waiting,
}

/// `GET /login/finish`.
pub async fn show(request: &mut Incoming, context: &Context) -> Result<Reply, PageFailure> {
    let params = request.query_params().map_err(Problem::BadRequest)?;
    match Finishing::load(request, &params, context).await? {
        Ok(finishing) => Ok(finishing.page(200, None, context)?),
        Err(elsewhere) => Ok(elsewhere),
    }
}

/// `POST /login/finish`: `terms`, `new_password`; or `cancel`.
pub async fn submit(request: &mut Incoming, context: &Context) -> Result<Reply, PageFailure> {
    let params = request.form().await?;
    let finishing = match Finishing::load(request, &params, context).await? {
        Ok(finishing) => finishing,
        Err(elsewhere) => return Ok(elsewhere),
    };
    let field = |name| params.text(name);
    let browser = &finishing.sign_in.browser;
    if !browser.sent_form(field("csrf"), &bound_to(&finishing.hash), context) {
        return Err(Problem::ForeignForm.into());
    }
    if !field("cancel").is_empty() {
        return finishing.give_up(&params, context).await;
    }
    let refuse = |problem| finishing.page(400, Some(problem), context).map_err(PageFailure::from);
    let terms = finishing.terms(context);
    if terms.is_some_and(|terms| !terms.are_accepted(field("terms"), field("terms_version"))) {
        return refuse(FinishProblem::Terms);
    }
    let mut new_hash = None;
    if finishing.waiting.waits_for.password {
        if let Some(wait) = finishing.count(context).await? {
            let minutes = wait.minutes_begun();
            let page = finishing.page(429, Some(FinishProblem::TooManyAttempts { minutes }), context)?;
            return Ok(page.retried_after(wait));
        }
        let typed = field("new_password");
        let new = match new_password::read(typed, &finishing.waiting.session.user, context).await {
            Ok(new) => new,
            Err(unfit) => return refuse(FinishProblem::Password(NewPasswordProblem::Unfit(unfit))),
        };
        if password::is_typed(typed, finishing.waiting.password_hash.as_deref()) {
            return refuse(FinishProblem::Password(NewPasswordProblem::Same));
        }
        new_hash = Some(new_password::hash(&new)?);
    }
    Ok(finishing.finish(terms, new_hash.as_deref(), context).await?)
}

impl Finishing {
    /// Anybody else is led on, or to the page to sign in.
    async fn load(request: &Incoming, params: &Params, context: &Context) -> Result<Result<Self, Reply>, PageFailure> {
        let sign_in = SignInRequest::receive(request, params, context).await?;
        let Some(hash) = sign_in.browser.session_hash.clone() else {
            return Ok(Err(Reply::see_other(sign_in.address_of(Endpoint::Login))));
        };
        Ok(
            match context.db.read(sessions::find_waiting(&hash, context.now)).await? {
                Some(waiting) => Ok(Self { sign_in, hash, waiting }),
                None if sign_in.session.is_some() => Err(sign_in.go_on()),
                None => Err(Reply::see_other(sign_in.address_of(Endpoint::Login))),
            },
        )
    }

    /// Counts a password, which costs as much as a guess at one. How long to wait, where there were too many.
    async fn count(&self, context: &Context) -> Result<Option<Lifetime>, Fault> {
        let key = context.config.roots.current(Purpose::Throttle);
        let counter = throttle::of_session(&key, &self.waiting.session.authentication.session_id);
        let mut batch = Batch::default();
        let counted = batch.add(throttles::count_address(&counter, context.now));
        let count = context.db.run(batch).await?.read(counted)?;
        Ok(count.wait(&counter, context.now))
    }

    /// Ends the session, for a person who does not want to do what is asked, and tells the app that waits.
    async fn give_up(&self, params: &Params, context: &Context) -> Result<Reply, PageFailure> {
        let hashes = sessions::json_of([&self.waiting.hash]);
        let which = Ending::Held(&hashes);
        let mut batch = Batch::default();
        let ended = Entry::new(Event::SessionEnded, Actor::Person);
        batch.push(audit::record_ending(&ended, &which, context));
        ending::end_sessions(&which, &mut batch, context);
        context.db.run(batch).await?;
        ending::announce(context);
        let turned_down = self.sign_in.turned_down(params, context).await?;
        let reply = turned_down.unwrap_or_else(|| Reply::see_other(self.sign_in.address_of(Endpoint::Login)));
        let held = self.sign_in.browser.held.clone();
        let held = held.without(std::slice::from_ref(&self.hash));
        Ok(cookies::hold(reply, &context.config, &held))
    }

    /// The terms that are still to be accepted.
    fn terms<'a>(&self, context: &'a Context) -> Option<&'a Terms> {
        let terms = context.config.sign_up.terms.as_ref();
        terms.filter(|_| self.waiting.waits_for.terms)
    }

    async fn finish(
        &self,
        terms: Option<&Terms>,
        password_hash: Option<&str>,
        context: &Context,
    ) -> Result<Reply, Fault> {
        let (user, authentication) = (&self.waiting.session.user, &self.waiting.session.authentication);
        let entry = |event| {
            let entry = Entry::new(event, Actor::Person).user(&user.id);
            entry.session(&authentication.session_id)
        };
        let (token, new_hash) = context.new_token(Purpose::Session)?;
        let mut batch = Batch::default();
        if let Some(hash) = password_hash {
            batch.push(passwords::set(
                &Owner::Waiting(&self.waiting.hash),
                &random::id()?,
                hash,
                context.now,
            ));
            batch.push(audit::record_if_changed(&entry(Event::PasswordChanged), context));
            let notice = Notice::of_password(&user.id, self.sign_in.language());
            batch.extend(notice.write(credentials::came(&user.id, "password", context.now), context)?);
        }
        if let Some(terms) = terms {
            let accepted = entry(Event::TermsAccepted).detail(json!({ "version": terms.version }));
            batch.push(accepted_terms::accept_behind(
                &self.waiting.hash,
                &terms.version,
                context.now,
            ));
            batch.push(audit::record_if_changed(&accepted, context));
        }
        let lifetimes = &context.config.lifetimes;
        let version = context
            .config
            .sign_up
            .terms
            .as_ref()
            .map(|terms| terms.version.as_str());
        let released = batch.add(waiting_sessions::release(
            &self.waiting.hash,
            &new_hash,
            (version, password_hash),
            lifetimes,
            context.now,
        ));
        if password_hash.is_some() {
            // Whoever knew the old one is signed out, if this is what changed it.
            let others = Ending::OthersThan {
                user_id: &user.id,
                kept: &new_hash,
            };
            let ended = Entry::new(Event::SessionEnded, Actor::Person);
            batch.push(audit::record_ending(&ended, &others, context));
            ending::end_sessions(&others, &mut batch, context);
        }
        if !context.db.run(batch).await?.read(released)? {
            // Another request has ended or finished it.
            return Ok(Reply::see_other(self.sign_in.address_of(Endpoint::Login)));
        }
        if password_hash.is_some() {
            ending::announce(context);
            outbox::send_later(context);
        }
        let held = self.sign_in.browser.held.clone();
        let held = held.begin(token, new_hash, std::slice::from_ref(&self.hash));
        Ok(cookies::hold(self.sign_in.go_on(), &context.config, &held))
    }

    fn page(&self, status: u16, problem: Option<FinishProblem>, context: &Context) -> Result<Reply, Fault> {
        let nonce = random::id()?;
        let language = self.sign_in.language();
        let html = FinishSignInPage {
            language,
            purpose: self.sign_in.purpose(language),
            username: self.waiting.session.user.username.as_str(),
            csrf: &self.sign_in.browser.csrf(&bound_to(&self.hash), context),
            terms: self.terms(context).map(Terms::shown),
            password: self.waiting.waits_for.password.then_some(password::SHORTEST),
            nonce: &nonce,
            another: &self.sign_in.address_of(Endpoint::Login),
            problem,
        }
        .to_html();
        Ok(Reply::page(status, html, self.sign_in.page_policy(Some(nonce))))
    }
}

fn bound_to(hash: &Hash) -> [&str; 2] {
    ["finish", hash.as_str()]
}
