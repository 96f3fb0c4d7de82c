//! `/login`: username or e-mail address, and password.

use crate::{
    account::{
        password,
        throttle::{self, Counter},
    },
    edge::{
        context::Context,
        cookies,
        db::{
            session_clients,
            sessions::{self, Ending, NewSession},
            throttles, users,
        },
        failure::{PageFailure, Problem},
        fault::Fault,
        flow::{self, Flow, Standing},
        logout, random,
        request::Incoming,
        text,
        visitor::Visitor,
    },
    oidc::{
        authentication::{ACR_ONE_FACTOR, Amr, Authentication},
        params::Params,
    },
    pages::{LoginPage, LoginProblem},
    reply::Reply,
    routes::Endpoint,
    secret::{OpaqueToken, Purpose},
    time::Lifetime,
};

/// What a form of this page is bound to.
const FORM: &[&str] = &["login"];

/// A visitor who is asked to sign in for an authorization request.
struct Guest {
    visitor: Visitor,
    sealed: String,
    flow: Flow,
    standing: Standing,
}

/// `GET /login`.
pub async fn show(request: &mut Incoming, context: &Context) -> Result<Reply, PageFailure> {
    let params = request.query_params().map_err(Problem::BadRequest)?;
    let guest = Guest::receive(request, &params, context).await?;
    let hint = guest
        .flow
        .params
        .single("login_hint")
        .ok()
        .flatten()
        .unwrap_or_default()
        .to_owned();
    Ok(guest.page(200, &hint, None, context))
}

/// `POST /login`.
pub async fn submit(request: &mut Incoming, context: &Context) -> Result<Reply, PageFailure> {
    let params = request.form().await?;
    let field = |name| params.single(name).ok().flatten().unwrap_or_default();
    if !Visitor::of(request, context).sent_form(field("csrf"), FORM, context) {
        return Err(Problem::ForeignForm.into());
    }
    let guest = Guest::receive(request, &params, context).await?;
    if !field("cancel").is_empty() {
        let language = guest.visitor.language(Some(&guest.flow.params));
        return Ok(guest.flow.deny(language, context)?);
    }
    let (login, password) = (text::nfc(field("username").trim()), field("password"));
    let login = login.as_str();
    if login.is_empty() || password.is_empty() {
        return Ok(guest.page(400, login, Some(LoginProblem::Missing), context));
    }
    let attempt = Attempt::new(login, &request.address(), context);
    match attempt.check(login, password, context).await? {
        Verdict::Passed { user_id } => guest.sign_in(user_id, &attempt, request, context).await,
        Verdict::Failed => Ok(guest.page(400, login, Some(LoginProblem::WrongCredentials), context)),
        Verdict::TooMany { wait } => {
            let minutes = (wait.seconds() + 59) / 60;
            let page = guest.page(429, login, Some(LoginProblem::TooManyAttempts { minutes }), context);
            Ok(Reply {
                retry_after: Some(wait),
                ..page
            })
        }
    }
}

impl Guest {
    async fn receive(request: &Incoming, params: &Params, context: &Context) -> Result<Self, PageFailure> {
        let visitor = Visitor::of(request, context);
        let (sealed, interaction) = visitor.interaction(params, context)?;
        let (flow, standing) = Flow::load(&interaction, &visitor, context).await?;
        Ok(Self {
            visitor,
            sealed,
            flow,
            standing,
        })
    }

    fn page(&self, status: u16, username: &str, problem: Option<LoginProblem>, context: &Context) -> Reply {
        let signed_in = self
            .standing
            .session
            .as_ref()
            .map(|session| session.user.username.as_str());
        let client = &self.flow.client;
        let language = self.visitor.language(Some(&self.flow.params));
        let locale = language.tag();
        let html = LoginPage {
            language,
            client_name: client.display_name(locale),
            client_uri: client.metadata.client_uri.best_for(&[locale]),
            interaction: &self.sealed,
            csrf: &self.visitor.csrf(FORM, context),
            username: if username.is_empty() {
                signed_in.unwrap_or_default()
            } else {
                username
            },
            problem,
            reauthenticate: signed_in.is_some(),
        }
        .to_html();
        Reply::page(status, html, self.flow.page_policy())
    }

