//! What a call of operators has and nobody reads is refused before anything happens, in one place for all of them: it means something to whoever
//! sent it, such as that nothing is to be done.

use crate::{
    admin::body,
    edge::http::{
        failure::MachineFailure,
        request::{BodyError, Incoming},
    },
    oidc::{error::OAuthError, params},
    routes::{Method, Route},
    web::header,
};

/// Refuses a call with parameters or a body that its route does not take, or with a body in another charset than JSON has.
///
/// # Errors
/// 400, naming what came; 415 for a charset.
pub(super) async fn refuse(route: &Route, request: &mut Incoming) -> Result<(), MachineFailure> {
    let (endpoint, method) = (route.endpoint, request.method);
    if !endpoint.takes_parameters(method) {
        params::refuse_any(&request.query)?;
    }
    if endpoint.takes_body(method) {
        let given = request.header("content-type").unwrap_or_default();
        return match header::foreign_charset(&given) {
            None => Ok(()),
            Some(charset) => {
                let why = format!("the body must be in UTF-8, and content-type says {charset}");
                Err(MachineFailure::status(415, OAuthError::invalid_request(why)))
            }
        };
    }
    if method == Method::Get {
        return Ok(());
    }
    let came = match request.keep_body().await {
        Ok(body) if body.trim_ascii().is_empty() => return Ok(()),
        Ok(body) => match body::members(&body, &[]) {
            Ok(_) => return Ok(()),
            Err(error) => error.description,
        },
        Err(BodyError::TooLarge) => "a large one came".into(),
        Err(failure) => return Err(failure.into()),
    };
    let why = format!("this takes no body: send none, or {{}}; nothing was done: {came}");
    Err(OAuthError::invalid_request(why).into())
}
