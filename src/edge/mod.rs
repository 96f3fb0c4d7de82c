//! The shell around the core, on wasm only: events of the platform, storage, WebCrypto, HTTP.

mod authorization;
mod chores;
mod clients;
mod endpoints;
mod http;
mod keys;
mod mail;
mod people;
mod platform;
mod router;
mod sessions;
mod tokens;

use wasm_bindgen::{JsCast, JsValue, prelude::wasm_bindgen};
use web_sys::{Request, Response};
use worker::{Env, Result, ScheduleContext, ScheduledEvent, event, worker_sys};

use self::{
    endpoints::oauth::well_known,
    http::{
        request::Incoming,
        respond::{
            Shape, look,
            prepared::{Prepared, name_of_jwks, name_of_version},
        },
    },
    keys::jwks,
    platform::{
        at_once::at_once,
        clock,
        context::{self, Background, Context, Unavailable},
        log, metrics,
    },
};
use crate::{
    metrics::{Measured, is_of_interest, point},
    reply::{Body, Reply},
    routes::{self, Endpoint, Method, Route},
    web::header,
};

#[wasm_bindgen(module = "cloudflare:workers")]
extern "C" {
    /// Variables and bindings, as requests get them.
    #[wasm_bindgen(thread_local_v2, js_name = env)]
    static ENV: JsValue;
}

/// What an isolate does when the platform loads the Worker, before there is a request: the settings are read and the provider
/// metadata is made, which do not change while it lives. The platform loads a Worker while the caller is still shaking hands,
/// and counts that towards no request. Nothing can be asked or drawn at random here.
#[event(start)]
fn start() {
    let env: Env = ENV.with(JsValue::clone).unchecked_into();
    // Where settings are missing, requests are told which.
    if let Ok(config) = context::config(&env) {
        well_known::prepare(&config);
        look::of(&config);
    }
}

/// Answers a request: at once where nobody has to be asked, with a promise otherwise, which is why this is an export of ours and not the
/// `worker` crate's event, whose answers are all promises. The request comes as the platform has it: a `worker::Request` reads `request.cf`
/// when it is made, which costs the platform more than all the rest that is read of most requests.
#[wasm_bindgen(js_name = fetch)]
pub fn fetch(request: Request, env: Env, background: worker_sys::Context) -> JsValue {
    let (method, url) = (request.method(), request.url());
    if let Some(response) = ready(&method, &url, &request) {
        return response.into();
    }
    let answered = async move {
        let answer = answer((&method, &url), request, env, worker::Context::new(background)).await;
        let response = answer.or_else(|error| {
            log::unanswered(&error);
            http::respond::internal_error()
        });
        Ok(response?.into())
    };
    at_once(answered)
}

/// The response to a plain GET, where an earlier one left it.
fn ready(method: &str, url: &str, request: &Request) -> Option<Response> {
    if method != Method::Get.as_str() {
        return None;
    }
    let (path, query) = routes::path_and_query(url);
    let prepared = prepared_for(path, query, request)?;
    match request.headers().get("if-none-match") {
        Ok(None) => prepared.respond().ok(),
        _ => None,
    }
}

async fn answer(
    (method, url): (&str, &str),
    request: Request,
    env: Env,
    background: worker::Context,
) -> Result<Response> {
    let (path, query) = routes::path_and_query(url);
    let method = Method::parse(method);
    let if_none_match = request.headers().get("if-none-match")?;
    let found = routes::find(path);
    let shape = Shape {
        path,
        query,
        method: method.unwrap_or(Method::Get),
        audience: found
            .as_ref()
            .map_or_else(|| routes::audience_of_unknown(path), |(route, _)| route.audience),
        cors: http::respond::Cors::of(&request, method),
        if_none_match,
    };
    let address = request.headers().get(http::request::ADDRESS)?;
    let context = match Context::new(
        &env,
        Background::of_request(background, chores::send_to_webhooks),
        address.as_deref(),
    ) {
        Ok(context) => context.with_certificate(&request),
        Err(unavailable) => return http::respond::respond(explain(&unavailable), &shape, None),
    };
    let begun = metrics::is_bound(&env).then(clock::milliseconds);
    let (route, segments) = found.map_or((None, Vec::new()), |(route, segments)| (Some(route), segments));
    let mut incoming = Incoming::new(shape.method, (path, query), segments, request);
    let reply = match (route, method) {
        (None, _) => router::not_found(&incoming, &context),
        (Some(route), None) => router::method_not_allowed(route, &incoming, &context),
        (Some(route), Some(_)) => router::answer(route, &mut incoming, &context).await,
    };
    if let (Some(begun), Some(route)) = (begun, route) {
        measure((route, shape.method, begun), &incoming, &reply, &context);
    }
    context.wake_webhooks();
    http::respond::respond(reply, &shape, Some(&context))
}

/// Where what pages are made of is.
const ASSETS: &str = "/assets/";

/// The answer that everybody gets at that path, where it is ready. That of the JWKS counts for seconds.
fn prepared_for(path: &str, query: &str, request: &Request) -> Option<Prepared> {
    if path.starts_with(ASSETS) {
        return Prepared::find(&name_of_version(path, query));
    }
    if path != Endpoint::Jwks.path() {
        return Prepared::find(path);
    }
    let etag = jwks::tag_in_isolate(clock::now())?;
    let accept = request.headers().get("accept").ok().flatten().unwrap_or_default();
    Prepared::find(&name_of_jwks(&etag, header::reads_json_alone(&accept)))
}

/// Writes down what an answer was like, where that is wanted.
#[cold]
#[inline(never)]
fn measure(
    (route, method, begun): (&'static Route, Method, f64),
    incoming: &Incoming,
    reply: &Reply,
    context: &Context,
) {
    if !is_of_interest(route, method) {
        return;
    }
    let sent = incoming.sent();
    let measured = Measured {
        route,
        method,
        grant_type: sent.single("grant_type").ok().flatten(),
        events: &context.db.events(),
        milliseconds: clock::milliseconds() - begun,
        d1: context.db.trips(),
        kv: context.kv.reads(),
    };
    context.measure(&point(&measured, reply));
}

/// The periodic run.
#[event(scheduled)]
async fn scheduled(_: ScheduledEvent, env: Env, _: ScheduleContext) {
    match Context::new(&env, Background::none(), None) {
        Ok(context) => {
            if let Err(fault) = chores::run(&context).await {
                log::fault(&context.request_id, &fault);
            }
        }
        Err(Unavailable::Config(error)) => log::unconfigured(&error.to_string()),
        Err(Unavailable::NoDatabase) => log::unconfigured(NO_DATABASE),
    }
}

const NO_DATABASE: &str = "Limen is not configured.\n- the D1 binding DB is missing: see [[d1_databases]] in wrangler.toml, and in limen.toml if it is there\n";

/// Limen refuses to start, and says how to fix it; to whom does no matter, for there is no secret in it.
fn explain(unavailable: &Unavailable) -> Reply {
    let text = match unavailable {
        Unavailable::Config(error) => error.to_string(),
        Unavailable::NoDatabase => NO_DATABASE.to_owned(),
    };
    Reply::new(503, Body::Text(text))
}
