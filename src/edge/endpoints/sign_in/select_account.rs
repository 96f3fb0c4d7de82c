//! `/select_account`: which of the accounts that are signed in in the browser an app gets to know (OIDC Core section 3.1.2.1).

use crate::{
    db::sessions::{self, Session},
    edge::{
        authorization::client_request::ClientRequest,
        http::{
            browser::{Browser, see_page},
            cookies,
            failure::{PageFailure, Problem},
            request::Incoming,
        },
        platform::context::Context,
    },
    oidc::{
        interaction::{Choice, Interaction},
        params::Params,
    },
    pages::{AccountChoice, Marks, SelectAccountPage, app_name},
    reply::Reply,
    routes::Endpoint,
    secret::Hash,
    web::landing::landing,
};

/// What a form of this page is bound to.
const FORM: &[&str] = &["select_account"];

/// The accounts of a browser, of which the person selects one.
struct AccountSelection {
    browser: Browser,
    sealed: String,
    interaction: Interaction,
    client_request: ClientRequest,
    accounts: Vec<(Hash, Session)>,
}

/// `GET /select_account`.
pub async fn show(request: &mut Incoming, context: &Context) -> Result<Reply, PageFailure> {
    let params = request.query_params().map_err(Problem::BadRequest)?;
    let selection = AccountSelection::receive(request, &params, context).await?;
    if selection.accounts.is_empty() {
        return Ok(see_page(Endpoint::Login, &selection.sealed));
    }
    Ok(selection.page(context))
}

/// `POST /select_account`.
pub async fn submit(request: &mut Incoming, context: &Context) -> Result<Reply, PageFailure> {
    let params = request.form().await?;
    let field = |name| params.text(name);
    if !Browser::of(request, context).sent_form(field("csrf"), FORM, context) {
        return Err(Problem::ForeignForm.into());
    }
    let selection = AccountSelection::receive(request, &params, context).await?;
    let AccountSelection {
        browser,
        sealed,
        interaction,
        client_request,
        accounts,
    } = selection;
    if !field("cancel").is_empty() {
        let language = browser.language(Some(&client_request.params));
        return Ok(client_request.deny(&interaction, None, language, context).await?);
    }
    if !field("another").is_empty() {
        return Ok(browser.go_on(Endpoint::Login, interaction, Choice::Another, context)?);
    }
    let chosen = accounts
        .into_iter()
        .find(|(_, session)| session.authentication.session_id == field("account"));
    let active = chosen.and_then(|(hash, session)| Some((browser.held.clone().activate(&hash)?, session)));
    let Some((held, session)) = active else {
        // It ended while the page was open.
        return Ok(see_page(Endpoint::SelectAccount, &sealed));
    };
    let choice = Choice::Session(session.authentication.session_id);
    let reply = browser.go_on(Endpoint::AuthorizeResume, interaction, choice, context)?;
    Ok(cookies::hold(reply, &context.config, &held))
}

impl AccountSelection {
    async fn receive(request: &Incoming, params: &Params, context: &Context) -> Result<Self, PageFailure> {
        let browser = Browser::of(request, context);
        let (sealed, interaction) = browser.interaction(params, context)?;
        let (client_request, _) = ClientRequest::load(&interaction, &browser, context).await?;
        let held = sessions::json_of(browser.held.all());
        let find = sessions::find_held(&held, &context.config.lifetimes, context.now);
        Ok(Self {
            accounts: context.db.read(find).await?,
            browser,
            sealed,
            interaction,
            client_request,
        })
    }

    fn page(&self, context: &Context) -> Reply {
        let client = &self.client_request.client;
        let language = self.browser.language(Some(&self.client_request.params));
        let locale = language.tag();
        let accounts = self.accounts.iter().map(|(_, session)| AccountChoice {
            session_id: &session.authentication.session_id,
            name: session.user.display_name(),
            username: session.user.username.as_str(),
        });
        let html = SelectAccountPage {
            language,
            client_name: &app_name(&client.client_id, &client.metadata, language),
            client_uri: client.metadata.client_uri.best_for(&[locale]),
            marks: Marks::of(&client.metadata.look),
            return_to: landing(self.client_request.address.redirect_uri()),
            interaction: &self.sealed,
            csrf: &self.browser.csrf(FORM, context),
            accounts: accounts.collect(),
        }
        .to_html();
        Reply::page(200, html, self.client_request.page_policy())
    }
}
