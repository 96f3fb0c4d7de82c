//! Client secrets at rest: as a hash, and wrapped where a client's method needs the secret itself.

use crate::{
    db::clients,
    edge::{keys::crypto::SealingKey, platform::context::Context},
    fault::Fault,
    oidc::{
        client::{
            Client, SecretAtRest, StoredSecret, client_assertion::is_mac, client_auth,
            client_metadata::ClientSigningAlg,
        },
        jose::jwt::Unverified,
    },
    secret::{ClientSecret, KekVersion, Purpose, WrappedSecret},
};

/// What is stored of a secret of `client`, under the current root.
pub async fn at_rest(secret: &ClientSecret, client: &Client, context: &Context) -> Result<SecretAtRest, Fault> {
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
    })
}

/// The secrets of a client that work now, of those that are stored so that they can be had. One whose root is no longer
/// configured is lost, and does not stop the others from being recovered.
pub async fn recover(stored: &StoredSecret, client_id: &str, context: &Context) -> Result<Vec<ClientSecret>, Fault> {
    let mut secrets = Vec::new();
    for wrapped in stored.valid(context.now).filter_map(|secret| secret.wrapped.as_ref()) {
        let (version, sealed) = wrapped
            .parts()
            .ok_or_else(|| Fault::new("clients", "odd wrapped secret"))?;
        if !context.config.roots.versions().any(|configured| configured == version) {
            continue;
        }
        let (key, binding) = (sealing_key(version, context).await?, binding(client_id, version));
        let secret = key.open(sealed, &binding).await?;
        secrets.push(ClientSecret::presented(secret));
    }
    Ok(secrets)
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
    let secrets = recover(&stored, &client.client_id, context).await?;
    let made_mac = |secret: &ClientSecret| is_mac(alg, secret.expose(), token.signed_bytes(), token.signature());
    Ok(secrets.iter().any(made_mac))
}

/// Moves a secret to the current root, after the answer: so the older root can be dropped some day.
pub fn move_later(secret: ClientSecret, stored: SecretAtRest, client: &Client, context: &Context) {
    let client = client.clone();
    context.after_answer(async move |later| {
        let moved = at_rest(&secret, &client, later).await?;
        let moved = clients::move_secret(&client.client_id, &stored.hash, &moved);
        later.db.execute([moved]).await
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
