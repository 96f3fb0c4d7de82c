//! `/admin/api/status`: what an operator should know of the deployment.

use serde_json::json;

use crate::{
    edge::{
        http::{failure::MachineFailure, request::Incoming},
        people::operator,
        platform::{context::Context, deployment},
    },
    reply::Reply,
};

/// `GET /admin/api/status`.
pub async fn show(request: &mut Incoming, context: &Context) -> Result<Reply, MachineFailure> {
    operator::require(request, context)?;
    let body = json!({
        "issuer": context.config.issuer.as_str(),
        "warnings": deployment::warnings(),
    });
    Ok(Reply::json(200, &body))
}
