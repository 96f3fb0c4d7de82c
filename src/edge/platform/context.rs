//! What an endpoint has at hand while it answers one request.

use std::{
    cell::{Cell, OnceCell, RefCell},
    pin::Pin,
    rc::Rc,
};

use js_sys::Reflect;
use wasm_bindgen::JsValue;
use worker::Env;

use super::{apart::apart, certificate, clock, d1::Db, deployment, kv::Kv, log, metrics, random};
use crate::{
    config::{Config, ConfigError, ConfigInForce, DpopNonces, Setting},
    db::signing_keys::CurrentKey,
    fault::Fault,
    network,
    oidc::{
        client::{Client, client_certificate::ClientCertificate, redirect_uri::RedirectUri},
        dpop::nonce,
    },
    secret::{Hash, OpaqueToken, Purpose},
    time::UnixTime,
};

/// The platform, and the request's place in time.
pub struct Context {
    env: Env,
    pub config: ConfigInForce,
    pub now: UnixTime,
    pub db: Db,
    pub kv: Kv,
    /// Stands in the log and on error pages, so that a person's report finds its line.
    pub request_id: String,
    /// The network that the request came from, for the audit. `None` for the periodic run.
    pub network: Option<String>,
    /// The address that the request came from, for limits. It is never stored.
    pub address: String,
    /// The TLS certificate that the caller showed, where certificates count.
    pub certificate: Option<ClientCertificate>,
    background: Background,
    /// The redirect URIs of the client that has authenticated: where its pages are.
    client_pages: RefCell<Vec<RedirectUri>>,
    /// The `client_id` that was sent, whether or not its client has authenticated.
    claimed: RefCell<Option<String>>,
    /// Whether a DPoP proof came along.
    brought_proof: Cell<bool>,
    /// The operator who acts, where they have a name.
    operator: OnceCell<ActingOperator>,
    /// A key that was read along, since it will probably sign.
    key: RefCell<Option<CurrentKey>>,
}

/// An operator who acts: a program, a person, or a person by a program.
#[derive(Clone)]
pub struct ActingOperator {
    /// A key or an app, by its name.
    pub program: Option<String>,
    /// A person, by their id.
    pub person: Option<String>,
}

/// What is done where something was written down that webhooks wait for.
type SendToWebhooks = fn(Context) -> Pin<Box<dyn Future<Output = ()>>>;

/// Work that goes on after the answer.
pub struct Background(Option<(worker::Context, SendToWebhooks)>);

impl Background {
    pub fn of_request(context: worker::Context, send_to_webhooks: SendToWebhooks) -> Self {
        Self(Some((context, send_to_webhooks)))
    }

    /// For the periodic run, which has nobody to answer.
    pub fn none() -> Self {
        Self(None)
    }

    /// `work` is known by its trait, or what makes a promise of it would be there once for each.
    fn spawn(&self, work: Pin<Box<dyn Future<Output = ()>>>) {
        if let Some((context, _)) = &self.0 {
            context.wait_until(work);
        }
    }

    /// What sends to webhooks.
    fn send_to_webhooks(&self) -> Option<SendToWebhooks> {
        self.0.as_ref().map(|(_, send)| *send)
    }
}

thread_local! {
    /// Variables, secrets and bindings do not change while an isolate lives.
    static CONFIG: OnceCell<Rc<Config>> = const { OnceCell::new() };
}

/// Why there is no context.
pub enum Unavailable {
    Config(ConfigError),
    NoDatabase,
}

impl Context {
    /// The platform as it is now, for a request from `address`.
    pub fn new(env: &Env, background: Background, address: Option<&str>) -> Result<Self, Unavailable> {
        let config = config(env)?;
        Ok(Self {
            env: env.clone(),
            config: ConfigInForce::new(config),
            now: clock::now(),
            db: Db::new(env),
            kv: Kv::new(env),
            request_id: random::id().unwrap_or_default(),
            network: address.and_then(network::written),
            address: address.unwrap_or_default().to_owned(),
            certificate: None,
            background,
            client_pages: RefCell::default(),
            claimed: RefCell::default(),
            brought_proof: Cell::default(),
            operator: OnceCell::new(),
            key: RefCell::default(),
        })
    }
}

impl Context {
    /// The same, for a caller that may have shown a certificate.
    #[must_use]
    pub fn with_certificate(self, request: &web_sys::Request) -> Self {
        let counts = self.config.mtls_origin.is_some();
        let certificate = counts.then(|| certificate::presented(request)).flatten();
        Self { certificate, ..self }
    }

    /// The settings as they are in force.
    pub fn settings(&self) -> Vec<Setting> {
        Config::settings(variables(&self.env))
    }

    /// Writes down what an answer was like.
    pub fn measure(&self, point: &serde_json::Value) {
        metrics::write(&self.env, point);
    }

    /// A binding that a deployment may have.
    pub fn binding(&self, name: &str) -> Option<JsValue> {
        let binding = Reflect::get(&self.env, &name.into()).ok()?;
        binding.is_object().then_some(binding)
    }

