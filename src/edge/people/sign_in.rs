//! A browser in which somebody is asked to sign in, and where that leads: what the pages for signing in and signing up share.

use crate::{
    account::sign_in::{self, Has, Next, Policy},
    config::Way,
    db::{
        Batch, second_factors,
        sessions::{self, Session},
    },
    edge::{
        authorization::client_request::ClientRequest,
        http::{
            browser::{Browser, see_page},
            failure::{PageFailure, Problem},
            request::Incoming,
        },
        platform::context::Context,
    },
    fault::Fault,
    oidc::{
        authorize::unmet,
        error::OAuthError,
        interaction::{Choice, Interaction, SignedInPeople, Step},
        params::Params,
        proven::{Demand, Strength},
    },
    pages::{Csp, Language, LoginPurpose, Marks, app_name, content_security_policy},
    reply::Reply,
    routes::{self, Endpoint, Method, SignInPage},
};

/// A browser in which the person is asked to sign in.
pub struct SignInRequest {
    pub browser: Browser,
    pub destination: Destination,
    /// Where somebody is signed in already.
    pub session: Option<Session>,
    /// What they have beside a password.
    pub has: Has,
    /// Whether the person wants to sign in with an account that is not there.
    pub wants_another: bool,
}

/// Where a sign-in leads. It is one of Limen's own places, never an address that came with the request.
pub enum Destination {
    /// Back to an authorization request that waits, sealed.
    Request {
        sealed: String,
        interaction: Box<Interaction>,
        client_request: Box<ClientRequest>,
    },
    /// To a page of the account, or of the console.
    Account(SignInPage),
}

impl Destination {
    pub fn login_hint(&self) -> &str {
        match self {
            Self::Request { client_request, .. } => client_request.params.text("login_hint"),
            Self::Account(_) => "",
        }
    }

    /// The client that waits.
    pub fn client_id(&self) -> Option<&str> {
        match self {
            Self::Request { client_request, .. } => Some(&client_request.client.client_id),
            Self::Account(_) => None,
        }
    }
}

impl SignInRequest {
    pub async fn receive(request: &Incoming, params: &Params, context: &Context) -> Result<Self, PageFailure> {
        let browser = Browser::of(request, context);
        let named = params.single("page").map_err(Problem::BadRequest)?;
        // A link of an invitation leads to the account.
        let is_bare =
            request.method == Method::Get && (request.query.is_empty() || request.query.starts_with("invitation="));
        let named = named.or(is_bare.then(|| routes::account_page_name(Endpoint::Account)));
        let Some(named) = named else {
            let (sealed, interaction) = browser.interaction(params, context)?;
            let (client_request, person) = match request.method {
                Method::Post => ClientRequest::load(&interaction, &browser, context).await?,
                _ => ClientRequest::load_to_show(&interaction, &browser, context).await?,
            };
            let client_request = Box::new(client_request);
            return Ok(Self {
                browser,
                has: person.factors.has(&context.config),
                session: person.session,
                wants_another: interaction.choice == Choice::Another || params.text("another") == "yes",
                destination: Destination::Request {
                    sealed,
                    interaction: Box::new(interaction),
                    client_request,
                },
            });
        };
        let page = SignInPage::parse(named);
        let page = page.filter(|page| context.config.console || !page.page.is_of_console());
        let page = page.ok_or(Problem::NotFound)?;
        let (mut session, mut has) = (None, Has::default());
        if let Some(hash) = &browser.session_hash {
            let mut batch = Batch::default();
            let found = batch.add(sessions::find(hash, &context.config.lifetimes, context.now));
            let factors = batch.add(second_factors::of_session(hash));
            let rows = context.db.run(batch).await?;
            (session, has) = (rows.read(found)?, rows.read(factors)?.has(&context.config));
        }
        Ok(Self {
            browser,
            has,
            destination: Destination::Account(page),
            session,
            wants_another: params.text("another") == "yes",
        })
    }

    /// Who sent a form of one of these pages, bound to `form`.
    pub async fn submitting(
        request: &Incoming,
        params: &Params,
        form: &[&str],
        context: &Context,
    ) -> Result<Self, PageFailure> {
        let csrf = params.text("csrf");
        if !Browser::of(request, context).sent_form(csrf, form, context) {
            return Err(Problem::ForeignForm.into());
        }
        Self::receive(request, params, context).await
    }

