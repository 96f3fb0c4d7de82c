//! `/consent`: what an app may have (OIDC Core section 3.1.2.4).

use serde_json::json;

use crate::{
    audit::{Actor, Entry, Event},
    config::Api,
    db::{
        Batch, audit,
        grants::{self, Allowing},
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
        platform::{context::Context, random},
    },
    oidc::{
        authentication::Consent,
        authorize::AuthRequest,
        client::redirect_uri::{Destination, destination, is_on_this_device},
        interaction::{Choice, Interaction, SignedInPeople, Step},
        params::Params,
        scope::Scope,
    },
    pages::{ConsentItem, ConsentPage, app_name},
    reply::Reply,
    routes::Endpoint,
    secret::Hash,
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
    let field = |name| params.single(name).ok().flatten().unwrap_or_default();
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
    let language = consent_request
        .browser
        .language(Some(&consent_request.client_request.params));
    if !field("switch").is_empty() {
        let (page, choice) = match consent_request.browser.held.has_others() {
            true => (Endpoint::SelectAccount, Choice::Open),
            false => (Endpoint::Login, Choice::Another),
        };
        return Ok(consent_request
            .browser
            .go_on(page, consent_request.interaction, choice, context)?);
    }
    // Who sends both has not clearly said yes.
    if field("approve").is_empty() || !field("deny").is_empty() {
        let refused = consent_request.entry(Event::ConsentRefused);
        let denied =
            consent_request
                .client_request
                .deny(&consent_request.interaction, Some(&refused), language, context);
        return Ok(denied.await?);
    }
    let pushed = consent_request.interaction.pushed.as_ref();
    let draft = Draft::new(
        consent_request.request.clone(),
        &consent_request.session_hash,
        pushed,
        context,
    )?;
    match draft.prepare(&consent_request.client_request, context).await {
        Ok(()) => (),
        Err(StepFailure::Client(error)) => {
            return Ok(consent_request.client_request.refuse(&error, language, context).await?);
        }
        Err(StepFailure::Fault(fault)) => return Err(fault.into()),
    }
    let scope: Vec<_> = consent_request.request.scope.iter().collect();
    let mut allowed = json!({ "scope": scope });
    let resources = consent_request.request.resources.foreign();
    if let (false, Some(allowed)) = (resources.is_empty(), allowed.as_object_mut()) {
        allowed.insert("resources".to_owned(), json!(resources));
    }
    let consent_given = consent_request.entry(Event::ConsentGiven).detail(allowed);
    let allowing = Allowing {
        grant_id: &random::id()?,
        session_hash: &consent_request.session_hash,
        client: &consent_request.client_request.client,
        request: &consent_request.request,
        pushed,
    };
    let mut batch = Batch::default();
    batch.push(grants::allow(&allowing, context.now));
    batch.push(audit::record_if_changed(&consent_given, context));
    let handles = draft.add(&consent_request.client_request, &mut batch, context);
    match handles.read(&context.db.run(batch).await?)? {
        Outcome::Stored(keys) => {
            let answer = draft.deliver(
                &consent_request.client_request,
                (&consent_request.session, keys),
                language,
                context,
            );
            Ok(cookies::show_state(
                answer.await?,
                &context.config,
                &consent_request.browser.held,
            ))
        }
        // The session ended, or the client changed, in this very moment.
        Outcome::NotStored(_) => Ok(see_page(Endpoint::AuthorizeResume, &consent_request.sealed)),
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
    let people = SignedInPeople {
        active: person.person_at(&client_request.client),
        others: browser.held.has_others(),
    };
    let step = Step::next(
        &request,
        &people,
        person.consent.as_ref(),
        context.now,
        Some(&interaction),
    );
    let SessionAndConsent { session, consent } = person;
    let granted = consent.unwrap_or_default();
    let elsewhere = match (step, session, browser.session_hash.clone()) {
        (Ok(Step::Consent), Some(session), Some(session_hash)) => {
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
        (Ok(Step::SelectAccount), _, _) => see_page(Endpoint::SelectAccount, &sealed),
        (Ok(_), _, _) => see_page(Endpoint::Login, &sealed),
        (Err(error), _, _) => client_request.refuse(&error, language, context).await?,
    };
    Ok(Received::Elsewhere(elsewhere))
}

impl ConsentRequest {
    /// What the audit says of the person's answer.
    fn entry(&self, event: Event) -> Entry<'_> {
        Entry::new(event, Actor::Person)
            .user(&self.session.user.id)
            .client(&self.client_request.client.client_id)
            .session(&self.session.authentication.session_id)
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
        let language = self.browser.language(Some(&self.client_request.params));
        let locale = language.tag();
        let metadata = &self.client_request.client.metadata;
        let shown = self.request.asked_for();
        let (scope, claims) = (&self.request.scope, self.request.claims.beyond(&self.request.scope));
        // ConsentRequest for everything anew: prompt=consent. ConsentRequest for more: only what is new.
        let all_anew = self.request.is_covered_by(&self.granted);
        let is_new = |claim: &&str| all_anew || !self.granted.claims.contains(*claim);
        let new_scope = if all_anew {
            scope.clone()
        } else {
            scope.difference(&self.granted.scope)
        };
        let (new_claims, old_claims) = claims.into_iter().partition::<Vec<_>, _>(is_new);
        let apis = self.request.resources.apis(&context.config);
        let is_new_api = |api: &&Api| all_anew || !self.granted.resources.contains(&api.identifier);
        let (new_apis, old_apis) = apis.partition::<Vec<_>, _>(is_new_api);
        let items = |scope: &Scope, claims: &[&'static str], apis: &[&Api]| {
            let apis = apis.iter().map(|api| ConsentItem::for_api(api, language));
            let mut items: Vec<_> = apis.collect();
            items.extend(ConsentItem::for_scopes(scope, &context.config.resources, language));
            items.extend(ConsentItem::for_claims(claims, language));
            items
        };
        let client = &self.client_request.client;
        let document_host = match destination(&client.client_id) {
            Destination::Host(host) if client.is_described_by_document() => Some(host),
            _ => None,
        };
        let html = ConsentPage {
            language,
            client_name: &app_name(&client.client_id, metadata, language),
            client_uri: metadata.client_uri.best_for(&[locale]),
            policy_uri: metadata.policy_uri.best_for(&[locale]),
            tos_uri: metadata.tos_uri.best_for(&[locale]),
            return_to: destination(self.client_request.address.redirect_uri()),
            document_host: document_host.as_deref(),
            to_this_device: is_on_this_device(self.client_request.address.redirect_uri()),
            account: self.session.user.display_name(),
            items: items(&new_scope, &new_claims, &new_apis),
            already: items(&scope.difference(&new_scope), &old_claims, &old_apis),
            interaction: &self.sealed,
            csrf: &self.browser.csrf(&self.form(&shown), context),
            scopes_digest: &shown,
        }
        .to_html();
        Reply::page(200, html, self.client_request.page_policy())
    }
}
