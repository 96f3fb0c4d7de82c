//! Identity assertions of issuers that the operator trusts, for access tokens: ID-JAGs as grants (RFC 7521 section 4.1, RFC 7523 sections
//! 2.1 and 3, draft-ietf-oauth-identity-assertion-authz-grant section 4.4).

use serde::{Deserialize, de::IgnoredAny};

use super::id_jag;
use crate::{
    config::{Config, TrustedIssuer},
    oidc::{
        authorization::Reach,
        binding::Binding,
        client::{Client, client_metadata::ClientSigningAlg},
        error::{ErrorCode, OAuthError},
        jose::{audience::Audience, jwt::Unverified},
        params::Params,
        resource_indicator::Targets,
        scope::Scope,
        single_use::SingleUse,
    },
    time::{Lifetime, UnixTime},
};

/// In `authorization_grant_profiles_supported`, where such assertions count (section 7.2).
pub const PROFILE: &str = "urn:ietf:params:oauth:grant-profile:id-jag";

/// How far an assertion may reach into the future or the past: its `jti` is remembered for so long.
const LONGEST: Lifetime = Lifetime::hours(1);

/// How far the issuer's clock may be off.
const LEEWAY: Lifetime = Lifetime(30);

/// The most bytes of a `jti`, and of a `sub`.
const LONGEST_ID: usize = 512;

/// A request with this grant.
pub struct JwtBearerRequest<'a> {
    pub token: Unverified<'a>,
    pub alg: ClientSigningAlg,
    pub claims: Claims,
    /// `resource`: which of the APIs, where not all that the assertion names.
    resources: Targets,
    /// `scope`, where not all of it is wanted.
    scope: Scope,
}

/// What the assertion says (section 3.1).
#[derive(Deserialize)]
pub struct Claims {
    pub iss: String,
    sub: String,
    aud: Audience,
    client_id: String,
    jti: String,
    exp: f64,
    iat: f64,
    nbf: Option<f64>,
    resource: Option<Audience>,
    #[serde(default)]
    scope: Scope,
    cnf: Option<Binding>,
    email: Option<String>,
    email_verified: Option<bool>,
    /// Whose of the organizations that share the issuer the person is.
    tenant: Option<String>,
    /// What the person is called here.
    aud_sub: Option<String>,
    /// Which of the organizations that share this server is meant: there is one.
    aud_tenant: Option<IgnoredAny>,
}

impl<'a> JwtBearerRequest<'a> {
    /// Reads the request.
    ///
    /// # Errors
    /// `invalid_request`, `invalid_scope`, `invalid_target`; `invalid_grant` for what is no such assertion.
    pub fn parse(params: &'a Params, config: &Config) -> Result<Self, OAuthError> {
        let broken = || invalid("is no signed JWT of the type oauth-id-jag+jwt with the claims of an ID-JAG");
        let token = Unverified::parse(params.required("assertion")?)
            .filter(|token| token.has_type(id_jag::TYPE))
            .ok_or_else(broken)?;
        let alg = ClientSigningAlg::parse(token.alg_name())
            .filter(|alg| alg.is_asymmetric())
            .ok_or_else(broken)?;
        let claims: Claims = token.claims_unverified().ok_or_else(broken)?;
        let fits = |text: &str| (1..=LONGEST_ID).contains(&text.len());
        if !fits(&claims.jti) || !fits(&claims.sub) {
            return Err(invalid("must have a jti and a sub of 1 to 512 bytes"));
        }
        Ok(Self {
            token,
            alg,
            claims,
            resources: Targets::parse(params, config)?,
            scope: Scope::parse(params.single("scope")?.unwrap_or_default())?,
        })
    }

