//! Access tokens as Limen's own endpoints take them: signature, claims, and whether the row they live with is still there.

use super::{
    context::Context,
    db::{signing_keys, token_families, users},
    failure::MachineFailure,
    keys,
};
use crate::{
    account::user::User,
    oidc::{
        access_token::{self, AccessTokenClaims},
        error::OAuthError,
    },
};

/// A live access token.
pub struct LiveToken {
    pub claims: AccessTokenClaims,
    /// The person, where it is a person's.
    pub user: Option<User>,
}

/// Checks a presented access token in one round trip.
///
/// # Errors
/// `invalid_token`, with the challenge of RFC 6750.
pub async fn check(text: &str, context: &Context) -> Result<LiveToken, MachineFailure> {
    let refuse = |error| MachineFailure::Bearer(Some(error));
    let (token, claims) = access_token::parse(text).map_err(refuse)?;
    let [key, alive] = context
        .db
        .batch([
            signing_keys::find(token.kid().unwrap_or_default()),
            token_families::find_live(&claims, context.now),
        ])
        .await?;
    let key = signing_keys::read_all(&key)?.into_iter().next();
    if !keys::verify(&token, key.as_ref(), context).await? {
        return Err(refuse(OAuthError::invalid_token("the access token is not valid")));
    }
    claims.check(&context.config.issuer, context.now).map_err(refuse)?;
    if !alive.any()? {
        return Err(refuse(OAuthError::invalid_token("the access token was revoked")));
    }
    let user = if claims.family.is_some() {
        users::read(&alive)?
    } else {
        None
    };
    Ok(LiveToken { claims, user })
}
