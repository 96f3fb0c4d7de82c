//! `POST /admin/api/bulk`: several calls of the admin API, each answered as if it had come alone.

use serde_json::{json, value::RawValue};
use wasm_bindgen::JsCast;
use web_sys::Request;

use super::{answer_admitted, machine_reply, method_not_allowed, not_found};
use crate::{
    admin::bulk::{Bulk, Operation, Outcome},
    edge::{
        http::{failure::MachineFailure, request::Incoming},
        people::operator,
        platform::{context::Context, js},
    },
    fault::Fault,
    oidc::error::OAuthError,
    reply::{Body, Reply},
    routes,
};

/// Makes the calls one after the other.
pub async fn run(request: &mut Incoming, context: &Context) -> Result<Reply, MachineFailure> {
    for name in ["if-match", "idempotency-key"] {
        if request.header(name).is_some() {
            let why = format!("{name} is for one call: leave it out, or send the calls one by one; nothing was done");
            return Err(OAuthError::invalid_request(why).into());
        }
    }
    let bulk = Bulk::parse(&request.json().await?)?;
    let mut results = Vec::with_capacity(bulk.operations.len());
    for (number, operation) in bulk.operations.into_iter().enumerate() {
        let reply = make(operation, request, context).await?;
        let status = reply.status;
        let body = match reply.body {
            Body::Json(text) => RawValue::from_string(text.to_string()).ok(),
            _ => None,
        };
        results.push(Outcome {
            operation: number,
            status,
            body,
        });
        if bulk.stops_at_failure && status >= 400 {
            break;
        }
    }
    Ok(Reply::json(200, &json!({ "results": results })))
}

/// Makes a call in the name of whoever sent `bulk`.
async fn make(operation: Operation, bulk: &mut Incoming, context: &Context) -> Result<Reply, Fault> {
    let (route, segments) = match routes::find(&operation.path) {
        Some((route, segments)) => (Some(route), segments),
        None => (None, Vec::new()),
    };
    let sent = request_of(&operation, context)?;
    let mut call = Incoming::new(operation.method, (&operation.path, ""), segments, sent);
    let Some(route) = route else {
        return Ok(not_found(&call, context));
    };
    if !route.answers(call.method) {
        return Ok(method_not_allowed(route, &call, context));
    }
    if let Err(failure) = operator::check_call(bulk.caller()?, route, &call, context).await {
        return Ok(machine_reply(Err(failure), &call, context));
    }
    call.operator = bulk.operator.take();
    let reply = Box::pin(answer_admitted(route, &mut call, context)).await;
    bulk.operator = call.operator.take();
    Ok(reply)
}

/// The request that the call would have come with, but for `Authorization`, which was looked at before.
fn request_of(operation: &Operation, context: &Context) -> Result<Request, Fault> {
    let init = json!({
        "method": operation.method.as_str(),
        "headers": { "content-type": "application/json" },
        "body": operation.body,
    });
    let init = js_sys::JSON::parse(&init.to_string()).map_err(|error| js::fault("bulk", &error))?;
    let url = context.config.issuer.url(&operation.path);
    Request::new_with_str_and_init(&url, init.unchecked_ref()).map_err(|error| js::fault("bulk", &error))
}
