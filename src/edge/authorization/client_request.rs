//! The steps that the pages of one authorization share: its request, where its answer goes, the answer that ends it.

use crate::{
    audit::Entry,
    db::{
        Answer, Batch, Handle, audit, clients, grants, pushed_requests,
        sessions::{self, Session},
        signing_keys::CurrentKey,
    },
    edge::{
        clients::copy,
        http::{
            browser::{Visitor, see_page},
            failure::{PageFailure, Problem, StepFailure},
        },
        platform::{context::Context, random},
        tokens::for_client,
    },
    fault::Fault,
    oidc::{
        authentication::{Consent, Present},
        authorize::AuthRequest,
        client::Client,
        error::{ErrorCode, OAuthError},
        interaction::Interaction,
        jarm,
        params::Params,
        pushed_request,
        return_address::{AuthorizationResponse, Delivery, PageError, ReturnAddress},
    },
    pages::{Csp, CspSource, FormPostPage, Language, content_security_policy},
    reply::Reply,
    routes::Endpoint,
    secret::Purpose,
};

/// An authorization request of a known client, with a known way back.
pub struct Flow {
    pub params: Params,
    pub client: Client,
    pub address: ReturnAddress,
}

/// What D1 knows of the people and consents behind a flow.
#[derive(Default)]
pub struct Standing {
    pub session: Option<Session>,
    pub consent: Option<Consent>,
}

impl Standing {
    /// The person, as `client` knows them.
    pub fn present(&self, client: &Client) -> Option<Present<'_>> {
        self.session.as_ref().map(|session| session.present(client))
    }
}

/// The queries for a [`Standing`]. There are none without a session.
pub struct StandingHandles {
    session: Option<Handle<Option<Session>>>,
    consent: Option<Handle<Option<Consent>>>,
}

impl StandingHandles {
    pub fn add_to(batch: &mut Batch, visitor: &Visitor, client_id: &str, context: &Context) -> Self {
        let hash = visitor.session_hash.as_ref();
        let find = |hash| sessions::find(hash, &context.config.lifetimes, context.now);
        Self {
            session: batch.add_if(hash.map(find)),
            consent: batch.add_if(hash.map(|hash| grants::find_by_session(hash, client_id))),
        }
    }

    pub fn read(self, rows: &Answer) -> Result<Standing, Fault> {
        Ok(Standing {
            session: rows.read_if(self.session)?.flatten(),
            consent: rows.read_if(self.consent)?.flatten(),
        })
    }
}

impl Flow {
    pub fn new(params: Params, client: Client) -> Result<Self, PageError> {
        let address = ReturnAddress::resolve(&params, &client)?;
        Ok(Self {
            params,
            client,
            address,
        })
    }

    /// Loads the flow of an interaction, and who stands behind the visitor's session, in one round trip.
    pub async fn load(
        interaction: &Interaction,
        visitor: &Visitor,
        context: &Context,
    ) -> Result<(Self, Standing), PageFailure> {
        let params = Params::parse(&interaction.query).map_err(Problem::BadRequest)?;
        let client_id = params.single("client_id").ok().flatten().ok_or(PageError::NoClient)?;
        let mut batch = Batch::default();
        let client = batch.add(clients::find(client_id));
        let standing = StandingHandles::add_to(&mut batch, visitor, client_id, context);
        let rows = context.db.run(batch).await?;
        let record = rows.read(client)?.ok_or(PageError::UnknownClient)?;
        let standing = standing.read(&rows)?;
        Ok((Self::new(params, record.client)?, standing))
    }

    /// As [`Flow::load`], for a page that is only shown: where nobody is signed in, a copy of the client says enough. What is
    /// sent from that page asks D1.
    pub async fn load_to_show(
        interaction: &Interaction,
        visitor: &Visitor,
        context: &Context,
    ) -> Result<(Self, Standing), PageFailure> {
        if visitor.session_hash.is_none() {
            let params = Params::parse(&interaction.query).map_err(Problem::BadRequest)?;
            let client_id = params.single("client_id").ok().flatten().ok_or(PageError::NoClient)?;
            if let Some(client) = copy::find(client_id, context).await?
                && let Ok(flow) = Self::new(params, client)
            {
                return Ok((flow, Standing::default()));
            }
        }
        Self::load(interaction, visitor, context).await
    }

    /// The request, once more checked.
    pub fn request(&self, context: &Context) -> Result<AuthRequest, OAuthError> {
        AuthRequest::parse(&self.params, &self.client, &context.config)
    }

