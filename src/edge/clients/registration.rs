//! Clients are registered, changed, given another secret and deleted: `/register` reads JSON, the console reads forms, and both end here.

use serde_json::{Value, json};

use super::{copy, issued_credentials::Issued, sector_identifier};
use crate::{
    admin::{access_token, api_key::KeyScope, operator::Operator},
    audit::{Actor, Entry, Event},
    db::{
        Batch, Statement, app_roles, audit,
        clients::{self, ClientRecord},
        groups,
    },
    edge::{
        http::failure::MachineFailure,
        keys::signer,
        platform::{context::Context, random},
    },
    oidc::{
        client::{
            Client, SecretChange, StoredSecret,
            app_rules::RolesFormat,
            client_metadata::ClientMetadata,
            registration::RenewalRequest,
            sector_identifier::sector,
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

/// What became of a new secret.
pub enum Renewed {
    /// The client has none.
    NoSecret,
    /// As [`change`] has it.
    Stored(Option<Box<(ClientRecord, Issued)>>),
}

/// Registers a client that is like `metadata`.
///
/// # Errors
/// Why there can be no such client.
pub async fn register(
    mut metadata: ClientMetadata,
    registering_party: RegisteringParty<'_>,
    context: &Context,
) -> Result<(ClientRecord, Issued), MachineFailure> {
    let registered_by = registering_party.by;
    registered_by.judge(&mut metadata, None, context)?;
    registering_party.let_administer(&mut metadata, context)?;
    check_groups(&metadata, None, context).await?;
    sector_identifier::check(&metadata, None, registered_by, context).await?;
    let client = Client {
        client_id: random::id()?,
        version: 1,
        issued_at: context.now,
        metadata,
        document_fresh_until: None,
    };
    let issued = Issued::for_client(&client, context)?;
    let record = ClientRecord {
        secret: issued.stored_secret(&client, context).await?,
        registration_token_hash: issued.registration_token_hash(context),
        registered_openly: registered_by == RegisteredBy::Anybody,
        unused_since: (registered_by == RegisteredBy::Anybody).then_some(context.now),
        last_used_at: None,
        client,
    };
    // Its keys are published before it can ask for a token.
    for alg in record.client.needed_keys() {
        signer::ensure_published(alg, context).await?;
    }
    let mut batch = Batch::default();
    batch.push(clients::insert(&record));
    batch.extend(registered_by.record(Event::ClientRegistered, &record.client.client_id, None, context));
    context.db.run(batch).await?;
    Ok((record, issued))
}

/// Stores new metadata, with the secret that it calls for. `None` where another request has changed the client.
///
/// # Errors
/// Why the client cannot be like that.
pub async fn change(
    mut record: ClientRecord,
    mut metadata: ClientMetadata,
    registering_party: RegisteringParty<'_>,
    context: &Context,
) -> Result<Option<(ClientRecord, Issued)>, MachineFailure> {
    let registered_by = registering_party.by;
    registering_party.check_hand_on(&record, context)?;
    registered_by.judge(&mut metadata, Some(&record), context)?;
    registering_party.let_administer(&mut metadata, context)?;
    let before = access_token::given(&record.client.metadata);
    let is_promoted = access_token::given(&metadata)
        .iter()
        .any(|scope| !before.contains(scope));
    check_groups(&metadata, Some(&record.client.metadata), context).await?;
    check_roles(&metadata, &record, context).await?;
    sector_identifier::check(&metadata, Some(&record.client.metadata), registered_by, context).await?;
    let sector_of = |metadata: &ClientMetadata| sector(&record.client.client_id, metadata);
    let change = Change {
        registered_by,
        event: Event::ClientChanged,
        new_sector: sector_of(&record.client.metadata) != sector_of(&metadata),
        // Whoever registered it may have kept the token, too.
        new_token: is_promoted || registering_party.renews_token(&record),
        detail: Some(json!({ "changed": metadata.names_unlike(&record.client.metadata) })),
    };
    record.client.metadata = metadata;
    let secret_change = match record.client.secret_change(record.secret.as_ref()) {
        // Whoever registered it may have kept the secret.
        SecretChange::Kept | SecretChange::KeptAsHash if is_promoted => SecretChange::New,
        usual => usual,
    };
    let issued = match secret_change {
        SecretChange::New => Issued::for_client(&record.client, context)?,
        _ => Issued::registration_access_token(context)?,
    };
    record.secret = match secret_change {
        SecretChange::New => issued.stored_secret(&record.client, context).await?,
        SecretChange::Kept => record.secret,
        SecretChange::KeptAsHash => record.secret.map(StoredSecret::hashed_only),
        SecretChange::Dropped => None,
    };
    for alg in record.client.needed_keys() {
        signer::ensure_published(alg, context).await?;
    }
    store(record, issued, change, context).await
}

/// Gives a client another secret. The one before works on for the time of the overlap, and those that an operator added until their ends,
/// unless the `renewal` ends them.
///
/// # Errors
/// A fault.
pub async fn renew_secret(
    mut record: ClientRecord,
    renewal: &RenewalRequest,
    registering_party: RegisteringParty<'_>,
    context: &Context,
) -> Result<Renewed, MachineFailure> {
    registering_party.check_hand_on(&record, context)?;
    let Some(old) = record.secret.take() else {
        return Ok(Renewed::NoSecret);
    };
    let issued = Issued::for_client(&record.client, context)?;
    let renewed = issued.at_rest(&record.client, None, None, context).await?;
    record.secret = renewed.map(|current| StoredSecret {
        current,
        previous: renewal.overlap.map(|overlap| (old.current, context.now + overlap)),
        more: if renewal.ends_others { Vec::new() } else { old.more },
    });
    let change = Change {
        registered_by: registering_party.by,
        event: Event::ClientSecretRenewed,
        new_sector: false,
        new_token: registering_party.renews_token(&record),
        detail: None,
    };
    let stored = store(record, issued, change, context).await?;
    Ok(Renewed::Stored(stored.map(Box::new)))
}

/// Deletes a client, and says whether it was there. Codes, tokens and consents go with it.
///
/// # Errors
/// 403 for who may not.
pub async fn delete(
    record: &ClientRecord,
    registering_party: RegisteringParty<'_>,
    context: &Context,
) -> Result<bool, MachineFailure> {
    registering_party.check_hand_on(record, context)?;
    let registered_by = registering_party.by;
    let client_id = &record.client.client_id;
    let delete = match registered_by {
        RegisteredBy::Operator => clients::delete(client_id),
        RegisteredBy::Anybody => clients::delete_own(client_id, record.registration_token_hash.as_ref()),
    };
    let mut batch = Batch::default();
    let deleted = batch.add(delete);
    let name = record.client.metadata.told().remove("client_name");
    let name = name.map(|name| json!({ "client_name": name }));
    batch.extend(registered_by.record(Event::ClientDeleted, client_id, name, context));
    let deleted = context.db.run(batch).await?.read(deleted)?;
    if deleted || registered_by == RegisteredBy::Operator {
        copy::forget(client_id, context);
    }
    Ok(deleted)
}

/// How a client is changed.
pub(super) struct Change {
    pub registered_by: RegisteredBy,
    pub event: Event,
    /// Whether it comes to know people by another `sub`. What they allowed it, they allowed another one.
    pub new_sector: bool,
    pub new_token: bool,
    /// What the audit says of it beside.
    pub detail: Option<Value>,
}

/// Stores the client under its next version, unless another request has done so: of parallel changes one happens,
/// whole, and the others are told.
pub(super) async fn store(
    mut record: ClientRecord,
    issued: Issued,
    change: Change,
    context: &Context,
) -> Result<Option<(ClientRecord, Issued)>, MachineFailure> {
    let read = record.client.version;
    record.client.version = read + 1;
    if let Some(secret) = &mut record.secret {
        secret.forget_ended(context.now);
    }
    // What the operator had a hand in is no longer what anybody could have registered.
    record.registered_openly &= change.registered_by == RegisteredBy::Anybody;
    // And it is theirs to remove. A client that changes itself gets its time anew.
    record.unused_since = (change.registered_by == RegisteredBy::Anybody).then_some(context.now);
    if change.new_token {
        record.registration_token_hash = issued.registration_token_hash(context);
    }
    let client_id = &record.client.client_id;
    let mut batch = Batch::default();
    if change.new_sector {
        batch.extend(clients::forget_people(client_id, read));
    }
    let stored = batch.add(clients::update(&record, read, context.now));
    batch.extend(
        change
            .registered_by
            .record(change.event, client_id, change.detail, context),
    );
    if !context.db.run(batch).await?.read(stored)? {
        return Ok(None);
    }
    copy::keep(&record.client, context);
    Ok(Some((record, issued)))
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
    fn let_administer(self, wanted: &mut ClientMetadata, context: &Context) -> Result<(), MachineFailure> {
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

/// Whether a client that is to be told of its roles in a text has roles that this can tell apart.
///
/// # Errors
/// `invalid_client_metadata`.
async fn check_roles(wanted: &ClientMetadata, before: &ClientRecord, context: &Context) -> Result<(), MachineFailure> {
    let is_text = |metadata: &ClientMetadata| metadata.rules.roles_format == RolesFormat::Text;
    if !is_text(wanted) || is_text(&before.client.metadata) {
        return Ok(());
    }
    match context.db.read(app_roles::have_blank(&before.client.client_id)).await? {
        false => Ok(()),
        true => Err(OAuthError::new(
            ErrorCode::InvalidClientMetadata,
            "roles_format cannot be text: a role has a blank",
        )
        .into()),
    }
}

/// Whether the groups that a client is to be for, and was not before, are there.
///
/// # Errors
/// `invalid_client_metadata`.
async fn check_groups(
    wanted: &ClientMetadata,
    before: Option<&ClientMetadata>,
    context: &Context,
) -> Result<(), MachineFailure> {
    let known = before
        .map(|before| before.rules.allowed_groups.as_slice())
        .unwrap_or_default();
    let new: Vec<_> = wanted
        .rules
        .allowed_groups
        .iter()
        .filter(|id| !known.contains(id))
        .collect();
    let Some(ids) = serde_json::to_string(&new).ok().filter(|_| !new.is_empty()) else {
        return Ok(());
    };
    match context.db.read(groups::has_missing(&ids)).await? {
        false => Ok(()),
        true => Err(OAuthError::new(
            ErrorCode::InvalidClientMetadata,
            "allowed_groups has an id that is no group's",
        )
        .into()),
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
