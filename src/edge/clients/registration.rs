//! Clients are registered, changed, given another secret and deleted: `/register` reads JSON, the console reads forms, and both end here.

use serde_json::{Value, json};

pub use super::registering_party::{RegisteringParty, before};
use super::{copy, issued_credentials::Issued, logo, sector_identifier};
use crate::{
    admin::{access_token, console_form},
    audit::Event,
    db::{
        Batch, Statement, app_roles, client_looks,
        clients::{self, ClientRecord},
        groups,
    },
    edge::{
        http::failure::MachineFailure,
        keys::signer,
        platform::{apart::apart, context::Context, random},
    },
    oidc::{
        client::{
            Client, SecretChange, StoredSecret,
            app_rules::RolesFormat,
            client_metadata::ClientMetadata,
            own_claim::USERNAME,
            registration::RenewalRequest,
            sector_identifier::sector,
            self_service::{self, RegisteredBy},
        },
        error::{ErrorCode, OAuthError},
        params,
    },
};

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
    check_own_claims(&metadata, None, context)?;
    sector_identifier::check(&metadata, None, registered_by, context).await?;
    if registered_by == RegisteredBy::Anybody {
        self_service::give_defaults(&mut metadata, &context.config.self_registered);
    }
    let own_logo = match registered_by == RegisteredBy::Anybody && context.config.self_registered.logos {
        true => apart(logo::of_stranger(&metadata, context)).await?,
        false => None,
    };
    metadata.look.logo = own_logo.as_ref().map(|logo| logo.digest.clone());
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
    let keep = |logo| client_looks::keep_logo(&record.client.client_id, logo, context.now);
    batch.extend(own_logo.as_ref().map(keep));
    context.db.run(batch).await?;
    Ok((record, issued))
}

/// Whether a client is still of the version that a page has `shown`: a form that is sent twice does what it says once.
///
/// # Errors
/// `invalid_request`.
pub fn check_shown(record: &ClientRecord, shown: &str) -> Result<(), OAuthError> {
    match shown == record.client.version.to_string() {
        true => Ok(()),
        false => Err(console_form::changed()),
    }
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
    check_own_claims(&metadata, Some(&record.client.metadata), context)?;
    check_roles(&metadata, &record, context).await?;
    sector_identifier::check(&metadata, Some(&record.client.metadata), registered_by, context).await?;
    metadata.look = record.client.metadata.look.clone();
    metadata.came_openly = record.client.metadata.came_openly;
    // An operator who enables it has approved it.
    metadata.waits = record.client.metadata.waits && metadata.rules.disabled;
    if registered_by == RegisteredBy::Anybody && record.registered_openly && context.config.self_registered.approval {
        self_service::await_approval_again(&mut metadata, &record.client.metadata);
    }
    let along = match registered_by == RegisteredBy::Anybody && record.registered_openly {
        true => other_logo(&record, &mut metadata, context).await?,
        false => None,
    };
    let sector_of = |metadata: &ClientMetadata| sector(&record.client.client_id, metadata);
    let change = Change {
        registered_by,
        event: Event::ClientChanged,
        new_sector: sector_of(&record.client.metadata) != sector_of(&metadata),
        // Whoever registered it may have kept the token, too.
        new_token: is_promoted || registering_party.renews_token(&record),
        detail: Some(json!({ "changed": metadata.names_unlike(&record.client.metadata) })),
        along: along.into_iter().collect(),
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
        along: Vec::new(),
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
    let name = record.client.metadata.to_public_json().remove("client_name");
    let name = name.map(|name| json!({ "client_name": name }));
    batch.extend(registered_by.record(Event::ClientDeleted, client_id, name, context));
    let deleted = context.db.run(batch).await?.read(deleted)?;
    if deleted || registered_by == RegisteredBy::Operator {
        copy::forget(client_id, context);
    }
    Ok(deleted)
}

/// The logo of a client that registered itself and now names another, where the operator shows those.
async fn other_logo(
    record: &ClientRecord,
    wanted: &mut ClientMetadata,
    context: &Context,
) -> Result<Option<Statement>, MachineFailure> {
    if !context.config.self_registered.logos || wanted.logo_uri == record.client.metadata.logo_uri {
        return Ok(None);
    }
    let client_id = &record.client.client_id;
    let other = apart(logo::of_stranger(wanted, context)).await?;
    wanted.look.logo = other.as_ref().map(|logo| logo.digest.clone());
    Ok(Some(match &other {
        Some(logo) => client_looks::keep_logo(client_id, logo, context.now),
        None => client_looks::forget_logo(client_id),
    }))
}

/// How a client is changed.
pub(super) struct Change {
    pub registered_by: RegisteredBy,
    pub event: Event,
    /// Whether it comes to know people by another `sub`. What they allowed it, they allowed another one.
    pub new_sector: bool,
    pub new_token: bool,
    /// `detail` of the audit's row.
    pub detail: Option<Value>,
    /// What is stored with it, where the client is as it is to be.
    pub along: Vec<Statement>,
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
    // What the operator had a hand in is no longer what anybody could have registered. Whose it was at first, it says for good.
    record.client.metadata.came_openly |= record.registered_openly && change.registered_by == RegisteredBy::Operator;
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
    batch.extend(change.along);
    if !context.db.run(batch).await?.read(stored)? {
        return Ok(None);
    }
    copy::keep(&record.client, context);
    Ok(Some((record, issued)))
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
    match context.db.read(groups::find_missing(&ids)).await? {
        None => Ok(()),
        Some(id) => {
            let named = params::nameable(&id).unwrap_or("an id");
            let why =
                format!("allowed_groups has {named}, which is no group's: it takes ids of groups, not their names");
            Err(OAuthError::new(ErrorCode::InvalidClientMetadata, why).into())
        }
    }
}

/// Whether the templates of claims that a client is to have, and had not before, name what there is: another name would never be filled.
///
/// # Errors
/// `invalid_client_metadata`, with the names that there are.
fn check_own_claims(
    wanted: &ClientMetadata,
    before: Option<&ClientMetadata>,
    context: &Context,
) -> Result<(), OAuthError> {
    let had = before.map_or(&[][..], |before| before.rules.own_claims.as_slice());
    let known = &context.config.attributes;
    let mut new = wanted.rules.own_claims.iter().filter(|claim| !had.contains(claim));
    let Some(unknown) = new.find_map(|claim| claim.unknown_name(known)) else {
        return Ok(());
    };
    let names = known.iter().map(|(name, _)| name);
    let names = [USERNAME].into_iter().chain(names).collect::<Vec<_>>().join(", ");
    let why =
        format!("own_claims has a template with {unknown}, which nothing is called: there are {names} (ATTRIBUTES)");
    Err(OAuthError::new(ErrorCode::InvalidClientMetadata, why))
}
