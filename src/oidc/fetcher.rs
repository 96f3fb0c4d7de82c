//! Who fetches the answer to an authorization request, where no browser carries it (RFC 8628, CIBA).

use super::client::client_metadata::GrantType;
use crate::named::named;

named! {
    /// Who fetches the answer to a request from the token endpoint, by the name in sealed text: no browser carries it.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub enum Fetcher {
        /// A device (RFC 8628).
        Device = "device",
        /// An app that asks a certain person, wherever they are (CIBA).
        Backchannel = "backchannel",
    }
}

impl Fetcher {
    /// The grant by which it fetches the answer.
    pub fn grant_type(self) -> GrantType {
        match self {
            Self::Device => GrantType::DeviceCode,
            Self::Backchannel => GrantType::Ciba,
        }
    }
}
