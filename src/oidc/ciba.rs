//! Client-Initiated Backchannel Authentication (OpenID Connect CIBA Core 1.0): what is its own. An app hands in its request for a certain
//! person as if it pushed it (RFC 9126); the person finds it at their account, and the `auth_req_id` is the authorization code that comes of
//! it.

pub mod signed_request;

use serde::{Deserialize, Serialize};

use super::{
    authorize::{ASKED, AuthRequest},
    client::{Client, client_metadata::DeliveryMode},
    device::INTERVAL,
    dpop::KeyProof,
    error::{ErrorCode, OAuthError},
    params::Params,
    pushed_request,
    token::id_token_hint::IdTokenHint,
};
use crate::{
    config::Config,
    readable::{is_invisible, is_of_one_direction, is_readable},
    secret::OpaqueToken,
    time::{Lifetime, UnixTime},
};

/// How long a person may take, where the app does not ask for another time; and the most that it may ask for.
const LIFETIME: Lifetime = Lifetime::minutes(10);
const LONGEST_LIFETIME: Lifetime = Lifetime::hours(1);

/// The most characters of a `binding_message`.
const LONGEST_MESSAGE: usize = 100;

/// The most bytes of a `login_hint`.
const LONGEST_HINT: usize = 500;

/// The parameters that count as those of an authorization request. The person is not warned in a language that the app chooses.
const COUNTING: [&str; 7] = [
    "scope",
    "resource",
    "authorization_details",
    "claims",
    "claims_locales",
    "acr_values",
    "dpop_jkt",
];

/// Stands for the `sub` of a person who was not looked for yet: no shorter than any.
pub const NOBODY: &str = "----------------------------------------------------------------";

/// The one hint of a request: who is asked.
#[derive(Debug)]
pub enum Hint {
    /// `login_hint`: a username, a confirmed e-mail address, or a `sub`.
    Login(String),
    /// `id_token_hint`.
    IdToken(IdTokenHint),
}

impl Hint {
    /// Finds it: "the Client MUST send exactly one of the hints" (section 7.1).
    ///
    /// # Errors
    /// `invalid_request`.
    pub fn of(sent: &Params) -> Result<Self, OAuthError> {
        if sent.single("login_hint_token")?.is_some() {
            return Err(OAuthError::invalid_request(
                "login_hint_token is not supported: send login_hint or id_token_hint",
            ));
        }
        match (sent.single("login_hint")?, sent.single("id_token_hint")?) {
            (Some(hint), None) if hint.len() <= LONGEST_HINT => Ok(Self::Login(hint.to_owned())),
            (Some(_), None) => Err(OAuthError::invalid_request("login_hint is too long")),
            (None, Some(token)) => Ok(Self::IdToken(IdTokenHint::parse(token)?)),
            _ => Err(OAuthError::invalid_request(
                "exactly one of login_hint and id_token_hint must be sent",
            )),
        }
    }
}

/// The error for a hint that names nobody whom the client may ask.
pub fn unknown_user() -> OAuthError {
    OAuthError::new(ErrorCode::UnknownUserId, "the hint names nobody who can be asked")
}

/// How long the request is open: `requested_expiry`, "A positive integer".
///
/// # Errors
/// `invalid_request`.
pub fn lifetime(sent: &Params) -> Result<Lifetime, OAuthError> {
    let Some(text) = sent.single("requested_expiry")? else {
        return Ok(LIFETIME);
    };
    let digits = text.bytes().all(|byte| byte.is_ascii_digit());
    match text.parse::<u64>().ok().filter(|seconds| digits && *seconds > 0) {
        Some(seconds) => {
            let seconds = i64::try_from(seconds).unwrap_or(i64::MAX);
            Ok(Lifetime(seconds).min(LONGEST_LIFETIME))
        }
        None => Err(OAuthError::invalid_request(
            "requested_expiry must be a positive whole number of seconds",
        )),
    }
}

