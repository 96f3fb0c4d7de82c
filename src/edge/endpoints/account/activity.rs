//! `/account/activity`: what happened to an account.

use crate::{
    db::audit_log::{self, OwnEvent},
    edge::{
        http::{
            failure::{PageFailure, Problem},
            request::Incoming,
        },
        people::account_access::AccountRequest,
        platform::context::Context,
    },
    pages::{
        Moment,
        account::{ActivityPage, Happening},
    },
    reply::Reply,
    routes::Endpoint,
    time::UnixTime,
};

const PAGE: Endpoint = Endpoint::AccountActivity;

/// The most events on a page.
const LONGEST_PAGE: usize = 30;

/// `GET /account/activity?before=`.
pub async fn show(request: &mut Incoming, context: &Context) -> Result<Reply, PageFailure> {
    let params = request.query_params().map_err(Problem::BadRequest)?;
    let before = params.number("before").map_err(Problem::BadRequest)?;
    let mut account_request = AccountRequest::at(PAGE, request, context)?;
    let list = audit_log::list_own(&account_request.session_hash, before, LONGEST_PAGE as i64 + 1);
    let events = account_request.batch.add(list);
    let (signed_in, rows) = account_request.enter(context).await?;
    let mut events = rows.read(events)?;
    let has_older = events.len() > LONGEST_PAGE;
    events.truncate(LONGEST_PAGE);
    let last = events.last().map(|event| event.id).filter(|_| has_older);
    let shown = |event: OwnEvent| Happening {
        at: Moment::new(UnixTime(event.at), context.now, signed_in.language),
        app: event.client_name.or(event.client_id),
        network: event.network,
        by_operator: event.actor == "operator",
        times: event.times.unwrap_or(1),
        event: event.event,
    };
    let html = ActivityPage {
        frame: signed_in.frame(PAGE),
        happenings: events.into_iter().map(shown).collect(),
        older: last.map(|id| format!("{}?before={id}", PAGE.path())),
    }
    .to_html();
    Ok(signed_in.page(200, html))
}
