//! The Authentication Request (OIDC Core section 3.1.2.1, RFC 6749 section 4.1.1), once it is known where errors go.

use super::{
    authentication::{Authentication, Consent},
    authorization_details::AuthorizationDetails,
    binding::Binding,
    claims_request::ClaimsRequest,
    client::{
        Client,
        app_rules::ConsentRule,
        client_metadata::{GrantType, ResponseType, Supported},
    },
    error::{ErrorCode, OAuthError},
    fetcher::Fetcher,
    params::{Params, RESOURCE},
    pkce::{CodeChallenge, is_digest},
    proven::{Demand, FRESH, Strength},
    resource_indicator::Targets,
    return_address::ReturnAddress,
    scope::Scope,
    token::id_token_hint::IdTokenHint,
};
use crate::{
    config::{Config, SecondFactor},
    time::{Lifetime, UnixTime},
};

/// The most values of `acr_values` that count.
const MOST_ACR_VALUES: usize = 10;

/// The most bytes that `nonce` may have: it is stored with the code.
const LONGEST_NONCE: usize = 512;

/// Under which a request has the `sub` of the one person who may answer it. Clients cannot send it: see `ciba`.
pub const ASKED: &str = "backchannel_sub";

/// A request that its client may make.
#[derive(Clone, Debug)]
pub struct AuthRequest {
    /// `response_type`.
    pub response_type: ResponseType,
    /// `scope`, less what nobody knows.
    pub scope: Scope,
    /// `claims` and `claims_locales`.
    pub claims: ClaimsRequest,
    /// `resource`: the APIs that its access tokens are for.
    pub resources: Targets,
    /// `authorization_details` (RFC 9396).
    pub details: AuthorizationDetails,
    /// `nonce`.
    pub nonce: Option<String>,
    /// PKCE.
    pub code_challenge: Option<CodeChallenge>,
    /// `dpop_jkt`: the key that its code is bound to.
    pub binding: Option<Binding>,
    /// `prompt`.
    pub prompt: Prompt,
    /// `max_age`, or the client's `default_max_age`.
    pub max_age: Option<Lifetime>,
    /// `id_token_hint`: who is expected to be signed in.
    pub id_token_hint: Option<IdTokenHint>,
    /// The `sub` of the one person who may answer, where an app asks them without their browser (CIBA).
    pub asked: Option<String>,
    /// Whether a refresh token comes of it.
    pub refreshable: bool,
    /// What a consent must have of APIs: [`Targets::allowed_with`].
    pub at_apis: Targets,
    /// How strong a sign-in has to be for the client. `None` where nobody can sign in as strongly as is essential to it.
    pub demand: Option<Demand>,
    /// Who must show a second factor here.
    pub second_factor: SecondFactor,
}

/// The error for a sign-in that is not as strong as is essential: "the Authorization Server MUST treat that outcome as a
/// failed authentication attempt" (Core section 5.5.1.1), by the code that OpenID Connect registered for it.
pub fn unmet() -> OAuthError {
    OAuthError::new(
        ErrorCode::UnmetAuthenticationRequirements,
        "no sign-in has an acr that is essential to the client",
    )
}

/// `prompt`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Prompt {
    /// "MUST NOT display any authentication or consent user interface pages."
    pub none: bool,
    /// "SHOULD prompt the End-User for reauthentication."
    pub login: bool,
    /// "SHOULD prompt the End-User for consent."
    pub consent: bool,
    /// "SHOULD prompt the End-User to select a user account."
    pub select_account: bool,
    /// "the client desires that the user be shown the account creation UX rather than the login flow" (Initiating User
    /// Registration via OpenID Connect 1.0 section 4.1).
    pub create: bool,
}

impl AuthRequest {
    /// Reads the request of `client`.
    ///
    /// # Errors
    /// What goes to the client's redirect URI.
    pub fn parse(params: &Params, client: &Client, config: &Config) -> Result<Self, OAuthError> {
        let supported = &Supported::of(config);
        client.check_profile(config)?;
        params.refuse_repeated()?;
        refuse_unsupported(params)?;
        let response_type = parse_response_type(params, client, supported)?;
        ReturnAddress::check_response_mode(params, response_type, client)?;
        Ok(Self {
            nonce: parse_nonce(params, response_type)?,
            code_challenge: parse_code_challenge(params, client, response_type, supported)?,
            ..Self::answered_by(response_type, params, client, config)?
        })
    }