/// The most bytes of a `client_notification_token`: "The length of the token MUST NOT exceed 1024 characters".
const LONGEST_NOTIFICATION_TOKEN: usize = 1_024;

/// `client_notification_token`, by which a client knows that it is Limen who tells it of an answer. `None` for a client that polls.
///
/// # Errors
/// `invalid_request`: "REQUIRED if the Client is registered to use Ping or Push modes", and "it MUST conform to the syntax for Bearer
/// credentials" (section 7.1).
pub fn notification_token<'a>(sent: &'a Params, client: &Client) -> Result<Option<&'a str>, OAuthError> {
    if !client
        .metadata
        .backchannel_token_delivery_mode
        .is_some_and(DeliveryMode::notifies)
    {
        return Ok(None);
    }
    let token = sent.required("client_notification_token")?;
    let body = token.trim_end_matches('=');
    let of_bearer = |c: u8| c.is_ascii_alphanumeric() || b"-._~+/".contains(&c);
    match !body.is_empty() && token.len() <= LONGEST_NOTIFICATION_TOKEN && body.bytes().all(of_bearer) {
        true => Ok(Some(token)),
        false => Err(OAuthError::invalid_request(
            "client_notification_token must be a bearer token of at most 1024 characters",
        )),
    }
}

/// Whether `client` fetches what it asked for: "the Client ... registered to use the Push Mode ... is not authorized to use this" (section 11).
///
/// # Errors
/// `unauthorized_client`.
pub fn check_fetches(client: &Client) -> Result<(), OAuthError> {
    match client.metadata.backchannel_token_delivery_mode {
        Some(DeliveryMode::Push) => Err(OAuthError::new(
            ErrorCode::UnauthorizedClient,
            "the client registered for push mode: its tokens are pushed to it",
        )),
        _ => Ok(()),
    }
}

/// What a client in ping or push mode is sent, and what is stored of it until then.
#[derive(Debug, Serialize, Deserialize)]
pub struct Notification {
    /// The request that was answered.
    pub auth_req_id: String,
    /// `client_notification_token`.
    pub token: String,
    /// What the client had registered when it asked: nothing goes to where whoever changes it later says.
    pub mode: DeliveryMode,
    #[allow(missing_docs)] // As above.
    pub endpoint: String,
}

impl Notification {
    /// What `client` is sent for a request with `token`. `None` for a client that polls.
    pub fn new(auth_req_id: &OpaqueToken, token: &str, client: &Client) -> Option<Self> {
        let metadata = &client.metadata;
        Some(Self {
            auth_req_id: auth_req_id.expose().to_owned(),
            token: token.to_owned(),
            mode: metadata
                .backchannel_token_delivery_mode
                .filter(|mode| mode.notifies())?,
            endpoint: metadata.backchannel_client_notification_endpoint.clone()?,
        })
    }

    /// Whether `client` is to be told likewise still.
    pub fn is_current(&self, client: &Client) -> bool {
        client.metadata.backchannel_token_delivery_mode == Some(self.mode)
            && client.metadata.backchannel_client_notification_endpoint.as_ref() == Some(&self.endpoint)
    }
}

/// What is told of an app's request to the person who is asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asking {
    /// `binding_message`, which the app shows them, too.
    pub binding_message: String,
    /// The network that the app asked from, as it is written down.
    pub network: String,
    pub at: UnixTime,
}

/// Under which it is kept with the request.
const MESSAGE: &str = "binding_message";
const NETWORK: &str = "backchannel_network";
const AT: &str = "backchannel_at";

