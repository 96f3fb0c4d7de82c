//! `/consent`: what an app may have (OIDC Core section 3.1.2.4).

use crate::{
    account::user_agent::UserAgent,
    audit::{Actor, Entry, Event},
    config::Notices,
    db::{
        Batch, audit,
        grants::{self, Allowing},
        pushed_requests,
        sessions::Session,
    },
    edge::{
        authorization::{
            client_request::{ClientRequest, SessionAndConsent},
            draft::{Draft, Outcome},
        },
        http::{
            browser::{Browser, see_page},
            cookies,
            failure::{PageFailure, Problem, StepFailure},
            request::Incoming,
        },
        mail::outbox,
        platform::{context::Context, random},
        tokens::backchannel,
    },
    mail::Kind,
    oidc::{
        authentication::Consent,
        authorize::AuthRequest,
        ciba::Asking,
        consent::{self, Answer, Part},
        device::Device,
        error::{ErrorCode, OAuthError},
        fetcher::Fetcher,
        interaction::{Choice, Interaction, NOT_OPEN, Step},
        params::Params,
    },
    pages::{AskingApp, AskingDevice, ClosedPage, ConsentItem, ConsentPage, Language, Marks, Moment, app_name},
    reply::Reply,
    routes::Endpoint,
    secret::Hash,
    web::landing::{Landing, is_on_this_device, landing},
};

/// A signed-in person before a request that wants their consent.
struct ConsentRequest {
    browser: Browser,
    session_hash: Hash,
    session: Session,
    sealed: String,
    interaction: Interaction,
    client_request: ClientRequest,
    request: AuthRequest,
    granted: Consent,
}

/// `GET /consent`.
pub async fn show(request: &mut Incoming, context: &Context) -> Result<Reply, PageFailure> {
    let params = request.query_params().map_err(Problem::BadRequest)?;
    match receive(request, &params, context).await? {
        Received::Elsewhere(reply) => Ok(reply),
        Received::ConsentRequest(consent_request) => Ok(consent_request.page(context)),
    }
}

/// `POST /consent`.
pub async fn submit(request: &mut Incoming, context: &Context) -> Result<Reply, PageFailure> {
    let params = request.form().await?;
    let field = |name| params.text(name);
    let consent_request = match receive(request, &params, context).await? {
        Received::Elsewhere(reply) => return Ok(reply),
        Received::ConsentRequest(consent_request) => consent_request,
    };
    let shown = field("shown");
    // What was shown is what is allowed: the form is bound to the person, the client and what it asks for.
    let genuine = consent_request
        .browser
        .sent_form(field("csrf"), &consent_request.form(shown), context);
    if !genuine || shown != consent_request.request.asked_for() {
        return Err(Problem::ForeignForm.into());
    }
    match Answer::of(&params) {
        // Nobody lets themselves in.
        Answer::Approve if !consent_request.session.closed => consent_request.approve(context).await,
        Answer::Approve | Answer::Deny => consent_request.deny(context).await,
        Answer::Switch => consent_request.switch(context),
    }
}

enum Received {
    ConsentRequest(Box<ConsentRequest>),
    /// There is nothing to ask here.
    Elsewhere(Reply),
}

async fn receive(request: &Incoming, params: &Params, context: &Context) -> Result<Received, PageFailure> {
    let browser = Browser::of(request, context);
    let (sealed, interaction) = browser.interaction(params, context)?;
    let (client_request, person) = ClientRequest::load(&interaction, &browser, context).await?;
    let language = browser.language(Some(&client_request.params));
    let request = match client_request.request(context) {
        Ok(request) => request,
        Err(error) => {
            return Ok(Received::Elsewhere(
                client_request.refuse(&error, language, context).await?,
            ));
        }
    };
    let people = person.people_at(&client_request.client, browser.held.has_others(), context);
    let step = Step::next(
        &request,
        &people,
        person.consent.as_ref(),
        context.now,
        Some(&interaction),
    );
    let SessionAndConsent { session, consent, .. } = person;
    let granted = consent.unwrap_or_default();
    let elsewhere = match (step, session, browser.session_hash.clone()) {
        (Ok(Step::Consent | Step::Closed), Some(session), Some(session_hash)) => {
            let consent_request = ConsentRequest {
                browser,
                session_hash,
                session,
                sealed,
                interaction,
                client_request,
                request,
                granted,
            };
            return Ok(Received::ConsentRequest(Box::new(consent_request)));
        }
        (Ok(Step::Issue), _, _) => see_page(Endpoint::AuthorizeResume, &sealed),
        (Ok(Step::ShowMore), _, _) => see_page(Endpoint::SecondFactor, &sealed),
        (Ok(Step::SelectAccount), _, _) => see_page(Endpoint::SelectAccount, &sealed),
        (Ok(_), _, _) => see_page(Endpoint::Login, &sealed),
        (Err(error), _, _) => client_request.refuse(&error, language, context).await?,
    };
    Ok(Received::Elsewhere(elsewhere))
}

