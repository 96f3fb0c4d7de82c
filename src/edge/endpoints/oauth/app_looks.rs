//! `/assets/apps/...`: the logo of an app and the style sheet of its color. Either has an address that changes when it does, so it may be
//! kept for ever.

use crate::{
    config::Accent,
    db::client_looks,
    edge::{
        http::{
            failure::{PageFailure, Problem},
            request::Incoming,
        },
        platform::context::Context,
    },
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
    let found = found.and_then(|logo| Some((PictureFormat::parse(&logo.media_type)?, logo.bytes)));
    let (format, bytes) = found.ok_or(Problem::NotFound)?;
    let body = Body::Picture {
        media_type: format.media_type(),
        bytes: bytes.into(),
    };
    Ok(Reply::new(200, body).cached(KEPT, digest))
}

/// `GET /assets/apps/accent/{colors}`: the rules for two colors that stand out, whoever names them.
pub fn accent(request: &Incoming) -> Result<Reply, PageFailure> {
    let name = request.segment(0);
    let accent = Accent::of_file_name(name).ok_or(Problem::NotFound)?;
    let css = pages::accent_rules(accent);
    Ok(Reply::new(200, Body::Css(css.into())).cached(KEPT, name))
}
