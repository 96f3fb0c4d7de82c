//! `/admin/api/users`: people, for operators.

use serde_json::{Map, Value, json};

use crate::{
    account::{
        email,
        password::imported,
        user::{User, Username, fold_login},
    },
    audit::{Actor, Entry, Event},
    db::{Batch, Statement, audit, credentials::Owner, grants, passwords, sessions::Ending, users},
    edge::{
        http::{failure::MachineFailure, request::Incoming},
        people::{folding, new_password, operator},
        platform::{context::Context, random},
        sessions::ending,
    },
    oidc::{
        claims::{self, StandardClaims},
        error::OAuthError,
        params::{self, Params},
        subject::SubjectSalt,
    },
    reply::{Body, Reply},
    time::UnixTime,
};

/// The most people on a page of the list.
const LONGEST_PAGE: i64 = 200;

/// `POST /admin/api/users`.
pub async fn create(request: &mut Incoming, context: &Context) -> Result<Reply, MachineFailure> {
    operator::require(request, context)?;
    let wanted = Changes::parse(&request.json().await?)?;
    folding::all(context).await?;
    let username = wanted
        .username
        .ok_or_else(|| OAuthError::invalid_request("username is missing"))?;
    let user = User {
        subject_salt: SubjectSalt::new(random::bytes()?),
        id: random::id()?,
        username,
        claims: StandardClaims::parse(&wanted.claims).map_err(OAuthError::invalid_request)?,
        disabled_at: wanted.disabled.unwrap_or_default().then_some(context.now),
        created_at: context.now,
        updated_at: context.now,
    };
    let set_password = password_statement(&user, wanted.password.as_ref(), context).await?;
    let record = audit::record_if_changed(&done_to(&user.id, Event::UserCreated), context);
    let mut batch = Batch::default();
    let created = batch.add(users::insert(&user));
    batch.push(record);
    batch.extend(set_password);
    if !context.db.run(batch).await?.read(created)? {
        return Err(taken());
    }
    Ok(Reply::json(201, &describe(&user)))
}

/// `GET /admin/api/users?username=&email=&after=&limit=`: all people, or who has this name or address in any spelling.
pub async fn list(request: &mut Incoming, context: &Context) -> Result<Reply, MachineFailure> {
    operator::require(request, context)?;
    let params: Params = request.query_params()?;
    params.refuse_unknown(&["username", "email", "after", "limit"])?;
    let limit = match params.single("limit")? {
        None => LONGEST_PAGE,
        Some(text) => text
            .parse()
            .ok()
            .filter(|limit| (1..=LONGEST_PAGE).contains(limit))
            .ok_or_else(|| OAuthError::invalid_request("limit must be a number from 1 to 200"))?,
    };
    let after = params.single("after")?.unwrap_or_default();
    let (username, email) = (params.single("username")?, params.single("email")?);
    let people = match (username, email) {
        (None, None) => context.db.read(users::list(after, limit)).await?,
        _ => {
            let (username, email) = (username.map(fold_login), email.map(email::fold));
            let found = users::find_named(username.as_deref(), email.as_deref());
            context
                .db
                .read(found)
                .await?
                .into_iter()
                .filter(|user| user.id.as_str() > after)
                .collect()
        }
    };
    let next = people
        .last()
        .filter(|_| people.len() as i64 == limit)
        .map(|user| user.id.as_str());
    let described: Vec<_> = people.iter().map(describe).collect();
    Ok(Reply::json(200, &json!({ "users": described, "next": next })))
}

/// `GET /admin/api/users/{user_id}`.
pub async fn show(request: &mut Incoming, context: &Context) -> Result<Reply, MachineFailure> {
    operator::require(request, context)?;
    Ok(Reply::json(200, &describe(&find(request.segment(0), context).await?)))
}

