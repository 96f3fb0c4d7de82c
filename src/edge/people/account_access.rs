//! Who comes to the pages of their account: signed in, or sent to sign in first.

use super::password_check::{self, Verdict};
use crate::{
    account::{held_sessions::HeldSessions, sign_in, user::User},
    audit::{Actor, Entry, Event},
    config::Way,
    db::{
        Answer, Batch, Handle, Statement, credentials,
        second_factors::{self, Factors},
        sessions::{self, Session},
    },
    edge::{
        http::{
            browser::Browser,
            failure::{PageFailure, Problem},
            request::Incoming,
        },
        platform::{context::Context, random},
    },
    fault::Fault,
    oidc::{params::Params, proven::Strength},
    pages::{
        Csp, Language,
        account::{Frame, Notice, Offered, PasswordCheck, Sure},
        content_security_policy,
    },
    reply::Reply,
    routes::{self, Endpoint, SignInPage},
    secret::Hash,
    time::{Lifetime, UnixTime},
};

/// A browser in which somebody is signed in.
pub struct SignedInBrowser {
    pub browser: Browser,
    pub session_hash: Hash,
    pub session: Session,
    pub language: Language,
    /// How its forms make sure of them.
    pub sure: Sure,
    offered: Offered,
    csrf: String,
    nonce: String,
    /// The name of what was just done.
    notice: Option<String>,
}

/// A request for a page of the account with the cookie of a session, which is not looked up yet.
pub struct AccountRequest {
    /// What leads back to the page after a sign-in.
    page: SignInPage,
    browser: Browser,
    pub session_hash: Hash,
    language: Language,
    /// The notice that the address of the page has: its name, and the proof that it is Limen's.
    notice: Option<String>,
    /// What is asked of D1 along with the session. What is loaded for one that is over is dropped.
    pub batch: Batch,
    session: Handle<Option<Session>>,
    /// What makes sure of the person.
    factors: Handle<Factors>,
}

/// A password that a form asked for, to be sure of the person.
pub enum Confirmation {
    /// It is theirs. The success is still to be noted by these statements.
    Given(Vec<Statement>),
    Refused(Refusal),
}

/// Why a password does not count.
pub struct Refusal {
    pub check: PasswordCheck,
    wait: Option<Lifetime>,
}

impl Refusal {
    /// The page that says so, with the status that belongs to it.
    pub fn page(&self, signed_in: &SignedInBrowser, html: String) -> Reply {
        Reply {
            retry_after: self.wait,
            ..signed_in.page(if self.wait.is_some() { 429 } else { 400 }, html)
        }
    }
}

impl AccountRequest {
    /// Somebody on their way in to `page`.
    ///
    /// # Errors
    /// Without a session: an answer that leads to the sign-in page, and back to `page` afterwards.
    pub fn at(page: Endpoint, request: &Incoming, context: &Context) -> Result<Self, PageFailure> {
        let page = SignInPage::parse(routes::account_page_name(page)).ok_or(Problem::NotFound)?;
        Self::at_page(page, request, context)
    }

    /// The same, at a page of the account or of the console.
    ///
    /// # Errors
    /// As [`AccountRequest::at`].
    pub fn at_page(page: SignInPage, request: &Incoming, context: &Context) -> Result<Self, PageFailure> {
        let mut browser = Browser::of(request, context);
        let query = request.query_params().ok();
        let Some(session_hash) = browser.session_hash.clone() else {
            return Err(sign_in(&page, &mut browser, context)?);
        };
        let lifetimes = &context.config.lifetimes;
        let mut batch = Batch::default();
        let session = batch.add(sessions::find(&session_hash, lifetimes, context.now));
        batch.push(sessions::touch(&session_hash, lifetimes, context.now));
        let factors = batch.add(second_factors::of_session(&session_hash));
        let notice = query.as_ref().and_then(|query| query.single("done").ok().flatten());
        Ok(Self {
            page,
            language: browser.language(query.as_ref()),
            notice: notice.map(str::to_owned),
            browser,
            session_hash,
            batch,
            session,
            factors,
        })
    }

