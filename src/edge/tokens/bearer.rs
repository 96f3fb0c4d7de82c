//! Access tokens as Limen's own endpoints take them: signature, claims, and whether the row they live with is still there.

use crate::{
    account::user::User,
    db::{Rows, Statement, signing_keys, token_families, users},
    edge::{http::failure::MachineFailure, keys::signer, platform::context::Context},
    oidc::{
        claims_request::ClaimsRequest,
        error::OAuthError,
        jose::jwt::Unverified,
        token::access_token::{self, AccessTokenClaims},
    },
};

/// A live access token.
pub struct LiveToken {
    pub claims: AccessTokenClaims,
    /// The person, where it is a person's.
    pub user: Option<User>,
    /// What the person allowed beside the scopes.
    pub claims_request: ClaimsRequest,
}

/// An access token as it was presented: not to be believed.
pub struct Presented<'a> {
    token: Unverified<'a>,
    claims: AccessTokenClaims,
}

impl<'a> Presented<'a> {
    /// Takes a presented access token apart.
    ///
    /// # Errors
    /// `invalid_token`, with the challenge of RFC 6750.
    pub fn parse(text: &'a str) -> Result<Self, MachineFailure> {
        let (token, claims) = access_token::parse(text).map_err(refused)?;
        Ok(Self { token, claims })
    }

    /// The client that it says it was issued to: for what is loaded along, and counts only once the token does.
    pub fn client_id_unverified(&self) -> &str {
        &self.claims.client_id
    }

    /// What [`Presented::check`] wants to know.
    pub fn statements(&self, context: &Context) -> [Statement; 2] {
        [
            signing_keys::find(self.token.kid().unwrap_or_default()),
            token_families::find_live(&self.claims, context.now),
        ]
    }

    /// Checks the token by what [`Presented::statements`] gave.
    ///
    /// # Errors
    /// `invalid_token`, with the challenge of RFC 6750.
    pub async fn check(self, key: &Rows, alive: &Rows, context: &Context) -> Result<LiveToken, MachineFailure> {
        let key = signing_keys::read_all(key)?.into_iter().next();
        if !signer::verify(&self.token, key.as_ref(), context).await? {
            return Err(refused(OAuthError::invalid_token("the access token is not valid")));
        }
        self.claims
            .check(&context.config.issuer, context.now)
            .map_err(refused)?;
        self.claims.check_audience(&context.config.issuer).map_err(refused)?;
        self.claims
            .check_presenter(context.certificate.as_ref())
            .map_err(refused)?;
        if !alive.any()? {
            return Err(refused(OAuthError::invalid_token("the access token was revoked")));
        }
        let user = if self.claims.family.is_some() {
            users::read(alive)?
        } else {
            None
        };
        Ok(LiveToken {
            claims: self.claims,
            user,
            claims_request: token_families::read_claims_request(alive)?,
        })
    }
}

/// Checks a presented access token in one round trip.
///
/// # Errors
/// `invalid_token`, with the challenge of RFC 6750.
pub async fn check(text: &str, context: &Context) -> Result<LiveToken, MachineFailure> {
    let presented = Presented::parse(text)?;
    let [key, alive] = context.db.batch(presented.statements(context)).await?;
    presented.check(&key, &alive, context).await
}

fn refused(error: OAuthError) -> MachineFailure {
    MachineFailure::Bearer(Some(error))
}