/// `PATCH /admin/api/users/{user_id}`: a JSON merge patch (RFC 7396). Who is disabled, or gets another password, is signed
/// out everywhere.
pub async fn change(request: &mut Incoming, context: &Context) -> Result<Reply, MachineFailure> {
    operator::require(request, context)?;
    let wanted = Changes::parse(&request.json().await?)?;
    folding::all(context).await?;
    let read = find(request.segment(0), context).await?;
    let mut user = read.clone();
    user.claims = user.claims.with(&wanted.claims).map_err(OAuthError::invalid_request)?;
    user.username = wanted.username.unwrap_or(user.username);
    user.updated_at = context.now;
    user.disabled_at = match wanted.disabled {
        Some(true) => user.disabled_at.or(Some(context.now)),
        Some(false) => None,
        None => user.disabled_at,
    };
    let signs_out = user.disabled_at.is_some() || wanted.password.is_some();
    let set_password = password_statement(&user, wanted.password.as_ref(), context).await?;
    if context.db.read(users::find_rival(&user, &read)).await? {
        return Err(taken());
    }
    let what = match (read.disabled_at, user.disabled_at) {
        (None, Some(_)) => Event::UserDisabled,
        (Some(_), None) => Event::UserEnabled,
        _ => Event::UserChanged,
    };
    // Which members changed, not how: they are personal data.
    let changed = done_to(&user.id, what).detail(json!({ "changed": wanted.names }));
    let mut batch = Batch::default();
    let stored = batch.add(users::update(&user, &read));
    batch.push(audit::record_if_changed(&changed, context));
    if let Some(set_password) = set_password {
        batch.push(set_password);
        let password_changed = done_to(&user.id, Event::PasswordChanged);
        batch.push(audit::record_if_changed(&password_changed, context));
    }
    if signs_out {
        ending::end_sessions(&Ending::EverythingOf(&user), &mut batch, context);
    }
    if !context.db.run(batch).await?.read(stored)? {
        return Err(taken());
    }
    if signs_out {
        ending::announce(context);
    }
    Ok(Reply::json(200, &describe(&user)))
}

/// `DELETE /admin/api/users/{user_id}`. Sessions, consents, codes and tokens go with the person.
pub async fn delete(request: &mut Incoming, context: &Context) -> Result<Reply, MachineFailure> {
    operator::require(request, context)?;
    let user_id = request.segment(0);
    let mut batch = Batch::default();
    ending::end_sessions(&Ending::Everything { user_id }, &mut batch, context);
    let deleted = batch.add(users::delete(user_id));
    batch.push(audit::record_if_changed(&done_to(user_id, Event::UserDeleted), context));
    batch.push(audit::forget_if_changed(user_id));
    if context.db.run(batch).await?.read(deleted)? {
        ending::announce(context);
        Ok(Reply::new(204, Body::Empty))
    } else {
        Err(no_such("user"))
    }
}

/// `DELETE /admin/api/users/{user_id}/grants/{client_id}`: takes back what a person allowed a client.
pub async fn revoke_grant(request: &mut Incoming, context: &Context) -> Result<Reply, MachineFailure> {
    operator::require(request, context)?;
    let (user_id, client_id) = (request.segment(0), request.segment(1));
    let removed = done_to(user_id, Event::ConsentRemoved).client(client_id);
    let mut batch = Batch::default();
    let revoked = batch.add(grants::revoke(user_id, client_id));
    batch.push(audit::record_if_changed(&removed, context));
    if context.db.run(batch).await?.read(revoked)? {
        Ok(Reply::new(204, Body::Empty))
    } else {
        Err(no_such("grant"))
    }
}

/// The password that an operator wants a person to have.
enum WantedPassword {
    /// `password`.
    Typed(String),
    /// `password_hash`, made elsewhere.
    Hash(String),
}

/// What an operator wants a person to be like.
struct Changes {
    username: Option<Username>,
    password: Option<WantedPassword>,
    disabled: Option<bool>,
    claims: Map<String, Value>,
    /// The names of the members.
    names: Vec<String>,
}

