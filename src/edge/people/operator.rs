//! How operators are let in, and what they do written down under their names.

use serde_json::{Value, json};

use crate::{
    admin::{
        api_key::{self, Area, KeyScope},
        moving::IMPORTED,
        operator::Operator,
    },
    audit::{Actor, Entry, Event},
    db::{
        api_keys, audit,
        operators::{self, JudgedRoles},
    },
    edge::{
        http::{failure::MachineFailure, request::Incoming},
        people::operator_token,
        platform::{
            apart::apart,
            context::{ActingOperator, Context},
        },
    },
    fault::Fault,
    oidc::error::{ErrorCode, OAuthError},
    routes::{Endpoint, Route},
    secret::{OpaqueToken, Purpose},
};

/// What the text of a key begins with, so that it is known where it does not belong.
pub const PREFIX: &str = "limen_";

/// The operator whose request it is, for what is `needed`. `None` where it shows neither the token nor a key that lives, nor an access
/// token for the admin API.
///
/// # Errors
/// As [`operator_token::find`].
pub async fn find(
    request: &Incoming,
    needed: Option<KeyScope>,
    context: &Context,
) -> Result<Option<Operator>, MachineFailure> {
    if let Some(app) = apart(operator_token::find(request, needed, context)).await? {
        return Ok(Some(app));
    }
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
        self.note(context);
        self.check(needed, context)?;
        self.note_use(context);
        Ok(())
    }

    /// Whether they may do what is `needed`. Who tries what they may not is written down.
    fn check(&self, needed: Option<KeyScope>, context: &Context) -> Result<(), MachineFailure> {
        self.may(needed).map_err(|error| {
            record(Actor::Operator, needed, context);
            MachineFailure::Bearer(Some(error))
        })
    }

    /// Writes down, to the hour, that a key is in use.
    fn note_use(&self, context: &Context) {
        if let Self::Key(key) = self
            && key.is_use_due(context.now)
        {
            let id = key.id.clone();
            context.after_answer(async move |later| later.db.execute([api_keys::mark_used(&id, later.now)]).await);
        }
    }

    /// From here on what they do is written down under their name.
    pub fn note(&self, context: &Context) {
        match self {
            Self::Token => {}
            Self::Key(key) => context.note_operator(ActingOperator {
                program: Some(key.name.as_str().to_owned()),
                person: None,
            }),
            Self::Person(person) => context.note_operator(ActingOperator {
                program: None,
                person: Some(person.user_id.clone()),
            }),
            Self::App(app) => context.note_operator(ActingOperator {
                program: Some(program_of(&app.client_id)),
                person: app.person.as_ref().map(|person| person.user_id.clone()),
            }),
        }
    }

    /// Whether they may change the account of a person ([`Operator::may_change_account`]), and why not. Who tries is written down. From here
    /// on nothing is changed where the person has got other roles since.
    pub async fn may_change(&self, user_id: &str, context: &Context) -> Result<Result<(), &'static str>, Fault> {
        let may = self.could_change(user_id, context).await?;
        if may.is_err() {
            record_beyond(user_id, context);
        }
        Ok(may)
    }

    /// The same for a page that shows what they could do: whoever looks tries nothing, and nothing is written down.
    pub async fn could_change(&self, user_id: &str, context: &Context) -> Result<Result<(), &'static str>, Fault> {
        if matches!(self, Self::Token) {
            return Ok(Ok(()));
        }
        let other = context.db.read(operators::find(user_id)).await?;
        let may = other
            .as_ref()
            .map_or(Ok(()), |other| self.may_change_account(&other.roles));
        context.db.demand_roles(Some(JudgedRoles::new(user_id, other.as_ref())));
        Ok(may)
    }
}

/// What the audit calls an app that acts.
pub fn program_of(client_id: &str) -> String {
    format!("app ({client_id})")
}

