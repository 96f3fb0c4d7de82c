//! `/admin/api/apis`: APIs, for operators.

use serde_json::{Value, json};

use crate::{
    admin::{api, body, paging::Page},
    db::apis::{self, StoredApi},
    edge::{
        http::{failure::MachineFailure, request::Incoming},
        people::operations::apis as operation,
        platform::context::Context,
    },
    oidc::{api_credentials, client::registration::RenewalRequest},
    reply::{Body, Reply},
};

/// `POST /admin/api/apis`.
pub async fn create(request: &mut Incoming, context: &Context) -> Result<Reply, MachineFailure> {
    let new = api::parse_new(&request.json().await?, &context.config)?;
    Ok(Reply::json(
        201,
        &describe(&operation::create(new, context).await?, context),
    ))
}

/// `GET /admin/api/apis?search=&after=&limit=`: by identifier; and beside them those of the variable.
pub async fn list(request: &mut Incoming, context: &Context) -> Result<Reply, MachineFailure> {
    let params = request.query_params()?;
    let page = Page::parse(&params, &["search"])?;
    let part = params.single("search")?.unwrap_or_default().to_ascii_lowercase();
    let list = apis::list(&part, page.after_text()?, page.limit);
    let found = context.db.read(list).await?;
    let describe = |stored: &StoredApi| describe(stored, context);
    let mut listed = page.describe("apis", &found, describe, |stored| stored.api.identifier.clone());
    if let Value::Object(members) = &mut listed {
        let of_variable = context.config.resources.iter().filter(|(_, api)| api.is_open);
        let of_variable = of_variable.map(|(_, api)| api::describe_of_variable(api)).collect();
        members.insert("of_variable".to_owned(), of_variable);
    }
    Ok(Reply::json(200, &listed))
}

/// `GET /admin/api/apis/{api_id}`.
pub async fn show(request: &mut Incoming, context: &Context) -> Result<Reply, MachineFailure> {
    let stored = operation::find(request.segment(0), context).await?;
    Ok(Reply::json(200, &describe(&stored, context)))
}

/// `PATCH /admin/api/apis/{api_id}`: a merge patch (RFC 7396), which counts from the next token on.
pub async fn change(request: &mut Incoming, context: &Context) -> Result<Reply, MachineFailure> {
    let patch = api::parse_patch(&request.json().await?)?;
    let before = operation::find(request.segment(0), context).await?;
    let settings = api::patched(&before.api, patch, context.config.settings())?;
    let stored = operation::change(before, settings, context).await?;
    Ok(Reply::json(200, &describe(&stored, context)))
}

/// `DELETE /admin/api/apis/{api_id}`.
pub async fn delete(request: &mut Incoming, context: &Context) -> Result<Reply, MachineFailure> {
    operation::delete(request.segment(0), context).await?;
    Ok(Reply::new(204, Body::Empty))
}

/// `POST /admin/api/apis/{api_id}/renew_secret`: a secret with which the API asks about tokens; the one before works for as long as it says.
pub async fn renew_secret(request: &mut Incoming, context: &Context) -> Result<Reply, MachineFailure> {
    let [overlap, _] = RenewalRequest::MEMBERS;
    let members = body::optional_members(&request.optional_json().await?, &[overlap])?;
    let renewal = RenewalRequest::read(&members)?;
    let new = operation::renew_secret(request.segment(0), renewal.overlap, context).await?;
    let told = json!({
        "client_id": new.client_id,
        "client_secret": new.secret,
        "previous_secret_until": new.before_until,
    });
    Ok(Reply::json(200, &told))
}

fn describe(stored: &StoredApi, context: &Context) -> Value {
    let mut members = api::describe(&stored.api, stored.problem.as_deref(), context.config.settings());
    for (name, value) in [
        ("id", json!(stored.id)),
        (
            "introspection",
            json!({
                "client_id": api_credentials::client_id(&stored.id),
                "secret_made_at": stored.secret_made_at,
                "previous_secret_until": stored.previous_secret_until.filter(|until| *until > context.now),
            }),
        ),
        ("created_at", json!(stored.created_at)),
        ("updated_at", json!(stored.updated_at)),
    ] {
        members.insert(name.to_owned(), value);
    }
    Value::Object(members)
}
