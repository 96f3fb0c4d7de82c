//! What tokens of an app would say of a person: made of the same claims as tokens, and signed by nobody.

use serde_json::{Value, json};

use super::user::{ToldApp, User};
use crate::oidc::{
    authorization::{Authorization, IssuedWith, Mint, Reach},
    authorization_details::AuthorizationDetails,
    claims_request::{ClaimsRequest, Target},
    client::Client,
    error::OAuthError,
    proven::Proven,
    resource_indicator::Targets,
    scope::Scope,
    token::{access_token::AccessTokenClaims, introspection::Introspection},
};

/// Stands for what is new in each token.
const NEW_EACH_TIME: &str = "\u{2026}";

/// What an app would be told.
pub struct TokenPreview {
    /// None without the scope `openid`.
    pub id_token: Option<Value>,
    pub access_token: Value,
    pub userinfo: Value,
    /// What a server is told of the access token.
    pub introspection: Value,
}

impl TokenPreview {
    /// For a person who signs in with a password and a code, and allows `client` what it may have of `asked`, for the APIs of `targets`.
    ///
    /// # Errors
    /// `invalid_target`.
    pub fn of(
        user: &User,
        client: &Client,
        (asked, targets): (&Scope, &Targets),
        mint: &Mint<'_>,
    ) -> Result<Self, OAuthError> {
        let config = mint.config;
        let of_apis: Scope = match targets.is_empty() {
            true => config.resources.open_scopes().collect(),
            false => targets.open_scopes(config),
        };
        let scope = client.permitted_at(asked, (&of_apis, &targets.given_scopes(config)));
        let scope = targets.without_withheld(&scope, config).without(Scope::DCR_ADMIN);
        let authorization = Authorization {
            family_id: NEW_EACH_TIME.to_owned(),
            sub: user.sub_at(client),
            session_id: NEW_EACH_TIME.to_owned(),
            scope: scope.clone(),
            claims: ClaimsRequest::default(),
            resources: targets.clone(),
            apis: Vec::new(),
            details: AuthorizationDetails::default(),
            nonce: Some(NEW_EACH_TIME.to_owned()),
            proven: Proven::password(mint.now).and_code(),
            refreshable: false,
        };
        let within = Reach::within(&authorization, &Targets::default(), scope.clone(), mint.config)?;
        let mut access_token = authorization.access_token(client, within, NEW_EACH_TIME.to_owned(), mint);
        let told_app = ToldApp {
            client,
            attributes: &mint.config.attributes,
        };
        access_token.told = user.told_in_access_token(told_app, &scope);
        let told = |scope: &Scope, target| user.told_to(told_app, &authorization.claims, scope, target);
        let with = IssuedWith {
            access_token: Some(NEW_EACH_TIME),
            code: None,
            claims: told(&client.scope_of_id_token(&scope), Target::IdToken),
        };
        let mut id_token = authorization.id_token(client, with, mint);
        for member in ["at_hash", "sid"] {
            if let Some(value) = id_token.as_mut().and_then(|claims| claims.get_mut(member)) {
                *value = json!(NEW_EACH_TIME);
            }
        }
        let mut userinfo = told(&scope, Target::Userinfo);
        userinfo.insert("sub".to_owned(), authorization.sub.into());
        let access_token = json!(access_token);
        Ok(Self {
            id_token,
            introspection: introspection(&access_token, user),
            access_token,
            userinfo: Value::Object(userinfo),
        })
    }
}

/// What introspection says of a live token with these claims.
fn introspection(claims: &Value, user: &User) -> Value {
    let Ok(known) = serde_json::from_value::<AccessTokenClaims>(claims.clone()) else {
        return Value::Null;
    };
    let members = claims.as_object().cloned().unwrap_or_default();
    json!(Introspection::of_access_token(
        known,
        Some(user.username.as_str()),
        members
    ))
}

impl User {
    /// Whether an app is open to them, whose groups were read along.
    pub fn may_use(&self, client: &Client) -> bool {
        let rules = &client.metadata.rules;
        let mut groups = self.memberships.groups.iter().flatten();
        let is_in = rules.allowed_groups.is_empty() || groups.any(|(id, _)| rules.allowed_groups.contains(id));
        !rules.disabled && self.disabled_at.is_none() && is_in
    }
}
