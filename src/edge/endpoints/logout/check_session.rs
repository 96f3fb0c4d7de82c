//! `/check_session`: the OP iframe (OIDC Session Management 1.0 section 3.2).

use crate::{
    edge::{
        http::{
            cookies,
            failure::{PageFailure, Problem},
        },
        platform::{context::Context, random},
    },
    pages::{CheckSessionPage, framed_script_policy},
    reply::{Body, Reply},
};

/// `GET /check_session`. There is nothing here unless session management is on.
pub fn check_session(context: &Context) -> Result<Reply, PageFailure> {
    let config = &context.config;
    if !config.session_management {
        return Err(Problem::NotFound.into());
    }
    let nonce = random::id()?;
    let html = CheckSessionPage {
        cookie: cookies::BROWSER_STATE.at(&config.issuer),
        nonce: &nonce,
    }
    .to_html();
    let policy = framed_script_policy(&nonce);
    Ok(Reply::new(200, Body::Frame { html, policy }))
}
