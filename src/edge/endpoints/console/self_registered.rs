//! `/admin/apps/registered`: apps that registered themselves, those that wait and those that nobody uses.

use crate::{
    admin::{
        client_approval::{APPROVE, Approval, CLEAN_UP, Unused, Verdicts},
        client_filter::ClientFilter,
    },
    db::client_list::Listed,
    edge::{
        http::{
            failure::{MachineFailure, PageFailure, Problem},
            request::Incoming,
        },
        people::{
            console_access::Console,
            operations::{self, self_registered},
        },
        platform::{apart::apart, context::Context},
    },
    oidc::{error::OAuthError, params::Params},
    pages::{
        app_name,
        console::{ConsoleNotice, SelfRegisteredPage, WaitingApp},
    },
    reply::Reply,
    routes::{self, Endpoint, Method},
};

const SECTION: Endpoint = Endpoint::ConsoleApps;
const PAGE: Endpoint = Endpoint::ConsoleSelfRegistered;

/// For how many days apps were not used, where nothing is typed.
const USUAL_DAYS: &str = "30";

/// `GET /admin/apps/registered?unused=&days=`.
pub async fn show(request: &mut Incoming, context: &Context) -> Result<Reply, PageFailure> {
    let console = Console::open(request, &[(Endpoint::AdminUnusedClients, Method::Get)], context).await?;
    let asked = request.asked(&["unused", "days", "done"])?;
    let unused = asked.filled("unused").map(|_| Unused::of_form(&asked));
    let (counted, problem) = match unused {
        None => (None, None),
        Some(Ok(unused)) => (Some(self_registered::count(unused, context).await?), None),
        Some(Err(error)) => (None, Some(error.description)),
    };
    apart(page(&console, &asked, counted, problem.as_deref(), context)).await
}

/// `POST /admin/apps/registered`: approves, refuses, or cleans up.
pub async fn submit(request: &mut Incoming, context: &Context) -> Result<Reply, PageFailure> {
    let (console, form) = Console::submit(request, context).await?;
    let cleans_up = form.text("do") == "clean_up";
    console.require(if cleans_up { CLEAN_UP } else { APPROVE }, context)?;
    match apart(act(cleans_up, &form, context)).await {
        Ok(notice) => Ok(console.done(notice, context)),
        Err(failure) => {
            let problem = super::explain(failure)?;
            apart(page(&console, &form, None, Some(&problem), context)).await
        }
    }
}

async fn act(cleans_up: bool, form: &Params, context: &Context) -> Result<ConsoleNotice, MachineFailure> {
    if !cleans_up {
        let judged = self_registered::judge(&Verdicts::of_form(form)?, context).await?;
        return Ok(match (judged.approved.is_empty(), judged.refused.is_empty()) {
            (true, true) => ConsoleNotice::NothingDone,
            (true, false) => ConsoleNotice::Deleted,
            (false, _) => ConsoleNotice::Saved,
        });
    }
    let most = form.single("most")?.and_then(|most| most.parse().ok());
    let most = most.ok_or_else(|| OAuthError::invalid_request("most must be the number of apps that were counted"))?;
    let (deleted, _) = self_registered::clean_up(Unused::of_form(form)?, most, context).await?;
    Ok(match deleted {
        0 => ConsoleNotice::NothingDone,
        _ => ConsoleNotice::Deleted,
    })
}

async fn page(
    console: &Console,
    typed: &Params,
    counted: Option<i64>,
    problem: Option<&str>,
    context: &Context,
) -> Result<Reply, PageFailure> {
    let wanted = super::params_of([("waiting", "true"), ("limit", super::LONGEST_PAGE)])?;
    let (filter, page) = ClientFilter::parse(&wanted).map_err(Problem::BadRequest)?;
    let (waiting, next) = operations::clients::page(&filter, &page, context).await?;
    let days = typed.text("days");
    let html = SelfRegisteredPage {
        frame: console.frame(SECTION),
        action: PAGE.path(),
        confirm: console.confirm_for(&[APPROVE]),
        may_change: console.signed_in_just_now && console.may(APPROVE),
        waiting: waiting.iter().map(|app| shown(app, console)).collect(),
        has_more: next.is_some(),
        never: typed.text("unused") != "since",
        days: if days.is_empty() { USUAL_DAYS } else { days },
        counted,
        problem,
    }
    .to_html();
    Ok(console.page(if problem.is_some() { 400 } else { 200 }, html))
}

fn shown(app: &Listed, console: &Console) -> WaitingApp {
    let language = console.signed_in.language;
    WaitingApp {
        href: routes::with_segment(Endpoint::ConsoleApp, &app.client_id),
        name_in_form: Approval::name_of(&app.client_id, app.version),
        name: app_name(&app.client_id, &app.metadata, language).into_owned(),
        addresses: (app.metadata.redirect_uris.iter())
            .map(|address| address.as_str().to_owned())
            .collect(),
        registered: console.moment(app.issued_at),
    }
}
