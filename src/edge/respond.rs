//! From a [`Reply`] to an HTTP response. Headers are written here and nowhere else.

use worker::{Headers, Response, ResponseBody, Result};

use super::context::Context;
use crate::{
    reply::{Body, Caching, Reply},
    routes::{Audience, Method},
};

/// What about the request shapes its answer.
pub struct Shape {
    pub method: Method,
    pub audience: Audience,
    pub if_none_match: Option<String>,
}

/// Writes the response.
pub fn respond(reply: Reply, shape: &Shape, context: Option<&Context>) -> Result<Response> {
    let headers = Headers::new();
    headers.set("x-content-type-options", "nosniff")?;
    headers.set("referrer-policy", "no-referrer")?;
    if let Some(context) = context {
        headers.set("x-request-id", &context.request_id)?;
        if context.config.issuer.is_https() {
            headers.set("strict-transport-security", "max-age=31536000")?;
        }
        if context.config.server_timing {
            let (trips, reads) = (context.db.trips(), context.kv.reads());
            headers.set("server-timing", &format!("d1;desc=\"{trips}\", kv;desc=\"{reads}\""))?;
        }
    }
    write_cors(&headers, shape, &reply)?;
    let unchanged = write_caching(&headers, &reply.caching, shape)?;
    write_rest(&headers, &reply)?;
    let status = if unchanged && reply.status == 200 {
        304
    } else {
        reply.status
    };
    let content = content(reply.body, &headers)?;
    let silent = status == 304 || shape.method == Method::Head;
    let body = content
        .filter(|_| !silent)
        .map_or(ResponseBody::Empty, |text| ResponseBody::Body(text.into_bytes()));
    Ok(Response::from_body(body)?.with_status(status).with_headers(headers))
}

/// Programs in browsers of any origin may call the endpoints for programs: no cookie counts there.
fn write_cors(headers: &Headers, shape: &Shape, reply: &Reply) -> Result<()> {
    if shape.audience != Audience::Machine {
        return Ok(());
    }
    headers.set("access-control-allow-origin", "*")?;
    headers.set(
        "access-control-expose-headers",
        "WWW-Authenticate, Retry-After, ETag, Server-Timing, X-Request-Id",
    )?;
    // The answer to a preflight (Fetch standard section 3.3.3).
    if let (Method::Options, Some(allow)) = (shape.method, &reply.allow) {
        headers.set("access-control-allow-methods", allow)?;
        headers.set(
            "access-control-allow-headers",
            "Authorization, Content-Type, If-None-Match, DPoP",
        )?;
        headers.set("access-control-max-age", "86400")?;
    }
    Ok(())
}

fn write_caching(headers: &Headers, caching: &Caching, shape: &Shape) -> Result<bool> {
    match caching {
        Caching::NoStore => {
            headers.set("cache-control", "no-store")?;
            headers.set("pragma", "no-cache")?;
            Ok(false)
        }
        Caching::Public { max_age, etag } => {
            let etag = format!("\"{etag}\"");
            headers.set("cache-control", &format!("public, max-age={}", max_age.seconds()))?;
            headers.set("etag", &etag)?;
            let known = shape.if_none_match.as_deref().unwrap_or_default();
            // RFC 9110 section 13.1.2: a weak comparison.
            Ok(known
                .split(',')
                .map(|tag| tag.trim().trim_start_matches("W/"))
                .any(|tag| tag == etag || tag == "*"))
        }
    }
}

fn write_rest(headers: &Headers, reply: &Reply) -> Result<()> {
    if let Some(location) = &reply.location {
        headers.set("location", location)?;
    }
    if let Some(challenge) = &reply.challenge {
        headers.set("www-authenticate", challenge)?;
    }
    if let Some(wait) = reply.retry_after {
        headers.set("retry-after", &wait.seconds().to_string())?;
    }
    if let Some(allow) = &reply.allow {
        headers.set("allow", allow)?;
    }
    if let Some(name) = reply.file_name {
        headers.set("content-disposition", &format!("attachment; filename=\"{name}\""))?;
    }
    reply
        .cookies
        .iter()
        .try_for_each(|cookie| headers.append("set-cookie", &cookie.to_string()))
}

fn content(body: Body, headers: &Headers) -> Result<Option<String>> {
    let (kind, text) = match body {
        Body::Empty => return Ok(None),
        Body::Json(text) => ("application/json", text),
        Body::JwkSet(text) => ("application/jwk-set+json", text),
        Body::Jwt(text) => ("application/jwt", text),
        Body::Text(text) => ("text/plain; charset=utf-8", text),
        Body::Css(text) => ("text/css; charset=utf-8", text.to_owned()),
        Body::Frame { html, policy } => {
            headers.set("content-security-policy", &policy)?;
            ("text/html; charset=utf-8", html)
        }
        Body::Page { html, policy } => {
            headers.set("content-security-policy", &policy)?;
            headers.set("x-frame-options", "DENY")?;
            if let Some(language) = language_of(&html) {
                headers.set("content-language", language)?;
            }
            headers.set("vary", "Accept-Language, Cookie")?;
            ("text/html; charset=utf-8", html)
        }
    };
    headers.set("content-type", kind)?;
    Ok(Some(text))
}

/// The language of a page, as its first element says: the header and the document cannot disagree.
fn language_of(html: &str) -> Option<&str> {
    let (_, rest) = html.split_once("<html lang=\"")?;
    rest.split('"').next()
}
