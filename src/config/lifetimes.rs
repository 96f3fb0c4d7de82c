//! How long things live.

use super::reader::Reader;
use crate::time::Lifetime;

/// How long things live. Each has a variable of its name in capitals, in seconds.
#[derive(Clone, Copy, Debug)]
pub struct Lifetimes {
    /// `CODE_LIFETIME`: authorization codes.
    pub code: Lifetime,
    /// `ACCESS_TOKEN_LIFETIME`.
    pub access_token: Lifetime,
    /// `ID_TOKEN_LIFETIME`.
    pub id_token: Lifetime,
    /// `REFRESH_TOKEN_LIFETIME`: absolute, from the redemption of the code on.
    pub refresh_token: Lifetime,
    /// `REFRESH_TOKEN_IDLE`: a refresh token unused for so long is dead.
    pub refresh_token_idle: Lifetime,
    /// `REFRESH_GRACE`: in which a lost answer may be asked for again with the parent token.
    pub refresh_grace: Lifetime,
    /// `SESSION_LIFETIME`: absolute, from the sign-in on.
    pub session: Lifetime,
    /// `SESSION_IDLE`: a session unused for so long is dead.
    pub session_idle: Lifetime,
    /// `AUDIT_RETENTION`: rows of the audit.
    pub audit: Lifetime,
}

/// The longest that an access token may be made to live.
pub const LONGEST_ACCESS_TOKEN: Lifetime = Lifetime::days(1);

/// The longest that the refresh token before the present one can be made to count.
pub const LONGEST_REFRESH_GRACE: Lifetime = Lifetime::hours(1);

impl Lifetimes {
    pub(super) fn read(reader: &mut Reader<impl Fn(&str) -> Option<String>>) -> Self {
        Self {
            code: reader.lifetime("CODE_LIFETIME", Lifetime::minutes(1), Lifetime::minutes(10)),
            access_token: reader.lifetime("ACCESS_TOKEN_LIFETIME", Lifetime::minutes(10), LONGEST_ACCESS_TOKEN),
            id_token: reader.lifetime("ID_TOKEN_LIFETIME", Lifetime::hours(1), Lifetime::days(1)),
            refresh_token: reader.lifetime("REFRESH_TOKEN_LIFETIME", Lifetime::days(90), Lifetime::days(3_650)),
            refresh_token_idle: reader.lifetime("REFRESH_TOKEN_IDLE", Lifetime::days(30), Lifetime::days(3_650)),
            refresh_grace: reader.lifetime("REFRESH_GRACE", Lifetime(30), LONGEST_REFRESH_GRACE),
            session: reader.lifetime("SESSION_LIFETIME", Lifetime::days(30), Lifetime::YEAR),
            session_idle: reader.lifetime("SESSION_IDLE", Lifetime::days(7), Lifetime::YEAR),
            audit: reader.lifetime("AUDIT_RETENTION", Lifetime::days(90), Lifetime::days(3_650)),
        }
    }

    /// The longest that a token signed now can live: what a retired key must outlast.
    pub fn longest_signed_token(&self) -> Lifetime {
        self.access_token.max(self.id_token)
    }
}