    /// Lets them in, with what was asked along, in one round trip.
    ///
    /// # Errors
    /// As [`AccountRequest::at`].
    pub async fn enter(self, context: &Context) -> Result<(SignedInBrowser, Answer), PageFailure> {
        let mut browser = self.browser;
        let rows = context.db.run(self.batch).await?;
        let Some(session) = rows.read(self.session)? else {
            return Err(sign_in(&self.page, &mut browser, context)?);
        };
        if session.authentication.lacks_second_factor(context.config.second_factor) {
            // It began before that was required.
            let reply = Reply::see_other(self.page.at(Endpoint::SecondFactor));
            return Err(PageFailure::Reply(Box::new(
                reply.with_cookie(browser.settle(context)?),
            )));
        }
        let here = &context.config.sign_in;
        let offered = Offered {
            passwords: here.has(Way::Password),
            passkeys: here.has(Way::Passkey),
            mail_codes: here.has(Way::MailCode),
            codes: context.config.has_codes(),
            requests: context.config.backchannel_authentication,
        };
        let proven = &session.authentication.proven;
        let factors = rows.read(self.factors)?;
        let has = factors.has(&context.config);
        let signed_in = SignedInBrowser {
            sure: match offered.passwords && factors.has_password {
                _ if proven.is_fresh(context.now) && proven.strength() >= Strength::PhishingResistant => Sure::Already,
                true => Sure::Password {
                    or_passkey: has.passkeys,
                },
                // Without a password, people have shown just now what they can.
                false if sign_in::may_change_factors(proven, has, context.now) => Sure::Already,
                false => Sure::Passkey,
            },
            offered,
            nonce: random::id()?,
            csrf: browser.csrf(&bound_to(&self.session_hash), context),
            notice: self.notice.and_then(|notice| read_notice(&notice, &browser, context)),
            browser,
            session_hash: self.session_hash,
            session,
            language: self.language,
        };
        Ok((signed_in, rows))
    }
}

impl SignedInBrowser {
    /// Lets somebody in to `page`.
    ///
    /// # Errors
    /// As [`AccountRequest::at`].
    pub async fn enter(page: Endpoint, request: &Incoming, context: &Context) -> Result<Self, PageFailure> {
        let (signed_in, _) = AccountRequest::at(page, request, context)?.enter(context).await?;
        Ok(signed_in)
    }

    /// Takes a form of `page`, which Limen showed to this browser under this very sign-in.
    ///
    /// # Errors
    /// As [`SignedInBrowser::enter`], and a page for a form that is not of that kind.
    pub async fn submit(
        page: Endpoint,
        request: &mut Incoming,
        context: &Context,
    ) -> Result<(Self, Params), PageFailure> {
        let form = sent_form(request, context).await?;
        Ok((Self::enter(page, request, context).await?, form))
    }

    /// Comes back as `csrf` from every form.
    pub fn csrf(&self) -> &str {
        &self.csrf
    }

    /// That of the page's script.
    pub fn nonce(&self) -> &str {
        &self.nonce
    }

    /// The name of what was just done.
    pub fn notice_name(&self) -> Option<&str> {
        self.notice.as_deref()
    }

