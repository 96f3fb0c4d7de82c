//! Somebody at their second factor: how they came there, what they have, and what they are shown.

use serde_json::json;

use super::login;
use crate::{
    account::{
        sign_in::{self, Has, Next, Policy},
        totp::TotpSecret,
        user::User,
    },
    audit::{Actor, Entry, Event},
    db::{
        Batch, audit,
        second_factors::{self, Factors},
        sessions::{self, SignedInBy},
        users,
    },
    edge::{
        http::{
            cookies,
            failure::{PageFailure, Problem},
            request::Incoming,
        },
        people::{
            new_session::{AccompanyingStatements, SomebodyShown},
            passkeys,
            second_factor::{self, Counters},
            sign_in::SignInRequest,
        },
        platform::{context::Context, random},
    },
    fault::Fault,
    oidc::{params::Params, proven::Proven},
    pages::{Carried, PasskeyRequest, SecondFactorPage, SecondProblem, SetUpCodeAppPage},
    reply::Reply,
    routes::Endpoint,
    secret::{Hash, Purpose},
    time::Lifetime,
};

/// Somebody who has shown a password and must show a second factor, or set one up.
pub struct SecondFactorRequest {
    pub sign_in: SignInRequest,
    pub user: User,
    pub factors: Factors,
    pub next: Next,
    pub begun: Begun,
    pub can_have_passkey: bool,
}

/// How they showed their password.
pub enum Begun {
    /// A moment ago, on the page before: the form says so, and nothing is stored.
    Password { first: String, password_hash: String },
    /// Likewise by a code that was sent to that address.
    Mail { first: String, address: String },
    /// When they signed in: they have a session that is to become stronger.
    Session { hash: Hash, proven: Proven },
}

/// What became of loading it.
pub enum Loaded {
    /// The page is for them, and this is what they sent.
    Here(Box<SecondFactorRequest>, SentCode),
    /// They have nothing to show here, and are led elsewhere.
    Elsewhere(Reply),
}

/// A code that was sent, or none.
pub enum SentCode {
    /// There is none, or it is to confirm a new app.
    None,
    /// It may be tried.
    Counted(Counted),
    /// There were too many before. Whether this is the first over the limit.
    TooMany { wait: Lifetime, is_first: bool },
}

/// That an attempt was counted and is within the limit: a code can be tried only with this.
pub struct Counted(());