impl Asking {
    /// Reads what `sent` says.
    ///
    /// # Errors
    /// `invalid_binding_message`: "it is recommended that ... binding_message ... be relatively short and use a limited set of plain text
    /// characters" (section 7.1).
    pub fn new(sent: &Params, is_fapi: bool, network: String, at: UnixTime) -> Result<Self, OAuthError> {
        let binding_message = sent.single(MESSAGE)?.unwrap_or_default();
        // "shall ensure unique authorization context exists ... or require a binding_message" (FAPI-CIBA section 5.2.2).
        if binding_message.is_empty() && is_fapi {
            return Err(OAuthError::invalid_request("binding_message is missing (fapi_profile)"));
        }
        match is_plain(binding_message) {
            true => Ok(Self {
                binding_message: binding_message.to_owned(),
                network,
                at,
            }),
            false => Err(OAuthError::new(
                ErrorCode::InvalidBindingMessage,
                "binding_message may have 100 characters: letters, digits, blanks and plain punctuation",
            )),
        }
    }

    /// Reads it from the parameters of a request that [`request_of`] made.
    pub fn of(request: &Params) -> Self {
        Self {
            binding_message: request.text(MESSAGE).to_owned(),
            network: request.text(NETWORK).to_owned(),
            at: UnixTime(request.text(AT).parse().unwrap_or_default()),
        }
    }
}

/// Nothing that is invisible, reorders what stands beside it, or is markup somewhere.
fn is_plain(message: &str) -> bool {
    let is_plain =
        |c: char| (c.is_alphanumeric() && !is_invisible(c)) || " .,:;-_+/#*&%!?()'@=$\u{20ac}\u{a3}".contains(c);
    message.chars().count() <= LONGEST_MESSAGE
        && message.chars().all(is_plain)
        && (message.is_empty() || is_readable(message))
        && is_of_one_direction(message)
}

/// The authorization request in what an app sent, for the person whom it knows as `sub`.
///
/// # Errors
/// `invalid_request`.
pub fn request_of(sent: &Params, client_id: &str, sub: &str, asking: &Asking) -> Result<Params, OAuthError> {
    let at = asking.at.seconds().to_string();
    let own = [
        ("client_id", client_id),
        (ASKED, sub),
        (MESSAGE, &asking.binding_message),
        (NETWORK, &asking.network),
        (AT, &at),
    ];
    let counting = sent.iter().filter(|(name, _)| COUNTING.contains(name));
    Params::of_texts(own.into_iter().chain(counting))
}

/// The request bound to the key of a proof that came with it, and checked as it will be when the person is there.
///
/// # Errors
/// What is wrong with it.
pub fn check(request: Params, key: Option<&KeyProof>, client: &Client, config: &Config) -> Result<Params, OAuthError> {
    let request = pushed_request::bound_to(request, key)?;
    if check_fetches(client).is_err() && !request.text("dpop_jkt").is_empty() {
        return Err(OAuthError::invalid_request(
            "tokens that are pushed are bound to no key: send neither dpop_jkt nor a DPoP proof in push mode",
        ));
    }
    // "scope REQUIRED" (section 7.1).
    request.required("scope")?;
    AuthRequest::of_backchannel(&request, client, config)?.demand()?;
    pushed_request::check_length(&request)?;
    Ok(request)
}

/// "Successful Authentication Request Acknowledgement" (section 7.3).
#[derive(Debug, Serialize)]
pub struct Acknowledgement {
    auth_req_id: String,
    expires_in: Lifetime,
    /// "only returned if the Client is registered to use Poll or Ping modes".
    #[serde(skip_serializing_if = "Option::is_none")]
    interval: Option<Lifetime>,
}

