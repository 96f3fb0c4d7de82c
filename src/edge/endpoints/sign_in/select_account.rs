//! `/select_account`: which of the accounts that are signed in in the browser an app gets to know (OIDC Core section 3.1.2.1).

use crate::{
    db::sessions::{self, Session},
    edge::{
        authorization::client_request::Flow,
        http::{
            browser::{Visitor, see_page},
            cookies,
            failure::{PageFailure, Problem},
            request::Incoming,
        },
        platform::context::Context,
    },
    oidc::{
        client::redirect_uri::destination,
        interaction::{Choice, Interaction},
        params::Params,
    },
    pages::{AccountChoice, SelectAccountPage, app_name},
    reply::Reply,
    routes::Endpoint,
    secret::Hash,
};

/// What a form of this page is bound to.
const FORM: &[&str] = &["select_account"];

/// A visitor who has accounts to choose from.
struct Chooser {
    visitor: Visitor,
    sealed: String,
    interaction: Interaction,
    flow: Flow,
    accounts: Vec<(Hash, Session)>,
}

/// `GET /select_account`.
pub async fn show(request: &mut Incoming, context: &Context) -> Result<Reply, PageFailure> {
    let params = request.query_params().map_err(Problem::BadRequest)?;
    let chooser = Chooser::receive(request, &params, context).await?;
    if chooser.accounts.is_empty() {
        return Ok(see_page(Endpoint::Login, &chooser.sealed));
    }
    Ok(chooser.page(context))
}

/// `POST /select_account`.
pub async fn submit(request: &mut Incoming, context: &Context) -> Result<Reply, PageFailure> {
    let params = request.form().await?;
    let field = |name| params.single(name).ok().flatten().unwrap_or_default();
    if !Visitor::of(request, context).sent_form(field("csrf"), FORM, context) {
        return Err(Problem::ForeignForm.into());
    }
    let chooser = Chooser::receive(request, &params, context).await?;
    let Chooser {
        visitor,
        sealed,
        interaction,
        flow,
        accounts,
    } = chooser;
    if !field("cancel").is_empty() {
        let language = visitor.language(Some(&flow.params));
        return Ok(flow.deny(&interaction, None, language, context).await?);
    }
    if !field("another").is_empty() {
        return Ok(visitor.go_on(Endpoint::Login, interaction, Choice::Another, context)?);
    }
    let chosen = accounts
        .into_iter()
        .find(|(_, session)| session.authentication.session_id == field("account"));
    let active = chosen.and_then(|(hash, session)| Some((visitor.held.clone().activate(&hash)?, session)));
    let Some((held, session)) = active else {
        // It ended while the page was open.
        return Ok(see_page(Endpoint::SelectAccount, &sealed));
    };
    let choice = Choice::Session(session.authentication.session_id);
    let reply = visitor.go_on(Endpoint::AuthorizeResume, interaction, choice, context)?;
    Ok(cookies::hold(reply, &context.config, &held))
}

impl Chooser {
    async fn receive(request: &Incoming, params: &Params, context: &Context) -> Result<Self, PageFailure> {
        let visitor = Visitor::of(request, context);
        let (sealed, interaction) = visitor.interaction(params, context)?;
        let (flow, _) = Flow::load(&interaction, &visitor, context).await?;
        let held = sessions::json_of(visitor.held.all());
        let find = sessions::find_held(&held, &context.config.lifetimes, context.now);
        Ok(Self {
            accounts: context.db.read(find).await?,
            visitor,
            sealed,
            interaction,
            flow,
        })
    }

    fn page(&self, context: &Context) -> Reply {
        let client = &self.flow.client;
        let language = self.visitor.language(Some(&self.flow.params));
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
            return_to: destination(self.flow.address.redirect_uri()),
            interaction: &self.sealed,
            csrf: &self.visitor.csrf(FORM, context),
            accounts: accounts.collect(),
        }
        .to_html();
        Reply::page(200, html, self.flow.page_policy())
    }
}
