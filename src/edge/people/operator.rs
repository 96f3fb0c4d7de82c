//! Operators: who holds `ADMIN_TOKEN`, or a key of the admin API.

use serde_json::json;

use crate::{
    admin::api_key::{ApiKey, KeyScope},
    audit::{Actor, Entry, Event},
    db::{api_keys, audit},
    edge::{
        http::{failure::MachineFailure, request::Incoming},
        platform::context::Context,
    },
    fault::Fault,
    oidc::error::OAuthError,
    routes::Route,
    secret::{OpaqueToken, Purpose},
};

/// What the text of a key begins with, so that it is known where it does not belong.
pub const PREFIX: &str = "limen_";

/// Who calls.
pub enum Operator {
    /// Whoever holds `ADMIN_TOKEN` may do everything.
    Token,
    Key(ApiKey),
}

/// The operator whose request it is. `None` where it shows neither the token nor a key that lives.
pub async fn find(request: &Incoming, context: &Context) -> Result<Option<Operator>, Fault> {
    let Some(presented) = request.bearer() else {
        return Ok(None);
    };
    let token = context.config.admin_token.as_ref();
    if token.is_some_and(|token| token.matches(&presented)) {
        return Ok(Some(Operator::Token));
    }
    let key = presented.strip_prefix(PREFIX).and_then(OpaqueToken::parse);
    let Some(hash) = key.and_then(|key| key.hash(&context.config.roots, Purpose::ApiKey)) else {
        return Ok(None);
    };
    let found = context.db.read(api_keys::find(&hash, context.now)).await?;
    Ok(found.map(Operator::Key))
}

impl Operator {
    /// Lets an operator pass who may do what is `needed`. From here on what they do is written down under their name.
    ///
    /// # Errors
    /// 403, naming the scope that a key lacks.
    pub fn admit(&self, needed: Option<KeyScope>, context: &Context) -> Result<(), MachineFailure> {
        let Self::Key(key) = self else { return Ok(()) };
        context.note_operator(key.name.as_str());
        if let Err(error) = key.check(needed) {
            record(Actor::Operator, needed, context);
            return Err(MachineFailure::Bearer(Some(error)));
        }
        if key.is_use_due(context.now) {
            let id = key.id.clone();
            context.after_answer(async move |later| later.db.execute([api_keys::mark_used(&id, later.now)]).await);
        }
        Ok(())
    }
}

/// Lets an operator pass who may call `route` so.
///
/// # Errors
/// 401 with the challenge of RFC 6750; 403, naming the scope that a key lacks.
pub async fn require(route: &Route, request: &Incoming, context: &Context) -> Result<(), MachineFailure> {
    match find(request, context).await? {
        Some(operator) => operator.admit(KeyScope::needed(route.path, request.method), context),
        None => {
            if request.bearer().is_some() {
                record_refusal(context);
            }
            let error = OAuthError::invalid_token("the admin token or API key is missing or wrong");
            Err(MachineFailure::Bearer(Some(error)))
        }
    }
}

/// Writes down, after the answer, that somebody tried a wrong token.
pub fn record_refusal(context: &Context) {
    record(Actor::Anybody, None, context);
}

/// The same of a key that tried what it may not do: as often as with strangers, for it may be stolen.
fn record(actor: Actor, needed: Option<KeyScope>, context: &Context) {
    context.after_answer(async move |later| {
        let entry = Entry::new(Event::OperatorRefused, actor);
        let entry = match needed {
            Some(needed) => entry.detail(json!({ "needs": needed.name() })),
            None => entry,
        };
        later.db.execute(audit::record_of_stranger(&entry, later)).await
    });
}
