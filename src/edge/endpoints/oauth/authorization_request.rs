//! An authorization request on its way to an answer: the steps, in the order in which they are taken.

use crate::{
    audit::{Actor, Entry, Event},
    db::{
        Answer, Batch, Handle, audit, clients,
        grants::{self, Allowing},
        memberships::Along,
        pushed_requests,
        sessions::{self, Asking},
        signing_keys,
    },
    edge::{
        authorization::{
            client_request::{ClientRequest, SessionAndConsent, SessionAndConsentHandle},
            draft::{Draft, Outcome},
        },
        clients::{apis, copy, document},
        http::{
            browser::Browser,
            cookies,
            failure::{PageFailure, Problem, StepFailure},
        },
        keys::signer,
        platform::{apart::apart, context::Context, random},
        tokens::readiness,
    },
    fault::Fault,
    oidc::{
        authorize::AuthRequest,
        client::{Client, app_rules::ConsentRule},
        error::{ErrorCode, OAuthError},
        fetcher::Fetcher,
        hand_over::Arrival,
        interaction::{Choice, HandedIn, Interaction, Step},
        jose::provider_key::ProviderKey,
        params::{Params, RESOURCE},
        proven::Strength,
        pushed_request,
        return_address::PageError,
        token::id_token_hint::{self, IdTokenHint},
    },
    reply::Reply,
    routes::Endpoint,
};

/// A well-formed request of a known client.
pub struct AuthorizationRequest<'a> {
    client_request: ClientRequest,
    request: AuthRequest,
    /// It waited for the person.
    waiting: Option<Interaction>,
    /// It was pushed, and is good for one answer (RFC 9126 section 4), which takes it out.
    pushed: Option<HandedIn>,
    browser: &'a Browser,
    context: &'a Context,
}

/// What D1 has about a request.
struct Found {
    person: SessionAndConsent,
    /// What an answer would be, where somebody has a session; and what came of it.
    draft: Option<(Draft, Outcome)>,
}

/// Begins the authorization that was asked for in a request whose answer `fetcher` fetches.
pub async fn begin(
    found: pushed_requests::Found,
    fetcher: Fetcher,
    browser: &Browser,
    context: &Context,
) -> Result<Reply, PageFailure> {
    let params = Params::parse(&found.query).map_err(Problem::BadRequest)?;
    let client = document::find_any(&found.client_id, context).await?;
    let client = client.ok_or(PageError::UnknownClient)?;
    let handed_in = (None, Some(found.handed_in(fetcher)));
    let request = AuthorizationRequest::new((params, client), handed_in, browser, context).await?;
    request.answer().await
}

impl<'a> AuthorizationRequest<'a> {
    /// Reads the request of `client`, a copy of which may be old.
    pub async fn new(
        (params, client): (Params, Client),
        (waiting, pushed): (Option<Interaction>, Option<HandedIn>),
        browser: &'a Browser,
        context: &'a Context,
    ) -> Result<Self, PageFailure> {
        let (client_id, version) = (client.client_id.clone(), client.version);
        // What waited for the person goes on after one of their forms.
        let arrival = Arrival {
            by_form: browser.arrival.by_form || waiting.is_some(),
            ..browser.arrival
        };
        let fetcher = pushed.as_ref().and_then(|pushed| pushed.fetcher);
        apis::know_named(&params, &[RESOURCE], &client_id, context).await?;
        let client_request = match ClientRequest::new(params, client, arrival, fetcher) {
            Ok(client_request) => client_request,
            Err(problem) => {
                apart(confirm((&client_id, version), context)).await?;
                return Err(problem.into());
            }
        };
        let request = match client_request.request(context) {
            Ok(request) => request,
            Err(error) => {
                apart(confirm((&client_id, version), context)).await?;
                let language = browser.language(Some(&client_request.params));
                let reply = apart(client_request.refuse(&error, language, context)).await?;
                return Err(PageFailure::Reply(Box::new(reply)));
            }
        };
        Ok(Self {
            client_request,
            request,
            waiting,
            pushed,
            browser,
            context,
        })
    }

    /// The steps to an answer, or to the page on which the person does what is still missing.
    pub async fn answer(self) -> Result<Reply, PageFailure> {
        match self.page_without_session() {
            Some(page) => self.wait_at(page, &SessionAndConsent::default()).await,
            None => apart(self.answer_from_database()).await,
        }
    }

    async fn answer_from_database(self) -> Result<Reply, PageFailure> {
        let found = self.look_up().await?;
        let step = self.next_step(&found.person);
        if let (true, Some(session)) = (is_closed(&step), &found.person.session) {
            let entry = Entry::new(Event::AppRefused, Actor::Person)
                .user(&session.user.id)
                .client(&self.client_request.client.client_id)
                .session(&session.authentication.session_id);
            let context = self.context;
            context.db.execute([audit::record(&entry, context)]).await?;
        }
        match step {
            Err(error) => Ok(self.refuse(&error).await?),
            Ok(Step::Issue) => {
                self.allow_unasked(&found.person).await?;
                self.issue(found).await
            }
            Ok(Step::Login) => self.wait_at(Endpoint::Login, &found.person).await,
            Ok(Step::ShowMore) => self.wait_at(Endpoint::SecondFactor, &found.person).await,
            Ok(Step::SignUp) => self.wait_at(Endpoint::SignUp, &found.person).await,
            Ok(Step::SelectAccount) => self.wait_at(Endpoint::SelectAccount, &found.person).await,
            Ok(Step::Consent | Step::Closed) => self.wait_at(Endpoint::Consent, &found.person).await,
        }
    }

