//! `/admin/apps/{client_id}/roles`: who has a role at an app; roles of single people are given and taken.

use super::typed::Typed;
use crate::{
    admin::{
        console_form,
        paging::Page,
        role::{Holder, RoleChanges, RoleOfHolder},
    },
    db::{
        Batch,
        app_roles::{self, Assigned},
        clients,
    },
    edge::{
        http::{
            failure::{MachineFailure, PageFailure, Problem},
            request::Incoming,
        },
        people::{
            console_access::Console,
            operations::{self, members},
        },
        platform::{apart::apart, context::Context},
    },
    oidc::params::Params,
    pages::{
        app_name,
        console::{ConsoleAppRolesPage, ConsoleNotice, Part, RoleOfOne},
    },
    reply::Reply,
    routes::{self, Call, Endpoint, Method},
};

const SECTION: Endpoint = Endpoint::ConsoleApps;

const LIST: Call = (Endpoint::AdminClientRoles, Method::Get);
const CHANGE: Call = (Endpoint::AdminClientRoles, Method::Post);
const SEES_PEOPLE: Call = (Endpoint::AdminUsers, Method::Get);

/// Whether somebody may see who has which role: apps, roles, and people with their names.
pub(super) fn are_seen(console: &Console) -> bool {
    console.may(LIST) && console.may(SEES_PEOPLE)
}

/// `GET /admin/apps/{client_id}/roles?after=`.
pub async fn show(request: &mut Incoming, context: &Context) -> Result<Reply, PageFailure> {
    let calls = [(Endpoint::AdminClients, Method::Get), LIST, SEES_PEOPLE];
    let console = Console::open(request, &calls, context).await?;
    let asked = request.asked(&["after", "done"])?;
    let after = asked.filled("after");
    apart(page(&console, (request.segment(0), after), Typed::default(), context)).await
}

async fn page(
    console: &Console,
    (client_id, after): (&str, Option<&str>),
    typed: Typed<'_>,
    context: &Context,
) -> Result<Reply, PageFailure> {
    let params = super::page_behind(after)?;
    let paging = Page::parse(&params, &[]).map_err(Problem::BadRequest)?;
    let after = paging
        .after(|text| text.parse::<u32>().ok())
        .map_err(Problem::BadRequest)?;
    let mut batch = Batch::default();
    let client = batch.add(clients::find(client_id));
    let roles = batch.add(app_roles::list(
        client_id,
        after.unwrap_or_default().into(),
        paging.limit,
    ));
    let rows = context.db.run(batch).await?;
    let client = rows.read(client)?.ok_or(Problem::NotFound)?.client;
    let roles = rows.read(roles)?;
    let last = paging.next(&roles).map(|last| last.id.to_string());
    let next = last.map(|last| super::address(console.path(), [("after", last.as_str())]));
    let changes = console.may(CHANGE);
    let html = ConsoleAppRolesPage {
        part: Part {
            frame: console.frame(SECTION),
            action: console.path(),
            back: &routes::with_segment(Endpoint::ConsoleApp, client_id),
            name: &app_name(client_id, &client.metadata, console.signed_in.language),
            confirm: console.confirm_for(&[CHANGE]),
            may_change: changes && console.signed_in_just_now,
            problem: typed.problem(),
        },
        untold: (client.metadata.rules.roles_claim.is_none())
            .then(|| routes::with_segment(Endpoint::RegisteredClient, client_id)),
        roles: roles.into_iter().map(|role| shown(role, console)).collect(),
        next: next.transpose()?,
        typed: (typed.text("login"), typed.text("role")),
    }
    .to_html();
    Ok(console.page(typed.status(), html))
}

fn shown(assigned: Assigned, console: &Console) -> RoleOfOne {
    let href = match (&assigned.user_id, &assigned.group_id) {
        (Some(id), _) => Some(routes::with_segment(Endpoint::ConsolePerson, id)),
        (None, Some(id)) if console.may((Endpoint::AdminGroups, Method::Get)) => {
            Some(routes::with_segment(Endpoint::ConsoleGroup, id))
        }
        (None, _) => None,
    };
    RoleOfOne {
        href,
        user_id: assigned.user_id,
        name: assigned.name,
        role: assigned.role,
    }
}

/// `POST /admin/apps/{client_id}/roles`: gives a role to somebody, by their username or address, or takes one.
pub async fn submit(request: &mut Incoming, context: &Context) -> Result<Reply, PageFailure> {
    let (console, form) = Console::submit(request, context).await?;
    // Whether there is such a person is told along.
    for call in [CHANGE, SEES_PEOPLE] {
        console.require(call, context)?;
    }
    let client_id = request.segment(0);
    match console_form::asked(&form, &["take_role"]).map_err(Problem::BadRequest)? {
        ("do", "give_role") => match apart(give(client_id, &form, context)).await {
            Ok(()) => Ok(console.done(ConsoleNotice::Added, context)),
            Err(failure) => {
                let problem = super::explain(failure)?;
                apart(page(
                    &console,
                    (client_id, None),
                    Typed::refused(&form, &problem),
                    context,
                ))
                .await
            }
        },
        ("take_role", both) => {
            let taken = match both.split_once(' ') {
                Some((user_id, role)) => apart(take(client_id, user_id, role, context)).await,
                None => Err(console_form::unknown().into()),
            };
            let notice = match taken {
                Ok(true) => ConsoleNotice::Removed,
                Ok(false) => ConsoleNotice::NothingDone,
                Err(failure) => super::notice_of(Err(failure), ConsoleNotice::Removed)?,
            };
            Ok(console.done(notice, context))
        }
        _ => Err(Problem::BadRequest(console_form::unknown()).into()),
    }
}

async fn give(client_id: &str, form: &Params, context: &Context) -> Result<(), MachineFailure> {
    let user = members::named(form.single("login")?.unwrap_or_default().trim(), context).await?;
    let role = RoleOfHolder::parse(form.single("role")?.unwrap_or_default(), Holder::User(user.id))?;
    let given = operations::app_roles::change(client_id, &RoleChanges::give(role), context).await;
    given.map(drop)
}

async fn take(client_id: &str, user_id: &str, role: &str, context: &Context) -> Result<bool, MachineFailure> {
    let role = RoleOfHolder::parse(role, Holder::User(user_id.to_owned()))?;
    operations::app_roles::change(client_id, &RoleChanges::take(role), context).await
}
