//! Where an authorization response goes, and how (RFC 6749 section 4.1.2, OAuth 2.0 Multiple Response Type Encoding
//! Practices, Form Post Response Mode, RFC 9207, JARM).
//!
//! Only a [`ReturnAddress`] can make a redirect to a client, and only [`ReturnAddress::resolve`] makes one of those: a URI
//! that the client did not register never receives anything.

use super::{
    client::{Client, client_metadata::ResponseType},
    error::OAuthError,
    fetcher::Fetcher,
    params::Params,
    scope::Scope,
};
use crate::{
    config::Issuer,
    time::Lifetime,
    web::landing::{Landing, landing},
};

/// The most bytes that `state` may have once encoded: what fits into a header beside the rest.
const LONGEST_STATE: usize = 12_000;

/// A redirect URI that the client registered, with what goes along to it.
#[derive(Clone, Debug)]
pub struct ReturnAddress {
    redirect_uri: String,
    response_mode: ResponseMode,
    /// Whether the response is wrapped in a JWT (JARM section 2.3).
    in_jwt: bool,
    state: Option<String>,
    /// Who fetches it, where no browser carries it: the person alone is told here.
    fetcher: Option<Fetcher>,
}

/// `response_mode`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ResponseMode {
    /// In the query of the redirect URI.
    Query,
    /// In its fragment.
    Fragment,
    /// As a form that the browser posts.
    FormPost,
}

/// A successful response: what `response_type` asked for.
#[derive(Debug, Default)]
pub struct AuthorizationResponse {
    /// `code`.
    pub code: Option<String>,
    /// `access_token` and what is told with it.
    pub token: Option<FrontChannelToken>,
    /// `id_token`.
    pub id_token: Option<String>,
    /// `session_state`.
    pub session_state: Option<String>,
}

/// An access token from the authorization endpoint (RFC 6749 section 4.2.2).
#[derive(Debug)]
pub struct FrontChannelToken {
    /// `access_token`; `token_type` is always Bearer.
    pub access_token: String,
    /// `expires_in`.
    pub expires_in: Lifetime,
    /// `scope`.
    pub scope: Scope,
}

/// Why nothing can be sent to the client, so that the person is shown a page instead (RFC 6749 section 4.1.2.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PageError {
    /// No `client_id`, or two.
    NoClient,
    /// No client of that name.
    UnknownClient,
    /// It registered itself, and no operator has approved it.
    WaitingClient,
    /// No `redirect_uri`, or two.
    NoRedirectUri,
    /// Not one that the client registered.
    UnregisteredRedirectUri,
    /// The request is not well-formed.
    Malformed,
}

impl PageError {
    /// For the developer of the client.
    pub fn description(self) -> &'static str {
        match self {
            Self::NoClient => "client_id is missing, or stands twice",
            Self::UnknownClient => "no client has this client_id",
            Self::WaitingClient => "the client waits for the approval of an operator",
            Self::NoRedirectUri => "redirect_uri is missing, or stands twice",
            Self::UnregisteredRedirectUri => "the client did not register this redirect_uri",
            Self::Malformed => "state is too long",
        }
    }
}

