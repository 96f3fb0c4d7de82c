//! APIs that operators declared, as far as a request is about them: what it names is looked up, and known for the rest of it.
//!
//! The isolate remembers for seconds which of them an app may ask for. That an app may not, it does not remember; and what is issued is checked by
//! D1 when it is.

use crate::{
    config::lookup_key,
    db::apis,
    edge::platform::context::Context,
    fault::Fault,
    memory::ShortMemory,
    oidc::{declared_api::DeclaredApi, params::Params, resource_indicator::to_look_up},
    time::Lifetime,
};

/// For how long.
const REMEMBERED: Lifetime = Lifetime(30);

/// The most of them.
const MOST_REMEMBERED: usize = 100;

thread_local! {
    /// By client and key.
    static MEMORY: ShortMemory<DeclaredApi> = ShortMemory::new(MOST_REMEMBERED, REMEMBERED);
}

/// Lets the rest of the request know the APIs that it names in these parameters and that the client may ask for. Nothing is read where it names
/// none that the settings do not know.
pub async fn know_named(params: &Params, names: &[&str], client_id: &str, context: &Context) -> Result<(), Fault> {
    let uris = names.iter().flat_map(|name| params.all(name));
    know_all(uris, client_id, context).await
}

/// The same of any names.
pub async fn know_all(uris: impl Iterator<Item = &str>, client_id: &str, context: &Context) -> Result<(), Fault> {
    let keys = to_look_up(uris, context.config.settings());
    if keys.is_empty() {
        return Ok(());
    }
    let name = |key: &str| format!("{client_id}\n{key}");
    let remembered = |key: &String| MEMORY.with(|memory| memory.get(&name(key), context.now));
    let known: Option<Vec<_>> = keys.iter().map(remembered).collect();
    let found = match known {
        Some(known) => known,
        None => {
            let found = find_open(&keys, client_id, context).await?;
            for api in &found {
                if let Some(key) = lookup_key(&api.identifier) {
                    MEMORY.with(|memory| memory.put(&name(&key), api.clone(), context.now));
                }
            }
            found
        }
    };
    know(&found, client_id, context);
    Ok(())
}

/// The same as D1 has it now, for what is issued.
pub async fn know_afresh(uris: impl Iterator<Item = &str>, client_id: &str, context: &Context) -> Result<(), Fault> {
    let keys = to_look_up(uris, context.config.settings());
    if keys.is_empty() {
        return Ok(());
    }
    know(&find_open(&keys, client_id, context).await?, client_id, context);
    Ok(())
}

/// Those of these keys that the client may ask for, as D1 has them now.
async fn find_open(keys: &[String], client_id: &str, context: &Context) -> Result<Vec<DeclaredApi>, Fault> {
    let keys = serde_json::to_string(keys).unwrap_or_default();
    context.db.read(apis::find_open(&keys, client_id)).await
}

/// Lets the rest of the request know all of these, whoever may ask for them: for what people see of what they allowed.
pub async fn know_any(uris: impl Iterator<Item = &str>, context: &Context) -> Result<(), Fault> {
    let keys = to_look_up(uris, context.config.settings());
    if !keys.is_empty() {
        let keys = serde_json::to_string(&keys).unwrap_or_default();
        know(&context.db.read(apis::find_any(&keys)).await?, "", context);
    }
    Ok(())
}

/// Lets the rest of the request know these, as D1 has them for the client, and no others.
pub fn know(apis: &[DeclaredApi], client_id: &str, context: &Context) {
    let attributes = &context.config.attributes;
    let apis = apis.iter().map(|api| api.for_app(client_id, attributes));
    context.config.know(apis.collect());
}

/// Forgets all of them: one was changed.
pub fn forget() {
    MEMORY.with(ShortMemory::forget_all);
}
