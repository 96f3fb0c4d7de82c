//! `/account/data`: a copy of everything that is stored about a person, and the way to the deletion.

use serde_json::{Value, json};

use crate::{
    admin::group,
    audit::Event,
    db::{
        accepted_terms, app_roles, audit, audit_log,
        credentials::{self, OwnPasskey},
        grants, groups, sessions, token_families,
        trusted_browsers::{self, TrustedBrowser},
    },
    edge::{
        http::{failure::PageFailure, request::Incoming},
        people::{account_access::AccountRequest, described},
        platform::context::Context,
    },
    fault::Fault,
    oidc::claims::ATTRIBUTES,
    pages::{Moment, account::DataPage},
    reply::Reply,
    routes::Endpoint,
    time::UnixTime,
};

const PAGE: Endpoint = Endpoint::AccountData;

/// The most events in a copy. They are deleted with age, so that there are hardly ever as many.
const MOST_EVENTS: i64 = 10_000;

/// `GET /account/data`.
pub async fn show(request: &mut Incoming, context: &Context) -> Result<Reply, PageFailure> {
    let mut account_request = AccountRequest::at(PAGE, request, context)?;
    let terms = accepted_terms::list_own(&account_request.session_hash);
    let terms = account_request.batch.add(terms);
    let (signed_in, rows) = account_request.enter(context).await?;
    let moment = |at| Moment::new(UnixTime(at), context.now, signed_in.language);
    let html = DataPage {
        frame: signed_in.frame(PAGE),
        accepted_terms: rows
            .read(terms)?
            .into_iter()
            .map(|accepted| (accepted.version, moment(accepted.accepted_at)))
            .collect(),
    }
    .to_html();
    Ok(signed_in.page(200, html))
}

/// `GET /account/data/download`. It has no password and no token, and not what either is stored as.
pub async fn download(request: &mut Incoming, context: &Context) -> Result<Reply, PageFailure> {
    let lifetimes = &context.config.lifetimes;
    let mut account_request = AccountRequest::at(PAGE, request, context)?;
    let (hash, batch) = (&account_request.session_hash, &mut account_request.batch);
    let ways = batch.add(credentials::list_own(hash));
    let trusted = batch.add(trusted_browsers::list_own(hash, context.now));
    let sessions = batch.add(sessions::list_own(hash, lifetimes, context.now));
    let grants = batch.add(grants::list_own(hash, context.now));
    let groups = batch.add(groups::list_own(hash));
    let roles = batch.add(app_roles::list_own(hash));
    let tokens = batch.add(token_families::list_own(hash, context.now));
    let terms = batch.add(accepted_terms::list_own(hash));
    let events = batch.add(audit_log::list_own(hash, None, MOST_EVENTS));
    let (signed_in, rows) = account_request.enter(context).await?;
    let user = signed_in.user();
    let ways = rows.read(ways)?;
    let mut claims = user.claims.as_map().clone();
    if let Some(Value::Object(own)) = claims.get_mut(ATTRIBUTES) {
        context.config.attributes.hide(own);
    }
    let mut groups = rows.read(groups)?;
    for group in &mut groups {
        context.config.attributes.hide(&mut group.attributes);
    }
    let copy = json!({
        "issuer": context.config.issuer.as_str(),
        "copied_at": context.now,
        "account": {
            "id": user.id,
            "username": user.username.as_str(),
            "claims": claims,
            "created_at": user.created_at,
            "updated_at": user.updated_at,
            "password_set_at": ways.password_set_at,
        },
        "accepted_terms": rows.read(terms)?,
        "passkeys": ways.passkeys.iter().map(OwnPasskey::describe).collect::<Vec<_>>(),
        "second_factors": ways.describe_second_factors(),
        "trusted_browsers": rows.read(trusted)?.iter().map(TrustedBrowser::describe).collect::<Vec<_>>(),
        "sessions": rows.read(sessions)?.iter().map(described::session).collect::<Vec<_>>(),
        "groups": groups.iter().map(group::describe).collect::<Vec<_>>(),
        "roles": rows.read(roles)?,
        "grants": rows.read(grants)?.iter().map(described::grant).collect::<Vec<_>>(),
        "tokens": rows.read(tokens)?.iter().map(token).collect::<Result<Vec<_>, _>>()?,
        "events": rows.read(events)?.iter().map(event).collect::<Vec<_>>(),
    });
    let entry = signed_in.entry(Event::DataExported);
    context.db.execute([audit::record(&entry, context)]).await?;
    Ok(Reply {
        file_name: Some("limen-account.json"),
        ..Reply::json(200, &copy)
    })
}

fn token(family: &token_families::OwnFamily) -> Result<Value, Fault> {
    Ok(json!({
        "client_id": family.client_id,
        "scope": family.scope()?,
        "resources": family.resources()?.foreign(),
        "issued_at": family.created_at,
        "last_used_at": family.turned_at,
        "expires_at": family.expires_at,
    }))
}

fn event(event: &audit_log::OwnEvent) -> Value {
    json!({
        "at": event.at,
        "event": event.event,
        "actor": event.actor,
        "client_id": event.client_id,
        "network": event.network,
        "times": event.times.unwrap_or(1),
    })
}
