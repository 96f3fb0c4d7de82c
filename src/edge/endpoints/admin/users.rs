//! `/admin/api/users`: people, for operators.

use serde_json::{Value, json};

use crate::{
    admin::{
        paging,
        people_filter::PeopleFilter,
        user::{UserChanges, describe},
    },
    audit::{Actor, Entry, Event},
    db::{Batch, accepted_terms, audit, operators, passwords, people_list, session_endings::Ending, users},
    edge::{
        http::{failure::MachineFailure, request::Incoming},
        people::operations::{
            access,
            change::{self, Changed},
            people,
        },
        platform::context::Context,
        sessions::ending,
    },
    reply::{Body, Reply},
};

/// `POST /admin/api/users`.
pub async fn create(request: &mut Incoming, context: &Context) -> Result<Reply, MachineFailure> {
    let wanted = UserChanges::parse(&request.json().await?)?;
    let user = people::create(&wanted, &[], context).await?;
    Ok(Reply::json(201, &describe(&user)))
}

/// `GET /admin/api/users`: people, filtered and sorted ([`PeopleFilter`]).
pub async fn list(request: &mut Incoming, context: &Context) -> Result<Reply, MachineFailure> {
    let params = request.query_params()?;
    let (filter, page) = PeopleFilter::parse(&params)?;
    let mut batch = Batch::default();
    let people = batch.add(people_list::list(&filter, page.limit));
    let end = batch.add(people_list::find_end(&filter, page.limit));
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
    match change::person(request.segment(0), &wanted, context).await? {
        Changed::Done(user) => Ok(Reply::json(200, &describe(&user))),
        Changed::Nobody => Err(MachineFailure::no_such("user")),
        Changed::Taken => Err(people::taken()),
    }
}

/// `DELETE /admin/api/users/{user_id}`. Sessions, consents, codes and tokens go with the person.
pub async fn delete(request: &mut Incoming, context: &Context) -> Result<Reply, MachineFailure> {
    let user_id = request.segment(0);
    let mut batch = Batch::default();
    ending::end_sessions(&Ending::Everything { user_id }, &mut batch, context);
    batch.push(operators::record_leaving(user_id, None, context));
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
    match access::revoke_grant(request.segment(0), request.segment(1), context).await? {
        true => Ok(Reply::new(204, Body::Empty)),
        false => Err(MachineFailure::no_such("grant")),
    }
}

fn done_to(user_id: &str, event: Event) -> Entry<'_> {
    Entry::new(event, Actor::Operator).user(user_id)
}
