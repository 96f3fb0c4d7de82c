//! How a session begins, with all that happens along with it or not at all.

use serde_json::json;

use super::sign_in::SignInRequest;
use crate::{
    account::{held_sessions::MOST, known_browser::News, trusted_browser::Trust, user_agent::UserAgent},
    audit::{Actor, Entry, Event},
    config::Notices,
    cookie::Cookie,
    country::Country,
    db::{
        Batch, Handle, Statement, audit, credentials, session_clients,
        session_endings::Ending,
        sessions::{self, NewSession, SignedInBy},
        trusted_browsers, waiting_sessions,
    },
    edge::{
        http::{cookies, request::Incoming},
        mail::outbox::{self, Notice},
        platform::{context::Context, place, random},
        sessions::ending,
    },
    fault::Fault,
    mail::Kind,
    oidc::{authentication::Authentication, proven::Proven},
    reply::Reply,
    routes::Endpoint,
    secret::Purpose,
    time::Lifetime,
};

/// What belongs to a sign-in: it happens with it or not at all.
#[derive(Default)]
pub struct AccompanyingStatements {
    pub before: Vec<Statement>,
    /// What is written down beside the sign-in itself: each if the statement before it changed a row.
    pub events: Vec<Statement>,
    pub after: Vec<Statement>,
    /// Whether the person may be asked on the way whether they want a passkey.
    pub may_offer_passkey: bool,
    /// The trust in which the browser is held, or is from now on.
    pub trust: Option<Trusting>,
    /// The answer, where it does not lead on at once.
    pub answer: Option<Reply>,
    /// Whether the person knows that it is a new browser: they have just made the account, or typed what came by mail.
    pub is_no_news: bool,
}

/// A person's trust in their browser.
pub enum Trusting {
    /// A second factor was not asked for because of it.
    Used(Trust),
    /// It begins.
    New(Trust),
}

/// Somebody, and what they have shown.
pub struct SomebodyShown<'a> {
    pub user_id: String,
    pub proven: Proven,
    pub shown: SignedInBy<'a>,
}

/// How long nobody is asked again whether they want a passkey.
const OFFERED_AGAIN: Lifetime = Lifetime::days(30);

impl SignInRequest {
    /// Begins a session under a new id, whatever the browser came with. It takes the place of those that the same person has
    /// there; other people stay signed in. `None` when there is no such account that may sign in, or what was shown does not
    /// count any more.
    pub async fn begin_session(
        &self,
        who: SomebodyShown<'_>,
        with: AccompanyingStatements,
        request: &Incoming,
        context: &Context,
    ) -> Result<Option<Reply>, Fault> {
        let (token, hash) = context.new_token(Purpose::Session)?;
        let authentication = Authentication {
            session_id: random::id()?,
            user_id: who.user_id,
            proven: who.proven,
            trusted_browser: matches!(with.trust, Some(Trusting::Used(_))),
            required_by_group: false,
        };
        let user_agent = request.header("user-agent").unwrap_or_default();
        let session = NewSession {
            hash: &hash,
            authentication: &authentication,
            shown: who.shown,
            user_agent: &user_agent,
            terms: context
                .config
                .sign_up
                .terms
                .as_ref()
                .map(|terms| terms.version.as_str()),
        };
        let (session_id, user_id) = (&authentication.session_id, &authentication.user_id);
        let held = sessions::json_of(self.browser.held.all());
        let held_or_waiting = waiting_sessions::json_of_either(self.browser.held.all());
        let signed_in = Entry {
            client_id: self.destination.client_id(),
            ..Entry::new(Event::SignIn, Actor::Person)
                .user(user_id)
                .session(session_id)
                .detail(json!({ "amr": authentication.proven.amr }))
        };
        let mut batch = Batch::default();
        batch.extend(with.before);
        let begun = batch.add(sessions::insert(&session, &context.config.lifetimes));
        batch.push(audit::record_if_changed(&signed_in, context));
        batch.extend(with.events);
        let may_evict = self.browser.held.all().count() >= MOST;
        if may_evict {
            let evicted = Ending::Evicted {
                hashes: &held,
                user_id,
                session_id,
            };
            end(&evicted, &mut batch, context);
        }
        batch.push(session_clients::inherit(session_id, user_id, &held_or_waiting));
        batch.extend(session_clients::forget_oldest(session_id, user_id));
        let superseded = batch.add(sessions::supersede(session_id, user_id, &held_or_waiting));
        let surplus = Ending::Surplus {
            user_id,
            session_id,
            idle_since: context.now - context.config.lifetimes.session_idle,
            now: context.now,
        };
        let had_surplus = end(&surplus, &mut batch, context);
        let last_offered = context.now - OFFERED_AGAIN;
        let offer = with
            .may_offer_passkey
            .then(|| credentials::offer(user_id, session_id, last_offered, context.now));
        let offered = batch.add_if(offer);
        batch.extend(with.after);
        let trusted = match &with.trust {
            Some(trusting) => self.trust(trusting, &authentication, &mut batch, context)?,
            None => None,
        };
        let country = place::country(&request.request);
        if !with.is_no_news {
            batch.extend(self.news(&authentication, country, &user_agent, context)?);
        }
        let rows = context.db.run(batch).await?;
        outbox::send_later(context);
        let Some(waits_for) = rows.read(begun)? else {
            return Ok(None);
        };
        let superseded = rows.read(superseded)?;
        let held = self.browser.held.clone().begin(token, hash, &superseded);
        if may_evict || rows.read(had_surplus)? {
            ending::announce(context);
        }
        let next = match (with.answer, rows.read_if(offered)?.unwrap_or_default()) {
            (Some(answer), _) => answer,
            (None, _) if waits_for.is_something() => Reply::see_other(self.address_of(Endpoint::FinishSignIn)),
            (None, true) => Reply::see_other(self.address_of(Endpoint::OfferPasskey)),
            (None, false) => self.go_on(),
        };
        let known = self.browser.become_known(user_id, country, context);
        let reply = cookies::hold(next, &context.config, &held).with_cookie(known);
        Ok(Some(reply.with_cookie(trusted)))
    }

