//! The tokens that a client gets for a person, whatever the grant.

use super::{for_api, for_client};
use crate::{
    account::user::{ToldApp, User},
    db::signing_keys::CurrentKey,
    edge::{
        http::failure::StepFailure,
        keys::signer::Signer,
        platform::{context::Context, random},
    },
    oidc::{
        authorization::{Authorization, IssuedWith, Mint, Reach},
        authorization_details::AuthorizationDetails,
        claims_request::Target,
        client::{Client, client_metadata::GrantType},
        token::{
            TokenResponse,
            access_token::AccessTokenClaims,
            exchange::FAMILY,
            id_token::{AUTH_REQ_ID, RT_HASH, half_hash},
            refresh_grant::Remaining,
        },
    },
};

/// What a client gets tokens for.
pub struct Granted {
    pub user: User,
    pub authorization: Authorization,
    /// The part of it that the access token is for.
    pub within: Reach,
    /// Likewise of the details.
    pub details: AuthorizationDetails,
    pub refresh_token: Option<(String, Remaining)>,
    /// The `auth_req_id` that they are pushed for, where they are (CIBA section 10.3.1).
    pub pushed_for: Option<String>,
}

/// Makes the tokens. `key` is the one that signs for the client.
pub async fn tokens(
    granted: Granted,
    client: &Client,
    key: Option<CurrentKey>,
    mint: &Mint<'_>,
    context: &Context,
) -> Result<TokenResponse, StepFailure> {
    let Granted {
        user,
        authorization,
        within,
        details,
        refresh_token,
        pushed_for,
    } = granted;
    let (refresh_token, remaining) = refresh_token.unzip();
    // What a token is not told is left out, and its client sees that: where there are none for this one, the list is empty.
    let has_details = !details.is_empty();
    let details = details.at(&within.aud, client, &context.config.detail_types);
    let scope = within.scope.clone();
    let told_app = ToldApp {
        client,
        attributes: &context.config.attributes,
    };
    let signer = Signer::new(key, client.signing_alg(), context).await?;
    let claims = AccessTokenClaims {
        told: details
            .claim()
            .into_iter()
            .chain(user.told_in_access_token(told_app, &scope))
            .collect(),
        ..authorization.access_token(client, within, random::id()?, mint)
    };
    let access_token = for_api::access_token(&claims, client, &signer, context).await?;
    let in_id_token = client.scope_of_id_token(&scope);
    let mut told = user.told_to(told_app, &authorization.claims, &in_id_token, Target::IdToken);
    if client.may_use(GrantType::TokenExchange) {
        told.insert(FAMILY.to_owned(), authorization.family_id.clone().into());
    }
    if let Some(auth_req_id) = pushed_for {
        told.insert(AUTH_REQ_ID.to_owned(), auth_req_id.into());
        let alg = client.metadata.id_token_signed_response_alg.signed();
        if let (Some(alg), Some(token)) = (alg, &refresh_token) {
            told.insert(RT_HASH.to_owned(), half_hash(alg, token).into());
        }
    }
    let with = IssuedWith {
        access_token: Some(&access_token),
        code: None,
        claims: told,
    };
    let id_token = match authorization.id_token(client, with, mint) {
        Some(claims) => Some(for_client::id_token(&claims, client, &signer, context).await?),
        None => None,
    };
    Ok(TokenResponse {
        refresh_token,
        remaining,
        id_token,
        scope: Some(claims.scope.clone()),
        authorization_details: has_details.then(|| details.values().collect()),
        ..TokenResponse::of_access_token(access_token, &claims)
    })
}
