//! `/userinfo` (OIDC Core section 5.3).

use serde_json::Value;

use crate::{
    edge::{bearer, context::Context, failure::MachineFailure, request::Incoming},
    oidc::{
        access_token,
        error::{ErrorCode, OAuthError},
        params::Params,
    },
    reply::Reply,
    routes::Method,
};

/// `GET` and `POST /userinfo`.
pub async fn userinfo(request: &mut Incoming, context: &Context) -> Result<Reply, MachineFailure> {
    let form = match request.method {
        Method::Post if request.has_form() => request.form().await?,
        _ => Params::default(),
    };
    let authorization = request.authorization();
    let text = access_token::presented(authorization.as_deref(), &form).map_err(MachineFailure::Bearer)?;
    let token = bearer::check(text, context).await?;
    let Some(user) = token.user.filter(|_| token.claims.scope.contains("openid")) else {
        let error = OAuthError::new(ErrorCode::InsufficientScope, "the access token lacks the scope openid");
        return Err(MachineFailure::Bearer(Some(error)));
    };
    let mut claims = user.released(&token.claims.scope);
    // "The sub (subject) Claim MUST always be returned in the UserInfo Response."
    claims.insert("sub".to_owned(), Value::from(token.claims.sub));
    Ok(Reply::json(200, &claims))
}