    /// Reads the request that a device made (RFC 8628 section 3.1): its code goes to the device, which needs no PKCE for it. Whoever
    /// answers is always asked, also where they allowed the client the same before: they may be before another device.
    ///
    /// # Errors
    /// What the device is told.
    pub fn of_device(params: &Params, client: &Client, config: &Config) -> Result<Self, OAuthError> {
        client.check_profile(config)?;
        params.refuse_repeated()?;
        if !config.device_authorization || !client.may_use(GrantType::DeviceCode) {
            return Err(OAuthError::new(
                ErrorCode::UnauthorizedClient,
                "the client is not registered for the device_code grant, or that is off",
            ));
        }
        let mut request = Self::answered_by(ResponseType::Code, params, client, config)?;
        if request.prompt.none {
            return Err(OAuthError::invalid_request(
                "prompt must not be none: a device waits for a person",
            ));
        }
        request.nonce = parse_nonce(params, ResponseType::Code)?;
        request.prompt.consent = true;
        Ok(request)
    }

    /// Reads the request that `fetcher` handed in, whose answer it fetches.
    ///
    /// # Errors
    /// What it is told.
    pub fn fetched_by(fetcher: Fetcher, params: &Params, client: &Client, config: &Config) -> Result<Self, OAuthError> {
        match fetcher {
            Fetcher::Device => Self::of_device(params, client, config),
            Fetcher::Backchannel => Self::of_backchannel(params, client, config),
        }
    }

    /// Reads the request that an app made of a certain person (CIBA section 7.1). They are always asked, and their sign-in was just made:
    /// nobody sees that they are at the app.
    ///
    /// # Errors
    /// What the app is told.
    pub fn of_backchannel(params: &Params, client: &Client, config: &Config) -> Result<Self, OAuthError> {
        client.check_profile(config)?;
        params.refuse_repeated()?;
        if !config.backchannel_authentication || !client.may_use(GrantType::Ciba) {
            return Err(OAuthError::new(
                ErrorCode::UnauthorizedClient,
                "the client is not registered for the CIBA grant, or that is off",
            ));
        }
        let mut request = Self::answered_by(ResponseType::Code, params, client, config)?;
        if !request.scope.contains("openid") {
            return Err(OAuthError::new(ErrorCode::InvalidScope, "scope lacks openid"));
        }
        request.prompt.consent = true;
        request.max_age = Some(request.max_age.map_or(FRESH, |max_age| max_age.min(FRESH)));
        request.asked = Some(params.text(ASKED).to_owned());
        Ok(request)
    }

