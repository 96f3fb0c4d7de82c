//! From a path to its endpoint.

use super::{
    context::Context,
    endpoints::{
        account, admin_access, admin_audit, admin_keys, admin_users, authorize, check_session, consent, introspect,
        login, logout, par, register, registered_client, revoke, select_account, sign_up, token, userinfo, well_known,
    },
    failure::{MachineFailure, PageFailure, Problem},
    people::visitor::Visitor,
    request::Incoming,
};
use crate::{
    oidc::{error::OAuthError, protected_resource},
    pages::Language,
    reply::{Body, Reply},
    routes::{Audience, Endpoint, Method, Route},
};

/// An answer to `request` at `route`, whatever goes wrong.
pub async fn answer(route: &Route, request: &mut Incoming, context: &Context) -> Reply {
    if request.method == Method::Options {
        return Reply {
            allow: Some(route.allow()),
            ..Reply::new(204, Body::Empty)
        };
    }
    if !route.answers(request.method) {
        return method_not_allowed(route, request, context);
    }
    match route.audience {
        Audience::Browser => match page(route.endpoint, request, context).await {
            Ok(reply) => reply,
            Err(failure) => failure.into_reply(context, language(request, context)),
        },
        Audience::Machine | Audience::Operator => {
            let reply = machine(route.endpoint, request, context)
                .await
                .unwrap_or_else(|failure| failure.into_reply(context));
            reply.naming_resource(&protected_resource::metadata_url(
                &request.path(),
                &context.config.issuer,
            ))
        }
    }
}

/// The answer where there is no route.
pub fn not_found(request: &Incoming, context: &Context) -> Reply {
    PageFailure::from(Problem::NotFound).into_reply(context, language(request, context))
}

/// The answer to a method that the endpoint, or Limen, does not know.
pub fn method_not_allowed(route: &Route, request: &Incoming, context: &Context) -> Reply {
    let reply = match route.audience {
        Audience::Browser => {
            PageFailure::from(Problem::MethodNotAllowed).into_reply(context, language(request, context))
        }
        Audience::Machine | Audience::Operator => {
            let error = OAuthError::invalid_request("the method is not allowed here");
            MachineFailure::status(405, error).into_reply(context)
        }
    };
    Reply {
        allow: Some(route.allow()),
        ..reply
    }
}

fn language(request: &Incoming, context: &Context) -> Language {
    Visitor::of(request, context).language(request.query_params().ok().as_ref())
}

async fn page(endpoint: Endpoint, request: &mut Incoming, context: &Context) -> Result<Reply, PageFailure> {
    let is_post = request.method == Method::Post;
    match endpoint {
        Endpoint::Authorize => authorize::authorize(request, context).await,
        Endpoint::AuthorizeResume => authorize::resume(request, context).await,
        Endpoint::Login if is_post => login::submit(request, context).await,
        Endpoint::Login => login::show(request, context).await,
        Endpoint::SignUp if is_post => sign_up::submit(request, context).await,
        Endpoint::SignUp => sign_up::show(request, context).await,
        Endpoint::Consent if is_post => consent::submit(request, context).await,
        Endpoint::Consent => consent::show(request, context).await,
        Endpoint::Account => account::overview::show(request, context).await,
        Endpoint::SelectAccount if is_post => select_account::submit(request, context).await,
        Endpoint::SelectAccount => select_account::show(request, context).await,
        Endpoint::Logout => logout::logout(request, context).await,
        Endpoint::CheckSession => check_session::check_session(context),
        Endpoint::LogoutConfirm => logout::confirm(request, context).await,
        Endpoint::AccountProfile if is_post => account::profile::submit(request, context).await,
        Endpoint::AccountProfile => account::profile::show(request, context).await,
        Endpoint::AccountEmail if is_post => account::email::submit(request, context).await,
        Endpoint::AccountEmail => account::email::show(request, context).await,
        Endpoint::AccountPassword if is_post => account::password::submit(request, context).await,
        Endpoint::AccountPassword => account::password::show(request, context).await,
        Endpoint::AccountBrowsers if is_post => account::browsers::submit(request, context).await,
        Endpoint::AccountBrowsers => account::browsers::show(request, context).await,
        Endpoint::AccountApps if is_post => account::apps::submit(request, context).await,
        Endpoint::AccountApps => account::apps::show(request, context).await,
        Endpoint::AccountActivity => account::activity::show(request, context).await,
        Endpoint::AccountData => account::data::show(request, context).await,
        Endpoint::AccountDownload => account::data::download(request, context).await,
        Endpoint::AccountDeletion if is_post => account::deletion::submit(request, context).await,
        Endpoint::AccountDeletion => account::deletion::show(request, context).await,
        Endpoint::AccountDeleted => Ok(account::deletion::farewell(request, context)),
        Endpoint::ChangePassword => Ok(account::overview::change_password()),
        Endpoint::Stylesheet => Ok(well_known::stylesheet()),
        _ => Err(Problem::NotFound.into()),
    }
}

