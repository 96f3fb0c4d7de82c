//! The steps that the pages of one authorization share: its request, where its answer goes, the answer that ends it.

use crate::{
    audit::{Entry, Event},
    db::{
        Answer, Batch, Handle, audit, backchannel_outbox, clients,
        memberships::Along,
        pushed_requests,
        second_factors::{self, Factors},
        sessions::{self, Asking, Session, WithConsent},
        signing_keys::CurrentKey,
    },
    edge::{
        clients::{apis, copy, document},
        http::{
            browser::{Browser, form_post, hand_over, see_page},
            failure::{PageFailure, Problem, StepFailure},
            refusals,
        },
        platform::{apart::apart, context::Context},
        tokens::{backchannel, for_client},
    },
    fault::Fault,
    oidc::{
        authentication::{Consent, SignedInPerson},
        authorize::AuthRequest,
        client::Client,
        error::{ErrorCode, OAuthError},
        fetcher::Fetcher,
        hand_over::Arrival,
        interaction::{HandedIn, Interaction, SignedInPeople},
        jarm,
        params::{Params, RESOURCE},
        pushed_request,
        return_address::{AuthorizationResponse, Delivery, PageError, ReturnAddress},
    },
    pages::{Csp, DeviceDonePage, DeviceOutcome, FormAction, Language, app_name, content_security_policy},
    reply::Reply,
    routes::Endpoint,
    secret::Purpose,
};

/// An authorization request of a known client, with a known way back.
pub struct ClientRequest {
    pub params: Params,
    pub client: Client,
    pub address: ReturnAddress,
    arrival: Arrival,
}

/// Who has a session in the browser, and what they have allowed the client, as D1 knows.
#[derive(Default)]
pub struct SessionAndConsent {
    pub session: Option<Session>,
    pub consent: Option<Consent>,
    /// What the person can show, where that was asked for.
    pub factors: Factors,
}

impl SessionAndConsent {
    /// Who is signed in, as `client` knows them. `others`: whether there may be others.
    pub fn people_at(&self, client: &Client, others: bool, context: &Context) -> SignedInPeople<'_> {
        SignedInPeople {
            active: self.person_at(client),
            others,
            closed: self.is_closed(),
            reach: self.factors.has(&context.config).reach(),
        }
    }

    /// The person, as `client` knows them.
    pub fn person_at(&self, client: &Client) -> Option<SignedInPerson<'_>> {
        self.session.as_ref().map(|session| session.person_at(client))
    }

    /// Whether the client is not for the person.
    pub fn is_closed(&self) -> bool {
        self.session.as_ref().is_some_and(|session| session.closed)
    }
}

/// The queries for a [`SessionAndConsent`]. There are none without a session.
pub struct SessionAndConsentHandle {
    session: Option<Handle<Option<WithConsent>>>,
    factors: Option<Handle<Factors>>,
}

impl SessionAndConsentHandle {
    /// `may_show_more`: whether it matters what the person can show.
    pub fn add_to(
        batch: &mut Batch,
        browser: &Browser,
        (asking, may_show_more): (&Asking<'_>, bool),
        context: &Context,
    ) -> Self {
        let lifetimes = &context.config.lifetimes;
        let hash = browser.session_hash.as_ref();
        let find = |hash| sessions::find_with_consent(hash, asking, lifetimes, context.now);
        Self {
            session: batch.add_if(hash.map(find)),
            factors: batch.add_if(hash.filter(|_| may_show_more).map(second_factors::of_session)),
        }
    }

    pub fn read(self, rows: &Answer) -> Result<SessionAndConsent, Fault> {
        let factors = rows.read_if(self.factors)?.unwrap_or_default();
        Ok(match rows.read_if(self.session)?.flatten() {
            Some((session, consent)) => SessionAndConsent {
                session: Some(session),
                consent,
                factors,
            },
            None => SessionAndConsent::default(),
        })
    }
}

impl ClientRequest {
    /// The request of a browser, or one whose answer `fetcher` fetches. Of an app that waits for an operator there is none: nothing of what
    /// it says of itself is shown before, and no browser is led to it.
    pub fn new(params: Params, client: Client, arrival: Arrival, fetcher: Option<Fetcher>) -> Result<Self, PageError> {
        if client.metadata.waits {
            return Err(PageError::WaitingClient);
        }
        let address = match fetcher {
            Some(fetcher) => ReturnAddress::fetched_by(fetcher),
            None => ReturnAddress::resolve(&params, &client)?,
        };
        Ok(Self {
            params,
            client,
            address,
            arrival,
        })
    }

