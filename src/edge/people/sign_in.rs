//! Somebody who is asked who they are, what waits for them, and how their session begins: what the pages for signing in and
//! signing up share.

use serde_json::json;

use crate::{
    account::{
        held_sessions::MOST,
        sign_in::{self, Has, Next},
        trusted_browser::Trust,
    },
    audit::{Actor, Entry, Event},
    config::{SecondFactor, SignUp},
    db::{
        Batch, Statement, audit, credentials, session_clients,
        session_endings::Ending,
        sessions::{self, NewSession, Session, Shown},
        trusted_browsers,
    },
    edge::{
        authorization::client_request::ClientRequest,
        http::{
            browser::{Browser, see_page},
            cookies,
            failure::{PageFailure, Problem},
            request::Incoming,
        },
        platform::{context::Context, random},
        sessions::ending,
    },
    fault::Fault,
    oidc::{
        authentication::Authentication,
        interaction::{Choice, Interaction, SignedInPeople, Step},
        params::Params,
        proven::{Demand, Proven, Strength},
    },
    pages::{Csp, Language, LoginPurpose, app_name, content_security_policy},
    reply::Reply,
    routes::{self, Endpoint, Method},
    secret::Purpose,
    time::Lifetime,
    web::landing::landing,
};

/// A browser in which the person is asked to sign in.
pub struct SignInRequest {
    pub browser: Browser,
    pub destination: Destination,
    /// Where somebody is signed in already.
    pub session: Option<Session>,
    /// Whether the person wants to sign in with an account that is not there.
    pub wants_another: bool,
}

/// Where a sign-in leads. It is one of Limen's own places, never an address that came with the request.
pub enum Destination {
    /// Back to an authorization request that waits, sealed.
    Request {
        sealed: String,
        interaction: Box<Interaction>,
        client_request: Box<ClientRequest>,
    },
    /// To a page of the account.
    Account { name: &'static str, page: Endpoint },
}

/// What belongs to a sign-in: it happens with it or not at all.
#[derive(Default)]
pub struct AccompanyingStatements {
    pub before: Vec<Statement>,
    /// What is written down beside the sign-in itself: each if the statement before it changed a row.
    pub events: Vec<Statement>,
    pub after: Vec<Statement>,
    /// Whether the person may be asked on the way whether they want a passkey.
    pub may_offer_passkey: bool,
    /// The trust in which the browser is held, or is from now on.
    pub trust: Option<Trusting>,
    /// The answer, where it does not lead on at once.
    pub answer: Option<Reply>,
}

/// A person's trust in their browser.
pub enum Trusting {
    /// A second factor was not asked for because of it.
    Used(Trust),
    /// It begins.
    New(Trust),
}

/// Somebody, and what they have shown.
pub struct SomebodyShown<'a> {
    pub user_id: String,
    pub proven: Proven,
    pub shown: Shown<'a>,
}

/// How long nobody is asked again whether they want a passkey.
const OFFERED_AGAIN: Lifetime = Lifetime::days(30);

impl Destination {
    pub fn login_hint(&self) -> &str {
        match self {
            Self::Request { client_request, .. } => client_request.params.text("login_hint"),
            Self::Account { .. } => "",
        }
    }

    /// The client that waits.
    pub fn client_id(&self) -> Option<&str> {
        match self {
            Self::Request { client_request, .. } => Some(&client_request.client.client_id),
            Self::Account { .. } => None,
        }
    }
}

impl SignInRequest {
    pub async fn receive(request: &Incoming, params: &Params, context: &Context) -> Result<Self, PageFailure> {
        let browser = Browser::of(request, context);
        let named = params.single("page").map_err(Problem::BadRequest)?;
        let is_bare = request.method == Method::Get && request.query.is_empty();
        let named = named.or(is_bare.then(|| routes::account_page_name(Endpoint::Account)));
        let Some(named) = named else {
            let (sealed, interaction) = browser.interaction(params, context)?;
            let (client_request, person) = match request.method {
                Method::Post => ClientRequest::load(&interaction, &browser, context).await?,
                _ => ClientRequest::load_to_show(&interaction, &browser, context).await?,
            };
            let client_request = Box::new(client_request);
            return Ok(Self {
                browser,
                session: person.session,
                wants_another: interaction.choice == Choice::Another,
                destination: Destination::Request {
                    sealed,
                    interaction: Box::new(interaction),
                    client_request,
                },
            });
        };
        let (name, page) = routes::account_page(named).ok_or(Problem::NotFound)?;
        let session = match &browser.session_hash {
            Some(hash) => {
                let find = sessions::find(hash, &context.config.lifetimes, context.now);
                context.db.read(find).await?
            }
            None => None,
        };
        Ok(Self {
            browser,
            destination: Destination::Account { name, page },
            session,
            wants_another: false,
        })
    }

