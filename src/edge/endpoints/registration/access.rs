//! Who may register clients, and change them: the operator, a client of theirs with the scope `dcr_admin`, the client itself
//! by its registration access token (RFC 7592 section 1.2), or, where the operator has opened registration, anybody.

use crate::{
    account::throttle,
    admin::api_key::KeyScope,
    audit::{Actor, Entry, Event},
    config::Registration,
    db::{
        audit,
        clients::{self, ClientRecord},
        throttles,
    },
    edge::{
        clients::registration::RegisteringParty,
        http::{failure::MachineFailure, request::Incoming},
        people::operator,
        platform::context::{ActingOperator, Context},
        tokens::bearer,
    },
    fault::Fault,
    oidc::{
        client::self_service::RegisteredBy,
        error::{ErrorCode, OAuthError},
        scope::Scope,
    },
    secret::{OpaqueToken, Purpose},
};

impl RegisteredBy {
    /// Who sends a registration.
    ///
    /// # Errors
    /// 401 or 403 where it is not allowed, 429 where it happens too often.
    pub async fn of(request: &mut Incoming, context: &Context) -> Result<Self, MachineFailure> {
        match context.config.registration {
            Registration::Off => {
                let error = OAuthError::new(ErrorCode::AccessDenied, "registration is switched off");
                Err(MachineFailure::status(403, error))
            }
            Registration::Token => require_administrator(request, context).await.map(|()| Self::Operator),
            Registration::Open if request.authorization().is_some() => {
                require_administrator(request, context).await.map(|()| Self::Operator)
            }
            Registration::Open => {
                let key = context.config.roots.current(Purpose::Throttle);
                let counter =
                    throttle::of_registrations(&key, &request.address(), context.config.registrations_per_address);
                let counted = context.db.read(throttles::count_address(&counter, context.now)).await?;
                let Some(wait) = counted.wait(&counter, context.now) else {
                    return Ok(Self::Anybody);
                };
                if counted.is_first_over(&counter) {
                    record_refusal(context).await?;
                }
                Err(MachineFailure::too_many(wait))
            }
        }
    }
}

/// Whoever registers or changes a client by this request.
pub fn registering_party(by: RegisteredBy, request: &Incoming) -> RegisteringParty<'_> {
    RegisteringParty {
        by,
        operator: request.operator.as_ref(),
        is_told_token: true,
    }
}

/// The client of the path, and on whose behalf it is changed. The answer never tells whether there is such a client: "If the
/// client does not exist on this server, the server MUST respond with HTTP 401 Unauthorized" (RFC 7592 section 2.1).
///
/// # Errors
/// 401; 403 for an access token without the scope `dcr_admin`.
pub async fn authorized_client(
    request: &mut Incoming,
    context: &Context,
) -> Result<(ClientRecord, RegisteredBy), MachineFailure> {
    let presented = request.bearer().and_then(|text| OpaqueToken::parse(&text));
    let hash = presented.and_then(|token| token.hash(&context.config.roots, Purpose::RegistrationToken));
    if hash.is_none() {
        require_administrator(request, context).await?;
    }
    let record = context.db.read(clients::find(request.segment(0))).await?;
    let record = record.ok_or_else(unauthorized)?;
    match hash {
        None => Ok((record, RegisteredBy::Operator)),
        Some(_) if hash == record.registration_token_hash => Ok((record, RegisteredBy::Anybody)),
        Some(_) => Err(unauthorized()),
    }
}

/// As [`authorized_client`], for a change. A client that its own document describes can be read and removed, but not changed.
///
/// # Errors
/// As [`authorized_client`]; 429 for clients that anybody can be and that do so all the time.
pub async fn changeable_client(
    request: &mut Incoming,
    context: &Context,
) -> Result<(ClientRecord, RegisteredBy), MachineFailure> {
    let (record, by) = authorized_client(request, context).await?;
    if record.client.is_described_by_document() {
        let error = OAuthError::new(
            ErrorCode::AccessDenied,
            "the document at its client_id describes this client",
        );
        return Err(MachineFailure::status(403, error));
    }
    if by == RegisteredBy::Anybody {
        let key = context.config.roots.current(Purpose::Throttle);
        let counter = throttle::of_registration_changes(&key, &request.address());
        let count = throttles::count_stranger(&record.client.client_id, &counter, context.now);
        if let Some(wait) = context.db.read(count).await?.wait(&counter, context.now) {
            return Err(MachineFailure::too_many(wait));
        }
    }
    Ok((record, by))
}

async fn require_administrator(request: &mut Incoming, context: &Context) -> Result<(), MachineFailure> {
    let outcome = check_administrator(request, context).await;
    if matches!(
        outcome,
        Err(MachineFailure::Bearer(Some(_)) | MachineFailure::Dpop(_) | MachineFailure::Reply(_))
    ) {
        record_refusal(context).await?;
    }
    outcome
}

async fn record_refusal(context: &Context) -> Result<(), Fault> {
    let entry = Entry::new(Event::RegistrationRefused, Actor::Anybody);
    context.db.execute(audit::record_of_stranger(&entry, context)).await
}

async fn check_administrator(request: &mut Incoming, context: &Context) -> Result<(), MachineFailure> {
    let needed = KeyScope::needed(&request.path, request.method);
    if let Some(operator) = operator::find(request, needed, context).await? {
        operator.admit(needed, context)?;
        request.operator = Some(operator);
        return Ok(());
    }
    if request.authorization().is_none() {
        return Err(MachineFailure::Bearer(None));
    }
    let token = bearer::check(request, context).await?;
    if token.user.is_none() && token.claims.scope.contains(Scope::DCR_ADMIN) {
        // The scope can be taken from the client while a token still has it.
        let record = context.db.read(clients::find(&token.claims.client_id)).await?;
        let scope = record.and_then(|record| record.client.metadata.scope);
        if scope.is_some_and(|scope| scope.contains(Scope::DCR_ADMIN)) {
            context.note_operator(ActingOperator {
                program: Some(operator::program_of(&token.claims.client_id)),
                person: None,
            });
            return Ok(());
        }
    }
    let error = OAuthError::new(
        ErrorCode::InsufficientScope,
        "the access token lacks the scope dcr_admin",
    );
    Err(token.refuse(error))
}

/// The refusal of a registration access token.
pub fn unauthorized() -> MachineFailure {
    MachineFailure::Bearer(Some(OAuthError::invalid_token(
        "the registration access token is not valid",
    )))
}