    fn answered_by(
        response_type: ResponseType,
        params: &Params,
        client: &Client,
        config: &Config,
    ) -> Result<Self, OAuthError> {
        let supported = &Supported::of(config);
        let resources = Targets::parse(params, config)?;
        let of_apis = resources.open_scopes(config);
        let given = resources.given_scopes(config);
        let scope = parse_scope(params, client, response_type, (&of_apis, &given))?;
        // What belongs to other APIs is not asked for: the person would not be told what it is there.
        let scope = resources.scope_of_token(scope, config);
        let details = AuthorizationDetails::parse(params, &config.detail_types)?;
        details.check_client(client)?;
        let told = client.permitted(&Scope::about_people(config), &Scope::default());
        let claims = ClaimsRequest::parse(params)?.within(&told);
        let acr_values = acr_values(params, client)?;
        let known = |acr: &&str| Strength::named(acr, &config.acr_names).is_some();
        let claims = claims.with_acr_values(acr_values.iter().copied().filter(known).take(MOST_ACR_VALUES));
        let wished = match claims.essential_acr_values() {
            Some(_) => Vec::new(),
            // Those that nobody has, too: somebody who wishes for `phrh` gets a passkey.
            None => claims.voluntary_acr_values().into_iter().chain(acr_values).collect(),
        };
        let (rules, strongest) = (&client.metadata.rules, Strength::strongest(config));
        let demand = Demand::by_acr(
            (claims.essential_acr_values().as_deref(), &wished),
            &config.acr_names,
            strongest,
        );
        let mut prompt = Prompt::parse(params, supported)?;
        prompt.consent |= rules.consent == ConsentRule::Always;
        Ok(Self {
            demand: demand.and_then(|demand| demand.with_required(rules.required_acr, strongest)),
            second_factor: config.second_factor,
            claims: match response_type {
                ResponseType::IdToken => claims.without_userinfo(),
                _ => claims,
            },
            at_apis: match response_type {
                ResponseType::IdToken => Targets::default(),
                _ => resources.allowed_with(&scope, config),
            },
            resources: match response_type {
                // No access token comes of it.
                ResponseType::IdToken => Targets::default(),
                _ => resources,
            },
            details: match response_type {
                ResponseType::IdToken => AuthorizationDetails::default(),
                _ => details,
            },
            nonce: None,
            code_challenge: None,
            binding: parse_dpop_jkt(params)?,
            prompt,
            max_age: parse_max_age(params)?.or(client.metadata.default_max_age),
            id_token_hint: params.single("id_token_hint")?.map(IdTokenHint::parse).transpose()?,
            asked: None,
            refreshable: client.may_use(GrantType::RefreshToken),
            response_type,
            scope,
        })
    }
}

impl AuthRequest {
    /// What an access token from the authorization endpoint is good for. It has no refresh token, so nobody is there for
    /// `offline_access`.
    pub fn front_channel_scope(&self) -> Scope {
        self.scope.clone().without("offline_access")
    }

    /// Whether the client expects the person with this `sub`: by `id_token_hint`, or by a value of the claim `sub`.
    pub fn expects(&self, sub: &str) -> bool {
        let hinted = self.id_token_hint.as_ref().is_none_or(|hint| hint.subject() == sub);
        let asked = self.asked.as_ref().is_none_or(|asked| asked == sub);
        asked && hinted && self.claims.accepts_subject(sub)
    }

    /// How strong a sign-in has to be for the client.
    ///
    /// # Errors
    /// `unmet_authentication_requirements` where nobody can sign in as strongly as is essential to it.
    pub fn demand(&self) -> Result<Demand, OAuthError> {
        self.demand.ok_or_else(unmet)
    }

    /// Whether a sign-in is strong enough to be answered with: for the client, and for the deployment. Only essential values count:
    /// `acr_values` asks for "a Voluntary Claim" (Core section 3.1.2.1).
    pub fn accepts_strength(&self, demand: Demand, authentication: &Authentication) -> bool {
        authentication.proven.strength() >= demand.essential && !authentication.lacks_second_factor(self.second_factor)
    }

    /// What the person is asked for, in one line: scopes, then claims and APIs in quotes, which none of them can have.
    pub fn asked_for(&self) -> String {
        let claims: Vec<_> = self.claims.beyond(&self.scope).into_iter().collect();
        let resources = &self.at_apis;
        if !self.details.is_empty() {
            // No line of it is as long as all of them together may be.
            let details = self.details.digest();
            format!(
                "{} \"{}\" \"{}\" \"{details}\"",
                self.scope,
                claims.join(" "),
                resources
            )
        } else if claims.is_empty() && resources.is_empty() {
            self.scope.to_string()
        } else {
            format!("{} \"{}\" \"{}\"", self.scope, claims.join(" "), resources)
        }
    }

    /// A consent to all that it asks for, where nobody has to be asked.
    pub fn full_consent(&self) -> Consent {
        Consent {
            grant_id: String::new(),
            scope: self.scope.clone(),
            claims: self.claims.beyond(&self.scope).into_iter().map(str::to_owned).collect(),
            resources: self.at_apis.clone(),
            details: self.details.clone(),
        }
    }

    /// Whether `consent` covers all that the person would be asked for.
    pub fn is_covered_by(&self, consent: &Consent) -> bool {
        let claims = self.claims.beyond(&self.scope);
        self.scope.is_subset(&consent.scope)
            && claims.iter().all(|claim| consent.claims.contains(*claim))
            && self.at_apis.is_subset(&consent.resources)
            && self.details.is_subset(&consent.details)
    }

