//! What an app will be sent, sealed until then.

use crate::{
    db::backchannel_outbox::Waiting,
    edge::{keys::crypto::SealingKey, platform::context::Context},
    fault::Fault,
    oidc::ciba::Notification,
    secret::{Hash, KekVersion, Purpose, WrappedSecret},
    web::json,
};

/// Seals what the app of a request will be sent: it opens for that request alone.
pub async fn seal(notification: &Notification, hash: &Hash, context: &Context) -> Result<String, Fault> {
    let version = context.config.roots.current_version();
    let text = serde_json::to_string(notification).map_err(|cause| Fault::new("notification", cause))?;
    let sealed = sealing_key(version, context).await?.seal(&text, hash.as_str()).await?;
    Ok(WrappedSecret::new(version, &sealed).as_str().to_owned())
}

/// What was sealed for a request.
pub(super) async fn open(waiting: &Waiting, context: &Context) -> Result<Notification, Fault> {
    let broken = || Fault::new("notification", "what was sealed does not open");
    let sealed = WrappedSecret::stored(waiting.notify.clone());
    let (version, sealed) = sealed.parts().ok_or_else(broken)?;
    let text = sealing_key(version, context)
        .await?
        .open(sealed, waiting.hash().as_str())
        .await?;
    json::parse(text).ok_or_else(broken)
}

async fn sealing_key(version: KekVersion, context: &Context) -> Result<SealingKey, Fault> {
    let key = context.config.roots.derive(version, Purpose::WrapNotification);
    SealingKey::import(&key.ok_or_else(|| Fault::new("notification", "its root key is gone"))?).await
}
