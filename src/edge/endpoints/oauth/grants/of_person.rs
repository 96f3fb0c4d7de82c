//! The tokens that a client gets for a person, whatever the grant.

use super::TokenRequest;
pub use crate::edge::tokens::of_person::Granted;
use crate::{
    db::signing_keys::CurrentKey,
    edge::{http::failure::MachineFailure, tokens::of_person},
    oidc::{client::Client, token::TokenResponse},
};

impl TokenRequest<'_> {
    /// Makes the tokens. `key` is the one that signs for the client.
    pub async fn tokens_of(
        &self,
        granted: Granted,
        client: &Client,
        key: Option<CurrentKey>,
    ) -> Result<TokenResponse, MachineFailure> {
        Ok(of_person::tokens(granted, client, key, &self.mint(client), self.context).await?)
    }
}