    /// Who sent a form of one of these pages, bound to `form`.
    pub async fn submitting(
        request: &Incoming,
        params: &Params,
        form: &[&str],
        context: &Context,
    ) -> Result<Self, PageFailure> {
        let csrf = params.text("csrf");
        if !Browser::of(request, context).sent_form(csrf, form, context) {
            return Err(Problem::ForeignForm.into());
        }
        Self::receive(request, params, context).await
    }

    /// Where to go on for a person who has signed in in another tab since they were sent here, so that the request needs no sign-in any
    /// more. `None` for one who was asked to sign in again, to choose an account or to make one.
    pub fn goes_on(&self, context: &Context) -> Option<Reply> {
        let (
            Destination::Request {
                sealed,
                interaction,
                client_request,
            },
            Some(session),
        ) = (&self.destination, &self.session)
        else {
            return None;
        };
        let request = client_request.request(context).ok()?;
        let asked = request.prompt.login || request.prompt.create || request.prompt.select_account;
        if asked || self.wants_another || interaction.choice != Choice::Open {
            return None;
        }
        let people = SignedInPeople {
            active: Some(session.person_at(&client_request.client)),
            others: self.browser.held.has_others(),
        };
        match Step::next(&request, &people, None, context.now, Some(interaction)) {
            Ok(Step::Consent | Step::Issue) => Some(see_page(Endpoint::AuthorizeResume, sealed)),
            _ => None,
        }
    }

    /// The answer to the client that waits, where the person declined.
    pub async fn turned_down(&self, params: &Params, context: &Context) -> Result<Option<Reply>, Fault> {
        let cancel = params.text("cancel");
        match &self.destination {
            Destination::Request {
                client_request,
                interaction,
                ..
            } if !cancel.is_empty() => client_request
                .deny(interaction, None, self.language(), context)
                .await
                .map(Some),
            _ => Ok(None),
        }
    }

    pub fn language(&self) -> Language {
        let params = match &self.destination {
            Destination::Request { client_request, .. } => Some(&client_request.params),
            Destination::Account { .. } => None,
        };
        self.browser.language(params)
    }