impl ConsentRequest {
    /// Stores what the person allows with its authorization, or neither, and answers the app.
    async fn approve(&self, context: &Context) -> Result<Reply, PageFailure> {
        let (client_request, language) = (&self.client_request, self.language());
        let pushed = self.interaction.pushed.as_ref().map(|pushed| &pushed.hash);
        let draft = Draft::new(self.request.clone(), &self.session_hash, pushed, context)?;
        match draft.prepare(client_request, context).await {
            Ok(()) => (),
            Err(StepFailure::Client(error)) => {
                return Ok(client_request.refuse(&error, language, context).await?);
            }
            Err(StepFailure::Fault(fault)) => return Err(fault.into()),
        }
        let allowing = Allowing {
            grant_id: &random::id()?,
            session_hash: &self.session_hash,
            client: &client_request.client,
            request: &self.request,
            pushed,
        };
        let detail = consent::detail(&self.request, self.interaction.fetcher());
        let entry = self.entry(Event::ConsentGiven).detail(detail);
        let mut batch = Batch::default();
        batch.push(grants::allow(&allowing, context.now));
        batch.push(audit::record_if_changed(&entry, context));
        let handles = draft.add(client_request, &mut batch, context);
        if let Some(device) = self.asking_device() {
            let notice = outbox::Notice {
                user_id: &self.session.user.id,
                kind: Kind::DeviceConnected,
                of: Notices::Devices,
                detail: Some(&self.describe(&device)),
                language: Some(language),
            };
            batch.extend(notice.write(pushed_requests::was_just_taken(), context)?);
        }
        match handles.read(&context.db.run(batch).await?)? {
            Outcome::Stored(keys) => {
                outbox::send_later(context);
                if self.interaction.fetcher() == Some(Fetcher::Backchannel) {
                    backchannel::send_later(context);
                }
                let answer = draft.deliver(client_request, (&self.session, keys), language, context);
                Ok(cookies::show_state(answer.await?, &context.config, &self.browser.held))
            }
            // Another request has ended the session or changed the client.
            Outcome::NotStored(_) => Ok(see_page(Endpoint::AuthorizeResume, &self.sealed)),
        }
    }

    /// Answers the app that it may not.
    async fn deny(&self, context: &Context) -> Result<Reply, PageFailure> {
        let (client_request, interaction, language) = (&self.client_request, &self.interaction, self.language());
        if self.session.closed {
            let closed = (OAuthError::new(ErrorCode::AccessDenied, NOT_OPEN), None);
            return Ok(client_request.end(interaction, closed, language, context).await?);
        }
        let refused = self.entry(Event::ConsentRefused);
        Ok(client_request
            .deny(interaction, Some(&refused), language, context)
            .await?)
    }

    /// Lets somebody else answer.
    fn switch(self, context: &Context) -> Result<Reply, PageFailure> {
        let (page, choice) = match self.browser.held.has_others() {
            true => (Endpoint::SelectAccount, Choice::Open),
            false => (Endpoint::Login, Choice::Another),
        };
        Ok(self.browser.go_on(page, self.interaction, choice, context)?)
    }

