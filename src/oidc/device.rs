//! The Device Authorization Grant (RFC 8628): what is a device's own. A device hands in its request as if it pushed it (RFC 9126); a
//! person finds it by the user code, and the device code is the authorization code that comes of it.

use serde::{Deserialize, Serialize};

use super::{
    authorize::AuthRequest,
    client::Client,
    dpop::KeyProof,
    error::{ErrorCode, OAuthError},
    params::Params,
    pushed_request,
};
use crate::{
    config::Config,
    routes::Endpoint,
    secret::{Hash, KekVersion, Key, OpaqueToken, Purpose, RootKeys},
    time::{Lifetime, UnixTime},
};

/// How long a person may take, from the device's request to their answer.
pub const LIFETIME: Lifetime = Lifetime::minutes(10);

/// "The minimum amount of time in seconds that the client SHOULD wait between polling requests" (section 3.2).
pub const INTERVAL: Lifetime = Lifetime(5);

/// How much it grows: "the interval MUST be increased by 5 seconds for this and all subsequent requests" (section 3.5); and how far.
const SLOWER: i64 = 5;
const LONGEST_INTERVAL: i64 = 60;

/// "the base 20 character set": no vowels, so that no words come of it, and no digits (section 6.1).
const LETTERS: [char; 20] = [
    'B', 'C', 'D', 'F', 'G', 'H', 'J', 'K', 'L', 'M', 'N', 'P', 'Q', 'R', 'S', 'T', 'V', 'W', 'X', 'Z',
];

/// How many letters a user code has: one of 25,600,000,000.
const LENGTH: usize = 8;

/// The parameters of an authorization request that count in that of a device: "scope", and what others add. `ui_locales` is not among
/// them: whoever asks could have the person warned in a language that they do not read.
const COUNTING: [&str; 12] = [
    "scope",
    "resource",
    "authorization_details",
    "claims",
    "claims_locales",
    "acr_values",
    "max_age",
    "nonce",
    "prompt",
    "login_hint",
    "id_token_hint",
    "dpop_jkt",
];

/// What a person types, or follows a link with.
#[derive(Clone, PartialEq, Eq)]
pub struct UserCode(String);

impl UserCode {
    /// A code of random bytes.
    pub fn new(random: [u8; 8]) -> Self {
        let mut rest = u64::from_be_bytes(random);
        let letters = std::iter::repeat_with(|| {
            let letter = LETTERS.get((rest % 20) as usize).copied().unwrap_or('B');
            rest /= 20;
            letter
        });
        Self(letters.take(LENGTH).collect())
    }

    /// Reads what was typed: "the server MAY ... strip all characters outside of the character set ... and ... upper-case"
    /// (section 6.1). `None` for what has other letters, or not as many.
    pub fn parse(typed: &str) -> Option<Self> {
        let letters = typed.chars().filter(|letter| letter.is_alphanumeric());
        let letters: String = letters
            .take(LENGTH + 1)
            .map(|letter| letter.to_ascii_uppercase())
            .collect();
        let is_code = letters.len() == LENGTH && letters.chars().all(|letter| LETTERS.contains(&letter));
        is_code.then_some(Self(letters))
    }

    /// As it is shown: in two halves, which are easier to read aloud.
    pub fn shown(&self) -> String {
        let (first, second) = self.0.split_at_checked(LENGTH / 2).unwrap_or((&self.0, ""));
        format!("{first}-{second}")
    }

    /// What is stored of it.
    pub fn hash(&self, roots: &RootKeys) -> Hash {
        self.hash_by(&roots.current(Purpose::UserCode), roots.current_version())
    }

    /// By what its request is found, whichever root key was the current one, as JSON.
    pub fn hashes(&self, roots: &RootKeys) -> String {
        let hash = |version| Some(self.hash_by(&roots.derive(version, Purpose::UserCode)?, version));
        let hashes: Vec<_> = roots.versions().filter_map(hash).collect();
        let texts: Vec<_> = hashes.iter().map(Hash::as_str).collect();
        serde_json::to_string(&texts).unwrap_or_default()
    }

    fn hash_by(&self, key: &Key, version: KekVersion) -> Hash {
        Hash::of(key, version, &[self.0.as_bytes()])
    }
}

