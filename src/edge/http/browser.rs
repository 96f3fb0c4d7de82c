//! What a browser brings along: its sessions, its own name, its language.

use super::{
    cookies,
    failure::{PageFailure, Problem},
    request::Incoming,
};
use crate::{
    account::{
        csrf,
        held_sessions::HeldSessions,
        known_browser::KnownPeople,
        passkey::Challenge,
        sign_in::FirstFactor,
        throttle::{self, Counter},
        trusted_browser::Trust,
    },
    cookie::Cookie,
    country::Country,
    edge::platform::{context::Context, random},
    fault::Fault,
    oidc::{
        hand_over::{Arrival, HandOver},
        interaction::{Choice, Interaction, Opened},
        params::Params,
    },
    pages::{Csp, FormAction, FormPostPage, HandOverPage, Language, content_security_policy},
    reply::Reply,
    routes::{Endpoint, Method},
    secret::{Hash, Key, Purpose, is_random_id, random_text},
};

/// A browser, as the cookies tell.
pub struct Browser {
    /// Hash of the token of the active session.
    pub session_hash: Option<Hash>,
    /// The active session and the others of this browser.
    pub held: HeldSessions,
    /// Who trusts it, as its cookie says.
    pub trusts: Vec<Trust>,
    id: Option<String>,
    known: Option<String>,
    accept_language: Option<String>,
    /// How it came here.
    pub arrival: Arrival,
}

impl Browser {
    pub fn of(request: &Incoming, context: &Context) -> Self {
        let issuer = &context.config.issuer;
        let cookie = request.cookie(cookies::SESSION.at(issuer)).unwrap_or_default();
        let held = HeldSessions::parse(&cookie, &context.config.roots);
        Self {
            session_hash: held.active().cloned(),
            held,
            trusts: request
                .cookie(cookies::TRUSTED.at(issuer))
                .map(|cookie| Trust::parse_all(&cookie))
                .unwrap_or_default(),
            id: request
                .cookie(cookies::BROWSER.at(issuer))
                .filter(|id| is_random_id(id)),
            known: request.cookie(cookies::KNOWN.at(issuer)),
            accept_language: request.header("accept-language"),
            arrival: Arrival {
                by_form: request.method == Method::Post,
                says_navigate: request.header("sec-fetch-mode").as_deref() == Some("navigate"),
            },
        }
    }

    /// The language to speak, for a request with `params`.
    pub fn language(&self, params: Option<&Params>) -> Language {
        let asked = params
            .and_then(|params| params.single("ui_locales").ok().flatten())
            .unwrap_or_default();
        let asked: Vec<_> = asked.split(' ').collect();
        Language::negotiate(&asked, self.accept_language.as_deref())
    }

    /// The browser's name, and the cookie that gives it one where it has none yet.
    pub fn id(&self, context: &Context) -> Result<(String, Option<Cookie>), Fault> {
        if let Some(id) = &self.id {
            return Ok((id.clone(), None));
        }
        let id = random_text(random::bytes::<16>()?);
        Ok((id.clone(), Some(cookies::browser(&context.config, id))))
    }

    /// Gives the browser a name where it has none yet; forms that it is shown are bound to it. The cookie goes with the answer.
    pub fn settle(&mut self, context: &Context) -> Result<Option<Cookie>, Fault> {
        let (id, cookie) = self.id(context)?;
        self.id = Some(id);
        Ok(cookie)
    }

    /// Who has signed in with this browser before.
    pub fn known(&self, context: &Context) -> KnownPeople {
        match (&self.known, &self.id) {
            (Some(cookie), Some(id)) => KnownPeople::parse(cookie, id, &context.config.roots),
            _ => KnownPeople::default(),
        }
    }

    /// The counters of guesses at their passwords in this browser.
    pub fn own_counters(&self, known: &KnownPeople, key: &Key) -> Vec<(String, Counter)> {
        let browser = self.id.as_deref().unwrap_or_default();
        let own = |user_id: &str| (user_id.to_owned(), throttle::of_known_browser(key, browser, user_id));
        known.ids().map(own).collect()
    }