    /// Notes who a client says that it is.
    pub fn note_claim(&self, client_id: &str) {
        self.claimed.replace(Some(client_id.to_owned()));
    }

    /// Who the client said that it is.
    pub fn claimed(&self) -> Option<String> {
        self.claimed.borrow().clone()
    }

    /// Keeps a key that was read along.
    pub fn keep_key(&self, key: Option<CurrentKey>) {
        self.key.replace(key);
    }

    /// The key that was read along.
    pub fn take_key(&self) -> Option<CurrentKey> {
        self.key.take()
    }

    /// Notes which operator acts.
    pub fn note_operator(&self, operator: ActingOperator) {
        _ = self.operator.set(operator);
    }

    /// Notes that a DPoP proof came along: the answer then has the nonce for the next one.
    pub fn note_dpop_proof(&self) {
        self.brought_proof.set(true);
    }

    /// `DPoP-Nonce`, for whoever has sent a proof, where proofs need one.
    pub fn dpop_nonce(&self) -> Option<String> {
        let wanted = self.brought_proof.get() && self.config.dpop_nonces == DpopNonces::Required;
        wanted.then(|| nonce::current(&self.config.roots, self.now))
    }

    /// A random token for one purpose, and what is stored of it.
    pub fn new_token(&self, purpose: Purpose) -> Result<(OpaqueToken, Hash), Fault> {
        let roots = &self.config.roots;
        let token = OpaqueToken::new(roots, random::bytes()?);
        let hash = token
            .hash(roots, purpose)
            .ok_or_else(|| Fault::new("token", "no root key"))?;
        Ok((token, hash))
    }

    /// Notes which client has authenticated.
    pub fn note_client(&self, client: &Client) {
        self.client_pages.replace(client.metadata.redirect_uris.clone());
    }

    /// Whether a client has authenticated.
    pub fn knows_client(&self) -> bool {
        !self.client_pages.borrow().is_empty()
    }

    /// Whether pages of this origin are of the client that has authenticated.
    pub fn is_origin_of_client(&self, origin: &str) -> bool {
        self.client_pages.borrow().iter().any(|uri| uri.is_at(origin))
    }

    /// Does work after the answer. What goes wrong with it is logged.
    pub fn after_answer(&self, work: impl AsyncFnOnce(&Self) -> Result<(), Fault> + 'static) {
        let later = Self {
            now: self.now,
            ..self.later()
        };
        let send = self.background.send_to_webhooks();
        self.background.spawn(apart(async move {
            if let Err(fault) = work(&later).await {
                log::fault(&later.request_id, &fault);
            }
            if let Some(send) = send.filter(|_| later.db.is_woken()) {
                send(later).await;
            }
        }));
    }

    /// Sends to webhooks after the answer, where they wait for what this request wrote down.
    pub fn wake_webhooks(&self) {
        if let Some(send) = self.background.send_to_webhooks()
            && self.db.is_woken()
        {
            self.background.spawn(send(self.later()));
        }
    }

    /// The same by the clock as it is now, for work that nobody waits for.
    #[must_use]
    pub fn later(&self) -> Self {
        Self {
            env: self.env.clone(),
            config: self.config.as_read(),
            now: clock::now(),
            db: Db::new(&self.env),
            kv: Kv::new(&self.env),
            request_id: self.request_id.clone(),
            network: self.network.clone(),
            address: self.address.clone(),
            certificate: None,
            background: Background::none(),
            client_pages: RefCell::default(),
            claimed: RefCell::default(),
            brought_proof: Cell::default(),
            operator: self.operator.clone(),
            key: RefCell::default(),
        }
    }
}

impl crate::audit::Occasion for Context {
    fn now(&self) -> UnixTime {
        self.now
    }

    fn network(&self) -> Option<&str> {
        self.network.as_deref()
    }

    fn operator(&self) -> Option<&str> {
        self.operator.get()?.program.as_deref()
    }

    fn operator_user_id(&self) -> Option<&str> {
        self.operator.get()?.person.as_deref()
    }

    fn request_id(&self) -> &str {
        &self.request_id
    }
}

/// The settings, which are read once.
pub fn config(env: &Env) -> Result<Rc<Config>, Unavailable> {
    match CONFIG.with(|cell| cell.get().cloned()) {
        Some(config) => Ok(config),
        None => read_config(env),
    }
}

/// Variables and secrets, by name.
fn variables(env: &Env) -> impl Fn(&str) -> Option<String> {
    move |name| env.var(name).map(|var| var.to_string()).ok()
}

// Apart, for the engine compiles a function whole: most requests find the settings read.
#[inline(never)]
#[cold]
fn read_config(env: &Env) -> Result<Rc<Config>, Unavailable> {
    let config = Rc::new(Config::parse(variables(env)).map_err(Unavailable::Config)?);
    if !Db::is_bound(env) {
        return Err(Unavailable::NoDatabase);
    }
    for warning in deployment::warnings() {
        log::deployment(warning);
    }
    CONFIG.with(|cell| _ = cell.set(config.clone()));
    Ok(config)
}
