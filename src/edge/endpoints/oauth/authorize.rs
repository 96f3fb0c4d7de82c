//! `/authorize` (OIDC Core section 3.1.2) and its way back in after the person has signed in.

use crate::{
    db::{Batch, clients, pushed_requests, sessions, signing_keys},
    edge::{
        authorization::{
            client_request::{Flow, StandingHandles},
            encrypted_hint, request_objects,
            response::{Draft, Outcome},
        },
        clients::{copy, document},
        http::{
            browser::Visitor,
            cookies,
            failure::{PageFailure, Problem, StepFailure},
            request::Incoming,
        },
        keys::signer,
        platform::context::Context,
    },
    fault::Fault,
    oidc::{
        authorize::AuthRequest,
        client::Client,
        error::OAuthError,
        interaction::{Choice, Interaction, SignedIn, Step},
        jose::provider_key::ProviderKey,
        params::Params,
        pushed_request,
        return_address::PageError,
        token::id_token_hint::{self, IdTokenHint},
    },
    reply::Reply,
    routes::{Endpoint, Method},
    secret::Hash,
};

/// The longest query that a POST is turned into.
const LONGEST_QUERY: usize = 12_000;

/// `GET` and `POST /authorize`.
pub async fn authorize(request: &mut Incoming, context: &Context) -> Result<Reply, PageFailure> {
    let visitor = Visitor::of(request, context);
    let params = match request.method {
        Method::Post => request.form().await?,
        _ => request.query_params().map_err(Problem::BadRequest)?,
    };
    if request.method == Method::Post && visitor.session_hash.is_none() {
        // A form on the client's own site does not bring the SameSite=Lax session along; a GET that follows does.
        let query = params.to_query();
        if query.len() <= LONGEST_QUERY {
            return Ok(Reply::see_other(format!("{}?{query}", Endpoint::Authorize.path())));
        }
    }
    proceed(params, None, &visitor, context).await
}

/// `GET /authorize/resume`: the same request once more, after a sign-in.
pub async fn resume(request: &mut Incoming, context: &Context) -> Result<Reply, PageFailure> {
    let visitor = Visitor::of(request, context);
    let query = request.query_params().map_err(Problem::BadRequest)?;
    let (_, interaction) = visitor.interaction(&query, context)?;
    let params = Params::parse(&interaction.query).map_err(Problem::BadRequest)?;
    proceed(params, Some(&interaction), &visitor, context).await
}

async fn proceed(
    params: Params,
    waiting: Option<&Interaction>,
    visitor: &Visitor,
    context: &Context,
) -> Result<Reply, PageFailure> {
    let client_id = params.single("client_id").ok().flatten().ok_or(PageError::NoClient)?;
    let client = document::find_any(client_id, context)
        .await?
        .ok_or(PageError::UnknownClient)?;
    let (known, pushed) = match waiting {
        // What waits for the person was unpacked before.
        Some(interaction) => (Ok(Some(params.clone())), interaction.pushed.clone()),
        None => match find_pushed(&params, client_id, context).await {
            Err(StepFailure::Fault(fault)) => return Err(fault.into()),
            Err(StepFailure::Client(error)) => (Err(error), None),
            Ok(Some((pushed, hash))) => (Ok(Some(pushed)), Some(hash)),
            Ok(None) => (Ok(None), None),
        },
    };
    let sent = Sent { params, known, pushed };
    match answer(&sent, client, waiting, visitor, context).await? {
        Attempt::Done(reply) => Ok(reply),
        Attempt::Stale(fresh) => {
            copy::keep(&fresh, context);
            match answer(&sent, *fresh, waiting, visitor, context).await? {
                Attempt::Done(reply) => Ok(reply),
                Attempt::Stale(_) => Err(Problem::InteractionOver.into()),
            }
        }
    }
}

enum Attempt {
    Done(Reply),
    /// The client has changed since its copy was made.
    Stale(Box<Client>),
}

/// What came to the authorization endpoint.
struct Sent {
    params: Params,
    /// The request, where it was unpacked and checked before: it waited for the person, or was pushed. An error where it refers
    /// to nothing.
    known: Result<Option<Params>, OAuthError>,
    /// Of a pushed request.
    pushed: Option<Hash>,
}

/// Where a request comes from.
#[derive(Clone, Copy)]
struct Origin<'a> {
    /// It waited for the person.
    waiting: Option<&'a Interaction>,
    /// It was pushed, and is good for one answer (RFC 9126 section 4), which takes it out.
    pushed: Option<&'a Hash>,
}

