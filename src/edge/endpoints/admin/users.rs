//! `/admin/api/users`: people, for operators.

use serde_json::{Value, json};

use crate::{
    account::{address_change::is_same, user::User},
    admin::{
        paging,
        people_filter::PeopleFilter,
        user::{UserChanges, WantedPassword, describe, event_of_change},
    },
    audit::{Actor, Entry, Event},
    config::Notices,
    db::{
        Batch, Statement, accepted_terms, audit,
        credentials::{self, Owner},
        email_undo, grants, mail_outbox, passwords, people_list,
        session_endings::Ending,
        users,
    },
    edge::{
        http::{failure::MachineFailure, request::Incoming},
        mail::outbox::{self, Notice},
        people::{folding, new_password},
        platform::{context::Context, random},
        sessions::ending,
    },
    fault::Fault,
    mail::{Facts, Kind, NewMail},
    oidc::{error::OAuthError, subject::SubjectSalt},
    pages::Language,
    reply::{Body, Reply},
};

/// `POST /admin/api/users`.
pub async fn create(request: &mut Incoming, context: &Context) -> Result<Reply, MachineFailure> {
    let wanted = UserChanges::parse(&request.json().await?)?;
    folding::all(context).await?;
    let (username, claims) = wanted.for_new()?;
    let user = User {
        subject_salt: SubjectSalt::new(random::bytes()?),
        id: random::id()?,
        username,
        claims,
        disabled_at: wanted.disabled_from(context.now),
        created_at: context.now,
        updated_at: context.now,
        memberships: Default::default(),
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

/// `GET /admin/api/users`: people, filtered and sorted ([`PeopleFilter`]).
pub async fn list(request: &mut Incoming, context: &Context) -> Result<Reply, MachineFailure> {
    let params = request.query_params()?;
    let (filter, page) = PeopleFilter::parse(&params)?;
    let mut batch = Batch::default();
    let people = batch.add(people_list::list(&filter, page.limit));
    let end = batch.add(people_list::find_end(&filter));
    let rows = context.db.run(batch).await?;
    let people = rows.read(people)?;
    let next = match page.next(&people) {
        Some(last) => Some(last.place.to_text()),
        None => rows.read(end)?.map(|place| place.to_text()),
    };
    let described = people.iter().map(|listed| describe(&listed.user)).collect();
    Ok(Reply::json(200, &paging::list("users", described, next)))
}

/// `GET /admin/api/users/{user_id}`.
pub async fn show(request: &mut Incoming, context: &Context) -> Result<Reply, MachineFailure> {
    let user_id = request.segment(0);
    let mut batch = Batch::default();
    let user = batch.add(users::find(user_id));
    let terms = batch.add(accepted_terms::list_of(user_id));
    let must_change = batch.add(passwords::must_change(user_id));
    let rows = context.db.run(batch).await?;
    let user = rows.read(user)?.ok_or_else(|| MachineFailure::no_such("user"))?;
    let mut described = describe(&user);
    if let Value::Object(members) = &mut described {
        members.insert("accepted_terms".to_owned(), json!(rows.read(terms)?));
        members.insert("new_password_required".to_owned(), rows.read(must_change)?.into());
    }
    Ok(Reply::json(200, &described))
}

/// `PATCH /admin/api/users/{user_id}`: a JSON merge patch (RFC 7396). Who is disabled, or gets another password, is signed
/// out everywhere.
pub async fn change(request: &mut Incoming, context: &Context) -> Result<Reply, MachineFailure> {
    let wanted = UserChanges::parse(&request.json().await?)?;
    folding::all(context).await?;
    let read = find(request.segment(0), context).await?;
    let user = wanted.apply(&read, context.now)?;
    let signs_out = wanted.signs_out(&user);
    let set_password = password_statement(&user, wanted.password.as_ref(), context).await?;
    if context.db.read(users::find_rival(&user, &read)).await? {
        return Err(taken());
    }
    // Which members changed, not how: they are personal data.
    let changed = done_to(&user.id, event_of_change(&read, &user)).detail(json!({ "changed": wanted.names }));
    let mut batch = Batch::default();
    let stored = batch.add(users::update(&user, &read));
    batch.push(audit::record_if_changed(&changed, context));
    // Addresses that merely look alike are of different people.
    if user.claims.text("email") != read.claims.text("email") {
        batch.push(email_undo::end_all(&user));
    }
    batch.extend(word_to_address_before(&read, &user, context)?);
    if let Some(set_password) = set_password {
        batch.push(set_password);
        let password_changed = done_to(&user.id, Event::PasswordChanged);
        batch.push(audit::record_if_changed(&password_changed, context));
        let written = outbox::by_operator(Event::PasswordChanged);
        let notice = Notice::of_operator(Notices::Password, &written, &user.id);
        batch.extend(notice.write(credentials::came(&user.id, "password", context.now), context)?);
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
    outbox::send_later(context);
    Ok(Reply::json(200, &describe(&user)))
}

/// `DELETE /admin/api/users/{user_id}`. Sessions, consents, codes and tokens go with the person.
pub async fn delete(request: &mut Incoming, context: &Context) -> Result<Reply, MachineFailure> {
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
        Err(MachineFailure::no_such("user"))
    }
}

/// `DELETE /admin/api/users/{user_id}/grants/{client_id}`: takes back what a person allowed a client.
pub async fn revoke_grant(request: &mut Incoming, context: &Context) -> Result<Reply, MachineFailure> {
    let (user_id, client_id) = (request.segment(0), request.segment(1));
    let removed = done_to(user_id, Event::ConsentRemoved).client(client_id);
    let mut batch = Batch::default();
    let revoked = batch.add(grants::revoke(user_id, client_id));
    batch.push(audit::record_if_changed(&removed, context));
    if context.db.run(batch).await?.read(revoked)? {
        Ok(Reply::new(204, Body::Empty))
    } else {
        Err(MachineFailure::no_such("grant"))
    }
}

/// What an operator does to a person, for the audit.
/// Tells the address before, where a person had confirmed it and has another now. An operator can undo it; the person asks them.
fn word_to_address_before(read: &User, user: &User, context: &Context) -> Result<Option<Statement>, Fault> {
    let is_same = |before: &str| user.claims.text("email").is_some_and(|email| is_same(email, before));
    if read.confirmed_email().is_none_or(is_same) {
        return Ok(None);
    }
    let (id, written) = (random::id()?, outbox::by_operator(Event::EmailChanged));
    let language = read.claims.text("locale").map(Language::of_tag).unwrap_or_default();
    let Some((mail, daily_limit)) = outbox::to_person(Kind::AccountChanged, &id, read, language, context) else {
        return Ok(None);
    };
    let facts = Facts {
        detail: Some(written),
        ..mail.facts.clone()
    };
    let mail = NewMail { facts, ..mail };
    let is_changed = users::is_as_given(user);
    Ok(Some(mail_outbox::write_where(
        is_changed,
        &mail,
        daily_limit,
        context.now,
    )))
}

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
        .ok_or_else(|| MachineFailure::no_such("user"))
}

fn taken() -> MachineFailure {
    MachineFailure::status(
        409,
        OAuthError::invalid_request(
            "the username or e-mail address is taken, or another request has changed the account",
        ),
    )
}
