//! `/signup`: where operators let them, people make accounts for themselves (Initiating User Registration via OpenID Connect
//! 1.0): anybody, whoever has an invitation, or whoever reads mails at an address of the operator's domains.

mod account;
mod code;
mod entrance;
mod page;

use self::entrance::Entrance;
use crate::{
    edge::{
        http::{
            failure::{PageFailure, Problem},
            request::Incoming,
        },
        people::sign_in::SignInRequest,
        platform::context::Context,
    },
    oidc::params::Params,
    pages::Typed,
    reply::Reply,
    routes::Endpoint,
};

/// What a form of this page is bound to.
const FORM: &[&str] = &["signup"];

/// Somebody at the page.
struct Newcomer<'a> {
    sign_in: SignInRequest,
    entrance: Entrance,
    params: &'a Params,
}

/// `GET /signup`.
pub async fn show(request: &mut Incoming, context: &Context) -> Result<Reply, PageFailure> {
    let params = request.query_params().map_err(Problem::BadRequest)?;
    let entrance = Entrance::of(&params, context).await?;
    if matches!(entrance, Entrance::Closed) {
        // Who has an account signs in.
        return Ok(Reply::see_other(match request.query.as_str() {
            "" => Endpoint::Login.path().to_owned(),
            query => format!("{}?{query}", Endpoint::Login.path()),
        }));
    }
    let mut sign_in = SignInRequest::receive(request, &params, context).await?;
    let cookie = sign_in.browser.settle(context)?;
    let newcomer = Newcomer {
        sign_in,
        entrance,
        params: &params,
    };
    let hint = newcomer.sign_in.destination.login_hint();
    let typed = match hint.contains('@') {
        true => Typed {
            email: hint,
            ..Typed::default()
        },
        false => Typed {
            username: hint,
            ..Typed::default()
        },
    };
    let typed = Typed {
        code_sent: newcomer.confirms(context).then_some(false),
        ..typed
    };
    Ok(newcomer.page((200, None), typed, &[], context)?.with_cookie(cookie))
}

/// `POST /signup`.
pub async fn submit(request: &mut Incoming, context: &Context) -> Result<Reply, PageFailure> {
    let params = request.form().await?;
    let entrance = Entrance::of(&params, context).await?;
    if matches!(entrance, Entrance::Closed) {
        return Err(Problem::NotFound.into());
    }
    let sign_in = SignInRequest::submitting(request, &params, FORM, context).await?;
    if let Some(reply) = sign_in.turned_down(&params, context).await? {
        return Ok(reply);
    }
    let newcomer = Newcomer {
        sign_in,
        entrance,
        params: &params,
    };
    newcomer.make_account(request, context).await
}

impl Newcomer<'_> {
    /// Whether a code must show that the person reads the mails of their address: where mails are sent, and no link has shown it.
    fn confirms(&self, context: &Context) -> bool {
        context.config.mail.is_some() && !self.entrance.address().is_some_and(|(_, verified)| verified)
    }
}
