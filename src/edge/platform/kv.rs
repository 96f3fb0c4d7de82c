//! KV: copies that are public or checked again. Whatever comes out of it must carry a MAC of ours, so that who can write to
//! KV still cannot put words into Limen's mouth. A failing KV is a missing copy.

use std::cell::{Cell, OnceCell};

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::{Serialize, de::DeserializeOwned};
use worker::{Env, KvStore};

use crate::{
    fault::Fault,
    secret::{Purpose, RootKeys},
    time::Lifetime,
};

/// The namespace, which counts the reads. Its binding is looked up when it is asked first.
pub struct Kv {
    env: Env,
    store: OnceCell<Option<KvStore>>,
    reads: Cell<u32>,
}

impl Kv {
    pub fn new(env: &Env) -> Self {
        Self {
            env: env.clone(),
            store: OnceCell::new(),
            reads: Cell::new(0),
        }
    }

    fn store(&self) -> Option<&KvStore> {
        self.store.get_or_init(|| self.env.kv("KV").ok()).as_ref()
    }

    /// How often KV was read.
    pub fn reads(&self) -> u32 {
        self.reads.get()
    }

    /// The document of `name`, if there is one that Limen wrote under it.
    pub async fn get<T: DeserializeOwned>(&self, name: &str, roots: &RootKeys) -> Option<T> {
        self.reads.set(self.reads.get() + 1);
        let sealed = self.store()?.get(name).text().await.ok()??;
        let (head, document) = sealed.split_once('\n')?;
        let (version, mac) = head.split_once('.')?;
        let key = roots.derive(version.parse().ok()?, Purpose::KvDocument)?;
        let mac = URL_SAFE_NO_PAD.decode(mac).ok()?;
        if !key.verify(&[name.as_bytes(), document.as_bytes()], &mac) {
            return None;
        }
        serde_json::from_str(document).ok()
    }

    /// Keeps a document under `name` for `lifetime`, at least 60 seconds.
    pub async fn put<T: Serialize>(
        &self,
        name: &str,
        document: &T,
        roots: &RootKeys,
        lifetime: Lifetime,
    ) -> Result<(), Fault> {
        let fault = |cause: String| Fault::new("KV put", cause);
        let Some(store) = self.store() else { return Ok(()) };
        let document = serde_json::to_string(document).map_err(|cause| fault(cause.to_string()))?;
        let mac = roots
            .current(Purpose::KvDocument)
            .mac(&[name.as_bytes(), document.as_bytes()]);
        let sealed = format!(
            "{}.{}\n{document}",
            roots.current_version(),
            URL_SAFE_NO_PAD.encode(mac)
        );
        let put = store.put(name, sealed).map_err(|cause| fault(cause.to_string()))?;
        let seconds = lifetime.seconds().max(60).unsigned_abs();
        put.expiration_ttl(seconds)
            .execute()
            .await
            .map_err(|cause| fault(cause.to_string()))
    }

    /// Forgets the document of `name`.
    pub async fn delete(&self, name: &str) -> Result<(), Fault> {
        let Some(store) = self.store() else { return Ok(()) };
        store.delete(name).await.map_err(|cause| Fault::new("KV delete", cause))
    }
}