    /// Loads the request of an interaction, and who has a session in the browser, in one round trip.
    pub async fn load(
        interaction: &Interaction,
        browser: &Browser,
        context: &Context,
    ) -> Result<(Self, SessionAndConsent), PageFailure> {
        let params = Params::parse(&interaction.query).map_err(Problem::BadRequest)?;
        let client_id = params.single("client_id").ok().flatten().ok_or(PageError::NoClient)?;
        document::check_allowed(client_id, context)?;
        let mut batch = Batch::default();
        let client = batch.add(clients::find(client_id));
        let response_type = params.text("response_type");
        let in_front = response_type.contains("token");
        let along = Along {
            groups: in_front,
            roles: in_front,
            attributes: in_front && !context.config.attributes.is_empty(),
        };
        let asking = Asking::Unread(client_id, along);
        let person = SessionAndConsentHandle::add_to(&mut batch, browser, (&asking, true), context);
        let rows = context.db.run(batch).await?;
        apis::know_named(&params, &[RESOURCE], client_id, context).await?;
        let record = rows.read(client)?.ok_or(PageError::UnknownClient)?;
        let person = person.read(&rows)?;
        let fetcher = interaction.fetcher();
        Ok((Self::new(params, record.client, browser.arrival, fetcher)?, person))
    }

    /// As [`ClientRequest::load`], for a page that is only shown: where nobody is signed in, a copy of the client says enough. What is
    /// sent from that page asks D1.
    pub async fn load_to_show(
        interaction: &Interaction,
        browser: &Browser,
        context: &Context,
    ) -> Result<(Self, SessionAndConsent), PageFailure> {
        if browser.session_hash.is_none() {
            let params = Params::parse(&interaction.query).map_err(Problem::BadRequest)?;
            let client_id = params.single("client_id").ok().flatten().ok_or(PageError::NoClient)?;
            document::check_allowed(client_id, context)?;
            apis::know_named(&params, &[RESOURCE], client_id, context).await?;
            if let Some(client) = copy::find(client_id, context).await?
                && let Ok(client_request) = Self::new(params, client, browser.arrival, interaction.fetcher())
            {
                return Ok((client_request, SessionAndConsent::default()));
            }
        }
        apart(Self::load(interaction, browser, context)).await
    }

    /// The request, once more checked.
    pub fn request(&self, context: &Context) -> Result<AuthRequest, OAuthError> {
        let (params, client, config) = (&self.params, &self.client, &context.config);
        match self.address.fetcher() {
            Some(fetcher) => AuthRequest::fetched_by(fetcher, params, client, config),
            None => AuthRequest::parse(params, client, config),
        }
    }

    /// Sends the browser to a page, with the request sealed to it.
    pub async fn wait_at(
        &self,
        page: Endpoint,
        interaction: &Interaction,
        browser: &Browser,
        context: &Context,
    ) -> Result<Reply, Fault> {
        let (id, cookie) = browser.id(context)?;
        let key = context.config.roots.current(Purpose::Interaction);
        let reply = match interaction.seal(&key, &id) {
            Ok(sealed) => see_page(page, &sealed),
            Err(error) => return self.refuse(&error, browser.language(Some(&self.params)), context).await,
        };
        Ok(reply.with_cookie(cookie))
    }

    /// Answers the client with what it asked for.
    pub async fn answer(
        &self,
        response: Result<AuthorizationResponse, StepFailure>,
        response_key: Option<CurrentKey>,
        language: Language,
        context: &Context,
    ) -> Result<Reply, Fault> {
        match response {
            Ok(response) => {
                let delivery = self.address.deliver_response(&context.config.issuer, response);
                self.deliver(delivery, response_key, language, context).await
            }
            Err(StepFailure::Client(error)) => self.refuse(&error, language, context).await,
            Err(StepFailure::Fault(fault)) => Err(fault),
        }
    }

    /// Answers the client with an error.
    pub async fn refuse(&self, error: &OAuthError, language: Language, context: &Context) -> Result<Reply, Fault> {
        if error.code.is_mistake() && self.address.fetcher().is_none() {
            let facts = [("error", error.code.as_str()), ("reason", error.description.as_ref())];
            refusals::note(
                Event::AuthorizationRefused,
                Some(&self.client.client_id),
                &facts,
                context,
            );
        }
        let delivery = self.address.deliver_error(&context.config.issuer, error);
        self.deliver(delivery, None, language, context).await
    }

