//! From a [`Reply`] to an HTTP response. Headers are written here and nowhere else.

pub mod look;
pub mod prepared;

use std::borrow::Cow;

use js_sys::{JSON, Uint8Array};
use serde::{Serialize, Serializer};
use wasm_bindgen::JsCast;
use web_sys::{Request, Response, ResponseInit};

use self::prepared::Prepared;
use crate::{
    edge::platform::context::Context,
    reply::{Body, Caching, Reply},
    routes::{Audience, Method},
    time::Lifetime,
    web::{cors, header},
};

/// What about the request shapes its answer.
pub struct Shape<'a> {
    /// The path and the query of the request.
    pub path: &'a str,
    pub query: &'a str,
    pub method: Method,
    pub audience: Audience,
    pub if_none_match: Option<String>,
    pub cors: Cors,
}

/// What a page of another origin asks for (Fetch standard section 3.3).
pub struct Cors {
    /// Where the page is from.
    origin: Option<String>,
    /// In a preflight: the headers that it wants to send.
    headers: Option<String>,
}

impl Cors {
    pub fn of(request: &Request, method: Option<Method>) -> Self {
        let header = |name| request.headers().get(name).ok().flatten();
        let is_preflight = method == Some(Method::Options);
        Self {
            origin: header("origin"),
            headers: is_preflight.then(|| header("access-control-request-headers")).flatten(),
        }
    }
}

/// What a response is made with beside its body, as the Fetch standard has it (section 5.5). It crosses to the platform as one
/// text: a call across for each header would take longer than all else that is done for a small answer. The headers are a record
/// there, which the platform reads faster than a list of pairs.
#[derive(Serialize)]
struct Init<'a> {
    status: u16,
    #[serde(serialize_with = "as_record")]
    headers: Vec<(&'static str, Cow<'a, str>)>,
    /// The cookies. A record has one of a name.
    #[serde(skip)]
    cookies: Vec<String>,
}

fn as_record<S: Serializer>(headers: &[(&'static str, Cow<'_, str>)], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_map(headers.iter().map(|(name, value)| (name, value)))
}

impl<'a> Init<'a> {
    /// Sets a header, or adds to what was set (RFC 9110 section 5.3).
    fn set(&mut self, name: &'static str, value: impl Into<Cow<'a, str>>) {
        let value = value.into();
        match self.headers.iter_mut().find(|(known, _)| *known == name) {
            Some((_, known)) => *known = format!("{known}, {value}").into(),
            None => self.headers.push((name, value)),
        }
    }

    /// The response with `content`.
    fn into_response(mut self, content: Option<&Uint8Array>) -> worker::Result<Response> {
        let mut cookies = std::mem::take(&mut self.cookies).into_iter();
        if let Some(first) = cookies.next() {
            self.set("set-cookie", first);
        }
        let init = JSON::parse(&serde_json::to_string(&self)?)?.unchecked_into();
        let response = match content {
            Some(bytes) => Response::new_with_opt_buffer_source_and_init(Some(bytes), &init)?,
            None => Response::new_with_opt_str_and_init(None, &init)?,
        };
        for cookie in cookies {
            response.headers().append("set-cookie", &cookie)?;
        }
        Ok(response)
    }
}

