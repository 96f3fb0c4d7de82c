//! `/logout` (OIDC RP-Initiated Logout 1.0): ends sessions of the browser, tells clients, and leads back to the one that asked.

use std::borrow::Cow;

use crate::{
    audit::{Actor, Entry, Event},
    db::{
        Batch, audit, clients, session_clients,
        session_endings::Ending,
        sessions::{self, Session},
        signing_keys,
        waiting_sessions::{self, while_waiting},
    },
    edge::{
        authorization::encrypted_hint,
        http::{
            browser::{Browser, again, hand_over},
            cookies,
            failure::{PageFailure, Problem},
            request::Incoming,
        },
        keys::signer,
        platform::{context::Context, random},
        sessions::ending,
    },
    oidc::{
        client::Client,
        logout::{
            Decision, KnownSession, LogoutRefusal, LogoutRequest, PostLogoutRedirect, Trust, WayOut, front_channel_url,
        },
        params::Params,
        token::id_token_hint::IdTokenHint,
    },
    pages::{
        Csp, CspSource, FormAction, Language, LogoutPage, SignOut, SignedOutPage, app_name, content_security_policy,
    },
    reply::Reply,
    routes::{Endpoint, Method},
    secret::Hash,
};

/// `GET` and `POST /logout`.
pub async fn logout(request: &mut Incoming, context: &Context) -> Result<Reply, PageFailure> {
    let browser = Browser::of(request, context);
    let params = match request.method {
        Method::Post => request.form().await?,
        _ => request.query_params().map_err(Problem::BadRequest)?,
    };
    if request.method == Method::Post
        && browser.held.cookie().is_none()
        && let Some(reply) = again(
            Endpoint::Logout,
            &params,
            request,
            browser.language(Some(&params)),
            context,
        )?
    {
        return Ok(reply);
    }
    let params = encrypted_hint::open(params, context).await?;
    let wish = LogoutRequest::parse(&params)?;
    let logout = BrowserLogout::receive(wish, &params, browser, context).await?;
    match logout.wish.decide(logout.client.as_ref(), &logout.known) {
        Decision::End(at) => {
            let ended = logout.hashes(Some(at));
            logout.leave(&ended, Trust::Proven, context).await
        }
        Decision::Ask(at) => logout.ask(at, context),
        Decision::Nobody(trust) => logout.leave(&[], trust, context).await,
    }
}

/// `POST /logout/confirm`: the person has answered.
pub async fn confirm(request: &mut Incoming, context: &Context) -> Result<Reply, PageFailure> {
    let params = request.form().await?;
    let field = |name| params.text(name);
    let browser = Browser::of(request, context);
    let wish = LogoutRequest::parse(&params)?;
    let logout = BrowserLogout::receive(wish, &params, browser, context).await?;
    let session_id = field("session");
    if !logout
        .browser
        .sent_form(field("csrf"), &logout.form(session_id), context)
    {
        return Err(Problem::ForeignForm.into());
    }
    let ended = match field("logout") {
        "all" => logout.hashes(None),
        "one" => {
            let is_meant = |known: &KnownSession| known.authentication.session_id == session_id;
            match logout.known.iter().position(is_meant) {
                Some(at) => logout.hashes(Some(at)),
                None => Vec::new(),
            }
        }
        _ => return Ok(logout.stay()),
    };
    logout.leave(&ended, Trust::Proven, context).await
}

/// A browser whose sessions are about to end.
struct BrowserLogout {
    browser: Browser,
    language: Language,
    ui_locales: String,
    wish: LogoutRequest,
    client: Option<Client>,
    next: Option<PostLogoutRedirect>,
    /// The live sessions of the browser; `known` has the same in the same order.
    sessions: Vec<(Hash, Session)>,
    known: Vec<KnownSession>,
}

/// Whether no operator has approved the client yet: it signs people out, but is neither named nor gone to.
fn is_waiting(client: Option<&Client>) -> bool {
    client.is_some_and(|client| client.metadata.waits)
}

