//! `/authorize` (OIDC Core section 3.1.2) and its way back in after the person has signed in.

use super::authorization_request::{AuthorizationRequest, confirm};
use crate::{
    edge::{
        authorization::{client_request::ClientRequest, parameters},
        clients::document,
        http::{
            browser::{Browser, again},
            failure::{PageFailure, Problem, StepFailure},
            request::Incoming,
        },
        platform::{apart::apart, context::Context},
    },
    oidc::{client::Client, error::OAuthError, interaction::HandedIn, params::Params, return_address::PageError},
    reply::Reply,
    routes::{Endpoint, Method},
};

/// `GET` and `POST /authorize`.
pub async fn authorize(request: &mut Incoming, context: &Context) -> Result<Reply, PageFailure> {
    let browser = Browser::of(request, context);
    let sent = match request.method {
        Method::Post => request.form().await?,
        _ => request.query_params().map_err(Problem::BadRequest)?,
    };
    if request.method == Method::Post
        && browser.session_hash.is_none()
        && let Some(reply) = again(
            Endpoint::Authorize,
            &sent,
            request,
            browser.language(Some(&sent)),
            context,
        )?
    {
        return Ok(reply);
    }
    let client = client_of(&sent, context).await?;
    match parameters::unpack(&sent, &client, context).await {
        Ok((params, pushed)) => {
            let authorization_request = AuthorizationRequest::new(
                (params, client),
                (None, pushed.map(HandedIn::of_browser)),
                &browser,
                context,
            )
            .await?;
            authorization_request.answer().await
        }
        Err(StepFailure::Client(error)) => apart(refuse_unpacking(sent, &client, &error, &browser, context)).await,
        Err(StepFailure::Fault(fault)) => Err(fault.into()),
    }
}

/// `GET /authorize/resume`: the same request once more, after a sign-in.
pub async fn resume(request: &mut Incoming, context: &Context) -> Result<Reply, PageFailure> {
    let browser = Browser::of(request, context);
    let query = request.query_params().map_err(Problem::BadRequest)?;
    let (_, interaction) = browser.interaction(&query, context)?;
    // What waits for the person was unpacked before.
    let params = Params::parse(&interaction.query).map_err(Problem::BadRequest)?;
    let client = client_of(&params, context).await?;
    let pushed = interaction.pushed.clone();
    let authorization_request =
        AuthorizationRequest::new((params, client), (Some(interaction), pushed), &browser, context).await?;
    authorization_request.answer().await
}

/// The client that a request names, from its copy if there is one.
async fn client_of(params: &Params, context: &Context) -> Result<Client, PageFailure> {
    let client_id = params.single("client_id").ok().flatten().ok_or(PageError::NoClient)?;
    let client = document::find_any(client_id, context).await?;
    let client = client.ok_or(PageError::UnknownClient)?;
    // Before what its request refers to is fetched.
    if client.metadata.waits {
        confirm((&client.client_id, client.version), context).await?;
        return Err(PageError::WaitingClient.into());
    }
    Ok(client)
}

/// Tells what is wrong with what a request refers to: the client, if a redirect URI that was sent says where, else the person.
async fn refuse_unpacking(
    sent: Params,
    client: &Client,
    error: &OAuthError,
    browser: &Browser,
    context: &Context,
) -> Result<Reply, PageFailure> {
    let fresh = confirm((&client.client_id, client.version), context).await?;
    let client_request = ClientRequest::new(sent, fresh, browser.arrival, None).map_err(|problem| match problem {
        PageError::NoRedirectUri => Problem::BadRequest(error.clone()),
        other => Problem::NoReturn(other, Vec::new()),
    })?;
    let language = browser.language(Some(&client_request.params));
    Ok(client_request.refuse(error, language, context).await?)
}
