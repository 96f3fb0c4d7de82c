//! Request objects on their way in: fetched, decrypted, their signatures checked (OIDC Core section 6, RFC 9101).

use crate::{
    account::throttle,
    edge::{
        clients::{
            keys,
            outbound::{self, Refusal, Wanted},
            secret,
        },
        http::failure::StepFailure,
        keys::signer,
        platform::{apart::apart, context::Context},
    },
    oidc::{
        client::{Client, client_metadata::ClientSigningAlg},
        jose::{jwe, jwt::Unverified},
        params::Params,
        request_object::{Claims, LONGEST, Passed, RequestObject, RequestUri, refused, request_uri_refused},
    },
    secret::{Purpose, random_text},
    time::Lifetime,
};

/// What is fetched (RFC 9101 section 9.4.1), and what else one may call it.
const ACCEPT: &str = "application/oauth-authz-req+jwt, application/jwt, text/plain";

/// How long the content of an address that tells its hash is kept. That of others may change, and is not.
const KEPT: Lifetime = Lifetime::hours(1);

/// The parameters that count: those of the request object, where there is one, and those beside it as far as they may.
///
/// # Errors
/// What the client is told: `invalid_request`, `invalid_request_object`, `invalid_request_uri`.
pub async fn unpack(params: &Params, client: &Client, context: &Context) -> Result<Params, StepFailure> {
    match Passed::of(params, client)? {
        Passed::Plainly => Ok(params.clone()),
        passed => apart(unpack_object(passed, params, client, context)).await,
    }
}

async fn unpack_object(
    passed: Passed<'_>,
    params: &Params,
    client: &Client,
    context: &Context,
) -> Result<Params, StepFailure> {
    let object = match passed {
        Passed::Plainly => return Ok(params.clone()),
        Passed::ByValue(object) => object.to_owned(),
        Passed::ByReference(uri) => fetch_object(uri, client, context).await?,
    };
    let opened = open(&object, context).await?;
    let object = match &opened {
        Some(inside) => RequestObject::parse_decrypted(inside, client)?,
        None => RequestObject::parse(&object, client)?,
    };
    let claims = match object {
        RequestObject::InsecureUnsigned(claims) => claims,
        RequestObject::Signed { token, alg } => {
            if !is_signed_by(client, &token, alg, context).await? {
                return Err(refused("the request object is not signed by the client").into());
            }
            Claims::of(&token)?
        }
    };
    Ok(claims.merge(params, client, &context.config.issuer, context.now)?)
}

/// What is inside, where a request object is encrypted. "it MUST be signed then encrypted": inside is no other JWE.
async fn open(object: &str, context: &Context) -> Result<Option<String>, StepFailure> {
    if !jwe::is_compact(object) {
        return Ok(None);
    }
    let inside = signer::open(object, context).await?;
    Ok(Some(
        inside.ok_or_else(|| refused("the request object cannot be decrypted"))?,
    ))
}

/// Whether `token` is signed by `client` under `alg`: with one of its keys, or with its secret. One never stands for the other.
async fn is_signed_by(
    client: &Client,
    token: &Unverified<'_>,
    alg: ClientSigningAlg,
    context: &Context,
) -> Result<bool, StepFailure> {
    if alg.is_hmac() {
        return Ok(secret::have_signed(client, token, alg, context).await?);
    }
    let verified = keys::verify(client, token, alg, context).await;
    Ok(verified.map_err(|no_key| refused(no_key.why()))?)
}

async fn fetch_object(uri: &str, client: &Client, context: &Context) -> Result<String, StepFailure> {
    let uri = RequestUri::parse(uri, client, context.config.loopback_fetches)?;
    let name = uri
        .sha_256
        .map(|digest| format!("request-object/{}", random_text(digest)));
    if let Some(name) = &name
        && let Some(object) = context.kv.get::<String>(name, &context.config.roots).await
        && uri.promises(object.as_bytes())
    {
        return Ok(object.trim().to_owned());
    }
    let key = context.config.roots.current(Purpose::Throttle);
    let network = throttle::of_request_objects(&key, &context.address);
    let charge = outbound::charge_client(&client.client_id, network, &uri.url, context);
    let wanted = Wanted {
        url: &uri.url,
        accept: ACCEPT,
        longest: LONGEST,
    };
    let fetched = match outbound::get(&wanted, Some(&charge), context).await {
        Ok(fetched) => fetched,
        Err(Refusal::Fault(fault)) => return Err(fault.into()),
        Err(refusal) => return Err(request_uri_refused(format!("request_uri {}", refusal.why())).into()),
    };
    let as_promised = uri.promises(&fetched.body);
    let object = String::from_utf8(fetched.body).map_err(|_| refused("the request object is not text"))?;
    // "The fragment ... signals to the server that the contents ... have changed": another one than that of the content tells
    // no more than that, so the content counts and is not kept.
    if let Some(name) = name.filter(|_| as_promised) {
        keep(name, object.clone(), context);
    }
    Ok(object.trim().to_owned())
}

/// Keeps a copy, after the answer.
fn keep(name: String, object: String, context: &Context) {
    context.after_answer(async move |later| later.kv.put(&name, &object, &later.config.roots, KEPT).await);
}
