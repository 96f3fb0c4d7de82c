//! `/admin/audit` and `/admin/audit/export`: what happened.

use crate::{
    admin::{
        audit_filter::{AuditFilter, Export},
        console_form,
    },
    audit::Event,
    edge::{
        http::{
            failure::{PageFailure, Problem},
            request::Incoming,
        },
        people::{console_access::Console, operations},
        platform::context::Context,
    },
    oidc::params::Params,
    pages::console::ConsoleAuditPage,
    reply::{Body, Reply},
    routes::{Endpoint, Method},
    time::Lifetime,
};

const SECTION: Endpoint = Endpoint::ConsoleAudit;

/// The fields of the form.
const FIELDS: [&str; 6] = ["event", "user", "client", "operator_user", "from", "to"];

/// `GET /admin/audit?event=&user=&client=&operator_user=&from=&to=&after=`, the newest first.
pub async fn show(request: &mut Incoming, context: &Context) -> Result<Reply, PageFailure> {
    let console = Console::open(request, &[(Endpoint::AdminAudit, Method::Get)], context).await?;
    // What was done is not told on this page.
    let known: Vec<_> = FIELDS.into_iter().chain(["after", "done"]).collect();
    let asked = request.asked(&known)?;
    let filled = filled(&asked);
    let params = filter(&filled)?;
    let (filter, page) = AuditFilter::parse(&params).map_err(Problem::BadRequest)?;
    let (events, next) = operations::audit::page(&filter, &page, context).await?;
    let next = next.map(|after| next_page(&filled, after)).transpose()?;
    let html = ConsoleAuditPage {
        frame: console.frame(SECTION),
        names: Event::ALL.iter().map(|event| event.as_str()).collect(),
        event: asked.text("event"),
        user: asked.text("user"),
        client: asked.text("client"),
        operator_user: asked.text("operator_user"),
        from: asked.text("from"),
        to: asked.text("to"),
        events: events
            .into_iter()
            .map(|event| super::shown_event(event, true, &console))
            .collect(),
        next,
    }
    .to_html();
    Ok(console.page(200, html))
}

/// The fields that are not left empty.
fn filled(asked: &Params) -> Vec<(&'static str, &str)> {
    let known = FIELDS.into_iter().chain(["after"]);
    known.filter_map(|name| Some((name, asked.filled(name)?))).collect()
}

/// The parameters of the admin API that ask for the same: days are those of UTC, the last one included.
fn filter(filled: &[(&'static str, &str)]) -> Result<Params, PageFailure> {
    let mut pairs = vec![("limit".to_owned(), super::LONGEST_PAGE.to_owned())];
    for (name, value) in filled {
        let day = || console_form::day(value).map_err(Problem::BadRequest);
        pairs.push(match *name {
            "from" => ("since".to_owned(), day()?.seconds().to_string()),
            "to" => ("until".to_owned(), (day()? + Lifetime::days(1)).seconds().to_string()),
            name => (name.to_owned(), (*value).to_owned()),
        });
    }
    Ok(Params::of_pairs(pairs).map_err(Problem::BadRequest)?)
}

fn next_page(filled: &[(&'static str, &str)], after: i64) -> Result<String, PageFailure> {
    let after = after.to_string();
    let kept = filled.iter().copied().filter(|(name, _)| *name != "after");
    super::address(SECTION.path(), kept.chain([("after", after.as_str())]))
}

/// `GET /admin/audit/export?after=`: a line of JSON an event, the oldest first, as a file.
pub async fn export(request: &mut Incoming, context: &Context) -> Result<Reply, PageFailure> {
    Console::open(request, &[(Endpoint::AdminAuditExport, Method::Get)], context).await?;
    let asked = request.asked(&["after"])?;
    // A field that is left empty does not matter.
    let after = asked.filled("after").map(|after| ("after", after));
    let export = Export::parse(&super::params_of(after)?).map_err(Problem::BadRequest)?;
    let lines = operations::audit::lines(&export, context).await?;
    Ok(Reply {
        file_name: Some("limen-audit.jsonl"),
        ..Reply::new(200, Body::JsonLines(lines))
    })
}
