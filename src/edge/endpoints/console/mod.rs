//! `/admin` and the pages below it, for operators who are people. What a page does is done by the functions that the admin API calls,
//! and needs the same scopes.

pub mod api;
pub mod apis;
pub mod app;
pub mod app_look;
pub mod app_roles;
pub mod app_secrets;
pub mod apps;
pub mod attributes;
pub mod audit;
pub mod group;
pub mod groups;
pub mod invitations;
pub mod look;
pub mod mail;
pub mod new_person;
pub mod overview;
pub mod people;
pub mod person;
pub mod profile;
pub mod self_registered;
pub mod system;
pub mod token_preview;
mod typed;
pub mod webhook;
pub mod webhooks;

use crate::{
    admin::console_form,
    db::{
        Query,
        app_roles::{RoleOfGroup, list_apps},
        audit_log::Recorded,
    },
    edge::{
        http::failure::{MachineFailure, PageFailure, Problem},
        people::{console_access::Console, operator},
        platform::context::Context,
    },
    fault::Fault,
    oidc::params::Params,
    pages::console::{ConsoleNotice, NamedPage, ShownChoice, ShownEvent, ShownOperator},
    routes::{self, Endpoint, Method},
};

/// How many rows are on a page of a list.
const LONGEST_PAGE: &str = "50";

/// The parameters of a list that can be searched.
const SEARCH: [&str; 3] = ["search", "after", "done"];

/// What is searched for, and the parameters of the list of the admin API that finds it: those of `how`, and the page.
fn page_of<'a>(
    asked: &'a Params,
    how: impl FnOnce(&'a str) -> Option<(&'static str, &'a str)>,
) -> Result<(&'a str, Params), PageFailure> {
    let search = asked.text("search").trim();
    let after = asked.filled("after").map(|after| ("after", after));
    let pairs = [how(search), Some(("limit", LONGEST_PAGE)), after];
    Ok((search, params_of(pairs.into_iter().flatten())?))
}

/// The parameters of the page that begins behind `after`.
fn page_behind(after: Option<&str>) -> Result<Params, PageFailure> {
    let after = after.map(|after| ("after", after));
    params_of([Some(("limit", LONGEST_PAGE)), after].into_iter().flatten())
}

/// The address of the page of what is searched for that begins behind `after`.
fn next_page(list: Endpoint, search: &str, after: Option<String>) -> Result<Option<String>, PageFailure> {
    let address = |after: String| address(list.path(), [("search", search), ("after", &after)]);
    after.map(address).transpose()
}

/// The most apps that are shown to choose from: where there are more, the id is typed.
const APPS: usize = 100;
const ONE_MORE_APP: i64 = 101;

/// The apps to choose from, for those who may see apps.
fn apps_to_choose(console: &Console) -> Option<Query<Vec<RoleOfGroup>>> {
    let sees_apps = console.may((Endpoint::AdminClients, Method::Get));
    sees_apps.then(|| list_apps(ONE_MORE_APP))
}

/// None where there are more than are shown.
fn few_apps(found: Option<Vec<RoleOfGroup>>) -> Vec<RoleOfGroup> {
    found.filter(|apps| apps.len() <= APPS).unwrap_or_default()
}

/// Those as a page offers them.
fn offered(found: Option<Vec<RoleOfGroup>>) -> Vec<ShownChoice> {
    let choice = |app: RoleOfGroup| ShownChoice {
        id: app.client_id,
        name: app.app,
        is_allowed: false,
    };
    few_apps(found).into_iter().map(choice).collect()
}

/// A path with parameters.
fn address<'a>(path: &str, pairs: impl IntoIterator<Item = (&'a str, &'a str)>) -> Result<String, PageFailure> {
    Ok(format!("{path}?{}", params_of(pairs)?.to_query()))
}

fn params_of<'a>(pairs: impl IntoIterator<Item = (&'a str, &'a str)>) -> Result<Params, PageFailure> {
    let owned = pairs
        .into_iter()
        .map(|(name, value)| (name.to_owned(), value.to_owned()));
    Ok(Params::of_pairs(owned).map_err(Problem::BadRequest)?)
}

/// What is wrong with what was typed, in English.
///
/// # Errors
/// A fault.
fn explain(failure: MachineFailure) -> Result<String, PageFailure> {
    match failure {
        MachineFailure::OAuth(error) | MachineFailure::Status(_, error) | MachineFailure::Bearer(Some(error)) => {
            Ok(error.description.into_owned())
        }
        MachineFailure::Fault(fault) => Err(fault.into()),
        _ => Ok(console_form::changed().description.into_owned()),
    }
}

/// Whether the operator may not change a person by a form of theirs: it is themselves, who have pages for that, or an operator who may do more.
async fn is_beyond(user_id: &str, console: &Console, context: &Context) -> Result<bool, Fault> {
    let is_own = console.signed_in.user().id == user_id;
    Ok(is_own || console.operator.could_change(user_id, context).await?.is_err())
}

/// Refuses a change of such a person, and writes it down where it is another.
fn refuse_beyond(user_id: &str, console: &Console, context: &Context) -> PageFailure {
    if console.signed_in.user().id != user_id {
        operator::record_beyond(user_id, context);
    }
    Problem::NotForYou.into()
}

/// That something else has changed it meanwhile.
fn changed_elsewhere() -> MachineFailure {
    MachineFailure::status(409, console_form::changed())
}

/// The notice of what was done; that nothing was, where what it was to be done to is not there or no longer such that it can be done.
///
/// # Errors
/// A fault.
fn notice_of(done: Result<(), MachineFailure>, notice: ConsoleNotice) -> Result<ConsoleNotice, PageFailure> {
    match done {
        Ok(()) => Ok(notice),
        Err(failure) => explain(failure).map(|_| ConsoleNotice::NothingDone),
    }
}

/// An event as a page shows it, whole or as far as the page of its person needs.
fn shown_event(event: Recorded, whole: bool, console: &Console) -> ShownEvent {
    let page = |name: Option<String>, id: Option<String>, (section, at): (Endpoint, Endpoint)| {
        let id = id?;
        Some(NamedPage {
            href: console.sees(section).then(|| routes::with_segment(at, &id)),
            name: name.unwrap_or_default(),
            id,
        })
    };
    let (person, app) = (
        (Endpoint::ConsolePeople, Endpoint::ConsolePerson),
        (Endpoint::ConsoleApps, Endpoint::ConsoleApp),
    );
    ShownEvent {
        at: console.moment(event.at),
        event: event.event,
        operator: match page(event.operator_username, event.operator_user_id, person) {
            Some(person) => Some(ShownOperator::Person(person)),
            None => match event.operator {
                Some(name) => Some(ShownOperator::Program(name)),
                None => (event.actor == "operator").then_some(ShownOperator::AdminToken),
            },
        },
        outcome: event.outcome,
        actor: event.actor,
        person: page(event.username, event.user_id, person).filter(|_| whole),
        app: page(event.client_name, event.client_id, app),
        network: event.network,
        detail: event.detail.filter(|_| whole).map(|detail| detail.to_string()),
    }
}
