//! `/admin/apps/{client_id}/roles`: who has a role at an app; roles of single people are given and taken.

use crate::{
    account::{group::Label, user::fold_login},
    admin::{
        console_form,
        paging::Page,
        role::{Holder, RoleChanges, RoleOfHolder},
    },
    db::{
        Batch,
        app_roles::{self, Assigned},
        clients, users,
    },
    edge::{
        http::{
            failure::{MachineFailure, PageFailure, Problem},
            request::Incoming,
        },
        people::{
            console_access::{Console, ConsoleRequest},
            operations,
        },
        platform::{apart::apart, context::Context},
    },
    oidc::{error::OAuthError, params::Params},
    pages::{
        app_name,
        console::{ConsoleAppRolesPage, ConsoleNotice, RoleOfOne},
    },
    reply::Reply,
    routes::{self, Endpoint, Method},
};

const SECTION: Endpoint = Endpoint::ConsoleApps;

const LIST: (Endpoint, Method) = (Endpoint::AdminClientRoles, Method::Get);
const CHANGE: (Endpoint, Method) = (Endpoint::AdminClientRoles, Method::Post);
const SEES_PEOPLE: (Endpoint, Method) = (Endpoint::AdminUsers, Method::Get);

/// Whether somebody may see who has which role: apps, roles, and people with their names.
pub(super) fn are_seen(console: &Console) -> bool {
    console.may(LIST) && console.may(SEES_PEOPLE)
}

/// `GET /admin/apps/{client_id}/roles?after=`.
pub async fn show(request: &mut Incoming, context: &Context) -> Result<Reply, PageFailure> {
    let console = ConsoleRequest::at(request, context)?.enter(context).await?;
    for call in [(Endpoint::AdminClients, Method::Get), LIST, SEES_PEOPLE] {
        console.require(call, context)?;
    }
    let asked = request.query_params().map_err(Problem::BadRequest)?;
    asked.refuse_unknown(&["after", "done"]).map_err(Problem::BadRequest)?;
    let after = asked.single("after").map_err(Problem::BadRequest)?;
    apart(page(&console, (request.segment(0), after), None, context)).await
}

async fn page(
    console: &Console,
    (client_id, after): (&str, Option<&str>),
    typed: Option<(&Params, &str)>,
    context: &Context,
) -> Result<Reply, PageFailure> {
    let after = after.map(|after| ("after", after));
    let params = super::params_of([Some(("limit", super::LONGEST_PAGE)), after].into_iter().flatten())?;
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
    let next = match paging.next(&roles) {
        Some(last) => {
            let query = super::params_of([("after", last.id.to_string().as_str())])?.to_query();
            Some(format!("{}?{query}", console.path()))
        }
        None => None,
    };
    let text = |name| typed.map_or("", |(form, _)| form.text(name));
    let changes = console.may(CHANGE);
    let html = ConsoleAppRolesPage {
        frame: console.frame(SECTION),
        action: console.path(),
        back: &super::apps::path_of(client_id),
        name: &app_name(client_id, &client.metadata, console.signed_in.language),
        confirm: console.confirm_for(&[CHANGE]),
        may_change: changes && console.is_sure,
        roles: roles.into_iter().map(|role| shown(role, console)).collect(),
        next,
        typed: (text("login"), text("role")),
        problem: typed.map(|(_, problem)| problem),
    }
    .to_html();
    Ok(console.page(if typed.is_some() { 400 } else { 200 }, html))
}

fn shown(assigned: Assigned, console: &Console) -> RoleOfOne {
    let href = match (&assigned.user_id, &assigned.group_id) {
        (Some(id), _) => Some(routes::with_segment(Endpoint::ConsolePerson, id)),
        (None, Some(id)) if console.may((Endpoint::AdminGroups, Method::Get)) => Some(super::groups::path_of(id)),
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
                apart(page(&console, (client_id, None), Some((&form, &problem)), context)).await
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
                Err(failure) => super::told(Err(failure), ConsoleNotice::Removed)?,
            };
            Ok(console.done(notice, context))
        }
        _ => Err(Problem::BadRequest(console_form::unknown()).into()),
    }
}

fn role_of(user_id: &str, role: &str) -> Result<Vec<RoleOfHolder>, OAuthError> {
    let role = Label::parse(role.trim());
    let role = role.ok_or_else(|| OAuthError::invalid_request(format!("a role {}", Label::RULE)))?;
    let holder = Holder::User(user_id.to_owned());
    Ok(vec![RoleOfHolder { role, holder }])
}

async fn give(client_id: &str, form: &Params, context: &Context) -> Result<(), MachineFailure> {
    let login = form.single("login")?.unwrap_or_default().trim();
    // As at a sign-in: an address that nobody has confirmed is no name where mails are sent.
    let found = users::find_by_login(login, &fold_login(login), context.config.mail.is_some());
    let nobody = || OAuthError::invalid_request("there is no person with that username or e-mail address");
    let user = context.db.read(found).await?.ok_or_else(nobody)?.user;
    let wanted = RoleChanges {
        add: role_of(&user.id, form.single("role")?.unwrap_or_default())?,
        remove: Vec::new(),
    };
    operations::app_roles::change(client_id, &wanted, context)
        .await
        .map(drop)
}

async fn take(client_id: &str, user_id: &str, role: &str, context: &Context) -> Result<bool, MachineFailure> {
    let wanted = RoleChanges {
        add: Vec::new(),
        remove: role_of(user_id, role)?,
    };
    operations::app_roles::change(client_id, &wanted, context).await
}
