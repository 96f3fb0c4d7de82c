//! `/admin/api/clients/{client_id}/secrets`: the secrets of an app, for operators.

use serde_json::Value;

use crate::{
    admin::{client_secret::WantedSecret, paging},
    edge::{
        clients::{more_secrets, registration::RegisteringParty},
        http::{failure::MachineFailure, request::Incoming},
        platform::context::Context,
    },
    oidc::client::{self_service::RegisteredBy, stored_secret::AboutSecret},
    reply::{Body, Reply},
};

/// `GET /admin/api/clients/{client_id}/secrets`: what is known of each that works. The secrets themselves are told to nobody again.
pub async fn list(request: &mut Incoming, context: &Context) -> Result<Reply, MachineFailure> {
    let (_, stored) = more_secrets::find(request.segment(0), context).await?;
    let is_main = |about: &AboutSecret| about.id == stored.current.about.id;
    let all = stored.about(context.now);
    let described = all.iter().map(|about| about.describe(is_main(about))).collect();
    Ok(Reply::json(200, &paging::list("secrets", described, None)))
}

/// `POST /admin/api/clients/{client_id}/secrets`: another secret, beside those that there are.
pub async fn add(request: &mut Incoming, context: &Context) -> Result<Reply, MachineFailure> {
    let wanted = WantedSecret::parse(&request.json().await?)?;
    let added = more_secrets::add(request.segment(0), wanted, None, party(request)?, context).await?;
    let mut described = added.about.describe(false);
    if let Value::Object(members) = &mut described {
        members.insert("client_secret".to_owned(), added.text.into());
    }
    Ok(Reply::json(201, &described))
}

/// `DELETE /admin/api/clients/{client_id}/secrets/{secret_id}`: it works no more.
pub async fn remove(request: &mut Incoming, context: &Context) -> Result<Reply, MachineFailure> {
    more_secrets::remove(request.segment(0), request.segment(1), party(request)?, context).await?;
    Ok(Reply::new(204, Body::Empty))
}

fn party(request: &Incoming) -> Result<RegisteringParty<'_>, MachineFailure> {
    Ok(RegisteringParty {
        by: RegisteredBy::Operator,
        operator: Some(request.caller()?),
        is_told_token: false,
    })
}
