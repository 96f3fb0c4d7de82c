//! `/admin/api/groups`: groups of people, for operators.

use crate::{
    account::group,
    admin::{
        group::{WantedGroup, describe},
        paging::Page,
    },
    db::groups,
    edge::{
        http::{failure::MachineFailure, request::Incoming},
        people::operations::groups as operation,
        platform::context::Context,
    },
    reply::{Body, Reply},
};

/// `POST /admin/api/groups`.
pub async fn create(request: &mut Incoming, context: &Context) -> Result<Reply, MachineFailure> {
    let wanted = WantedGroup::parse(
        &request.json().await?,
        context.config.second_factor,
        &context.config.attributes,
    )?;
    Ok(Reply::json(201, &describe(&operation::create(wanted, context).await?)))
}

/// `GET /admin/api/groups?search=&after=&limit=`: by name, all or those whose names begin so in any spelling.
pub async fn list(request: &mut Incoming, context: &Context) -> Result<Reply, MachineFailure> {
    let params = request.query_params()?;
    let page = Page::parse(&params, &["search"])?;
    let beginning = group::fold(params.single("search")?.unwrap_or_default());
    let list = groups::list(&beginning, page.after_text()?, page.limit);
    let found = context.db.read(list).await?;
    let listed = page.describe("groups", &found, describe, |group| group.name.folded());
    Ok(Reply::json(200, &listed))
}

/// `GET /admin/api/groups/{group_id}`.
pub async fn show(request: &mut Incoming, context: &Context) -> Result<Reply, MachineFailure> {
    Ok(Reply::json(
        200,
        &describe(&operation::find(request.segment(0), context).await?),
    ))
}

/// `PATCH /admin/api/groups/{group_id}`: another name, of which apps are told from the next token on; or whether its people must show
/// a second factor.
pub async fn change(request: &mut Incoming, context: &Context) -> Result<Reply, MachineFailure> {
    let wanted = WantedGroup::parse(
        &request.json().await?,
        context.config.second_factor,
        &context.config.attributes,
    )?;
    let group = operation::change(request.segment(0), wanted, None, context).await?;
    Ok(Reply::json(200, &describe(&group)))
}

/// `DELETE /admin/api/groups/{group_id}`. An app that was for this group alone is for nobody then.
pub async fn delete(request: &mut Incoming, context: &Context) -> Result<Reply, MachineFailure> {
    operation::delete(request.segment(0), context).await?;
    Ok(Reply::new(204, Body::Empty))
}