/// How a response travels.
#[derive(Debug, PartialEq, Eq)]
pub enum Delivery {
    /// 303 to this URL.
    Redirect(String),
    /// A page with a form that is posted.
    Form {
        /// Where to.
        action: String,
        /// Names and values.
        fields: Vec<(&'static str, String)>,
    },
    /// In a JWT that is still to be made of these, and then goes to [`ReturnAddress::deliver_jwt`].
    InJwt(Vec<(&'static str, String)>),
    /// Nowhere: the person is told what is fetched or, by the error, why nothing is.
    Fetched(Option<OAuthError>),
}

/// A `response_mode` as it was asked for.
#[derive(Clone, Copy)]
struct AskedMode {
    /// `None` for `jwt`, which leaves it to the response type.
    mode: Option<ResponseMode>,
    in_jwt: bool,
}

impl AskedMode {
    /// The names of all of them.
    const NAMES: &'static str = "query, fragment, form_post, jwt, query.jwt, fragment.jwt or form_post.jwt";

    fn parse(name: &str) -> Option<Self> {
        let (mode, in_jwt) = match name.strip_suffix(".jwt") {
            Some(mode) => (mode, true),
            None => (name, false),
        };
        match (mode, in_jwt) {
            ("jwt", false) => Some(Self {
                mode: None,
                in_jwt: true,
            }),
            _ => ResponseMode::parse(mode).map(|mode| Self {
                mode: Some(mode),
                in_jwt,
            }),
        }
    }
}

impl ResponseMode {
    fn parse(name: &str) -> Option<Self> {
        match name {
            "query" => Some(Self::Query),
            "fragment" => Some(Self::Fragment),
            "form_post" => Some(Self::FormPost),
            _ => None,
        }
    }

    /// The mode of a request that names none, also of one that is refused: "the default Response Mode for this Response Type
    /// is the fragment encoding" (Multiple Response Types section 3) as soon as the answer would hold a token.
    fn default_for(response_type: Option<&str>) -> Self {
        if response_type.is_some_and(names_token) {
            Self::Fragment
        } else {
            Self::Query
        }
    }

    /// Whether it may take the place of `default`: a query, which ends up in logs, takes nothing that belongs elsewhere.
    fn may_replace(self, default: Self) -> bool {
        self != Self::Query || default == Self::Query
    }
}

fn names_token(response_type: &str) -> bool {
    response_type
        .split(' ')
        .any(|word| matches!(word, "token" | "id_token"))
}

fn encoded_len(text: &str) -> usize {
    url::form_urlencoded::byte_serialize(text.as_bytes())
        .map(str::len)
        .sum()
}

impl ReturnAddress {
    /// Whether the response goes in a JWT.
    pub fn wants_jwt(&self) -> bool {
        self.in_jwt
    }

    /// For a response that is fetched.
    pub fn fetched_by(fetcher: Fetcher) -> Self {
        Self {
            redirect_uri: String::new(),
            response_mode: ResponseMode::Query,
            in_jwt: false,
            state: None,
            fetcher: Some(fetcher),
        }
    }

    /// Who fetches the response, where no browser carries it.
    pub fn fetcher(&self) -> Option<Fetcher> {
        self.fetcher
    }

    /// Where the person is sent.
    pub fn landing(&self) -> Landing {
        match self.fetcher {
            Some(_) => Landing::Device,
            None => landing(&self.redirect_uri),
        }
    }

    /// Finds where the response to `params` goes. Errors that come later can be sent there.
    ///
    /// # Errors
    /// When it cannot be trusted: the person is told, the client is not.
    pub fn resolve(params: &Params, client: &Client) -> Result<Self, PageError> {
        let presented = params
            .single("redirect_uri")
            .ok()
            .flatten()
            .ok_or(PageError::NoRedirectUri)?;
        let application = client.metadata.application_type;
        if !client
            .metadata
            .redirect_uris
            .iter()
            .any(|uri| uri.matches(presented, application))
        {
            return Err(PageError::UnregisteredRedirectUri);
        }
        let state = params.single("state").ok().flatten();
        if state.is_some_and(|state| encoded_len(state) > LONGEST_STATE) {
            return Err(PageError::Malformed);
        }
        let single = |name| params.single(name).ok().flatten();
        let response_type = single("response_type");
        let default = ResponseMode::default_for(response_type);
        let asked = single("response_mode").and_then(AskedMode::parse);
        let mode = asked.and_then(|asked| asked.mode);
        Ok(Self {
            redirect_uri: presented.to_owned(),
            response_mode: mode.filter(|mode| mode.may_replace(default)).unwrap_or(default),
            in_jwt: client.metadata.signs_messages() || asked.is_some_and(|asked| asked.in_jwt),
            state: state.map(str::to_owned),
            fetcher: None,
        })
    }

    /// Whether the `response_mode` that was asked for is one that Limen knows, and fit for the response.
    ///
    /// # Errors
    /// `invalid_request`.
    pub fn check_response_mode(
        params: &Params,
        response_type: ResponseType,
        client: &Client,
    ) -> Result<(), OAuthError> {
        let Some(name) = params.single("response_mode")? else {
            return Ok(());
        };
        let Some(AskedMode { mode, in_jwt }) = AskedMode::parse(name) else {
            let names = AskedMode::NAMES;
            return Err(OAuthError::invalid_request(format!("response_mode must be {names}")));
        };
        if client.metadata.signs_messages() && !in_jwt {
            return Err(OAuthError::invalid_request(
                "response_mode must be one with jwt for a client whose fapi_profile is fapi2_message_signing",
            ));
        }
        if mode == Some(ResponseMode::Query) && response_type.has_front_channel_token() {
            return Err(OAuthError::invalid_request(
                "response_mode must not be query for a response with a token",
            ));
        }
        Ok(())
    }

    /// The redirect URI as it was presented; the code is bound to it.
    pub fn redirect_uri(&self) -> &str {
        &self.redirect_uri
    }

    /// A successful response.
    pub fn deliver_response(&self, issuer: &Issuer, response: AuthorizationResponse) -> Delivery {
        if self.fetcher.is_some() {
            return Delivery::Fetched(None);
        }
        let mut fields = Vec::new();
        if let Some(code) = response.code {
            fields.push(("code", code));
        }
        if let Some(token) = response.token {
            fields.extend([
                ("access_token", token.access_token),
                ("token_type", "Bearer".to_owned()),
                ("expires_in", token.expires_in.seconds().to_string()),
                ("scope", token.scope.to_string()),
            ]);
        }
        if let Some(id_token) = response.id_token {
            fields.push(("id_token", id_token));
        }
        if let Some(session_state) = response.session_state {
            fields.push(("session_state", session_state));
        }
        self.deliver(issuer, fields)
    }

    /// An error response outside a JWT, for want of one.
    pub fn deliver_error_plainly(&self, issuer: &Issuer, error: &OAuthError) -> Delivery {
        let plain = Self {
            in_jwt: false,
            ..self.clone()
        };
        plain.deliver_error(issuer, error)
    }

    /// An error response.
    pub fn deliver_error(&self, issuer: &Issuer, error: &OAuthError) -> Delivery {
        if self.fetcher.is_some() {
            return Delivery::Fetched(Some(error.clone()));
        }
        let description = error.description.clone().into_owned();
        self.deliver(
            issuer,
            vec![
                ("error", error.code.as_str().to_owned()),
                ("error_description", description),
            ],
        )
    }

    fn deliver(&self, issuer: &Issuer, mut fields: Vec<(&'static str, String)>) -> Delivery {
        if let Some(state) = &self.state {
            fields.push(("state", state.clone()));
        }
        // RFC 9207 section 2: "the iss parameter", so that a client of several providers knows who answers.
        fields.push(("iss", issuer.as_str().to_owned()));
        if self.in_jwt {
            return Delivery::InJwt(fields);
        }
        self.carry(fields)
    }

    /// A response in a JWT: "response", and nothing beside it (JARM section 2.3).
    pub fn deliver_jwt(&self, response: String) -> Delivery {
        self.carry(vec![("response", response)])
    }

    fn carry(&self, fields: Vec<(&'static str, String)>) -> Delivery {
        let separator = match self.response_mode {
            ResponseMode::FormPost => {
                return Delivery::Form {
                    action: self.redirect_uri.clone(),
                    fields,
                };
            }
            ResponseMode::Fragment => '#',
            ResponseMode::Query if self.redirect_uri.contains('?') => '&',
            ResponseMode::Query => '?',
        };
        let encoded = url::form_urlencoded::Serializer::new(String::new())
            .extend_pairs(fields)
            .finish();
        Delivery::Redirect(format!("{}{separator}{encoded}", self.redirect_uri))
    }
}

#[cfg(test)]
mod tests;