    /// Checks of whom the assertion is, for whom, when, and who hands it in. Gives the issuer, whose keys are to be looked for, and what must be
    /// remembered of it.
    ///
    /// # Errors
    /// `invalid_grant`.
    pub fn check<'c>(
        &self,
        client_id: &str,
        config: &'c Config,
        now: UnixTime,
    ) -> Result<(&'c TrustedIssuer, SingleUse), OAuthError> {
        let claims = &self.claims;
        let issuer = config.trusted_issuers.find(&claims.iss);
        let issuer = issuer
            .filter(|issuer| issuer.is_for(client_id))
            .ok_or_else(|| invalid("is of an issuer whose assertions this client may not hand in"))?;
        // An issuer that several organizations share speaks for the one that the operator named: "iss + tenant" says who signed somebody in.
        if claims.tenant.as_deref() != issuer.tenant.as_deref() {
            return Err(invalid("is of another tenant than its issuer is trusted for"));
        }
        if claims.aud_tenant.is_some() {
            return Err(invalid("is for one of several tenants, and this server has none"));
        }
        // "If the aud claim is an array, it MUST contain exactly one element, and that element MUST be the issuer identifier".
        if !claims.aud.iter().eq([config.issuer.as_str()]) {
            return Err(invalid("must have this issuer as its only aud"));
        }
        // "The client_id claim MUST identify the same client as the client authentication in the request."
        if claims.client_id != client_id {
            return Err(invalid("is for another client"));
        }
        let (exp, iat) = (whole(claims.exp), whole(claims.iat));
        if exp + LEEWAY <= now {
            return Err(invalid("has expired"));
        }
        if exp > now + LONGEST + LEEWAY || iat + LONGEST + LEEWAY < now {
            return Err(invalid("must be issued, and expire, within an hour"));
        }
        if [Some(claims.iat), claims.nbf]
            .into_iter()
            .flatten()
            .any(|time| whole(time) > now + LEEWAY)
        {
            return Err(invalid(
                "is of the future: its iat or nbf is ahead of this server's clock",
            ));
        }
        let parts = ["id_jag", &claims.iss, &claims.jti];
        Ok((issuer, SingleUse::new(&parts, exp + LEEWAY)))
    }

    /// Checks that the client holds the key that the assertion is bound to, if it is: "proof of possession of the corresponding private key
    /// MUST be demonstrated when using the ID-JAG" (section 9.7).
    ///
    /// # Errors
    /// `invalid_grant`.
    pub fn check_binding(&self, shown: Option<&Binding>) -> Result<(), OAuthError> {
        match &self.claims.cnf {
            Some(bound) if shown != Some(bound) => Err(invalid("is bound to a key that was not shown")),
            _ => Ok(()),
        }
    }

    /// The address by which the person is known here, if the issuer says that it is theirs.
    pub fn address(&self) -> Option<&str> {
        let claims = &self.claims;
        claims.email.as_deref().filter(|_| claims.email_verified == Some(true))
    }

    /// Checks that the issuer speaks for the address.
    ///
    /// # Errors
    /// `invalid_grant`.
    pub fn check_address(&self, issuer: &TrustedIssuer) -> Result<(), OAuthError> {
        match self.address().is_some_and(|address| issuer.speaks_for(address)) {
            true => Ok(()),
            false => Err(invalid(
                "has no confirmed email (email_verified) of a domain that its issuer speaks for here",
            )),
        }
    }

    /// Whether the person is meant who has confirmed `address` here, and whom the client knows as `sub`. What is folded alike may be written
    /// otherwise: that is another mailbox.
    pub fn means(&self, address: &str, sub: &str) -> bool {
        let is_theirs = self.address().is_some_and(|own| own.eq_ignore_ascii_case(address));
        is_theirs && self.claims.aud_sub.as_ref().is_none_or(|named| named == sub)
    }

    /// What `client` gets a token for: the APIs that the assertion names and that are registered here, and of its scopes those that
    /// belong to them and that the client may have. "The granted resources MAY be a subset of the resources in the ID-JAG".
    ///
    /// # Errors
    /// `invalid_target`, `invalid_scope`.
    pub fn reach_for(&self, client: &Client, config: &Config) -> Result<Reach, OAuthError> {
        let targets = self.targets(config)?;
        let of_targets = targets.scopes(config);
        let may = client
            .permitted_at(
                &self.claims.scope,
                (&targets.open_scopes(config), &targets.given_scopes(config)),
            )
            .intersection(&of_targets);
        let may = targets.without_withheld(&may, config);
        let scope = match self.scope.is_empty() {
            true => may,
            false => may.intersection(&self.scope),
        };
        if scope.is_empty() && !self.scope.is_empty() {
            return Err(OAuthError::new(
                ErrorCode::InvalidScope,
                "the assertion and the client's registration leave none of the scopes",
            ));
        }
        Ok(Reach {
            aud: targets.audience(&targets, config)?,
            scope,
        })
    }

    /// What it names that may be an API: in its parameters, and in its assertion.
    pub fn named(&self) -> impl Iterator<Item = &str> {
        let asserted = self.claims.resource.iter().flat_map(Audience::iter);
        self.resources.iter().chain(asserted)
    }

    fn targets(&self, config: &Config) -> Result<Targets, OAuthError> {
        let refused = |why| Err(OAuthError::new(ErrorCode::InvalidTarget, why));
        // Tokens for Limen's own APIs tell about people what they allowed themselves.
        if self.resources.foreign() != self.resources {
            return refused("no token for this server itself comes of an assertion");
        }
        let known = |uri: &str| config.resources.find(uri).map(|api| api.identifier.clone());
        let asserted: Option<Targets> = self
            .claims
            .resource
            .as_ref()
            .map(|named| named.iter().filter_map(known).collect());
        match asserted {
            Some(asserted) if asserted.is_empty() => refused("the assertion names no API that is registered here"),
            Some(asserted) if self.resources.is_empty() => Ok(asserted),
            Some(asserted) if self.resources.is_subset(&asserted) => Ok(self.resources.clone()),
            Some(_) => refused("resource names an API that the assertion does not name"),
            // It is for an API of this server, and where there are several, only its issuer can say which. Those that operators declare
            // can always be several.
            None => {
                let mut all = config.resources.iter().filter(|(_, api)| api.declared.is_none());
                match (all.next(), all.next()) {
                    (Some((_, only)), None) if self.resources.iter().all(|named| named == only.identifier) => {
                        Ok([only.identifier.clone()].into_iter().collect())
                    }
                    _ => refused("the assertion must name in resource the API that it is for"),
                }
            }
        }
    }
}

/// The error for an assertion of which something is wrong: "the error code MUST be invalid_grant" (RFC 7521 section 4.1.1).
pub fn invalid(why: &str) -> OAuthError {
    OAuthError::invalid_grant(format!("the assertion {why}"))
}

/// Whole seconds of a `NumericDate`, which may have a fraction. Casting saturates.
fn whole(numeric_date: f64) -> UnixTime {
    UnixTime(numeric_date.floor() as i64)
}