impl Changes {
    fn parse(body: &[u8]) -> Result<Self, OAuthError> {
        let wrong = "the body must be a JSON object whose members differ in name";
        let object: Map<String, Value> =
            crate::web::json::parse(body).ok_or_else(|| OAuthError::invalid_request(wrong))?;
        let refuse = |what: &str, why: &str| OAuthError::invalid_request(format!("{what} {why}"));
        let text = |name: &str| match object.get(name) {
            None => Ok(None),
            Some(Value::Null) if name == "email" => Ok(None),
            Some(Value::String(text)) => Ok(Some(text.clone())),
            Some(_) => Err(refuse(name, "must be a string")),
        };
        let email = text("email")?.map(|text| email::parse(&text)).transpose();
        let email = email.map_err(|why| refuse("email", why))?;
        let username = text("username")?.map(|text| Username::parse(&text)).transpose();
        let password = match (text("password")?, text("password_hash")?) {
            (Some(_), Some(_)) => return Err(refuse("password", "and password_hash exclude each other")),
            (Some(typed), None) => Some(WantedPassword::Typed(typed)),
            (None, Some(hash)) => {
                let hash = imported::parse(&hash).ok_or_else(|| refuse("password_hash", imported::FORMS))?;
                Some(WantedPassword::Hash(hash))
            }
            (None, None) => None,
        };
        let disabled = match object.get("disabled") {
            None => None,
            Some(Value::Bool(disabled)) => Some(*disabled),
            Some(_) => return Err(refuse("disabled", "must be true or false")),
        };
        if let Some(name) = object.keys().find(|name| !is_member(name)) {
            return Err(OAuthError::invalid_request(match params::is_word(name) {
                true => format!("{name} is no member of a user"),
                false => "there is a member that users do not have".to_owned(),
            }));
        }
        Ok(Self {
            username: username.map_err(|why| refuse("username", why))?,
            password,
            disabled,
            names: object
                .keys()
                .filter(|name| name.len() <= 32)
                .take(32)
                .cloned()
                .collect(),
            claims: match email {
                // As it is stored: the domain in small letters.
                Some(email) => object.into_iter().chain([("email".to_owned(), email.into())]).collect(),
                None => object,
            },
        })
    }
}

/// Whether a user has such a member. Those that Limen sets itself may be sent back, and count for nothing.
fn is_member(name: &str) -> bool {
    let base = name.split('#').next().unwrap_or_default();
    let own = [
        "id",
        "username",
        "password",
        "password_hash",
        "disabled",
        "sub",
        "created_at",
        "updated_at",
    ];
    own.contains(&name) || claims::find(base).is_some()
}

/// What an operator does to a person, for the audit.
fn done_to(user_id: &str, event: Event) -> Entry<'_> {
    Entry::new(event, Actor::Operator).user(user_id)
}

async fn password_statement(
    user: &User,
    password: Option<&WantedPassword>,
    context: &Context,
) -> Result<Option<Statement>, MachineFailure> {
    let Some(password) = password else {
        return Ok(None);
    };
    let hash = match password {
        WantedPassword::Hash(hash) => hash.clone(),
        WantedPassword::Typed(typed) => {
            let password = new_password::read(typed, user, context)
                .await
                .map_err(|unfit| OAuthError::invalid_request(format!("password {}", unfit.describe())))?;
            new_password::hash(&password)?
        }
    };
    let set = passwords::set(&Owner::Is(user), &random::id()?, &hash, context.now);
    Ok(Some(set.into()))
}

async fn find(user_id: &str, context: &Context) -> Result<User, MachineFailure> {
    context
        .db
        .read(users::find(user_id))
        .await?
        .ok_or_else(|| no_such("user"))
}

fn describe(user: &User) -> Value {
    let mut described = user.claims.as_map().clone();
    let time = |time: UnixTime| Value::from(time.seconds());
    described.insert("id".to_owned(), user.id.as_str().into());
    described.insert("username".to_owned(), user.username.as_str().into());
    described.insert("disabled".to_owned(), user.disabled_at.is_some().into());
    described.insert("created_at".to_owned(), time(user.created_at));
    described.insert("updated_at".to_owned(), time(user.updated_at));
    Value::Object(described)
}

fn taken() -> MachineFailure {
    MachineFailure::status(
        409,
        OAuthError::invalid_request(
            "the username or e-mail address is taken, or another request has changed the account",
        ),
    )
}

fn no_such(what: &str) -> MachineFailure {
    MachineFailure::status(404, OAuthError::invalid_request(format!("there is no such {what}")))
}
