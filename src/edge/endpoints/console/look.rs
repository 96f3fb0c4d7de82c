//! `/admin/look`: how the deployment looks, and which setting makes it so. Nothing is changed here, for these are settings.

use crate::{
    edge::{
        http::{failure::PageFailure, request::Incoming, respond::look},
        people::console_access::Console,
        platform::context::Context,
    },
    pages::console::{ConsoleLookPage, OF_LOOK},
    reply::Reply,
    routes::{Endpoint, Method},
};

/// `GET /admin/look`.
pub async fn show(request: &mut Incoming, context: &Context) -> Result<Reply, PageFailure> {
    let console = Console::open(request, &[(Endpoint::AdminSettings, Method::Get)], context).await?;
    let mut settings = context.settings();
    let place = |name: &str| OF_LOOK.iter().position(|known| *known == name);
    settings.retain(|setting| place(&setting.name).is_some());
    settings.sort_by_key(|setting| place(&setting.name));
    let logo = look::of(&context.config).logo_href();
    let html = ConsoleLookPage {
        frame: console.frame(Endpoint::ConsoleSystem),
        brand: &context.config.brand,
        logo: logo.as_deref(),
        settings,
    }
    .to_html();
    Ok(console.page(200, html))
}