/// What is told of a device to the person who is asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Device {
    /// The code that it shows.
    pub user_code: String,
    /// The network that it asked from, as it is written down.
    pub network: String,
    /// Its `User-Agent`.
    pub user_agent: String,
}

/// Under which they are kept with the request.
const USER_CODE: &str = "device_user_code";
const NETWORK: &str = "device_network";
const USER_AGENT: &str = "device_user_agent";

/// The most bytes of a `User-Agent` that are kept.
const LONGEST_USER_AGENT: usize = 512;

impl Device {
    /// Reads it from the parameters of a request that [`request_of`] made.
    pub fn of(request: &Params) -> Self {
        let text = |name| request.text(name).to_owned();
        Self {
            user_code: text(USER_CODE),
            network: text(NETWORK),
            user_agent: text(USER_AGENT),
        }
    }
}

/// The authorization request in what `client` sent from a device.
///
/// # Errors
/// `invalid_request`.
pub fn request_of(sent: &Params, client_id: &str, device: &Device) -> Result<Params, OAuthError> {
    let agent: String = device
        .user_agent
        .chars()
        .filter(|c| *c != '\0')
        .take(LONGEST_USER_AGENT)
        .collect();
    let own = [
        ("client_id", client_id),
        (USER_CODE, &device.user_code),
        (NETWORK, &device.network),
        (USER_AGENT, &agent),
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
    AuthRequest::of_device(&request, client, config)?.demand()?;
    pushed_request::check_length(&request)?;
    Ok(request)
}

/// "Device Authorization Response" (section 3.2).
#[derive(Debug, Serialize)]
pub struct DeviceResponse {
    device_code: String,
    user_code: String,
    verification_uri: String,
    verification_uri_complete: String,
    expires_in: Lifetime,
    interval: Lifetime,
}

impl DeviceResponse {
    /// What the device is told.
    pub fn new(device_code: &OpaqueToken, user_code: &UserCode, config: &Config) -> Self {
        let (verification_uri, user_code) = (config.issuer.url(Endpoint::Device.path()), user_code.shown());
        Self {
            device_code: device_code.expose().to_owned(),
            verification_uri_complete: format!("{verification_uri}?user_code={user_code}"),
            verification_uri,
            user_code,
            expires_in: LIFETIME,
            interval: INTERVAL,
        }
    }
}

/// How a request whose answer is fetched stands while there is no answer to it, or a refusal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs)] // The names say it.
pub enum Waiting {
    Pending,
    TurnedDown,
    Expired,
}

impl Waiting {
    /// What who polls is told (section 3.5, CIBA section 11).
    pub fn error(self, too_fast: bool) -> OAuthError {
        let (code, why) = match self {
            Self::Pending if too_fast => (ErrorCode::SlowDown, "poll 5 seconds less often from now on"),
            Self::Pending => (ErrorCode::AuthorizationPending, "the person has not answered yet"),
            Self::TurnedDown => return OAuthError::refused_by_person(),
            Self::Expired => (ErrorCode::ExpiredToken, "the code has expired: ask for a new one"),
        };
        OAuthError::new(code, why)
    }
}

/// How often a device polls, as far as an isolate has seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pace {
    last: UnixTime,
    interval: i64,
}

