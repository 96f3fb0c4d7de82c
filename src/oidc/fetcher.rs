//! Who fetches the answer to an authorization request, where no browser carries it (RFC 8628, CIBA).

use super::client::client_metadata::GrantType;

/// Who fetches the answer to a request from the token endpoint: no browser carries it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fetcher {
    /// A device (RFC 8628).
    Device,
    /// An app that asks a certain person, wherever they are (CIBA).
    Backchannel,
}

impl Fetcher {
    const ALL: [Self; 2] = [Self::Device, Self::Backchannel];

    /// What says so in sealed text.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Device => "device",
            Self::Backchannel => "backchannel",
        }
    }

    /// The one of a text.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|fetcher| fetcher.as_str() == text)
    }

    /// The grant by which it fetches the answer.
    pub fn grant_type(self) -> GrantType {
        match self {
            Self::Device => GrantType::DeviceCode,
            Self::Backchannel => GrantType::Ciba,
        }
    }
}