async fn machine(endpoint: Endpoint, request: &mut Incoming, context: &Context) -> Result<Reply, MachineFailure> {
    match (endpoint, request.method) {
        (Endpoint::Discovery | Endpoint::AuthorizationServerMetadata, _) => Ok(well_known::metadata(context)),
        (Endpoint::Jwks, _) => well_known::keys(context).await,
        (Endpoint::ProtectedResource | Endpoint::ProtectedResourceBelow, _) => {
            well_known::protected_resource(request, context)
        }
        (Endpoint::OpenApi, _) => Ok(well_known::openapi()),
        (Endpoint::Token, _) => token::token(request, context).await,
        (Endpoint::Userinfo, _) => userinfo::userinfo(request, context).await,
        (Endpoint::Introspect, _) => introspect::introspect(request, context).await,
        (Endpoint::Revoke, _) => revoke::revoke(request, context).await,
        (Endpoint::PushedAuthorizationRequest, _) => par::push(request, context).await,
        (Endpoint::Register, _) => register::register(request, context).await,
        (Endpoint::RegisteredClient, Method::Put) => registered_client::replace(request, context).await,
        (Endpoint::RegisteredClient, Method::Patch) => registered_client::patch(request, context).await,
        (Endpoint::RegisteredClient, Method::Delete) => registered_client::delete(request, context).await,
        (Endpoint::RegisteredClient, _) => registered_client::show(request, context).await,
        (Endpoint::RenewSecret, _) => registered_client::renew_secret(request, context).await,
        (Endpoint::AdminUsers, Method::Post) => admin_users::create(request, context).await,
        (Endpoint::AdminUsers, _) => admin_users::list(request, context).await,
        (Endpoint::AdminUser, Method::Patch) => admin_users::change(request, context).await,
        (Endpoint::AdminUser, Method::Delete) => admin_users::delete(request, context).await,
        (Endpoint::AdminUser, _) => admin_users::show(request, context).await,
        (Endpoint::AdminUserGrants, _) => admin_access::grants(request, context).await,
        (Endpoint::AdminUserSessions, Method::Delete) => admin_access::end_sessions(request, context).await,
        (Endpoint::AdminUserSessions, _) => admin_access::sessions(request, context).await,
        (Endpoint::AdminUserGrant, _) => admin_users::revoke_grant(request, context).await,
        (Endpoint::AdminAudit, _) => admin_audit::list(request, context).await,
        (Endpoint::AdminKeys, _) => admin_keys::list(request, context).await,
        (Endpoint::AdminKeyRetirement, _) => admin_keys::retire(request, context).await,
        (Endpoint::AdminKeyRotation, _) => admin_keys::revoke(request, context).await,
        _ => Err(MachineFailure::status(
            404,
            OAuthError::invalid_request("there is nothing here"),
        )),
    }
}
