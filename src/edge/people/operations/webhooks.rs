//! Webhooks are made, changed, tested and deleted.

use serde_json::{Value, json};

use crate::{
    account::group::Label,
    admin::{
        api_key::{Area, KeyScope},
        console_form,
        operator::Operator,
        webhook::{self, Format, SecretInForce, WantedWebhook, Webhook},
        webhook_delivery::NotTaken,
    },
    audit::{Actor, Entry, Event},
    db::{Batch, audit, webhooks},
    edge::{
        http::failure::MachineFailure,
        platform::{context::Context, random},
        sessions::webhooks as delivery,
    },
    fault::Fault,
    oidc::error::OAuthError,
    time::{Lifetime, UnixTime},
    web::fetch_url::FetchUrl,
};

/// Makes a webhook, and gives the secret by which its receiver knows that what comes is Limen's; none where that is signed with keys.
///
/// # Errors
/// `insufficient_scope`, and 409 where there are as many as there may be.
pub async fn make(
    wanted: WantedWebhook,
    maker: &Operator,
    context: &Context,
) -> Result<(Webhook, Option<String>), MachineFailure> {
    reads_the_audit(maker)?;
    is_elsewhere(&wanted, context)?;
    let missing = || OAuthError::invalid_request("name and url must be there");
    let name = wanted.name.ok_or_else(missing)?;
    let url = wanted.url.ok_or_else(missing)?.as_str().to_owned();
    let secret_in_force = SecretInForce {
        generation: 1,
        root: context.config.roots.current_version(),
        previous: None,
    };
    let webhook = Webhook {
        format: wanted.format,
        client_id: wanted.client_id,
        events: wanted.events.flatten(),
        enabled: wanted.enabled.unwrap_or(true),
        ..Webhook::new(random::id()?, (name, url), secret_in_force, context.now)
    };
    let mut batch = Batch::default();
    let made = batch.add(webhooks::insert(&webhook));
    batch.push(audit::record_if_changed(&entry(Event::WebhookMade, &webhook), context));
    if !context.db.run(batch).await?.read(made)? {
        let why = format!(
            "there are {} webhooks already, or there is no app with that client_id",
            webhook::MOST
        );
        return Err(MachineFailure::status(409, OAuthError::invalid_request(why)));
    }
    let secret = match webhook.format {
        Format::Events => Some(secret(&webhook, context)?),
        Format::Set => None,
    };
    Ok((webhook, secret))
}

/// Changes a webhook.
///
/// # Errors
/// `insufficient_scope`, 404, and 409 where somebody has changed it since it was seen.
pub async fn change(
    id: &str,
    wanted: WantedWebhook,
    operator: &Operator,
    context: &Context,
) -> Result<Webhook, MachineFailure> {
    reads_the_audit(operator)?;
    is_elsewhere(&wanted, context)?;
    let before = find(id, context).await?;
    let wanted = wanted.for_format(before.format)?;
    let mut detail = before.named_for_audit();
    let changes = json!({
        "name": wanted.name.as_ref().map(Label::as_str),
        "url": wanted.url.as_ref().and_then(|url| webhook::origin(url.as_str())),
        "enabled": wanted.enabled,
    });
    if let (Value::Object(members), Value::Object(mut changes)) = (&mut detail, changes) {
        changes.retain(|_, value| !value.is_null());
        if let Some(events) = &wanted.events {
            changes.insert("events".to_owned(), json!(events));
        }
        members.insert("to".to_owned(), Value::Object(changes));
    }
    let changed = Entry::new(Event::WebhookChanged, Actor::Operator).detail(detail);
    let mut batch = Batch::default();
    let webhook = batch.add(webhooks::change(id, &wanted, context.now));
    batch.push(audit::record_if_changed(&changed, context));
    let webhook = context.db.run(batch).await?.read(webhook)?;
    webhook.ok_or_else(|| match wanted.as_of {
        None => no_such(),
        Some(_) => MachineFailure::status(409, console_form::changed()),
    })
}

