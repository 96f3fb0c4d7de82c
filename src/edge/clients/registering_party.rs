//! Who registers and changes clients, and what they may.

use serde_json::Value;

use crate::{
    admin::{access_token, api_key::KeyScope, operator::Operator},
    audit::{Actor, Entry, Event},
    db::{Statement, audit, clients::ClientRecord},
    edge::{http::failure::MachineFailure, platform::context::Context},
    oidc::{
        client::{
            client_metadata::ClientMetadata,
            self_service::{self, Before, RegisteredBy},
        },
        error::{ErrorCode, OAuthError},
        protected_resource,
        scope::Scope,
    },
};

/// Who registers or changes a client.
#[derive(Clone, Copy)]
pub struct RegisteringParty<'a> {
    pub by: RegisteredBy,
    /// The operator, where it is one and no app with `dcr_admin`.
    pub operator: Option<&'a Operator>,
    /// Whether the answer tells a new registration access token. Where it does not, the app keeps the one that it has.
    pub is_told_token: bool,
}

impl RegisteringParty<'_> {
    /// Whether an app gets another registration access token. Who registered an app openly has no hand any more on what an operator
    /// decided about it.
    pub(super) fn renews_token(self, record: &ClientRecord) -> bool {
        self.is_told_token || record.registered_openly
    }

    /// Whether they may have a hand on a client that may call the admin API.
    ///
    /// # Errors
    /// 403, naming the scope that they lack.
    pub(super) fn check_hand_on(self, record: &ClientRecord, context: &Context) -> Result<(), MachineFailure> {
        self.check_giving(&access_token::given(&record.client.metadata), context)
    }

    /// Lets a client call the admin API that is to have scopes of it.
    ///
    /// # Errors
    /// 403, naming the scope that they lack.
    pub(super) fn let_administer(self, wanted: &mut ClientMetadata, context: &Context) -> Result<(), MachineFailure> {
        if self.by == RegisteredBy::Anybody {
            // It stays as it was.
            return Ok(());
        }
        let scopes = match protected_resource::takes_admin_tokens(&context.config) {
            true => access_token::named(wanted),
            false => Vec::new(),
        };
        self.check_giving(&scopes, context)?;
        wanted.may_administer = !scopes.is_empty();
        Ok(())
    }

    fn check_giving(self, scopes: &[KeyScope], context: &Context) -> Result<(), MachineFailure> {
        let may = match (self.by, self.operator) {
            // It keeps within the scopes that it has.
            (RegisteredBy::Anybody, _) => return Ok(()),
            _ if scopes.is_empty() => return Ok(()),
            (RegisteredBy::Operator, Some(operator)) => operator.may_give(scopes),
            (RegisteredBy::Operator, None) => Err(OAuthError::new(
                ErrorCode::InsufficientScope,
                "with dcr_admin nobody has a hand on an app that may call the admin API",
            )),
        };
        may.map_err(|error| {
            context.after_answer(async |later| {
                let refused = Entry::new(Event::OperatorRefused, Actor::Operator);
                later.db.execute(audit::record_of_stranger(&refused, later)).await
            });
            MachineFailure::Bearer(Some(error))
        })
    }
}

impl RegisteredBy {
    /// Writes down what was done to a client, if the statement before changed a row. Who registers themselves may do so and
    /// change it again and again, so only some of that is written down.
    pub fn record(self, event: Event, client_id: &str, detail: Option<Value>, context: &Context) -> Vec<Statement> {
        let entry = |actor| Entry::new(event, actor).client(client_id);
        match self {
            Self::Operator => {
                let entry = entry(Actor::Operator);
                let entry = match detail {
                    Some(detail) => entry.detail(detail),
                    None => entry,
                };
                vec![audit::record_if_changed(&entry, context)]
            }
            Self::Anybody => {
                let actor = match event {
                    Event::ClientRegistered => Actor::Anybody,
                    _ => Actor::Client,
                };
                audit::record_of_stranger_if_changed(&entry(actor), context).into()
            }
        }
    }

    /// Judges what a client is to be like, and takes from it what it cannot claim.
    ///
    /// # Errors
    /// `invalid_client_metadata` for what only the operator can give.
    pub fn judge(
        self,
        wanted: &mut ClientMetadata,
        before: Option<&ClientRecord>,
        context: &Context,
    ) -> Result<(), OAuthError> {
        if self == Self::Operator {
            return Ok(());
        }
        let before = before.map(|record| self::before(record, context));
        match &before {
            None => self_service::check_registration(wanted)?,
            Some(before) => self_service::check_change(wanted, before)?,
        }
        self_service::claim_only_its_own_home(wanted, before.as_ref());
        self_service::keep_operators_choice(wanted, before.as_ref());
        self_service::keep_scopes_of_apis(wanted, before.as_ref());
        Ok(())
    }
}

/// A client that is to be changed, as it is.
pub fn before<'a>(record: &'a ClientRecord, context: &Context) -> Before<'a> {
    Before {
        client_id: &record.client.client_id,
        metadata: &record.client.metadata,
        registered_openly: record.registered_openly,
        askable: Scope::of_anybody(&context.config),
    }
}
