//! Client secrets at rest: as a hash, and wrapped where a client's method needs the secret itself.

use crate::{
    db::{client_secrets, clients},
    edge::{keys::crypto::SealingKey, platform::context::Context},
    fault::Fault,
    memory::ShortMemory,
    oidc::{
        client::{
            Client, SecretAtRest, StoredSecret, client_assertion::is_mac, client_auth,
            client_metadata::ClientSigningAlg, stored_secret::AboutSecret,
        },
        jose::jwt::Unverified,
    },
    secret::{ClientSecret, KekVersion, Purpose, WrappedSecret},
    time::Lifetime,
};

thread_local! {
    /// Which uses were written down: what an isolate remembers of a client may not say so yet.
    static MARKED: ShortMemory<()> = ShortMemory::new(200, Lifetime::hours(12));
}

/// What is stored of a secret of `client`, under the current root.
pub async fn at_rest(
    secret: &ClientSecret,
    about: AboutSecret,
    client: &Client,
    context: &Context,
) -> Result<SecretAtRest, Fault> {
    let roots = &context.config.roots;
    let wrapped = if client.needs_secret_itself() {
        let version = roots.current_version();
        let sealed = sealing_key(version, context).await?;
        let binding = binding(&client.client_id, version);
        Some(WrappedSecret::new(
            version,
            &sealed.seal(secret.expose(), &binding).await?,
        ))
    } else {
        None
    };
    Ok(SecretAtRest {
        hash: client_auth::secret_hash(roots, &client.client_id, secret),
        wrapped,
        about,
    })
}

/// The secret of a client that works now and passes `test`, with what is stored of it, of those that are stored so that they can be had. No
/// more are opened than it takes. One whose root is no longer configured is lost, and does not stop the others from being recovered.
pub async fn recover<'a>(
    stored: &'a StoredSecret,
    client_id: &str,
    test: impl Fn(&ClientSecret) -> bool,
    context: &Context,
) -> Result<Option<(ClientSecret, &'a SecretAtRest)>, Fault> {
    for at_rest in stored.valid(context.now) {
        let Some(wrapped) = &at_rest.wrapped else { continue };
        let (version, sealed) = wrapped
            .parts()
            .ok_or_else(|| Fault::new("clients", "odd wrapped secret"))?;
        if !context.config.roots.versions().any(|configured| configured == version) {
            continue;
        }
        let (key, binding) = (sealing_key(version, context).await?, binding(client_id, version));
        let secret = ClientSecret::presented(key.open(sealed, &binding).await?);
        if test(&secret) {
            return Ok(Some((secret, at_rest)));
        }
    }
    Ok(None)
}

/// Whether a secret that is stored so that it can be had is that of the app, under a root key that is here.
pub async fn opens(stored: &SecretAtRest, client_id: &str, context: &Context) -> bool {
    let Some(wrapped) = &stored.wrapped else { return true };
    let Some((version, sealed)) = wrapped.parts() else {
        return false;
    };
    match sealing_key(version, context).await {
        Ok(key) => key.open(sealed, &binding(client_id, version)).await.is_ok(),
        Err(_) => false,
    }
}

/// Whether `token` carries a MAC under a secret of `client` that works now. Secrets are not copied along with their client, so
/// this costs a trip to D1. One that is stored as a hash alone checks nothing.
pub async fn have_signed(
    client: &Client,
    token: &Unverified<'_>,
    alg: ClientSigningAlg,
    context: &Context,
) -> Result<bool, Fault> {
    let record = context.db.read(clients::find(&client.client_id)).await?;
    let Some(stored) = record.and_then(|record| record.secret) else {
        return Ok(false);
    };
    let made_mac = |secret: &ClientSecret| is_mac(alg, secret.expose(), token.signed_bytes(), token.signature());
    match recover(&stored, &client.client_id, made_mac, context).await? {
        Some((secret, at_rest)) => {
            note_use(&secret, at_rest, client, context);
            Ok(true)
        }
        None => Ok(false),
    }
}

/// Writes down, after the answer and once a day, that a secret was used. One that is stored under an older root is moved to the current
/// one, so that the older can be dropped some day.
pub fn note_use(secret: &ClientSecret, stored: &SecretAtRest, client: &Client, context: &Context) {
    let is_outdated = !stored.hash.is_under(context.config.roots.current_version());
    let mark = format!("{} {}", client.client_id, stored.about.id);
    let is_due = stored.about.is_use_due(context.now) && MARKED.with(|marked| marked.get(&mark, context.now)).is_none();
    if is_due {
        MARKED.with(|marked| marked.put(&mark, (), context.now));
    }
    if !is_outdated && !is_due {
        return;
    }
    let (secret, stored, client) = (secret.clone(), stored.clone(), client.clone());
    context.after_answer(async move |later| {
        let mut statements = Vec::new();
        if is_due {
            statements.push(client_secrets::mark_used(
                &client.client_id,
                &stored.about.id,
                later.now,
            ));
        }
        if is_outdated {
            let moved = at_rest(&secret, stored.about, &client, later).await?;
            statements.extend(client_secrets::move_to_root(&client.client_id, &stored.hash, &moved));
        }
        let written = later.db.execute(statements).await;
        if written.is_err() {
            // The next use writes it down.
            MARKED.with(|marked| marked.forget(&mark));
        }
        written
    });
}

async fn sealing_key(version: KekVersion, context: &Context) -> Result<SealingKey, Fault> {
    let key = context
        .config
        .roots
        .derive(version, Purpose::WrapClientSecret)
        .ok_or_else(|| Fault::new("clients", format_args!("KEK_{version} is not configured")))?;
    SealingKey::import(&key).await
}

/// What a wrapped secret is bound to: it opens for no other client or root.
fn binding(client_id: &str, version: KekVersion) -> String {
    format!("{client_id}\n{version}")
}
