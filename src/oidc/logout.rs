//! OpenID Connect RP-Initiated Logout 1.0: what a client may ask for, which session it means, and where the person goes
//! afterwards.
//!
//! Only a [`PostLogoutRedirect`] leads to a client, and only [`PostLogoutRedirect::resolve`] makes one: a URI that the client
//! did not register is never followed.

use super::{
    authentication::{Authentication, sid},
    client::Client,
    params::Params,
    token::id_token_hint::IdTokenHint,
};

/// The longest `state` that is given back, encoded: what fits into a header beside the rest.
const LONGEST_STATE: usize = 12_000;

/// A request to sign somebody out. All of it is optional.
#[derive(Clone, Debug)]
pub struct LogoutRequest {
    /// `id_token_hint`: whom the client means. It counts only once its signature was checked.
    pub id_token_hint: Option<IdTokenHint>,
    /// `client_id`.
    client_id: Option<String>,
    /// `logout_hint`: "hint to the Authorization Server about the End-User that is logging out".
    pub logout_hint: Option<String>,
    post_logout_redirect_uri: Option<String>,
    state: Option<String>,
}

/// Why a request is not followed. The person is told, the client is not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogoutRefusal {
    /// A parameter stands twice.
    Malformed,
    /// The hint is no ID token of this server, or the client is not the one that it was issued to.
    BadHint,
    /// No client has this `client_id`.
    UnknownClient,
    /// There is a `post_logout_redirect_uri`, and nothing says whose.
    NoClient,
    /// The client did not register this `post_logout_redirect_uri`.
    UnregisteredUri,
}

impl LogoutRefusal {
    /// For the developer of the client.
    pub fn description(self) -> &'static str {
        match self {
            Self::Malformed => "a parameter stands twice",
            Self::BadHint => "id_token_hint is no ID token of this issuer for this client",
            Self::UnknownClient => "no client has this client_id",
            Self::NoClient => "post_logout_redirect_uri needs an id_token_hint or a client_id beside it",
            Self::UnregisteredUri => "the client did not register this post_logout_redirect_uri",
        }
    }
}

impl LogoutRequest {
    /// Reads a request.
    ///
    /// # Errors
    /// For repeated parameters, and for a hint that cannot be an ID token.
    pub fn parse(params: &Params) -> Result<Self, LogoutRefusal> {
        let single = |name| params.single(name).map_err(|_| LogoutRefusal::Malformed);
        let text = |name| Ok(single(name)?.map(str::to_owned));
        let hint = single("id_token_hint")?.map(IdTokenHint::parse).transpose();
        Ok(Self {
            id_token_hint: hint.map_err(|_| LogoutRefusal::BadHint)?,
            client_id: text("client_id")?,
            logout_hint: text("logout_hint")?,
            post_logout_redirect_uri: text("post_logout_redirect_uri")?,
            state: text("state")?,
        })
    }

    /// The client that asks. "When both client_id and id_token_hint are present, the OP MUST verify that the Client Identifier
    /// matches the one used as the audience of the ID Token" (section 2).
    ///
    /// # Errors
    /// [`LogoutRefusal::BadHint`] when they disagree.
    pub fn client_id(&self) -> Result<Option<&str>, LogoutRefusal> {
        let hinted = self.id_token_hint.as_ref().map(IdTokenHint::audience);
        match (self.client_id.as_deref(), hinted) {
            (Some(client_id), Some(audience)) if client_id != audience => Err(LogoutRefusal::BadHint),
            (client_id, audience) => Ok(client_id.or(audience)),
        }
    }

    /// What is done about it, where the browser holds `sessions`.
    pub fn decide(&self, client: Option<&Client>, sessions: &[KnownSession]) -> Decision {
        match self.aim(client, sessions) {
            Aim::Sure(at) => Decision::End(at),
            Aim::Unsure(at) => Decision::Ask(at),
            Aim::Elsewhere => Decision::Ask(0),
            // A client that has an ID token of theirs may lead them back; others offer them the way.
            Aim::Nobody if self.id_token_hint.is_some() => Decision::Nobody(Trust::Proven),
            Aim::Nobody => Decision::Nobody(Trust::Claimed),
        }
    }

    /// Which of the sessions that the browser holds is meant.
    fn aim(&self, client: Option<&Client>, sessions: &[KnownSession]) -> Aim {
        if sessions.is_empty() {
            return Aim::Nobody;
        }
        let Some(hint) = &self.id_token_hint else {
            let hinted = |session: &KnownSession| {
                self.logout_hint
                    .as_deref()
                    .is_some_and(|hint| session.answers_to(hint, client))
            };
            return Aim::Unsure(sessions.iter().position(hinted).unwrap_or_default());
        };
        let is_hinted = |session: &KnownSession| {
            session.sub == hint.subject()
                && match hint.sid() {
                    Some(hinted) => session.sids(client).any(|sid| sid == hinted),
                    // Clients that are told no sid know the sign-in by its time.
                    None => hint.auth_time() == Some(session.authentication.proven.at),
                }
        };
        if let Some(at) = sessions.iter().position(is_hinted) {
            return Aim::Sure(at);
        }
        let same_person = |session: &KnownSession| session.sub == hint.subject();
        match sessions.iter().position(same_person) {
            Some(at) => Aim::Unsure(at),
            None => Aim::Elsewhere,
        }
    }
}

