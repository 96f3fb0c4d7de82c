//! The operator of a deployment: who holds `ADMIN_TOKEN`.

use crate::{
    audit::{Actor, Entry, Event},
    db::audit,
    edge::{
        http::{failure::MachineFailure, request::Incoming},
        platform::context::Context,
    },
    oidc::error::OAuthError,
};

/// Whether the request is the operator's.
pub fn is_operator(request: &Incoming, context: &Context) -> bool {
    let admin_token = context.config.admin_token.as_ref();
    request
        .bearer()
        .zip(admin_token)
        .is_some_and(|(presented, token)| token.matches(&presented))
}

/// Lets the operator pass.
///
/// # Errors
/// 401 with the challenge of RFC 6750.
pub fn require(request: &Incoming, context: &Context) -> Result<(), MachineFailure> {
    if is_operator(request, context) {
        return Ok(());
    }
    if request.bearer().is_some() {
        record_refusal(context);
    }
    let error = OAuthError::invalid_token("the admin token is missing or wrong");
    Err(MachineFailure::Bearer(Some(error)))
}

/// Writes down, after the answer, that somebody tried a wrong token.
pub fn record_refusal(context: &Context) {
    context.after_answer(async |later| {
        let entry = Entry::new(Event::OperatorRefused, Actor::Anybody);
        later.db.execute(audit::record_of_stranger(&entry, later)).await
    });
}