    /// Whether a sign-in at `auth_time` is recent enough, when nobody was sent to sign in for this request. "max_age=0 is
    /// equivalent to prompt=login."
    pub fn accepts_sign_in_of(&self, auth_time: UnixTime, now: UnixTime) -> bool {
        let asked_again = self.prompt.login || self.max_age == Some(Lifetime(0));
        !asked_again && self.oldest_sign_in(now).is_none_or(|oldest| auth_time >= oldest)
    }

    /// When a sign-in must have been at the earliest, by `max_age`.
    pub fn oldest_sign_in(&self, now: UnixTime) -> Option<UnixTime> {
        self.max_age.map(|max_age| now - max_age)
    }

    /// Whether it does not matter to the request who is signed in, nor how, and nobody has to be asked: what is left is consent
    /// and [`AuthRequest::oldest_sign_in`].
    pub fn takes_anybody(&self) -> bool {
        let Prompt {
            none: _,
            login,
            consent,
            select_account,
            create,
        } = self.prompt;
        let asks = login || consent || select_account || create || self.max_age == Some(Lifetime(0));
        let expects = self.id_token_hint.is_some() || self.asked.is_some() || self.claims.expects_subject();
        !asks && !expects && self.demand == Some(Demand::NOTHING)
    }
}

impl Prompt {
    /// Whether a request wants an account to be made.
    pub fn asks_for_account(params: &Params) -> bool {
        let prompt = params.single("prompt").ok().flatten().unwrap_or_default();
        prompt.split(' ').any(|value| value == "create")
    }

    /// Values that Limen does not know are ignored. Where sign-up is off, `create` counts as `login`.
    fn parse(params: &Params, supported: &Supported) -> Result<Self, OAuthError> {
        let text = params.single("prompt")?.unwrap_or_default();
        let values: Vec<_> = text.split(' ').filter(|value| !value.is_empty()).collect();
        let has = |wanted: &str| values.contains(&wanted);
        let prompt = Self {
            none: has("none"),
            login: has("login") || (has("create") && !supported.sign_up),
            consent: has("consent"),
            select_account: has("select_account"),
            create: has("create") && supported.sign_up,
        };
        // "If this parameter contains none with any other value, an error is returned."
        if prompt.none && values.iter().any(|value| *value != "none") {
            return Err(OAuthError::invalid_request("prompt has none beside another value"));
        }
        // "Mutually exclusive conditions can arise so it is RECOMMENDED that create not be present with any other values."
        if prompt.create && (prompt.login || prompt.select_account) {
            return Err(OAuthError::invalid_request(
                "prompt has create beside login or select_account",
            ));
        }
        Ok(prompt)
    }
}

/// "The value of the dpop_jkt authorization request parameter is the JWK Thumbprint ... using the SHA-256 hash function" (RFC 9449
/// section 10).
fn parse_dpop_jkt(params: &Params) -> Result<Option<Binding>, OAuthError> {
    match params.single("dpop_jkt")? {
        Some(jkt) if is_digest(jkt) => Ok(Some(Binding::Key(jkt.to_owned()))),
        Some(_) => Err(OAuthError::invalid_request(
            "dpop_jkt is not the base64url of a SHA-256",
        )),
        None => Ok(None),
    }
}

fn refuse_unsupported(params: &Params) -> Result<(), OAuthError> {
    match params.single("registration")? {
        Some(_) => Err(OAuthError::new(
            ErrorCode::RegistrationNotSupported,
            "registration is not supported",
        )),
        None => Ok(()),
    }
}

fn parse_response_type(params: &Params, client: &Client, supported: &Supported) -> Result<ResponseType, OAuthError> {
    let response_type = ResponseType::parse(params.required("response_type")?)
        .filter(|response_type| supported.response_types.contains(response_type))
        .ok_or_else(|| OAuthError::new(ErrorCode::UnsupportedResponseType, "response_type is not supported"))?;
    let granted = (!response_type.has_code() || client.may_use(GrantType::AuthorizationCode))
        && (!response_type.has_front_channel_token() || client.may_use(GrantType::Implicit));
    if granted && client.metadata.response_types.contains(&response_type) {
        Ok(response_type)
    } else {
        Err(OAuthError::new(
            ErrorCode::UnauthorizedClient,
            "the client is not registered for this response_type",
        ))
    }
}