/// Gives a webhook another secret, beside which the one before signs for a while. `instead` tells the operator what to do where two sign already.
///
/// # Errors
/// `insufficient_scope`, 404, and 409 where another request has just done so, two secrets sign already, or there is no secret.
pub async fn renew_secret(
    id: &str,
    overlap: Lifetime,
    instead: &str,
    operator: &Operator,
    context: &Context,
) -> Result<(Webhook, Option<String>), MachineFailure> {
    reads_the_audit(operator)?;
    let read = find(id, context).await?;
    if read.format == Format::Set {
        let why = "Security Event Tokens are signed with Limen's keys, which rotate by themselves";
        return Err(MachineFailure::status(409, OAuthError::invalid_request(why)));
    }
    let has_two = |until: UnixTime| {
        format!(
            "the secret before the last renewal signs until {}: a receiver that still has that one alone would know no signature any more. Renew it then, or {instead}",
            until.to_rfc3339()
        )
    };
    let signing = read.secret.all(&read.id, &context.config.roots, context.now);
    if let (2.., Some((_, until)), true) = (signing.len(), read.secret.previous, overlap.seconds() > 0) {
        return Err(MachineFailure::status(409, OAuthError::invalid_request(has_two(until))));
    }
    // Where one of the two comes from a root key that is gone, nobody is kept from renewing them.
    let replaces = overlap.seconds() == 0 || signing.len() < 2;
    let root = context.config.roots.current_version();
    let mut batch = Batch::default();
    let renewed = batch.add(webhooks::renew_secret(
        &read,
        replaces,
        (root, context.now + overlap),
        context.now,
    ));
    batch.push(audit::record_if_changed(
        &entry(Event::WebhookSecretRenewed, &read),
        context,
    ));
    let Some(webhook) = context.db.run(batch).await?.read(renewed)? else {
        let why = "another request has changed or deleted it; read it again";
        return Err(MachineFailure::status(409, OAuthError::invalid_request(why)));
    };
    let secret = secret(&webhook, context)?;
    Ok((webhook, Some(secret)))
}

/// Deletes a webhook.
///
/// # Errors
/// `insufficient_scope`, and 404.
pub async fn delete(id: &str, operator: &Operator, context: &Context) -> Result<(), MachineFailure> {
    reads_the_audit(operator)?;
    let webhook = find(id, context).await?;
    let mut batch = Batch::default();
    batch.push(webhooks::delete(id));
    batch.push(audit::record_if_changed(
        &entry(Event::WebhookDeleted, &webhook),
        context,
    ));
    context.db.run(batch).await?;
    Ok(())
}

/// Sends a webhook a message that tells of nothing, also where it is off, and gives what came of it.
///
/// # Errors
/// `insufficient_scope`, 404, and 429 where it was tested a few seconds ago.
pub async fn test(
    id: &str,
    operator: &Operator,
    context: &Context,
) -> Result<(Webhook, Result<(), NotTaken>), MachineFailure> {
    reads_the_audit(operator)?;
    let found = find(id, context).await?;
    let mut batch = Batch::default();
    let marked = batch.add(webhooks::mark_tested(id, context.now));
    batch.push(audit::record_if_changed(&entry(Event::WebhookTested, &found), context));
    let Some(webhook) = context.db.run(batch).await?.read(marked)? else {
        return Err(MachineFailure::too_many(webhooks::TESTED_EVERY));
    };
    let outcome = delivery::send_test(&webhook, context).await?;
    Ok((webhook, outcome))
}

/// The webhook of that id.
///
/// # Errors
/// 404.
pub async fn find(id: &str, context: &Context) -> Result<Webhook, MachineFailure> {
    let found = context.db.read(webhooks::find(id)).await?;
    found.ok_or_else(no_such)
}

fn no_such() -> MachineFailure {
    MachineFailure::no_such("webhook")
}

fn entry(event: Event, webhook: &Webhook) -> Entry<'static> {
    Entry::new(event, Actor::Operator).detail(webhook.named_for_audit())
}

fn secret(webhook: &Webhook, context: &Context) -> Result<String, Fault> {
    let secret = webhook.secret.current(&webhook.id, &context.config.roots);
    let secret = secret.ok_or_else(|| Fault::new("webhooks", "no root key"))?;
    Ok(secret.expose())
}

/// Limen does not tell itself.
fn is_elsewhere(wanted: &WantedWebhook, context: &Context) -> Result<(), OAuthError> {
    let is_own = |url: &FetchUrl| webhook::is_own(url, context.config.issuer.as_str());
    match wanted.url.as_ref().is_some_and(is_own) {
        false => Ok(()),
        true => Err(OAuthError::invalid_request(webhook::OWN)),
    }
}

/// Whoever says where the audit is sent may read it: nobody gets around what they may.
fn reads_the_audit(operator: &Operator) -> Result<(), MachineFailure> {
    let reads = KeyScope {
        area: Area::Audit,
        writes: false,
    };
    let may = operator.may(Some(reads));
    may.map_err(|error| MachineFailure::Bearer(Some(error)))
}
