//! Access tokens as Limen's own endpoints take them: signature, claims, the proof of the key that one is bound to, and whether the row
//! they live with is still there.

use std::borrow::Cow;

use super::{dpop, opaque};
use crate::{
    account::user::User,
    db::{
        Answer, Batch, Handle, dpop_proofs,
        memberships::Along,
        signing_keys,
        token_families::{self, Alive},
    },
    edge::{
        http::{failure::MachineFailure, request::Incoming},
        keys::signer,
        platform::context::Context,
    },
    oidc::{
        claims_request::ClaimsRequest,
        client::client_metadata::ClientSigningAlg,
        dpop::{KeyProof, used},
        error::OAuthError,
        jose::{jwt::Unverified, provider_key::ProviderKey},
        params::Params,
        token::access_token::{self, AccessTokenClaims, Scheme, ShownBinding},
    },
};

/// A live access token.
pub struct LiveToken {
    pub claims: AccessTokenClaims,
    /// The person, where it is a person's.
    pub user: Option<User>,
    /// What the person allowed beside the scopes.
    pub claims_request: ClaimsRequest,
    /// By what the proof is signed that came with it.
    pub proof_alg: Option<ClientSigningAlg>,
    scheme: Scheme,
}

/// An access token as it was sent, and what is to be read of it.
pub struct Sent<'a> {
    scheme: Scheme,
    text: &'a str,
    jwt: Cow<'a, str>,
}

impl<'a> Sent<'a> {
    /// Opens a token that is sealed.
    pub async fn open((scheme, text): (Scheme, &'a str), context: &Context) -> Self {
        Self {
            scheme,
            text,
            jwt: opaque::open(text, context).await,
        }
    }
}

/// An access token as it was presented, not to be believed, and the queries by which it is checked.
pub struct Presented<'a> {
    scheme: Scheme,
    proof: Option<KeyProof>,
    token: Unverified<'a>,
    claims: AccessTokenClaims,
    key: Handle<Option<ProviderKey>>,
    alive: Handle<Option<Alive>>,
    /// Whether the proof was used for the first time, where the batch can say it.
    used_up: Option<Handle<bool>>,
}

impl LiveToken {
    /// The refusal of a request whose token is good, with the challenge of its scheme.
    pub fn refuse(&self, error: OAuthError) -> MachineFailure {
        refused(self.scheme, error)
    }
}

impl<'a> Presented<'a> {
    /// Takes a presented access token apart, checks the proof that has to come along, and adds to `batch` what [`Presented::check`]
    /// wants to know, with what of groups and roles is read `along`. A proof is used up there, too.
    ///
    /// # Errors
    /// `invalid_token`, `invalid_dpop_proof` and `use_dpop_nonce`, with the challenge of the scheme.
    pub async fn of(
        sent: &'a Sent<'_>,
        along: impl FnOnce(&AccessTokenClaims) -> Along,
        request: &Incoming,
        batch: &mut Batch,
        context: &Context,
    ) -> Result<Self, MachineFailure> {
        let (scheme, text) = (sent.scheme, sent.text);
        let refused = |error| refused(scheme, error);
        let (token, claims) = access_token::parse(&sent.jwt).map_err(refused)?;
        let brought = match scheme {
            Scheme::Bearer => None,
            Scheme::Dpop => dpop::proof_of(request, context).await.map_err(refused)?,
        };
        let proof = scheme.proof(brought, text).map_err(refused)?;
        let shown = proof.as_ref().map_or(
            ShownBinding::Certificate(context.certificate.as_ref()),
            ShownBinding::Key,
        );
        // Before a row is written for it.
        claims.check_presenter(&shown).map_err(refused)?;
        let use_up = |(proof, family_id): (&KeyProof, &String)| {
            token_families::use_up_dpop_proof(family_id, &claims, &proof.single_use, context.now)
        };
        Ok(Self {
            scheme,
            key: batch.add(signing_keys::find(token.kid().unwrap_or_default())),
            alive: batch.add(token_families::find_live(&claims, along(&claims), context.now)),
            used_up: batch.add_if(proof.as_ref().zip(claims.family.as_ref()).map(use_up)),
            proof,
            token,
            claims,
        })
    }

    /// The client that it says it was issued to: for what is loaded along, and counts only once the token does.
    pub fn client_id_unverified(&self) -> &str {
        &self.claims.client_id
    }

    /// The family that it says it lives with, likewise.
    pub fn family_unverified(&self) -> Option<&str> {
        self.claims.family.as_deref()
    }

    /// Checks the token by what its batch gave.
    ///
    /// # Errors
    /// `invalid_token` and `invalid_dpop_proof`, with the challenge of the scheme.
    pub async fn check(self, rows: &Answer, context: &Context) -> Result<LiveToken, MachineFailure> {
        self.check_for(context.config.issuer.as_str(), rows, context).await
    }

    /// The same for an API of its own.
    ///
    /// # Errors
    /// As [`Presented::check`].
    pub async fn check_for(self, api: &str, rows: &Answer, context: &Context) -> Result<LiveToken, MachineFailure> {
        let refused = |error| refused(self.scheme, error);
        let key = rows.read(self.key)?;
        if !signer::verify(&self.token, key.as_ref(), context).await? {
            return Err(refused(OAuthError::invalid_token("the access token is not valid")));
        }
        self.claims
            .check(&context.config.issuer, context.now)
            .map_err(refused)?;
        self.claims.check_audience(api).map_err(refused)?;
        let Some(alive) = rows.read(self.alive)? else {
            return Err(refused(OAuthError::invalid_token("the access token was revoked")));
        };
        if let Some(proof) = &self.proof {
            let is_first = match rows.read_if(self.used_up)? {
                Some(is_first) => is_first,
                // No row tells of a client's own token whether it can be genuine: now it is known.
                None => {
                    let store = dpop_proofs::use_up_now(&proof.single_use, context.now);
                    context.db.read(store).await?
                }
            };
            if !is_first {
                return Err(refused(used()));
            }
        }
        Ok(LiveToken {
            claims: self.claims,
            user: alive.user,
            claims_request: alive.claims_request,
            proof_alg: self.proof.map(|proof| proof.alg),
            scheme: self.scheme,
        })
    }
}

/// Checks the access token of a request's header, in one round trip.
///
/// # Errors
/// `invalid_token`, `invalid_dpop_proof` and `use_dpop_nonce`, with the challenge of the scheme.
pub async fn check(request: &Incoming, context: &Context) -> Result<LiveToken, MachineFailure> {
    let (authorization, form) = (request.authorization(), Params::default());
    let presented = access_token::presented(authorization.as_deref(), &form).map_err(MachineFailure::Bearer)?;
    let (mut batch, sent) = (Batch::default(), Sent::open(presented, context).await);
    let presented = Presented::of(&sent, |_| Along::default(), request, &mut batch, context).await?;
    presented.check(&context.db.run(batch).await?, context).await
}

fn refused(scheme: Scheme, error: OAuthError) -> MachineFailure {
    match scheme {
        Scheme::Bearer => MachineFailure::Bearer(Some(error)),
        Scheme::Dpop => MachineFailure::Dpop(error),
    }
}