    /// What the audit says of something that the person does.
    pub fn entry(&self, event: Event) -> Entry<'_> {
        Entry::new(event, Actor::Person)
            .user(&self.user().id)
            .session(&self.session.authentication.session_id)
    }

    /// What the browser holds without this session.
    pub fn held_without_this(&self) -> HeldSessions {
        let held = self.browser.held.clone();
        held.without(std::slice::from_ref(&self.session_hash))
    }

    pub fn user(&self) -> &User {
        &self.session.user
    }

    /// Whether the person may change how they sign in.
    pub fn may_change_factors(&self, ways: &credentials::Ways, context: &Context) -> bool {
        let has = ways.has(&context.config);
        sign_in::may_change_factors(&self.session.authentication.proven, has, context.now)
    }

    /// When the session's methods were last shown, after a form made sure of the person: where it asked for nothing, that is when they signed
    /// in, and a password says nothing new of somebody who signed in with more.
    pub fn shown_now(&self, context: &Context) -> UnixTime {
        let proven = &self.session.authentication.proven;
        match (self.sure, proven.strength()) {
            (Sure::Password { .. }, Strength::OneFactor) => context.now,
            _ => proven.at,
        }
    }

    /// What the pages of the account share.
    pub fn frame(&self, page: Endpoint) -> Frame<'_> {
        Frame {
            language: self.language,
            page,
            person: self.user().display_name(),
            nonce: &self.nonce,
            csrf: &self.csrf,
            notice: self.notice_name().and_then(Notice::parse),
            offered: self.offered,
            sure: self.sure,
        }
    }

    /// An answer with a page of the account.
    pub fn page(&self, status: u16, html: String) -> Reply {
        let csp = Csp {
            script_nonce: Some(self.nonce.clone()),
            ..Csp::default()
        };
        Reply::page(status, html, content_security_policy(csp))
    }

    /// An answer that leads to `page`, which tells what was done.
    pub fn done(&self, page: Endpoint, notice: Notice, context: &Context) -> Reply {
        self.done_at(page.path(), notice.as_str(), context)
    }

    /// The same at the page of a path, which knows what `name` means.
    pub fn done_at(&self, path: &str, name: &str, context: &Context) -> Reply {
        let proof = self.browser.csrf(&notice_bound_to(name), context);
        Reply::see_other(format!("{path}?done={name}.{proof}"))
    }

    /// Makes sure of the person: they have just signed in with a passkey, or give the password that a form asks for. Attempts count
    /// for this session alone.
    pub async fn confirm(&self, password: &str, context: &Context) -> Result<Confirmation, Fault> {
        let refused = |check, wait| Ok(Confirmation::Refused(Refusal { check, wait }));
        if self.sure == Sure::Already {
            return Ok(Confirmation::Given(Vec::new()));
        }
        if password.is_empty() || self.sure == Sure::Passkey {
            return refused(PasswordCheck::Missing, None);
        }
        let session_id = &self.session.authentication.session_id;
        match password_check::in_session((session_id, &self.user().id), password, context).await? {
            Verdict::Passed { noting, .. } => Ok(Confirmation::Given(noting)),
            Verdict::Failed => refused(PasswordCheck::Wrong, None),
            Verdict::TooMany { wait } => {
                let minutes = wait.minutes_begun();
                refused(PasswordCheck::TooMany { minutes }, Some(wait))
            }
        }
    }
}

/// The name of a notice, as the address of a page has it. A link that somebody else made has none.
fn read_notice(text: &str, browser: &Browser, context: &Context) -> Option<String> {
    let (name, proof) = text.split_once('.')?;
    let genuine = browser.sent_form(proof, &notice_bound_to(name), context);
    genuine.then(|| name.to_owned())
}

/// The form that was sent, which Limen showed to this browser under this very sign-in.
///
/// # Errors
/// A page for a form that is not of that kind.
pub async fn sent_form(request: &mut Incoming, context: &Context) -> Result<Params, PageFailure> {
    let form = request.form().await?;
    let browser = Browser::of(request, context);
    match &browser.session_hash {
        Some(hash) if !browser.sent_form(form.text("csrf"), &bound_to(hash), context) => Err(Problem::OldForm.into()),
        _ => Ok(form),
    }
}

fn notice_bound_to(name: &str) -> [&str; 2] {
    ["notice", name]
}

/// A form belongs to one sign-in: it does nothing for the person who signs in next.
fn bound_to(session_hash: &Hash) -> [&str; 2] {
    ["account", session_hash.as_str()]
}

fn sign_in(page: &SignInPage, browser: &mut Browser, context: &Context) -> Result<PageFailure, Fault> {
    let reply = Reply::see_other(page.at(Endpoint::Login)).with_cookie(browser.settle(context)?);
    Ok(PageFailure::Reply(Box::new(reply)))
}
