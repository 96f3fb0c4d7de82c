//! Links with which somebody makes an account, each once. A link is the invitation's id and 256 random bits, of which the database has
//! a keyed hash. The id has the expiry in it, so that the database needs no index for either.

use std::fmt;

use super::set_up;
use crate::{
    routes::Endpoint,
    secret::{Hash, OpaqueToken, Purpose, RootKeys, is_random_id},
    time::{Lifetime, UnixTime},
};

/// How long an invitation works, if its operator does not say; and how long at most.
pub const USUAL: Lifetime = Lifetime::days(7);
pub const LONGEST: Lifetime = Lifetime::days(90);

/// What names an invitation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InvitationId {
    /// When it works no more.
    pub expires_at: UnixTime,
    /// 128 random bits.
    pub random: String,
}

impl fmt::Display for InvitationId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.expires_at.seconds(), self.random)
    }
}

impl InvitationId {
    /// Reads what [`InvitationId`] shows.
    pub fn parse(text: &str) -> Option<Self> {
        let (expires_at, random) = text.split_once('.')?;
        let plain = expires_at.len() <= 12 && expires_at.bytes().all(|byte| byte.is_ascii_digit());
        (plain && is_random_id(random)).then_some(Self {
            expires_at: UnixTime(expires_at.parse().ok()?),
            random: random.to_owned(),
        })
    }
}

/// The text of a link.
pub fn write(id: &InvitationId, secret: &OpaqueToken) -> String {
    set_up::write(&id.to_string(), secret)
}

/// Where a link leads, by its text.
pub fn path(link: &str) -> String {
    format!("{}?invitation={link}", Endpoint::SignUp.path())
}

/// A link as it comes back: which invitation it is of, and the hash of its secret.
#[derive(Clone)]
pub struct InvitationLink {
    /// The invitation.
    pub id: InvitationId,
    /// What must be stored of it.
    pub hash: Hash,
}

impl InvitationLink {
    /// Reads what may be a link.
    pub fn read(text: &str, roots: &RootKeys) -> Option<Self> {
        let (id, secret) = set_up::read(text)?;
        Some(Self {
            id: InvitationId::parse(id)?,
            hash: secret.hash(roots, Purpose::SetUpLink)?,
        })
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    #[test]
    fn a_link_names_its_invitation_and_has_a_secret() {
        let roots = RootKeys::new(BTreeMap::from([(1, [7; 32])]), 1, String::new()).unwrap();
        let secret = OpaqueToken::new(&roots, [1; 32]);
        let id = InvitationId {
            expires_at: UnixTime(1_800_000_000),
            random: "AAAAAAAAAAAAAAAAAAAAAA".to_owned(),
        };
        let text = write(&id, &secret);
        let shown = InvitationLink::read(&text, &roots).unwrap();
        assert_eq!(shown.id, id);
        assert_eq!(Some(shown.hash), secret.hash(&roots, Purpose::SetUpLink));
        for end in 0..text.len() {
            assert!(InvitationLink::read(&text[..end], &roots).is_none(), "{end}");
        }
        for odd in [
            "",
            ".",
            "1.x",
            "+1.AAAAAAAAAAAAAAAAAAAAAA",
            "9999999999999.AAAAAAAAAAAAAAAAAAAAAA",
        ] {
            assert_eq!(InvitationId::parse(odd), None, "{odd}");
        }
    }
}