/// What is done about a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decision {
    /// This session ends, and the person goes on to where the client wants them.
    End(usize),
    /// The person is asked, about this one first.
    Ask(usize),
    /// Nobody is signed in.
    Nobody(Trust),
}

/// Whether the person is sent back without being asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trust {
    /// The client has an ID token of theirs, or they agreed.
    Proven,
    /// Anybody may have sent them here.
    Claimed,
}

/// How a sign-out goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WayOut {
    /// Back to the client at once.
    Redirect,
    /// A page that goes on by itself, once the frames in it have told other clients.
    GoOnAfterFrames,
    /// A page that says that the person is signed out, and offers the way where there is one.
    Say,
    /// A page that says that nobody was signed in, likewise.
    SayNobody,
}

impl WayOut {
    /// After sessions ended, if `has_ended`, for a client that wants the person back, if `has_next`.
    pub fn of(trust: Trust, has_next: bool, has_ended: bool, has_frames: bool) -> Self {
        match (has_next && trust == Trust::Proven, has_frames) {
            (true, false) => Self::Redirect,
            (true, true) => Self::GoOnAfterFrames,
            (false, _) if has_ended => Self::Say,
            (false, _) => Self::SayNobody,
        }
    }
}

/// A session that the browser holds.
#[derive(Clone, Debug)]
pub struct KnownSession {
    /// Whose it is.
    pub authentication: Authentication,
    /// The `sub` by which the client that asks knows them.
    pub sub: String,
    /// The sessions of the same person in that browser that it replaced, as far as the client knows of them.
    pub known_as: Vec<String>,
    /// The names that the person goes by.
    pub names: Vec<String>,
}

impl KnownSession {
    /// The values of `sid` that the client may have been told.
    fn sids(&self, client: Option<&Client>) -> impl Iterator<Item = String> {
        let own = std::iter::once(&self.authentication.session_id);
        let client_id = client.map(|client| client.client_id.as_str()).unwrap_or_default();
        own.chain(&self.known_as)
            .map(move |session_id| sid(session_id, client_id))
    }

    /// "The value of this parameter ... might be ... a phone number, username, or Session Identifier". The subject and the
    /// e-mail address count, too.
    fn answers_to(&self, hint: &str, client: Option<&Client>) -> bool {
        self.sub == hint
            || self.names.iter().any(|name| name.eq_ignore_ascii_case(hint))
            || self.sids(client).any(|sid| sid == hint)
    }
}

/// Which session a request means, by its place among those that the browser holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Aim {
    /// This one, as its client has proved: nobody else has an ID token of it. Asking the person is not needed.
    Sure(usize),
    /// Probably this one; anybody can have sent the browser here. "the OP MUST ask the End-User whether to log out" (section
    /// 6).
    Unsure(usize),
    /// One that the browser does not hold. Who is signed in is asked.
    Elsewhere,
    /// Nobody is signed in.
    Nobody,
}

/// A registered URI for after the logout, with what goes along to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PostLogoutRedirect {
    uri: String,
    state: Option<String>,
}

impl PostLogoutRedirect {
    /// Where a request of `client` wants the person to go, if anywhere.
    ///
    /// # Errors
    /// When it cannot be trusted: "the OP MUST NOT perform post-logout redirection" to what was not registered.
    pub fn resolve(request: &LogoutRequest, client: Option<&Client>) -> Result<Option<Self>, LogoutRefusal> {
        let Some(presented) = &request.post_logout_redirect_uri else {
            return Ok(None);
        };
        let client = client.ok_or(LogoutRefusal::NoClient)?;
        // "the value MUST exactly match one of the values registered" (section 3).
        let registered = &client.metadata.post_logout_redirect_uris;
        if !registered.iter().any(|uri| uri.as_str() == presented) {
            return Err(LogoutRefusal::UnregisteredUri);
        }
        let state = request
            .state
            .clone()
            .filter(|state| encoded_len(state) <= LONGEST_STATE);
        Ok(Some(Self {
            uri: presented.clone(),
            state,
        }))
    }

    /// The URI as it was registered.
    pub fn uri(&self) -> &str {
        &self.uri
    }

    /// `state`.
    pub fn state(&self) -> Option<&str> {
        self.state.as_deref()
    }

    /// The URL to go to: "If included in the logout request, the OP passes this value back to the RP using the state
    /// parameter".
    pub fn url(&self) -> String {
        match &self.state {
            Some(state) => with_query(&self.uri, &[("state", state)]),
            None => self.uri.clone(),
        }
    }
}

/// The URL of a client's `frontchannel_logout_uri`. `session` is the session that the client's `sid` was made from, where it
/// wants to know: "If either is included, both MUST be" (Front-Channel Logout section 2).
pub fn front_channel_url(uri: &str, issuer: &str, client_id: &str, session: Option<&str>) -> String {
    match session {
        Some(session_id) => with_query(uri, &[("iss", issuer), ("sid", &sid(session_id, client_id))]),
        None => uri.to_owned(),
    }
}

fn with_query(uri: &str, pairs: &[(&str, &str)]) -> String {
    let query = url::form_urlencoded::Serializer::new(String::new())
        .extend_pairs(pairs)
        .finish();
    let separator = if uri.contains('?') { '&' } else { '?' };
    format!("{uri}{separator}{query}")
}

fn encoded_len(text: &str) -> usize {
    url::form_urlencoded::byte_serialize(text.as_bytes())
        .map(str::len)
        .sum()
}

#[cfg(test)]
mod tests;
