//! `/account/apps`: which apps have access, and how to take it back.

use url::Url;

use crate::{
    audit::Event,
    db::{
        audit,
        grants::{self, OwnGrant},
    },
    edge::{
        clients::apis,
        http::{
            failure::{PageFailure, Problem},
            request::Incoming,
        },
        people::account_access::{AccountRequest, SignedInBrowser},
        platform::context::Context,
    },
    oidc::claims,
    pages::{
        ConsentItem, Language, Moment,
        account::{AppsPage, Notice, ShownApp},
        app_name,
    },
    reply::Reply,
    routes::Endpoint,
};

const PAGE: Endpoint = Endpoint::AccountApps;

/// `GET /account/apps`.
pub async fn show(request: &mut Incoming, context: &Context) -> Result<Reply, PageFailure> {
    let mut account_request = AccountRequest::at(PAGE, request, context)?;
    let grants = account_request
        .batch
        .add(grants::list_own(&account_request.session_hash, context.now));
    let (signed_in, rows) = account_request.enter(context).await?;
    let language = signed_in.language;
    let locale = language.tag();
    let grants = rows.read(grants)?;
    apis::know_any(grants.iter().flat_map(|grant| grant.resources.iter()), context).await?;
    // Nobody has approved what an app that waits says of itself by now.
    let is_known = |grant: &OwnGrant| !grant.metadata.waits;
    let shown = |grant: OwnGrant| ShownApp {
        client_name: match is_known(&grant) {
            true => app_name(&grant.client_id, &grant.metadata, language).into_owned(),
            false => grant.client_id.clone(),
        },
        client_uri: (grant.metadata.client_uri.best_for(&[locale]))
            .filter(|_| is_known(&grant))
            .map(str::to_owned),
        items: allowed(&grant, language, context),
        asked: grant.asked,
        since: Moment::new(grant.created_at, context.now, language),
        last_used: grant.last_used_at.map(|at| Moment::new(at, context.now, language)),
        logo: grant.metadata.look.logo_path().filter(|_| is_known(&grant)),
        open: opening(&grant, context).filter(|_| is_known(&grant)),
        client_id: grant.client_id,
    };
    let html = AppsPage {
        frame: signed_in.frame(PAGE),
        apps: grants.into_iter().map(shown).collect(),
    }
    .to_html();
    Ok(signed_in.page(200, html))
}

/// `POST /account/apps`: takes back what an app was allowed. Its codes and tokens go with that.
pub async fn submit(request: &mut Incoming, context: &Context) -> Result<Reply, PageFailure> {
    let (signed_in, form) = SignedInBrowser::submit(PAGE, request, context).await?;
    let client_id = form.required("client_id").map_err(Problem::BadRequest)?;
    let entry = signed_in.entry(Event::ConsentRemoved).client(client_id);
    let revoke = grants::revoke_own(&signed_in.session_hash, client_id);
    let record = audit::record_if_changed(&entry, context);
    context.db.execute([revoke, record]).await?;
    Ok(signed_in.done(PAGE, Notice::AccessRemoved, context))
}

/// What the app may know and do: the APIs that are known, what its scopes say, and the single claims beside them.
fn allowed(grant: &OwnGrant, language: Language, context: &Context) -> Vec<ConsentItem> {
    let of_scope: Vec<_> = claims::of_scope(&grant.scope).collect();
    let beyond = grant.claims.iter().map(String::as_str);
    let beyond: Vec<_> = beyond.filter(|name| !of_scope.contains(name)).collect();
    let apis = grant.resources.apis(&context.config);
    let mut items: Vec<_> = apis.map(|api| ConsentItem::for_api(api, language)).collect();
    items.extend(ConsentItem::for_scopes(
        &grant.scope,
        &grant.resources.meant(&context.config),
        &context.config.attributes,
        language,
    ));
    items.extend(ConsentItem::for_claims(&beyond, language));
    let details = grant.details.in_words(&context.config.detail_types, language.tag());
    items.extend(details.into_iter().map(ConsentItem::for_detail));
    items
}

/// Where the app opens: where the operator says, or else where a sign-in at it begins: "The Login Initiation Endpoint ... iss: REQUIRED. The Issuer Identifier for the OP"
/// (OIDC Core section 4). Who the person is, the app is not told before it asks.
fn opening(grant: &OwnGrant, context: &Context) -> Option<String> {
    if let Some(launch_uri) = &grant.metadata.look.launch_uri {
        return Some(launch_uri.clone());
    }
    let mut url = Url::parse(grant.metadata.initiate_login_uri.as_deref()?).ok()?;
    url.query_pairs_mut().append_pair("iss", context.config.issuer.as_str());
    Some(url.into())
}