    /// Writes down the trust in which the browser is held. The cookie, where it begins.
    fn trust(
        &self,
        trusting: &Trusting,
        authentication: &Authentication,
        batch: &mut Batch,
        context: &Context,
    ) -> Result<Option<Cookie>, Fault> {
        let (session_id, user_id) = (&authentication.session_id, &authentication.user_id);
        let trust = match trusting {
            Trusting::Used(trust) => {
                batch.push(trusted_browsers::touch(trust, session_id, context.now));
                return Ok(None);
            }
            Trusting::New(trust) => trust,
        };
        let hash = trust
            .hash(&context.config.roots)
            .ok_or_else(|| Fault::new("trusted browser", "no root key"))?;
        let [insert, tidy] = trusted_browsers::insert(trust, &hash, session_id, context.now);
        let entry = Entry::new(Event::BrowserTrusted, Actor::Person)
            .user(user_id)
            .session(session_id);
        batch.extend([insert, audit::record_if_changed(&entry, context), tidy]);
        let cookie = trust.cookie_beside(&self.browser.trusts);
        Ok(Some(cookies::trusted(&context.config, cookie)))
    }

    /// What tells the person of a browser, or of a country, in which they had not signed in before.
    fn news(
        &self,
        authentication: &Authentication,
        country: Option<Country>,
        user_agent: &str,
        context: &Context,
    ) -> Result<Option<Statement>, Fault> {
        let user_id = &authentication.user_id;
        let kind = match self.browser.known(context).news(user_id, country) {
            News::Nothing => return Ok(None),
            News::Browser => Kind::NewBrowser,
            News::Country => Kind::NewCountry,
        };
        let (agent, language) = (UserAgent::parse(user_agent), self.language());
        let network = context.network.as_ref().map(|network| match country {
            Some(country) => format!("{network}, {}", place::country_name(country, language.tag())),
            None => network.clone(),
        });
        let detail = language.describe_browser(agent.browser, agent.system, network.as_deref());
        let notice = Notice {
            user_id,
            kind,
            of: Notices::NewBrowser,
            detail: Some(&detail),
            language: Some(language),
        };
        notice.write(sessions::exists(user_id, &authentication.session_id), context)
    }
}

/// Ends sessions that are too many, and writes that down. Whether there were any.
fn end(which: &Ending<'_>, batch: &mut Batch, context: &Context) -> Handle<bool> {
    let ended = Entry::new(Event::SessionEnded, Actor::Person).detail(json!({ "surplus": true }));
    batch.push(audit::record_ending(&ended, which, context));
    ending::end_sessions(which, batch, context)
}