    /// Sends the browser to a page, with the request sealed to it.
    pub async fn wait_at(
        &self,
        page: Endpoint,
        interaction: &Interaction,
        visitor: &Visitor,
        context: &Context,
    ) -> Result<Reply, Fault> {
        let (browser, cookie) = visitor.browser(context)?;
        let key = context.config.roots.current(Purpose::Interaction);
        let reply = match interaction.seal(&key, &browser) {
            Ok(sealed) => see_page(page, &sealed),
            Err(error) => return self.refuse(&error, visitor.language(Some(&self.params)), context).await,
        };
        Ok(reply.with_cookie(cookie))
    }

    /// Answers the client with what it asked for.
    pub async fn grant(
        &self,
        response: Result<AuthorizationResponse, StepFailure>,
        response_key: Option<CurrentKey>,
        language: Language,
        context: &Context,
    ) -> Result<Reply, Fault> {
        match response {
            Ok(response) => {
                let delivery = self.address.deliver_response(&context.config.issuer, response);
                self.deliver(delivery, response_key, language, context).await
            }
            Err(StepFailure::Client(error)) => self.refuse(&error, language, context).await,
            Err(StepFailure::Fault(fault)) => Err(fault),
        }
    }

    /// Answers the client with an error.
    pub async fn refuse(&self, error: &OAuthError, language: Language, context: &Context) -> Result<Reply, Fault> {
        let delivery = self.address.deliver_error(&context.config.issuer, error);
        self.deliver(delivery, None, language, context).await
    }

    /// Sends a response on its way, in a JWT where the client asked for one. Where it has no key to encrypt that to, it gets none.
    async fn deliver(
        &self,
        delivery: Delivery,
        key: Option<CurrentKey>,
        language: Language,
        context: &Context,
    ) -> Result<Reply, Fault> {
        let Delivery::InJwt(fields) = delivery else {
            return deliver(delivery, language);
        };
        let claims = jarm::claims(fields, &self.client, &context.config.issuer, context.now);
        match for_client::authorization_response(&claims, &self.client, key, context).await {
            Ok(response) => deliver(self.address.deliver_jwt(response), language),
            Err(StepFailure::Fault(fault)) => Err(fault),
            Err(StepFailure::Client(error)) => deliver(
                self.address.deliver_error_plainly(&context.config.issuer, &error),
                language,
            ),
        }
    }

    /// Tells the client that the person said no. That ends the authorization, uses a pushed request up, and is written down as
    /// `refusal`, unless a pushed request was answered before.
    pub async fn deny(
        &self,
        interaction: &Interaction,
        refusal: Option<&Entry<'_>>,
        language: Language,
        context: &Context,
    ) -> Result<Reply, Fault> {
        if let Some(hash) = &interaction.pushed {
            let take = pushed_requests::take_turned_down(hash, &self.client.client_id);
            let mut batch = Batch::default();
            let taken = batch.add(take);
            batch.extend(refusal.map(|entry| audit::record_if_changed(entry, context)));
            if !context.db.run(batch).await?.read(taken)? {
                return self.refuse(&pushed_request::unknown(), language, context).await;
            }
        } else if let Some(entry) = refusal {
            context.db.execute([audit::record(entry, context)]).await?;
        }
        let error = OAuthError::new(ErrorCode::AccessDenied, "the person refused");
        self.refuse(&error, language, context).await
    }

    /// The policy of a page whose form ends with a redirect to the client.
    pub fn page_policy(&self) -> String {
        content_security_policy(self.page_csp())
    }

    /// What such a page may do.
    pub fn page_csp(&self) -> Csp {
        Csp {
            form_action: CspSource::for_redirects_from(self.address.redirect_uri()),
            ..Csp::default()
        }
    }
}

fn deliver(delivery: Delivery, language: Language) -> Result<Reply, Fault> {
    match delivery {
        Delivery::Redirect(url) => Ok(Reply::see_other(url)),
        Delivery::InJwt(_) => Err(Fault::new("delivery", "the JWT was not made")),
        Delivery::Form { action, fields } => {
            let nonce = random::id()?;
            let fields: Vec<_> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
            let html = FormPostPage {
                language,
                action: &action,
                fields: &fields,
                nonce: &nonce,
            }
            .to_html();
            let form_action = CspSource::for_redirects_from(&action);
            let policy = content_security_policy(Csp {
                form_action,
                script_nonce: Some(nonce),
                ..Csp::default()
            });
            Ok(Reply::page(200, html, policy))
        }
    }
}
