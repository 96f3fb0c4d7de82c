//! The two cookies: which sessions a browser has, and which browser it is.
//!
//! `__Host-` binds a cookie to this very host over https. On a loopback http issuer, where not every browser would take such
//! a cookie, the names go without it.

use cookie::{Cookie, SameSite, time::Duration};

use crate::{
    account::held_sessions::HeldSessions,
    config::{Config, Issuer},
};

/// The cookie of the sign-on sessions.
pub fn session_name(issuer: &Issuer) -> &'static str {
    if issuer.is_https() {
        "__Host-limen_session"
    } else {
        "limen_session"
    }
}

/// The cookie that names the browser, before anybody signs in; forms and waiting requests are bound to it.
pub fn browser_name(issuer: &Issuer) -> &'static str {
    if issuer.is_https() {
        "__Host-limen_browser"
    } else {
        "limen_browser"
    }
}

/// The session cookie for what a browser now holds; one that is removed when that is nothing.
pub fn session(config: &Config, held: &HeldSessions) -> Cookie<'static> {
    let lifetime = Duration::seconds(config.lifetimes.session.seconds());
    let (value, lifetime) = match held.cookie() {
        Some(value) => (value, lifetime),
        None => (String::new(), Duration::ZERO),
    };
    build(&config.issuer, session_name(&config.issuer), value, lifetime)
}

/// A new browser cookie.
pub fn browser(config: &Config, value: String) -> Cookie<'static> {
    build(&config.issuer, browser_name(&config.issuer), value, Duration::days(365))
}

/// The value of a cookie in a `Cookie` header.
pub fn find(header: &str, name: &str) -> Option<String> {
    Cookie::split_parse(header.to_owned())
        .flatten()
        .find(|cookie| cookie.name() == name)
        .map(|cookie| cookie.value().to_owned())
}

fn build(issuer: &Issuer, name: &'static str, value: String, max_age: Duration) -> Cookie<'static> {
    Cookie::build((name, value))
        .path("/")
        .http_only(true)
        .secure(issuer.is_https())
        .same_site(SameSite::Lax)
        .max_age(max_age)
        .build()
}