    /// Sends a response on its way, in a JWT where the client asked for one. Where it has no key to encrypt that to, it gets none.
    async fn deliver(
        &self,
        delivery: Delivery,
        key: Option<CurrentKey>,
        language: Language,
        context: &Context,
    ) -> Result<Reply, Fault> {
        let Delivery::InJwt(fields) = delivery else {
            return self.send(delivery, language);
        };
        let claims = jarm::claims(fields, &self.client, &context.config.issuer, context.now);
        match for_client::authorization_response(&claims, &self.client, key, context).await {
            Ok(response) => self.send(self.address.deliver_jwt(response), language),
            Err(StepFailure::Fault(fault)) => Err(fault),
            Err(StepFailure::Client(error)) => self.send(
                self.address.deliver_error_plainly(&context.config.issuer, &error),
                language,
            ),
        }
    }

    /// Tells the client that the person said no. That ends the authorization, uses a pushed request up, and is written down as
    /// `refusal`, unless a pushed request was answered before.
    pub async fn deny(
        &self,
        interaction: &Interaction,
        refusal: Option<&Entry<'_>>,
        language: Language,
        context: &Context,
    ) -> Result<Reply, Fault> {
        let error = OAuthError::refused_by_person();
        self.end(interaction, (error, refusal), language, context).await
    }

    /// The same with any error, and what is written down.
    pub async fn end(
        &self,
        interaction: &Interaction,
        (error, refusal): (OAuthError, Option<&Entry<'_>>),
        language: Language,
        context: &Context,
    ) -> Result<Reply, Fault> {
        if let Some(pushed) = &interaction.pushed {
            if !turn_down(pushed, &self.client.client_id, refusal, context).await? {
                return self.refuse(&pushed_request::unknown(), language, context).await;
            }
        } else if let Some(entry) = refusal {
            context.db.execute([audit::record(entry, context)]).await?;
        }
        self.refuse(&error, language, context).await
    }

    /// The policy of a page whose form ends with a redirect to the client.
    pub fn page_policy(&self) -> String {
        content_security_policy(self.page_csp())
    }

    /// What such a page may do.
    pub fn page_csp(&self) -> Csp {
        Csp {
            form_action: match self.arrival.redirects_after_form(self.address.redirect_uri()) {
                _ if self.address.fetcher().is_some() => FormAction::Own,
                true => FormAction::redirecting_to(self.address.redirect_uri()),
                false => FormAction::Own,
            },
            ..Csp::default()
        }
    }

    /// Sends the browser to the client.
    fn send(&self, delivery: Delivery, language: Language) -> Result<Reply, Fault> {
        match delivery {
            Delivery::Redirect(url) => Ok(hand_over(url, self.arrival, language)),
            Delivery::InJwt(_) => Err(Fault::new("delivery", "the JWT was not made")),
            Delivery::Form { action, fields } => {
                let fields: Vec<_> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
                form_post(&action, &fields, FormAction::Anywhere, language)
            }
            Delivery::Fetched(error) => Ok(self.tell_of_fetched(error, language)),
        }
    }

    /// Tells the person what came of a request whose answer is fetched.
    fn tell_of_fetched(&self, error: Option<OAuthError>, language: Language) -> Reply {
        let outcome = match error.map(|error| error.code) {
            None => DeviceOutcome::Connected,
            Some(ErrorCode::AccessDenied) => DeviceOutcome::Refused,
            Some(ErrorCode::InvalidRequestUri) => DeviceOutcome::Over,
            Some(_) => DeviceOutcome::Failed,
        };
        let html = DeviceDonePage {
            language,
            client_name: &app_name(&self.client.client_id, &self.client.metadata, language),
            outcome,
            fetcher: self.address.fetcher().unwrap_or(Fetcher::Device),
        }
        .to_html();
        Reply::page(outcome.status(), html, content_security_policy(Csp::default()))
    }
}

/// Takes a request of `client_id` out that the person declined, and writes that down as `refusal`. It says no where it was answered before.
pub async fn turn_down(
    pushed: &HandedIn,
    client_id: &str,
    refusal: Option<&Entry<'_>>,
    context: &Context,
) -> Result<bool, Fault> {
    let mut batch = Batch::default();
    let taken = batch.add(pushed_requests::take_turned_down(pushed, client_id, context.now));
    batch.extend(refusal.map(|entry| audit::record_if_changed(entry, context)));
    let is_asking = pushed.fetcher == Some(Fetcher::Backchannel);
    if is_asking {
        batch.extend(backchannel_outbox::write_turned_down(&pushed.hash, context.now));
    }
    let is_taken = context.db.run(batch).await?.read(taken)?;
    if is_asking && is_taken {
        backchannel::send_later(context);
    }
    Ok(is_taken)
}