impl Pace {
    /// The pace after a poll at `now`, and whether that came too early. A second is allowed for: clocks count whole ones.
    pub fn after(before: Option<Self>, now: UnixTime) -> (Self, bool) {
        let interval = before.map_or(INTERVAL.seconds(), |pace| pace.interval);
        let too_fast = before.is_some_and(|pace| (0..interval - 1).contains(&now.since(pace.last).seconds()));
        let interval = match too_fast {
            true => (interval + SLOWER).min(LONGEST_INTERVAL),
            false => interval,
        };
        (Self { last: now, interval }, too_fast)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    fn code(text: &str) -> Option<String> {
        UserCode::parse(text).map(|code| code.shown())
    }

    /// RFC 8628 section 6.1.
    #[test]
    fn a_user_code_has_eight_letters_that_make_no_words() {
        for random in [[0; 8], [255; 8], *b"whatever", [7, 1, 250, 3, 9, 9, 200, 1]] {
            let shown = UserCode::new(random).shown();
            assert_eq!(shown.len(), LENGTH + 1, "{shown}");
            assert_eq!(code(&shown), Some(shown));
        }
        assert_eq!(UserCode::new([0; 8]).shown(), "BBBB-BBBB");
        assert_ne!(UserCode::new([1; 8]).shown(), UserCode::new([2; 8]).shown());
    }

    #[test]
    fn case_and_separators_do_not_count_when_it_is_typed() {
        for typed in [
            "WDJB-MJHT",
            "wdjbmjht",
            " wdjb mjht ",
            "w.d.j.b_m.j.h.t",
            "WDJB\u{2013}MJHT",
            "\u{a0}WdJb MjHt",
        ] {
            assert_eq!(code(typed).as_deref(), Some("WDJB-MJHT"), "{typed}");
        }
        for typed in [
            "",
            "WDJB-MJH",
            "WDJB-MJHTT",
            "WDJB-MJHA",
            "WDJB-MJH0",
            "WDJB-MJH\u{c9}",
            "\u{ff37}DJB-MJHT",
        ] {
            assert_eq!(code(typed), None, "{typed}");
        }
        assert_eq!(code(&"WDJB-MJHT".repeat(10_000)), None);
    }

    #[test]
    fn it_is_stored_under_a_key() {
        let roots = |root: u8| RootKeys::new(BTreeMap::from([(1, [root; 32])]), 1, String::new()).unwrap();
        let hash = |typed: &str, root| UserCode::parse(typed).unwrap().hash(&roots(root));
        assert_eq!(hash("WDJB-MJHT", 1), hash("wdjb mjht", 1));
        assert_ne!(hash("WDJB-MJHT", 1), hash("WDJB-MJHT", 2));
        assert_ne!(hash("WDJB-MJHT", 1), hash("WDJB-MJHX", 1));
        let later = RootKeys::new(BTreeMap::from([(1, [1; 32]), (2, [2; 32])]), 2, String::new()).unwrap();
        let hashes = UserCode::parse("WDJB-MJHT").unwrap().hashes(&later);
        assert!(
            hashes.contains(hash("WDJB-MJHT", 1).as_str()),
            "after the root key was changed"
        );
    }

    /// RFC 8628 section 3.5.
    #[test]
    fn who_polls_too_fast_is_to_wait_five_seconds_more_each_time() {
        let after = |before, now| Pace::after(before, UnixTime(now));
        let (pace, too_fast) = after(None, 1_000);
        assert!(!too_fast);
        assert!(!after(Some(pace), 1_005).1 && !after(Some(pace), 1_004).1);
        let (slower, too_fast) = after(Some(pace), 1_003);
        assert!(too_fast);
        assert!(after(Some(slower), 1_011).1 && !after(Some(slower), 1_012).1);
        let mut pace = slower;
        for _ in 0..100 {
            pace = after(Some(pace), 1_003).0;
        }
        assert!(!after(Some(pace), 1_003 + LONGEST_INTERVAL).1);
        assert!(!after(Some(pace), 0).1, "a clock that went back");
    }

    #[test]
    fn each_standing_has_its_error() {
        let told = |waiting: Waiting, too_fast| waiting.error(too_fast).code.as_str();
        assert_eq!(told(Waiting::Pending, false), "authorization_pending");
        assert_eq!(told(Waiting::Pending, true), "slow_down");
        assert_eq!(told(Waiting::TurnedDown, true), "access_denied");
        assert_eq!(told(Waiting::Expired, true), "expired_token");
    }

    #[test]
    fn a_device_cannot_say_what_is_told_of_it() {
        let sent = "scope=openid&device_network=10.0.0.0/24&device_user_code=X&redirect_uri=https://evil.test/&state=s";
        let device = Device {
            user_code: "WDJB-MJHT".to_owned(),
            network: "192.0.2.0/24".to_owned(),
            user_agent: "tv\0/1".to_owned(),
        };
        let request = request_of(&Params::parse(sent).unwrap(), "tv", &device).unwrap();
        assert_eq!(Device::of(&request).network, "192.0.2.0/24");
        assert_eq!(Device::of(&request).user_agent, "tv/1");
        let names: Vec<_> = request.iter().map(|(name, _)| name).collect();
        assert_eq!(names, ["client_id", USER_CODE, NETWORK, USER_AGENT, "scope"]);
    }
}