/// Writes the response.
pub fn respond(mut reply: Reply, shape: &Shape<'_>, context: Option<&Context>) -> worker::Result<Response> {
    if let (Body::Page { html, .. }, Some(context)) = (&mut reply.body, context) {
        *html = look::of(&context.config).dress(std::mem::take(html));
    }
    let prepared_name = name_of_prepared(&reply, shape, context);
    if let Some(prepared) = prepared_name.as_deref().and_then(Prepared::find) {
        return prepared.respond();
    }
    let mut init = Init {
        status: reply.status,
        headers: Vec::with_capacity(16),
        cookies: Vec::new(),
    };
    init.set("x-content-type-options", "nosniff");
    init.set("referrer-policy", "no-referrer");
    if let Some(context) = context {
        // One answer of what everybody may keep is the answer to many requests.
        if reply.caching == Caching::NoStore {
            init.set("x-request-id", context.request_id.as_str());
        }
        if context.config.issuer.is_https() {
            init.set("strict-transport-security", "max-age=31536000");
        }
        if let Some(nonce) = context.dpop_nonce() {
            init.set("dpop-nonce", nonce);
        }
        if context.config.server_timing {
            let (trips, reads) = (context.db.trips(), context.kv.reads());
            init.set("server-timing", format!("d1;desc=\"{trips}\", kv;desc=\"{reads}\""));
        }
    }
    write_cors(&mut init, shape, &reply, context);
    if write_caching(&mut init, &reply, shape) && reply.status == 200 {
        init.status = 304;
    }
    write_rest(&mut init, &reply);
    let content = write_content(&mut init, &reply.body);
    let silent = init.status == 304 || shape.method == Method::Head;
    let Some(content) = content.filter(|_| !silent) else {
        return init.into_response(None);
    };
    let bytes = Uint8Array::from(content);
    let response = init.into_response(Some(&bytes))?;
    if let Some(name) = prepared_name {
        Prepared::of(bytes, &response).keep(&name);
    }
    Ok(response)
}

/// The response where the platform took none that was made.
#[cold]
#[inline(never)]
pub fn internal_error() -> worker::Result<Response> {
    let init = ResponseInit::new();
    init.set_status(500);
    Ok(Response::new_with_opt_str_and_init(
        Some("Internal Server Error"),
        &init,
    )?)
}

/// By what name the whole response is kept, where the next caller gets the same: a document that stays as it is by its path, what is
/// kept for a year by its path and version, the JWKS by its tag and by what it is called.
fn name_of_prepared(reply: &Reply, shape: &Shape<'_>, context: Option<&Context>) -> Option<String> {
    let Caching::Public { etag, max_age } = &reply.caching else {
        return None;
    };
    // There are as many of these as there are apps: they would push the documents out that everybody asks for.
    if shape.path.starts_with("/assets/apps/") {
        return None;
    }
    let is_plain = shape.method == Method::Get && shape.if_none_match.is_none() && reply.status == 200;
    let is_same = context.is_some_and(|context| !context.config.server_timing && !context.knows_client());
    let name = match &reply.body {
        Body::JwkSet { plain, .. } => prepared::name_of_jwks(etag, *plain),
        _ if *max_age == Lifetime::YEAR => prepared::name_of_version(shape.path, shape.query),
        _ => shape.path.to_owned(),
    };
    (is_plain && is_same).then_some(name)
}

/// Programs in browsers of any origin may call the endpoints for programs: no cookie counts there. Some send cookies along all the
/// same, and their browsers then want to hear their origin by name: it is told where it is the client's that just proved itself.
fn write_cors<'a>(init: &mut Init<'a>, shape: &'a Shape<'_>, reply: &'a Reply, context: Option<&Context>) {
    if shape.audience != Audience::Machine {
        return;
    }
    let known = |origin: &&str| context.is_some_and(|context| context.is_origin_of_client(origin));
    match shape.cors.origin.as_deref().filter(known) {
        Some(origin) => {
            init.set("access-control-allow-origin", origin);
            init.set("access-control-allow-credentials", "true");
            init.set("vary", "Origin");
        }
        None => init.set("access-control-allow-origin", "*"),
    }
    init.set(
        "access-control-expose-headers",
        "WWW-Authenticate, DPoP-Nonce, Retry-After, ETag, Server-Timing, X-Request-Id",
    );
    // The answer to a preflight (Fetch standard section 3.3.3).
    if let (Method::Options, Some(allow)) = (shape.method, &reply.allow) {
        init.set("access-control-allow-methods", allow.as_str());
        init.set(
            "access-control-allow-headers",
            cors::allowed_headers(shape.cors.headers.as_deref().unwrap_or_default()),
        );
        init.set("access-control-max-age", "86400");
    }
}