    /// 303 to the request that waits, for a person who has signed in in another tab since. `None` where they were asked to sign in
    /// again, to choose an account or to make one.
    pub fn goes_on(&self, context: &Context) -> Option<Reply> {
        let (
            Destination::Request {
                sealed,
                interaction,
                client_request,
            },
            Some(session),
        ) = (&self.destination, &self.session)
        else {
            return None;
        };
        let request = client_request.request(context).ok()?;
        let asked = request.prompt.login || request.prompt.create || request.prompt.select_account;
        if asked || self.wants_another || interaction.choice != Choice::Open {
            return None;
        }
        let people = SignedInPeople {
            active: Some(session.person_at(&client_request.client)),
            others: self.browser.held.has_others(),
            closed: session.closed,
            reach: self.has.reach(),
        };
        match Step::next(&request, &people, None, context.now, Some(interaction)) {
            Ok(Step::Consent | Step::Issue) => Some(see_page(Endpoint::AuthorizeResume, sealed)),
            _ => None,
        }
    }

    /// The answer to the client that waits, where the person declined.
    pub async fn turned_down(&self, params: &Params, context: &Context) -> Result<Option<Reply>, Fault> {
        let cancel = params.text("cancel");
        match &self.destination {
            Destination::Request {
                client_request,
                interaction,
                ..
            } if !cancel.is_empty() => client_request
                .deny(interaction, None, self.language(), context)
                .await
                .map(Some),
            _ => Ok(None),
        }
    }

    /// The answer to the client that waits, where the person does not show what it demands: that it cannot be met. `None` where nobody
    /// waits.
    pub async fn given_up(&self, context: &Context) -> Result<Option<Reply>, Fault> {
        let Destination::Request {
            client_request,
            interaction,
            ..
        } = &self.destination
        else {
            return Ok(None);
        };
        let error = match self.demand(context).essential > Strength::OneFactor {
            true => unmet(),
            false => OAuthError::refused_by_person(),
        };
        let ended = client_request.end(interaction, (error, None), self.language(), context);
        ended.await.map(Some)
    }

    /// 303 to the request that waits, for a person who shows no more than they must.
    pub fn declined(&self, context: &Context) -> Result<Option<Reply>, Problem> {
        let Destination::Request { interaction, .. } = &self.destination else {
            return Ok(None);
        };
        let declined = Interaction {
            declined: true,
            ..(**interaction).clone()
        };
        self.browser
            .see(Endpoint::AuthorizeResume, &declined, context)
            .map(Some)
    }

    pub fn language(&self) -> Language {
        let params = match &self.destination {
            Destination::Request { client_request, .. } => Some(&client_request.params),
            Destination::Account(_) => None,
        };
        self.browser.language(params)
    }

