//! Whether a client can be given tokens: that is known before a code, a refresh token or an assertion is used up for them.

use super::for_client;
use crate::{
    config::Config,
    db::{memberships::Along, readiness::Ready},
    edge::{clients::memory::Known, http::failure::StepFailure, keys::signer, platform::context::Context},
    fault::Fault,
    oidc::{
        claims::GROUPS,
        client::{Client, client_metadata::GrantType},
        scope::Scope,
    },
};

/// Gets the key at hand that signs for the client, and tries the one that its ID tokens are encrypted to.
///
/// # Errors
/// A fault where no key can sign.
pub async fn of(known: &Known, context: &Context) -> Result<Ready, Fault> {
    let client = &known.record.client;
    let alg = client.signing_alg();
    signer::unwrap_to_hand(known.signing_key.as_ref(), alg, context).await?;
    let unreadable = match for_client::check_reader(client, context).await {
        Ok(()) => None,
        Err(StepFailure::Client(error)) => Some(error),
        Err(StepFailure::Fault(fault)) => return Err(fault),
    };
    let (own, lifetimes) = (&client.metadata.rules.lifetimes, &context.config.lifetimes);
    let access_token = own.of_access_token(lifetimes);
    Ok(Ready {
        client_id: client.client_id.clone(),
        version: client.version,
        alg,
        keys: signer::at_hand(),
        // "shall not use refresh token rotation except in extraordinary circumstances" (FAPI 2.0 Security Profile section 5.3.2.1).
        rotates: !client.metadata.is_fapi(),
        allowed_groups: client.metadata.rules.allowed_groups_json(),
        // An ID token can be exchanged for as long as it says.
        tokens_live: match client.may_use(GrantType::TokenExchange) {
            true => access_token.max(own.of_id_token(lifetimes)),
            false => access_token,
        },
        along: along(client, &context.config),
        unreadable,
    })
}

/// What `client` may be told of groups and roles.
pub fn along(client: &Client, config: &Config) -> Along {
    let groups = client.permitted(&[GROUPS].into_iter().collect(), &Scope::default());
    Along {
        attributes: !config.attributes.is_empty(),
        groups: !groups.is_empty() && !config.resources.have_groups(),
        roles: client.metadata.rules.roles_claim.is_some(),
    }
}