/// Lets an operator pass who may call `route` so; for many calls at once everybody who is one, since each of the calls is checked by itself, and
/// for an import those who may import a line of some kind.
///
/// # Errors
/// 401 with the challenge of RFC 6750; 403, naming the scope that a key lacks.
pub async fn require(route: &Route, request: &mut Incoming, context: &Context) -> Result<(), MachineFailure> {
    let needed = KeyScope::needed(route.path, request.method);
    let found = find(request, needed, context).await;
    if matches!(
        found,
        Err(MachineFailure::Bearer(_) | MachineFailure::Dpop(_) | MachineFailure::Reply(_))
    ) {
        record_refusal(context);
    }
    match found? {
        Some(operator) => {
            operator.note(context);
            match route.endpoint {
                Endpoint::AdminBulk => {}
                Endpoint::AdminImport => check_import(&operator, context)?,
                _ => check_call(&operator, route, request, context).await?,
            }
            operator.note_use(context);
            request.operator = Some(operator);
            Ok(())
        }
        None => {
            if request.authorization().is_some() {
                record_refusal(context);
            }
            Err(unknown())
        }
    }
}

/// Whether an operator may call `route` so.
///
/// # Errors
/// 403, naming the scope that they lack, or where the call changes an operator whom they may not change.
pub async fn check_call(
    operator: &Operator,
    route: &Route,
    request: &Incoming,
    context: &Context,
) -> Result<(), MachineFailure> {
    let needed = KeyScope::needed(route.path, request.method);
    // Of many calls at once each has its own person.
    context.db.demand_roles(None);
    operator.check(needed, context)?;
    let changes_person = needed.is_some_and(|scope| scope.area == Area::People && scope.writes);
    match changes_person && route.path.contains("{user_id}") {
        true => check_person(operator, request.segment(0), context).await,
        false => Ok(()),
    }
}

fn check_import(operator: &Operator, context: &Context) -> Result<(), MachineFailure> {
    let needed = IMPORTED.map(|area| KeyScope { area, writes: true });
    if needed.iter().any(|scope| operator.may(Some(*scope)).is_ok()) {
        return Ok(());
    }
    record(Actor::Operator, None, context);
    let why = format!(
        "each line of an import takes the scope of what it is about: one of {}",
        api_key::names(&needed).join(", ")
    );
    Err(MachineFailure::Bearer(Some(OAuthError::new(
        ErrorCode::InsufficientScope,
        why,
    ))))
}

/// Whether the operator of the request may change the account of `user_id`, whom the path does not name.
///
/// # Errors
/// 403 where the person is an operator whom the caller may not change.
pub async fn require_may_change(user_id: &str, request: &Incoming, context: &Context) -> Result<(), MachineFailure> {
    let operator = request.operator.as_ref().ok_or_else(unknown)?;
    check_person(operator, user_id, context).await
}

async fn check_person(operator: &Operator, user_id: &str, context: &Context) -> Result<(), MachineFailure> {
    operator.may_change(user_id, context).await?.map_err(beyond)
}

/// Why nothing was changed about a person who has got other roles since they were judged.
pub fn roles_changed() -> MachineFailure {
    beyond("the roles of the person were changed by another request; read them and try again")
}

fn beyond(why: &'static str) -> MachineFailure {
    MachineFailure::Bearer(Some(OAuthError::new(ErrorCode::InsufficientScope, why)))
}

fn unknown() -> MachineFailure {
    let error = OAuthError::invalid_token("the admin token or API key is missing or wrong");
    MachineFailure::Bearer(Some(error))
}

/// Writes down, after the answer, that somebody tried a wrong token.
pub fn record_refusal(context: &Context) {
    record(Actor::Anybody, None, context);
}

/// The same of a key, or of a person, that tried what it may not do: as often as with strangers, for it may be stolen.
pub fn record(actor: Actor, needed: Option<KeyScope>, context: &Context) {
    let detail = needed.map(|needed| json!({ "needs": needed.name() }));
    record_refused(actor, detail, context);
}

/// The same of an operator who tried to change an operator whom they may not change, or to give what they do not have.
pub fn record_beyond(user_id: &str, context: &Context) {
    record_refused(Actor::Operator, Some(json!({ "user": user_id })), context);
}

fn record_refused(actor: Actor, detail: Option<Value>, context: &Context) {
    context.after_answer(async move |later| {
        let entry = Entry {
            detail,
            ..Entry::new(Event::OperatorRefused, actor)
        };
        later.db.execute(audit::record_of_stranger(&entry, later)).await
    });
}
