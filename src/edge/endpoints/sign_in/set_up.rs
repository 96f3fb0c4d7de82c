//! `/setup` and `/recover/link`: the pages behind a link from the operator or from a mail. The person sets a password or adds a passkey.
//! The link works once, and opening the page does not use it up.

use crate::{
    account::{
        passkey::{Challenge, New},
        password,
        set_up::{self, LinkKind},
        throttle,
        user::User,
    },
    audit::{Actor, Entry, Event},
    config::{Notices, Way},
    db::{
        Batch, Query, Statement, audit,
        credential_owner::Owner,
        credentials::{self, Answered},
        passwords,
        session_endings::Ending,
        set_up_links::SetUpLink,
        throttles,
    },
    edge::{
        http::{
            browser::Browser,
            failure::{PageFailure, Problem},
            request::Incoming,
        },
        mail::outbox,
        people::{
            new_password,
            passkeys::{self, Asked},
        },
        platform::{context::Context, random},
        sessions::ending,
    },
    fault::Fault,
    oidc::params::Params,
    pages::{
        Csp, Language, NewPasswordProblem, PasskeyRequest, SetUpPage, SetUpProblem, account::PasskeyProblem,
        content_security_policy,
    },
    reply::Reply,
    routes::{self, Endpoint},
    secret::Purpose,
};

/// Somebody with a link that works.
struct Newcomer {
    browser: Browser,
    language: Language,
    token: String,
    link: SetUpLink,
    user: User,
}

/// `GET /setup?link=`, `GET /recover/link?link=`.
pub async fn show(kind: LinkKind, request: &mut Incoming, context: &Context) -> Result<Reply, PageFailure> {
    let params = request.query_params().map_err(Problem::BadRequest)?;
    let mut newcomer = Newcomer::receive(kind, request, &params, context).await?;
    let cookie = newcomer.browser.settle(context)?;
    Ok(newcomer.page(200, None, context)?.with_cookie(cookie))
}

/// `POST /setup`, `POST /recover/link`: `passkey` or `new_password`.
pub async fn submit(kind: LinkKind, request: &mut Incoming, context: &Context) -> Result<Reply, PageFailure> {
    let params = request.form().await?;
    let newcomer = Newcomer::receive(kind, request, &params, context).await?;
    let field = |name| params.text(name);
    if !newcomer
        .browser
        .sent_form(field("csrf"), &["set up", &newcomer.user.id], context)
    {
        return Err(Problem::ForeignForm.into());
    }
    match field("passkey") {
        "" if context.config.sign_in.has(Way::Password) => {
            let stays = kind == LinkKind::Recovery && field("everywhere") != "yes";
            newcomer.set_password(field("new_password"), stays, context).await
        }
        answer if newcomer.may_add_passkey(context) => {
            let asked = Asked::SetUp(&newcomer.user.id);
            match passkeys::read_new(answer, &newcomer.browser, &asked, context) {
                Ok(read) => {
                    let ends_sessions = kind == LinkKind::Recovery && field("everywhere") == "yes";
                    newcomer.add_passkey(read, ends_sessions, context).await
                }
                Err(refused) => newcomer.refuse(passkeys::problem_of(refused), context),
            }
        }
        _ => newcomer.refuse(PasskeyProblem::Refused, context),
    }
}

impl Newcomer {
    async fn receive(
        kind: LinkKind,
        request: &Incoming,
        params: &Params,
        context: &Context,
    ) -> Result<Self, PageFailure> {
        let browser = Browser::of(request, context);
        let token = params.text("link");
        let hash = set_up::read(token).and_then(|(user_id, secret)| {
            let hash = secret.hash(&context.config.roots, Purpose::SetUpLink)?;
            Some((user_id.to_owned(), hash))
        });
        let works = kind == LinkKind::SetUp || context.config.sign_in.comes_back_by_mail();
        let Some((user_id, hash)) = hash.filter(|_| works) else {
            return Err(over(kind).into());
        };
        let link = SetUpLink {
            kind,
            user_id,
            hash,
            oldest: context.now - kind.lifetime(),
        };
        let user = context.db.read(link.find()).await?.ok_or_else(|| over(kind))?;
        Ok(Self {
            language: browser.language(None),
            browser,
            token: token.to_owned(),
            link,
            user,
        })
    }

    async fn add_passkey(
        &self,
        (new, challenge): (New, Challenge),
        ends_sessions: bool,
        context: &Context,
    ) -> Result<Reply, PageFailure> {
        let owner = Owner::Linked(&self.link);
        let counter = passkeys::counter(&self.link.user_id, context);
        let answer = Answered {
            challenge: &challenge,
            counter: &counter,
        };
        let (insert, answered) = credentials::add_passkey(&new, None, &owner, &answer, context.now);
        let added = self
            .entry(Event::PasskeyAdded)
            .detail(passkeys::audit_detail(&new.passkey));
        let along = vec![answered, audit::record_if_changed(&added, context)];
        let event = match self.link.kind {
            LinkKind::SetUp => Event::SetUpLinkUsed,
            LinkKind::Recovery => Event::RecoveryUsed,
        };
        let notice = outbox::Notice::of_change(Notices::Recovery, event, &self.user.id, self.language)
            .write(credentials::came(&self.user.id, "passkey", context.now), context)?;
        let mut batch = Batch::default();
        if ends_sessions {
            self.end_sessions(&mut batch, context);
        }
        match self.finish(batch, (insert, along, notice), context).await? {
            Some(reply) => {
                ending::announce(context);
                Ok(reply)
            }
            None => self.refuse(PasskeyProblem::Known, context),
        }
    }

