//! Access tokens as Limen's own endpoints take them: signature, claims, and whether the row they live with is still there.

use crate::{
    account::user::User,
    db::{
        Answer, Batch, Handle, signing_keys,
        token_families::{self, Alive},
    },
    edge::{http::failure::MachineFailure, keys::signer, platform::context::Context},
    oidc::{
        claims_request::ClaimsRequest,
        error::OAuthError,
        jose::{jwt::Unverified, provider_key::ProviderKey},
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

/// An access token as it was presented, not to be believed, and the queries by which it is checked.
pub struct Presented<'a> {
    token: Unverified<'a>,
    claims: AccessTokenClaims,
    key: Handle<Option<ProviderKey>>,
    alive: Handle<Option<Alive>>,
}

impl<'a> Presented<'a> {
    /// Takes a presented access token apart, and adds to `batch` what [`Presented::check`] wants to know.
    ///
    /// # Errors
    /// `invalid_token`, with the challenge of RFC 6750.
    pub fn parse(text: &'a str, batch: &mut Batch, context: &Context) -> Result<Self, MachineFailure> {
        let (token, claims) = access_token::parse(text).map_err(refused)?;
        Ok(Self {
            key: batch.add(signing_keys::find(token.kid().unwrap_or_default())),
            alive: batch.add(token_families::find_live(&claims, context.now)),
            token,
            claims,
        })
    }

    /// The client that it says it was issued to: for what is loaded along, and counts only once the token does.
    pub fn client_id_unverified(&self) -> &str {
        &self.claims.client_id
    }

    /// Checks the token by what its batch gave.
    ///
    /// # Errors
    /// `invalid_token`, with the challenge of RFC 6750.
    pub async fn check(self, rows: &Answer, context: &Context) -> Result<LiveToken, MachineFailure> {
        let key = rows.read(self.key)?;
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
        let Some(alive) = rows.read(self.alive)? else {
            return Err(refused(OAuthError::invalid_token("the access token was revoked")));
        };
        Ok(LiveToken {
            claims: self.claims,
            user: alive.user,
            claims_request: alive.claims_request,
        })
    }
}

/// Checks a presented access token in one round trip.
///
/// # Errors
/// `invalid_token`, with the challenge of RFC 6750.
pub async fn check(text: &str, context: &Context) -> Result<LiveToken, MachineFailure> {
    let mut batch = Batch::default();
    let presented = Presented::parse(text, &mut batch, context)?;
    presented.check(&context.db.run(batch).await?, context).await
}

fn refused(error: OAuthError) -> MachineFailure {
    MachineFailure::Bearer(Some(error))
}