    /// The page that a browser without a session is led to by a copy of the client alone: what is sent from there asks D1. `None`
    /// where D1 has to be asked first, as before the browser is sent to a client.
    fn page_without_session(&self) -> Option<Endpoint> {
        let must_ask = self.pushed.is_some() || self.request.id_token_hint.is_some();
        if self.browser.session_hash.is_some() || must_ask {
            return None;
        }
        match self.next_step(&SessionAndConsent::default()).ok()? {
            Step::Login => Some(Endpoint::Login),
            Step::SignUp => Some(Endpoint::SignUp),
            Step::SelectAccount => Some(Endpoint::SelectAccount),
            Step::ShowMore | Step::Consent | Step::Closed | Step::Issue => None,
        }
    }

    fn next_step(&self, person: &SessionAndConsent) -> Result<Step, OAuthError> {
        let others = self.browser.held.has_others();
        let people = person.people_at(&self.client_request.client, others, self.context);
        let unasked = self.is_unasked().then(|| self.request.full_consent());
        let (consent, now) = (unasked.as_ref().or(person.consent.as_ref()), self.context.now);
        Step::next(&self.request, &people, consent, now, self.waiting.as_ref())
    }

    /// Whether the operator has decided that people are not asked what the client may have. A client that wants them to be is one, and so is one
    /// that asks for something in particular (RFC 9396).
    fn is_unasked(&self) -> bool {
        let is_never = self.client_request.client.metadata.rules.consent == ConsentRule::Never;
        is_never && !self.request.prompt.consent && self.request.details.is_empty()
    }

    /// Remembers that the person allows the client what it asks for, where they are not asked and it is not written down yet.
    ///
    /// # Errors
    /// Where it was not: the request then begins anew, as where the client has changed.
    async fn allow_unasked(&self, person: &SessionAndConsent) -> Result<(), PageFailure> {
        let covered = |consent| self.request.is_covered_by(consent);
        let (Some(session), Some(session_hash)) = (&person.session, &self.browser.session_hash) else {
            return Ok(());
        };
        if !self.is_unasked() || person.consent.as_ref().is_some_and(covered) {
            return Ok(());
        }
        let (client, context) = (&self.client_request.client, self.context);
        let allowing = Allowing {
            grant_id: &random::id()?,
            session_hash,
            client,
            request: &self.request,
            pushed: self.pushed.as_ref().map(|pushed| &pushed.hash),
        };
        let given = Entry::new(Event::ConsentGiven, Actor::System)
            .user(&session.user.id)
            .client(&client.client_id)
            .session(&session.authentication.session_id);
        let allowed = grants::allow(&allowing, context.now);
        context
            .db
            .execute([allowed, audit::record_if_changed(&given, context)])
            .await?;
        Err(PageFailure::ClientChanged)
    }

    /// One round trip: the client's version, the session, the consent; and where nothing more has to be known of the person, an
    /// answer that is stored if all of them agree.
    ///
    /// # Errors
    /// Where the client is not what its copy said, the request was answered before, or its hint is none of Limen's.
    async fn look_up(&self) -> Result<Found, PageFailure> {
        let (client, context) = (&self.client_request.client, self.context);
        let session_hash = self.browser.session_hash.as_ref();
        let mut batch = Batch::default();
        let version = batch.add(clients::find_version(&client.client_id));
        let asking = Asking::known(client, self.along());
        let may_show_more = self
            .request
            .demand
            .is_some_and(|demand| demand.wished > Strength::OneFactor);
        let person = SessionAndConsentHandle::add_to(&mut batch, self.browser, (&asking, may_show_more), context);
        let hint_key = self.add_hint_key(&mut batch);
        let hash = self.pushed.as_ref().map(|pushed| &pushed.hash);
        let still_there = batch.add_if(hash.map(|hash| pushed_requests::find_again(hash, context.now)));
        let draft = match session_hash {
            Some(session) => {
                let draft = Draft::new(self.request.clone(), session, hash, context)?;
                Some(draft.add_early(&self.client_request, self.waiting.as_ref(), &mut batch, context))
            }
            None => None,
        };
        batch.extend(session_hash.map(|hash| sessions::touch(hash, &context.config.lifetimes, context.now)));
        let rows = context.db.run(batch).await?;

        if rows.read(version)? != Some(client.version) {
            confirm((&client.client_id, client.version), context).await?;
            return Err(PageFailure::ClientChanged);
        }
        if rows.read_if(still_there)? == Some(false) {
            // It was answered before, perhaps in another tab.
            return Err(self.refusal(&pushed_request::unknown()).await);
        }
        if !self.has_genuine_hint(&rows, hint_key).await? {
            return Err(self.refusal(&id_token_hint::refused()).await);
        }
        let draft = match draft {
            Some((draft, handles)) => Some((draft, handles.read(&rows)?)),
            None => None,
        };
        Ok(Found {
            person: person.read(&rows)?,
            draft,
        })
    }