    /// Whether the link lets them add a passkey. A link from a mail does so only where passkeys are the only way in: elsewhere anyone who
    /// reads the mails could get around the second factor.
    fn may_add_passkey(&self, context: &Context) -> bool {
        let ways = &context.config.sign_in;
        let by_mail = self.link.kind == LinkKind::Recovery;
        ways.has(Way::Passkey) && !(by_mail && (ways.has(Way::Password) || ways.has(Way::MailCode)))
    }

    async fn set_password(&self, typed: &str, stays: bool, context: &Context) -> Result<Reply, PageFailure> {
        let password = match new_password::read(typed, &self.user, context).await {
            Ok(password) => password,
            Err(unfit) => {
                return Ok(self.page(
                    400,
                    Some(SetUpProblem::Password(NewPasswordProblem::Unfit(unfit))),
                    context,
                )?);
            }
        };
        if new_password::is_to_change(typed, &self.user.id, context).await? {
            return Ok(self.page(400, Some(SetUpProblem::Password(NewPasswordProblem::Same)), context)?);
        }
        let hash = new_password::hash(&password)?;
        let set = passwords::set(&Owner::Linked(&self.link), &random::id()?, &hash, context.now);
        let along = vec![audit::record_if_changed(&self.entry(Event::PasswordChanged), context)];
        let notice = outbox::Notice::of_password(&self.user.id, self.language)
            .write(credentials::came(&self.user.id, "password", context.now), context)?;
        let mut batch = Batch::default();
        if !stays {
            self.end_sessions(&mut batch, context);
        }
        // Without the link there is no page to go back to.
        let finished = self.finish(batch, (set, along, notice), context).await?;
        let reply = finished.ok_or_else(|| over(self.link.kind))?;
        ending::announce(context);
        Ok(reply)
    }

    /// Signs the person out everywhere, if the link still works: anyone who knew the old password, too.
    fn end_sessions(&self, batch: &mut Batch, context: &Context) {
        let everything = Ending::EverythingLinked(&self.link);
        let ended = Entry::new(Event::SessionEnded, Actor::Person);
        batch.push(audit::record_ending(&ended, &everything, context));
        ending::end_sessions(&everything, batch, context);
    }

    /// Adds `set` to `batch`, with what goes along, and runs it, which uses the link up. The person signs in with what they now have.
    /// `None` where `set` did nothing.
    async fn finish(
        &self,
        mut batch: Batch,
        (set, along, notice): (Query<bool>, Vec<Statement>, Option<Statement>),
        context: &Context,
    ) -> Result<Option<Reply>, Fault> {
        if self.link.kind == LinkKind::SetUp {
            batch.push(self.link.confirm_address(context.now));
            batch.push(audit::record_if_changed(&self.entry(Event::EmailConfirmed), context));
        }
        let done = batch.add(set);
        batch.extend(along);
        batch.push(self.link.use_up_if_changed());
        let used = match self.link.kind {
            LinkKind::SetUp => Event::SetUpLinkUsed,
            LinkKind::Recovery => Event::RecoveryUsed,
        };
        batch.push(audit::record_if_changed(&self.entry(used), context));
        batch.extend(notice);
        let done = context.db.run(batch).await?.read(done)?;
        if done && self.link.kind == LinkKind::Recovery {
            // Somebody who forgot their password has probably guessed at it: those guesses no longer count.
            let key = context.config.roots.current(Purpose::Throttle);
            let names = [Some(self.user.username.folded()), self.user.email_folded()];
            let counters = names
                .into_iter()
                .flatten()
                .map(|name| throttle::of_account(&key, &name));
            context
                .db
                .execute(counters.map(|counter| throttles::reset(&counter)))
                .await?;
        }
        outbox::send_later(context);
        Ok(done.then(|| Reply::see_other(routes::sign_in_to(Endpoint::Account))))
    }

    fn entry(&self, event: Event) -> Entry<'_> {
        Entry::new(event, Actor::Person).user(&self.user.id)
    }

    fn refuse(&self, problem: PasskeyProblem, context: &Context) -> Result<Reply, PageFailure> {
        Ok(self.page(400, Some(SetUpProblem::Passkey(problem)), context)?)
    }

    fn page(&self, status: u16, problem: Option<SetUpProblem>, context: &Context) -> Result<Reply, Fault> {
        let ways = &context.config.sign_in;
        let (asked, account) = (Asked::SetUp(&self.user.id), passkeys::account_of(&self.user));
        let options = passkeys::ask_for_new(&self.browser, &asked, &account, &[], context)?;
        let nonce = random::id()?;
        let has_passkeys = self.may_add_passkey(context);
        let html = SetUpPage {
            is_recovery: self.link.kind == LinkKind::Recovery,
            language: self.language,
            username: self.user.username.as_str(),
            link: &self.token,
            csrf: &self.browser.csrf(&["set up", &self.user.id], context),
            request: has_passkeys.then_some(PasskeyRequest {
                options: &options,
                nonce: &nonce,
            }),
            nonce: &nonce,
            has_passwords: ways.has(Way::Password),
            shortest_password: password::SHORTEST,
            problem,
        }
        .to_html();
        let policy = content_security_policy(Csp {
            script_nonce: Some(nonce),
            ..Csp::default()
        });
        Ok(Reply::page(status, html, policy))
    }
}

/// What is said of a link that does not work.
fn over(kind: LinkKind) -> Problem {
    match kind {
        LinkKind::SetUp => Problem::SetUpOver,
        LinkKind::Recovery => Problem::RecoveryOver,
    }
}
