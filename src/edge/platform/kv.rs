//! KV: copies that are public or checked again. Whatever comes out of it must carry a MAC of Limen's: what somebody else writes to KV
//! fails it ([`sealed_document`]). A failing KV is a missing copy.

use std::cell::{Cell, OnceCell};

use js_sys::{Object, Reflect};
use serde::{Serialize, de::DeserializeOwned};
use wasm_bindgen::{JsValue, prelude::wasm_bindgen};
use worker::Env;

use super::js;
use crate::{
    fault::Fault,
    secret::{RootKeys, sealed_document},
    time::Lifetime,
};

#[wasm_bindgen]
extern "C" {
    /// `KVNamespace`.
    type Namespace;

    #[wasm_bindgen(method, catch)]
    async fn get(this: &Namespace, name: &str) -> Result<JsValue, JsValue>;

    #[wasm_bindgen(method, catch)]
    async fn put(this: &Namespace, name: &str, text: &str, options: &Object) -> Result<JsValue, JsValue>;

    #[wasm_bindgen(method, catch)]
    async fn delete(this: &Namespace, name: &str) -> Result<JsValue, JsValue>;
}

/// The binding's name in wrangler.toml.
const BINDING: &str = "KV";

/// The namespace, which counts the reads. Its binding is looked up when it is asked first.
pub struct Kv {
    env: Env,
    store: OnceCell<Option<Namespace>>,
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

    fn store(&self) -> Option<&Namespace> {
        self.store.get_or_init(|| js::binding(&self.env, BINDING)).as_ref()
    }

    /// How often KV was read.
    pub fn reads(&self) -> u32 {
        self.reads.get()
    }

    /// Whether it answers, if there is one: copies make Limen faster, and are missed by nobody.
    pub async fn is_well(&self) -> bool {
        match self.store() {
            Some(store) => store.get("health").await.is_ok(),
            None => true,
        }
    }

    /// The document of `name`, if there is one that Limen wrote under it.
    pub async fn get<T: DeserializeOwned>(&self, name: &str, roots: &RootKeys) -> Option<T> {
        self.reads.set(self.reads.get() + 1);
        let sealed = self.store()?.get(name).await.ok()?.as_string()?;
        let document = sealed_document::open(name, &sealed, roots)?;
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
        let Some(store) = self.store() else { return Ok(()) };
        let document = serde_json::to_string(document).map_err(|cause| Fault::new("KV put", cause))?;
        let sealed = sealed_document::seal(name, &document, roots);
        let fault = |error: JsValue| js::fault("KV put", &error);
        let options = Object::new();
        let seconds = lifetime.seconds().max(60) as f64;
        Reflect::set(&options, &"expirationTtl".into(), &seconds.into()).map_err(fault)?;
        store.put(name, &sealed, &options).await.map(|_| ()).map_err(fault)
    }

    /// Forgets the document of `name`.
    pub async fn delete(&self, name: &str) -> Result<(), Fault> {
        let Some(store) = self.store() else { return Ok(()) };
        let deleted = store.delete(name).await;
        deleted.map(|_| ()).map_err(|error| js::fault("KV delete", &error))
    }
}
