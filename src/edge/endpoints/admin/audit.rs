//! `/admin/api/audit`: what happened, for operators.

use std::str::FromStr;

use serde_json::json;

use crate::{
    audit::Event,
    db::{
        Batch,
        audit::{self, Filter},
    },
    edge::{
        http::{failure::MachineFailure, request::Incoming},
        people::operator,
        platform::context::Context,
    },
    oidc::{error::OAuthError, params::Params},
    reply::Reply,
    time::UnixTime,
};

/// The most rows on a page of the list.
const LONGEST_PAGE: i64 = 200;

/// `GET /admin/api/audit?user=&client=&event=&since=&until=&before=&limit=`, the newest first.
pub async fn list(request: &mut Incoming, context: &Context) -> Result<Reply, MachineFailure> {
    operator::require(request, context)?;
    let params = request.query_params()?;
    params.refuse_unknown(&["user", "client", "event", "since", "until", "before", "limit"])?;
    let event = match params.single("event")? {
        None => None,
        Some(name) => {
            let event =
                Event::parse(name).ok_or_else(|| OAuthError::invalid_request("event is not one that is known"))?;
            Some(event)
        }
    };
    let filter = Filter {
        user_id: params.single("user")?,
        client_id: params.single("client")?,
        event,
        since: number(&params, "since")?.map(UnixTime),
        until: number(&params, "until")?.map(UnixTime),
        before: number(&params, "before")?,
    };
    let limit = match number(&params, "limit")? {
        None => LONGEST_PAGE,
        Some(limit) if (1..=LONGEST_PAGE).contains(&limit) => limit,
        Some(_) => return Err(OAuthError::invalid_request("limit must be a number from 1 to 200").into()),
    };
    let mut batch = Batch::default();
    let events = batch.add(audit::list(&filter, limit));
    let end = batch.add(audit::find_end(&filter));
    let rows = context.db.run(batch).await?;
    let events = rows.read(events)?;
    let next = match events.last() {
        Some(last) if events.len() as i64 == limit => Some(last.id),
        _ => rows.read(end)?,
    };
    Ok(Reply::json(200, &json!({ "events": events, "next": next })))
}

/// A whole number, small enough for a double to hold.
fn number(params: &Params, name: &str) -> Result<Option<i64>, OAuthError> {
    let Some(text) = params.single(name)? else {
        return Ok(None);
    };
    let number = u32::from_str(text).map(i64::from);
    let wrong = |_| OAuthError::invalid_request(format!("{name} must be a whole number from 0 to {}", u32::MAX));
    number.map(Some).map_err(wrong)
}
