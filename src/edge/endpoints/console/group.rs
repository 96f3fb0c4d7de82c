//! `/admin/groups/{group_id}`: a group, who is in it, and the roles that these have by it.

use super::{groups::SECTION, typed::Typed};
use crate::{
    account::user::User,
    admin::{
        console_form::group::{GroupAction, GroupChange, SeenGroup},
        paging::Page,
        role::RoleChanges,
    },
    config::SecondFactor,
    db::{
        Batch,
        app_roles::{self, RoleOfGroup},
        group_members, groups,
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
    pages::console::{ConsoleGroupPage, ConsoleNotice, RoleAtApp, ShownMember},
    reply::Reply,
    routes::{self, Call, Endpoint, Method},
};

const CHANGE: Call = (Endpoint::AdminGroup, Method::Patch);
const SEES_PEOPLE: Call = (Endpoint::AdminGroupMembers, Method::Get);
const FINDS_PEOPLE: Call = (Endpoint::AdminUsers, Method::Get);

/// The most roles of a group that are shown.
const ROLES: usize = 200;
const ONE_MORE: i64 = 201;

/// `GET /admin/groups/{group_id}?after=`.
pub async fn show(request: &mut Incoming, context: &Context) -> Result<Reply, PageFailure> {
    let console = Console::open(request, &[(Endpoint::AdminGroup, Method::Get)], context).await?;
    let asked = request.asked(&["after", "done"])?;
    let after = asked.filled("after");
    apart(page(&console, (request.segment(0), after), Typed::default(), context)).await
}

/// The page, as far as the operator may see it, with the people behind `after`; and with the form that was sent, and what is wrong with
/// it.
async fn page(
    console: &Console,
    (group_id, after): (&str, Option<&str>),
    typed: Typed<'_>,
    context: &Context,
) -> Result<Reply, PageFailure> {
    let params = super::page_behind(after)?;
    let paging = Page::parse(&params, &[]).map_err(Problem::BadRequest)?;
    let after = paging.after_text().map_err(Problem::BadRequest)?;
    let mut batch = Batch::default();
    let group = batch.add(groups::find(group_id));
    let sees_people = console.may(SEES_PEOPLE);
    let members = batch.add_if(sees_people.then(|| group_members::list(group_id, after, paging.limit)));
    let roles = batch.add(app_roles::list_of_group(group_id, ONE_MORE));
    let sees_apps = console.may((Endpoint::AdminClients, Method::Get));
    let changes = console.may(CHANGE);
    let may_change = changes && console.signed_in_just_now;
    let apps = batch.add_if(super::apps_to_choose(console).filter(|_| may_change));
    let rows = context.db.run(batch).await?;
    let group = rows.read(group)?.ok_or(Problem::NotFound)?;
    let members = rows.read_if(members)?;
    let mut roles = rows.read(roles)?;
    let has_more_roles = roles.len() > ROLES;
    roles.truncate(ROLES);
    let action = routes::with_segment(Endpoint::ConsoleGroup, group_id);
    let next = members.as_deref().and_then(|members| paging.next(members));
    let next = next.map(|last| super::address(&action, [("after", last.id.as_str())]));
    let apps = super::few_apps(rows.read_if(apps)?);
    let text = |name| typed.text(name);
    let saves = typed.of("save").is_some();
    let shown = SeenGroup::from(&group).to_field();
    let html = ConsoleGroupPage {
        frame: console.frame(SECTION),
        action: &action,
        confirm: console.confirm_for(&[CHANGE]),
        name: group.name.as_str(),
        id: &group.id,
        created: console.moment(group.created_at),
        needs_factor: if saves {
            !text("factor").is_empty()
        } else {
            group.second_factor_required
        },
        attributes: (!context.config.attributes.is_empty())
            .then(|| routes::with_segment(Endpoint::ConsoleGroupAttributes, group_id)),
        shown: if saves { text("shown") } else { &shown },
        has_factors: context.config.second_factor != SecondFactor::Off,
        may_change,
        may_add: may_change && console.may(FINDS_PEOPLE),
        members: members.map(|members| members.iter().map(shown_member).collect()),
        next: next.transpose()?,
        roles: roles.into_iter().map(|role| shown_role(role, sees_apps)).collect(),
        has_more_roles,
        apps: apps.into_iter().map(|app| shown_role(app, false)).collect(),
        problem: typed.problem(),
        wrong: ["save", "add", "give_role"]
            .into_iter()
            .find(|name| text("do") == *name)
            .unwrap_or_default(),
        typed: [
            if saves { text("name") } else { group.name.as_str() },
            text("login"),
            text("app"),
            text("role"),
        ],
    }
    .to_html();
    Ok(console.page(typed.status(), html))
}

fn shown_member(user: &User) -> ShownMember {
    ShownMember {
        href: routes::with_segment(Endpoint::ConsolePerson, &user.id),
        id: user.id.clone(),
        name: user.display_name().to_owned(),
        username: user.username.as_str().to_owned(),
    }
}

fn shown_role(role: RoleOfGroup, sees_apps: bool) -> RoleAtApp {
    RoleAtApp {
        app: role.app,
        href: sees_apps.then(|| routes::with_segment(Endpoint::ConsoleApp, &role.client_id)),
        client_id: role.client_id,
        role: role.role,
        is_told: role.is_told != 0,
    }
}

/// `POST /admin/groups/{group_id}`: one thing that [`GroupAction`] knows.
pub async fn submit(request: &mut Incoming, context: &Context) -> Result<Reply, PageFailure> {
    let (console, form) = Console::submit(request, context).await?;
    console.require(GroupAction::call(&form).map_err(Problem::BadRequest)?, context)?;
    let group_id = request.segment(0);
    let done = match GroupAction::parse(&form, group_id, context.config.second_factor) {
        Ok(GroupAction::Delete) => {
            let deleted = apart(operations::groups::delete(group_id, context)).await;
            let notice = super::notice_of(deleted, ConsoleNotice::Deleted)?;
            return Ok(console.signed_in.done_at(SECTION.path(), notice.as_str(), context));
        }
        Ok(GroupAction::Change(change)) => {
            if matches!(change, GroupChange::Add(_)) {
                // Whether there is such a person is told along.
                console.require(FINDS_PEOPLE, context)?;
            }
            apart(act(change, group_id, context)).await
        }
        Err(error) => Err(error.into()),
    };
    match done {
        Ok(notice) => Ok(console.done(notice, context)),
        Err(failure) => {
            let problem = super::explain(failure)?;
            apart(page(
                &console,
                (group_id, None),
                Typed::refused(&form, &problem),
                context,
            ))
            .await
        }
    }
}

fn removed_or_not(was_there: bool) -> ConsoleNotice {
    match was_there {
        true => ConsoleNotice::Removed,
        false => ConsoleNotice::NothingDone,
    }
}

async fn act(change: GroupChange<'_>, group_id: &str, context: &Context) -> Result<ConsoleNotice, MachineFailure> {
    match change {
        GroupChange::Save(wanted, shown) => {
            operations::groups::change(group_id, wanted, Some(shown), context).await?;
            Ok(ConsoleNotice::Saved)
        }
        GroupChange::Add(login) => {
            let user = members::named(login, context).await?;
            members::Change::add_one(&user.id, group_id, context).await?;
            Ok(ConsoleNotice::Added)
        }
        GroupChange::Remove(user_id) => {
            let removed = members::Change::remove_one(user_id, group_id, context).await?;
            Ok(removed_or_not(removed))
        }
        GroupChange::GiveRole(client_id, role) => {
            operations::app_roles::change(client_id, &RoleChanges::give(role), context).await?;
            Ok(ConsoleNotice::Added)
        }
        GroupChange::TakeRole(client_id, role) => {
            let taken = operations::app_roles::change(client_id, &RoleChanges::take(role), context).await?;
            Ok(removed_or_not(taken))
        }
    }
}