    /// The counters that `of` gives of them: of this browser and of a person.
    pub fn own(&self, of: impl Fn(&str, &str) -> Counter, context: &Context) -> Vec<(String, Counter)> {
        let browser = self.id.as_deref().unwrap_or_default();
        let own = |user_id: &str| (user_id.to_owned(), of(browser, user_id));
        self.known(context).ids().map(own).collect()
    }

    /// The cookie by which the browser is known for a person who signs in in that country.
    pub fn become_known(&self, user_id: &str, country: Option<Country>, context: &Context) -> Option<Cookie> {
        let known = self.known(context);
        let value = known.cookie_with(user_id, country, self.id.as_deref()?, &context.config.roots);
        Some(cookies::known(&context.config, value))
    }

    /// The interaction that `params` name, sealed and opened, if it waits in this browser. One that was left alone for too long
    /// begins anew.
    pub fn interaction(&self, params: &Params, context: &Context) -> Result<(String, Interaction), PageFailure> {
        let sealed = params.text("interaction");
        let key = context.config.roots.current(Purpose::Interaction);
        let browser = self.id.as_deref().ok_or(Problem::InteractionOver)?;
        match Interaction::open(sealed, &key, browser, context.now) {
            Some(Opened::Waiting(interaction)) => Ok((sealed.to_owned(), interaction)),
            Some(Opened::TooOld(anew)) => {
                let sealed = anew.seal(&key, browser).map_err(Problem::BadRequest)?;
                Err(PageFailure::Reply(Box::new(see_page(
                    Endpoint::AuthorizeResume,
                    &sealed,
                ))))
            }
            None => Err(Problem::InteractionOver.into()),
        }
    }

    /// Sends the browser on with an interaction for which the person has made a choice.
    pub fn go_on(
        &self,
        page: Endpoint,
        interaction: Interaction,
        choice: Choice,
        context: &Context,
    ) -> Result<Reply, Problem> {
        self.see(page, &Interaction { choice, ..interaction }, context)
    }

    /// Sends the browser to a page with an interaction.
    pub fn see(&self, page: Endpoint, interaction: &Interaction, context: &Context) -> Result<Reply, Problem> {
        let key = context.config.roots.current(Purpose::Interaction);
        let sealed = interaction.seal(&key, self.id.as_deref().unwrap_or_default());
        Ok(see_page(page, &sealed.map_err(Problem::BadRequest)?))
    }

    /// A challenge to passkeys for a page that this browser is shown.
    pub fn challenge(&self, page: &[&str], context: &Context) -> Result<String, Fault> {
        let key = context.config.roots.current(Purpose::Challenge);
        let browser = self.id.as_deref().unwrap_or_default();
        Ok(Challenge::issue(&key, browser, page, context.now, random::bytes()?))
    }

    /// A challenge that comes back, if it is one of those.
    pub fn opened_challenge(&self, text: &str, page: &[&str], context: &Context) -> Option<Challenge> {
        let key = context.config.roots.current(Purpose::Challenge);
        Challenge::open(text, &key, self.id.as_deref()?, page, context.now)
    }

    /// The text that says that somebody has shown their first factor in this browser, on the way to `destination`: `shown`, the hash of a
    /// password or what stands for a code by mail.
    pub fn note_first_factor(&self, user_id: &str, shown: &str, destination: &str, context: &Context) -> String {
        let key = context.config.roots.current(Purpose::FirstFactor);
        let place = [self.id.as_deref().unwrap_or_default(), destination];
        FirstFactor::write(&key, (user_id, context.now), place, shown)
    }

    /// Reads such a text, if it is one of this browser's.
    pub fn first_factor(&self, text: &str, destination: &str, context: &Context) -> Option<FirstFactor> {
        let key = context.config.roots.current(Purpose::FirstFactor);
        FirstFactor::open(text, &key, [self.id.as_deref()?, destination], context.now)
    }