impl Acknowledgement {
    /// What the app is told.
    pub fn new(auth_req_id: &OpaqueToken, expires_in: Lifetime, client: &Client) -> Self {
        Self {
            auth_req_id: auth_req_id.expose().to_owned(),
            expires_in,
            interval: check_fetches(client).is_ok().then_some(INTERVAL),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sent(form: &str) -> Params {
        Params::parse(form).unwrap()
    }

    /// CIBA section 7.1: "exactly one of the hints".
    #[test]
    fn exactly_one_hint_is_sent() {
        assert!(matches!(Hint::of(&sent("login_hint=ada")), Ok(Hint::Login(hint)) if hint == "ada"));
        let long = format!("login_hint={}", "a".repeat(501));
        for form in [
            "",
            "login_hint=",
            "login_hint=ada&id_token_hint=x",
            "login_hint=ada&login_hint=bob",
            "login_hint_token=x",
            "login_hint=ada&login_hint_token=x",
            "id_token_hint=x",
            &long,
        ] {
            let error = Hint::of(&sent(form)).unwrap_err();
            assert_eq!(error.code, ErrorCode::InvalidRequest, "{form}");
        }
    }

    #[test]
    fn a_requested_expiry_is_positive_and_kept_within_an_hour() {
        let read = |text: &str| lifetime(&sent(&format!("requested_expiry={text}")));
        assert_eq!(lifetime(&sent("")).unwrap(), LIFETIME);
        assert_eq!(read("30").unwrap(), Lifetime(30));
        assert_eq!(read("99999999999").unwrap(), LONGEST_LIFETIME);
        for text in ["0", "-1", "1.5", "1e3", "ten", "%2B5", "99999999999999999999999"] {
            assert_eq!(read(text).unwrap_err().code, ErrorCode::InvalidRequest, "{text}");
        }
    }

    /// CIBA sections 7.1 and 13.
    #[test]
    fn a_binding_message_is_short_and_plain() {
        let read = |message: &str| {
            let params = Params::of_pairs([(MESSAGE.to_owned(), message.to_owned())]).unwrap();
            Asking::new(&params, false, String::new(), UnixTime(0)).map(|asking| asking.binding_message)
        };
        for message in [
            "",
            "1234",
            "W4-SCT",
            "Pay 12.50 \u{20ac} to Caf\u{e9} M\u{fc}ller?",
            "\u{4e2d}\u{6587} 7",
            "\u{5e9}\u{5dc}\u{5d5}\u{5dd} \u{5dc}\u{5da}",
            "?",
        ] {
            assert_eq!(read(message).as_deref(), Ok(message));
        }
        let (longest, longer) = ("a".repeat(100), "a".repeat(101));
        assert!(read(&longest).is_ok());
        for message in [
            longer.as_str(),
            "<b>1</b>",
            "a\nb",
            "a\tb",
            "a\u{202e}b",
            "a\u{200b}b",
            " ",
            "   ",
            "\u{3164}",
            "1\u{115f}2",
            "1\u{1160}2",
            "1\u{ffa0}2",
            "\u{5d0}12",
            "Pay \u{5d0}",
            "\u{627}\u{661}",
            "\u{1f44d}",
            "a\"b",
            "a\\b",
        ] {
            let error = read(message).unwrap_err();
            assert_eq!(error.code, ErrorCode::InvalidBindingMessage, "{message:?}");
        }
    }

    /// FAPI-CIBA section 5.2.2.
    #[test]
    fn a_client_of_fapi_sends_a_binding_message() {
        let new = |form| Asking::new(&sent(form), true, String::new(), UnixTime(0));
        assert!(new("binding_message=W4").is_ok());
        for form in ["", "binding_message="] {
            assert_eq!(new(form).unwrap_err().code, ErrorCode::InvalidRequest);
        }
    }

    #[test]
    fn an_app_cannot_say_what_is_told_of_it() {
        let form = "scope=openid&backchannel_sub=eve&backchannel_at=0&backchannel_network=10.0.0.0/24&redirect_uri=https://evil.test/&max_age=9&prompt=none";
        let asking = Asking {
            binding_message: "W4".to_owned(),
            network: "192.0.2.0/24".to_owned(),
            at: UnixTime(7),
        };
        let request = request_of(&sent(form), "bank", "ada", &asking).unwrap();
        assert_eq!(Asking::of(&request), asking);
        assert_eq!(request.text(ASKED), "ada");
        let names: Vec<_> = request.iter().map(|(name, _)| name).collect();
        assert_eq!(names, ["client_id", ASKED, MESSAGE, NETWORK, AT, "scope"]);
    }
}
