//! The tokens that a client gets for a person, whatever the grant.

use super::TokenRequest;
use crate::{
    account::user::User,
    db::signing_keys::CurrentKey,
    edge::{http::failure::MachineFailure, keys::signer::Signer, platform::random, tokens::for_client},
    oidc::{
        authorization::{Authorization, IssuedWith, Reach},
        binding::Binding,
        claims_request::Target,
        client::{Client, client_metadata::GrantType},
        token::{
            TokenResponse,
            access_token::{self, AccessTokenClaims},
            exchange::FAMILY,
        },
    },
};

/// What a client gets tokens for.
pub struct Granted {
    pub user: User,
    pub authorization: Authorization,
    /// The part of it that the access token is for.
    pub within: Reach,
    pub refresh_token: Option<String>,
}

impl TokenRequest<'_> {
    /// Makes the tokens. `key` is the one that signs for the client.
    pub async fn tokens_of(
        &self,
        granted: Granted,
        client: &Client,
        key: Option<CurrentKey>,
    ) -> Result<TokenResponse, MachineFailure> {
        let context = self.context;
        let Granted {
            user,
            authorization,
            within,
            refresh_token,
        } = granted;
        let scope = within.scope.clone();
        let signer = Signer::new(key, client.signing_alg(), context).await?;
        let mint = self.mint(client);
        let claims = AccessTokenClaims {
            told: user.told_in_access_token(client, &scope),
            ..authorization.access_token(client, within, random::id()?, &mint)
        };
        let access_token = signer.sign(access_token::TYPE, &claims).await?;
        let in_id_token = client.scope_of_id_token(&scope);
        let mut told = user.told_to(client, &authorization.claims, &in_id_token, Target::IdToken);
        if client.may_use(GrantType::TokenExchange) {
            told.insert(FAMILY.to_owned(), authorization.family_id.clone().into());
        }
        let with = IssuedWith {
            access_token: Some(&access_token),
            code: None,
            claims: told,
        };
        let id_token = match authorization.id_token(client, with, &mint) {
            Some(claims) => Some(for_client::id_token(&claims, client, &signer, context).await?),
            None => None,
        };
        Ok(TokenResponse {
            access_token,
            token_type: Binding::token_type(mint.binding.as_ref()),
            issued_token_type: None,
            expires_in: claims.exp.since(context.now),
            refresh_token,
            id_token,
            scope,
        })
    }
}