    /// What the person signs in for, as pages tell it.
    pub fn purpose(&self, language: Language) -> LoginPurpose<'_> {
        let locale = language.tag();
        match &self.destination {
            Destination::Request {
                sealed, client_request, ..
            } => LoginPurpose::App {
                client_name: app_name(
                    &client_request.client.client_id,
                    &client_request.client.metadata,
                    language,
                ),
                client_uri: client_request.client.metadata.client_uri.best_for(&[locale]),
                policy_uri: client_request.client.metadata.policy_uri.best_for(&[locale]),
                tos_uri: client_request.client.metadata.tos_uri.best_for(&[locale]),
                return_to: landing(client_request.address.redirect_uri()),
                interaction: sealed,
            },
            Destination::Account { name, .. } => LoginPurpose::Account { page: name },
        }
    }

    /// The policy of a page whose form leads to the destination, and whose script has the nonce.
    pub fn page_policy(&self, script_nonce: Option<String>) -> String {
        let csp = match &self.destination {
            Destination::Request { client_request, .. } => client_request.page_csp(),
            Destination::Account { .. } => Csp::default(),
        };
        content_security_policy(Csp { script_nonce, ..csp })
    }

    /// How strong a sign-in has to be for the destination.
    pub fn demand(&self, context: &Context) -> Demand {
        match &self.destination {
            Destination::Request { client_request, .. } => {
                let request = client_request.request(context);
                request.map_or(Demand::NOTHING, |request| request.demand())
            }
            // Where second factors are changed, they are shown.
            Destination::Account {
                page: Endpoint::AccountPasskeys | Endpoint::AccountSecondFactors,
                ..
            } => Demand::TWO_WHERE_THERE,
            Destination::Account { .. } => Demand::NOTHING,
        }
    }

    /// What the person of a session must still show for the destination, who has shown `proven`.
    pub fn step_up(&self, proven: &Proven, is_trusted: bool, has: Has, context: &Context) -> Next {
        let demand = self.demand(context);
        if proven.strength() >= demand.essential.max(demand.wished).max(Strength::TwoFactors) {
            return Next::SignedIn;
        }
        // Whoever was not asked for more when they signed in is not asked now, but by what demands it.
        let policy = match context.config.second_factor {
            SecondFactor::Optional if demand == Demand::NOTHING => SecondFactor::Off,
            policy => policy,
        };
        sign_in::next(policy, demand, has, is_trusted)
    }

    /// What tells the destination from others.
    pub fn destination_name(&self) -> &str {
        match &self.destination {
            Destination::Request { sealed, .. } => sealed,
            Destination::Account { name, .. } => name,
        }
    }

    /// Where the destination is, for somebody who is signed in.
    pub fn way_on(&self) -> String {
        match &self.destination {
            Destination::Request { .. } => self.address_of(Endpoint::AuthorizeResume),
            Destination::Account { page, .. } => page.path().to_owned(),
        }
    }

    /// 303 to the destination.
    pub fn go_on(&self) -> Reply {
        Reply::see_other(self.way_on())
    }

    /// Where the same person, with the same destination, makes an account, if anybody may.
    pub fn sign_up_address(&self, context: &Context) -> Option<String> {
        (context.config.sign_up == SignUp::Open).then(|| self.address_of(Endpoint::SignUp))
    }

    /// `page`, with the same destination.
    pub fn address_of(&self, page: Endpoint) -> String {
        match &self.destination {
            Destination::Request { sealed, .. } => format!("{}?interaction={sealed}", page.path()),
            Destination::Account { name, .. } => format!("{}?page={name}", page.path()),
        }
    }

    /// Begins a session under a new id, whatever the browser came with. It takes the place of those that the same person has
    /// there; other people stay signed in. `None` when there is no such account that may sign in, or what was shown does not
    /// count any more.
    pub async fn begin_session(
        &self,
        who: SomebodyShown<'_>,
        with: AccompanyingStatements,
        request: &Incoming,
        context: &Context,
    ) -> Result<Option<Reply>, Fault> {
        let (token, hash) = context.new_token(Purpose::Session)?;
        let authentication = Authentication {
            session_id: random::id()?,
            user_id: who.user_id,
            proven: who.proven,
            trusted_browser: matches!(with.trust, Some(Trusting::Used(_))),
        };
        let user_agent = request.header("user-agent").unwrap_or_default();
        let session = NewSession {
            hash: &hash,
            authentication: &authentication,
            shown: who.shown,
            user_agent: &user_agent,
        };
        let (session_id, user_id) = (&authentication.session_id, &authentication.user_id);
        let held = sessions::json_of(self.browser.held.all());
        let signed_in = Entry {
            client_id: self.destination.client_id(),
            ..Entry::new(Event::SignIn, Actor::Person)
                .user(user_id)
                .session(session_id)
                .detail(json!({ "amr": authentication.proven.amr }))
        };
        let mut batch = Batch::default();
        batch.extend(with.before);
        let begun = batch.add(sessions::insert(&session, &context.config.lifetimes));
        batch.push(audit::record_if_changed(&signed_in, context));
        batch.extend(with.events);
        let ended = Entry::new(Event::SessionEnded, Actor::Person);
        let may_evict = self.browser.held.all().count() >= MOST;
        if may_evict {
            let which = Ending::Evicted {
                hashes: &held,
                user_id,
                session_id,
            };
            batch.push(audit::record_ending(&ended, &which, context));
            ending::end_sessions(&which, &mut batch, context);
        }
        batch.push(session_clients::inherit(session_id, user_id, &held));
        batch.extend(session_clients::forget_oldest(session_id, user_id));
        let superseded = batch.add(sessions::supersede(session_id, user_id, &held));
        let surplus = Ending::Surplus {
            user_id,
            session_id,
            idle_since: context.now - context.config.lifetimes.session_idle,
            now: context.now,
        };
        batch.push(audit::record_ending(&ended, &surplus, context));
        let had_surplus = ending::end_sessions(&surplus, &mut batch, context);
        let last_offered = context.now - OFFERED_AGAIN;
        let offer = with
            .may_offer_passkey
            .then(|| credentials::offer(user_id, session_id, last_offered, context.now));
        let offered = batch.add_if(offer);
        batch.extend(with.after);
        let trusted = match &with.trust {
            Some(Trusting::Used(trust)) => {
                batch.push(trusted_browsers::touch(trust, session_id, context.now));
                None
            }
            Some(Trusting::New(trust)) => {
                let hash = trust
                    .hash(&context.config.roots)
                    .ok_or_else(|| Fault::new("trusted browser", "no root key"))?;
                let [insert, tidy] = trusted_browsers::insert(trust, &hash, session_id, context.now);
                let entry = Entry::new(Event::BrowserTrusted, Actor::Person)
                    .user(user_id)
                    .session(session_id);
                batch.extend([insert, audit::record_if_changed(&entry, context), tidy]);
                Some(cookies::trusted(
                    &context.config,
                    trust.cookie_beside(&self.browser.trusts),
                ))
            }
            None => None,
        };
        let rows = context.db.run(batch).await?;
        if !rows.read(begun)? {
            return Ok(None);
        }
        let superseded = rows.read(superseded)?;
        let held = self.browser.held.clone().begin(token, hash, &superseded);
        if may_evict || rows.read(had_surplus)? {
            ending::announce(context);
        }
        let next = match (with.answer, rows.read_if(offered)?.unwrap_or_default()) {
            (Some(answer), _) => answer,
            (None, true) => Reply::see_other(self.address_of(Endpoint::OfferPasskey)),
            (None, false) => self.go_on(),
        };
        let known = self.browser.become_known(user_id, context);
        let reply = cookies::hold(next, &context.config, &held).with_cookie(known);
        Ok(Some(reply.with_cookie(trusted)))
    }
}