    /// Begins a session under a new id, whatever the browser came with. It takes the place of those that the same person has
    /// there; other people stay signed in.
    async fn sign_in(
        &self,
        user_id: String,
        attempt: &Attempt,
        request: &Incoming,
        context: &Context,
    ) -> Result<Reply, PageFailure> {
        let roots = &context.config.roots;
        let token = OpaqueToken::new(roots, random::bytes()?);
        let hash = token
            .hash(roots, Purpose::Session)
            .ok_or_else(|| Fault::new("session", "no root key"))?;
        let authentication = Authentication {
            session_id: random::id()?,
            user_id,
            auth_time: context.now,
            acr: ACR_ONE_FACTOR.to_owned(),
            amr: vec![Amr::Pwd],
        };
        let user_agent = request.header("user-agent").unwrap_or_default();
        let session = NewSession {
            hash: &hash,
            authentication: &authentication,
            user_agent: &user_agent,
        };
        let (session_id, user_id) = (&authentication.session_id, &authentication.user_id);
        let held = sessions::json_of(self.visitor.held.all());
        let [begun, _, superseded, ..] = context
            .db
            .batch([
                sessions::insert(&session, &context.config.lifetimes),
                session_clients::inherit(session_id, user_id, &held),
                sessions::supersede(session_id, user_id, &held),
                throttles::reset_account(user_id),
                throttles::forgive(&attempt.address),
            ])
            .await?;
        if !begun.any()? {
            return Ok(self.page(400, "", Some(LoginProblem::WrongCredentials), context));
        }
        let superseded = sessions::read_hashes(&superseded)?;
        let (held, evicted) = self.visitor.held.clone().begin(token, hash, &superseded);
        if !evicted.is_empty() {
            let evicted = sessions::json_of(&evicted);
            context
                .db
                .batch(logout::end_sessions(&Ending::Held(&evicted), context))
                .await?;
        }
        let cookie = cookies::session(&context.config, &held);
        Ok(flow::see_page(Endpoint::AuthorizeResume, &self.sealed).with_cookie(cookie))
    }
}

/// One guess at a password.
struct Attempt {
    account: Counter,
    address: Counter,
}

enum Verdict {
    Passed { user_id: String },
    Failed,
    TooMany { wait: Lifetime },
}

impl Attempt {
    fn new(login: &str, address: &str, context: &Context) -> Self {
        let key = context.config.roots.current(Purpose::Throttle);
        Self {
            account: throttle::of_account(&key, login),
            address: throttle::of_address(&key, address),
        }
    }

    /// The answer, and the time it takes, are the same for a wrong password, an unknown person and a disabled one.
    async fn check(&self, login: &str, password: &str, context: &Context) -> Result<Verdict, Fault> {
        let [address, account, user] = context
            .db
            .batch([
                throttles::count_address(&self.address, context.now),
                throttles::count_account(login, &self.account, &self.address, context.now),
                users::find_by_login(login),
            ])
            .await?;
        let waits = [
            throttles::read_wait(&account, &self.account, context.now)?,
            throttles::read_wait(&address, &self.address, context.now)?,
        ];
        if let Some(wait) = waits.into_iter().flatten().max() {
            return Ok(Verdict::TooMany { wait });
        }
        let user = users::read_with_password(&user)?;
        let stored = user.as_ref().and_then(|(_, hash)| hash.as_deref());
        let matches = password::verify(&text::nfc(password), stored);
        Ok(match user {
            Some((user, _)) if matches && user.disabled_at.is_none() => Verdict::Passed { user_id: user.id },
            _ => Verdict::Failed,
        })
    }
}
