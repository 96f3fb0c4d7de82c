//! Logout tokens (OIDC Back-Channel Logout 1.0 section 2.4).

use serde::Serialize;
use serde_json::{Value, json};

use crate::time::{Lifetime, UnixTime};

/// `typ`: "It is RECOMMENDED that ... the typ header parameter ... have the value logout+jwt", so that nobody takes it for a
/// token of another kind.
pub const TYPE: &str = "logout+jwt";

/// "It is RECOMMENDED that they expire quickly, preferably at most two minutes in the future."
const LIFETIME: Lifetime = Lifetime::minutes(2);

/// The member of `events` that makes a JWT a logout token.
const EVENT: &str = "http://schemas.openid.net/event/backchannel-logout";

/// The claims of a logout token. There is no `nonce`: "A nonce Claim MUST NOT be present." There is always a `sid`, and
/// beside it the `sub` for clients that know no sessions.
#[derive(Debug, Serialize)]
pub struct LogoutTokenClaims<'a> {
    iss: &'a str,
    sub: &'a str,
    aud: &'a str,
    iat: UnixTime,
    exp: UnixTime,
    jti: &'a str,
    events: Value,
    sid: &'a str,
}

/// Which of a client's sessions has ended.
#[derive(Debug)]
pub struct EndedSession<'a> {
    /// `sub`, as the client knows the person.
    pub sub: &'a str,
    /// `sid`, as the client knows the session.
    pub sid: &'a str,
    /// The client.
    pub client_id: &'a str,
}

impl<'a> LogoutTokenClaims<'a> {
    /// Tells a client that a session has ended. `jti` stays the same when it is told again.
    pub fn new(ended: &EndedSession<'a>, issuer: &'a str, jti: &'a str, now: UnixTime) -> Self {
        Self {
            iss: issuer,
            sub: ended.sub,
            aud: ended.client_id,
            iat: now,
            exp: now + LIFETIME,
            jti,
            events: json!({ EVENT: {} }),
            sid: ended.sid,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_claims_are_those_of_section_2_4() {
        let ended = EndedSession {
            sub: "248289761001",
            sid: "08a5019c-17e1-4977-8f42-65a12843ea02",
            client_id: "s6BhdRkqt3",
        };
        let claims = LogoutTokenClaims::new(&ended, "https://server.acme.org", "bWJq", UnixTime(1_471_566_154));
        assert_eq!(
            serde_json::to_value(claims).unwrap(),
            json!({
                "iss": "https://server.acme.org",
                "sub": "248289761001",
                "aud": "s6BhdRkqt3",
                "iat": 1_471_566_154,
                "exp": 1_471_566_274,
                "jti": "bWJq",
                "sid": "08a5019c-17e1-4977-8f42-65a12843ea02",
                "events": {"http://schemas.openid.net/event/backchannel-logout": {}}
            })
        );
    }
}