/// Says who may keep the answer. Whether the caller has it already.
fn write_caching(init: &mut Init<'_>, reply: &Reply, shape: &Shape<'_>) -> bool {
    let is_known = |etag: &str| header::names_tag(shape.if_none_match.as_deref().unwrap_or_default(), etag);
    match &reply.caching {
        Caching::NoStore => {
            init.set("cache-control", "no-store");
            init.set("pragma", "no-cache");
            let Some(etag) = &reply.etag else { return false };
            init.set("etag", format!("\"{etag}\""));
            is_known(etag)
        }
        Caching::Public { max_age, etag } => {
            init.set("cache-control", format!("public, max-age={}", max_age.seconds()));
            init.set("etag", format!("\"{etag}\""));
            is_known(etag)
        }
    }
}

fn write_rest<'a>(init: &mut Init<'a>, reply: &'a Reply) {
    if let Some(location) = &reply.location {
        init.set("location", location.as_str());
    }
    if let Some(challenge) = &reply.challenge {
        init.set("www-authenticate", challenge.as_str());
    }
    if let Some(wait) = reply.retry_after {
        init.set("retry-after", wait.seconds().to_string());
    }
    if let Some(allow) = &reply.allow {
        init.set("allow", allow.as_str());
    }
    if let Some(name) = reply.file_name {
        init.set("content-disposition", format!("attachment; filename=\"{name}\""));
    }
    for cookie in &reply.cookies {
        init.cookies.push(cookie.to_string());
    }
}

/// What a picture may do that a browser opens by itself: have the colors that it names.
const PICTURE_POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; sandbox";

/// Says of what type the content is, and gives it.
fn write_content<'a>(init: &mut Init<'a>, body: &'a Body) -> Option<&'a [u8]> {
    let (kind, text): (_, &str) = match body {
        Body::Empty => return None,
        Body::Picture { media_type, bytes } => {
            // Whoever opens it by itself opens a document of this origin: it shall do nothing.
            init.set("content-security-policy", PICTURE_POLICY);
            init.set("content-type", *media_type);
            return Some(bytes);
        }
        Body::Json(text) => ("application/json", text),
        // RFC 7517 section 8.5.2; who reads nothing but JSON is told that it is.
        Body::JwkSet { text, plain } => {
            init.set("vary", "Accept");
            let kind = if *plain {
                "application/json"
            } else {
                "application/jwk-set+json"
            };
            (kind, text)
        }
        Body::Jrd(text) => ("application/jrd+json", text),
        Body::Jwt(text) => ("application/jwt", text),
        Body::IntrospectionJwt(text) => ("application/token-introspection+jwt", text),
        Body::JsonLines(text) => ("application/x-ndjson", text),
        Body::Text(text) => ("text/plain; charset=utf-8", text),
        Body::Css(text) => ("text/css; charset=utf-8", text),
        Body::Script(text) => ("text/javascript; charset=utf-8", text),
        Body::Frame { html, policy } => {
            init.set("content-security-policy", policy.as_str());
            ("text/html; charset=utf-8", html)
        }
        Body::Page { html, policy } => {
            init.set("content-security-policy", policy.as_str());
            init.set("x-frame-options", "DENY");
            if let Some(language) = language_of(html) {
                init.set("content-language", language);
            }
            init.set("vary", "Accept-Language, Cookie");
            ("text/html; charset=utf-8", html)
        }
    };
    init.set("content-type", kind);
    Some(text.as_bytes())
}

/// The language of a page, as its first element says: the header and the document cannot disagree.
fn language_of(html: &str) -> Option<&str> {
    let (_, rest) = html.split_once("<html lang=\"")?;
    rest.split('"').next()
}