    /// By which the codes are found that were asked for by mail in this browser.
    pub fn mail_code_hash(&self, context: &Context) -> String {
        let key = context.config.roots.current(Purpose::MailSecret);
        random_text(key.mac(&[b"browser", self.id.as_deref().unwrap_or_default().as_bytes()]))
    }

    /// What a secret of one-time codes is bound to until its first code.
    pub fn owner_of_secret<'a>(&'a self, user_id: &'a str) -> [&'a str; 2] {
        [self.id.as_deref().unwrap_or_default(), user_id]
    }

    /// The counters of codes that are tried as a second factor of a person in this browser: of a few minutes, and of a day.
    pub fn code_counters(&self, user_id: &str, context: &Context) -> [Counter; 2] {
        let key = context.config.roots.current(Purpose::Throttle);
        match &self.id {
            Some(browser) if self.known(context).ids().any(|id| id == user_id) => [
                throttle::of_second_factor_in(&key, browser, user_id),
                throttle::of_codes_a_day_in(&key, browser, user_id),
            ],
            _ => [
                throttle::of_second_factor(&key, user_id),
                throttle::of_codes_a_day(&key, user_id),
            ],
        }
    }

    /// The hidden field of a form that this browser is shown.
    pub fn csrf(&self, form: &[&str], context: &Context) -> String {
        let key = context.config.roots.current(Purpose::Csrf);
        csrf::token(&key, self.id.as_deref().unwrap_or_default(), form)
    }

    /// Whether `presented` is the hidden field of such a form.
    pub fn sent_form(&self, presented: &str, form: &[&str], context: &Context) -> bool {
        let key = context.config.roots.current(Purpose::Csrf);
        self.id
            .as_deref()
            .is_some_and(|browser| csrf::verify(presented, &key, browser, form))
    }
}

/// The longest query that a POST becomes.
const LONGEST_QUERY: usize = 12_000;

/// The same request once more, for a POST without a session: that of a form on another site does not bring the SameSite=Lax sessions along.
/// 303 to a GET, or a page of Limen's own that sends the form again where it is too long for that. `None` where it is, and comes from no
/// other site.
pub fn again(
    endpoint: Endpoint,
    params: &Params,
    request: &Incoming,
    language: Language,
    context: &Context,
) -> Result<Option<Reply>, Fault> {
    let query = params.to_query();
    if query.len() <= LONGEST_QUERY {
        return Ok(Some(Reply::see_other(format!("{}?{query}", endpoint.path()))));
    }
    if !request.is_cross_site() {
        return Ok(None);
    }
    let fields: Vec<_> = params.iter().collect();
    let action = context.config.issuer.url(endpoint.path());
    form_post(&action, &fields, FormAction::Own, language).map(Some)
}

/// A form that sends itself, and that the person sends without JavaScript.
pub fn form_post(
    action: &str,
    fields: &[(&str, &str)],
    form_action: FormAction,
    language: Language,
) -> Result<Reply, Fault> {
    let nonce = random::id()?;
    let html = FormPostPage {
        language,
        action,
        fields,
        nonce: &nonce,
    }
    .to_html();
    let policy = content_security_policy(Csp {
        form_action,
        script_nonce: Some(nonce),
        ..Csp::default()
    });
    Ok(Reply::page(200, html, policy))
}

/// 303 to a page, with a sealed interaction.
pub fn see_page(page: Endpoint, sealed: &str) -> Reply {
    Reply::see_other(format!("{}?interaction={sealed}", page.path()))
}

/// Sends the browser on to an address that an app registered.
pub fn hand_over(url: String, arrival: Arrival, language: Language) -> Reply {
    match arrival.hand_over(&url) {
        HandOver::Redirect => Reply::see_other(url),
        HandOver::Page => {
            let html = HandOverPage { language, url: &url }.to_html();
            Reply::page(200, html, content_security_policy(Csp::default()))
        }
    }
}
