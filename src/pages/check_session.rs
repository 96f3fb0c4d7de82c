//! The OP iframe (OIDC Session Management 1.0 section 3.2). Nobody sees it: clients load it out of sight and ask it.

use askama::Template;

use super::layout::page;

/// Answers clients' pages whether their `session_state` is still right.
#[derive(Template)]
#[template(path = "check_session.html")]
pub struct CheckSessionPage<'a> {
    /// The name of the cookie with the browser state.
    pub cookie: &'a str,
    /// The nonce that the page's Content-Security-Policy allows.
    pub nonce: &'a str,
}

impl CheckSessionPage<'_> {
    page!();

    /// The script, which is the same for everybody.
    fn script(&self) -> &'static str {
        include_str!("check_session.js")
    }
}
