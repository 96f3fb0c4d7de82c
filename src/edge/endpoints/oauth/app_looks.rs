//! `/assets/apps/...`: the logo of an app and the style sheet of its color. Either has an address that changes when it does, so it may be
//! kept for ever.

use crate::{
    config::Accent,
    db::{Batch, client_looks, operators, sessions},
    edge::{
        http::{
            browser::Browser,
            failure::{PageFailure, Problem},
            request::Incoming,
        },
        platform::context::Context,
    },
    fault::Fault,
    pages,
    reply::{Body, Reply},
    time::Lifetime,
    web::picture::PictureFormat,
};

/// For how long they may be kept.
const KEPT: Lifetime = Lifetime::YEAR;

/// How a digest is written: 256 bits as base64url.
const DIGEST: usize = 43;

/// `GET /assets/apps/logo/{digest}`.
pub async fn logo(request: &Incoming, context: &Context) -> Result<Reply, PageFailure> {
    let digest = request.segment(0);
    if digest.len() != DIGEST {
        return Err(Problem::NotFound.into());
    }
    let found = context.db.read(client_looks::find_logo(digest)).await?;
    let found = found.and_then(|logo| Some((PictureFormat::parse(&logo.media_type)?, logo)));
    let (format, logo) = found.ok_or(Problem::NotFound)?;
    if logo.waits && !is_operator(request, context).await? {
        return Err(Problem::NotFound.into());
    }
    let body = Body::Picture {
        media_type: format.media_type(),
        bytes: logo.bytes.into(),
    };
    let reply = Reply::new(200, body);
    Ok(match logo.waits {
        true => reply,
        false => reply.cached(KEPT, digest),
    })
}

/// Whether somebody at the console asks, where apps that wait are looked at: nobody else is shown what a stranger would have Limen show.
async fn is_operator(request: &Incoming, context: &Context) -> Result<bool, Fault> {
    let browser = Browser::of(request, context);
    let Some(session_hash) = &browser.session_hash else {
        return Ok(false);
    };
    let mut batch = Batch::default();
    let session = batch.add(sessions::find(session_hash, &context.config.lifetimes, context.now));
    let operator = batch.add(operators::find_of_session(session_hash));
    let rows = context.db.run(batch).await?;
    let is_alive = rows.read(session)?.is_some();
    Ok(is_alive && rows.read(operator)?.is_some_and(|operator| !operator.roles.is_empty()))
}

/// `GET /assets/apps/accent/{colors}`: the rules for two colors that stand out, whoever names them.
pub fn accent(request: &Incoming) -> Result<Reply, PageFailure> {
    let name = request.segment(0);
    let accent = Accent::of_file_name(name).ok_or(Problem::NotFound)?;
    let css = pages::accent_rules(accent);
    Ok(Reply::new(200, Body::Css(css.into())).cached(KEPT, name))
}
