//! `/backchannel_authentication` (CIBA Core section 7): an app asks a certain person without their browser.

use crate::{
    account::{
        throttle::{self, Counter},
        user::{User, fold_login},
    },
    db::{
        Batch, Statement, clients, mail_outbox, pushed_requests,
        replay::OneUse,
        signing_keys, throttles,
        users::{self, Salted},
    },
    edge::{
        authorization::{
            encrypted_hint,
            pusher::{Pushed, Pusher},
        },
        clients::{apis, keys},
        http::{failure::MachineFailure, request::Incoming},
        keys::signer,
        mail::outbox,
        platform::{apart::apart, context::Context, random},
        tokens::backchannel,
    },
    fault::Fault,
    mail::{Kind, NewNotice},
    oidc::{
        ciba::{
            self, Acknowledgement, Asking, Hint, Notification,
            signed_request::{self, SignedRequest},
        },
        client::{
            Client,
            client_metadata::{GrantType, SubjectType},
        },
        params::{Params, RESOURCE},
        subject::{may_be_pairwise, subject},
        token::{check_grant_type, id_token_hint},
    },
    pages::{Language, app_name},
    reply::Reply,
    secret::{Hash, Purpose, is_random_id},
    time::Lifetime,
};

/// For how long an app waits where as many others wait for the person as may.
const LATER: Lifetime = Lifetime::minutes(1);

/// `POST /backchannel_authentication`. An app hands in its request as others push theirs: see `par`.
pub async fn ask(request: &mut Incoming, context: &Context) -> Result<Reply, MachineFailure> {
    if !context.config.backchannel_authentication {
        return Err(MachineFailure::no_such("endpoint: BACKCHANNEL_AUTHENTICATION is off"));
    }
    let sent = request.form().await?;
    sent.refuse_repeated()?;
    let pusher = Pusher::of(request, &sent, context).await?;
    let client = &pusher.client;
    check_grant_type(client, GrantType::Ciba)?;
    let (sent, once) = apart(unpack(sent, client, &request.address(), context)).await?;
    let sent = encrypted_hint::open(sent, context).await?;
    apis::know_named(&sent, &[RESOURCE], &client.client_id, context).await?;
    let token = ciba::notification_token(&sent, client)?;
    let (hint, lifetime) = (Hint::of(&sent)?, ciba::lifetime(&sent)?);
    let asking = Asking::new(
        &sent,
        client.metadata.is_fapi(),
        context.network.clone().unwrap_or_default(),
        context.now,
    )?;
    let checked = |sub: &str| {
        let request = ciba::request_of(&sent, &client.client_id, sub, &asking)?;
        ciba::check(request, pusher.key.as_ref(), client, &context.config)
    };
    // A request that is wrong in itself says nothing of the person.
    checked(ciba::NOBODY)?;
    let (user, unknown) = apart(find(&hint, client, context)).await?;
    let asked = checked(&user.sub_at(client))?;

    let key = context.config.roots.current(Purpose::Throttle);
    let (auth_req_id, hash) = context.new_token(Purpose::AuthReqId)?;
    let notify = match token.and_then(|token| Notification::new(&auth_req_id, token, client)) {
        Some(notification) => Some(backchannel::seal(&notification, &hash, context).await?),
        None => None,
    };
    let [own, shared] = throttle::of_asking(&key, &client.client_id, &user.id);
    let asked_of = pushed_requests::AskedOf {
        user_id: &user.id,
        lifetime,
        own: &own,
        shared: &shared,
        once: once.as_ref(),
        notify: notify.as_deref(),
    };
    let pushed = Pushed {
        hash: &hash,
        query: &asked.to_query(),
        user_code: None,
        asked: Some(&asked_of),
        counter: &throttle::of_pushed_requests(&key, &request.address()),
    };
    let forgiven = throttles::forgive(&unknown).and(pushed_requests::exists(&hash));
    let also = [Some(forgiven), tell(&user, client, &hash, context)?];
    match pusher
        .store(&pushed, also.into_iter().flatten().collect(), context)
        .await
    {
        Err(MachineFailure::ClientChanged) => {
            let full = pushed_requests::is_full(&asked_of, &client.client_id, context.now);
            return Err(match context.db.read(full).await? {
                true => MachineFailure::too_many(LATER),
                false => MachineFailure::ClientChanged,
            });
        }
        stored => stored?,
    }
    outbox::send_later(context);
    Ok(Reply::json(200, &Acknowledgement::new(&auth_req_id, lifetime, client)))
}

/// The parameters that count: those of a signed request, where the client sends such, with what counts once of it.
async fn unpack(
    sent: Params,
    client: &Client,
    address: &str,
    context: &Context,
) -> Result<(Params, Option<OneUse>), MachineFailure> {
    let Some(signed) = SignedRequest::find(&sent, client)? else {
        return Ok((sent, None));
    };
    let verified = keys::verify(client, &signed.token, signed.alg, context).await;
    if !verified.map_err(|no_key| signed_request::refused(&format!("cannot be verified: {}", no_key.why())))? {
        return Err(signed_request::refused("is not signed by the client").into());
    }
    let (inside, of) = signed.believe(client, &context.config.issuer, context.now)?;
    let counter = throttle::of_assertions(&context.config.roots.current(Purpose::Throttle), address);
    Ok((inside, Some(OneUse { of, counter })))
}

