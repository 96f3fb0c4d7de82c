//! `/login`: username or e-mail address, and password.

use serde_json::json;

use crate::{
    audit::{Actor, Entry, Event},
    edge::{
        attempt::{Attempt, Verdict},
        context::Context,
        cookies,
        db::{
            audit, session_clients,
            sessions::{self, Ending, NewSession, Session},
            throttles,
        },
        failure::{PageFailure, Problem},
        fault::Fault,
        flow::{self, Flow},
        logout, random,
        request::Incoming,
        text,
        visitor::Visitor,
    },
    oidc::{
        authentication::{ACR_ONE_FACTOR, Amr, Authentication},
        interaction::Choice,
        params::Params,
    },
    pages::{Csp, Language, LoginPage, LoginProblem, LoginPurpose, content_security_policy},
    reply::Reply,
    routes::{self, Endpoint},
    secret::{OpaqueToken, Purpose},
};

/// What a form of this page is bound to.
const FORM: &[&str] = &["login"];

/// A visitor who is asked to sign in.
struct Guest {
    visitor: Visitor,
    destination: Destination,
    /// Where somebody is signed in already.
    session: Option<Session>,
    /// Whether the person wants to sign in with an account that is not there.
    wants_another: bool,
}

/// Where a sign-in leads. It is one of Limen's own places, never an address that came with the request.
enum Destination {
    /// Back to an authorization request that waits, sealed.
    Request { sealed: String, flow: Box<Flow> },
    /// To a page of the account.
    Account { name: &'static str, page: Endpoint },
}

/// `GET /login`.
pub async fn show(request: &mut Incoming, context: &Context) -> Result<Reply, PageFailure> {
    let params = request.query_params().map_err(Problem::BadRequest)?;
    let mut guest = Guest::receive(request, &params, context).await?;
    let cookie = guest.visitor.settle(context)?;
    let hint = guest.destination.login_hint().to_owned();
    let page = guest.page(200, &hint, None, context);
    Ok(match cookie {
        Some(cookie) => page.with_cookie(cookie),
        None => page,
    })
}

/// `POST /login`.
pub async fn submit(request: &mut Incoming, context: &Context) -> Result<Reply, PageFailure> {
    let params = request.form().await?;
    let field = |name| params.single(name).ok().flatten().unwrap_or_default();
    if !Visitor::of(request, context).sent_form(field("csrf"), FORM, context) {
        return Err(Problem::ForeignForm.into());
    }
    let guest = Guest::receive(request, &params, context).await?;
    if let Destination::Request { flow, .. } = &guest.destination
        && !field("cancel").is_empty()
    {
        return Ok(flow.deny(guest.language(), context).await?);
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

impl Destination {
    fn login_hint(&self) -> &str {
        match self {
            Self::Request { flow, .. } => flow.params.single("login_hint").ok().flatten().unwrap_or_default(),
            Self::Account { .. } => "",
        }
    }

    /// The client that waits.
    fn client_id(&self) -> Option<&str> {
        match self {
            Self::Request { flow, .. } => Some(&flow.client.client_id),
            Self::Account { .. } => None,
        }
    }
}

impl Guest {
    async fn receive(request: &Incoming, params: &Params, context: &Context) -> Result<Self, PageFailure> {
        let visitor = Visitor::of(request, context);
        let named = params.single("page").map_err(Problem::BadRequest)?;
        let Some(named) = named else {
            let (sealed, interaction) = visitor.interaction(params, context)?;
            let (flow, standing) = Flow::load(&interaction, &visitor, context).await?;
            let flow = Box::new(flow);
            return Ok(Self {
                visitor,
                destination: Destination::Request { sealed, flow },
                session: standing.session,
                wants_another: interaction.choice == Choice::Another,
            });
        };
        let (name, page) = routes::account_page(named).ok_or(Problem::NotFound)?;
        let find = sessions::find(visitor.session_hash.as_ref(), &context.config.lifetimes, context.now);
        let session = sessions::read(&context.db.run(find).await?)?;
        Ok(Self {
            visitor,
            destination: Destination::Account { name, page },
            session,
            wants_another: false,
        })
    }

    fn language(&self) -> Language {
        let params = match &self.destination {
            Destination::Request { flow, .. } => Some(&flow.params),
            Destination::Account { .. } => None,
        };
        self.visitor.language(params)
    }

    fn page(&self, status: u16, username: &str, problem: Option<LoginProblem>, context: &Context) -> Reply {
        let session = self.session.as_ref().filter(|_| !self.wants_another);
        let signed_in = session.map(|session| session.user.username.as_str());
        let language = self.language();
        let locale = language.tag();
        let (purpose, policy) = match &self.destination {
            Destination::Request { sealed, flow } => {
                let purpose = LoginPurpose::App {
                    client_name: flow.client.display_name(locale),
                    client_uri: flow.client.metadata.client_uri.best_for(&[locale]),
                    interaction: sealed,
                };
                (purpose, flow.page_policy())
            }
            Destination::Account { name, .. } => (
                LoginPurpose::Account { page: name },
                content_security_policy(Csp::default()),
            ),
        };
        let html = LoginPage {
            language,
            purpose,
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
        Reply::page(status, html, policy)
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
        let signed_in = Entry {
            client_id: self.destination.client_id(),
            ..Entry::new(Event::SignIn, Actor::Person)
                .user(user_id)
                .session(session_id)
                .detail(json!({ "amr": authentication.amr }))
        };
        let [tokens_of_old, old_sign_ins] = session_clients::forget_oldest(session_id);
        let [begun, _, _, _, _, superseded, ..] = context
            .db
            .batch([
                sessions::insert(&session, &context.config.lifetimes),
                audit::record_if_changed(&signed_in, context),
                session_clients::inherit(session_id, user_id, &held),
                tokens_of_old,
                old_sign_ins,
                sessions::supersede(session_id, user_id, &held),
                throttles::reset_account(user_id),
                throttles::forgive(attempt.address()),
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
            logout::announce(context)?;
        }
        let next = match &self.destination {
            Destination::Request { sealed, .. } => flow::see_page(Endpoint::AuthorizeResume, sealed),
            Destination::Account { page, .. } => Reply::see_other(page.path().to_owned()),
        };
        Ok(cookies::hold(next, &context.config, &held))
    }
}