impl BrowserLogout {
    async fn receive(
        wish: LogoutRequest,
        params: &Params,
        browser: Browser,
        context: &Context,
    ) -> Result<Self, PageFailure> {
        let client_id = wish.client_id()?;
        let held = sessions::json_of(browser.held.all());
        let token = wish.id_token_hint.as_ref().and_then(IdTokenHint::token);
        let find_key = token
            .as_ref()
            .map(|token| signing_keys::find(token.kid().unwrap_or_default()));
        let mut batch = Batch::default();
        let client = batch.add_if(client_id.map(clients::find));
        let sessions = batch.add(sessions::find_held(&held, &context.config.lifetimes, context.now));
        let names = client_id.map(|client_id| session_clients::names_at(&held, client_id));
        let names = batch.add_if(names);
        let key = batch.add_if(find_key);
        let rows = context.db.run(batch).await?;
        if let (Some(hint), Some(token)) = (&wish.id_token_hint, &token) {
            let key = rows.read_if(key)?.flatten();
            // "the OP SHOULD accept ID Tokens when the RP identified by the ID Token's aud claim and/or sid claim has a current
            // session ... even when the exp time has passed" (section 2).
            if !hint.names_issuer(&context.config.issuer) || !signer::verify_past(token, key.as_ref()).await? {
                return Err(LogoutRefusal::BadHint.into());
            }
        }
        let client = rows.read_if(client)?.flatten().map(|record| record.client);
        if client_id.is_some() && client.is_none() {
            return Err(LogoutRefusal::UnknownClient.into());
        }
        let (sessions, names) = (rows.read(sessions)?, rows.read_if(names)?.unwrap_or_default());
        let known = sessions
            .iter()
            .map(|(_, session)| know(session, &names, client.as_ref()))
            .collect();
        Ok(Self {
            language: browser.language(Some(params)),
            ui_locales: params.text("ui_locales").to_owned(),
            next: PostLogoutRedirect::resolve(&wish, client.as_ref())?.filter(|_| !is_waiting(client.as_ref())),
            browser,
            wish,
            client,
            sessions,
            known,
        })
    }

    /// The hashes of one session, or of all.
    fn hashes(&self, only: Option<usize>) -> Vec<Hash> {
        let wanted = |at: &usize| only.is_none_or(|only| only == *at);
        let numbered = self.sessions.iter().enumerate();
        numbered
            .filter(|(at, _)| wanted(at))
            .map(|(_, (hash, _))| hash.clone())
            .collect()
    }