    /// What the person signs in for, as pages tell it.
    pub fn purpose(&self, language: Language) -> LoginPurpose<'_> {
        let locale = language.tag();
        match &self.destination {
            Destination::Request {
                sealed, client_request, ..
            } => LoginPurpose::App {
                client_name: app_name(
                    &client_request.client.client_id,
                    &client_request.client.metadata,
                    language,
                ),
                client_uri: client_request.client.metadata.client_uri.best_for(&[locale]),
                marks: Marks::of(&client_request.client.metadata.look),
                policy_uri: client_request.client.metadata.policy_uri.best_for(&[locale]),
                tos_uri: client_request.client.metadata.tos_uri.best_for(&[locale]),
                return_to: client_request.address.landing(),
                interaction: sealed,
            },
            Destination::Account(page) => LoginPurpose::Account { page: &page.name },
        }
    }

    /// The policy of a page whose form leads to the destination, and whose script has the nonce.
    pub fn page_policy(&self, script_nonce: Option<String>) -> String {
        let csp = match &self.destination {
            Destination::Request { client_request, .. } => client_request.page_csp(),
            Destination::Account(_) => Csp::default(),
        };
        content_security_policy(Csp { script_nonce, ..csp })
    }

    /// How strong a sign-in has to be for the destination. What an app wishes for beyond that is asked once its person is signed in,
    /// and may be declined.
    pub fn demand(&self, context: &Context) -> Demand {
        match &self.destination {
            Destination::Request { client_request, .. } => Demand {
                wished: Strength::OneFactor,
                ..demand_of(client_request, context)
            },
            // To change second factors takes a second factor.
            Destination::Account(SignInPage {
                page: Endpoint::AccountPasskeys | Endpoint::AccountSecondFactors,
                ..
            }) => Demand::TWO_WHERE_THERE,
            // So does, of people without a password, what it makes sure of for others.
            Destination::Account(SignInPage {
                page: Endpoint::AccountEmail | Endpoint::AccountPassword | Endpoint::AccountDeletion,
                ..
            }) => Demand::TWO_WHERE_THERE,
            // Who has no role is not asked to set anything up on the way: the console leads whoever has one to what is missing.
            Destination::Account(page) if page.page.is_of_console() => Demand::TWO_WHERE_THERE,
            Destination::Account(_) => Demand::NOTHING,
        }
    }

    /// What the session still lacks for the destination, or may show.
    pub fn step_up(&self, session: &Session, context: &Context) -> Next {
        let demand = match &self.destination {
            Destination::Request {
                client_request,
                interaction,
                ..
            } => match demand_of(client_request, context) {
                demand if interaction.declined => Demand {
                    wished: Strength::OneFactor,
                    ..demand
                },
                demand => demand,
            },
            // Somebody who comes here from their account wants to show more.
            Destination::Account(page) if page.page.is_of_console() => Demand::TWO,
            Destination::Account(_) => Demand::TWO_WHERE_THERE,
        };
        let authentication = &session.authentication;
        let proven = &authentication.proven;
        let (policy, is_trusted) = (
            Policy::of(&context.config, authentication.required_by_group),
            authentication.trusted_browser,
        );
        match sign_in::step_up(policy, demand, proven.strength(), self.has, is_trusted) {
            // A code would not do, and to add a passkey they have to sign in again, which asks for the code anyway.
            Next::Show(has)
                if !has.passkeys && demand.essential > Strength::TwoFactors && !proven.is_fresh(context.now) =>
            {
                Next::NeedsPasskey
            }
            next => next,
        }
    }

    /// Whether a sign-in that does not begin with a passkey can be strong enough.
    pub fn can_do_without_passkey(&self, context: &Context) -> bool {
        self.demand(context).essential <= Strength::strongest_without_passkey(&context.config)
    }

    /// Whether people sign up with a password.
    pub fn takes_passwords(&self, context: &Context) -> bool {
        context.config.sign_in.has(Way::Password) && self.can_do_without_passkey(context)
    }

    /// Whether people can sign up with nothing but an address, to which codes go.
    pub fn takes_mail_codes_alone(&self, context: &Context) -> bool {
        let ways = &context.config.sign_in;
        ways.has(Way::MailCode) && !ways.has(Way::Password) && self.can_do_without_passkey(context)
    }

    /// Whether the app that waits can do without what the session still lacks.
    pub fn may_decline(&self, session: &Session, context: &Context) -> bool {
        let Destination::Request { client_request, .. } = &self.destination else {
            return false;
        };
        let request = client_request.request(context);
        request.is_ok_and(|request| {
            let demand = request.demand();
            demand.is_ok_and(|demand| request.accepts_strength(demand, &session.authentication))
        })
    }

    /// Whether they may add a passkey here, where there are passkeys. Others must show more first.
    pub fn may_add_passkey(&self, session: &Session, context: &Context) -> bool {
        let proven = &session.authentication.proven;
        context.config.sign_in.has(Way::Passkey) && sign_in::may_change_factors(proven, self.has, context.now)
    }

    /// What tells the destination from others.
    pub fn destination_name(&self) -> &str {
        match &self.destination {
            Destination::Request { sealed, .. } => sealed,
            Destination::Account(page) => &page.name,
        }
    }

    /// Where the destination is, for somebody who is signed in.
    pub fn way_on(&self) -> String {
        match &self.destination {
            Destination::Request { .. } => self.address_of(Endpoint::AuthorizeResume),
            Destination::Account(page) => page.path.clone(),
        }
    }

    /// 303 to the destination.
    pub fn go_on(&self) -> Reply {
        Reply::see_other(self.way_on())
    }

    /// Where the same person, with the same destination, makes an account, if anybody may.
    pub fn sign_up_address(&self, context: &Context) -> Option<String> {
        context
            .config
            .sign_up
            .is_for_everybody()
            .then(|| self.address_of(Endpoint::SignUp))
    }

    /// `page`, with the same destination.
    pub fn address_of(&self, page: Endpoint) -> String {
        match &self.destination {
            Destination::Request { sealed, .. } => format!("{}?interaction={sealed}", page.path()),
            Destination::Account(own) => own.at(page),
        }
    }
}

fn demand_of(client_request: &ClientRequest, context: &Context) -> Demand {
    let request = client_request.request(context).ok();
    request.and_then(|request| request.demand).unwrap_or_default()
}