impl SecondFactorRequest {
    /// Loads what the person has. Where a form was `sent`, it must be one that Limen showed to this browser, and a code in it counts
    /// as an attempt.
    pub async fn load(
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
            .filter(|_| field("secret").is_empty() && !(field("code").is_empty() && field("recovery_code").is_empty()))
            .map(|request| Counters::of(&user_id, &sign_in.browser, request, context));
        let counted = counters.as_ref().map(|counters| counters.count(&mut batch, context));
        let found = batch.add(users::find_with_password(&user_id));
        let factors = batch.add(second_factors::of(&user_id));
        let rows = context.db.run(batch).await?;
        let factors = rows.read(factors)?;
        let attempt = match (counters, counted) {
            (Some(counters), Some(counted)) => match counters.wait(&counted.read(&rows)?, context) {
                Some((wait, is_first)) => SentCode::TooMany { wait, is_first },
                None => SentCode::Counted(Counted(())),
            },
            _ => SentCode::None,
        };
        let Some(found) = rows.read(found)?.filter(|found| found.user.disabled_at.is_none()) else {
            return Ok(to_login(&sign_in));
        };
        let key = context.config.roots.current(Purpose::FirstFactor);
        let begun = match (first, &sign_in.session, &sign_in.browser.session_hash) {
            (Some((text, first)), ..) => {
                let hash = found.password_hash.filter(|hash| first.is_of(&key, hash));
                let is_of = |address: &&str| first.is_of(&key, &second_factor::proof_of_mail(address));
                match (hash, found.user.confirmed_email().filter(is_of)) {
                    (Some(password_hash), _) => Begun::Password {
                        first: text,
                        password_hash,
                    },
                    (None, Some(address)) => Begun::Mail {
                        first: text,
                        address: address.to_owned(),
                    },
                    (None, None) => return Ok(to_login(&sign_in)),
                }
            }
            (None, Some(session), Some(hash)) => Begun::Session {
                hash: hash.clone(),
                proven: session.authentication.proven.clone(),
            },
            (None, ..) => return Ok(to_login(&sign_in)),
        };
        let next = match (&begun, &sign_in.session) {
            (Begun::Session { .. }, Some(session)) => sign_in.step_up(session, context),
            _ => {
                let policy = Policy::of(&context.config, found.required_by_group);
                sign_in::next(policy, sign_in.demand(context), factors.has(&context.config), false)
            }
        };
        let may_add_passkey = |session| sign_in.may_add_passkey(session, context);
        let elsewhere = match (next, &begun) {
            // Nothing is asked for any more, or another tab has done it: the person is signed in, and is led on.
            (Next::SignedIn, Begun::Session { .. }) => Some(sign_in.go_on()),
            (Next::NeedsPasskey, _) if sign_in.session.as_ref().is_some_and(may_add_passkey) => {
                Some(Reply::see_other(sign_in.address_of(Endpoint::OfferPasskey)))
            }
            (Next::SignedIn | Next::NeedsPasskey, _) => Some(Reply::see_other(sign_in.address_of(Endpoint::Login))),
            // To set up an app, they must have typed their password just now.
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
        Ok(Loaded::Here(Box::new(second), attempt))
    }

    /// Begins a session, or makes the one that is there stronger. `None` where nothing was done, because what it depends on has changed.
    pub async fn finish(
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
                    shown: SignedInBy::PasswordAndJustNow(password_hash),
                };
                self.sign_in.begin_session(who, with, request, context).await
            }
            Begun::Mail { .. } => {
                let who = SomebodyShown {
                    user_id: self.user.id.clone(),
                    proven: Proven::mail_code(context.now).and_code(),
                    shown: SignedInBy::JustNow,
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

    /// Whether they are signed in as strongly as they must be.
    pub fn may_decline(&self, context: &Context) -> bool {
        match (&self.begun, &self.sign_in.session) {
            (Begun::Session { .. }, Some(session)) => self.sign_in.may_decline(session, context),
            _ => false,
        }
    }

    /// Whether they have shown their password, on the way here or when they signed in.
    fn is_after_password(&self) -> bool {
        match &self.begun {
            Begun::Password { .. } => true,
            Begun::Mail { .. } => false,
            Begun::Session { proven, .. } => proven.amr.has_password(),
        }
    }

    /// What the person may show here.
    pub fn shown(&self) -> Has {
        match self.next {
            Next::Show(has) => has,
            _ => Has::default(),
        }
    }

    fn carried(&self) -> Carried<'_> {
        Carried {
            first: match &self.begun {
                Begun::Password { first, .. } | Begun::Mail { first, .. } => Some(first),
                Begun::Session { .. } => None,
            },
            can_have_passkey: self.can_have_passkey,
        }
    }

    pub fn page(&self, status: u16, problem: Option<SecondProblem>, context: &Context) -> Result<Reply, Fault> {
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
            user: (&self.user.id, self.user.username.as_str()),
            csrf: &sign_in.browser.csrf(&bound_to(&self.user.id), context),
            carried: self.carried(),
            has: shown,
            passkey: shown.passkeys.then_some((request, csrf_of_login.as_str())),
            can_trust: !matches!(self.begun, Begun::Session { .. }),
            after_password: self.is_after_password(),
            may_decline: self.may_decline(context),
            start_again: &sign_in.address_of(Endpoint::Login),
            trouble: &sign_in.address_of(Endpoint::Recover),
            problem,
        }
        .to_html();
        let policy = sign_in.page_policy(shown.passkeys.then(|| nonce.clone()));
        Ok(Reply::page(status, html, policy))
    }

    pub fn set_up_page(
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