    /// What of groups and roles an answer could tell at once.
    fn along(&self) -> Along {
        match self.request.response_type.has_front_channel_token() {
            true => readiness::along(&self.client_request.client, &self.context.config),
            false => Along::default(),
        }
    }

    fn add_hint_key(&self, batch: &mut Batch) -> Option<Handle<Option<ProviderKey>>> {
        let token = self.request.id_token_hint.as_ref().and_then(IdTokenHint::token);
        batch.add_if(token.map(|token| signing_keys::find(token.kid().unwrap_or_default())))
    }

    /// Whether the hint is an ID token of Limen's, where there is one.
    async fn has_genuine_hint(&self, rows: &Answer, key: Option<Handle<Option<ProviderKey>>>) -> Result<bool, Fault> {
        let Some(hint) = &self.request.id_token_hint else {
            return Ok(true);
        };
        match hint.token().filter(|_| hint.names_issuer(&self.context.config.issuer)) {
            Some(token) => signer::verify_past(&token, rows.read_if(key)?.flatten().as_ref()).await,
            None => Ok(false),
        }
    }

    /// Answers the client. What was not stored when D1 was first asked is stored now.
    async fn issue(&self, found: Found) -> Result<Reply, PageFailure> {
        let Found { person, draft } = found;
        let (Some((draft, outcome)), Some(session)) = (draft, &person.session) else {
            return self.wait_at(Endpoint::Login, &person).await;
        };
        let (draft, outcome) = match outcome {
            Outcome::NotStored(keys) => match draft.store_late(&self.client_request, keys, self.context).await {
                Ok(stored) => stored,
                Err(StepFailure::Client(error)) => return Ok(self.refuse(&error).await?),
                Err(StepFailure::Fault(fault)) => return Err(fault.into()),
            },
            stored => (draft, stored),
        };
        match outcome {
            Outcome::Stored(keys) => {
                let language = self.browser.language(Some(&self.client_request.params));
                let answer = draft.deliver(&self.client_request, (session, keys), language, self.context);
                Ok(cookies::show_state(
                    answer.await?,
                    &self.context.config,
                    &self.browser.held,
                ))
            }
            // Another request ended the session or the consent.
            Outcome::NotStored(_) => self.wait_at(Endpoint::Login, &person).await,
        }
    }

    /// Sends the browser to a page, with the request as it waits, or begins to.
    async fn wait_at(&self, page: Endpoint, person: &SessionAndConsent) -> Result<Reply, PageFailure> {
        let session = person.session.as_ref();
        let interaction = self.waiting.clone().unwrap_or_else(|| Interaction {
            query: self.client_request.params.to_query(),
            since: self.context.now,
            session_before: session.map(|session| session.authentication.session_id.clone()),
            choice: Choice::Open,
            pushed: self.pushed.clone(),
            declined: false,
        });
        Ok(self
            .client_request
            .wait_at(page, &interaction, self.browser, self.context)
            .await?)
    }

    async fn refuse(&self, error: &OAuthError) -> Result<Reply, Fault> {
        let language = self.browser.language(Some(&self.client_request.params));
        self.client_request.refuse(error, language, self.context).await
    }

    /// The refusal as the end of the request.
    async fn refusal(&self, error: &OAuthError) -> PageFailure {
        match self.refuse(error).await {
            Ok(reply) => PageFailure::Reply(Box::new(reply)),
            Err(fault) => fault.into(),
        }
    }
}

fn is_closed(step: &Result<Step, OAuthError>) -> bool {
    match step {
        Ok(step) => *step == Step::Closed,
        Err(error) => error.code == ErrorCode::AccessDenied,
    }
}

/// The client as D1 has it: a copy is not enough to refuse a request.
///
/// # Errors
/// Where it is not there, or not of the version that was `copied`.
pub async fn confirm(copied: (&str, i64), context: &Context) -> Result<Client, PageFailure> {
    let found = context.db.read(clients::find(copied.0)).await?;
    check_copy(copied, found.map(|record| record.client), context)
}

fn check_copy(
    (client_id, version): (&str, i64),
    found: Option<Client>,
    context: &Context,
) -> Result<Client, PageFailure> {
    match found {
        Some(fresh) if fresh.version == version => Ok(fresh),
        Some(fresh) => {
            copy::keep(&fresh, context);
            Err(PageFailure::ClientChanged)
        }
        None => {
            copy::forget(client_id, context);
            Err(PageError::UnknownClient.into())
        }
    }
}