/// Finds the pushed request that `params` refer to.
async fn find_pushed(
    params: &Params,
    client_id: &str,
    context: &Context,
) -> Result<Option<(Params, Hash)>, StepFailure> {
    let request_uri = params
        .single("request_uri")?
        .filter(|uri| pushed_request::is_reference(uri));
    let Some(request_uri) = request_uri else {
        return Ok(None);
    };
    let hash = pushed_request::hash_of(request_uri, &context.config.roots).ok_or_else(pushed_request::unknown)?;
    let find = pushed_requests::find(&hash, client_id, context.now);
    let query = context.db.read(find).await?.ok_or_else(pushed_request::unknown)?;
    Ok(Some((Params::parse(&query)?, hash)))
}

/// Attempts the request that is in `sent`, or in its request object.
async fn answer(
    sent: &Sent,
    client: Client,
    waiting: Option<&Interaction>,
    visitor: &Visitor,
    context: &Context,
) -> Result<Attempt, PageFailure> {
    let unpacked = match &sent.known {
        Ok(Some(params)) => Ok(params.clone()),
        Ok(None) if client.metadata.require_pushed_authorization_requests => Err(StepFailure::Client(
            OAuthError::invalid_request("the client registered to push its requests"),
        )),
        Ok(None) => request_objects::unpack(&sent.params, &client, context).await,
        Err(error) => Err(StepFailure::Client(error.clone())),
    };
    let origin = Origin {
        waiting,
        pushed: sent.pushed.as_ref(),
    };
    match unpacked {
        Ok(params) => {
            let params = encrypted_hint::open(params, context).await?;
            attempt(params, client, origin, visitor, context).await
        }
        Err(StepFailure::Client(error)) => refuse_object(&sent.params, client, &error, visitor, context).await,
        Err(StepFailure::Fault(fault)) => Err(fault.into()),
    }
}

/// Tells what is wrong with a request object: the client, if a redirect URI beside it says where, else the person. A copy of the
/// client is not enough to say so.
async fn refuse_object(
    sent: &Params,
    client: Client,
    error: &OAuthError,
    visitor: &Visitor,
    context: &Context,
) -> Result<Attempt, PageFailure> {
    let found = context.db.read(clients::find(&client.client_id)).await?;
    let fresh = found.ok_or(PageError::UnknownClient)?.client;
    if fresh.version != client.version {
        return Ok(Attempt::Stale(Box::new(fresh)));
    }
    let flow = Flow::new(sent.clone(), fresh).map_err(|problem| match problem {
        PageError::NoRedirectUri => Problem::BadRequest(error.clone()),
        other => Problem::NoReturn(other),
    })?;
    let language = visitor.language(Some(&flow.params));
    Ok(Attempt::Done(flow.refuse(error, language, context).await?))
}