    /// What a form of the page that asks is bound to.
    fn form<'a>(&'a self, session_id: &'a str) -> [&'a str; 5] {
        let [client_id, uri, state] = self.request_fields();
        ["logout", session_id, client_id, uri, state]
    }

    fn request_fields(&self) -> [&str; 3] {
        [
            self.client
                .as_ref()
                .map(|client| client.client_id.as_str())
                .unwrap_or_default(),
            self.next.as_ref().map(PostLogoutRedirect::uri).unwrap_or_default(),
            self.next
                .as_ref()
                .and_then(PostLogoutRedirect::state)
                .unwrap_or_default(),
        ]
    }

    fn client_name(&self) -> Option<Cow<'_, str>> {
        let client = self.client.as_ref().filter(|client| !is_waiting(Some(client)))?;
        Some(app_name(&client.client_id, &client.metadata, self.language))
    }

    /// Asks whether to sign out the session at `at`.
    fn ask(mut self, at: usize, context: &Context) -> Result<Reply, PageFailure> {
        let cookie = self.browser.settle(context)?;
        let Some((_, session)) = self.sessions.get(at) else {
            return Ok(self.stay());
        };
        let session_id = session.authentication.session_id.as_str();
        let [client_id, uri, state] = self.request_fields();
        let fields = [
            ("session", session_id),
            ("client_id", client_id),
            ("post_logout_redirect_uri", uri),
            ("state", state),
            ("ui_locales", &self.ui_locales),
            ("csrf", &self.browser.csrf(&self.form(session_id), context)),
        ];
        let html = LogoutPage {
            language: self.language,
            client_name: self.client_name().as_deref(),
            account: session.user.display_name(),
            meant_another: self.wish.id_token_hint.is_some(),
            has_others: self.sessions.len() > 1,
            fields: &fields,
        }
        .to_html();
        let policy = content_security_policy(Csp {
            form_action: match &self.next {
                Some(next) if self.browser.arrival.redirects_after_form(next.uri()) => {
                    FormAction::redirecting_to(next.uri())
                }
                _ => FormAction::Own,
            },
            ..Csp::default()
        });
        Ok(Reply::page(200, html, policy).with_cookie(cookie))
    }

    /// Leaves everything as it is.
    fn stay(&self) -> Reply {
        self.page(SignOut::Declined, Vec::new(), None)
    }

    /// Ends the sessions of `ended`, and those that wait in this browser, and tells their clients: those that listen here in frames, the others from the outbox.
    async fn leave(self, ended: &[Hash], trust: Trust, context: &Context) -> Result<Reply, PageFailure> {
        let mut frames = Vec::new();
        // What is no longer alive goes from the cookie, too.
        let dead = |hash: &&Hash| ended.contains(hash) || !self.sessions.iter().any(|(live, _)| live == *hash);
        let gone: Vec<_> = self.browser.held.all().filter(dead).cloned().collect();
        // Nobody can go on with those any more.
        let waiting: Vec<_> = gone
            .iter()
            .filter(|hash| !ended.contains(hash))
            .map(while_waiting)
            .collect();
        if trust == Trust::Claimed {
            // Anybody can send a browser here: apps are not signed out by that.
            if !waiting.is_empty() {
                let hashes = sessions::json_of(waiting.iter());
                context.db.execute([waiting_sessions::forget(&hashes)]).await?;
            }
        } else if !ended.is_empty() || !waiting.is_empty() {
            let hashes = sessions::json_of(ended.iter().chain(&waiting));
            let which = Ending::Held(&hashes);
            let signed_out = Entry::new(Event::SignOut, Actor::Person);
            let mut batch = Batch::default();
            let front_channel = batch.add(session_clients::with_front_channel(&which));
            batch.push(audit::record_ending(&signed_out, &which, context));
            ending::end_sessions(&which, &mut batch, context);
            let rows = context.db.run(batch).await?;
            ending::announce(context);
            for client in rows.read(front_channel)? {
                let session = client.session_required().then_some(client.known_as.as_str());
                let issuer = context.config.issuer.as_str();
                let url = front_channel_url(&client.uri, issuer, &client.client_id, session);
                if !frames.contains(&url) {
                    frames.push(url);
                }
            }
        }
        let way_out = WayOut::of(trust, self.next.is_some(), !ended.is_empty(), !frames.is_empty());
        let reply = match (way_out, &self.next) {
            (WayOut::Redirect, Some(next)) => hand_over(next.url(), self.browser.arrival, self.language),
            (WayOut::GoOnAfterFrames, _) => self.page(SignOut::Done, frames, Some(random::id()?)),
            (WayOut::SayNobody, _) => self.page(SignOut::Nobody, frames, None),
            (WayOut::Say | WayOut::Redirect, _) => self.page(SignOut::Done, frames, None),
        };
        if gone.is_empty() {
            // Nor are the cookies of a browser that came without its sessions.
            return Ok(reply);
        }
        let held = self.browser.held.clone().without(&gone);
        Ok(cookies::hold(reply, &context.config, &held))
    }

    fn page(&self, outcome: SignOut, frames: Vec<String>, nonce: Option<String>) -> Reply {
        let next = self.next.as_ref().map(PostLogoutRedirect::url);
        let policy = content_security_policy(Csp {
            script_nonce: nonce.clone(),
            frames: frames
                .iter()
                .filter_map(|url| CspSource::for_redirect_uri(url))
                .collect(),
            ..Csp::default()
        });
        let client_name = self.client_name().unwrap_or_default();
        let html = SignedOutPage {
            language: self.language,
            outcome,
            next: next.as_deref().map(|url| (client_name.as_ref(), url)),
            frames,
            nonce: nonce.as_deref(),
        }
        .to_html();
        Reply::page(200, html, policy)
    }
}

fn know(session: &Session, names: &[(String, String)], client: Option<&Client>) -> KnownSession {
    let id = &session.authentication.session_id;
    let email = session.user.claims.text("email");
    KnownSession {
        authentication: session.authentication.clone(),
        sub: client.map_or_else(|| session.user.id.clone(), |client| session.user.sub_at(client)),
        known_as: names
            .iter()
            .filter(|(of, _)| of == id)
            .map(|(_, name)| name.clone())
            .collect(),
        names: [Some(session.user.username.as_str()), email]
            .into_iter()
            .flatten()
            .map(str::to_owned)
            .collect(),
    }
}