/// The person whom a hint names, if `client` may ask them; and by what the hint was counted, until a request is stored. Hints that come to
/// nothing are counted, so that no client can try many; whoever the client is not for is nobody to it.
async fn find(hint: &Hint, client: &Client, context: &Context) -> Result<(User, Counter), MachineFailure> {
    let config = &context.config;
    let unknown = throttle::of_unknown_hints(&config.roots.current(Purpose::Throttle), &client.client_id);
    let (login, sub, token) = match hint {
        Hint::Login(login) => (Some(login), login.as_str(), None),
        Hint::IdToken(hint) => (None, hint.subject(), hint.token()),
    };
    let mut batch = Batch::default();
    let counted = batch.add(throttles::count_address(&unknown, context.now));
    let by_sub = batch.add(users::find(sub));
    // An address that nobody confirmed is anybody's to write down, and here nobody shows a password behind it.
    let by_login = |login: &String| users::find_by_login(login, &fold_login(login), true);
    let by_login = batch.add_if(login.map(by_login));
    let key = token
        .as_ref()
        .map(|token| signing_keys::find(token.kid().unwrap_or_default()));
    let key = batch.add_if(key);
    let rows = context.db.run(batch).await?;
    if let Some(wait) = rows.read(counted)?.wait(&unknown, context.now) {
        return Err(MachineFailure::too_many(wait));
    }
    if let Hint::IdToken(hint) = hint {
        let key = rows.read_if(key)?.flatten();
        // "An ID Token previously issued to the Client by the OpenID Provider" (section 7.1).
        let is_own = hint.names_issuer(&config.issuer) && hint.audience() == client.client_id;
        let is_genuine = match token.filter(|_| is_own) {
            Some(token) => signer::verify_past(&token, key.as_ref()).await?,
            None => false,
        };
        if !is_genuine {
            return Err(id_token_hint::refused().into());
        }
    }
    let by_login = rows.read_if(by_login)?.flatten().map(|found| found.user);
    let by_sub = rows.read(by_sub)?.filter(|user| user.sub_at(client) == sub);
    let is_pairwise = client.metadata.subject_type == SubjectType::Pairwise && may_be_pairwise(sub);
    let by_sub = match by_sub {
        None if is_pairwise => find_by_pairwise(sub, client, context).await?,
        found => found,
    };
    let user = meant(by_sub, by_login, sub).filter(|user| user.disabled_at.is_none());
    let user = user.ok_or_else(ciba::unknown_user)?;
    if !client.metadata.rules.allowed_groups.is_empty()
        && context
            .db
            .read(clients::is_closed_to(&client.client_id, &user.id))
            .await?
    {
        return Err(ciba::unknown_user().into());
    }
    Ok((user, unknown))
}

/// The person whom a hint means: nobody where it is one person's `sub` and another's username, of which either may have been chosen for
/// that. A `sub` of Limen's own making is chosen by nobody, and what has its form is none of a username that is spelled otherwise: anybody
/// who knows the `sub`, also of somebody who is gone, may be called so.
fn meant(by_sub: Option<User>, by_login: Option<User>, hint: &str) -> Option<User> {
    let is_own_make = is_random_id(hint) || may_be_pairwise(hint);
    let is_chosen = |called: &str| !is_own_make || called == hint;
    match (by_sub, by_login) {
        (Some(one), Some(other)) if one.id != other.id && is_chosen(other.username.as_str()) => None,
        (None, Some(other)) if !is_chosen(other.username.as_str()) => None,
        (by_sub, by_login) => by_sub.or(by_login),
    }
}

/// The person whom `client` knows by a pairwise subject, which nothing is stored under: among those who allowed it something.
async fn find_by_pairwise(sub: &str, client: &Client, context: &Context) -> Result<Option<User>, Fault> {
    let people = context.db.read(users::list_salts(&client.client_id)).await?;
    let is_meant = |person: &Salted| subject(client, &person.id, &person.subject_salt) == sub;
    match people.into_iter().find(is_meant) {
        Some(person) => context.db.read(users::find(&person.id)).await,
        None => Ok(None),
    }
}

/// Tells the person by mail that somebody asks, where their request was stored. The mail names the app, and leads to the page on which
/// they see what waits for them, whoever follows the link.
fn tell(user: &User, client: &Client, hash: &Hash, context: &Context) -> Result<Option<Statement>, Fault> {
    let Some(settings) = &context.config.mail else {
        return Ok(None);
    };
    let language = Language::of_tag(user.claims.text("locale").unwrap_or_default());
    let notice = NewNotice {
        id: &random::id()?,
        user_id: &user.id,
        kind: Kind::AppAsks,
        detail: Some(&app_name(&client.client_id, &client.metadata, language)),
        language: None,
        root: context.config.roots.current_version(),
    };
    let stored = pushed_requests::exists(hash).and(mail_outbox::is_news(&notice, context.now));
    Ok(Some(mail_outbox::notify(
        &notice,
        stored,
        settings.daily_limit,
        context.now,
    )))
}
