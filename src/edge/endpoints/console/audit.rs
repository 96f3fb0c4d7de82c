//! `/admin/audit` and `/admin/audit/export`: what happened.

use crate::{
    account::user::{User, fold_login},
    admin::{
        audit_filter::{AuditFilter, Export},
        console_form,
    },
    audit::Event,
    db::{Batch, users},
    edge::{
        http::{
            failure::{PageFailure, Problem},
            request::Incoming,
        },
        people::{console_access::Console, operations},
        platform::{apart::apart, context::Context},
    },
    oidc::params::Params,
    pages::console::ConsoleAuditPage,
    reply::{Body, Reply},
    routes::{Call, Endpoint, Method},
    time::Lifetime,
};

const SECTION: Endpoint = Endpoint::ConsoleAudit;

/// The fields of the form.
const FIELDS: [&str; 6] = ["event", "user", "client", "operator_user", "from", "to"];

/// Those of them that name somebody.
const OF_PEOPLE: [&str; 2] = ["user", "operator_user"];

const FINDS_PEOPLE: Call = (Endpoint::AdminUsers, Method::Get);

/// `GET /admin/audit?event=&user=&client=&operator_user=&from=&to=&after=`, the newest first.
pub async fn show(request: &mut Incoming, context: &Context) -> Result<Reply, PageFailure> {
    let console = Console::open(request, &[(Endpoint::AdminAudit, Method::Get)], context).await?;
    // What was done is not told on this page.
    let known: Vec<_> = FIELDS.into_iter().chain(["after", "done"]).collect();
    let asked = request.asked(&known)?;
    let filled = filled(&asked);
    let found = apart(find_people(&filled, &console, context)).await?;
    let apps = match super::apps_to_choose(&console) {
        Some(list) => Some(context.db.read(list).await?),
        None => None,
    };
    let params = filter(&filled, &found)?;
    let (filter, page) = AuditFilter::parse(&params).map_err(Problem::BadRequest)?;
    let (events, next) = operations::audit::page(&filter, &page, context).await?;
    let next = next.map(|after| next_page(&filled, after)).transpose()?;
    let html = ConsoleAuditPage {
        frame: console.frame(SECTION),
        names: Event::ALL.iter().map(|event| event.as_str()).collect(),
        event: asked.text("event"),
        user: asked.text("user"),
        client: asked.text("client"),
        apps: super::offered(apps),
        operator_user: asked.text("operator_user"),
        from: asked.text("from"),
        to: asked.text("to"),
        events: events
            .into_iter()
            .map(|event| super::shown_event(event, true, &console))
            .collect(),
        nobody: found
            .iter()
            .find(|(_, user)| user.is_none())
            .map(|(name, _)| asked.text(name)),
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

/// Whom the fields name, each by id, username or address. Whoever may not see people finds them by what the audit shows: by id or username.
async fn find_people(
    filled: &[(&'static str, &str)],
    console: &Console,
    context: &Context,
) -> Result<Vec<(&'static str, Option<User>)>, PageFailure> {
    let mut batch = Batch::default();
    let mut sought = Vec::new();
    for (name, typed) in filled.iter().filter(|(name, _)| OF_PEOPLE.contains(name)) {
        let folded = fold_login(typed.trim());
        let by_id = batch.add(users::find(typed.trim()));
        let by_login = batch.add(operations::members::find(typed.trim(), context));
        sought.push((*name, folded, by_id, by_login));
    }
    if sought.is_empty() {
        return Ok(Vec::new());
    }
    let rows = context.db.run(batch).await?;
    let sees_people = console.may(FINDS_PEOPLE);
    let mut found = Vec::new();
    for (name, folded, by_id, by_login) in sought {
        let named = rows.read(by_login)?.map(|found| found.user);
        let named = named.filter(|user| sees_people || fold_login(user.username.as_str()) == folded);
        found.push((name, rows.read(by_id)?.or(named)));
    }
    Ok(found)
}

/// The parameters of the admin API that ask for the same: days are those of UTC, the last one included. What names nobody stays as it is: the
/// audit keeps the ids of deleted accounts.
fn filter(filled: &[(&'static str, &str)], found: &[(&'static str, Option<User>)]) -> Result<Params, PageFailure> {
    let mut pairs = vec![("limit".to_owned(), super::LONGEST_PAGE.to_owned())];
    for (name, value) in filled {
        let day = || console_form::day(value).map_err(Problem::BadRequest);
        pairs.push(match *name {
            "from" => ("since".to_owned(), day()?.seconds().to_string()),
            "to" => ("until".to_owned(), (day()? + Lifetime::days(1)).seconds().to_string()),
            name => {
                let person = found.iter().find(|(field, _)| *field == name);
                let id = person.and_then(|(_, user)| Some(user.as_ref()?.id.as_str()));
                (name.to_owned(), id.unwrap_or(value).to_owned())
            }
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
