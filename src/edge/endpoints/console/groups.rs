//! `/admin/groups`: the groups, and a form that makes one.

use super::typed::Typed;
use crate::{
    account::group::{self, Group},
    admin::{console_form::group as group_form, paging::Page},
    db::groups,
    edge::{
        http::{
            failure::{PageFailure, Problem},
            request::Incoming,
        },
        people::{console_access::Console, operations},
        platform::{apart::apart, context::Context},
    },
    oidc::params::Params,
    pages::console::{ConsoleGroupsPage, ConsoleNotice, ListedGroup},
    reply::Reply,
    routes::{self, Call, Endpoint, Method},
};

pub(super) const SECTION: Endpoint = Endpoint::ConsoleGroups;

const CREATE: Call = (Endpoint::AdminGroups, Method::Post);

/// `GET /admin/groups?search=&after=`, by name.
pub async fn list(request: &mut Incoming, context: &Context) -> Result<Reply, PageFailure> {
    let console = Console::open(request, &[(Endpoint::AdminGroups, Method::Get)], context).await?;
    let asked = request.asked(&super::SEARCH)?;
    list_page(&console, &asked, Typed::default(), context).await
}

/// `POST /admin/groups`: makes a group, and leads to it.
pub async fn submit_new(request: &mut Incoming, context: &Context) -> Result<Reply, PageFailure> {
    let (console, form) = Console::submit(request, context).await?;
    console.require(CREATE, context)?;
    let made = match group_form::new_group(&form, context.config.second_factor) {
        Ok(wanted) => apart(operations::groups::create(wanted, context)).await,
        Err(error) => Err(error.into()),
    };
    match made {
        Ok(group) => {
            let name = ConsoleNotice::Added.as_str();
            Ok(console
                .signed_in
                .done_at(&routes::with_segment(Endpoint::ConsoleGroup, &group.id), name, context))
        }
        Err(failure) => {
            let problem = super::explain(failure)?;
            let nothing = super::params_of([])?;
            list_page(&console, &nothing, Typed::refused(&form, &problem), context).await
        }
    }
}

async fn list_page(
    console: &Console,
    asked: &Params,
    typed: Typed<'_>,
    context: &Context,
) -> Result<Reply, PageFailure> {
    let (search, params) = super::page_of(asked, |_| None)?;
    let page = Page::parse(&params, &[]).map_err(Problem::BadRequest)?;
    let after = page.after_text().map_err(Problem::BadRequest)?;
    let groups = context
        .db
        .read(groups::list(&group::fold(search), after, page.limit))
        .await?;
    let next = page.next(&groups).map(|last| last.name.folded());
    let listed = |group: &Group| ListedGroup {
        href: routes::with_segment(Endpoint::ConsoleGroup, &group.id),
        name: group.name.as_str().to_owned(),
        needs_factor: group.second_factor_required,
    };
    let html = ConsoleGroupsPage {
        frame: console.frame(SECTION),
        confirm: console.confirm_for(&[CREATE]),
        search,
        groups: groups.iter().map(listed).collect(),
        next: super::next_page(SECTION, search, next)?,
        may_add: console.signed_in_just_now && console.may(CREATE),
        name: typed.text("name"),
        problem: typed.problem(),
    }
    .to_html();
    Ok(console.page(typed.status(), html))
}