/// One round trip: the client's version, the session, the consent; and where nothing more has to be known of the person, an answer
/// that is stored if all of them agree. Otherwise it is stored in a second one, when it is known that it is given.
async fn attempt(
    params: Params,
    client: Client,
    origin: Origin<'_>,
    visitor: &Visitor,
    context: &Context,
) -> Result<Attempt, PageFailure> {
    let waiting = origin.waiting;
    let (version, client_id) = (client.version, client.client_id.clone());
    let flow = Flow::new(params, client);
    let request = flow.as_ref().ok().map(|flow| flow.request(context));
    let session_hash = visitor.session_hash.as_ref();
    if let (Ok(flow), Some(Ok(request))) = (&flow, &request)
        && let Some(page) = page_for_nobody(request, origin, visitor, context)
    {
        let interaction = waiting.cloned().unwrap_or_else(|| Interaction {
            query: flow.params.to_query(),
            since: context.now,
            session_before: None,
            choice: Choice::Open,
            pushed: None,
        });
        return Ok(Attempt::Done(flow.wait_at(page, &interaction, visitor, context).await?));
    }
    let hint = request
        .as_ref()
        .and_then(|request| request.as_ref().ok()?.id_token_hint.as_ref());
    let hint_token = hint.and_then(IdTokenHint::token);
    let find_hint_key = hint_token.map(|token| signing_keys::find(token.kid().unwrap_or_default()));
    let mut batch = Batch::default();
    let client = batch.add(clients::find(&client_id));
    let standing = StandingHandles::add_to(&mut batch, visitor, &client_id, context);
    let hint_key = batch.add_if(find_hint_key);
    let still_there = batch.add_if(origin.pushed.map(pushed_requests::find_again));
    let mut draft = None;
    if let (Ok(flow), Some(Ok(request)), Some(session_hash)) = (&flow, &request, session_hash) {
        let new = Draft::new(request.clone(), session_hash, origin.pushed, context)?;
        if new.needs_no_look(flow, waiting, context) {
            let new = new.before_a_look(context.now);
            let handles = new.add(flow, &mut batch, context);
            draft = Some((new, handles));
        } else {
            let handles = new.add_keys(flow, &mut batch, context);
            draft = Some((new, handles));
        }
    }
    batch.extend(session_hash.map(|hash| sessions::touch(hash, &context.config.lifetimes, context.now)));
    let rows = context.db.run(batch).await?;
    let Some(record) = rows.read(client)? else {
        copy::forget(&client_id, context);
        return Err(PageError::UnknownClient.into());
    };
    if record.client.version != version {
        return Ok(Attempt::Stale(Box::new(record.client)));
    }
    let standing = standing.read(&rows)?;
    let flow = flow?;
    let language = visitor.language(Some(&flow.params));
    if rows.read_if(still_there)? == Some(false) {
        // It was answered before, perhaps in another tab.
        let reply = flow.refuse(&pushed_request::unknown(), language, context).await?;
        return Ok(Attempt::Done(reply));
    }
    let request: AuthRequest = match flow.request(context) {
        Ok(request) => request,
        Err(error) => return Ok(Attempt::Done(flow.refuse(&error, language, context).await?)),
    };
    if let Some(hint) = &request.id_token_hint
        && !is_genuine(hint, rows.read_if(hint_key)?.flatten().as_ref(), context).await?
    {
        return Ok(Attempt::Done(
            flow.refuse(&id_token_hint::refused(), language, context).await?,
        ));
    }
    let people = SignedIn {
        active: standing.present(&flow.client),
        others: visitor.held.has_others(),
    };
    let step = Step::next(&request, &people, standing.consent.as_ref(), context.now, waiting);
    let begun = || Interaction {
        query: flow.params.to_query(),
        since: context.now,
        session_before: people
            .active
            .as_ref()
            .map(|present| present.authentication.session_id.clone()),
        choice: Choice::Open,
        pushed: origin.pushed.cloned(),
    };
    let wait_at = async |page| {
        let interaction = waiting.cloned().unwrap_or_else(begun);
        flow.wait_at(page, &interaction, visitor, context).await
    };
    let reply = match (step, draft, &standing.session) {
        (Err(error), ..) => flow.refuse(&error, language, context).await?,
        (Ok(Step::Issue), Some((mut draft, handles)), Some(session)) => {
            let mut outcome = handles.read(&rows)?;
            if let Outcome::NotStored(keys) = outcome {
                draft.take_keys(&flow, keys, context).await?;
                match draft.prepare(&flow, context).await {
                    Ok(()) => (),
                    Err(StepFailure::Client(error)) => {
                        return Ok(Attempt::Done(flow.refuse(&error, language, context).await?));
                    }
                    Err(StepFailure::Fault(fault)) => return Err(fault.into()),
                }
                draft = draft.after_a_look();
                outcome = draft.store(&flow, context).await?;
            }
            match outcome {
                Outcome::Stored(stored) => {
                    let granted = draft.deliver(&flow, (session, stored), language, context).await?;
                    cookies::show_state(granted, &context.config, &visitor.held)
                }
                // Session or consent ended in this very moment.
                Outcome::NotStored(_) => wait_at(Endpoint::Login).await?,
            }
        }
        (Ok(Step::Issue | Step::Login), ..) => wait_at(Endpoint::Login).await?,
        (Ok(Step::SignUp), ..) => wait_at(Endpoint::SignUp).await?,
        (Ok(Step::SelectAccount), ..) => wait_at(Endpoint::SelectAccount).await?,
        (Ok(Step::Consent), ..) => wait_at(Endpoint::Consent).await?,
    };
    Ok(Attempt::Done(reply))
}

/// The page that a browser without a session is led to by a copy of the client alone: what is sent from there asks D1. `None`
/// where D1 has to be asked first, as before the browser is sent to a client.
fn page_for_nobody(
    request: &AuthRequest,
    origin: Origin<'_>,
    visitor: &Visitor,
    context: &Context,
) -> Option<Endpoint> {
    if visitor.session_hash.is_some() || origin.pushed.is_some() || request.id_token_hint.is_some() {
        return None;
    }
    let nobody = SignedIn {
        active: None,
        others: visitor.held.has_others(),
    };
    match Step::next(request, &nobody, None, context.now, origin.waiting).ok()? {
        Step::Login => Some(Endpoint::Login),
        Step::SignUp => Some(Endpoint::SignUp),
        Step::SelectAccount => Some(Endpoint::SelectAccount),
        Step::Consent | Step::Issue => None,
    }
}

/// Whether a hint is an ID token of Limen's. What waits for the person was checked here before.
async fn is_genuine(hint: &IdTokenHint, key: Option<&ProviderKey>, context: &Context) -> Result<bool, Fault> {
    match hint.token().filter(|_| hint.names_issuer(&context.config.issuer)) {
        Some(token) => signer::verify_past(&token, key).await,
        None => Ok(false),
    }
}
