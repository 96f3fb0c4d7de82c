//! The cookies: which sessions a browser has, which browser it is, who has signed in with it before, who trusts it, and, with
//! session management, a mark by which clients' pages see that the session has changed.
//!
//! `__Host-` binds a cookie to this very host over https. On a loopback http issuer, where not every browser would take such
//! a cookie, the names go without it.

use crate::{
    account::{held_sessions::HeldSessions, trusted_browser},
    config::{Config, Issuer},
    cookie::{Cookie, SameSite},
    oidc::session_state::browser_state,
    reply::Reply,
    secret::Purpose,
    time::Lifetime,
};

/// The name of a cookie.
pub struct Name(&'static str);

/// The cookie of the sign-on sessions.
pub const SESSION: Name = Name("__Host-limen_session");

/// The cookie that names the browser, before anybody signs in; forms and waiting requests are bound to it.
pub const BROWSER: Name = Name("__Host-limen_browser");

/// The cookie that tells who has signed in with the browser before (`account::known_browser`).
pub const KNOWN: Name = Name("__Host-limen_known");

/// The cookie by which a browser is trusted (`account::trusted_browser`).
pub const TRUSTED: Name = Name("__Host-limen_trusted");

/// The cookie with the browser state of session management. The script of the iframe reads it, on the pages of other sites.
pub const BROWSER_STATE: Name = Name("__Host-limen_state");

/// How long a browser keeps a cookie that is about no session.
const KEPT: Lifetime = Lifetime::YEAR;

impl Name {
    /// The name as browsers know it.
    pub fn at(&self, issuer: &Issuer) -> &'static str {
        match issuer.is_https() {
            true => self.0,
            false => self.0.trim_start_matches("__Host-"),
        }
    }
}

/// The session cookie for what a browser now holds; one that is removed when that is nothing.
fn session(config: &Config, held: &HeldSessions) -> Cookie {
    let (value, lifetime) = match held.cookie() {
        Some(value) => (value, config.lifetimes.session),
        None => (String::new(), Lifetime(0)),
    };
    build(&config.issuer, &SESSION, value, lifetime)
}

/// The answer with the cookies for what the browser now holds.
pub fn hold(reply: Reply, config: &Config, held: &HeldSessions) -> Reply {
    show_state(reply.with_cookie(session(config, held)), config, held)
}

/// The answer with the browser state, where session management is on.
pub fn show_state(reply: Reply, config: &Config, held: &HeldSessions) -> Reply {
    if !config.session_management {
        return reply;
    }
    let key = config.roots.current(Purpose::BrowserState);
    let state = browser_state(&key, held.active());
    let mut cookie = build(&config.issuer, &BROWSER_STATE, state, KEPT);
    // It is read by a script, in frames of other sites; it opens nothing. Browsers that take no Secure cookie from a loopback host
    // do without.
    cookie.http_only = false;
    cookie.same_site = SameSite::None;
    cookie.secure = true;
    reply.with_cookie(cookie)
}

/// A new browser cookie.
pub fn browser(config: &Config, value: String) -> Cookie {
    build(&config.issuer, &BROWSER, value, KEPT)
}

/// The cookie that tells who has signed in before.
pub fn known(config: &Config, value: String) -> Cookie {
    build(&config.issuer, &KNOWN, value, KEPT)
}

/// The cookie by which a browser is trusted for another 30 days.
pub fn trusted(config: &Config, value: String) -> Cookie {
    build(&config.issuer, &TRUSTED, value, trusted_browser::LIFETIME)
}

fn build(issuer: &Issuer, name: &Name, value: String, max_age: Lifetime) -> Cookie {
    Cookie {
        name: name.at(issuer),
        value,
        http_only: true,
        secure: issuer.is_https(),
        same_site: SameSite::Lax,
        max_age,
    }
}