    /// What the audit says of the person's answer.
    fn entry(&self, event: Event) -> Entry<'_> {
        Entry::new(event, Actor::Person)
            .user(&self.session.user.id)
            .client(&self.client_request.client.client_id)
            .session(&self.session.authentication.session_id)
    }

    /// The device that asks, where one does.
    fn asking_device(&self) -> Option<Device> {
        let asked = self.interaction.fetcher() == Some(Fetcher::Device);
        asked.then(|| Device::of(&self.client_request.params))
    }

    /// What is told of an app that asks without the person's browser.
    fn asking_app(&self, context: &Context) -> Option<AskingApp> {
        let asked = self.interaction.fetcher() == Some(Fetcher::Backchannel);
        asked.then(|| {
            let asking = Asking::of(&self.client_request.params);
            let language = self.language();
            AskingApp {
                binding_message: asking.binding_message,
                network: asking.network,
                at: Moment::new(asking.at, context.now, language),
            }
        })
    }

    /// What a mail says of it.
    fn describe(&self, device: &Device) -> String {
        let language = self.language();
        let (client, agent) = (&self.client_request.client, UserAgent::parse(&device.user_agent));
        let name = app_name(&client.client_id, &client.metadata, language);
        let program = language.describe_browser(agent.browser, agent.system, Some(&device.network));
        format!("{name}: {program}")
    }

    fn language(&self) -> Language {
        self.browser.language(Some(&self.client_request.params))
    }

    /// What a form of this page is bound to.
    fn form<'a>(&'a self, shown: &'a str) -> [&'a str; 4] {
        [
            "consent",
            &self.session.user.id,
            &self.client_request.client.client_id,
            shown,
        ]
    }

    fn page(&self, context: &Context) -> Reply {
        match self.session.closed {
            true => self.page_of_closed(context),
            false => self.page_of_consent(context),
        }
    }

    /// In place of the question: the client is not for the person.
    fn page_of_closed(&self, context: &Context) -> Reply {
        let language = self.language();
        let client = &self.client_request.client;
        let shown = self.request.asked_for();
        let support = context.config.support.as_ref();
        let html = ClosedPage {
            language,
            is_off: client.metadata.rules.disabled,
            client_name: &app_name(&client.client_id, &client.metadata, language),
            client_uri: client.metadata.client_uri.best_for(&[language.tag()]),
            account: self.session.user.display_name(),
            contact: support.map(|contact| (contact.href.as_str(), contact.shown.as_str())),
            interaction: &self.sealed,
            csrf: &self.browser.csrf(&self.form(&shown), context),
            asked_for: &shown,
        }
        .to_html();
        Reply::page(403, html, self.client_request.page_policy())
    }

    fn page_of_consent(&self, context: &Context) -> Reply {
        let language = self.language();
        let locale = language.tag();
        let metadata = &self.client_request.client.metadata;
        let shown = self.request.asked_for();
        let choice = consent::Choice::of(&self.request, &self.granted, &context.config);
        let meant = self.request.resources.meant(&context.config);
        let items = |part: &Part<'_>| {
            let apis = part.apis.iter().map(|api| ConsentItem::for_api(api, language));
            let mut items: Vec<_> = apis.collect();
            items.extend(ConsentItem::for_scopes(
                &part.scope,
                &meant,
                &context.config.attributes,
                language,
            ));
            items.extend(ConsentItem::for_claims(&part.claims, language));
            let details = part.details.in_words(&context.config.detail_types, language.tag());
            items.extend(details.into_iter().map(ConsentItem::for_detail));
            items
        };
        let client = &self.client_request.client;
        let document_host = match landing(&client.client_id) {
            Landing::Host(host) if client.is_described_by_document() => Some(host),
            _ => None,
        };
        let device = self.asking_device().map(|device| {
            let agent = UserAgent::parse(&device.user_agent);
            AskingDevice {
                is_near: context.network.as_ref() == Some(&device.network),
                user_code: device.user_code,
                network: device.network,
                program: (agent.browser, agent.system),
            }
        });
        let html = ConsentPage {
            language,
            client_name: &app_name(&client.client_id, metadata, language),
            client_uri: metadata.client_uri.best_for(&[locale]),
            marks: Marks::of(&metadata.look),
            policy_uri: metadata.policy_uri.best_for(&[locale]),
            tos_uri: metadata.tos_uri.best_for(&[locale]),
            return_to: self.client_request.address.landing(),
            document_host: document_host.as_deref(),
            to_this_device: is_on_this_device(self.client_request.address.redirect_uri()),
            device: device.as_ref(),
            asking: self.asking_app(context).as_ref(),
            account: self.session.user.display_name(),
            items: items(&choice.new),
            already: items(&choice.already),
            interaction: &self.sealed,
            csrf: &self.browser.csrf(&self.form(&shown), context),
            asked_for: &shown,
        }
        .to_html();
        Reply::page(200, html, self.client_request.page_policy())
    }
}
