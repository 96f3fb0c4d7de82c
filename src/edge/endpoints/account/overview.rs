//! `/account`: who is signed in, and the way to everything else.

use crate::{
    edge::{context::Context, failure::PageFailure, request::Incoming, resident::Resident},
    pages::account::OverviewPage,
    reply::Reply,
    routes::Endpoint,
};

/// `GET /account`.
pub async fn show(request: &mut Incoming, context: &Context) -> Result<Reply, PageFailure> {
    let (resident, []) = Resident::enter(Endpoint::Account, request, context, |_| []).await?;
    let user = &resident.session.user;
    let html = OverviewPage {
        frame: resident.frame(Endpoint::Account),
        username: user.username.as_str(),
        email: user.claims.text("email"),
    }
    .to_html();
    Ok(resident.page(200, html))
}