/// "nonce: REQUIRED" where the authorization endpoint gives an ID token (Core sections 3.2.2.1 and 3.3.2.11).
fn parse_nonce(params: &Params, response_type: ResponseType) -> Result<Option<String>, OAuthError> {
    match params.single("nonce")? {
        Some(nonce) if nonce.len() > LONGEST_NONCE => {
            Err(OAuthError::invalid_request("nonce is longer than 512 bytes"))
        }
        None if response_type.has_id_token() => Err(OAuthError::invalid_request("nonce is missing")),
        nonce => Ok(nonce.map(str::to_owned)),
    }
}

/// PKCE protects a code; there is nothing to challenge without one.
fn parse_code_challenge(
    params: &Params,
    client: &Client,
    response_type: ResponseType,
    supported: &Supported,
) -> Result<Option<CodeChallenge>, OAuthError> {
    if response_type.has_code() {
        CodeChallenge::parse(params, client, supported.pkce_requirement)
    } else {
        Ok(None)
    }
}

/// What the request is for. What may not be had is left out, and the token answer says so: "If the issued access token scope is
/// different from the one requested by the client, the authorization server MUST include the scope response parameter" (RFC
/// 6749 section 3.3). Who names none gets the default: "the authorization server MUST either process the request using a
/// pre-defined default value or fail". That is `openid` for who may have it, and nothing for others. Of those who name some the
/// request fails where nothing is left of them, unless it is for an API, which may be used without.
fn parse_scope(
    params: &Params,
    client: &Client,
    response_type: ResponseType,
    of_apis: (&Scope, &Scope),
) -> Result<Scope, OAuthError> {
    let requested = Scope::parse(params.single("scope")?.unwrap_or_default())?;
    // A person has no say over the clients of an operator.
    let permitted = |requested: &Scope| client.permitted_at(requested, of_apis).without(Scope::DCR_ADMIN);
    let mut scope = permitted(&requested);
    // The server "MUST ignore the offline_access request unless the Client is using a response_type value that would result
    // in an Authorization Code being returned" (Core section 11). "The use of Refresh Tokens is not exclusive to the
    // offline_access use case", but without them it is nothing.
    if !client.may_use(GrantType::RefreshToken) || !response_type.has_code() {
        scope = scope.without("offline_access");
    }
    let names_api = params.all(RESOURCE).next().is_some();
    if requested.is_empty() {
        scope = permitted(&["openid"].into_iter().collect());
    } else if scope.is_empty() && !names_api {
        return Err(OAuthError::new(
            ErrorCode::InvalidScope,
            "scope names nothing that there is for this client; scopes are separated by blanks",
        ));
    }
    if response_type.has_id_token() && !scope.contains("openid") {
        // "OpenID Connect requests MUST contain the openid scope value" (Core section 3.1.2.1).
        return Err(OAuthError::new(ErrorCode::InvalidScope, "scope lacks openid"));
    }
    Ok(scope)
}

/// `acr_values`, the best first, or the client's `default_acr_values`, which they override.
fn acr_values<'a>(params: &'a Params, client: &'a Client) -> Result<Vec<&'a str>, OAuthError> {
    Ok(match params.single("acr_values")? {
        Some(text) => text.split(' ').filter(|acr| !acr.is_empty()).collect(),
        None => client.metadata.default_acr_values.iter().map(String::as_str).collect(),
    })
}

fn parse_max_age(params: &Params) -> Result<Option<Lifetime>, OAuthError> {
    let Some(text) = params.single("max_age")? else {
        return Ok(None);
    };
    let seconds = text
        .bytes()
        .all(|byte| byte.is_ascii_digit())
        .then(|| text.parse().ok())
        .flatten();
    match seconds {
        Some(seconds) => Ok(Some(Lifetime(seconds))),
        None => Err(OAuthError::invalid_request("max_age must be a whole number of seconds")),
    }
}
